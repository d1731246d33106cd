// SPDX-License-Identifier: Apache-2.0
/* What events told so far, for who looks whether any were missed. Reads only, but for settings. */
#include "base/clock.h"
#include "store/store_internal.h"

void known_pull_clear(KnownPull *known)
{
    g_clear_pointer(&known->queued_head, g_free);
    g_clear_pointer(&known->queued_base, g_free);
    g_clear_pointer(&known->planned_head, g_free);
    g_clear_pointer(&known->planned_base, g_free);
}

bool store_known_pull(Store *store, const PullRef *pull, KnownPull *known, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(
        reader.db,
        "SELECT p.id, p.state = 'closed', p.queued_head, p.queued_base, p.planned_head,"
        " p.planned_base, EXISTS (SELECT 1 FROM command c WHERE c.pull_id = p.id"
        "  AND c.kind = 'plan' AND c.source = 'push'),"
        " (SELECT MAX(c.queued_at) FROM command c WHERE c.pull_id = p.id)"
        " FROM pull p JOIN repo r ON r.id = p.repo_id"
        " WHERE r.host = $1 AND r.host_id = $2 AND p.number = $3",
        DB_VALUES(DB_TEXT(pull->repo.host), DB_TEXT(pull->repo.host_id), DB_INT(pull->number)),
        error);
    if (!rows)
        return false;
    if (db_rows_next(rows))
        *known = (KnownPull){
            .id = db_rows_int(rows, 0),
            .is_closed = db_rows_int(rows, 1),
            .queued_head = g_strdup(db_rows_text(rows, 2)),
            .queued_base = g_strdup(db_rows_text(rows, 3)),
            .planned_head = g_strdup(db_rows_text(rows, 4)),
            .planned_base = g_strdup(db_rows_text(rows, 5)),
            .was_offered = db_rows_int(rows, 6),
            .last_command_at = db_rows_int(rows, 7),
        };
    return true;
}

bool store_comment_is_known(Store *store, gint64 pull_id, const char *comment_ref, bool *is_known,
                            GError **error)
{
    g_auto(Reader) reader = { 0 };
    gint64 n = 0;

    if (!store_read(store, &reader, error) ||
        !store_query_int(reader.db,
                         "SELECT COUNT(*) FROM command WHERE pull_id = $1 AND comment_ref = $2",
                         DB_VALUES(DB_INT(pull_id), DB_TEXT(comment_ref)), &n, error))
        return false;
    *is_known = n > 0;
    return true;
}

bool store_command_comments(Store *store, gint64 command_id, char **own, GStrv *all, GError **error)
{
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    *own = NULL;
    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db,
                    "SELECT c.comment_ref, MAX(CASE WHEN c.id = mine.id THEN 1 ELSE 0 END)"
                    " FROM command mine JOIN command c ON c.pull_id = mine.pull_id"
                    " WHERE mine.id = $1 AND c.comment_ref IS NOT NULL GROUP BY c.comment_ref",
                    DB_VALUES(DB_INT(command_id)), error);
    if (!rows)
        return false;
    while (db_rows_next(rows)) {
        if (db_rows_int(rows, 1))
            *own = g_strdup(db_rows_text(rows, 0));
        g_strv_builder_add(found, db_rows_text(rows, 0));
    }
    *all = g_strv_builder_end(found);
    return true;
}

GPtrArray *store_open_pulls(Store *store, GError **error)
{
    g_autoptr(GPtrArray) pulls = g_ptr_array_new_with_free_func((GDestroyNotify)pull_ref_free);
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return NULL;
    rows = db_query(reader.db,
                    "SELECT " PULL_COLUMNS " FROM pull p JOIN repo r ON r.id = p.repo_id"
                    " WHERE p.state = 'active' ORDER BY p.id",
                    NULL, 0, error);
    if (!rows)
        return NULL;
    while (db_rows_next(rows)) {
        PullRef *pull = g_new0(PullRef, 1);

        store_pull_of_row(rows, 0, pull);
        g_ptr_array_add(pulls, pull);
    }
    return g_steal_pointer(&pulls);
}

GPtrArray *store_repos(Store *store, GError **error)
{
    g_autoptr(GPtrArray) repos = g_ptr_array_new_with_free_func((GDestroyNotify)repo_ref_free);
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return NULL;
    rows = db_query(reader.db,
                    "SELECT host, host_id, locator, full_name, allow_name FROM repo ORDER BY id",
                    NULL, 0, error);
    if (!rows)
        return NULL;
    while (db_rows_next(rows)) {
        RepoRef *repo = g_new0(RepoRef, 1);

        repo->host = g_strdup(db_rows_text(rows, 0));
        repo->host_id = g_strdup(db_rows_text(rows, 1));
        repo->locator = g_strdup(db_rows_text(rows, 2));
        repo->full_name = g_strdup(db_rows_text(rows, 3));
        repo->allow_name = g_strdup(db_rows_text(rows, 4));
        g_ptr_array_add(repos, repo);
    }
    return g_steal_pointer(&repos);
}

/* What we found by looking has no key. */
bool store_last_delivery(Store *store, gint64 *at, GError **error)
{
    g_auto(Reader) reader = { 0 };

    return store_read(store, &reader, error) &&
           store_query_int(reader.db,
                           "SELECT received_at FROM delivery WHERE key IS NOT NULL"
                           " ORDER BY received_at DESC LIMIT 1",
                           NULL, 0, at, error);
}

bool store_setting_read(Store *store, const char *key, char **value, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db, "SELECT value FROM setting WHERE key = $1", DB_VALUES(DB_TEXT(key)),
                    error);
    if (!rows)
        return false;
    *value = db_rows_next(rows) ? g_strdup(db_rows_text(rows, 0)) : NULL;
    return true;
}

bool store_setting_write(Store *store, const char *key, const char *value, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    return db_begin(db, &t, error) &&
           db_run(db,
                  "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3)"
                  " ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
                  " updated_at = excluded.updated_at",
                  DB_VALUES(DB_TEXT(key), DB_TEXT(value), DB_INT(clock_now())), NULL, error) &&
           db_commit(&t, error);
}
