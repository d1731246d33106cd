// SPDX-License-Identifier: Apache-2.0
/* Keeping the caches of all repositories within a bound: those go that were longest not opened. */
#include <glib/gstdio.h>
#include <string.h>

#include "git/cache_impl.h"
#include "git/tree.h"
#include "sys/files.h"
#include "sys/flight.h"

enum { PATIENCE_MS = 1000 };

typedef struct {
    char *path;
    gint64 bytes, opened_at;
} Entry;

static void entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->path);
    g_free(entry);
}

static gint compare_age(gconstpointer a, gconstpointer b)
{
    const Entry *first = *(Entry *const *)a, *second = *(Entry *const *)b;

    return (first->opened_at > second->opened_at) - (first->opened_at < second->opened_at);
}

/* Of Entry, owned; the sum of their bytes in *bytes. */
static GPtrArray *measure_all(const char *dir, gint64 *bytes, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(GDir) opened = g_dir_open(dir, 0, NULL); /* none yet */
    const char *name;

    while (opened && (name = g_dir_read_name(opened))) {
        Entry *entry;
        GStatBuf info;

        if (!g_str_has_suffix(name, ".git"))
            continue;
        entry = g_new0(Entry, 1);
        entry->path = g_build_filename(dir, name, NULL);
        g_ptr_array_add(entries, entry);
        if (g_stat(entry->path, &info) == 0)
            entry->opened_at = (gint64)info.st_mtim.tv_sec;
        if (!files_measure_tree(entry->path, &entry->bytes, error))
            return NULL;
        *bytes += entry->bytes;
    }
    g_ptr_array_sort(entries, compare_age);
    return g_steal_pointer(&entries);
}

static bool remove_cache(const Ctx *ctx, gpointer data, GError **error)
{
    return tree_remove(ctx, data, error);
}

bool git_cache_trim(const Ctx *ctx, const char *dir, const char *const *keep, gint64 most_bytes,
                    DiskUse *use, GError **error)
{
    DiskUse now = { 0 };
    g_autoptr(GPtrArray) entries = measure_all(dir, &now.bytes, error);

    for (guint i = 0; entries && i < entries->len && now.bytes > most_bytes; i++) {
        const Entry *entry = entries->pdata[i];

        if (g_strv_contains(keep, entry->path))
            continue;
        if (!flight_run(ctx, entry->path, "trim", PATIENCE_MS, remove_cache, entry->path, error))
            return false;
        now.bytes -= entry->bytes;
        now.n_removed++;
    }
    if (entries)
        *use = now;
    return entries != NULL;
}
