// SPDX-License-Identifier: Apache-2.0
/* Which repositories are still needed. */
#include "store/store_internal.h"

GPtrArray *store_repos_needed(Store *store, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return NULL;
    rows = db_query(reader.db,
                    "SELECT DISTINCT r.host_id FROM repo r JOIN pull p ON p.repo_id = r.id"
                    " WHERE p.state = 'active' OR EXISTS (SELECT 1 FROM command c"
                    " WHERE c.pull_id = p.id AND c.state IN ('queued', 'running'))",
                    NULL, 0, error);
    if (!rows)
        return hadal_prefix_null(error, "repositories");
    while (db_rows_next(rows))
        g_ptr_array_add(ids, g_strdup(db_rows_text(rows, 0)));
    return g_steal_pointer(&ids);
}
