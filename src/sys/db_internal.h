// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include "sys/db.h"

/*
 * What a database has to offer. db.c keeps two threads from using one writer at once, so an
 * implementation sees one call at a time.
 */
typedef struct _DbOps DbOps;
struct _DbOps {
    const char *scheme;       /* of the URL, with its colon */
    const char *claim_suffix; /* see db_claim_suffix() */

    /* location: the URL behind the scheme. The result begins with a Db; db.c fills that. */
    Db *(*open)(const char *location, DbRole role, GError **error);
    void (*close)(Db *db); /* accepts half-built */

    bool (*script)(Db *db, const char *sql, GError **error);

    /* Adds the rows to rows when that is not NULL. n_changed is 0 for what only reads. */
    bool (*run)(Db *db, const char *sql, const DbValue *values, gsize n_values, DbRows *rows,
                gint64 *n_changed, GError **error);

    bool (*begin)(Db *db, GError **error);
    /* Whatever it returns, the transaction is over. */
    bool (*commit)(Db *db, GError **error);
    void (*rollback)(Db *db);
};

struct _Db {
    const DbOps *ops;
    DbRole role;
    pthread_mutex_t lock; /* recursive; of a writer: held for a call, and through a transaction */
    bool is_in_transaction;
};

/* Cell after cell, row after row. text is copied, and ends in a NUL whatever is in it. */
void db_rows_set_columns(DbRows *rows, int n_columns);
void db_rows_add_null(DbRows *rows);
void db_rows_add_int(DbRows *rows, gint64 number);
void db_rows_add_text(DbRows *rows, const char *text, gsize length);

extern const DbOps db_sqlite;
