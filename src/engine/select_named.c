// SPDX-License-Identifier: Apache-2.0
/* Projects that somebody names: -p, or -d and -w. */
#include "engine/select_impl.h"

#include <string.h>

#include "base/glob.h"
#include "base/nearest.h"
#include "base/sorted.h"
#include "grammar/discover.h"

enum { MOST_NAMED = 10 }; /* names that an error lists */

/* ------------------------------------------------------------ by name: -p */

static void append_name(GString *list, const char *name)
{
    g_string_append_printf(list, "%s`%s`", list->len ? ", " : "", name);
}

static char *names_text(const RepoConfig *config)
{
    GString *list = g_string_new(NULL);
    guint n = 0;

    for (guint i = 0; i < config->projects->len; i++) {
        const char *name = select_project_at(config, i)->ref->name;

        if (*name && n++ < MOST_NAMED)
            append_name(list, name);
    }
    if (n > MOST_NAMED)
        g_string_append_printf(list, " and %u more", n - MOST_NAMED);
    return g_string_free(list, FALSE);
}

static const char *nearest_name(const RepoConfig *config, const char *name)
{
    g_autofree const char **names = g_new0(const char *, config->projects->len + 1);
    gsize n = 0;

    for (guint i = 0; i < config->projects->len; i++)
        if (*select_project_at(config, i)->ref->name)
            names[n++] = select_project_at(config, i)->ref->name;
    return nearest_word(name, names);
}

static bool no_such_project(const RepoConfig *config, const char *name, GError **error)
{
    g_autofree char *names = names_text(config);
    const char *nearest = nearest_name(config, name);

    if (!config->has_file)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "There is no project named `%s`: without a file `%s` projects have no "
                           "names. Name a directory with `-d`.",
                           name, config->file);
    if (nearest)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "There is no project named `%s` in `%s`; there is `%s`.", name,
                           config->file, nearest);
    return hadal_throw(error, HADAL_ERROR_INVALID, "There is no project named `%s` in `%s`. %s%s.",
                       name, config->file, *names ? "There are: " : "Its projects have no names",
                       names);
}

/* Adds all whose names the pattern means as a whole. */
static bool add_by_pattern(const SelectInput *input, Selection *selection, const char *pattern,
                           GError **error)
{
    g_autoptr(Regex) regex = regex_new_whole(pattern, error);

    if (!regex)
        return hadal_prefix(error, "`-p %s`", pattern);
    for (guint i = 0; i < input->config->projects->len; i++) {
        const ProjectConfig *project = select_project_at(input->config, i);
        bool is_match = false;

        if (!regex_matches(regex, project->ref->name, &is_match, error))
            return false;
        if (is_match && *project->ref->name)
            select_add(selection, project, g_strdup_printf("`-p %s` means it", pattern));
    }
    if (selection->projects->len > 1 && !select_has_allowed_prefix(input->config, pattern))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`-p %s` means %u projects, and `allowed_regexp_prefixes` of `%s` does "
                           "not allow a pattern that begins so.",
                           pattern, selection->projects->len, input->config->file);
    return true;
}

static void add_by_name(const SelectInput *input, Selection *selection, const char *name)
{
    for (guint i = 0; i < input->config->projects->len; i++) {
        const ProjectConfig *project = select_project_at(input->config, i);

        if (g_str_equal(project->ref->name, name))
            select_add(selection, project, g_strdup_printf("`-p %s` names it", name));
    }
}

static bool select_by_project(const SelectInput *input, Selection *selection, GError **error)
{
    const char *name = input->args->project;

    if (!input->settings->enable_regexp_cmd)
        add_by_name(input, selection, name);
    else if (!add_by_pattern(input, selection, name, error))
        return false;
    return selection->projects->len > 0 || no_such_project(input->config, name, error);
}

char *select_name_why_not(const Settings *settings, const RepoConfig *config,
                          const CommandArgs *args)
{
    const SelectInput input = { .settings = settings, .config = config, .args = args };
    g_autoptr(Selection) selection = selection_new();
    g_autoptr(GError) error = NULL;

    if (!args->project || select_by_project(&input, selection, &error))
        return NULL;
    return g_strdup(error->message);
}

/* ------------------------------------------------------- by directory: -d, -w */

const char *select_workspace_of(const CommandArgs *args)
{
    return args->workspace ? args->workspace : "default";
}

static bool add_by_glob(const SelectInput *input, Selection *selection, const char *dir,
                        GError **error)
{
    g_autoptr(GlobPath) glob = glob_path_new(dir, error);

    if (!glob)
        return hadal_prefix(error, "`-d`");
    for (guint i = 0; i < input->config->projects->len; i++) {
        const ProjectConfig *project = select_project_at(input->config, i);

        if (g_str_equal(project->ref->workspace, select_workspace_of(input->args)) &&
            glob_path_matches(glob, project->ref->dir))
            select_add(selection, project, g_strdup_printf("`-d %s` means it", dir));
    }
    return true;
}

/* Names of projects that share directory and workspace: which one is meant? */
static bool check_unique(const Selection *selection, const char *dir, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);

    if (selection->projects->len < 2)
        return true;
    for (guint i = 0; i < selection->projects->len; i++) {
        const Selected *selected = selection->projects->pdata[i];

        append_name(names, *selected->config->ref->name ? selected->config->ref->name : dir);
    }
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "%u projects are in `%s`: %s. Name one with `-p`.", selection->projects->len,
                       dir, names->str);
}

/* Those that configured projects of the directory have, each once. */
static char *other_workspaces(const RepoConfig *config, const char *dir)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < config->projects->len; i++) {
        const ProjectRef *ref = select_project_at(config, i)->ref;

        if (g_str_equal(ref->dir, dir) && g_hash_table_add(seen, ref->workspace))
            append_name(list, ref->workspace);
    }
    return g_string_free(list, FALSE);
}

static bool no_such_dir(const SelectInput *input, const char *dir, GError **error)
{
    if (glob_is_pattern(dir))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`%s` has no project for workspace `%s` in a directory that `%s` means.",
                           input->config->file, select_workspace_of(input->args), dir);
    return hadal_throw(error, HADAL_ERROR_INVALID, "There is no directory `%s` at this commit.",
                       dir);
}

/* A directory that no file names: it has to be there, and not be ignored. */
static bool add_unnamed(const SelectInput *input, Selection *selection, const char *dir,
                        GError **error)
{
    g_autofree char *others = other_workspaces(input->config, dir);
    guint64 work = 0;
    bool ignored;

    if (*others)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`%s` has no project for workspace `%s` in `%s`; it has one for: %s.",
                           dir, select_workspace_of(input->args), input->config->file, others);
    if (!discover_has_dir(input->files, dir))
        return no_such_dir(input, dir, error);
    if (!select_check_ignored(input->config, dir, &work, &ignored, error))
        return false;
    if (ignored && input->config->autodiscover != AUTODISCOVER_DISABLED)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`%s` is among `autodiscover.ignore_paths`: name it in `%s` to plan it.",
                           dir, input->config->file);
    select_add(selection,
               select_own_project(input, selection, dir, select_workspace_of(input->args)),
               g_strdup_printf("`-d %s` names it", dir));
    return true;
}

static bool select_by_dir(const SelectInput *input, Selection *selection, GError **error)
{
    const char *dir = input->args->dir ? input->args->dir : ".";

    if (glob_is_pattern(dir) && !add_by_glob(input, selection, dir, error))
        return false;
    if (selection->projects->len)
        return true;
    for (guint i = 0; i < input->config->projects->len; i++) {
        const ProjectConfig *project = select_project_at(input->config, i);

        if (g_str_equal(project->ref->dir, dir) &&
            g_str_equal(project->ref->workspace, select_workspace_of(input->args)))
            select_add(selection, project, g_strdup_printf("`-d %s` names it", dir));
    }
    if (selection->projects->len)
        return check_unique(selection, dir, error);
    return add_unnamed(input, selection, dir, error);
}

/* ------------------------------------------------------- --restrict-file-list */

/* Directories that changed files are directly in: char *, owned. */
static GHashTable *dirs_with_changes(const GPtrArray *changed)
{
    GHashTable *dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < changed->len; i++)
        g_hash_table_add(dirs, g_path_get_dirname(changed->pdata[i]));
    return dirs;
}

static const char *dir_at(const Selection *selection, guint i)
{
    return ((const Selected *)selection->projects->pdata[i])->config->ref->dir;
}

static bool restrict_dirs(const Selection *selection, GHashTable *dirs, GError **error)
{
    for (guint i = 0; i < selection->projects->len; i++)
        if (!g_hash_table_contains(dirs, dir_at(selection, i)))
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "This pull request changes no file in `%s`, and the server plans "
                               "only directories with changed files (`--restrict-file-list`).",
                               dir_at(selection, i));
    return true;
}

/* With -p every changed file has to be in a directory of a named project; of several that a pattern
 * means, those without changed files are passed over. */
static bool restrict_projects(const SelectInput *input, Selection *selection, GHashTable *dirs,
                              GError **error)
{
    g_autoptr(GHashTable) named = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = selection->projects->len; i-- > 0 && selection->projects->len > 1;)
        if (!g_hash_table_contains(dirs, dir_at(selection, i)))
            g_ptr_array_remove_index(selection->projects, i);
    for (guint i = 0; i < selection->projects->len; i++)
        g_hash_table_add(named, (gpointer)dir_at(selection, i));
    for (guint i = 0; i < input->changed->len; i++) {
        g_autofree char *parent = g_path_get_dirname(input->changed->pdata[i]);

        if (!g_hash_table_contains(named, parent))
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "This pull request also changes `%s`, which is not in a directory "
                               "of the named projects (`--restrict-file-list`).",
                               (const char *)input->changed->pdata[i]);
    }
    return restrict_dirs(selection, dirs, error);
}

static bool restrict_target(const SelectInput *input, Selection *selection, GError **error)
{
    g_autoptr(GHashTable) dirs = dirs_with_changes(input->changed);

    return input->args->project ? restrict_projects(input, selection, dirs, error)
                                : restrict_dirs(selection, dirs, error);
}

Selection *select_target(const SelectInput *input, GError **error)
{
    g_autoptr(Selection) selection = selection_new();
    bool is_restricted = input->is_plan_comment && input->settings->restrict_file_list;
    bool is_good = input->args->project ? select_by_project(input, selection, error)
                                        : select_by_dir(input, selection, error);

    if (!is_good || (is_restricted && !restrict_target(input, selection, error)))
        return NULL;
    select_sort(selection);
    return g_steal_pointer(&selection);
}
