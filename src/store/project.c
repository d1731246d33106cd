// SPDX-License-Identifier: Apache-2.0
/* The projects of a pull request, and what becomes of them when it lets go of them. */
#include "store/store_internal.h"

#include "base/ids.h"

void project_free(Project *project)
{
    if (!project)
        return;
    project_ref_free(project->ref);
    g_free(project->head);
    g_free(project->selected_head);
    g_free(project);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Project, project_free)

static Project *of_row(const DbRows *rows, GError **error)
{
    g_autoptr(Project) project = g_new0(Project, 1);
    const char *status = db_rows_text(rows, 4);

    project->id = db_rows_int(rows, 0);
    project->ref =
        project_ref_new(db_rows_text(rows, 1), db_rows_text(rows, 2), db_rows_text(rows, 3));
    if (!project_status_find(status, &project->status))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "project: stored by a newer hadal: %s",
                                status);
    if (!codec_counts_read(db_rows_text(rows, 5), &project->counts, error))
        return NULL;
    project->head = g_strdup(db_rows_text(rows, 6));
    project->selected_head = g_strdup(db_rows_text(rows, 7));
    return g_steal_pointer(&project);
}

static DbRows *select_projects(Db *db, gint64 pull_id, GError **error)
{
    return db_query(
        db,
        "SELECT id, dir, workspace, name, status, counts, head, selected_head FROM project"
        " WHERE pull_id = $1 AND is_forgotten = 0",
        DB_VALUES(DB_INT(pull_id)), error);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const Project *first = *(Project *const *)a, *second = *(Project *const *)b;

    return project_ref_compare(&first->ref, &second->ref);
}

/* Sorted here: databases do not agree on the order of text. */
GPtrArray *store_projects(Store *store, gint64 pull_id, GError **error)
{
    g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func((GDestroyNotify)project_free);
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return NULL;
    rows = select_projects(reader.db, pull_id, error);
    if (!rows)
        return NULL;
    while (db_rows_next(rows)) {
        Project *project = of_row(rows, error);

        if (!project)
            return NULL;
        g_ptr_array_add(projects, project);
    }
    g_ptr_array_sort(projects, compare);
    return g_steal_pointer(&projects);
}

GArray *store_project_ids(Db *db, gint64 pull_id, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(DbRows) rows = select_projects(db, pull_id, error);

    if (!rows)
        return NULL;
    while (db_rows_next(rows)) {
        const gint64 id = db_rows_int(rows, 0);

        g_array_append_val(ids, id);
    }
    return g_steal_pointer(&ids);
}

/* One that was forgotten starts anew: only its runs are remembered. */
bool store_project_save(Db *db, gint64 pull_id, const ProjectRef *project, gint64 *id,
                        GError **error)
{
    return store_query_int(
        db,
        "INSERT INTO project (id, pull_id, dir, workspace, name, status)"
        " VALUES ($1, $2, $3, $4, $5, 'none')"
        " ON CONFLICT (pull_id, dir, workspace, name) DO UPDATE SET"
        " status = CASE WHEN project.is_forgotten = 1 THEN 'none' ELSE project.status END,"
        " counts = CASE WHEN project.is_forgotten = 1 THEN NULL ELSE project.counts END,"
        " head = CASE WHEN project.is_forgotten = 1 THEN NULL ELSE project.head END,"
        " is_forgotten = 0"
        " RETURNING id",
        DB_VALUES(DB_INT(id_new()), DB_INT(pull_id), DB_TEXT(project->dir),
                  DB_TEXT(project->workspace), DB_TEXT(project->name)),
        id, error);
}

bool store_project_forget(Db *db, gint64 id, GError **error)
{
    return db_run(db, "UPDATE project SET is_forgotten = 1 WHERE id = $1 AND was_applied = 0",
                  DB_VALUES(DB_INT(id)), NULL, error);
}

/* ------------------------------------------------------- unlock and close */

static bool mark_discarded(Db *db, gint64 id, GError **error)
{
    return db_run(db,
                  "UPDATE project SET status = 'discarded' WHERE id = $1"
                  " AND status IN ('planned', 'no_changes', 'plan_failed')",
                  DB_VALUES(DB_INT(id)), NULL, error);
}

static bool clear_was_applied(Db *db, gint64 pull_id, GError **error)
{
    return db_run(db, "UPDATE project SET was_applied = 0 WHERE pull_id = $1",
                  DB_VALUES(DB_INT(pull_id)), NULL, error);
}

static bool release_projects(Db *db, gint64 pull_id, bool is_closed, GError **error)
{
    g_autoptr(GArray) ids = store_project_ids(db, pull_id, error);

    if (!ids || !clear_was_applied(db, pull_id, error))
        return false;
    for (guint i = 0; i < ids->len; i++) {
        const gint64 id = g_array_index(ids, gint64, i);

        if (!store_plan_discard(db, id, error) ||
            !(is_closed ? store_project_forget(db, id, error) : mark_discarded(db, id, error)))
            return false;
    }
    return true;
}

/* Not when it was opened again meanwhile and that plan waits behind this closing. */
static bool close_pull(Db *db, gint64 pull_id, GError **error)
{
    return db_run(db,
                  "UPDATE pull SET state = 'closed', queued_head = NULL, queued_base = NULL"
                  " WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM command c WHERE c.pull_id = $1"
                  "  AND c.state = 'queued' AND c.kind = 'plan' AND c.source = 'push')",
                  DB_VALUES(DB_INT(pull_id)), NULL, error);
}

/* Its plans are gone: the same head may be planned again. */
static bool forget_planned(Db *db, gint64 pull_id, GError **error)
{
    return db_run(db, "UPDATE pull SET planned_head = NULL, planned_base = NULL WHERE id = $1",
                  DB_VALUES(DB_INT(pull_id)), NULL, error);
}

static bool release(Db *db, gint64 pull_id, bool is_closed, GError **error)
{
    return release_projects(db, pull_id, is_closed, error) && forget_planned(db, pull_id, error) &&
           (!is_closed || close_pull(db, pull_id, error));
}

static bool save_released(Db *db, const Command *command, const GPtrArray *locks, GError **error)
{
    g_autofree char *text = codec_locks_write(locks);

    return db_run(db, "UPDATE command SET released = $2 WHERE id = $1",
                  DB_VALUES(DB_INT(command->id), DB_TEXT(text)), NULL, error);
}

/* NULL in *locks: the command has not released yet. */
static bool load_released(Db *db, const Command *command, GPtrArray **locks, GError **error)
{
    g_autoptr(DbRows) rows = db_query(db, "SELECT released FROM command WHERE id = $1",
                                      DB_VALUES(DB_INT(command->id)), error);
    const char *text;

    if (!rows)
        return false;
    text = db_rows_next(rows) ? db_rows_text(rows, 0) : NULL;
    *locks = text ? codec_locks_read(text, error) : NULL;
    return !text || *locks;
}

static bool contains(const GPtrArray *projects, const ProjectRef *ref)
{
    for (guint i = 0; i < projects->len; i++)
        if (project_ref_equal(projects->pdata[i], ref))
            return true;
    return false;
}

static bool release_one(Db *db, gint64 id, GError **error)
{
    return db_run(db, "UPDATE project SET was_applied = 0 WHERE id = $1", DB_VALUES(DB_INT(id)),
                  NULL, error) &&
           store_plan_discard(db, id, error) && mark_discarded(db, id, error);
}

static bool release_some(Db *db, gint64 pull_id, const GPtrArray *projects, GError **error)
{
    g_autoptr(DbRows) rows = select_projects(db, pull_id, error);

    if (!rows || !forget_planned(db, pull_id, error))
        return false;
    while (db_rows_next(rows)) {
        g_autoptr(ProjectRef) ref =
            project_ref_new(db_rows_text(rows, 1), db_rows_text(rows, 2), db_rows_text(rows, 3));

        if (contains(projects, ref) && !release_one(db, db_rows_int(rows, 0), error))
            return false;
    }
    return true;
}

/* projects NULL: all. */
static GPtrArray *release_locks(Db *db, const Command *command, const GPtrArray *projects,
                                bool is_closed, GError **error)
{
    g_autoptr(GPtrArray) locks = NULL;

    if (projects)
        return release_some(db, command->pull_id, projects, error)
                   ? store_locks_drop_of(db, command->pull_id, projects, error)
                   : NULL;
    locks = store_locks_drop(db, command->pull_id, error);
    return locks && release(db, command->pull_id, is_closed, error) ? g_steal_pointer(&locks)
                                                                    : NULL;
}

/* A command that is done again tells what it released the first time. */
static GPtrArray *release_once(Db *db, const Command *command, const GPtrArray *projects,
                               bool is_closed, GError **error)
{
    g_autoptr(GPtrArray) locks = NULL;

    if (!load_released(db, command, &locks, error))
        return NULL;
    if (locks)
        return g_steal_pointer(&locks);
    locks = release_locks(db, command, projects, is_closed, error);
    if (!locks || !save_released(db, command, locks, error))
        return NULL;
    return g_steal_pointer(&locks);
}

static bool release_and_commit(Store *store, const Command *command, const GPtrArray *projects,
                               bool is_closed, GPtrArray **released, GPtrArray **plan_paths,
                               GError **error)
{
    g_autoptr(GPtrArray) locks = NULL, paths = NULL;
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !store_command_hold(db, command, error))
        return hadal_prefix(error, "release");
    locks = release_once(db, command, projects, is_closed, error);
    paths = locks ? store_plan_paths(db, command->pull_id, error) : NULL;
    if (!paths || !db_commit(&t, error))
        return hadal_prefix(error, "release");
    *released = g_steal_pointer(&locks);
    *plan_paths = g_steal_pointer(&paths);
    return true;
}

bool store_pull_release(Store *store, const Command *command, bool is_closed, GPtrArray **released,
                        GPtrArray **plan_paths, GError **error)
{
    return release_and_commit(store, command, NULL, is_closed, released, plan_paths, error);
}

bool store_projects_release(Store *store, const Command *command, const GPtrArray *projects,
                            GPtrArray **released, GPtrArray **plan_paths, GError **error)
{
    return release_and_commit(store, command, projects, false, released, plan_paths, error);
}
