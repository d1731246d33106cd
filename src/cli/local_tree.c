// SPDX-License-Identifier: Apache-2.0
#include "cli/local_tree.h"

#include <string.h>
#include <sys/stat.h>

#include "base/sorted.h"
#include "engine/modules.h"
#include "sys/files.h"
#include "sys/proc.h"

enum {
    MOST_FILES = 500 * 1000,
    MOST_LIST = 64 << 20,          /* bytes of all paths together, as of a commit (git/cache.h) */
    MOST_MODULE_BYTES = 256 << 20, /* of all files of one call, likewise */
    GIT_TIMEOUT_MS = 60 * 1000,
    GIT_GRACE_MS = 1000,
};

/* What a working directory has and a commit has not. */
static const char *const own_dirs[] = { ".git", ".terraform", ".terragrunt-cache", NULL };

static bool find_stat(const char *dir, const char *path, struct stat *info)
{
    g_autofree char *full = g_build_filename(dir, path, NULL);

    return lstat(full, info) == 0;
}

static bool too_many(const char *dir, GError **error)
{
    return hadal_throw(error, HADAL_ERROR_INVALID, "%s: more than %d files", dir, MOST_FILES);
}

/* ------------------------------------------------------------------ with git */

/* Whether dir is in a working tree: a submodule's and a linked one's ".git" is a file. */
static bool is_in_repository(const char *dir)
{
    g_autofree char *at = g_canonicalize_filename(dir, NULL);

    while (true) {
        g_autofree char *git = g_build_filename(at, ".git", NULL);
        char *parent = g_path_get_dirname(at);
        bool is_top = g_str_equal(parent, at);

        g_free(at);
        at = parent;
        if (g_file_test(git, G_FILE_TEST_EXISTS))
            return true;
        if (is_top)
            return false;
    }
}

/* The index also names what was deleted, submodules and links. */
static bool add_listed(const char *dir, const GString *output, GPtrArray *files, GError **error)
{
    const char *end = output->str + output->len;
    struct stat info;

    for (const char *path = output->str; path < end; path += strlen(path) + 1) {
        if (!find_stat(dir, path, &info) || !S_ISREG(info.st_mode))
            continue;
        if (files->len >= MOST_FILES)
            return too_many(dir, error);
        g_ptr_array_add(files, g_strdup(path));
    }
    return true;
}

/* The repository's own configuration must not start programs here. */
static bool list_with_git(const Ctx *ctx, const char *dir, GPtrArray *files, GError **error)
{
    const ProcSpec spec = {
        .argv = ARGV("git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--deduplicate",
                     "--cached", "--others", "--exclude-standard"),
        .dir = dir,
        .max_output = MOST_LIST,
        .timeout_ms = GIT_TIMEOUT_MS,
        .grace_ms = GIT_GRACE_MS,
        .ends_at_limit = true,
    };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GString) words = g_string_new(NULL);

    if (!proc_run(ctx, &spec, output, words, NULL, error))
        return hadal_prefix(error, "%s: git ls-files: %s", dir, g_strstrip(words->str));
    return add_listed(dir, output, files, error);
}

/* --------------------------------------------------------------- without git */

static char *joined(const char *above, const char *name)
{
    return *above ? g_strconcat(above, "/", name, NULL) : g_strdup(name);
}

/* The files of one directory; its directories are put behind those that wait. */
static bool walk_one(const char *dir, const char *below, GQueue *waiting, GPtrArray *files,
                     GError **error)
{
    g_autofree char *full = g_build_filename(dir, below, NULL);
    g_autoptr(GDir) opened = g_dir_open(full, 0, NULL);
    const char *name;

    while (opened && (name = g_dir_read_name(opened))) {
        g_autofree char *path = joined(below, name);
        struct stat info;

        if (files->len + waiting->length >= MOST_FILES)
            return too_many(dir, error);
        if (!find_stat(dir, path, &info))
            continue;
        if (S_ISREG(info.st_mode))
            g_ptr_array_add(files, g_steal_pointer(&path));
        else if (S_ISDIR(info.st_mode) && !g_strv_contains(own_dirs, name))
            g_queue_push_tail(waiting, g_steal_pointer(&path));
    }
    return true;
}

static bool walk(const char *dir, GPtrArray *files, GError **error)
{
    GQueue waiting = G_QUEUE_INIT;
    bool is_good = true;

    g_queue_push_tail(&waiting, g_strdup(""));
    while (is_good && !g_queue_is_empty(&waiting)) {
        g_autofree char *below = g_queue_pop_head(&waiting);

        is_good = walk_one(dir, below, &waiting, files, error);
    }
    g_queue_clear_full(&waiting, g_free);
    return is_good;
}

GPtrArray *local_tree_list(const Ctx *ctx, const char *dir, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    bool is_good =
        is_in_repository(dir) ? list_with_git(ctx, dir, files, error) : walk(dir, files, error);

    if (!is_good)
        return NULL;
    sorted_sort(files);
    return g_steal_pointer(&files);
}

/* ------------------------------------------------------------------- reading */

static void string_free(gpointer data)
{
    if (data)
        g_string_free(data, TRUE);
}

GPtrArray *local_tree_read(gpointer data, const char *const *paths, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(string_free);
    gsize total = 0;

    for (; *paths; paths++) {
        g_autofree char *text = NULL;
        bool is_read = files_read_beneath(data, *paths, MODULE_MOST_BYTES, &text, NULL);
        GString *content = is_read && text ? g_string_new(text) : NULL;

        g_ptr_array_add(found, content);
        total += content ? content->len : 0;
        if (total > MOST_MODULE_BYTES)
            return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                    "%s: more than %d bytes of configuration to look for modules "
                                    "in",
                                    (const char *)data, MOST_MODULE_BYTES);
    }
    return g_steal_pointer(&found);
}
