// SPDX-License-Identifier: Apache-2.0
/* Which projects a head of a pull request is about, whether they could be planned or not. */
#include "store/store_internal.h"

static bool select_one(Db *db, gint64 pull_id, const ProjectRef *project, const char *head,
                       GError **error)
{
    gint64 id;

    return store_project_save(db, pull_id, project, &id, error) &&
           db_run(db, "UPDATE project SET selected_head = $2 WHERE id = $1",
                  DB_VALUES(DB_INT(id), DB_TEXT(head)), NULL, error);
}

bool store_projects_select(Store *store, gint64 pull_id, const GPtrArray *projects,
                           const char *head, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error))
        return false;
    for (guint i = 0; i < projects->len; i++)
        if (!select_one(db, pull_id, projects->pdata[i], head, error))
            return hadal_prefix(error, "select projects");
    return db_commit(&t, error);
}
