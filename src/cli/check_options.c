// SPDX-License-Identifier: Apache-2.0
#include "cli/check_options.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "cli/own_options.h"

enum {
    MOST_CHANGED = 500 * 1000,
    MOST_LINE = 64 << 10, /* bytes of a path from the standard input */
};

#define CHECK "What to check"

/* The flags of the command itself. --changed takes any number of words, so it is read by hand; its
 * row is for --help. */
typedef struct {
    char *file, *repo, *base_branch;
    bool explain;
    GStrv changed;
} Own;

static const OptionRow own_rows[] = {
    {
        OPTION_FIELD(Own, file),
        .name = "file",
        .group = CHECK,
        .help = "The repository's file, from PATH, instead of the one that the server's rules "
                "name (atlantis.yaml).",
    },
    {
        OPTION_FIELD(Own, explain),
        .name = "explain",
        .group = CHECK,
        .def = "false",
        .help = "Tell what a pull request that changes the files of --changed would plan, in which "
                "order, and why; and what it would not plan.",
    },
    {
        OPTION_FIELD(Own, changed),
        .name = "changed",
        .group = CHECK,
        .help = "Changed files, from PATH: all words up to the next flag. \"-\" reads them from "
                "the standard input, one in each line, as \"git diff --name-only\" prints them.",
    },
    {
        OPTION_FIELD(Own, repo),
        .name = "repo",
        .group = CHECK,
        .help = "Name of the repository for the server's rules, like "
                "host/organisation/project/repository. Without it only rules hold that are for "
                "any name.",
    },
    {
        OPTION_FIELD(Own, base_branch),
        .name = "base-branch",
        .group = CHECK,
        .def = "main",
        .help = "The branch that the pull request is to be merged into.",
    },
};
static const char *const no_env[] = { NULL };
static const OptionTable own_table = {
    .env_prefixes = no_env,
    .rows = own_rows,
    .n_rows = G_N_ELEMENTS(own_rows),
};

/* Settings of the server that decide what is planned: all are taken, these are in --help. */
static const char *const told[] = {
    "config",
    "repo-config",
    "repo-config-json",
    "autodiscover-mode",
    "autoplan-file-list",
    "autoplan-modules",
    "autoplan-modules-from-projects",
    "disable-autoplan",
    "enable-policy-checks",
    "default-tf-distribution",
    NULL,
};

/* ------------------------------------------------------------------ sorting words */

/* The words of the command line by whom they are for. */
typedef struct {
    OwnWords split;
    GPtrArray *changed; /* of char *, owned */
    const char *path;   /* NULL: not given */
} Words;

static void words_clear(Words *words)
{
    own_words_clear(&words->split);
    g_clear_pointer(&words->changed, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

static bool add_changed(Words *words, const char *path, GError **error)
{
    if (words->changed->len >= MOST_CHANGED)
        return hadal_throw(error, HADAL_ERROR_INVALID, "--changed: more than %d files",
                           MOST_CHANGED);
    if (*path)
        g_ptr_array_add(words->changed, path_clean(path));
    return true;
}

static bool add_changed_lines(Words *words, GError **error)
{
    g_autofree char *line = g_malloc(MOST_LINE);

    while (fgets(line, MOST_LINE, stdin)) {
        if (!strchr(line, '\n') && strlen(line) == MOST_LINE - 1)
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "--changed -: a line is longer than %d bytes", MOST_LINE - 1);
        line[strcspn(line, "\r\n")] = '\0';
        if (!add_changed(words, line, error))
            return false;
    }
    return true;
}

static bool take_changed(Words *words, const char *const **argv, GError **error)
{
    for (; **argv && !g_str_has_prefix(**argv, "--"); (*argv)++)
        if (g_str_equal(**argv, "-") ? !add_changed_lines(words, error)
                                     : !add_changed(words, **argv, error))
            return false;
    return true;
}

static bool take_path(Words *words, const char *path, GError **error)
{
    if (words->path)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "unexpected \"%s\": there is a PATH already, \"%s\"; changed files "
                           "follow --changed",
                           path, words->path);
    words->path = path;
    return true;
}

static bool sort_words(const char *const *argv, Words *words, GError **error)
{
    static const char changed[] = "--changed=";

    while (*argv) {
        bool is_good = true;

        if (g_str_equal(*argv, "--changed")) {
            argv++;
            is_good = take_changed(words, &argv, error);
        } else if (g_str_has_prefix(*argv, changed))
            is_good = add_changed(words, *argv++ + strlen(changed), error);
        else if (g_str_has_prefix(*argv, "--"))
            own_words_take(&own_table, &words->split, &argv);
        else
            is_good = take_path(words, *argv++, error);
        if (!is_good)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------ public */

static bool check(const Words *words, const Own *own, GError **error)
{
    if (own->explain && words->changed->len == 0)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "--explain needs --changed: the files that a pull request changes");
    if (!own->explain && words->changed->len > 0)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "--changed goes with --explain: without it only files are checked");
    return true;
}

/* Takes what own holds. */
static void fill(Words *words, Own *own, CheckOptions *options)
{
    options->path = g_strdup(words->path ? words->path : ".");
    options->file = g_steal_pointer(&own->file);
    options->repo = own->repo ? g_steal_pointer(&own->repo) : g_strdup("");
    options->base_branch = g_steal_pointer(&own->base_branch);
    options->explain = own->explain;
    options->changed = g_steal_pointer(&words->changed);
}

bool check_options_load(const char *const *argv, const char *const *env, CheckOptions *options,
                        GError **error)
{
    g_auto(Words) words = {
        .split = { .own = g_strv_builder_new(), .server = g_strv_builder_new() },
        .changed = g_ptr_array_new_with_free_func(g_free),
    };
    bool is_good = sort_words(argv, &words, error);
    g_auto(GStrv) own_argv = g_strv_builder_end(words.split.own);
    g_auto(GStrv) server_argv = g_strv_builder_end(words.split.server);
    Own own = { 0 };

    is_good =
        is_good && option_load(&own_table, (const char *const *)own_argv, no_env, &own, error) &&
        check(&words, &own, error) &&
        settings_load_offline((const char *const *)server_argv, env, &options->settings, error);
    if (is_good)
        fill(&words, &own, options);
    option_clear(&own_table, &own);
    return is_good;
}

void check_options_clear(CheckOptions *options)
{
    g_clear_pointer(&options->path, g_free);
    g_clear_pointer(&options->file, g_free);
    g_clear_pointer(&options->repo, g_free);
    g_clear_pointer(&options->base_branch, g_free);
    g_clear_pointer(&options->changed, g_ptr_array_unref);
    settings_clear(&options->settings);
}

char *check_options_markdown(void)
{
    return option_flags_markdown(&own_table);
}

char *check_options_help(void)
{
    g_autofree char *options = own_options_help(&own_table, told);

    return g_strconcat(
        "Usage: hadal check [OPTIONS] [PATH]\n\n"
        "Checks the repository's file in PATH (or here), and the server's file that --repo-config\n"
        "names, without a network. Mistakes are told as file:line:column. Exit status: 0 when\n"
        "all is well, 1 when a file is wrong, 2 when the question is.\n\n",
        options, NULL);
}
