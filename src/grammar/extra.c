// SPDX-License-Identifier: Apache-2.0
#include "grammar/extra.h"

#include <stdbool.h>
#include <string.h>

#include "base/path.h"

/* Arguments that would go against what the command is. */
static const struct {
    CommandKind kind;
    const char *flag, *why;
} refused[] = {
    { COMMAND_PLAN, "-out", "the server keeps the plan in a place of its own" },
    { COMMAND_PLAN, "-state", "the state is where the backend of the configuration keeps it" },
    { COMMAND_PLAN, "-state-out", "a plan writes no state" },
    { COMMAND_PLAN, "-backup", "a plan writes no state" },
    { COMMAND_PLAN, "-generate-config-out", "what it writes would be lost with the checkout" },
    { COMMAND_PLAN, "-json", "people could not read the plan" },
    { COMMAND_PLAN, "-detailed-exitcode", "a plan with changes would count as failed" },
    { COMMAND_PLAN, "-chdir", "`-d` names the directory" },
    { COMMAND_PLAN, "-help", "nothing would be planned" },
    { COMMAND_PLAN, "-h", "nothing would be planned" },
    { COMMAND_PLAN, "-version", "nothing would be planned" },
    { COMMAND_PLAN, "-v", "nothing would be planned" },
    { COMMAND_IMPORT, "-state", "the state is where the backend of the configuration keeps it" },
    { COMMAND_IMPORT, "-state-out",
      "the state is where the backend of the configuration keeps it" },
    { COMMAND_IMPORT, "-backup", "what it writes would be lost with the checkout" },
    { COMMAND_IMPORT, "-config", "`-d` names the directory" },
    { COMMAND_IMPORT, "-chdir", "`-d` names the directory" },
    { COMMAND_IMPORT, "-help", "nothing would be done" },
    { COMMAND_IMPORT, "-h", "nothing would be done" },
    { COMMAND_IMPORT, "-version", "nothing would be done" },
    { COMMAND_IMPORT, "-v", "nothing would be done" },
    { COMMAND_STATE_RM, "-state", "the state is where the backend of the configuration keeps it" },
    { COMMAND_STATE_RM, "-state-out",
      "the state is where the backend of the configuration keeps it" },
    { COMMAND_STATE_RM, "-backup", "what it writes would be lost with the checkout" },
    { COMMAND_STATE_RM, "-chdir", "`-d` names the directory" },
    { COMMAND_STATE_RM, "-help", "nothing would be done" },
    { COMMAND_STATE_RM, "-h", "nothing would be done" },
    { COMMAND_STATE_RM, "-version", "nothing would be done" },
    { COMMAND_STATE_RM, "-v", "nothing would be done" },
    { COMMAND_APPLY, "-target",
      "a plan is applied as a whole; give it to the plan instead, and apply that" },
};

/*
 * All that an apply takes. A value is of the same word: one that a flag took from the next word
 * could be the name of the plan, and what is applied then is another one that nobody has read.
 */
static const struct {
    const char *flag;
    bool has_value;
} of_apply[] = {
    { "-lock", true },        { "-lock-timeout", true },
    { "-parallelism", true }, { "-compact-warnings", false },
    { "-no-color", false },
};

#define OF_APPLY \
    "`-lock=...`, `-lock-timeout=...`, `-parallelism=...`, `-compact-warnings` and `-no-color`"

/* Terraform takes one dash or two. */
static const char *with_one_dash(const char *flag)
{
    return g_str_has_prefix(flag, "--") ? flag + 1 : flag;
}

static bool is_flag(const char *word, const char *flag)
{
    gsize length = strlen(with_one_dash(flag));

    word = with_one_dash(word);
    return strncmp(word, with_one_dash(flag), length) == 0 &&
           (!word[length] || word[length] == '=');
}

static bool is_for_apply(const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(of_apply); i++) {
        const char *equals = strchr(word, '=');

        if (is_flag(word, of_apply[i].flag))
            return of_apply[i].has_value ? equals && equals[1] : !equals;
    }
    return false;
}

static bool climbs(const char *file)
{
    g_auto(GStrv) parts = g_strsplit(file, "/", -1);

    return g_strv_contains((const char *const *)parts, "..");
}

/* Absolute, and as it is written: what climbs could go through a link to anywhere. */
static bool is_on_server(const ExtraRules *rules, const char *file)
{
    g_autofree char *clean = path_clean(file);

    if (!g_path_is_absolute(file) || climbs(file))
        return false;
    for (gsize i = 0; rules->var_file_dirs && rules->var_file_dirs[i]; i++) {
        g_autofree char *dir = path_clean(rules->var_file_dirs[i]);
        gsize length = strlen(dir);

        if (strncmp(clean, dir, length) == 0 && clean[length] == '/')
            return true;
    }
    return false;
}

/* Counted from the directory of the project, which is known when the command names it. */
static bool is_inside(const char *dir, const char *file)
{
    g_autofree char *path = g_build_filename(dir ? dir : ".", file, NULL);
    g_autofree char *clean = path_clean(path);

    return !g_path_is_absolute(file) && !g_str_equal(clean, "..") &&
           !g_str_has_prefix(clean, "../");
}

/*
 * Every word is looked at as a flag, even where terraform would take it as the value of the one
 * before: a list of those flags that is out of date would let one through.
 */
static char *check_file(const char *dir, char *const *word, const ExtraRules *rules)
{
    const char *equals = strchr(*word, '=');
    const char *file = equals ? equals + 1 : word[1];

    if (!is_flag(*word, "-var-file") || !file || is_inside(dir, file) || is_on_server(rules, file))
        return NULL;
    return g_strdup_printf("`-var-file` with `%.200s` is refused: the file is not in the "
                           "repository, counted from the directory that `-d` names, and not below "
                           "a directory of the server that its operator allows "
                           "(`--var-file-allowlist`), named by its whole path.",
                           file);
}

static char *check_word(const CommandInfo *info, const char *word, const char *const *blocked)
{
    for (; blocked && *blocked; blocked++)
        if (**blocked && is_flag(word, *blocked))
            return g_strdup_printf("`%.80s` is not allowed on this server.", word);
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        if (command_info(refused[i].kind) == info && is_flag(word, refused[i].flag))
            return g_strdup_printf("`%.80s` cannot be given to `%s`: %s.", word, info->name,
                                   refused[i].why);
    if (info == command_info(COMMAND_APPLY) && !is_for_apply(word))
        return g_strdup_printf("`%.80s` cannot be given to `apply`, which takes " OF_APPLY
                               ", each with its value in the same word.",
                               word);
    return NULL;
}

char *extra_check(const CommandInfo *info, const char *dir, char *const *words,
                  const ExtraRules *rules)
{
    if (*words && !(info->takes & COMMAND_TAKES_EXTRA))
        return g_strdup_printf("`%s` takes no arguments for terraform.", info->name);
    for (; *words; words++) {
        char *problem = check_word(info, *words, rules->blocked);

        if (!problem && info != command_info(COMMAND_APPLY))
            problem = check_file(dir, words, rules);
        if (problem)
            return problem;
    }
    return NULL;
}

void extra_append_reference(GString *out, CommandKind kind)
{
    gsize start = out->len;

    if (!(command_info(kind)->takes & COMMAND_TAKES_EXTRA))
        return;
    if (kind == COMMAND_APPLY) {
        g_string_append(out, "Behind `--` it takes " OF_APPLY ", each with its value in the same "
                             "word.\n\n");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        if (refused[i].kind == kind)
            g_string_append_printf(out, "| `%s` | %s |\n", refused[i].flag, refused[i].why);
    if (out->len == start)
        return;
    g_string_insert(out, (gssize)start,
                    "Behind `--` it takes what terraform takes, but for:\n\n"
                    "| Argument | Why not |\n|---|---|\n");
    g_string_append_c(out, '\n');
}
