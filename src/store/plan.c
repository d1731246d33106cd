// SPDX-License-Identifier: Apache-2.0
/*
 * Plan records. A plan is live until an apply consumes it or something discards it; a project has
 * at most one live plan.
 */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/ids.h"

enum { PATHS_AT_ONCE = 1000 };

/* --------------------------------------------------------------- reading */

#define PLAN_COLUMNS                                                                            \
    "n.id, n.project_id, n.run_id, j.dir, j.workspace, j.name, n.head, n.base_branch, n.base,"  \
    " n.merge_commit, n.config_digest, n.tool, n.tool_version, n.backend, n.lineage, n.serial," \
    " n.tf_workspace, n.tf_data_dir, n.digest, n.path, n.created_at, n.consumed_at, n.counts,"  \
    " n.extra, (SELECT CASE c.source WHEN 'push' THEN c.ended_at ELSE 0 END FROM run r"         \
    " JOIN command c ON c.id = r.command_id WHERE r.id = n.run_id)"

static void read_texts(const DbRows *rows, Plan *plan)
{
    char **const fields[] = {
        &plan->head, &plan->base_branch,  &plan->base,    &plan->merge_commit, &plan->config_digest,
        &plan->tool, &plan->tool_version, &plan->backend, &plan->lineage,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        *fields[i] = g_strdup(db_rows_text(rows, 6 + (int)i));
    plan->tf_workspace = g_strdup(db_rows_text(rows, 16));
    plan->tf_data_dir = g_strdup(db_rows_text(rows, 17));
    plan->digest = g_strdup(db_rows_text(rows, 18));
    plan->path = g_strdup(db_rows_text(rows, 19));
}

static Plan *of_row(const DbRows *rows, GError **error)
{
    g_autoptr(Plan) plan = plan_new();

    plan->id = db_rows_int(rows, 0);
    plan->project_id = db_rows_int(rows, 1);
    plan->run_id = db_rows_int(rows, 2);
    plan->project =
        project_ref_new(db_rows_text(rows, 3), db_rows_text(rows, 4), db_rows_text(rows, 5));
    read_texts(rows, plan);
    plan->serial = db_rows_int(rows, 15);
    plan->created_at = db_rows_int(rows, 20);
    plan->consumed_at = db_rows_int(rows, 21);
    plan->pushed_at = db_rows_int(rows, 24);
    if (!codec_counts_read(db_rows_text(rows, 22), &plan->counts, error))
        return NULL;
    plan->extra = codec_words_read(db_rows_text(rows, 23), error);
    return plan->extra ? g_steal_pointer(&plan) : NULL;
}

static DbRows *select_live(Db *db, gint64 project_id, GError **error)
{
    return db_query(db,
                    "SELECT " PLAN_COLUMNS " FROM plan n JOIN project j ON j.id = n.project_id"
                    " WHERE n.project_id = $1 AND n.consumed_at = 0 AND n.discarded_at = 0",
                    DB_VALUES(DB_INT(project_id)), error);
}

bool store_plan_find(Store *store, gint64 project_id, Plan **plan, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;
    Plan *found = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = select_live(reader.db, project_id, error);
    if (!rows)
        return false;
    if (db_rows_next(rows)) {
        found = of_row(rows, error);
        if (!found)
            return hadal_prefix(error, "plan");
    }
    *plan = found;
    return true;
}

/* --------------------------------------------------------------- its life */

bool store_plan_add(Db *db, const Plan *plan, gint64 project_id, gint64 run_id, GError **error)
{
    g_autofree char *counts = codec_counts_write(&plan->counts);
    g_autofree char *extra = codec_words_write((const char *const *)plan->extra);

    return db_run(
        db,
        "INSERT INTO plan (id, project_id, run_id, head, base_branch, base, merge_commit,"
        " config_digest, tool, tool_version, backend, lineage, serial, tf_workspace, tf_data_dir,"
        " digest, path, counts, extra, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
        " $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        DB_VALUES(DB_INT(plan->id ? plan->id : id_new()), DB_INT(project_id), DB_INT(run_id),
                  DB_TEXT(plan->head), DB_TEXT(plan->base_branch), DB_TEXT(plan->base),
                  DB_TEXT(plan->merge_commit), DB_TEXT(plan->config_digest), DB_TEXT(plan->tool),
                  DB_TEXT(plan->tool_version), DB_TEXT(plan->backend), DB_TEXT(plan->lineage),
                  DB_INT(plan->serial), DB_TEXT(plan->tf_workspace), DB_TEXT(plan->tf_data_dir),
                  DB_TEXT(plan->digest), DB_TEXT(plan->path), DB_TEXT(counts), DB_TEXT(extra),
                  DB_INT(plan->created_at ? plan->created_at : clock_now())),
        NULL, error);
}

bool store_plan_discard(Db *db, gint64 project_id, GError **error)
{
    return db_run(db,
                  "UPDATE plan SET discarded_at = $2"
                  " WHERE project_id = $1 AND consumed_at = 0 AND discarded_at = 0",
                  DB_VALUES(DB_INT(project_id), DB_INT(clock_now())), NULL, error);
}

bool store_plan_consume(Db *db, gint64 id, gint64 project_id, gint64 run_id, bool *is_taken,
                        GError **error)
{
    gint64 n = 0;

    if (!db_run(db,
                "UPDATE plan SET consumed_at = $4, consumed_by = $3 WHERE id = $1"
                " AND project_id = $2 AND consumed_at = 0 AND discarded_at = 0",
                DB_VALUES(DB_INT(id), DB_INT(project_id), DB_INT(run_id), DB_INT(clock_now())), &n,
                error))
        return false;
    *is_taken = n == 1;
    return true;
}

/* --------------------------------------------------------------- its file */

/*
 * The file of plan n is of no use any more: discarded, or consumed by a run that nobody works on;
 * and no live plan was written to the same place since.
 */
#define IS_REMOVABLE                                                              \
    " n.removed_at = 0"                                                           \
    " AND (n.discarded_at <> 0 OR (n.consumed_at <> 0"                            \
    "  AND NOT EXISTS (SELECT 1 FROM run u JOIN command c ON c.id = u.command_id" \
    "   WHERE u.id = n.consumed_by AND u.state = 'running'"                       \
    "   AND c.state IN ('queued', 'running'))))"                                  \
    " AND NOT EXISTS (SELECT 1 FROM plan live WHERE live.path = n.path"           \
    "  AND live.consumed_at = 0 AND live.discarded_at = 0)"

static GPtrArray *paths_of(DbRows *rows)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    while (db_rows_next(rows))
        g_ptr_array_add(paths, g_strdup(db_rows_text(rows, 0)));
    return paths;
}

GPtrArray *store_plan_paths(Db *db, gint64 pull_id, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(db,
                 "SELECT DISTINCT n.path FROM plan n JOIN project j ON j.id = n.project_id"
                 " WHERE j.pull_id = $1 AND" IS_REMOVABLE " ORDER BY n.path",
                 DB_VALUES(DB_INT(pull_id)), error);

    return rows ? paths_of(rows) : NULL;
}

bool store_plans_discarded(Store *store, GPtrArray **paths, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db,
                    "SELECT DISTINCT n.path FROM plan n WHERE" IS_REMOVABLE
                    " ORDER BY n.path LIMIT $1",
                    DB_VALUES(DB_INT(PATHS_AT_ONCE)), error);
    if (!rows)
        return hadal_prefix(error, "plan files");
    *paths = paths_of(rows);
    return true;
}

static bool set_removed(Db *db, const char *path, gint64 now, GError **error)
{
    return db_run(db,
                  "UPDATE plan SET removed_at = $2 WHERE path = $1 AND removed_at = 0"
                  " AND (discarded_at <> 0 OR consumed_at <> 0)",
                  DB_VALUES(DB_TEXT(path), DB_INT(now)), NULL, error);
}

bool store_plans_removed(Store *store, const GPtrArray *paths, GError **error)
{
    const gint64 now = clock_now();
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error))
        return false;
    for (guint i = 0; i < paths->len; i++)
        if (!set_removed(db, paths->pdata[i], now, error))
            return hadal_prefix(error, "plan files");
    return db_commit(&t, error);
}
