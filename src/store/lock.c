// SPDX-License-Identifier: Apache-2.0
/* Who may plan and apply a directory: one pull request at a time. */
#include "store/store_internal.h"

#include "base/clock.h"

/* ------------------------------------------------------------------ keys */

/* Only dir may hold a colon: no two sets of parts make the same key. */
static char *key_of(const RepoRef *repo, const ProjectRef *project)
{
    g_autofree char *host = g_uri_escape_string(repo->host, NULL, FALSE);
    g_autofree char *host_id = g_uri_escape_string(repo->host_id, NULL, FALSE);
    g_autofree char *workspace = g_uri_escape_string(project->workspace, NULL, FALSE);

    return g_strconcat(host, ":", host_id, ":", project->dir, ":", workspace, NULL);
}

/* One lock that is wanted. */
typedef struct _Want Want;
struct _Want {
    char *key;
    const ProjectRef *project; /* borrowed */
    gint64 project_id;
    bool is_lock; /* false: only the project is to be known */
};

static void want_clear(gpointer data)
{
    g_free(((Want *)data)->key);
}

static GArray *wants_new(const RepoRef *repo, const GPtrArray *projects, const bool *needs_lock)
{
    GArray *wants = g_array_sized_new(FALSE, TRUE, sizeof(Want), projects->len);

    g_array_set_clear_func(wants, want_clear);
    for (guint i = 0; i < projects->len; i++) {
        const ProjectRef *project = projects->pdata[i];
        Want want = {
            .key = key_of(repo, project),
            .project = project,
            .is_lock = !needs_lock || needs_lock[i],
        };

        g_array_append_val(wants, want);
    }
    return wants;
}

static gint compare_wants(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Want *const *)a)->key, (*(const Want *const *)b)->key);
}

/* Of borrowed Want, by key: transactions that take locks in the same order never wait in a ring. */
static GPtrArray *by_key(const GArray *wants)
{
    GPtrArray *sorted = g_ptr_array_sized_new(wants->len);

    for (guint i = 0; i < wants->len; i++)
        g_ptr_array_add(sorted, &g_array_index(wants, Want, i));
    g_ptr_array_sort(sorted, compare_wants);
    return sorted;
}

/* ------------------------------------------------------------------ rows */

#define LOCK_COLUMNS                                                           \
    "l.key, l.pull_id, l.dir, l.workspace, l.name, l.actor_id, l.actor_name, " \
    "l.since, " PULL_COLUMNS
#define LOCK_TABLES "lock l JOIN pull p ON p.id = l.pull_id JOIN repo r ON r.id = p.repo_id"

static Lock *of_row(const DbRows *rows)
{
    Lock *lock = lock_new();

    lock->key = g_strdup(db_rows_text(rows, 0));
    lock->pull_id = db_rows_int(rows, 1);
    lock->dir = g_strdup(db_rows_text(rows, 2));
    lock->workspace = g_strdup(db_rows_text(rows, 3));
    lock->name = g_strdup(db_rows_text(rows, 4));
    store_actor_of_row(rows, 5, &lock->actor);
    lock->since = db_rows_int(rows, 7);
    store_pull_of_row(rows, 8, &lock->pull);
    return lock;
}

/* ------------------------------------------------------------ statements */

static bool insert(Db *db, const Command *command, const Want *want, gint64 now, GError **error)
{
    const ProjectRef *project = want->project;

    return db_run(db,
                  "INSERT INTO lock (key, pull_id, project_id, dir, workspace, name, actor_id,"
                  " actor_name, since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                  " ON CONFLICT (key) DO NOTHING",
                  DB_VALUES(DB_TEXT(want->key), DB_INT(command->pull_id), DB_INT(want->project_id),
                            DB_TEXT(project->dir), DB_TEXT(project->workspace),
                            DB_TEXT(project->name), DB_TEXT(command->actor.id),
                            DB_TEXT(command->actor.name), DB_INT(now)),
                  NULL, error);
}

/* Adds the lock to held when it is another pull request's. */
static bool add_if_held(Db *db, const Command *command, const char *key, GPtrArray *held,
                        GError **error)
{
    g_autoptr(DbRows) rows = db_query(
        db, "SELECT " LOCK_COLUMNS " FROM " LOCK_TABLES " WHERE l.key = $1 AND l.pull_id <> $2",
        DB_VALUES(DB_TEXT(key), DB_INT(command->pull_id)), error);

    if (!rows)
        return false;
    if (db_rows_next(rows))
        g_ptr_array_add(held, of_row(rows));
    return true;
}

static GPtrArray *select_locks(Db *db, gint64 pull_id, GError **error)
{
    g_autoptr(GPtrArray) locks = g_ptr_array_new_with_free_func((GDestroyNotify)lock_free);
    g_autoptr(DbRows) rows = db_query(db,
                                      "SELECT " LOCK_COLUMNS " FROM " LOCK_TABLES
                                      " WHERE l.pull_id = $1 ORDER BY l.since, l.key",
                                      DB_VALUES(DB_INT(pull_id)), error);

    if (!rows)
        return NULL;
    while (db_rows_next(rows))
        g_ptr_array_add(locks, of_row(rows));
    return g_steal_pointer(&locks);
}

/* Nothing of the pull request was applied, nor begun to be, under the lock: others may have it. */
#define IS_UNTOUCHED                                              \
    " NOT EXISTS (SELECT 1 FROM project a WHERE a.pull_id = $1"   \
    "  AND a.dir = lock.dir AND a.workspace = lock.workspace AND" \
    "  a.was_applied = 1)"

static bool delete_key(Db *db, gint64 pull_id, const char *key, GError **error)
{
    return db_run(db, "DELETE FROM lock WHERE pull_id = $1 AND key = $2 AND" IS_UNTOUCHED,
                  DB_VALUES(DB_INT(pull_id), DB_TEXT(key)), NULL, error);
}

static bool delete_all(Db *db, gint64 pull_id, GError **error)
{
    return db_run(db, "DELETE FROM lock WHERE pull_id = $1", DB_VALUES(DB_INT(pull_id)), NULL,
                  error);
}

GPtrArray *store_locks_drop(Db *db, gint64 pull_id, GError **error)
{
    g_autoptr(GPtrArray) locks = select_locks(db, pull_id, error);

    if (!locks || !delete_all(db, pull_id, error))
        return NULL;
    return g_steal_pointer(&locks);
}

/* Two projects that differ only in their name share a lock: it stays while either has a plan. */
static bool delete_unneeded(Db *db, gint64 pull_id, const ProjectRef *project, gint64 *n,
                            GError **error)
{
    return db_run(db,
                  "DELETE FROM lock WHERE pull_id = $1 AND dir = $2 AND workspace = $3"
                  " AND" IS_UNTOUCHED
                  " AND NOT EXISTS (SELECT 1 FROM plan n JOIN project j ON j.id = n.project_id"
                  "  WHERE j.pull_id = $1 AND j.dir = $2 AND j.workspace = $3"
                  "  AND n.consumed_at = 0 AND n.discarded_at = 0)",
                  DB_VALUES(DB_INT(pull_id), DB_TEXT(project->dir), DB_TEXT(project->workspace)), n,
                  error);
}

static bool drop_one(Db *db, const Lock *lock, const GPtrArray *projects, gint64 *n, GError **error)
{
    for (guint i = 0; i < projects->len && *n == 0; i++) {
        const ProjectRef *project = projects->pdata[i];

        if (g_str_equal(project->dir, lock->dir) &&
            g_str_equal(project->workspace, lock->workspace) &&
            !delete_unneeded(db, lock->pull_id, project, n, error))
            return false;
    }
    return true;
}

GPtrArray *store_locks_drop_of(Db *db, gint64 pull_id, const GPtrArray *projects, GError **error)
{
    g_autoptr(GPtrArray) locks = select_locks(db, pull_id, error);

    for (guint i = 0; locks && i < locks->len;) {
        gint64 n = 0;

        if (!drop_one(db, locks->pdata[i], projects, &n, error))
            return NULL;
        if (n > 0)
            i++;
        else
            g_ptr_array_remove_index(locks, i);
    }
    return g_steal_pointer(&locks);
}

/* --------------------------------------------------------------- taking */

static bool save_projects(Db *db, gint64 pull_id, GArray *wants, GError **error)
{
    for (guint i = 0; i < wants->len; i++) {
        Want *want = &g_array_index(wants, Want, i);

        if (!store_project_save(db, pull_id, want->project, &want->project_id, error))
            return false;
    }
    return true;
}

/* Inserting first, asking later: of two that try at once, one waits for the other's commit. */
static bool take_keys(Db *db, const Command *command, const GArray *wants, GPtrArray *held,
                      GError **error)
{
    g_autoptr(GPtrArray) sorted = by_key(wants);
    const gint64 now = clock_now();

    for (guint i = 0; i < sorted->len; i++) {
        const Want *want = sorted->pdata[i];

        if (!want->is_lock)
            continue;
        if (!insert(db, command, want, now, error) ||
            !add_if_held(db, command, want->key, held, error))
            return false;
    }
    return true;
}

static bool wants_project(const GArray *wants, gint64 id)
{
    for (guint i = 0; i < wants->len; i++)
        if (g_array_index(wants, Want, i).project_id == id)
            return true;
    return false;
}

static bool wants_key(const GArray *wants, const char *key)
{
    for (guint i = 0; i < wants->len; i++) {
        const Want *want = &g_array_index(wants, Want, i);

        if (want->is_lock && g_str_equal(want->key, key))
            return true;
    }
    return false;
}

static bool forget_other_projects(Db *db, gint64 pull_id, const GArray *wants, GError **error)
{
    g_autoptr(GArray) ids = store_project_ids(db, pull_id, error);

    if (!ids)
        return false;
    for (guint i = 0; i < ids->len; i++) {
        const gint64 id = g_array_index(ids, gint64, i);

        if (!wants_project(wants, id) &&
            (!store_plan_discard(db, id, error) || !store_project_forget(db, id, error)))
            return false;
    }
    return true;
}

static bool delete_other_locks(Db *db, gint64 pull_id, const GArray *wants, GError **error)
{
    g_autoptr(GPtrArray) locks = select_locks(db, pull_id, error);

    if (!locks)
        return false;
    for (guint i = 0; i < locks->len; i++) {
        const Lock *lock = locks->pdata[i];

        if (!wants_key(wants, lock->key) && !delete_key(db, pull_id, lock->key, error))
            return false;
    }
    return true;
}

/* What is left of the pull request is what is wanted, and what an apply may have changed. */
static bool drop_others(Db *db, gint64 pull_id, const GArray *wants, GError **error)
{
    return forget_other_projects(db, pull_id, wants, error) &&
           delete_other_locks(db, pull_id, wants, error);
}

static bool take(Db *db, const Command *command, GArray *wants, bool replaces_all, GPtrArray *held,
                 GError **error)
{
    return store_command_hold(db, command, error) &&
           save_projects(db, command->pull_id, wants, error) &&
           take_keys(db, command, wants, held, error) &&
           (!replaces_all || drop_others(db, command->pull_id, wants, error));
}

static GArray *ids_of(const GArray *wants)
{
    GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(gint64), wants->len);

    for (guint i = 0; i < wants->len; i++)
        g_array_append_val(ids, g_array_index(wants, Want, i).project_id);
    return ids;
}

bool store_locks_take(Store *store, const Command *command, const GPtrArray *projects,
                      const bool *needs_lock, bool replaces_all, GArray **ids, GPtrArray **held,
                      GError **error)
{
    g_autoptr(GArray) wants = wants_new(&command->pull.repo, projects, needs_lock);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func((GDestroyNotify)lock_free);
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !take(db, command, wants, replaces_all, others, error))
        return hadal_prefix(error, "lock");
    if (others->len > 0) /* what was taken is rolled back */
        g_clear_pointer(&wants, g_array_unref);
    else if (!db_commit(&t, error))
        return hadal_prefix(error, "lock");
    if (ids)
        *ids = wants ? ids_of(wants) : NULL;
    if (held)
        *held = wants ? NULL : g_steal_pointer(&others);
    return true;
}

/* --------------------------------------------------------------- one lock */

bool store_lock_is_held(Store *store, gint64 pull_id, const ProjectRef *project, bool *is_held,
                        GError **error)
{
    g_auto(Reader) reader = { 0 };
    gint64 n = 0;

    if (!store_read(store, &reader, error) ||
        !store_query_int(
            reader.db,
            "SELECT COUNT(*) FROM lock"
            " WHERE pull_id = $1 AND dir = $2 AND workspace = $3",
            DB_VALUES(DB_INT(pull_id), DB_TEXT(project->dir), DB_TEXT(project->workspace)), &n,
            error))
        return hadal_prefix(error, "look for a lock");
    *is_held = n > 0;
    return true;
}

static bool delete_all_unneeded(Db *db, gint64 pull_id, const GPtrArray *projects, GError **error)
{
    for (guint i = 0; i < projects->len; i++)
        if (!delete_unneeded(db, pull_id, projects->pdata[i], NULL, error))
            return false;
    return true;
}

bool store_locks_release(Store *store, gint64 pull_id, const GPtrArray *projects, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !delete_all_unneeded(db, pull_id, projects, error) ||
        !db_commit(&t, error))
        return hadal_prefix(error, "release locks");
    return true;
}
