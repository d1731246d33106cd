// SPDX-License-Identifier: Apache-2.0
#include "engine/select_impl.h"

#include "base/glob.h"

static void selected_free(gpointer data)
{
    g_free(((Selected *)data)->why);
    g_free(data);
}

static void left_out_free(gpointer data)
{
    LeftOut *left = data;

    project_ref_free(left->ref);
    g_free(left->why);
    g_free(left);
}

Selection *selection_new(void)
{
    Selection *selection = g_new0(Selection, 1);

    selection->projects = g_ptr_array_new_with_free_func(selected_free);
    selection->left_out = g_ptr_array_new_with_free_func(left_out_free);
    selection->own = g_ptr_array_new_with_free_func((GDestroyNotify)project_config_free);
    return selection;
}

void selection_free(Selection *selection)
{
    if (!selection)
        return;
    g_ptr_array_unref(selection->projects);
    g_ptr_array_unref(selection->left_out);
    g_ptr_array_unref(selection->own);
    g_free(selection);
}

void select_add(Selection *selection, const ProjectConfig *config, char *why)
{
    Selected *selected = g_new0(Selected, 1);

    selected->config = config;
    selected->why = why;
    g_ptr_array_add(selection->projects, selected);
}

void select_leave_out(const SelectInput *input, Selection *selection, const ProjectRef *ref,
                      const char *why)
{
    LeftOut *left;

    if (!input->explains)
        return;
    left = g_new0(LeftOut, 1);
    left->ref = project_ref_copy(ref);
    left->why = g_strdup(why);
    g_ptr_array_add(selection->left_out, left);
}

const ProjectConfig *select_own_project(const SelectInput *input, Selection *selection,
                                        const char *dir, const char *workspace)
{
    ProjectConfig *made = repo_config_default_project(input->config, dir, workspace);

    g_ptr_array_add(selection->own, made);
    return made;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const ProjectConfig *first = (*(const Selected *const *)a)->config;
    const ProjectConfig *second = (*(const Selected *const *)b)->config;

    if (first->order_group != second->order_group)
        return first->order_group < second->order_group ? -1 : 1;
    return project_ref_compare(&first->ref, &second->ref);
}

void select_sort(Selection *selection)
{
    g_ptr_array_sort(selection->projects, compare);
}

const ProjectConfig *select_project_at(const RepoConfig *config, guint i)
{
    return config->projects->pdata[i];
}

static bool is_configured_dir(const RepoConfig *config, const char *dir)
{
    for (guint i = 0; i < config->projects->len; i++)
        if (g_str_equal(select_project_at(config, i)->ref->dir, dir))
            return true;
    return false;
}

bool select_has_allowed_prefix(const RepoConfig *config, const char *pattern)
{
    if (!config->regexp_prefixes || !*config->regexp_prefixes)
        return true;
    for (gsize i = 0; config->regexp_prefixes[i]; i++)
        if (g_str_has_prefix(pattern, config->regexp_prefixes[i]))
            return true;
    return false;
}

GlobList *select_watched(const Settings *settings, GError **error)
{
    GStrv own = settings->autoplan_modules_from_projects;
    bool has_own = own && *own;

    return glob_list_new((const char *const *)(has_own ? own : settings->autoplan_file_list),
                         error);
}

bool select_follows_modules(const Settings *settings)
{
    GStrv own = settings->autoplan_modules_from_projects;

    return settings->autoplan_modules || (own && *own);
}

const char *select_default_workspace(const RepoConfig *config, const char *dir,
                                     const HclModule *module)
{
    const char *named = module ? module->cloud_workspace : NULL;

    /* It is text of the pull request, and becomes a part of paths. */
    if (!named || !project_is_workspace(named) || is_configured_dir(config, dir))
        return "default";
    return named;
}

void select_set_cloud_workspaces(const SelectInput *input, Selection *selection,
                                 GHashTable *modules)
{
    if (input->args && input->args->workspace)
        return;
    for (guint i = 0; i < selection->projects->len; i++) {
        Selected *selected = selection->projects->pdata[i];
        const ProjectRef *ref = selected->config->ref;
        const char *named = select_default_workspace(input->config, ref->dir,
                                                     g_hash_table_lookup(modules, ref->dir));

        if (!selected->config->is_configured && g_str_equal(ref->workspace, "default") &&
            !g_str_equal(named, "default"))
            selected->config = select_own_project(input, selection, ref->dir, named);
    }
}

static bool is_meant(const Regex *regex, const char *name)
{
    bool is_match = false;

    return *name && regex_matches(regex, name, &is_match, NULL) && is_match;
}

/* Whether of all names in the file the pattern means this one alone. */
static bool is_only_meant(const RepoConfig *config, const Regex *regex, const char *name)
{
    bool has_name = false;

    for (guint i = 0; i < config->projects->len; i++) {
        const char *other = select_project_at(config, i)->ref->name;

        if (g_str_equal(other, name))
            has_name = true;
        else if (is_meant(regex, other))
            return false;
    }
    return has_name;
}

static bool matches_name(const Settings *settings, const RepoConfig *config, const char *wanted,
                         const char *name)
{
    g_autoptr(Regex) regex = NULL;

    if (!settings->enable_regexp_cmd)
        return g_str_equal(wanted, name);
    regex = regex_new_whole(wanted, NULL); /* what is no pattern means nothing */
    return regex && is_meant(regex, name) &&
           (g_str_equal(wanted, name) || select_has_allowed_prefix(config, wanted) ||
            is_only_meant(config, regex, name));
}

static bool matches_dir(const char *wanted, const char *dir)
{
    g_autoptr(GlobPath) glob = NULL;

    if (g_str_equal(wanted, dir))
        return true;
    glob = glob_is_pattern(wanted) ? glob_path_new(wanted, NULL) : NULL;
    return glob && glob_path_matches(glob, dir);
}

bool select_matches_target(const Settings *settings, const RepoConfig *config,
                           const CommandArgs *args, const char *workspace,
                           const ProjectRef *project)
{
    if (args->project)
        return matches_name(settings, config, args->project, project->name);
    if (!command_args_is_targeted(args))
        return true;
    return matches_dir(args->dir ? args->dir : ".", project->dir) &&
           g_str_equal(args->workspace || !workspace ? select_workspace_of(args) : workspace,
                       project->workspace);
}
