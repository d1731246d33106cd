// SPDX-License-Identifier: Apache-2.0
#include "grammar/discover.h"

#include <string.h>

#include "base/sorted.h"

/* Files that come and go with use, in paths as Atlantis looks for them. */
static const char *const never_counted[] = {
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "tflint.hcl",
};

static const char *const module_suffixes[] = { ".tf", ".tf.json", ".tofu", ".tofu.json" };

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_module_file(const char *path)
{
    const char *base = base_of(path);

    for (gsize i = 0; i < G_N_ELEMENTS(module_suffixes); i++)
        if (g_str_has_suffix(base, module_suffixes[i]))
            return true;
    return g_str_equal(base, "terragrunt.hcl");
}

/* Values and locks for a module: alone they are none. */
static const char *const companions[] = { ".tfvars", ".tfvars.json", ".terraform.lock.hcl" };

static bool is_companion(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(companions); i++)
        if (g_str_has_suffix(path, companions[i]))
            return true;
    return false;
}

static bool is_never_counted(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(never_counted); i++)
        if (strstr(path, never_counted[i]))
            return true;
    return false;
}

bool discover_is_project(const GPtrArray *files, const char *dir)
{
    g_autofree char *prefix = g_str_equal(dir, ".") ? g_strdup("") : g_strconcat(dir, "/", NULL);
    gsize length = strlen(prefix);

    for (guint i = sorted_first(files, prefix); i < files->len; i++) {
        const char *path = files->pdata[i];

        if (!g_str_has_prefix(path, prefix))
            return false;
        if (!strchr(path + length, '/') && is_module_file(path))
            return true;
    }
    return false;
}

/* All directories with such files, found in one go: asking for each would read deep trees often. */
static GHashTable *project_dirs(const GPtrArray *files)
{
    GHashTable *dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < files->len; i++)
        if (is_module_file(files->pdata[i]))
            g_hash_table_add(dirs, g_path_get_dirname(files->pdata[i]));
    return dirs;
}

/* The directory above the first "modules" of dir; NULL when there is none. */
static char *above_modules(const char *dir)
{
    g_autofree char *path = g_strconcat("/", dir, "/", NULL);
    const char *found = strstr(path, "/modules/");

    if (!found)
        return NULL;
    return found == path ? g_strdup(".") : g_strndup(path + 1, (gsize)(found - path) - 1);
}

/*
 * The project that a changed file belongs to; NULL: none. What a team lists of its own
 * (--autoplan-file-list) makes a project also where other programs than Terraform read it.
 */
static char *dir_of(const char *path, GHashTable *dirs, const GPtrArray *files)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *above = NULL;

    /* "network/env/prod.tfvars" holds values for "network"; a root module that is itself called
     * "env" has nothing above it. */
    if (g_str_equal(base_of(dir), "env")) {
        g_autofree char *parent = g_path_get_dirname(dir);

        if (g_hash_table_contains(dirs, parent)) {
            g_free(dir);
            dir = g_steal_pointer(&parent);
        }
    }
    above = above_modules(dir);
    if (above)
        return g_hash_table_contains(dirs, above) ? g_steal_pointer(&above) : NULL;
    if (!is_module_file(path) && !is_companion(path) && sorted_has(files, path))
        return g_path_get_dirname(path);
    return g_hash_table_contains(dirs, dir) ? g_steal_pointer(&dir) : NULL;
}

bool discover_has_dir(const GPtrArray *files, const char *dir)
{
    g_autofree char *prefix = g_strconcat(dir, "/", NULL);

    return g_str_equal(dir, ".") || sorted_has_prefix(files, prefix);
}

GHashTable *discover_changed(const DiscoverInput *input)
{
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) dirs = project_dirs(input->files);

    for (guint i = 0; i < input->changed->len; i++) {
        const char *path = input->changed->pdata[i];
        g_autofree char *dir = NULL;

        if (is_never_counted(path) || !glob_list_matches(input->file_list, path))
            continue;
        dir = dir_of(path, dirs, input->files);
        if (dir && !g_hash_table_contains(found, dir))
            g_hash_table_insert(found, g_steal_pointer(&dir), (gpointer)path);
    }
    return found;
}

GPtrArray *discover_projects(const DiscoverInput *input)
{
    GPtrArray *projects = g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_autoptr(GHashTable) found = discover_changed(input);
    GHashTableIter iter;
    gpointer dir;

    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &dir, NULL))
        if (!input->ignore || !glob_list_matches(input->ignore, dir))
            g_ptr_array_add(projects, project_ref_new(dir, NULL, NULL));
    g_ptr_array_sort(projects, project_ref_compare);
    return projects;
}
