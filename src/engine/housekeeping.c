// SPDX-License-Identifier: Apache-2.0
#include "engine/housekeeping.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/paths.h"
#include "git/cache.h"
#include "sys/files.h"
#include "tf/plugins.h"

enum {
    KEEP_DELIVERIES_DAYS = 14,
    KEEP_LOGS_DAYS = 90,
    TRIM_MS = 20 * 1000, /* far less than a lease lasts */
};

static gint64 days_ms(gint64 days)
{
    return days * (G_TIME_SPAN_DAY / G_TIME_SPAN_MILLISECOND);
}

static bool remove_file(const char *path)
{
    if (g_unlink(path) == 0 || errno == ENOENT)
        return true;
    log_line(LEVEL_WARN, NULL, "%s is not removed: %s", path, g_strerror(errno));
    return false;
}

bool housekeeping_remove_plan(const char *path)
{
    g_autofree char *dir = paths_own_plan_dir(path);
    g_autoptr(GError) error = NULL;

    if (!dir)
        return remove_file(path);
    if (files_remove_tree(dir, &error))
        return true;
    log_line(LEVEL_WARN, NULL, "%s is not removed: %s", dir, error->message);
    return false;
}

static bool remove_plans(Store *store, GError **error)
{
    g_autoptr(GPtrArray) paths = NULL;
    g_autoptr(GPtrArray) removed = g_ptr_array_new();

    if (!store_plans_discarded(store, &paths, error))
        return false;
    for (guint i = 0; i < paths->len; i++)
        if (housekeeping_remove_plan(paths->pdata[i]))
            g_ptr_array_add(removed, paths->pdata[i]);
    return removed->len == 0 || store_plans_removed(store, removed, error);
}

static bool is_old(const char *path, gint64 oldest_ms)
{
    GStatBuf info;

    return g_lstat(path, &info) == 0 && (gint64)info.st_mtime * 1000 < oldest_ms;
}

static void remove_logs(const Settings *settings)
{
    g_autofree char *directory = paths_logs(settings->data_dir);
    g_autoptr(GDir) logs = g_dir_open(directory, 0, NULL); /* none was written yet */
    gint64 oldest = clock_now() - days_ms(KEEP_LOGS_DAYS);
    const char *name;

    while (logs && (name = g_dir_read_name(logs))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (is_old(path, oldest))
            remove_file(path);
    }
}

/* -------------------------------------------------------------------- caches */

static gint64 bytes_of(gint64 mebibytes)
{
    return mebibytes > 0 ? mebibytes << 20 : G_MAXINT64;
}

static bool report_use(Store *store, const char *cache, const char *flag, gint64 limit,
                       const DiskUse *use, GError **error)
{
    gint64 mebibytes = use->bytes >> 20;

    if (use->n_removed)
        log_line(LEVEL_INFO, NULL,
                 "%s: %u entries that were longest unused are removed, %" G_GINT64_FORMAT
                 " MiB are left",
                 cache, use->n_removed, mebibytes);
    if (use->bytes > bytes_of(limit))
        log_line(LEVEL_WARN, NULL,
                 "%s: %" G_GINT64_FORMAT " MiB are used by open pull requests, more than --%s "
                 "allows",
                 cache, mebibytes, flag);
    g_autofree char *key = g_strconcat(SETTING_DISK, cache, NULL);
    g_autofree char *bytes = g_strdup_printf("%" G_GINT64_FORMAT, use->bytes);

    return store_setting_write(store, key, bytes, error);
}

static bool trim_plugins(const Ctx *ctx, const Settings *settings, Store *store, GError **error)
{
    g_autofree char *cache = paths_plugin_cache(settings->data_dir);
    g_autofree char *pulls = paths_pulls(settings->data_dir);
    DiskUse use = { 0 };

    return plugins_trim(ctx, cache, pulls, bytes_of(settings->plugin_cache_limit), &use, error) &&
           report_use(store, "plugin_cache", "plugin-cache-limit", settings->plugin_cache_limit,
                      &use, error);
}

static bool trim_git(const Ctx *ctx, const Settings *settings, Store *store, GError **error)
{
    g_autofree char *dir = paths_caches(settings->data_dir);
    g_autoptr(GPtrArray) needed = store_repos_needed(store, error);
    g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
    DiskUse use = { 0 };

    for (guint i = 0; needed && i < needed->len; i++)
        g_ptr_array_add(keep, paths_cache(settings->data_dir, needed->pdata[i]));
    g_ptr_array_add(keep, NULL);
    return needed &&
           git_cache_trim(ctx, dir, (const char *const *)keep->pdata,
                          bytes_of(settings->git_cache_limit), &use, error) &&
           report_use(store, "git_cache", "git-cache-limit", settings->git_cache_limit, &use,
                      error);
}

/* What is busy now is looked at again next time: leases must not wait for it. */
static void trim_caches(const Settings *settings, Store *store)
{
    const Ctx ctx = {
        .deadline = g_get_monotonic_time() + TRIM_MS * G_TIME_SPAN_MILLISECOND,
    };
    g_autoptr(GError) plugins = NULL, git = NULL;

    if (!trim_plugins(&ctx, settings, store, &plugins))
        log_line(LEVEL_WARN, NULL, "the plugin cache is left as it is: %s", plugins->message);
    if (!trim_git(&ctx, settings, store, &git))
        log_line(LEVEL_WARN, NULL, "the git cache is left as it is: %s", git->message);
}

bool housekeeping_run(const Settings *settings, Store *store, bool is_thorough, GError **error)
{
    if (!remove_plans(store, error))
        return hadal_prefix(error, "remove plans");
    if (!is_thorough)
        return true;
    remove_logs(settings);
    trim_caches(settings, store);
    return store_prune(store, days_ms(KEEP_DELIVERIES_DAYS), NULL, error);
}
