// SPDX-License-Identifier: Apache-2.0
#include "tf/plugin_mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/flight.h"
#include "tf/cli_config.h"
#include "tf/packages.h"

#define LOCK_FILE ".terraform.lock.hcl"
#define LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS    "0123456789"

enum {
    MOST_ENTRIES = 200 * 1000, /* of a checkout that is looked through */
    MOST_DEPTH = 64,
    MOST_LOCK_FILES = 1000,
    MAX_LOCK_FILE = 1 << 20,
    MOST_MISSING = 50, /* packages */
    PATIENCE_MS = 10 * 60 * 1000,
};

/* ---------------------------------------------------------------- checkout */

typedef struct {
    const Ctx *ctx;
    const char *own;       /* the project's directory */
    GPtrArray *own_locks;  /* of char *, owned: texts of lock files in it */
    GPtrArray *lock_files; /* the same, of all others */
    GPtrArray *roots;      /* of char *, owned: directories that are called "providers" */
    guint n_entries;
} Tree;

static void tree_clear(Tree *tree)
{
    g_clear_pointer(&tree->own_locks, g_ptr_array_unref);
    g_clear_pointer(&tree->lock_files, g_ptr_array_unref);
    g_clear_pointer(&tree->roots, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tree, tree_clear)

static bool is_in(const char *path, const char *dir)
{
    gsize length = strlen(dir);

    return strncmp(path, dir, length) == 0 && (path[length] == '/' || !path[length]);
}

static bool add_lock_file(Tree *tree, const char *dir, GError **error)
{
    GPtrArray *list = is_in(dir, tree->own) ? tree->own_locks : tree->lock_files;
    char *text = NULL;

    if (!files_read_beneath(dir, LOCK_FILE, MAX_LOCK_FILE, &text, error))
        return false;
    if (text)
        g_ptr_array_add(list, text);
    return list->len <= MOST_LOCK_FILES ||
           hadal_throw(error, HADAL_ERROR_INVALID, "there are too many lock files");
}

static bool look_through(Tree *tree, const char *path, int depth, GError **error);

/* Most file systems say what an entry is: large checkouts are looked through for each step. */
static bool is_directory(const char *path, const struct dirent *entry)
{
    GStatBuf info;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return g_lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool look_at_entry(Tree *tree, const char *dir, const struct dirent *entry, int depth,
                          GError **error)
{
    const char *name = entry->d_name;
    bool may_be_dir = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
    g_autofree char *path = NULL;

    if (++tree->n_entries > MOST_ENTRIES)
        return hadal_throw(error, HADAL_ERROR_INVALID, "there are too many files");
    if (g_str_equal(name, LOCK_FILE) && !add_lock_file(tree, dir, error))
        return false;
    if (!may_be_dir || g_str_equal(name, ".") || g_str_equal(name, "..") ||
        g_str_equal(name, ".git"))
        return true;
    path = g_build_filename(dir, name, NULL);
    if (!is_directory(path, entry))
        return true;
    if (g_str_equal(name, "providers"))
        g_ptr_array_add(tree->roots, g_strdup(path));
    return ctx_check(tree->ctx, error) && look_through(tree, path, depth + 1, error);
}

/* What comes and goes meanwhile is somebody else's. No link is followed. */
static bool look_through(Tree *tree, const char *path, int depth, GError **error)
{
    DIR *dir = depth > MOST_DEPTH ? NULL : opendir(path);
    const struct dirent *entry;
    bool is_good = true;

    while (dir && is_good && (entry = readdir(dir)))
        is_good = look_at_entry(tree, path, entry, depth, error);
    if (dir)
        closedir(dir);
    return is_good;
}

static bool tree_read(const Ctx *ctx, Tree *tree, const PluginMirror *mirror, GError **error)
{
    tree->ctx = ctx;
    tree->own = mirror->own;
    tree->roots = g_ptr_array_new_with_free_func(g_free);
    tree->own_locks = g_ptr_array_new_with_free_func(g_free);
    tree->lock_files = g_ptr_array_new_with_free_func(g_free);
    return look_through(tree, mirror->tree, 0, error);
}

static bool visit_roots(const Tree *tree, const char *own, PackageVisit visit, gpointer data,
                        GError **error)
{
    for (guint i = 0; i < tree->roots->len; i++)
        if ((!own || is_in(tree->roots->pdata[i], own)) &&
            !packages_visit(tree->roots->pdata[i], visit, data, error))
            return false;
    return true;
}

/* ----------------------------------------------------------------- lock files */

/* Of HOST/NAMESPACE/TYPE/VERSION/PLATFORM. */
static GStrv parts_of(const char *name)
{
    return g_strsplit(name, "/", 5);
}

static bool is_word(const char *text, const char *letters)
{
    return *text && strspn(text, letters) == strlen(text);
}

/* S1: it may come from anybody, and will stand in a configuration. */
static bool is_package_name(const char *name)
{
    g_auto(GStrv) parts = parts_of(name);

    return g_strv_length(parts) == 5 && is_word(parts[0], LETTERS DIGITS ".-:") &&
           is_word(parts[1], LETTERS DIGITS "-_") && is_word(parts[2], LETTERS DIGITS "-_") &&
           g_ascii_isdigit(*parts[3]) && is_word(parts[3], LETTERS DIGITS ".-+") &&
           is_word(parts[4], LETTERS DIGITS "_");
}

/* The value of the first version in the block; the caller frees it. */
static char *version_in(const char *block)
{
    const char *at = strstr(block, "version");
    const char *begin = at ? strchr(at, '"') : NULL;

    return begin ? g_strndup(begin + 1, strcspn(begin + 1, "\"")) : NULL;
}

bool plugin_mirror_refuses(const char *lock_file, const char *name, const char *digest)
{
    g_auto(GStrv) parts = parts_of(name);
    g_autofree char *head = g_strdup_printf("provider \"%s/%s/%s\"", parts[0], parts[1], parts[2]);
    const char *begin = strstr(lock_file, head);
    const char *end = begin ? strstr(begin, "\n}") : NULL;
    g_autofree char *block =
        begin ? g_strndup(begin, end ? (gsize)(end - begin) : strlen(begin)) : NULL;
    g_autofree char *version = block ? version_in(block) : NULL;

    return version && g_str_equal(version, parts[3]) && !strstr(block, digest);
}

/* ------------------------------------------------------------------- fitting */

typedef struct {
    const PluginMirror *mirror;
    const Tree *tree;
    GHashTable *taken; /* char * names, owned: that something links to; fitting: below own alone */
    GPtrArray *missing;
} Fitting;

static bool refuses_any(const GPtrArray *lock_files, const char *name, const char *digest)
{
    for (guint i = 0; i < lock_files->len; i++)
        if (plugin_mirror_refuses(lock_files->pdata[i], name, digest))
            return true;
    return false;
}

/* What the project has a link to is offered whatever the lock files of others say: if it were not,
 * Terraform would fetch it through that link. */
static bool is_offered(const Fitting *fitting, const char *name)
{
    const Tree *tree = fitting->tree;
    g_autofree char *digest = package_known_digest(fitting->mirror->cache, name);

    if (!digest || refuses_any(tree->own_locks, name, digest))
        return false;
    return g_hash_table_contains(fitting->taken, name) ||
           !refuses_any(tree->lock_files, name, digest);
}

static bool drop_link(const char *root, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(root, name, NULL);

    return g_unlink(path) == 0 || errno == ENOENT || hadal_throw_errno(error, "remove %s", path);
}

static bool drop_unfit(const char *root, const char *name, gpointer data, GError **error)
{
    return is_offered(data, name) || drop_link(root, name, error);
}

static bool offer_fit(const char *root, const char *name, gpointer data, GError **error)
{
    const Fitting *fitting = data;
    g_autofree char *stamp = package_digest_file(root, name);

    if (!is_offered(fitting, name))
        return true;
    utimensat(AT_FDCWD, stamp, NULL, 0); /* only when it is removed depends on it */
    return package_link(fitting->mirror->cache, fitting->mirror->view, name, error);
}

static bool fit_all(const Ctx *ctx, gpointer data, GError **error)
{
    const Fitting *fitting = data;

    (void)ctx;
    return packages_visit(fitting->mirror->view, drop_unfit, data, error) &&
           packages_visit(fitting->mirror->cache, offer_fit, data, error);
}

/* Whether the link leads into the mirror or, of an init of the server's own, the common plugins. */
static bool leads_to_us(const PluginMirror *mirror, const char *path)
{
    g_autofree char *target = g_file_read_link(path, NULL);
    g_autofree char *above = g_path_get_dirname(mirror->view);

    return target && (is_in(target, above) || is_in(target, mirror->cache));
}

static bool note_ours(const char *root, const char *name, gpointer data, GError **error)
{
    const Fitting *fitting = data;
    g_autofree char *path = g_build_filename(root, name, NULL);

    (void)error;
    if (leads_to_us(fitting->mirror, path))
        g_hash_table_add(fitting->taken, g_strdup(name));
    return true;
}

static bool drop_refused(const char *root, const char *name, gpointer data, GError **error)
{
    const PluginMirror *mirror = ((const Fitting *)data)->mirror;
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *offered = g_build_filename(mirror->view, name, NULL);

    return package_is_link(offered) || !leads_to_us(mirror, path) || drop_link(root, name, error);
}

bool plugin_mirror_fit(const Ctx *ctx, const PluginMirror *mirror, GError **error)
{
    g_auto(Tree) tree = { 0 };
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Fitting fitting = { .mirror = mirror, .tree = &tree, .taken = taken };

    if (g_mkdir_with_parents(mirror->cache, 0700) < 0)
        return hadal_throw_errno(error, "create %s", mirror->cache);
    if (g_mkdir_with_parents(mirror->view, 0700) < 0)
        return hadal_throw_errno(error, "create %s", mirror->view);
    return (tree_read(ctx, &tree, mirror, error) &&
            visit_roots(&tree, mirror->own, note_ours, &fitting, error) &&
            flight_run(ctx, mirror->cache, mirror->view, PATIENCE_MS, fit_all, &fitting, error) &&
            visit_roots(&tree, mirror->own, drop_refused, &fitting, error)) ||
           hadal_prefix(error, "provider plugins");
}

/* ------------------------------------------------------------------ settling */

/* In one step: whoever starts the plugin meanwhile finds one or the other. */
static bool become_link(const PluginMirror *mirror, const char *path, const char *name,
                        GError **error)
{
    g_autofree char *target = g_build_filename(mirror->view, name, NULL);
    g_autofree char *other = g_strconcat(path, ".copy", NULL);

    if (!package_link(mirror->cache, mirror->view, name, error))
        return false;
    if (symlink(target, other) < 0 && errno != EEXIST)
        return hadal_throw_errno(error, "link %s", other);
    if (renameat2(AT_FDCWD, other, AT_FDCWD, path, RENAME_EXCHANGE) < 0)
        return hadal_throw_errno(error, "move %s to %s", other, path);
    return files_remove_tree(other, error);
}

static bool settle_copy(const char *root, const char *name, gpointer data, GError **error)
{
    Fitting *fitting = data;
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *known = package_known_digest(fitting->mirror->cache, name), *digest = NULL;

    if (package_is_link(path) || !is_package_name(name))
        return true;
    if (!known) {
        if (fitting->missing->len < MOST_MISSING)
            g_ptr_array_add(fitting->missing, g_strdup(name));
        return true;
    }
    if (!is_offered(fitting, name)) /* the next step would take the link away */
        return true;
    digest = package_digest(path, NULL); /* one that goes meanwhile is none of ours */
    return g_strcmp0(digest, known) != 0 || become_link(fitting->mirror, path, name, error);
}

static bool note_taken(const char *root, const char *name, gpointer data, GError **error)
{
    const Fitting *fitting = data;
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *target = g_file_read_link(path, NULL);

    (void)error;
    if (target && is_in(target, fitting->mirror->view))
        g_hash_table_add(fitting->taken, g_strdup(name));
    return true;
}

static bool drop_untaken(const char *root, const char *name, gpointer data, GError **error)
{
    return g_hash_table_contains(((const Fitting *)data)->taken, name) ||
           drop_link(root, name, error);
}

bool plugin_mirror_settle(const Ctx *ctx, const PluginMirror *mirror, GPtrArray **missing,
                          GError **error)
{
    g_auto(Tree) tree = { 0 };
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Fitting fitting = { .mirror = mirror, .tree = &tree, .taken = taken, .missing = names };

    if (!tree_read(ctx, &tree, mirror, error) ||
        !visit_roots(&tree, mirror->own, settle_copy, &fitting, error) ||
        !visit_roots(&tree, NULL, note_taken, &fitting, error) ||
        !packages_visit(mirror->view, drop_untaken, &fitting, error))
        return hadal_prefix(error, "provider plugins");
    *missing = g_steal_pointer(&names);
    return true;
}

/* -------------------------------------------------------------- configuration */

#define MIRROR "\n  filesystem_mirror {\n    path = \"%s\"\n  }\n"

/* In front of where the operator says that providers come from. */
static char *with_mirror(const char *text, gsize inside, const char *view)
{
    g_autofree char *mirror = g_strdup_printf(MIRROR, view);
    GString *config = g_string_new(text);

    g_string_insert(config, (gssize)inside, mirror);
    return g_string_free(config, FALSE);
}

char *plugin_mirror_config(const char *text, const char *view)
{
    g_auto(ProviderSources) sources = { 0 };

    if (strpbrk(view, "\"\\$%\n") || (text && strstr(text, "plugin_cache_dir")))
        return NULL;
    provider_sources_parse(text ? text : "", &sources);
    if (sources.is_said)
        return with_mirror(text, sources.inside, view);
    if (text && strstr(text, "provider_installation")) /* in a way that is not understood here */
        return NULL;
    return g_strdup_printf("%s\nprovider_installation {" MIRROR "  direct {}\n}\n",
                           text ? text : "", view);
}
