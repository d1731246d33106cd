// SPDX-License-Identifier: Apache-2.0
#include "tf/plugins.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/files.h"
#include "sys/flight.h"
#include "tf/packages.h"

enum { PATIENCE_MS = 10 * 60 * 1000 };

static atomic_uint generation = 1;

guint plugins_generation(void)
{
    return atomic_load(&generation);
}

/* One at a time for the common directory: what is done there is short. */
static bool alone(const Ctx *ctx, const PluginView *view, FlightRun run, gpointer data,
                  GError **error)
{
    return flight_run(ctx, view->cache, view->dir, PATIENCE_MS, run, data, error);
}

/* ---------------------------------------------------------------- linking */

typedef struct {
    const PluginView *view;
    guint n_linked;
} Linking;

/* A link of ours leads into the common directory; the tool makes others, into mirrors. */
static bool is_ours(const PluginView *view, const char *link)
{
    g_autofree char *target = g_file_read_link(link, NULL);
    g_autofree char *below = g_strconcat(view->cache, "/", NULL);

    return target && g_str_has_prefix(target, below);
}

/* Through a link to a package that it does not take the tool would write. */
static bool clear_unfit(const char *root, const char *name, gpointer data, GError **error)
{
    const PluginView *view = ((Linking *)data)->view;
    g_autofree char *link = g_build_filename(root, name, NULL);
    g_autofree char *digest = package_known_digest(view->cache, name);

    if (!package_is_link(link))
        return files_remove_tree(link, error);
    if (!is_ours(view, link))
        return true;
    if (digest && (!view->lock_file || strstr(view->lock_file, digest)))
        return true;
    return g_unlink(link) == 0 || hadal_throw_errno(error, "remove %s", link);
}

static bool link_fit(const char *root, const char *name, gpointer data, GError **error)
{
    Linking *linking = data;
    const PluginView *view = linking->view;
    g_autofree char *digest = package_known_digest(root, name),
                    *stamp = package_digest_file(root, name);

    if (!digest || (view->lock_file && !strstr(view->lock_file, digest)))
        return true;
    linking->n_linked++;
    utimensat(AT_FDCWD, stamp, NULL, 0); /* only when it is removed depends on it */
    return package_link(view->cache, view->dir, name, error);
}

static bool link_all(const Ctx *ctx, gpointer data, GError **error)
{
    const PluginView *view = ((Linking *)data)->view;

    (void)ctx;
    return packages_visit(view->dir, clear_unfit, data, error) &&
           packages_visit(view->cache, link_fit, data, error);
}

static guint count_providers(const char *lock_file)
{
    guint n = 0;

    for (const char *at = lock_file; (at = strstr(at, "provider \"")); at++)
        n += at == lock_file || at[-1] == '\n';
    return n;
}

bool plugins_link(const Ctx *ctx, const PluginView *view, bool *is_complete, GError **error)
{
    Linking linking = { .view = view };

    if (g_mkdir_with_parents(view->cache, 0700) < 0)
        return hadal_throw_errno(error, "create %s", view->cache);
    if (g_mkdir_with_parents(view->dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", view->dir);
    if (!alone(ctx, view, link_all, &linking, error))
        return hadal_prefix(error, "provider plugins");
    *is_complete = view->lock_file && linking.n_linked >= count_providers(view->lock_file);
    return true;
}

/* -------------------------------------------------------------- publishing */

typedef struct {
    const PluginView *view;
    GPtrArray *names, *digests; /* of char *, owned: what the tool has fetched */
} Publishing;

/* Before anybody has to wait: a large provider takes seconds. */
static bool find_fetched(const char *root, const char *name, gpointer data, GError **error)
{
    Publishing *publishing = data;
    g_autofree char *path = g_build_filename(root, name, NULL);
    char *digest;

    if (package_is_link(path))
        return true;
    digest = package_digest(path, error);
    if (!digest)
        return false;
    g_ptr_array_add(publishing->names, g_strdup(name));
    g_ptr_array_add(publishing->digests, digest);
    return true;
}

/* In place of what is there, if something is, which then lies where it came from. */
static bool move_in(const char *from, const char *to, GError **error)
{
    g_autofree char *above = g_path_get_dirname(to);

    if (g_mkdir_with_parents(above, 0700) < 0)
        return hadal_throw_errno(error, "create %s", above);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
        return true;
    return hadal_throw_errno(error, "move %s to %s", from, to);
}

/* What writes through a link all the same shall fail rather than do it. Root is not kept from it.
 */
static bool make_read_only(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) files = package_files(dir, error);

    for (guint i = 0; files && i < files->len; i++) {
        g_autofree char *path = g_build_filename(dir, files->pdata[i], NULL);
        GStatBuf info;

        if (g_lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
            g_chmod(path, info.st_mode & 0555) < 0)
            return hadal_throw_errno(error, "change %s", path);
    }
    return files != NULL;
}

static bool publish_one(Publishing *publishing, const char *name, const char *digest,
                        GError **error)
{
    const PluginView *view = publishing->view;
    g_autofree char *known = package_known_digest(view->cache, name);
    g_autofree char *from = g_build_filename(view->dir, name, NULL);
    g_autofree char *to = g_build_filename(view->cache, name, NULL);
    g_autofree char *stamp = package_digest_file(view->cache, name);

    if (known && !g_str_equal(known, digest)) {
        log_line(LEVEL_WARN, NULL, "%s came with other contents than before: it is not shared",
                 name);
        return true;
    }
    if (!known) {
        if (!make_read_only(from, error) || !move_in(from, to, error) ||
            !g_file_set_contents_full(stamp, digest, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                      error))
            return false;
    }
    return files_remove_tree(from, error) && package_link(view->cache, view->dir, name, error);
}

/* What the project does not use must not keep anything from being removed. */
static bool drop_untaken(const char *root, const char *name, gpointer data, GError **error)
{
    const PluginView *view = data;
    g_autofree char *link = g_build_filename(root, name, NULL);
    g_autofree char *taken = g_build_filename(view->taken, name, NULL);

    if (!package_is_link(link) || package_is_link(taken) || g_file_test(taken, G_FILE_TEST_EXISTS))
        return true;
    return g_unlink(link) == 0 || hadal_throw_errno(error, "remove %s", link);
}

static bool publish_all(const Ctx *ctx, gpointer data, GError **error)
{
    Publishing *publishing = data;

    (void)ctx;
    for (guint i = 0; i < publishing->names->len; i++)
        if (!publish_one(publishing, publishing->names->pdata[i], publishing->digests->pdata[i],
                         error))
            return false;
    return true;
}

bool plugins_publish(const Ctx *ctx, const PluginView *view, guint *n_fetched, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) digests = g_ptr_array_new_with_free_func(g_free);
    Publishing publishing = { .view = view, .names = names, .digests = digests };

    if (!packages_visit(view->dir, find_fetched, &publishing, error) ||
        (names->len > 0 && !alone(ctx, view, publish_all, &publishing, error)) ||
        !packages_visit(view->dir, drop_untaken, (gpointer)view, error))
        return hadal_prefix(error, "provider plugins");
    *n_fetched = names->len;
    return true;
}

/* ---------------------------------------------------------------- trimming */

typedef struct {
    char *name;
    gint64 bytes, used_at;
} Package;

static void package_free(gpointer data)
{
    Package *package = data;

    g_free(package->name);
    g_free(package);
}

typedef struct {
    const char *cache, *pulls;
    gint64 most_bytes;
    GPtrArray *packages; /* of Package, owned */
    GHashTable *used;    /* char * paths, owned */
    DiskUse *use;
} Trimming;

static bool measure(const char *root, const char *name, gpointer data, GError **error)
{
    Trimming *trimming = data;
    g_autofree char *path = g_build_filename(root, name, NULL),
                    *stamp = package_digest_file(root, name);
    Package *package = g_new0(Package, 1);
    GStatBuf info;

    package->name = g_strdup(name);
    g_ptr_array_add(trimming->packages, package);
    if (g_stat(stamp, &info) == 0)
        package->used_at =
            (gint64)info.st_mtim.tv_sec * G_USEC_PER_SEC + info.st_mtim.tv_nsec / 1000;
    return files_measure_tree(path, &package->bytes, error);
}

static bool note_link(const char *root, const char *name, gpointer data, GError **error)
{
    const Trimming *trimming = data;
    g_autofree char *path = g_build_filename(root, name, NULL);
    char *target = g_file_read_link(path, NULL);

    (void)error;
    if (target)
        g_hash_table_add(trimming->used, target);
    return true;
}

/* Of a directory that holds one directory of packages for each project, or below: "providers". */
static bool note_links(const Trimming *trimming, const char *pull, const char *kind,
                       const char *below, GError **error)
{
    g_autofree char *path = g_build_filename(trimming->pulls, pull, kind, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL); /* not every one has it */
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *packages = g_build_filename(path, entry, below, NULL);

        if (!packages_visit(packages, note_link, (gpointer)trimming, error))
            return false;
    }
    return true;
}

/* Data directories of an earlier release link to packages by themselves. */
static bool note_all_links(const Trimming *trimming, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(trimming->pulls, 0, NULL); /* none yet */
    const char *pull;

    while (dir && (pull = g_dir_read_name(dir)))
        if (!note_links(trimming, pull, "plugins", NULL, error) ||
            !note_links(trimming, pull, "data", "providers", error))
            return false;
    return true;
}

static gint compare_use(gconstpointer a, gconstpointer b)
{
    const Package *first = *(Package *const *)a, *second = *(Package *const *)b;

    return (first->used_at > second->used_at) - (first->used_at < second->used_at);
}

/* The digest first: without it nobody links to the package any more. */
static bool remove_package(const Trimming *trimming, const Package *package, GError **error)
{
    g_autofree char *path = g_build_filename(trimming->cache, package->name, NULL);
    g_autofree char *stamp = package_digest_file(trimming->cache, package->name);

    if (g_hash_table_contains(trimming->used, path))
        return true;
    if (!files_remove_tree(stamp, error) || !files_remove_tree(path, error))
        return false;
    atomic_fetch_add(&generation, 1);
    trimming->use->bytes -= package->bytes;
    trimming->use->n_removed++;
    return true;
}

static bool trim_all(const Ctx *ctx, gpointer data, GError **error)
{
    const Trimming *trimming = data;

    (void)ctx;
    if (!packages_visit(trimming->cache, measure, data, error))
        return false;
    for (guint i = 0; i < trimming->packages->len; i++)
        trimming->use->bytes += ((const Package *)trimming->packages->pdata[i])->bytes;
    if (trimming->use->bytes <= trimming->most_bytes)
        return true;
    if (!note_all_links(trimming, error))
        return false;
    g_ptr_array_sort(trimming->packages, compare_use);
    for (guint i = 0; i < trimming->packages->len && trimming->use->bytes > trimming->most_bytes;
         i++)
        if (!remove_package(trimming, trimming->packages->pdata[i], error))
            return false;
    return true;
}

bool plugins_trim(const Ctx *ctx, const char *cache, const char *pulls, gint64 most_bytes,
                  DiskUse *use, GError **error)
{
    g_autoptr(GPtrArray) packages = g_ptr_array_new_with_free_func(package_free);
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Trimming trimming = {
        .cache = cache,
        .pulls = pulls,
        .most_bytes = most_bytes,
        .packages = packages,
        .used = used,
        .use = use,
    };

    *use = (DiskUse){ 0 };
    if (!g_file_test(cache, G_FILE_TEST_IS_DIR))
        return true;
    return flight_run(ctx, cache, "trim", PATIENCE_MS, trim_all, &trimming, error) ||
           hadal_prefix(error, "provider plugins");
}
