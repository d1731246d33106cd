// SPDX-License-Identifier: Apache-2.0
/* What all databases have in common: who may use a connection when, and the rows. */
#include "sys/db.h"

#include <string.h>
#include <time.h>

#include "sys/db_internal.h"

/* Longer than any transaction of ours; who waits so long comes again. */
enum { LOCK_SECONDS = 20 };

static const DbOps *const all_ops[] = { &db_sqlite };

typedef struct {
    DbValueKind kind;
    gint64 number;
    char *text;
} Cell;

struct _DbRows {
    GArray *cells; /* of Cell, owned */
    int n_columns;
    gsize n_rows, at; /* at: counted from 1, 0 before the first */
};

/* --- rows --- */

static void cell_clear(gpointer cell)
{
    g_free(((Cell *)cell)->text);
}

static DbRows *rows_new(void)
{
    DbRows *rows = g_new0(DbRows, 1);

    rows->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
    g_array_set_clear_func(rows->cells, cell_clear);
    return rows;
}

void db_rows_free(DbRows *rows)
{
    if (!rows)
        return;
    g_array_unref(rows->cells);
    g_free(rows);
}

void db_rows_set_columns(DbRows *rows, int n_columns)
{
    rows->n_columns = n_columns;
}

void db_rows_add_null(DbRows *rows)
{
    const Cell cell = { .kind = DB_VALUE_NULL };

    g_array_append_val(rows->cells, cell);
}

void db_rows_add_int(DbRows *rows, gint64 number)
{
    const Cell cell = { .kind = DB_VALUE_INT, .number = number };

    g_array_append_val(rows->cells, cell);
}

void db_rows_add_text(DbRows *rows, const char *text, gsize length)
{
    const Cell cell = { .kind = DB_VALUE_TEXT, .text = g_malloc(length + 1) };

    memcpy(cell.text, text, length);
    cell.text[length] = '\0';
    g_array_append_val(rows->cells, cell);
}

bool db_rows_next(DbRows *rows)
{
    gsize n_rows = rows->n_columns ? rows->cells->len / (gsize)rows->n_columns : 0;

    if (rows->at <= n_rows)
        rows->at++;
    return rows->at <= n_rows;
}

/* NULL, and a critical message, for a caller's mistake. */
static const Cell *cell_at(const DbRows *rows, int column)
{
    gsize index = (rows->at - 1) * (gsize)rows->n_columns + (gsize)column;

    g_return_val_if_fail(rows->at > 0 && column >= 0 && column < rows->n_columns, NULL);
    g_return_val_if_fail(index < rows->cells->len, NULL);
    return &g_array_index(rows->cells, Cell, index);
}

gint64 db_rows_int(const DbRows *rows, int column)
{
    const Cell *cell = cell_at(rows, column);

    g_return_val_if_fail(cell && cell->kind != DB_VALUE_TEXT, 0);
    return cell->number;
}

const char *db_rows_text(const DbRows *rows, int column)
{
    const Cell *cell = cell_at(rows, column);

    g_return_val_if_fail(cell && cell->kind != DB_VALUE_INT, NULL);
    return cell->text;
}

bool db_rows_is_null(const DbRows *rows, int column)
{
    const Cell *cell = cell_at(rows, column);

    return !cell || cell->kind == DB_VALUE_NULL;
}

/* --- connections --- */

static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

static Db *open_with(const DbOps *ops, const char *location, DbRole role, GError **error)
{
    Db *db = ops->open(location, role, error);

    if (!db)
        return NULL;
    db->ops = ops;
    db->role = role;
    init_lock(&db->lock);
    return db;
}

/* Of an unknown URL only the scheme is told: the rest may hold a password. */
Db *db_open(const char *url, DbRole role, GError **error)
{
    const char *colon = strchr(url, ':');

    for (gsize i = 0; i < G_N_ELEMENTS(all_ops); i++)
        if (g_str_has_prefix(url, all_ops[i]->scheme))
            return open_with(all_ops[i], url + strlen(all_ops[i]->scheme), role, error);
    return hadal_throw_null(error, HADAL_ERROR_INVALID, "unknown database \"%.*s\"",
                            colon ? (int)MIN(colon - url, 20) : 0, url);
}

void db_close(Db *db)
{
    if (!db)
        return;
    pthread_mutex_destroy(&db->lock);
    db->ops->close(db);
}

static bool lock(Db *db, GError **error)
{
    struct timespec until;

    if (db->role == DB_READER)
        return true;
    /* Not pthread_mutex_clocklock(): ThreadSanitizer does not see that one. */
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOCK_SECONDS;
    return pthread_mutex_timedlock(&db->lock, &until) == 0 ||
           hadal_throw(error, HADAL_ERROR_RETRY, "the database is busy: no turn within %d s",
                       LOCK_SECONDS);
}

static void unlock(Db *db)
{
    if (db->role == DB_WRITER)
        pthread_mutex_unlock(&db->lock);
}

bool db_script(Db *db, const char *sql, GError **error)
{
    bool is_ok;

    if (!lock(db, error))
        return false;
    is_ok = db->ops->script(db, sql, error);
    unlock(db);
    return is_ok;
}

static bool run(Db *db, const char *sql, const DbValue *values, gsize n_values, DbRows *rows,
                gint64 *n_changed, GError **error)
{
    bool is_ok;

    if (!lock(db, error))
        return false;
    is_ok = db->ops->run(db, sql, values, n_values, rows, n_changed, error);
    unlock(db);
    return is_ok;
}

DbRows *db_query(Db *db, const char *sql, const DbValue *values, gsize n_values, GError **error)
{
    g_autoptr(DbRows) rows = rows_new();
    gint64 n_changed;

    if (!run(db, sql, values, n_values, rows, &n_changed, error))
        return NULL;
    return g_steal_pointer(&rows);
}

bool db_run(Db *db, const char *sql, const DbValue *values, gsize n_values, gint64 *n_changed,
            GError **error)
{
    gint64 ignored;

    return run(db, sql, values, n_values, NULL, n_changed ? n_changed : &ignored, error);
}

/* --- transactions --- */

bool db_begin(Db *db, DbTransaction *transaction, GError **error)
{
    g_assert(db->role == DB_WRITER && !transaction->db);
    if (!lock(db, error))
        return false;
    if (db->is_in_transaction) {
        unlock(db);
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "a transaction within a transaction");
    }
    if (!db->ops->begin(db, error)) {
        unlock(db);
        return false;
    }
    db->is_in_transaction = true;
    transaction->db = db;
    return true;
}

static Db *leave(DbTransaction *transaction)
{
    Db *db = g_steal_pointer(&transaction->db);

    db->is_in_transaction = false;
    return db;
}

bool db_commit(DbTransaction *transaction, GError **error)
{
    Db *db = leave(transaction);
    bool is_ok = db->ops->commit(db, error);

    unlock(db);
    return is_ok;
}

void db_rollback(DbTransaction *transaction)
{
    Db *db;

    if (!transaction->db)
        return;
    db = leave(transaction);
    db->ops->rollback(db);
    unlock(db);
}

const char *db_claim_suffix(const Db *db)
{
    return db->ops->claim_suffix;
}
