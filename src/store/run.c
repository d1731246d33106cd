// SPDX-License-Identifier: Apache-2.0
/* Work on one project by one command: begun, ended, and what it changed in the project. */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/ids.h"

static const char *const state_names[RUN_STATES] = {
    [RUN_RUNNING] = "running",         [RUN_OK] = "ok",           [RUN_FAILED] = "failed",
    [RUN_INTERRUPTED] = "interrupted", [RUN_REFUSED] = "refused",
};

const char *run_state_name(RunState state)
{
    g_assert(state < RUN_STATES);
    return state_names[state];
}

static bool find_state(const char *name, RunState *state)
{
    for (int i = 0; i < RUN_STATES; i++)
        if (g_str_equal(state_names[i], name)) {
            *state = (RunState)i;
            return true;
        }
    return false;
}

Run *run_new(void)
{
    return g_new0(Run, 1);
}

void run_free(Run *run)
{
    if (!run)
        return;
    project_ref_free(run->project);
    g_free(run->log_path);
    g_free(run->message);
    g_free(run->tool_version);
    g_free(run);
}

/* --------------------------------------------------------------- reading */

static Run *of_row(const DbRows *rows, GError **error)
{
    g_autoptr(Run) run = run_new();
    const char *state = db_rows_text(rows, 6);

    run->id = db_rows_int(rows, 0);
    run->command_id = db_rows_int(rows, 1);
    run->project_id = db_rows_int(rows, 2);
    run->project =
        project_ref_new(db_rows_text(rows, 3), db_rows_text(rows, 4), db_rows_text(rows, 5));
    if (!find_state(state, &run->state))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "run: stored by a newer hadal: %s",
                                state);
    run->log_path = g_strdup(db_rows_text(rows, 7));
    run->message = g_strdup(db_rows_text(rows, 8));
    if (!codec_counts_read(db_rows_text(rows, 9), &run->counts, error))
        return NULL;
    run->tool_version = g_strdup(db_rows_text(rows, 10));
    run->started_at = db_rows_int(rows, 11);
    run->ended_at = db_rows_int(rows, 12);
    return g_steal_pointer(&run);
}

static DbRows *select_runs(Db *db, gint64 command_id, GError **error)
{
    return db_query(db,
                    "SELECT n.id, n.command_id, n.project_id, j.dir, j.workspace, j.name, n.state,"
                    " n.log_path, n.message, n.counts, n.tool_version, n.started_at, n.ended_at"
                    " FROM run n JOIN project j ON j.id = n.project_id"
                    " WHERE n.command_id = $1 ORDER BY n.started_at, n.id",
                    DB_VALUES(DB_INT(command_id)), error);
}

GPtrArray *store_runs(Store *store, gint64 command_id, GError **error)
{
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)run_free);
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return NULL;
    rows = select_runs(reader.db, command_id, error);
    if (!rows)
        return NULL;
    while (db_rows_next(rows)) {
        Run *run = of_row(rows, error);

        if (!run)
            return NULL;
        g_ptr_array_add(runs, run);
    }
    return g_steal_pointer(&runs);
}

static ProjectRef *load_project(Db *db, gint64 id, GError **error)
{
    g_autoptr(DbRows) rows = db_query(db, "SELECT dir, workspace, name FROM project WHERE id = $1",
                                      DB_VALUES(DB_INT(id)), error);

    if (!rows)
        return NULL;
    if (!db_rows_next(rows))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "no project %" G_GINT64_FORMAT, id);
    return project_ref_new(db_rows_text(rows, 0), db_rows_text(rows, 1), db_rows_text(rows, 2));
}

/* ------------------------------------------------------------- beginning */

static bool insert(Db *db, const Run *run, GError **error)
{
    return db_run(db,
                  "INSERT INTO run (id, command_id, project_id, state, log_path, tool_version,"
                  " started_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                  DB_VALUES(DB_INT(run->id), DB_INT(run->command_id), DB_INT(run->project_id),
                            DB_TEXT(state_names[RUN_RUNNING]), DB_TEXT(run->log_path),
                            DB_TEXT(run->tool_version), DB_INT(run->started_at)),
                  NULL, error);
}

/* From here on what the project stands for may differ from what the base branch says. */
static bool set_was_applied(Db *db, gint64 project_id, GError **error)
{
    return db_run(db, "UPDATE project SET was_applied = 1 WHERE id = $1",
                  DB_VALUES(DB_INT(project_id)), NULL, error);
}

static bool has_effects(const Command *command)
{
    return command_info(command->kind)->takes & COMMAND_NEVER_REPEATED;
}

/* The row that run will be, without touching run. Borrows its text. */
static Run begun(const Run *run, const Command *command, gint64 project_id)
{
    return (Run){
        .id = run->id ? run->id : id_new(),
        .command_id = command->id,
        .project_id = project_id,
        .log_path = run->log_path,
        .tool_version = run->tool_version,
        .started_at = clock_now(),
    };
}

static void fill(Run *run, const Run *from, ProjectRef *project)
{
    run->id = from->id;
    run->command_id = from->command_id;
    run->project_id = from->project_id;
    g_clear_pointer(&run->project, project_ref_free);
    run->project = project;
    run->state = RUN_RUNNING;
    run->started_at = from->started_at;
    run->ended_at = 0;
}

bool store_run_begin(Store *store, const Command *command, gint64 project_id, gint64 plan_id,
                     Run *run, bool *is_taken, GError **error)
{
    g_autoptr(ProjectRef) project = NULL;
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);
    bool is_ours = true;
    Run row;

    if (!db_begin(db, &t, error) || !store_command_hold(db, command, error))
        return hadal_prefix(error, "begin a run");
    row = begun(run, command, project_id);
    project = load_project(db, project_id, error);
    if (!project || !insert(db, &row, error) ||
        (has_effects(command) && !set_was_applied(db, project_id, error)) ||
        (has_effects(command) && plan_id == 0 && !store_plan_discard(db, project_id, error)) ||
        (plan_id != 0 && !store_plan_consume(db, plan_id, project_id, row.id, &is_ours, error)))
        return hadal_prefix(error, "begin a run");
    if (is_ours) {
        if (!db_commit(&t, error))
            return hadal_prefix(error, "begin a run");
        fill(run, &row, g_steal_pointer(&project));
    }
    *is_taken = is_ours;
    return true;
}

/* ---------------------------------------------------------------- ending */

static bool set_ended(Db *db, const Run *run, gint64 now, GError **error)
{
    g_autofree char *counts = codec_counts_write(&run->counts);
    gint64 n = 0;

    if (!db_run(db,
                "UPDATE run SET state = $2, log_path = COALESCE($3, log_path), message = $4,"
                " counts = $5, tool_version = COALESCE($6, tool_version), ended_at = $7"
                " WHERE id = $1 AND state = 'running'",
                DB_VALUES(DB_INT(run->id), DB_TEXT(run_state_name(run->state)),
                          DB_TEXT(run->log_path), DB_TEXT(run->message), DB_TEXT(counts),
                          DB_TEXT(run->tool_version), DB_INT(now)),
                &n, error))
        return false;
    return n == 1 || hadal_throw(error, HADAL_ERROR_CONFLICT,
                                 "run %" G_GINT64_FORMAT " was ended by somebody else", run->id);
}

static bool set_status(Db *db, const Run *run, ProjectStatus status, const char *head,
                       GError **error)
{
    return db_run(db,
                  "UPDATE project SET status = $2, head = COALESCE($3, head), last_run_id = $4"
                  " WHERE id = $1",
                  DB_VALUES(DB_INT(run->project_id), DB_TEXT(project_status_name(status)),
                            DB_TEXT(head), DB_INT(run->id)),
                  NULL, error);
}

static bool set_counts(Db *db, const Run *run, GError **error)
{
    g_autofree char *counts = codec_counts_write(&run->counts);

    return db_run(db, "UPDATE project SET counts = $2 WHERE id = $1",
                  DB_VALUES(DB_INT(run->project_id), DB_TEXT(counts)), NULL, error);
}

static bool find_is_planning(Db *db, const Run *run, bool *is_planning, GError **error)
{
    gint64 n = 0;

    if (!store_query_int(db, "SELECT COUNT(*) FROM command WHERE id = $1 AND kind = 'plan'",
                         DB_VALUES(DB_INT(run->command_id)), &n, error))
        return false;
    *is_planning = n > 0;
    return true;
}

/* A plan that failed also puts an end to the one before: nobody meant that one any more. */
static bool replace_plan(Db *db, const Run *run, const Plan *plan, GError **error)
{
    return store_plan_discard(db, run->project_id, error) && set_counts(db, run, error) &&
           (!plan || store_plan_add(db, plan, run->project_id, run->id, error));
}

bool store_run_finish(Store *store, const Run *run, ProjectStatus status, const char *head,
                      const Plan *plan, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);
    bool is_planning = false;

    g_assert(run->state != RUN_RUNNING);
    if (!db_begin(db, &t, error) || !set_ended(db, run, clock_now(), error) ||
        !set_status(db, run, status, head, error) ||
        !find_is_planning(db, run, &is_planning, error) ||
        ((is_planning || plan) && !replace_plan(db, run, plan, error)) || !db_commit(&t, error))
        return hadal_prefix(error, "end of a run");
    return true;
}
