// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"
#include "sys/db.h"

/*
 * What the files of the store share, and nobody else. The pattern of a writing function: db_begin()
 * on the store's writer, statements, db_commit(), then store_announce() when it made work.
 */

/* The one connection that writes; its transactions exclude each other. */
Db *store_writer(Store *store);

/* A reading connection for the time of a block: g_auto(Reader) reader = { 0 }. */
typedef struct _Reader Reader;
struct _Reader {
    Store *store;
    Db *db;
};
bool store_read(Store *store, Reader *reader, GError **error) MUST_CHECK;
void reader_release(Reader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_release)

/* Wakes everybody in store_wait(); after the commit. */
void store_announce(Store *store);

/* The schema, version by version; made from migrations/ by the build. */
typedef struct _Migration Migration;
struct _Migration {
    int version;
    const char *name;
    const char *sql;
};
extern const Migration store_migrations[];
extern const gsize store_n_migrations;

/* First column of the first row; number stays as it is when there is no row. */
bool store_query_int(Db *db, const char *sql, const DbValue *values, gsize n_values, gint64 *number,
                     GError **error) MUST_CHECK;

/* ------------------------------------------------------- rows to structs */

/* Of pull p and repo r. */
#define PULL_COLUMNS   "r.host, r.host_id, r.locator, r.full_name, r.allow_name, p.number, p.url"
#define N_PULL_COLUMNS 7
void store_pull_of_row(const DbRows *rows, int column, PullRef *pull);

/* Two columns: id and name. */
void store_actor_of_row(const DbRows *rows, int column, Actor *actor);

/* ---------------------------------------------------------- inside a transaction */

/* The pull request's next place in its order; holds its row until the transaction ends. */
bool store_pull_seq(Db *db, gint64 pull_id, gint64 *seq, GError **error) MUST_CHECK;

/* CONFLICT unless command still runs under the claim that returned it; it stays so until the
 * transaction ends. */
bool store_command_hold(Db *db, const Command *command, GError **error) MUST_CHECK;

/* What is done at the comment that the command, its first, was typed in. */
bool store_comment_mark_add(Db *db, const Command *command, OutboxKind kind,
                            const char *comment_ref, GError **error) MUST_CHECK;
bool store_folds_add(Db *db, const Command *command, GError **error) MUST_CHECK;
bool store_closes_add(Db *db, const Command *command, GError **error) MUST_CHECK;
bool store_merge_add(Db *db, const Command *command, const Merge *merge, GError **error) MUST_CHECK;
bool store_comment_add(Db *db, const Command *command, const NewComment *comment, GError **error)
    MUST_CHECK;
/* *is_queued is set to true when it differs from what was queued last, else left alone. */
bool store_status_add(Db *db, const Command *command, const Status *status, bool *is_queued,
                      GError **error) MUST_CHECK;

/* One row; decision and evidence may be NULL. */
bool store_audit_add(Db *db, const Command *command, const char *action, const char *decision,
                     const char *evidence, GError **error) MUST_CHECK;

/* The project's row, made or made known again. */
bool store_project_save(Db *db, gint64 pull_id, const ProjectRef *project, gint64 *id,
                        GError **error) MUST_CHECK;
/* Not one whose apply was begun: it stays known until unlock or close. */
bool store_project_forget(Db *db, gint64 id, GError **error) MUST_CHECK;
/* Ids (of gint64) of the pull request's known projects. */
GArray *store_project_ids(Db *db, gint64 pull_id, GError **error) MUST_CHECK;

/* Gives up all locks of the pull request and returns them (Lock, owned). */
GPtrArray *store_locks_drop(Db *db, gint64 pull_id, GError **error) MUST_CHECK;
/* The same of projects (of ProjectRef), but for what their other projects need. */
GPtrArray *store_locks_drop_of(Db *db, gint64 pull_id, const GPtrArray *projects, GError **error)
    MUST_CHECK;

/* Discards the project's live plan, if it has one. */
bool store_plan_discard(Db *db, gint64 project_id, GError **error) MUST_CHECK;
bool store_plan_add(Db *db, const Plan *plan, gint64 project_id, gint64 run_id, GError **error)
    MUST_CHECK;
/* False in *is_taken when it is not the project's live plan. */
bool store_plan_consume(Db *db, gint64 id, gint64 project_id, gint64 run_id, bool *is_taken,
                        GError **error) MUST_CHECK;
/* Files (char *, owned) of the pull request's plans that nothing needs any more. */
GPtrArray *store_plan_paths(Db *db, gint64 pull_id, GError **error) MUST_CHECK;

/* --------------------------------------------------------------- codec.c */

/* JSON of what no statement looks into. Reading fails with INTERNAL: only we write it. */
char *codec_args_write(const CommandArgs *args);
bool codec_args_read(const char *text, CommandArgs *args, GError **error) MUST_CHECK;
char *codec_merge_write(const Merge *merge);
Merge *codec_merge_read(const char *text, GError **error) MUST_CHECK;
char *codec_status_write(const Status *status);
Status *codec_status_read(const char *text, GError **error) MUST_CHECK;
/* NULL for counts that are not known, and back. */
char *codec_counts_write(const ChangeCounts *counts);
bool codec_counts_read(const char *text, ChangeCounts *counts, GError **error) MUST_CHECK;
char *codec_words_write(const char *const *words);
GStrv codec_words_read(const char *text, GError **error) MUST_CHECK;
/* Of Lock, owned. */
char *codec_locks_write(const GPtrArray *locks);
GPtrArray *codec_locks_read(const char *text, GError **error) MUST_CHECK;
