// SPDX-License-Identifier: Apache-2.0
/* Projects by changed files: those that are configured, and those that are discovered. */
#include "engine/select_impl.h"

#include <string.h>

#include "base/glob.h"
#include "base/sorted.h"
#include "grammar/discover.h"

enum {
    /* For the patterns of a file, in one selection: their bytes held against those of paths. About
     * half a second; what teams write needs a hundredth. */
    MOST_WORK = 500 * 1000 * 1000,
    GLOB_COST = 64, /* of making a pattern, for each of its bytes */
};

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
        g_hash_table_add(search->configured, select_project_at(input->config, i)->ref->dir);
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
        select_leave_out(input, search->selection, project->ref,
                         "no changed file matches when_modified");
    else if (input->is_automatic && !project->autoplan)
        select_leave_out(input, search->selection, project->ref, "autoplan.enabled is false");
    else if (!dir_exists(input, project->ref->dir))
        select_leave_out(input, search->selection, project->ref, "its directory does not exist");
    else
        select_add(search->selection, project, g_steal_pointer(&why));
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

bool select_check_ignored(const RepoConfig *config, const char *dir, guint64 *work,
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
    if (!select_check_ignored(input->config, dir, &search->work, &ignored, error))
        return false;
    if (ignored)
        select_leave_out(input, search->selection, ref, "autodiscover.ignore_paths matches it");
    else
        select_add(search->selection, select_own_project(input, search->selection, dir, NULL),
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
            select_leave_out(search->input, search->selection, ref,
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
        if (!add_configured(&search, select_project_at(input->config, i), error))
            return NULL;
    if (discovers(input->config) && !discover(&search, error))
        return NULL;
    if (input->explains && !discovers(input->config))
        explain_undiscovered(&search);
    select_sort(selection);
    g_ptr_array_sort(selection->left_out, compare_left_out);
    return g_steal_pointer(&selection);
}

/* ---------------------------------------------------- what the base branch moved */

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
