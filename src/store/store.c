// SPDX-License-Identifier: Apache-2.0
/*
 * Connections, the schema's version, and the wake-up. What is stored is in the files named after
 * it.
 */
#include "store/store_internal.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"

enum {
    IDLE_READERS = 16, /* connections kept open between reads */
    WAIT_MOST = 60000, /* ms, of a wait without a timeout */
};

#define MS_PER_SECOND 1000L
#define NS_PER_MS     1000000L
#define NS_PER_SECOND (MS_PER_SECOND * NS_PER_MS)

struct _Store {
    char *url;
    Db *writer;
    pthread_mutex_t mutex;
    /* guarded by mutex: */
    pthread_cond_t changed;
    guint64 generation; /* counts announcements; starts at 1, so that a first look never waits */
    GPtrArray *readers; /* of Db, owned, not in use now */
};

/* ---------------------------------------------------------------- schema */

static bool newest_version(Db *db, gint64 *version, GError **error)
{
    return store_query_int(db, "SELECT COALESCE(MAX(version), 0) FROM schema_version", NULL, 0,
                           version, error);
}

static bool check_version(gint64 version, GError **error)
{
    const gint64 newest = (gint64)store_n_migrations;

    if (version <= newest)
        return true;
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "its schema is version %" G_GINT64_FORMAT
                       " and this program knows versions up to %" G_GINT64_FORMAT
                       ": it was written by a newer hadal, start that one",
                       version, newest);
}

static bool read_version(Db *db, gint64 *version, GError **error)
{
    return db_script(db,
                     "CREATE TABLE IF NOT EXISTS schema_version ("
                     " version BIGINT NOT NULL PRIMARY KEY,"
                     " name TEXT NOT NULL,"
                     " applied_at BIGINT NOT NULL)",
                     error) &&
           newest_version(db, version, error);
}

static bool note_version(Db *db, const Migration *migration, GError **error)
{
    return db_run(
        db, "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)",
        DB_VALUES(DB_INT(migration->version), DB_TEXT(migration->name), DB_INT(clock_now())), NULL,
        error);
}

static bool apply(Db *db, const Migration *migration, GError **error)
{
    if (!db_script(db, migration->sql, error) || !note_version(db, migration, error))
        return hadal_prefix(error, "schema %s", migration->name);
    return true;
}

/* All or nothing: a database is never between two releases. */
static bool migrate(Db *db, GError **error)
{
    const gint64 newest = (gint64)store_n_migrations;
    g_auto(DbTransaction) t = { 0 };
    gint64 version = 0;

    if (!db_begin(db, &t, error) || !read_version(db, &version, error) ||
        !check_version(version, error))
        return false;
    for (; version < newest; version++)
        if (!apply(db, &store_migrations[version], error))
            return false;
    return db_commit(&t, error);
}

/* ----------------------------------------------------------- life-cycle */

static Store *store_new(const char *url)
{
    Store *store = g_new0(Store, 1);
    pthread_condattr_t monotonic;

    store->url = g_strdup(url);
    store->generation = 1;
    store->readers = g_ptr_array_new_with_free_func((GDestroyNotify)db_close);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return store;
}

Store *store_open(const char *url, GError **error)
{
    g_autoptr(Store) store = store_new(url);

    store->writer = db_open(url, DB_WRITER, error);
    if (!store->writer || !migrate(store->writer, error))
        return hadal_prefix_null(error, "database");
    return g_steal_pointer(&store);
}

void store_close(Store *store)
{
    if (!store)
        return;
    g_ptr_array_unref(store->readers);
    db_close(store->writer);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->mutex);
    g_free(store->url);
    g_free(store);
}

/* ---------------------------------------------------------- connections */

Db *store_writer(Store *store)
{
    return store->writer;
}

static Db *take_idle(Store *store)
{
    Db *db = NULL;

    pthread_mutex_lock(&store->mutex);
    if (store->readers->len > 0)
        db = g_ptr_array_steal_index(store->readers, store->readers->len - 1);
    pthread_mutex_unlock(&store->mutex);
    return db;
}

bool store_read(Store *store, Reader *reader, GError **error)
{
    reader->store = store;
    reader->db = take_idle(store);
    if (!reader->db)
        reader->db = db_open(store->url, DB_READER, error);
    return reader->db != NULL;
}

void reader_release(Reader *reader)
{
    Store *store = reader->store;

    if (!reader->db)
        return;
    pthread_mutex_lock(&store->mutex);
    if (store->readers->len < IDLE_READERS)
        g_ptr_array_add(store->readers, g_steal_pointer(&reader->db));
    pthread_mutex_unlock(&store->mutex);
    g_clear_pointer(&reader->db, db_close);
}

Store *store_open_to_read(const char *url, GError **error)
{
    g_autoptr(Store) store = store_new(url);
    g_auto(Reader) reader = { 0 };
    gint64 version = 0;

    if (!store_read(store, &reader, error) || !newest_version(reader.db, &version, error) ||
        !check_version(version, error))
        return hadal_prefix_null(error, "database");
    return g_steal_pointer(&store);
}

/* -------------------------------------------------------------- wake-up */

static struct timespec in_ms(gint64 ms)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += ms / MS_PER_SECOND;
    time.tv_nsec += ms % MS_PER_SECOND * NS_PER_MS;
    if (time.tv_nsec >= NS_PER_SECOND) {
        time.tv_sec++;
        time.tv_nsec -= NS_PER_SECOND;
    }
    return time;
}

void store_wait(Store *store, guint64 *seen, gint64 timeout_ms)
{
    const struct timespec until = in_ms(timeout_ms < 0 ? WAIT_MOST : timeout_ms);
    int result = 0;

    pthread_mutex_lock(&store->mutex);
    while (store->generation == *seen && result == 0)
        result = pthread_cond_timedwait(&store->changed, &store->mutex, &until);
    *seen = store->generation;
    pthread_mutex_unlock(&store->mutex);
}

void store_announce(Store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->generation++;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->mutex);
}

void store_wake(Store *store)
{
    store_announce(store);
}

/* ----------------------------------------------------------------- rows */

bool store_query_int(Db *db, const char *sql, const DbValue *values, gsize n_values, gint64 *number,
                     GError **error)
{
    g_autoptr(DbRows) rows = db_query(db, sql, values, n_values, error);

    if (!rows)
        return false;
    if (db_rows_next(rows))
        *number = db_rows_int(rows, 0);
    return true;
}

void store_pull_of_row(const DbRows *rows, int column, PullRef *pull)
{
    pull->repo.host = g_strdup(db_rows_text(rows, column));
    pull->repo.host_id = g_strdup(db_rows_text(rows, column + 1));
    pull->repo.locator = g_strdup(db_rows_text(rows, column + 2));
    pull->repo.full_name = g_strdup(db_rows_text(rows, column + 3));
    pull->repo.allow_name = g_strdup(db_rows_text(rows, column + 4));
    pull->number = db_rows_int(rows, column + 5);
    pull->url = g_strdup(db_rows_text(rows, column + 6));
}

void store_actor_of_row(const DbRows *rows, int column, Actor *actor)
{
    actor->id = g_strdup(db_rows_text(rows, column));
    actor->name = g_strdup(db_rows_text(rows, column + 1));
}

/* --------------------------------------------------------- housekeeping */

static bool prune_deliveries(Db *db, gint64 before, gint64 *n_removed, GError **error)
{
    return db_run(db, "DELETE FROM delivery WHERE received_at < $1", DB_VALUES(DB_INT(before)),
                  n_removed, error);
}

/*
 * Two kinds of finished items are still needed: the first part of a comment whose later parts wait
 * for its reference, and what an open pull request's status says now, to tell a change from none.
 */
static bool prune_outbox(Db *db, gint64 before, gint64 *n_removed, GError **error)
{
    return db_run(db,
                  "DELETE FROM outbox WHERE state IN ('done', 'dropped') AND ended_at < $1"
                  " AND NOT EXISTS (SELECT 1 FROM outbox part WHERE part.thread_key = outbox.key"
                  "  AND part.state IN ('waiting', 'sending'))"
                  " AND NOT (kind = 'status' AND state = 'done'"
                  "  AND EXISTS (SELECT 1 FROM pull p WHERE p.id = outbox.pull_id"
                  "   AND p.state = 'active')"
                  "  AND NOT EXISTS (SELECT 1 FROM outbox newer"
                  "   WHERE newer.pull_id = outbox.pull_id"
                  "   AND newer.status_name = outbox.status_name"
                  "   AND newer.status_head = outbox.status_head"
                  "   AND newer.seq > outbox.seq AND newer.state <> 'dropped'))",
                  DB_VALUES(DB_INT(before)), n_removed, error);
}

bool store_prune(Store *store, gint64 keep_ms, gint64 *n_removed, GError **error)
{
    const gint64 before = clock_now() - keep_ms;
    g_auto(DbTransaction) t = { 0 };
    gint64 n_deliveries = 0, n_items = 0;
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !prune_deliveries(db, before, &n_deliveries, error) ||
        !prune_outbox(db, before, &n_items, error) || !db_commit(&t, error))
        return hadal_prefix(error, "prune");
    if (n_removed)
        *n_removed = n_deliveries + n_items;
    return true;
}

bool store_ping(Store *store, GError **error)
{
    g_auto(Reader) reader = { 0 };
    gint64 version = 0;

    return store_read(store, &reader, error) &&
           store_query_int(reader.db, "SELECT MAX(version) FROM schema_version", NULL, 0, &version,
                           error);
}
