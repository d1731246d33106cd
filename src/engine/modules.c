// SPDX-License-Identifier: Apache-2.0
#include "engine/modules.h"

#include <string.h>

#include "base/path.h"
#include "base/sorted.h"

enum {
    MOST_FILES = 50 * 1000, /* that are read at a time */
    MOST_LEVELS = 64,       /* of modules in modules; what lies deeper is unknown */
};

static const char *const suffixes[] = { ".tf", ".tf.json", ".tofu", ".tofu.json" };

struct _ModuleIndex {
    GHashTable *roots;   /* char *, owned: a set */
    GHashTable *modules; /* char * dir -> HclModule, both owned */
};

struct _ModuleChanges {
    GHashTable *by_dir; /* char * dir, owned -> const char * path, borrowed */
    const char *any;    /* borrowed; NULL: nothing counts */
};

ModuleChanges *module_changes_new(const GPtrArray *changed, const GlobList *file_list)
{
    ModuleChanges *changes = g_new0(ModuleChanges, 1);

    changes->by_dir = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < changed->len; i++) {
        if (!glob_list_matches(file_list, changed->pdata[i]))
            continue;
        changes->any = changed->pdata[i];
        g_hash_table_replace(changes->by_dir, g_path_get_dirname(changed->pdata[i]),
                             changed->pdata[i]);
    }
    return changes;
}

void module_changes_free(ModuleChanges *changes)
{
    if (!changes)
        return;
    g_hash_table_unref(changes->by_dir);
    g_free(changes);
}

ModuleIndex *module_index_new(void)
{
    ModuleIndex *index = g_new0(ModuleIndex, 1);

    index->roots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    index->modules =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)hcl_module_free);
    return index;
}

void module_index_free(ModuleIndex *index)
{
    if (!index)
        return;
    g_hash_table_unref(index->roots);
    g_hash_table_unref(index->modules);
    g_free(index);
}

void module_index_add_root(ModuleIndex *index, const char *dir)
{
    g_hash_table_add(index->roots, g_strdup(dir));
}

void module_index_add(ModuleIndex *index, const char *dir, HclModule *module)
{
    g_hash_table_replace(index->modules, g_strdup(dir), module);
}

/* The directory that a source in dir names; NULL when it is not local, or outside. */
static char *local_dir(const char *dir, const char *source)
{
    bool is_local = g_str_has_prefix(source, "./") || g_str_has_prefix(source, "../") ||
                    g_str_equal(source, ".") || g_str_equal(source, "..");
    g_autofree char *joined = is_local ? g_strconcat(dir, "/", source, NULL) : NULL;
    g_autofree char *clean = joined ? path_clean(joined) : NULL;

    if (!clean || g_str_equal(clean, "..") || g_str_has_prefix(clean, "../"))
        return NULL;
    return g_steal_pointer(&clean);
}

/* Local modules that dir uses itself: of char *, owned. */
static GPtrArray *used_by(const ModuleIndex *index, const char *dir)
{
    GPtrArray *used = g_ptr_array_new_with_free_func(g_free);
    const HclModule *module = g_hash_table_lookup(index->modules, dir);

    for (guint i = 0; module && i < module->module_sources->len; i++) {
        char *target = local_dir(dir, module->module_sources->pdata[i]);

        if (target)
            g_ptr_array_add(used, target);
    }
    return used;
}

static void add_if_missing(const ModuleIndex *index, const char *dir, GHashTable *missing)
{
    if (!g_hash_table_contains(index->modules, dir))
        g_hash_table_add(missing, g_strdup(dir));
}

GPtrArray *module_index_missing(const ModuleIndex *index)
{
    g_autoptr(GHashTable) missing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer dir;

    g_hash_table_iter_init(&iter, index->roots);
    while (g_hash_table_iter_next(&iter, &dir, NULL))
        add_if_missing(index, dir, missing);
    g_hash_table_iter_init(&iter, index->modules);
    while (g_hash_table_iter_next(&iter, &dir, NULL)) {
        g_autoptr(GPtrArray) used = used_by(index, dir);

        for (guint i = 0; i < used->len; i++)
            add_if_missing(index, used->pdata[i], missing);
    }
    g_hash_table_iter_init(&iter, missing);
    while (g_hash_table_iter_next(&iter, &dir, NULL))
        g_ptr_array_add(list, g_strdup(dir));
    return list;
}

/* dir and all that it uses, in the order they are found; a ring is gone round once. Of char *. */
static GPtrArray *reached_from(const ModuleIndex *index, const char *dir)
{
    GPtrArray *reached = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    g_ptr_array_add(reached, g_strdup(dir));
    g_hash_table_add(seen, reached->pdata[0]);
    for (guint i = 0; i < reached->len; i++) {
        g_autoptr(GPtrArray) used = used_by(index, reached->pdata[i]);

        for (guint j = 0; j < used->len; j++) {
            char *next;

            if (g_hash_table_contains(seen, used->pdata[j]))
                continue;
            next = g_strdup(used->pdata[j]);
            g_ptr_array_add(reached, next);
            g_hash_table_add(seen, next);
        }
    }
    return reached;
}

/* What stands in for a module that cannot be read: any change may be one of it. */
static char *unknown_why(const char *dir, const ModuleChanges *changes)
{
    return changes->any ? g_strdup_printf("the modules that `%s` uses cannot be read, and `%s` "
                                          "changed",
                                          dir, changes->any)
                        : NULL;
}

char *module_index_why(const ModuleIndex *index, const char *dir, const ModuleChanges *changes)
{
    g_autoptr(GPtrArray) reached = NULL;

    if (!g_hash_table_contains(index->roots, dir))
        return NULL;
    reached = reached_from(index, dir);
    for (guint i = 0; i < reached->len; i++) {
        const char *module_dir = reached->pdata[i];
        const HclModule *module = g_hash_table_lookup(index->modules, module_dir);
        const char *path = i ? g_hash_table_lookup(changes->by_dir, module_dir) : NULL;

        if (path)
            return g_strdup_printf("it uses module `%s`, where `%s` changed", module_dir, path);
        if (!module || module->has_error)
            return unknown_why(module_dir, changes);
    }
    return NULL;
}

GPtrArray *module_index_tops(const ModuleIndex *index)
{
    g_autoptr(GHashTable) used_dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *tops = g_ptr_array_new();
    GHashTableIter iter;
    gpointer dir;

    g_hash_table_iter_init(&iter, index->modules);
    while (g_hash_table_iter_next(&iter, &dir, NULL)) {
        g_autoptr(GPtrArray) used = used_by(index, dir);

        for (guint i = 0; i < used->len; i++)
            if (!g_str_equal(used->pdata[i], dir))
                g_hash_table_add(used_dirs, g_strdup(used->pdata[i]));
    }
    g_hash_table_iter_init(&iter, index->roots);
    while (g_hash_table_iter_next(&iter, &dir, NULL))
        if (!g_hash_table_contains(used_dirs, dir))
            g_ptr_array_add(tops, dir);
    return tops;
}

/* ------------------------------------------------------------------ reading */

static bool is_configuration(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(path, suffixes[i]))
            return true;
    return false;
}

/* Adds the configuration files directly in dir: borrowed. */
static void add_files_of(const GPtrArray *files, const char *dir, GPtrArray *paths)
{
    g_autofree char *prefix = g_str_equal(dir, ".") ? g_strdup("") : g_strconcat(dir, "/", NULL);
    gsize length = strlen(prefix);

    for (guint i = sorted_first(files, prefix);
         i < files->len && g_str_has_prefix(files->pdata[i], prefix); i++) {
        const char *path = files->pdata[i];

        if (!strchr(path + length, '/') && is_configuration(path))
            g_ptr_array_add(paths, (gpointer)path);
    }
}

static bool read_dirs(GHashTable *modules, const GPtrArray *files, const GPtrArray *dirs,
                      ModuleRead read, gpointer data, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new(), found = NULL;

    for (guint i = 0; i < dirs->len; i++) {
        g_hash_table_replace(modules, g_strdup(dirs->pdata[i]), hcl_module_new());
        add_files_of(files, dirs->pdata[i], paths);
    }
    if (paths->len > MOST_FILES)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "%u configuration files are more than the %d that are read to find "
                           "modules",
                           paths->len, MOST_FILES);
    g_ptr_array_add(paths, NULL);
    found = read(data, (const char *const *)paths->pdata, error);
    if (!found)
        return false;
    for (guint i = 0; i + 1 < paths->len; i++) {
        g_autofree char *dir = g_path_get_dirname(paths->pdata[i]);
        HclModule *module = g_hash_table_lookup(modules, dir);
        const GString *text = found->pdata[i];

        if (text)
            hcl_module_add(module, paths->pdata[i], text->str, text->len);
        else
            module->has_error = true;
    }
    return true;
}

GHashTable *modules_read(const GPtrArray *files, const GPtrArray *dirs, ModuleRead read,
                         gpointer data, GError **error)
{
    g_autoptr(GHashTable) modules =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)hcl_module_free);

    return read_dirs(modules, files, dirs, read, data, error) ? g_steal_pointer(&modules) : NULL;
}

/* Adds to found what dir uses and found has not, and lets list borrow it. */
static void add_used(GHashTable *modules, const char *dir, GHashTable *found, GPtrArray *list)
{
    const HclModule *module = g_hash_table_lookup(modules, dir);

    for (guint i = 0; module && i < module->module_sources->len; i++) {
        g_autofree char *used = local_dir(dir, module->module_sources->pdata[i]);

        if (!used || g_hash_table_contains(found, used))
            continue;
        g_ptr_array_add(list, used);
        g_hash_table_add(found, g_steal_pointer(&used));
    }
}

/* Of char *, borrowed from found: that are used and not read. */
static GPtrArray *unread(GHashTable *modules, GHashTable *found)
{
    g_autoptr(GPtrArray) used = g_ptr_array_new();
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer dir;

    g_hash_table_iter_init(&iter, modules);
    while (g_hash_table_iter_next(&iter, &dir, NULL))
        add_used(modules, dir, found, used);
    for (guint i = 0; i < used->len; i++)
        if (!g_hash_table_contains(modules, used->pdata[i]))
            g_ptr_array_add(list, used->pdata[i]);
    return list;
}

bool modules_read_used(GHashTable *modules, const GPtrArray *files, ModuleRead read, gpointer data,
                       GError **error)
{
    for (int level = 0; level < MOST_LEVELS; level++) {
        g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GPtrArray) list = unread(modules, found);

        if (list->len == 0)
            return true;
        if (!read_dirs(modules, files, list, read, data, error))
            return false;
    }
    return true;
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *modules_needs(GHashTable *modules, const char *dir)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) dirs = g_ptr_array_new(), needs = g_ptr_array_new();

    g_ptr_array_add(dirs, (gpointer)dir);
    for (guint i = 0; i < dirs->len; i++) {
        const HclModule *module = g_hash_table_lookup(modules, dirs->pdata[i]);

        if (!module || module->has_error)
            return NULL;
        for (guint k = 0; k < module->needs->len; k++)
            if (g_hash_table_add(seen, module->needs->pdata[k]))
                g_ptr_array_add(needs, module->needs->pdata[k]);
        add_used(modules, dirs->pdata[i], found, dirs);
    }
    g_ptr_array_sort(needs, compare_texts);
    g_ptr_array_add(needs, NULL);
    return g_strjoinv("\n", (char **)needs->pdata);
}

static void take_all(ModuleIndex *index, GHashTable *modules)
{
    GHashTableIter iter;
    gpointer dir, module;

    g_hash_table_iter_init(&iter, modules);
    while (g_hash_table_iter_next(&iter, &dir, &module)) {
        g_hash_table_iter_steal(&iter);
        module_index_add(index, dir, module);
        g_free(dir);
    }
}

ModuleIndex *module_index_read(const GPtrArray *files, const GlobList *patterns, ModuleRead read,
                               gpointer data, GError **error)
{
    g_autoptr(ModuleIndex) index = module_index_new();

    for (guint i = 0; i < files->len; i++) {
        g_autofree char *dir = NULL;

        if (!is_configuration(files->pdata[i]) || !glob_list_matches(patterns, files->pdata[i]))
            continue;
        dir = g_path_get_dirname(files->pdata[i]);
        module_index_add_root(index, dir);
    }
    for (int level = 0; level < MOST_LEVELS; level++) {
        g_autoptr(GPtrArray) missing = module_index_missing(index);
        g_autoptr(GHashTable) modules = NULL;

        if (missing->len == 0)
            break;
        modules = modules_read(files, missing, read, data, error);
        if (!modules)
            return NULL;
        take_all(index, modules);
    }
    return g_steal_pointer(&index);
}
