// SPDX-License-Identifier: Apache-2.0
#include "grammar/usage.h"

#include <string.h>

#include "base/markdown.h"
#include "grammar/flags.h"

/* "state rm": the caller frees it. */
static char *typed_name(const CommandInfo *info)
{
    return g_strconcat(info->name, info->word ? " " : "", info->word ? info->word : "", NULL);
}

char *usage_synopsis(const char *executable, const CommandInfo *info)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GPtrArray) flags = flags_of(info->takes);
    g_autofree char *name = typed_name(info);

    g_string_append_printf(out, "%s %s", executable, name);
    for (guint i = 0; i < flags->len; i++) {
        const Flag *flag = flags->pdata[i];

        if (flag->letter)
            g_string_append_printf(out, " [-%c %s]", flag->letter, flag->value);
        else if (flag->value)
            g_string_append_printf(out, " [--%s %s]", flag->name, flag->value);
        else
            g_string_append_printf(out, " [--%s]", flag->name);
    }
    if (info->operands)
        g_string_append_printf(out, " %s", info->operands);
    if (info->takes & COMMAND_TAKES_EXTRA)
        g_string_append(out, " [-- ARGUMENTS]");
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

static void append_flag(GString *out, const Flag *flag)
{
    g_autofree char *letter = flag->letter ? g_strdup_printf("-%c,", flag->letter) : g_strdup("");
    g_autofree char *name = g_strdup_printf("--%s %s", flag->name, flag->value ? flag->value : "");

    g_string_append_printf(out, "  %-3s %-26s  %s\n", letter, name, flag->help);
}

static void append_flags(GString *out, unsigned takes)
{
    g_autoptr(GPtrArray) flags = flags_of(takes);

    for (guint i = 0; i < flags->len; i++)
        append_flag(out, flags->pdata[i]);
    if (takes & COMMAND_TAKES_EXTRA)
        g_string_append_printf(out, "  %-30s  %s\n", "-- ARGUMENTS",
                               "Handed to terraform; apply takes few.");
}

bool usage_is_offered(const CommentRules *rules, CommandKind kind)
{
    const CommandInfo *info = command_info(kind);

    return (info->takes & COMMAND_FROM_COMMENT) &&
           (kind == COMMAND_HELP || g_strv_contains(rules->allow_commands, info->name) ||
            g_strv_contains(rules->allow_commands, "all"));
}

static void append_commands(GString *out, const CommentRules *rules)
{
    for (CommandKind kind = 0; kind < COMMAND_KINDS; kind++) {
        g_autofree char *name = typed_name(command_info(kind));

        if (usage_is_offered(rules, kind))
            g_string_append_printf(out, "%s %-16s  %s\n", rules->executable, name,
                                   command_info(kind)->help);
    }
}

static void append_command(GString *out, const CommentRules *rules, const CommandInfo *info)
{
    g_autofree char *synopsis = usage_synopsis(rules->executable, info);

    g_string_append_printf(out, "%s\n%s\n\n", synopsis, info->help);
    append_flags(out, info->takes);
}

void usage_append_block(GString *out, const CommentRules *rules, const CommandInfo *info)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (info)
        append_command(text, rules, info);
    else
        append_commands(text, rules);
    markdown_append_block(out, "", g_strchomp(text->str));
}

char *usage_of_command(const CommentRules *rules, const CommandInfo *info)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "### %s: how to type it\n\n", info->title);
    usage_append_block(out, rules, info);
    return g_string_free(out, FALSE);
}

/* "`plan`, `apply`": the commands that take flags. */
static char *names_with_flags(const CommentRules *rules, unsigned *takes)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (CommandKind kind = 0; kind < COMMAND_KINDS; kind++) {
        const CommandInfo *info = command_info(kind);
        g_autoptr(GPtrArray) flags = flags_of(info->takes);

        if (!usage_is_offered(rules, kind) || flags->len == 0)
            continue;
        g_string_append_printf(names, "%s`%s`", names->len ? ", " : "", info->name);
        *takes |= info->takes;
    }
    return g_strdup(names->str);
}

char *comment_help(const CommentRules *rules)
{
    GString *out = g_string_new("### What can be typed here\n\n");
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned takes = 0;
    g_autofree char *names = names_with_flags(rules, &takes);

    usage_append_block(out, rules, NULL);
    append_flags(text, takes);
    if (*names) {
        g_string_append_printf(out, "\nWhat may follow %s:\n\n", names);
        markdown_append_block(out, "", g_strchomp(text->str));
    }
    g_string_append(out, "\nSeveral commands fit in one comment, each on a line of its own. "
                         "`--help` behind a command tells what it takes.\n");
    return g_string_free(out, FALSE);
}
