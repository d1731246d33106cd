// SPDX-License-Identifier: Apache-2.0
#include "engine/select.h"

#include <string.h>

#include "base/glob.h"
#include "base/nearest.h"
#include "base/sorted.h"
#include "grammar/discover.h"

enum { MOST_NAMED = 10 }; /* names that an error lists */

enum {
    /* For the patterns of a file, in one selection: their bytes held against those of paths. About
     * half a second; what teams write needs a hundredth. */
    MOST_WORK = 500 * 1000 * 1000,
    GLOB_COST = 64, /* of making a pattern, for each of its bytes */
};

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

static Selection *selection_new(void)
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

/* Takes why. */
static void add(Selection *selection, const ProjectConfig *config, char *why)
{
    Selected *selected = g_new0(Selected, 1);

    selected->config = config;
    selected->why = why;
    g_ptr_array_add(selection->projects, selected);
}

static void leave_out(const SelectInput *input, Selection *selection, const ProjectRef *ref,
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

static const ProjectConfig *own_project(const SelectInput *input, Selection *selection,
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

static const ProjectConfig *project_at(const RepoConfig *config, guint i)
{
    return config->projects->pdata[i];
}

static bool is_configured_dir(const RepoConfig *config, const char *dir)
{
    for (guint i = 0; i < config->projects->len; i++)
        if (g_str_equal(project_at(config, i)->ref->dir, dir))
            return true;
    return false;
}

/* ------------------------------------------------------------ by changed files */

/* What select_changed() asks many times, prepared once. */
typedef struct {
    const SelectInput *input;
    Selection *selection;
    GPtrArray *changed;     /* of char *, borrowed, sorted */
    GlobList *file_list;    /* --autoplan-file-list */
    ModuleChanges *modules; /* NULL: not followed */
    GHashTable *configured; /* char *, borrowed: directories that the file names */
    guint64 work;           /* that patterns of the file have taken */
} Search;

static void search_clear(Search *search)
{
    g_clear_pointer(&search->changed, g_ptr_array_unref);
    g_clear_pointer(&search->file_list, glob_list_free);
    g_clear_pointer(&search->modules, module_changes_free);
    g_clear_pointer(&search->configured, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

static bool search_init(Search *search, const SelectInput *input, Selection *selection,
                        GError **error)
{
    const char *const *patterns = (const char *const *)input->settings->autoplan_file_list;

    search->input = input;
    search->selection = selection;
    search->changed = g_ptr_array_sized_new(input->changed->len);
    for (guint i = 0; i < input->changed->len; i++)
        g_ptr_array_add(search->changed, input->changed->pdata[i]);
    sorted_sort(search->changed);
    search->configured = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < input->config->projects->len; i++)
        g_hash_table_add(search->configured, project_at(input->config, i)->ref->dir);
    search->file_list = glob_list_new(patterns, error);
    if (!search->file_list)
        return hadal_prefix(error, "--autoplan-file-list");
    if (input->modules)
        search->modules = module_changes_new(input->changed, search->file_list);
    return true;
}

/* What can be told of a pattern's paths without matching. Owns both. */
typedef struct {
    char *start; /* they begin so */
    char *end;   /* they, or a directory above them, end so */
} Literal;

static void literal_clear(Literal *literal)
{
    g_clear_pointer(&literal->start, g_free);
    g_clear_pointer(&literal->end, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Literal, literal_clear)

static Literal literal_of(const char *pattern)
{
    static const char signs[] = "*?[]\\";
    const char *end = pattern + strlen(pattern);

    while (end > pattern && !strchr(signs, end[-1]))
        end--;
    return (Literal){ g_strndup(pattern, strcspn(pattern, signs)), g_strdup(end) };
}

static bool may_match(const Literal *literal, const char *path)
{
    gsize length = strlen(literal->end);

    if (length == 0)
        return true;
    for (; (path = strstr(path, literal->end)); path++)
        if (path[length] == '\0' || path[length] == '/')
            return true;
    return false;
}

static gsize length_of(const char *const *patterns)
{
    gsize length = 0;

    for (; *patterns; patterns++)
        length += strlen(*patterns);
    return length;
}

/* The first of the sorted paths that may match a pattern and matches the whole list of that length;
 * NULL, too, when the work is up. */
static const char *first_match(const GPtrArray *sorted, const Literal *literal,
                               const GlobList *list, gsize length, guint64 *work)
{
    for (guint i = sorted_first(sorted, literal->start);
         i < sorted->len && g_str_has_prefix(sorted->pdata[i], literal->start); i++) {
        const char *path = sorted->pdata[i];

        *work += strlen(path) / 8; /* looking for a text is that much cheaper */
        if (!may_match(literal, path))
            continue;
        *work += length * strlen(path);
        if (*work > MOST_WORK)
            return NULL;
        if (glob_list_matches(list, path))
            return path;
    }
    return NULL;
}

/* The pattern that a path was found by. */
static const char *pattern_of(const char *const *patterns, const char *path)
{
    for (gsize i = 0; patterns[i]; i++) {
        const char *const one[] = { patterns[i], NULL };
        g_autoptr(GlobList) list = *patterns[i] == '!' ? NULL : glob_list_new(one, NULL);

        if (list && glob_list_matches(list, path))
            return patterns[i];
    }
    return "when_modified"; /* so long that it counts as a match (base/glob.h) */
}

/*
 * The first path that when_modified means; NULL: none. Only paths that begin and end like one of
 * the patterns are matched: with many projects and many files nearly all of them are passed over.
 * INVALID when it takes more work than a file of anybody may cost.
 */
static const char *modified_path(const ProjectConfig *project, const GPtrArray *sorted,
                                 guint64 *work, GError **error)
{
    const char *const *patterns = (const char *const *)project->when_modified;
    g_autoptr(GlobList) list = NULL;
    const char *found = NULL;

    for (gsize i = 0; patterns && patterns[i] && !found; i++) {
        g_auto(Literal) literal = literal_of(patterns[i]);

        if (*patterns[i] == '!' || !sorted_has_prefix(sorted, literal.start))
            continue;
        if (!list && !(list = glob_list_new(patterns, error)))
            return hadal_prefix_null(error, "when_modified of `%s`", project->ref->dir);
        found = first_match(sorted, &literal, list, length_of(patterns), work);
        if (*work > MOST_WORK)
            return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                    "when_modified of `%s`: too many patterns for so many files",
                                    project->ref->dir);
    }
    return found;
}

static bool dir_exists(const SelectInput *input, const char *dir)
{
    g_autofree char *prefix = g_strconcat(dir, "/", NULL);

    return g_str_equal(dir, ".") || sorted_has_prefix(input->files, prefix);
}

static char *changed_why(Search *search, const ProjectConfig *project, GError **error)
{
    g_autoptr(GError) own = NULL;
    const char *path = modified_path(project, search->changed, &search->work, &own);

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return NULL;
    }
    if (path)
        return g_strdup_printf("`%s` matches `%s`", path,
                               pattern_of((const char *const *)project->when_modified, path));
    return search->modules
               ? module_index_why(search->input->modules, project->ref->dir, search->modules)
               : NULL;
}

static bool add_configured(Search *search, const ProjectConfig *project, GError **error)
{
    const SelectInput *input = search->input;
    g_autoptr(GError) own = NULL;
    g_autofree char *why = changed_why(search, project, &own);

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    if (!why)
        leave_out(input, search->selection, project->ref, "no changed file matches when_modified");
    else if (input->is_automatic && !project->autoplan)
        leave_out(input, search->selection, project->ref, "autoplan.enabled is false");
    else if (!dir_exists(input, project->ref->dir))
        leave_out(input, search->selection, project->ref, "its directory does not exist");
    else
        add(search->selection, project, g_steal_pointer(&why));
    return true;
}

/* Whether directories that no file names become projects. A file that names some, even if they are
 * of other branches, means that all are named. */
static bool discovers(const RepoConfig *config)
{
    if (config->autodiscover == AUTODISCOVER_AUTO)
        return !config->names_projects;
    return config->autodiscover == AUTODISCOVER_ENABLED;
}

static bool check_ignored(const RepoConfig *config, const char *dir, guint64 *work,
                          bool *is_ignored, GError **error)
{
    *is_ignored = false;
    for (gsize i = 0; config->ignore_paths && config->ignore_paths[i]; i++) {
        const char *pattern = config->ignore_paths[i];
        g_autoptr(GlobPath) glob = glob_path_new(pattern, error);

        if (!glob)
            return hadal_prefix(error, "autodiscover.ignore_paths");
        *work += strlen(pattern) * (GLOB_COST + strlen(dir));
        if (*work > MOST_WORK)
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "autodiscover.ignore_paths: too many patterns for so many "
                               "directories");
        *is_ignored |= glob_path_matches(glob, dir);
    }
    return true;
}

/* Takes why. */
static bool add_discovered(Search *search, const char *dir, char *why, GError **error)
{
    const SelectInput *input = search->input;
    g_autofree char *text = why;
    g_autoptr(ProjectRef) ref = project_ref_new(dir, NULL, NULL);
    bool ignored;

    if (g_hash_table_contains(search->configured, dir))
        return true;
    if (!check_ignored(input->config, dir, &search->work, &ignored, error))
        return false;
    if (ignored)
        leave_out(input, search->selection, ref, "autodiscover.ignore_paths matches it");
    else
        add(search->selection, own_project(input, search->selection, dir, NULL),
            g_steal_pointer(&text));
    return true;
}

static bool is_selected_dir(const Selection *selection, const char *dir)
{
    for (guint i = 0; i < selection->projects->len; i++)
        if (g_str_equal(((const Selected *)selection->projects->pdata[i])->config->ref->dir, dir))
            return true;
    return false;
}

/* Directories that use a changed module and are no module themselves. */
static bool discover_users(Search *search, GError **error)
{
    g_autoptr(GPtrArray) tops = module_index_tops(search->input->modules);

    for (guint i = 0; i < tops->len; i++) {
        const char *dir = tops->pdata[i];
        char *why = is_selected_dir(search->selection, dir)
                        ? NULL
                        : module_index_why(search->input->modules, dir, search->modules);

        if (why && !add_discovered(search, dir, why, error))
            return false;
    }
    return true;
}

/* The directories that the changed files belong to, and one of those files. */
static GHashTable *changed_dirs(const Search *search)
{
    const DiscoverInput input = {
        .changed = search->input->changed,
        .files = search->input->files,
        .file_list = search->file_list,
    };

    return discover_changed(&input);
}

static bool discover(Search *search, GError **error)
{
    g_autoptr(GHashTable) found = changed_dirs(search);
    GHashTableIter iter;
    gpointer dir, path;

    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &dir, &path))
        if (!add_discovered(search, dir, g_strdup_printf("`%s` changed", (char *)path), error))
            return false;
    return !search->modules || discover_users(search, error);
}

/* For --explain: what discovery would have found. */
static void explain_undiscovered(Search *search)
{
    const RepoConfig *config = search->input->config;
    g_autoptr(GHashTable) found = changed_dirs(search);
    GHashTableIter iter;
    gpointer dir;

    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &dir, NULL)) {
        g_autoptr(ProjectRef) ref = project_ref_new(dir, NULL, NULL);

        if (!g_hash_table_contains(search->configured, dir))
            leave_out(search->input, search->selection, ref,
                      config->autodiscover == AUTODISCOVER_AUTO
                          ? "the configuration names projects, and not this directory"
                          : "the configuration does not name it, and discovery is disabled");
    }
}

static gint compare_left_out(gconstpointer a, gconstpointer b)
{
    return project_ref_compare(&(*(const LeftOut *const *)a)->ref,
                               &(*(const LeftOut *const *)b)->ref);
}

Selection *select_changed(const SelectInput *input, GError **error)
{
    g_autoptr(Selection) selection = selection_new();
    g_auto(Search) search = { 0 };

    if (!search_init(&search, input, selection, error))
        return NULL;
    for (guint i = 0; i < input->config->projects->len; i++)
        if (!add_configured(&search, project_at(input->config, i), error))
            return NULL;
    if (discovers(input->config) && !discover(&search, error))
        return NULL;
    if (input->explains && !discovers(input->config))
        explain_undiscovered(&search);
    g_ptr_array_sort(selection->projects, compare);
    g_ptr_array_sort(selection->left_out, compare_left_out);
    return g_steal_pointer(&selection);
}

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
        const char *name = project_at(config, i)->ref->name;

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
        if (*project_at(config, i)->ref->name)
            names[n++] = project_at(config, i)->ref->name;
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

static bool has_allowed_prefix(const RepoConfig *config, const char *pattern)
{
    if (!config->regexp_prefixes || !*config->regexp_prefixes)
        return true;
    for (gsize i = 0; config->regexp_prefixes[i]; i++)
        if (g_str_has_prefix(pattern, config->regexp_prefixes[i]))
            return true;
    return false;
}

/* Adds all whose names the pattern means as a whole. */
static bool add_by_pattern(const SelectInput *input, Selection *selection, const char *pattern,
                           GError **error)
{
    g_autoptr(Regex) regex = regex_new_whole(pattern, error);

    if (!regex)
        return hadal_prefix(error, "`-p %s`", pattern);
    for (guint i = 0; i < input->config->projects->len; i++) {
        const ProjectConfig *project = project_at(input->config, i);
        bool is_match = false;

        if (!regex_matches(regex, project->ref->name, &is_match, error))
            return false;
        if (is_match && *project->ref->name)
            add(selection, project, g_strdup_printf("`-p %s` means it", pattern));
    }
    if (selection->projects->len > 1 && !has_allowed_prefix(input->config, pattern))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`-p %s` means %u projects, and `allowed_regexp_prefixes` of `%s` does "
                           "not allow a pattern that begins so.",
                           pattern, selection->projects->len, input->config->file);
    return true;
}

static void add_by_name(const SelectInput *input, Selection *selection, const char *name)
{
    for (guint i = 0; i < input->config->projects->len; i++) {
        const ProjectConfig *project = project_at(input->config, i);

        if (g_str_equal(project->ref->name, name))
            add(selection, project, g_strdup_printf("`-p %s` names it", name));
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

/* ------------------------------------------------------- by directory: -d, -w */

static const char *workspace_of(const CommandArgs *args)
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
        const ProjectConfig *project = project_at(input->config, i);

        if (g_str_equal(project->ref->workspace, workspace_of(input->args)) &&
            glob_path_matches(glob, project->ref->dir))
            add(selection, project, g_strdup_printf("`-d %s` means it", dir));
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
        const ProjectRef *ref = project_at(config, i)->ref;

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
                           input->config->file, workspace_of(input->args), dir);
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "Directory `%s` has no Terraform files at this commit.", dir);
}

/* A directory that no file names: it has to hold a root module, and not be ignored. */
static bool add_unnamed(const SelectInput *input, Selection *selection, const char *dir,
                        GError **error)
{
    g_autofree char *others = other_workspaces(input->config, dir);
    guint64 work = 0;
    bool ignored;

    if (*others)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`%s` has no project for workspace `%s` in `%s`; it has one for: %s.",
                           dir, workspace_of(input->args), input->config->file, others);
    if (!discover_is_project(input->files, dir))
        return no_such_dir(input, dir, error);
    if (!check_ignored(input->config, dir, &work, &ignored, error))
        return false;
    if (ignored && input->config->autodiscover != AUTODISCOVER_DISABLED)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "`%s` is among `autodiscover.ignore_paths`: name it in `%s` to plan it.",
                           dir, input->config->file);
    add(selection, own_project(input, selection, dir, workspace_of(input->args)),
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
        const ProjectConfig *project = project_at(input->config, i);

        if (g_str_equal(project->ref->dir, dir) &&
            g_str_equal(project->ref->workspace, workspace_of(input->args)))
            add(selection, project, g_strdup_printf("`-d %s` names it", dir));
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
    g_ptr_array_sort(selection->projects, compare);
    return g_steal_pointer(&selection);
}

/* ------------------------------------------------------------------ the rest */

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
            selected->config = own_project(input, selection, ref->dir, named);
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
        const char *other = project_at(config, i)->ref->name;

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
           (g_str_equal(wanted, name) || has_allowed_prefix(config, wanted) ||
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
           g_str_equal(args->workspace || !workspace ? workspace_of(args) : workspace,
                       project->workspace);
}

/* A file of a directory that was discovered, by the rules of discovery. */
static bool is_file_of(const ProjectConfig *project, const char *path, const GlobList *file_list)
{
    g_autofree char *dir = g_path_get_dirname(path);
    const char *own = project->ref->dir;
    g_autofree char *env = g_str_equal(own, ".") ? g_strdup("env") : g_strconcat(own, "/env", NULL);
    g_autofree char *modules =
        g_str_equal(own, ".") ? g_strdup("modules/") : g_strconcat(own, "/modules/", NULL);

    return glob_list_matches(file_list, path) &&
           (g_str_equal(dir, own) || g_str_equal(dir, env) || g_str_has_prefix(path, modules));
}

static const char *moved_path(const ProjectConfig *project, const GPtrArray *moved,
                              const GlobList *file_list)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    guint64 work = 0;
    const char *path;

    for (guint i = 0; i < moved->len; i++) {
        if (!project->is_configured && is_file_of(project, moved->pdata[i], file_list))
            return moved->pdata[i];
        g_ptr_array_add(sorted, moved->pdata[i]);
    }
    if (!project->is_configured || moved->len == 0)
        return NULL;
    sorted_sort(sorted);
    path = modified_path(project, sorted, &work, &error);
    return error ? moved->pdata[0] : path; /* unknown is not "untouched" */
}

char *select_diverged_why(const Settings *settings, const ProjectConfig *project,
                          const ModuleIndex *modules, const GPtrArray *moved, const char *branch)
{
    const char *const *patterns = (const char *const *)settings->autoplan_file_list;
    g_autoptr(GlobList) file_list = glob_list_new(patterns, NULL); /* checked at start */
    const char *path = moved_path(project, moved, file_list);
    g_autoptr(ModuleChanges) changes = modules ? module_changes_new(moved, file_list) : NULL;
    g_autofree char *used = changes ? module_index_why(modules, project->ref->dir, changes) : NULL;

    if (path)
        return g_strdup_printf("`%s` has changed `%s` since", branch, path);
    return used ? g_strdup_printf("`%s` has moved on, and %s", branch, used) : NULL;
}
