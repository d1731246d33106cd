// SPDX-License-Identifier: Apache-2.0
/* What a cancel command does to the others of its pull request. */
#include "store/store_internal.h"

#include "base/clock.h"

/* Commands that people may want to stop; answers and the end of a pull request are none. */
#define IS_WORK " kind NOT IN ('cancel', 'close', 'help', 'reply')"

/* It has effects and has begun them, in a process that died: that has to be told. */
#define HAS_BEGUN                                 \
    " (kind IN ('apply', 'import', 'state') AND " \
    "EXISTS (SELECT 1 FROM run WHERE run.command_id = command.id))"

#define IS_OLDER                                                                      \
    " pull_id = $1 AND seq < (SELECT mine.seq FROM command mine WHERE mine.id = $2) " \
    " AND cancel_command_id IS NULL AND" IS_WORK

static bool end_queued(Db *db, const Command *command, const char *reason, GError **error)
{
    return db_run(db,
                  "UPDATE command SET state = 'cancelled', ended_at = $3, reason = $4,"
                  " cancel_command_id = $2 WHERE state = 'queued' AND NOT" HAS_BEGUN
                  " AND" IS_OLDER,
                  DB_VALUES(DB_INT(command->pull_id), DB_INT(command->id), DB_INT(clock_now()),
                            DB_TEXT(reason)),
                  NULL, error);
}

static bool ask_running(Db *db, const Command *command, GError **error)
{
    return db_run(db,
                  "UPDATE command SET cancel_command_id = $2, cancel_asked_by = $3"
                  " WHERE (state = 'running' OR (state = 'queued' AND" HAS_BEGUN ")) AND" IS_OLDER,
                  DB_VALUES(DB_INT(command->pull_id), DB_INT(command->id),
                            DB_TEXT(command->actor.name ? command->actor.name : "Somebody")),
                  NULL, error);
}

void cancelled_free(Cancelled *cancelled)
{
    g_free(cancelled);
}

#define COLUMNS "id, kind, CASE WHEN cancel_asked_by IS NULL THEN 0 ELSE 1 END, attempts"

static Cancelled *of_row(const DbRows *rows, GError **error)
{
    g_autoptr(Cancelled) one = g_new0(Cancelled, 1);
    const char *kind = db_rows_text(rows, 1);

    one->id = db_rows_int(rows, 0);
    one->was_running = db_rows_int(rows, 2) != 0;
    one->was_claimed = db_rows_int(rows, 3) != 0;
    if (!command_kind_find(kind, &one->kind))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "stored by a newer hadal: %s", kind);
    return g_steal_pointer(&one);
}

static bool add_rows(DbRows *rows, GPtrArray *all, GError **error)
{
    while (db_rows_next(rows)) {
        Cancelled *one = of_row(rows, error);

        if (!one)
            return false;
        g_ptr_array_add(all, one);
    }
    return true;
}

/* Also of an earlier attempt of the same command: its process may have died before it told. */
static GPtrArray *select_all(Db *db, const Command *command, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)cancelled_free);
    g_autoptr(DbRows) rows =
        db_query(db,
                 "SELECT " COLUMNS
                 " FROM command WHERE pull_id = $1 AND cancel_command_id = $2 ORDER BY seq",
                 DB_VALUES(DB_INT(command->pull_id), DB_INT(command->id)), error);

    return rows && add_rows(rows, all, error) ? g_steal_pointer(&all) : NULL;
}

bool store_cancel(Store *store, const Command *command, GPtrArray **cancelled, GError **error)
{
    g_autofree char *reason =
        g_strdup_printf("cancelled by %s", command->actor.name ? command->actor.name : "somebody");
    g_autoptr(GPtrArray) all = NULL;
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !store_command_hold(db, command, error) ||
        !end_queued(db, command, reason, error) || !ask_running(db, command, error))
        return hadal_prefix(error, "cancel");
    all = select_all(db, command, error);
    if (!all || !db_commit(&t, error))
        return hadal_prefix(error, "cancel");
    *cancelled = g_steal_pointer(&all);
    return true;
}

bool store_cancel_asked_by(Store *store, gint64 command_id, char **by, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db, "SELECT cancel_asked_by FROM command WHERE id = $1",
                    DB_VALUES(DB_INT(command_id)), error);
    if (!rows)
        return false;
    *by = db_rows_next(rows) ? g_strdup(db_rows_text(rows, 0)) : NULL;
    return true;
}

GPtrArray *store_cancel_asked(Store *store, const char *owner, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)cancelled_free);
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return NULL;
    rows = db_query(reader.db,
                    "SELECT " COLUMNS " FROM command WHERE state = 'running' AND owner = $1"
                    " AND cancel_asked_by IS NOT NULL",
                    DB_VALUES(DB_TEXT(owner)), error);
    return rows && add_rows(rows, all, error) ? g_steal_pointer(&all) : NULL;
}
