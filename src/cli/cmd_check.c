// SPDX-License-Identifier: Apache-2.0
/*
 * "hadal check": what the server would say of files and of a change, asked of the same functions
 * (config/, engine/select), on a directory instead of a commit.
 */
#include <stdio.h>

#include "base/sorted.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/local_tree.h"
#include "cli/process.h"
#include "cli/terminal.h"
#include "engine/select.h"
#include "sys/files.h"
#include "sys/proc.h"

enum {
    MAX_CONFIG = 1 << 20, /* bytes of a repository's file, as on the server */

    EXIT_GOOD = 0,
    EXIT_WRONG_FILE = 1,
    EXIT_WRONG_QUESTION = 2,
};

/* All that is known about what is checked. */
typedef struct {
    CheckOptions options;
    Ctx ctx;
    ReposYaml *repos;
    RepoRules *rules;
    char *shown; /* name of the repository's file in messages: from here, not from PATH */
    GPtrArray *files;
    RepoConfig *config;
    ModuleIndex *modules;
} Check;

static void check_clear(Check *self)
{
    g_clear_pointer(&self->config, repo_config_free);
    g_clear_pointer(&self->rules, repo_rules_free);
    g_clear_pointer(&self->repos, repos_yaml_free);
    g_clear_pointer(&self->modules, module_index_free);
    g_clear_pointer(&self->files, g_ptr_array_unref);
    g_clear_pointer(&self->shown, g_free);
    check_options_clear(&self->options);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Check, check_clear)

/* -------------------------------------------------------------------- reading */

static bool read_rules(Check *self, GError **error)
{
    const Settings *settings = &self->options.settings;

    self->repos = repos_yaml_load(settings, error);
    if (!self->repos)
        return false;
    self->rules = repo_rules_new(settings, self->repos, self->options.repo);
    if (settings->repo_config)
        printf("%s: valid\n", settings->repo_config);
    return true;
}

static char *shown_name(const char *path, const char *file)
{
    return g_str_equal(path, ".") ? g_strdup(file) : g_build_filename(path, file, NULL);
}

/* A file that is not there is an error only when it was asked for. */
static bool read_text(const Check *self, const char *file, char **text, GError **error)
{
    /* The server does not see links either: it reads what git_cache_list() lists. */
    if (!files_read_beneath(self->options.path, file, MAX_CONFIG, text, error))
        return hadal_prefix(error, "%s", self->options.path);
    if (!*text && self->options.file)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND, "%s: there is no such file", self->shown);
    return true;
}

static bool read_config(Check *self, GError **error)
{
    const char *file = self->options.file ? self->options.file : self->rules->config_file;
    g_autofree char *text = NULL;

    self->shown = shown_name(self->options.path, file);
    if (!read_text(self, file, &text, error))
        return false;
    self->rules->config_file = self->shown;
    const RepoConfigSpec spec = {
        .rules = self->rules,
        .base_branch = self->options.base_branch,
        .text = text,
        .files = self->files,
    };

    self->config = repo_config_new(&spec, error);
    return self->config != NULL;
}

static bool read_modules(Check *self, GError **error)
{
    g_autoptr(GlobList) patterns = NULL;

    if (!select_follows_modules(&self->options.settings))
        return true;
    patterns = select_watched(&self->options.settings, error);
    if (patterns)
        self->modules =
            module_index_read(self->files, patterns, local_tree_read, self->options.path, error);
    return self->modules != NULL;
}

static bool read_all(Check *self, GError **error)
{
    if (!g_file_test(self->options.path, G_FILE_TEST_IS_DIR))
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                           "%s is not a directory: PATH is the top of the repository, and --file "
                           "names a file in it",
                           self->options.path);
    self->files = local_tree_list(&self->ctx, self->options.path, error);
    return self->files && read_rules(self, error) && read_config(self, error);
}

/* -------------------------------------------------------------------- telling */

static void tell_config(const Check *self)
{
    guint n = self->config->projects->len;

    if (self->config->has_file)
        printf("%s: valid, %u project%s for base branch %s\n", self->shown, n, n == 1 ? "" : "s",
               self->options.base_branch);
    else
        printf("%s: there is none; projects are discovered\n", self->shown);
}

/* Takes text. */
static void tell_line(char *text)
{
    g_autofree char *own = text;
    g_autofree char *line = terminal_text(own);

    printf("  %s\n", line);
}

static void tell_project(const ProjectRef *ref, const char *group, const char *why)
{
    g_autofree char *label = project_ref_label(ref);
    bool has_other_name = *ref->name && !g_str_equal(ref->name, ref->dir);
    g_autofree char *dir = has_other_name ? g_strdup_printf(" (%s)", ref->dir) : g_strdup("");

    tell_line(g_strconcat(label, dir, group, ": ", why, NULL));
}

static void tell_selected(const Selection *selection, bool is_automatic)
{
    printf("\n%s\n", selection->projects->len == 0 ? "Nothing is planned."
                     : is_automatic                ? "Planned, in this order:"
                                                   : "Planned when asked for, in this order:");
    for (guint i = 0; i < selection->projects->len; i++) {
        const Selected *selected = selection->projects->pdata[i];
        gint64 group = selected->config->order_group;
        g_autofree char *text =
            group ? g_strdup_printf(" [order group %" G_GINT64_FORMAT "]", group) : g_strdup("");

        tell_project(selected->config->ref, text, selected->why);
    }
}

static void tell_left_out(const Selection *selection)
{
    if (selection->left_out->len > 0)
        printf("\nNot planned:\n");
    for (guint i = 0; i < selection->left_out->len; i++) {
        const LeftOut *left = selection->left_out->pdata[i];

        tell_project(left->ref, "", left->why);
    }
}

/* ------------------------------------------------------------------ explaining */

static bool set_workspaces(Check *self, const SelectInput *input, Selection *selection,
                           GError **error)
{
    g_autoptr(GPtrArray) dirs = g_ptr_array_new();
    g_autoptr(GHashTable) modules = NULL;

    for (guint i = 0; i < selection->projects->len; i++)
        g_ptr_array_add(dirs, ((const Selected *)selection->projects->pdata[i])->config->ref->dir);
    modules = modules_read(self->files, dirs, local_tree_read, self->options.path, error);
    if (!modules)
        return false;
    select_set_cloud_workspaces(input, selection, modules);
    return true;
}

static bool explain(Check *self, GError **error)
{
    const Settings *settings = &self->options.settings;
    g_autoptr(Selection) selection = NULL;

    if (!repo_rules_serve_branch(self->rules, self->options.base_branch)) {
        printf("\nNothing is planned: the server's rules do not serve pull requests into %s.\n",
               self->options.base_branch);
        return true;
    }
    if (!read_modules(self, error))
        return false;
    const SelectInput input = {
        .settings = settings,
        .config = self->config,
        .changed = self->options.changed,
        .files = self->files,
        .modules = self->modules,
        .is_automatic = !settings->disable_autoplan,
        .explains = true,
    };

    selection = select_changed(&input, error);
    if (!selection || !set_workspaces(self, &input, selection, error))
        return false;
    tell_selected(selection, input.is_automatic);
    tell_left_out(selection);
    return true;
}

/* --------------------------------------------------------------------- command */

static bool run(Check *self, GError **error)
{
    g_autofree char *launcher = process_find_launcher(error);

    if (!launcher)
        return false;
    proc_init(launcher);
    if (!read_all(self, error))
        return false;
    tell_config(self);
    return !self->options.explain || explain(self, error);
}

static int tell_error(const GError *why, const char *prefix, int status)
{
    g_autofree char *message = terminal_text(why->message);

    fflush(stdout);
    fprintf(stderr, "%s%s\n", prefix, message);
    return status;
}

static int print_help(void)
{
    g_autofree char *help = check_options_help();

    fputs(help, stdout);
    return EXIT_GOOD;
}

int cmd_check(int argc, char **argv)
{
    g_auto(Check) self = { 0 };
    g_auto(GStrv) env = g_get_environ();
    g_autoptr(GError) error = NULL;

    (void)argc;
    if (cli_wants_help(argv + 2))
        return print_help();
    if (!check_options_load((const char *const *)argv + 2, (const char *const *)env, &self.options,
                            &error))
        return tell_error(error, "hadal check: ", EXIT_WRONG_QUESTION);
    if (run(&self, &error))
        return EXIT_GOOD;
    if (error->code == HADAL_ERROR_INVALID) /* names its file */
        return tell_error(error, "", EXIT_WRONG_FILE);
    return tell_error(error, "hadal check: ", EXIT_WRONG_QUESTION);
}
