// SPDX-License-Identifier: Apache-2.0
#include "grammar/reference.h"

#include "grammar/extra.h"
#include "grammar/flags.h"
#include "grammar/usage.h"

#define EXECUTABLE "atlantis"

/* What a reader wants to know of a command besides its flags. */
static const struct {
    CommandTakes bit;
    const char *text;
} traits[] = {
    { COMMAND_ON_CLOSED_PULL, "May also be given when the pull request is not open." },
    { COMMAND_NEVER_REPEATED,
      "Is never begun twice: when the server dies while it runs, what it did is told." },
};

static const CommentRules rules = { .executable = EXECUTABLE,
                                    .allow_commands = (const char *const[]){ "all", NULL } };

static void append_flags(GString *out, const CommandInfo *info)
{
    g_autoptr(GPtrArray) flags = flags_of(info->takes);

    if (flags->len == 0)
        return;
    g_string_append(out, "| Flag | Meaning |\n|---|---|\n");
    for (guint i = 0; i < flags->len; i++) {
        const Flag *flag = flags->pdata[i];

        g_string_append(out, "| ");
        if (flag->letter)
            g_string_append_printf(out, "`-%c`, ", flag->letter);
        g_string_append_printf(out, "`--%s%s%s` | %s |\n", flag->name, flag->value ? " " : "",
                               flag->value ? flag->value : "", flag->help);
    }
    g_string_append_c(out, '\n');
}

static void append_traits(GString *out, const CommandInfo *info)
{
    for (gsize i = 0; i < G_N_ELEMENTS(traits); i++)
        if (info->takes & traits[i].bit)
            g_string_append_printf(out, "%s\n\n", traits[i].text);
}

static void append_command(GString *out, CommandKind kind)
{
    const CommandInfo *info = command_info(kind);
    g_autofree char *line = usage_synopsis(EXECUTABLE, info);

    g_string_append_printf(out, "## %s\n\n%s\n\n```\n%s```\n\n", info->title, info->help, line);
    append_flags(out, info);
    extra_append_reference(out, kind);
    append_traits(out, info);
}

char *comment_reference(void)
{
    GString *out = g_string_new(
        "<!-- Printed by `hadal reference commands`; change src/model/command.c and the tables of "
        "src/grammar instead. -->\n# What can be typed in a pull request\n\n"
        "How to use it: [commands](../guides/commands.md). `" EXECUTABLE
        "` is what `--executable-name` says.\n\n");

    for (CommandKind kind = 0; kind < COMMAND_KINDS; kind++)
        if (usage_is_offered(&rules, kind))
            append_command(out, kind);
    g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}
