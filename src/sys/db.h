// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * The seam between the store and a database: one SQL text for all, positional parameters "$1",
 * "$2". What differs between databases is behind this header; the store never asks which one it
 * has. (SQLite today; PostgreSQL needs an implementation of DbOps and nothing of the store.)
 *
 * db_open() with DB_WRITER gives the process's one writer, which all threads share: a mutex inside
 * serialises calls and transactions, and who waits too long for his turn gets RETRY. A transaction
 * belongs to the thread that began it, and its own db_run() and db_query() are part of it. A
 * DB_READER connection belongs to one thread, cannot write, and blocks nobody.
 */
typedef struct _Db Db;
typedef struct _DbRows DbRows;

typedef enum { DB_WRITER, DB_READER } DbRole;

/*
 * url: "sqlite:/path/to/file". A writer makes the file (0600). Fails with INVALID for an unknown
 * scheme, NOT_FOUND or DENIED for the place, RETRY or INTERNAL for what the database says.
 */
Db *db_open(const char *url, DbRole role, GError **error) MUST_CHECK;
void db_close(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)

/* Several statements without parameters or results: schema changes. */
bool db_script(Db *db, const char *sql, GError **error) MUST_CHECK;

/* A bound value: made by DB_INT, DB_TEXT, DB_BYTES; text may be NULL, then it is NULL. */
typedef enum { DB_VALUE_INT, DB_VALUE_TEXT, DB_VALUE_BYTES, DB_VALUE_NULL } DbValueKind;
typedef struct _DbValue DbValue;
struct _DbValue {
    DbValueKind kind;
    gint64 number;
    const char *text;
    gsize length; /* DB_VALUE_BYTES */
};
#define DB_INT(value)  ((DbValue){ .kind = DB_VALUE_INT, .number = (value) })
#define DB_TEXT(value) ((DbValue){ .kind = DB_VALUE_TEXT, .text = (value) })
#define DB_BYTES(value, size) \
    ((DbValue){ .kind = DB_VALUE_BYTES, .text = (value), .length = (size) })
#define DB_NULL ((DbValue){ .kind = DB_VALUE_NULL })
#define DB_VALUES(...) \
    ((const DbValue[]){ __VA_ARGS__ }), G_N_ELEMENTS(((const DbValue[]){ __VA_ARGS__ }))

/*
 * Runs one statement, which is kept prepared, and keeps its rows: all of them are read before it
 * returns, so that a statement never stays open. n_changed (may be NULL) is how many rows it
 * changed. Fails with CONFLICT when a unique constraint refused it, RETRY when the database is busy
 * or away, else INTERNAL.
 */
DbRows *db_query(Db *db, const char *sql, const DbValue *values, gsize n_values, GError **error)
    MUST_CHECK;
bool db_run(Db *db, const char *sql, const DbValue *values, gsize n_values, gint64 *n_changed,
            GError **error) MUST_CHECK;

/* Moves to the next row; false after the last. Columns count from 0 and are borrowed from rows. */
bool db_rows_next(DbRows *rows);
gint64 db_rows_int(const DbRows *rows, int column);       /* 0 for NULL */
const char *db_rows_text(const DbRows *rows, int column); /* NULL for NULL */
bool db_rows_is_null(const DbRows *rows, int column);
void db_rows_free(DbRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)

/*
 * One writing transaction: takes the writer's mutex until db_commit() or db_rollback(). Declare
 * g_auto(DbTransaction) t = { 0 }: leaving the block without db_commit() rolls back.
 */
typedef struct _DbTransaction DbTransaction;
struct _DbTransaction {
    Db *db;
};
bool db_begin(Db *db, DbTransaction *transaction, GError **error) MUST_CHECK;
bool db_commit(DbTransaction *transaction, GError **error) MUST_CHECK;
void db_rollback(DbTransaction *transaction);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DbTransaction, db_rollback)

/* Appended to the statement that claims a row: "" or "FOR UPDATE SKIP LOCKED". */
const char *db_claim_suffix(const Db *db);
