// SPDX-License-Identifier: Apache-2.0
#include "engine/housekeeping.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/paths.h"
#include "sys/files.h"

enum {
    KEEP_DELIVERIES_DAYS = 14,
    KEEP_LOGS_DAYS = 90,
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

bool housekeeping_run(const Settings *settings, Store *store, bool is_thorough, GError **error)
{
    if (!remove_plans(store, error))
        return hadal_prefix(error, "remove plans");
    if (!is_thorough)
        return true;
    remove_logs(settings);
    return store_prune(store, days_ms(KEEP_DELIVERIES_DAYS), NULL, error);
}
