// SPDX-License-Identifier: Apache-2.0
#include "grammar/args.h"

#include <string.h>

#include "base/glob.h"
#include "base/nearest.h"
#include "base/path.h"
#include "grammar/extra.h"
#include "grammar/flags.h"
#include "model/merge.h"
#include "model/project.h"

/* Functions that read return what is wrong as text, NULL when nothing is. */
typedef struct _Reading Reading;
struct _Reading {
    const CommandInfo *info;
    const ExtraRules *rules;
    GPtrArray *flags;    /* of the command; borrowed */
    GPtrArray *operands; /* of char *, borrowed */
    CommandArgs *args;
    bool has_word; /* "rm" of "state rm" was read, or there is none to read */
    bool wants_help;
};

static const Flag *flag_by_name(const Reading *reading, const char *name)
{
    for (guint i = 0; i < reading->flags->len; i++) {
        const Flag *flag = reading->flags->pdata[i];

        if (g_str_equal(flag->name, name))
            return flag;
    }
    return NULL;
}

static const Flag *flag_by_letter(const Reading *reading, char letter)
{
    for (guint i = 0; i < reading->flags->len; i++) {
        const Flag *flag = reading->flags->pdata[i];

        if (flag->letter == letter)
            return flag;
    }
    return NULL;
}

/* Where things go that are no flags of this command. */
static const char *hint(const Reading *reading)
{
    if (reading->info->takes & COMMAND_TAKES_EXTRA)
        return "Arguments for terraform go behind `--`, a directory behind `-d`.";
    return reading->flags->len ? "" : "It takes none.";
}

/* NULL-terminated, borrowed. */
static const char **names_of(const GPtrArray *flags)
{
    const char **names = g_new0(const char *, flags->len + 1);

    for (guint i = 0; i < flags->len; i++)
        names[i] = ((const Flag *)flags->pdata[i])->name;
    return names;
}

static char *unknown_flag(const Reading *reading, const char *word)
{
    g_autofree char *flag = g_strndup(word, strcspn(word, "="));
    const char *name = flag + strspn(flag, "-");
    g_autofree const char **known = names_of(reading->flags);
    const char *nearest = nearest_word(name, known);

    if (nearest)
        return g_strdup_printf("`%s` is not a flag of `%s`; `--%s` is.", flag, reading->info->name,
                               nearest);
    return g_strdup_printf("`%.80s` is not a flag of `%s`. %s", flag, reading->info->name,
                           hint(reading));
}

/* Go's booleans. */
static char *set_switch(Reading *reading, const Flag *flag, const char *value)
{
    static const char *const yes[] = { "true", "TRUE", "True", "t", "T", "1", NULL };
    static const char *const no[] = { "false", "FALSE", "False", "f", "F", "0", NULL };
    bool *place = (bool *)G_STRUCT_MEMBER_P(reading->args, flag->place);

    if (value && !g_strv_contains(yes, value) && !g_strv_contains(no, value))
        return g_strdup_printf("`--%s` is `true` or `false`, not `%.80s`.", flag->name, value);
    *place = !value || g_strv_contains(yes, value);
    return NULL;
}

/* value: what the word itself holds; NULL: the next word is it. The last of several counts. */
static char *set_flag(Reading *reading, const Flag *flag, const char *value, char ***next)
{
    char **place;

    if (!flag->value)
        return set_switch(reading, flag, value);
    if (!value && (!**next || ***next == '-'))
        return g_strdup_printf("`--%s` wants a value behind it: `--%s %s`.", flag->name, flag->name,
                               flag->value);
    if (!value)
        value = *(*next)++;
    place = (char **)G_STRUCT_MEMBER_P(reading->args, flag->place);
    g_free(*place);
    *place = *value ? g_strdup(value) : NULL;
    return NULL;
}

static char *read_long(Reading *reading, const char *word, char ***next)
{
    g_auto(GStrv) parts = g_strsplit(word + 2, "=", 2);
    const Flag *flag = flag_by_name(reading, parts[0] ? parts[0] : "");

    if (g_str_equal(word, "--help")) {
        reading->wants_help = true;
        return NULL;
    }
    return flag ? set_flag(reading, flag, parts[1], next) : unknown_flag(reading, word);
}

static char *read_short(Reading *reading, const char *word, char ***next)
{
    const Flag *flag = flag_by_letter(reading, word[1]);
    const char *value = word + 2;

    if (word[1] == 'h') {
        reading->wants_help = true;
        return NULL;
    }
    if (*value == '=')
        value++;
    return flag ? set_flag(reading, flag, word[2] ? value : NULL, next)
                : unknown_flag(reading, word);
}

static char *no_second_word(const CommandInfo *info, const char *found)
{
    return g_strdup_printf("`%s` is followed by `%s`%s%.80s%s.", info->name, info->word,
                           found ? ", not by `" : "", found ? found : "", found ? "`" : "");
}

/* "state" is nothing without "rm". */
static char *read_second_word(Reading *reading, const char *word)
{
    reading->has_word = g_ascii_strcasecmp(word, reading->info->word) == 0;
    return reading->has_word ? NULL : no_second_word(reading->info, word);
}

static char *read_word(Reading *reading, const char *word, char ***next)
{
    if (g_str_has_prefix(word, "--"))
        return read_long(reading, word, next);
    if (word[0] == '-' && word[1])
        return read_short(reading, word, next);
    if (!reading->has_word)
        return read_second_word(reading, word);
    if (reading->operands->len < reading->info->most_operands) {
        g_ptr_array_add(reading->operands, (gpointer)word);
        return NULL;
    }
    return g_strdup_printf("`%.80s` is one word too many for `%s`. %s", word, reading->info->name,
                           hint(reading));
}

static char *read_words(Reading *reading, char **words)
{
    char **next = words;

    while (*next && !reading->wants_help && !g_str_equal(*next, "--")) {
        const char *word = *next++;
        char *problem = read_word(reading, word, &next);

        if (problem)
            return problem;
    }
    reading->args->extra = g_strdupv(*next ? next + 1 : next);
    return NULL;
}

static bool has_control(const char *text)
{
    for (; *text; text = g_utf8_next_char(text))
        if (g_unichar_iscntrl(g_utf8_get_char(text)))
            return true;
    return false;
}

/* Without what only says that it is counted from the top. */
static const char *from_top(const char *dir)
{
    for (;;)
        if (*dir == '/')
            dir++;
        else if (g_str_has_prefix(dir, "./"))
            dir += 2;
        else
            return dir;
}

/* A pattern of directories is taken as it is: cleaning could change what it means. */
static char *check_dir_pattern(Reading *reading)
{
    const char *dir = reading->args->dir;
    const char *plain = from_top(dir);
    g_autoptr(GError) error = NULL;
    g_autoptr(GlobPath) glob = glob_path_new(plain, &error);

    if (!glob)
        return g_strdup_printf("`-d %.200s`: %s.", dir, error->message);
    if (strstr(dir, ".."))
        return g_strdup_printf("a pattern of directories has no `..`: `%.200s`.", dir);
    char *taken = g_strdup(plain);

    g_free(reading->args->dir);
    reading->args->dir = taken;
    return NULL;
}

static char *check_dir(Reading *reading)
{
    const char *dir = reading->args->dir;
    g_autofree char *clean = dir ? path_clean(dir) : NULL;

    if (!dir)
        return NULL;
    if (has_control(dir))
        return g_strdup("the directory has a control character in its name.");
    if (glob_is_pattern(dir))
        return check_dir_pattern(reading);
    if (g_str_equal(clean, "..") || g_str_has_prefix(clean, "../"))
        return g_strdup_printf("`%.200s` is outside of the repository. Directories are counted "
                               "from its top.",
                               dir);
    g_free(reading->args->dir);
    reading->args->dir = g_steal_pointer(&clean);
    return NULL;
}

static char *check_workspace(Reading *reading)
{
    const char *name = reading->args->workspace;

    if (!name || project_is_workspace(name))
        return NULL;
    return g_strdup_printf("`%.80s` cannot be a workspace: no blanks, `/`, `\\`, `$` or `..`, and "
                           "neither `-` nor `~` in front.",
                           name);
}

static char *check_project(Reading *reading)
{
    const CommandArgs *args = reading->args;

    if (!args->project)
        return NULL;
    if (args->dir || args->workspace)
        return g_strdup("`-p` names a project with its directory and workspace: leave out `-d` and "
                        "`-w`.");
    return has_control(args->project) ? g_strdup("the project has a control character in its name.")
                                      : NULL;
}

static char *check_merge(Reading *reading)
{
    g_autofree char *methods = NULL;
    const CommandArgs *args = reading->args;

    if (!args->auto_merge_method)
        return NULL;
    if (args->auto_merge_disabled)
        return g_strdup("`--auto-merge-method` and `--auto-merge-disabled` exclude each other.");
    if (g_strv_contains(merge_methods, args->auto_merge_method))
        return NULL;
    methods = g_strjoinv("`, `", (char **)merge_methods);
    return g_strdup_printf("`--auto-merge-method` is one of `%s`, not `%.80s`.", methods,
                           args->auto_merge_method);
}

static char *check_operands(Reading *reading)
{
    if (reading->operands->len < reading->info->least_operands)
        return g_strdup_printf(
            "`%s%s%s` wants %s behind it.", reading->info->name, reading->info->word ? " " : "",
            reading->info->word ? reading->info->word : "", reading->info->operands);
    for (guint i = 0; i < reading->operands->len; i++) {
        const char *operand = reading->operands->pdata[i];

        if (has_control(operand))
            return g_strdup("an operand has a control character in it.");
        if (*operand == '-' || !*operand)
            return g_strdup_printf("`%.80s` cannot be what `%s` is about.", operand,
                                   reading->info->name);
    }
    if (!reading->info->operands)
        return NULL;
    g_ptr_array_add(reading->operands, NULL);
    reading->args->operands = g_strdupv((GStrv)reading->operands->pdata);
    return NULL;
}

static char *check_extra(Reading *reading)
{
    return extra_check(reading->info, reading->args->dir, reading->args->extra, reading->rules);
}

static char *check(Reading *reading)
{
    static char *(*const checks[])(Reading *) = { check_project, check_dir,      check_workspace,
                                                  check_merge,   check_operands, check_extra };

    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        char *problem = checks[i](reading);

        if (problem)
            return problem;
    }
    return NULL;
}

char *args_read(const CommandInfo *info, char **words, const ExtraRules *rules, CommandArgs *args,
                bool *wants_help)
{
    g_autoptr(GPtrArray) flags = flags_of(info->takes), operands = g_ptr_array_new();
    Reading reading = {
        .info = info,
        .rules = rules,
        .flags = flags,
        .operands = operands,
        .args = args,
        .has_word = !info->word,
    };
    g_autofree char *problem = read_words(&reading, words);

    if (!problem && !reading.has_word && !reading.wants_help)
        problem = no_second_word(info, NULL);
    *wants_help = !problem && reading.wants_help;
    if (!problem && !reading.wants_help)
        problem = check(&reading);
    return g_steal_pointer(&problem);
}
