// SPDX-License-Identifier: Apache-2.0
/*
 * SQLite, durable: a commit is on the disk (WAL, synchronous=FULL). Writers of one process take
 * turns in db.c; busy_timeout is only for another process (a backup, the old one at a restart).
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>

#include "base/cleanup.h"
#include "sys/db_internal.h"

enum { BUSY_MS = 5000, MAX_CACHED = 256 };

static const char writer_set_up[] = "PRAGMA journal_mode = WAL;"
                                    "PRAGMA synchronous = FULL;"
                                    "PRAGMA foreign_keys = ON;"
                                    "PRAGMA temp_store = MEMORY;"
                                    "PRAGMA trusted_schema = OFF;";

static const char reader_set_up[] = "PRAGMA query_only = ON;"
                                    "PRAGMA cache_size = -512;" /* kB; there are several readers */
                                    "PRAGMA temp_store = MEMORY;"
                                    "PRAGMA trusted_schema = OFF;";

typedef struct {
    Db base;
    sqlite3 *sqlite;
    GHashTable *statements; /* char * as given -> sqlite3_stmt *, both owned */
} Sqlite;

static Sqlite *self_of(Db *db)
{
    return (Sqlite *)db;
}

static void finalize(gpointer statement)
{
    sqlite3_finalize(statement);
}

static void close_db(Db *db)
{
    Sqlite *self = self_of(db);

    g_hash_table_unref(self->statements); /* before the connection */
    sqlite3_close(self->sqlite);
    g_free(self);
}

static bool throw(const Sqlite *self, GError **error)
{
    const char *why = sqlite3_errmsg(self->sqlite);
    int code = sqlite3_extended_errcode(self->sqlite);

    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
        code == SQLITE_CONSTRAINT_ROWID)
        return hadal_throw(error, HADAL_ERROR_CONFLICT, "database: %s", why);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return hadal_throw(error, HADAL_ERROR_RETRY, "the database is busy: %s", why);
    case SQLITE_FULL:
        return hadal_throw(error, HADAL_ERROR_RETRY, "no space for the database: %s", why);
    case SQLITE_IOERR:
        return hadal_throw(error, HADAL_ERROR_RETRY,
                           "the database cannot be read or written: %s (%d)", why, code);
    default:
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "database: %s", why);
    }
}

static bool execute(Sqlite *self, const char *sql, GError **error)
{
    return sqlite3_exec(self->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK || throw(self, error);
}

/* --- open --- */

/* Not by SQLite, which would let everybody read it. Its other files have the mode of this one. */
static bool create(const char *path, GError **error)
{
    auto_fd int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return file >= 0 || hadal_throw_errno(error, "open %s", path);
}

static bool set_up(Sqlite *self, DbRole role, GError **error)
{
    sqlite3_extended_result_codes(self->sqlite, 1);
    sqlite3_busy_timeout(self->sqlite, BUSY_MS);
    return execute(self, role == DB_WRITER ? writer_set_up : reader_set_up, error);
}

static Db *open_db(const char *path, DbRole role, GError **error)
{
    Sqlite *self;

    if (role == DB_WRITER && !create(path, error))
        return NULL;
    self = g_new0(Sqlite, 1);
    self->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    /* One thread at a time uses it, see db.c. */
    if (sqlite3_open_v2(path, &self->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        throw(self, error);
    else if (set_up(self, role, error))
        return &self->base;
    close_db(&self->base);
    return hadal_prefix_null(error, "open %s", path);
}

/* --- statements --- */

/* Where a text, a name or a comment that begins at sql ends; sql itself when none does. */
static const char *skip_quoted(const char *sql)
{
    const char *end = NULL;

    if (*sql == '\'' || *sql == '"')
        end = strchr(sql + 1, *sql);
    else if (g_str_has_prefix(sql, "--"))
        end = strchr(sql, '\n');
    else if (g_str_has_prefix(sql, "/*"))
        end = (end = strstr(sql + 2, "*/")) ? end + 1 : NULL;
    else
        return sql;
    return end ? end + 1 : sql + strlen(sql);
}

/* "$2" would be a name to SQLite, numbered by its first appearance; "?2" is a number. */
static GString *with_numbers(const char *sql)
{
    GString *out = g_string_sized_new(strlen(sql));

    while (*sql) {
        const char *end = skip_quoted(sql);

        if (end > sql) {
            g_string_append_len(out, sql, end - sql);
            sql = end;
            continue;
        }
        g_string_append_c(out, *sql == '$' && g_ascii_isdigit(sql[1]) ? '?' : *sql);
        sql++;
    }
    return out;
}

static sqlite3_stmt *prepare(Sqlite *self, const char *sql, GError **error)
{
    g_autoptr(GString) text = with_numbers(sql);
    sqlite3_stmt *statement = NULL;
    const char *rest;

    if (sqlite3_prepare_v3(self->sqlite, text->str, (int)text->len + 1, SQLITE_PREPARE_PERSISTENT,
                           &statement, &rest) != SQLITE_OK) {
        throw(self, error);
        return hadal_prefix_null(error, "prepare %.100s", sql);
    }
    if (!statement || rest[strspn(rest, " \t\r\n;")]) {
        sqlite3_finalize(statement);
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "not one statement: %.100s", sql);
    }
    return statement;
}

static sqlite3_stmt *statement_for(Sqlite *self, const char *sql, GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(self->statements, sql);

    if (statement || !(statement = prepare(self, sql, error)))
        return statement;
    if (g_hash_table_size(self->statements) == MAX_CACHED)
        g_hash_table_remove_all(self->statements);
    g_hash_table_insert(self->statements, g_strdup(sql), statement);
    return statement;
}

static int bind_one(sqlite3_stmt *statement, int index, const DbValue *value)
{
    switch (value->kind) {
    case DB_VALUE_INT:
        return sqlite3_bind_int64(statement, index, value->number);
    case DB_VALUE_TEXT:
        return sqlite3_bind_text(statement, index, value->text, -1, SQLITE_STATIC);
    case DB_VALUE_BYTES:
        return sqlite3_bind_blob64(statement, index, value->text, value->length, SQLITE_STATIC);
    case DB_VALUE_NULL:
        return sqlite3_bind_null(statement, index);
    }
    return SQLITE_MISUSE;
}

static bool bind_all(Sqlite *self, sqlite3_stmt *statement, const DbValue *values, gsize n_values,
                     GError **error)
{
    gsize n_wanted = (gsize)sqlite3_bind_parameter_count(statement);

    if (n_wanted != n_values)
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "%zu values for %zu parameters: %.100s",
                           n_values, n_wanted, sqlite3_sql(statement));
    for (gsize i = 0; i < n_values; i++)
        if (bind_one(statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return throw(self, error);
    return true;
}

static void add_cell(DbRows *rows, sqlite3_stmt *statement, int column)
{
    const char *bytes;

    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        db_rows_add_null(rows);
        return;
    case SQLITE_INTEGER:
        db_rows_add_int(rows, sqlite3_column_int64(statement, column));
        return;
    default:
        bytes = sqlite3_column_blob(statement, column);
        db_rows_add_text(rows, bytes ? bytes : "", (gsize)sqlite3_column_bytes(statement, column));
    }
}

static void add_row(DbRows *rows, sqlite3_stmt *statement)
{
    /* Not before the first step: that may prepare anew, when a table has got a column. */
    int n_columns = sqlite3_column_count(statement);

    db_rows_set_columns(rows, n_columns);
    for (int i = 0; i < n_columns; i++)
        add_cell(rows, statement, i);
}

static bool step_all(Sqlite *self, sqlite3_stmt *statement, DbRows *rows, GError **error)
{
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (rows)
            add_row(rows, statement);
    return code == SQLITE_DONE || throw(self, error);
}

static bool run(Db *db, const char *sql, const DbValue *values, gsize n_values, DbRows *rows,
                gint64 *n_changed, GError **error)
{
    Sqlite *self = self_of(db);
    sqlite3_stmt *statement = statement_for(self, sql, error);
    bool is_ok;

    if (!statement)
        return false;
    is_ok = bind_all(self, statement, values, n_values, error) &&
            step_all(self, statement, rows, error);
    if (is_ok)
        *n_changed = sqlite3_stmt_readonly(statement) ? 0 : sqlite3_changes64(self->sqlite);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement); /* the values are the caller's */
    return is_ok;
}

/* --- transactions --- */

static void rollback(Db *db)
{
    Sqlite *self = self_of(db);

    /* A full disk, for one, has ended it already. What is gone cannot fail to go. */
    if (!sqlite3_get_autocommit(self->sqlite))
        sqlite3_exec(self->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static bool script(Db *db, const char *sql, GError **error)
{
    bool is_ok = execute(self_of(db), sql, error);

    /* It may have begun one of its own. */
    if (!is_ok && !db->is_in_transaction)
        rollback(db);
    return is_ok;
}

static bool begin(Db *db, GError **error)
{
    return execute(self_of(db), "BEGIN IMMEDIATE", error);
}

static bool commit(Db *db, GError **error)
{
    Sqlite *self = self_of(db);

    if (sqlite3_get_autocommit(self->sqlite))
        return hadal_throw(error, HADAL_ERROR_RETRY,
                           "the database has given up the transaction before its end");
    if (execute(self, "COMMIT", error))
        return true;
    rollback(db);
    return false;
}

const DbOps db_sqlite = {
    .scheme = "sqlite:",
    .claim_suffix = "",
    .open = open_db,
    .close = close_db,
    .script = script,
    .run = run,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
};
