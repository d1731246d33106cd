// SPDX-License-Identifier: Apache-2.0
/* A command from its claim to its end. How it came in is in intake.c. */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/ids.h"

/* ----------------------------------------------------------------- claim */

/* One that is blocked by an older one of its pull request is no candidate, whatever its own state.
 */
static bool find_work(Db *db, gint64 now, gint64 *id, GError **error)
{
    g_autofree char *sql =
        g_strconcat("SELECT c.id FROM command c WHERE c.state = 'queued' AND c.not_before <= $1"
                    " AND c.kind <> 'cancel' AND NOT EXISTS (SELECT 1 FROM command older WHERE "
                    "older.pull_id = c.pull_id"
                    "  AND older.seq < c.seq AND older.state IN ('queued', 'running'))"
                    " ORDER BY c.queued_at, c.id LIMIT 1 ",
                    db_claim_suffix(db), NULL);

    return store_query_int(db, sql, DB_VALUES(DB_INT(now)), id, error);
}

static bool find_cancel(Db *db, gint64 now, gint64 *id, GError **error)
{
    g_autofree char *sql =
        g_strconcat("SELECT c.id FROM command c WHERE c.state = 'queued' AND c.not_before <= $1"
                    " AND c.kind = 'cancel' ORDER BY c.queued_at, c.id LIMIT 1 ",
                    db_claim_suffix(db), NULL);

    return store_query_int(db, sql, DB_VALUES(DB_INT(now)), id, error);
}

static bool find_claimable(Db *db, ClaimKind kind, gint64 now, gint64 *id, GError **error)
{
    return kind == CLAIM_CANCEL ? find_cancel(db, now, id, error) : find_work(db, now, id, error);
}

static bool lease(Db *db, gint64 id, const char *owner, gint64 now, gint64 lease_ms, GError **error)
{
    return db_run(db,
                  "UPDATE command SET state = 'running', owner = $2, lease_until = $3,"
                  " attempts = attempts + 1, started_at = $4 WHERE id = $1",
                  DB_VALUES(DB_INT(id), DB_TEXT(owner), DB_INT(now + lease_ms), DB_INT(now)), NULL,
                  error);
}

static bool read_names(const DbRows *rows, int column, Command *command, GError **error)
{
    const char *kind = db_rows_text(rows, column), *source = db_rows_text(rows, column + 1),
               *state = db_rows_text(rows, column + 2);

    return (command_kind_find(kind, &command->kind) &&
            command_source_find(source, &command->source) &&
            command_state_find(state, &command->state)) ||
           hadal_throw(error, HADAL_ERROR_INTERNAL,
                       "command %" G_GINT64_FORMAT ": stored by a newer hadal: %s, %s, %s",
                       command->id, kind, source, state);
}

static Command *of_row(const DbRows *rows, GError **error)
{
    g_autoptr(Command) command = command_new();

    command->id = db_rows_int(rows, 0);
    command->pull_id = db_rows_int(rows, 1);
    if (!read_names(rows, 2, command, error) ||
        !codec_args_read(db_rows_text(rows, 5), &command->args, error))
        return NULL;
    store_actor_of_row(rows, 6, &command->actor);
    command->head = g_strdup(db_rows_text(rows, 8));
    command->attempts = (int)db_rows_int(rows, 9);
    command->queued_at = db_rows_int(rows, 10);
    command->actor.login = g_strdup(db_rows_text(rows, 11));
    command->cancel_asked_by = g_strdup(db_rows_text(rows, 12));
    store_pull_of_row(rows, 13, &command->pull);
    return g_steal_pointer(&command);
}

static Command *load(Db *db, gint64 id, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(db,
                 "SELECT c.id, c.pull_id, c.kind, c.source, c.state, c.args, c.actor_id,"
                 " c.actor_name, c.head, c.attempts, c.queued_at, c.actor_login,"
                 " c.cancel_asked_by, " PULL_COLUMNS
                 " FROM command c JOIN pull p ON p.id = c.pull_id JOIN repo r ON r.id = p.repo_id"
                 " WHERE c.id = $1",
                 DB_VALUES(DB_INT(id)), error);

    if (!rows)
        return NULL;
    if (!db_rows_next(rows))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "command %" G_GINT64_FORMAT " is gone",
                                id);
    return of_row(rows, error);
}

bool store_command_claim(Store *store, ClaimKind kind, const char *owner, gint64 lease_ms,
                         Command **command, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    g_autoptr(Command) claimed = NULL;
    const gint64 now = clock_now();
    Db *db = store_writer(store);
    gint64 id = 0;

    if (!db_begin(db, &t, error) || !find_claimable(db, kind, now, &id, error))
        return hadal_prefix(error, "claim a command");
    if (id != 0) {
        if (!lease(db, id, owner, now, lease_ms, error))
            return hadal_prefix(error, "claim a command");
        claimed = load(db, id, error);
        if (!claimed || !db_commit(&t, error))
            return hadal_prefix(error, "claim a command");
    }
    *command = g_steal_pointer(&claimed);
    return true;
}

/* ---------------------------------------------------------------- leases */

static bool renew(Db *db, const char *sql, const char *owner, gint64 until, GError **error)
{
    return db_run(db, sql, DB_VALUES(DB_TEXT(owner), DB_INT(until)), NULL, error);
}

bool store_leases_renew(Store *store, const char *owner, gint64 lease_ms, GError **error)
{
    const gint64 until = clock_now() + lease_ms;
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) ||
        !renew(db, "UPDATE command SET lease_until = $2 WHERE state = 'running' AND owner = $1",
               owner, until, error) ||
        !renew(db, "UPDATE outbox SET lease_until = $2 WHERE state = 'sending' AND owner = $1",
               owner, until, error) ||
        !db_commit(&t, error))
        return hadal_prefix(error, "renew the leases");
    return true;
}

static bool recover(Db *db, const char *sql, const char *owner, bool all_others, gint64 *n,
                    GError **error)
{
    return db_run(db, sql, DB_VALUES(DB_INT(clock_now()), DB_INT(all_others), DB_TEXT(owner)), n,
                  error);
}

static bool recover_both(Db *db, const char *owner, bool all_others, gint64 *n, GError **error)
{
    gint64 n_commands = 0, n_items = 0;

    if (!recover(db,
                 "UPDATE command SET state = 'queued', owner = NULL, lease_until = 0"
                 " WHERE state = 'running' AND (lease_until <= $1 OR ($2 = 1 AND owner <> $3))",
                 owner, all_others, &n_commands, error) ||
        !recover(db,
                 "UPDATE outbox SET state = 'waiting', owner = NULL, lease_until = 0"
                 " WHERE state = 'sending' AND (lease_until <= $1 OR ($2 = 1 AND owner <> $3))",
                 owner, all_others, &n_items, error))
        return false;
    *n = n_commands + n_items;
    return true;
}

bool store_recover(Store *store, const char *owner, bool all_others, gint64 *n_recovered,
                   GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);
    gint64 n = 0;

    if (!db_begin(db, &t, error) || !recover_both(db, owner, all_others, &n, error) ||
        !db_commit(&t, error))
        return hadal_prefix(error, "recover");
    if (n > 0)
        store_announce(store);
    if (n_recovered)
        *n_recovered = n;
    return true;
}

/* -------------------------------------------------------- while it runs */

static bool lost(const Command *command, GError **error)
{
    return hadal_throw(error, HADAL_ERROR_CONFLICT,
                       "command %" G_GINT64_FORMAT " is no longer ours: its lease ran out",
                       command->id);
}

/* The update changes nothing; it is there to keep others from claiming the row meanwhile. */
bool store_command_hold(Db *db, const Command *command, GError **error)
{
    gint64 n = 0;

    if (!db_run(db,
                "UPDATE command SET owner = owner"
                " WHERE id = $1 AND state = 'running' AND attempts = $2",
                DB_VALUES(DB_INT(command->id), DB_INT(command->attempts)), &n, error))
        return false;
    return n == 1 || lost(command, error);
}

static bool put_back(Db *db, const Command *command, gint64 not_before, const char *reason,
                     GError **error)
{
    return db_run(db,
                  "UPDATE command SET state = 'queued', owner = NULL, lease_until = 0,"
                  " not_before = $2, reason = $3 WHERE id = $1",
                  DB_VALUES(DB_INT(command->id), DB_INT(not_before), DB_TEXT(reason)), NULL, error);
}

bool store_command_requeue(Store *store, const Command *command, gint64 not_before,
                           const char *reason, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !store_command_hold(db, command, error) ||
        !put_back(db, command, not_before, reason, error) || !db_commit(&t, error))
        return hadal_prefix(error, "queue again");
    store_announce(store);
    return true;
}

bool store_status_queue(Store *store, const Command *command, const Status *status, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);
    bool is_queued = false;

    if (!db_begin(db, &t, error) || !store_command_hold(db, command, error) ||
        !store_status_add(db, command, status, &is_queued, error) || !db_commit(&t, error))
        return hadal_prefix(error, "status %s", status->name);
    if (is_queued)
        store_announce(store);
    return true;
}

bool store_command_has_status(Store *store, const Command *command, bool *has, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db,
                    "SELECT id FROM outbox WHERE pull_id = $1 AND command_id = $2"
                    " AND status_name IS NOT NULL LIMIT 1",
                    DB_VALUES(DB_INT(command->pull_id), DB_INT(command->id)), error);
    if (!rows)
        return false;
    *has = db_rows_next(rows);
    return true;
}

bool store_work_counts(Store *store, WorkCounts *counts, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db,
                    "SELECT (SELECT COUNT(*) FROM command WHERE state = 'queued'),"
                    " (SELECT COUNT(*) FROM command WHERE state = 'running'),"
                    " (SELECT COUNT(*) FROM outbox WHERE state IN ('waiting', 'sending'))",
                    NULL, 0, error);
    if (!rows)
        return false;
    if (db_rows_next(rows))
        *counts = (WorkCounts){
            .queued = db_rows_int(rows, 0),
            .running = db_rows_int(rows, 1),
            .waiting_posts = db_rows_int(rows, 2),
        };
    return true;
}

bool store_pull_planned(Store *store, gint64 pull_id, char **head, char **base_branch,
                        GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_autoptr(DbRows) rows = NULL;

    if (!store_read(store, &reader, error))
        return false;
    rows = db_query(reader.db, "SELECT planned_head, planned_base FROM pull WHERE id = $1",
                    DB_VALUES(DB_INT(pull_id)), error);
    if (!rows)
        return false;
    if (db_rows_next(rows)) {
        *head = g_strdup(db_rows_text(rows, 0));
        *base_branch = g_strdup(db_rows_text(rows, 1));
    }
    return true;
}

/* ------------------------------------------------------------------- end */

static bool set_ended(Db *db, const CommandEnd *end, gint64 now, GError **error)
{
    return db_run(db,
                  "UPDATE command SET state = $2, reason = $3, ended_at = $4, owner = NULL,"
                  " lease_until = 0 WHERE id = $1",
                  DB_VALUES(DB_INT(end->command->id), DB_TEXT(command_state_name(end->state)),
                            DB_TEXT(end->reason), DB_INT(now)),
                  NULL, error);
}

/* A run of this command that is still open was begun by a process that died, and done again since.
 */
static bool end_open_runs(Db *db, const CommandEnd *end, gint64 now, GError **error)
{
    return db_run(db,
                  "UPDATE run SET state = 'interrupted', ended_at = $2"
                  " WHERE command_id = $1 AND state = 'running'",
                  DB_VALUES(DB_INT(end->command->id), DB_INT(now)), NULL, error);
}

static bool set_planned_head(Db *db, const CommandEnd *end, GError **error)
{
    return db_run(db, "UPDATE pull SET planned_head = $2, planned_base = $3 WHERE id = $1",
                  DB_VALUES(DB_INT(end->command->pull_id), DB_TEXT(end->planned_head),
                            DB_TEXT(end->planned_base)),
                  NULL, error);
}

bool store_audit_add(Db *db, const Command *command, const char *action, const char *decision,
                     const char *evidence, GError **error)
{
    g_autofree char *subject = g_strdup_printf(
        "%s!%" G_GINT64_FORMAT, command->pull.repo.full_name ? command->pull.repo.full_name : "",
        command->pull.number);

    return db_run(db,
                  "INSERT INTO audit (id, pull_id, command_id, actor_id, actor_name, action,"
                  " subject, decision, evidence, made_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                  DB_VALUES(DB_INT(id_new()), DB_INT(command->pull_id), DB_INT(command->id),
                            DB_TEXT(command->actor.id), DB_TEXT(command->actor.name),
                            DB_TEXT(action), DB_TEXT(subject), DB_TEXT(decision), DB_TEXT(evidence),
                            DB_INT(clock_now())),
                  NULL, error);
}

static bool add_statuses(Db *db, const CommandEnd *end, GError **error)
{
    bool is_queued;

    for (gsize i = 0; i < end->n_statuses; i++)
        if (!store_status_add(db, end->command, end->statuses[i], &is_queued, error))
            return hadal_prefix(error, "status %s", end->statuses[i]->name);
    return true;
}

static bool finish(Db *db, const CommandEnd *end, GError **error)
{
    const gint64 now = clock_now();

    return store_command_hold(db, end->command, error) && set_ended(db, end, now, error) &&
           end_open_runs(db, end, now, error) &&
           (!end->comment || store_comment_add(db, end->command, end->comment, error)) &&
           (!end->second || store_comment_add(db, end->command, end->second, error)) &&
           (!end->folds_plans || store_folds_add(db, end->command, error)) &&
           (!end->closes_threads || store_closes_add(db, end->command, error)) &&
           add_statuses(db, end, error) &&
           (!end->merge || store_merge_add(db, end->command, end->merge, error)) &&
           (!end->planned_head || set_planned_head(db, end, error)) &&
           (!end->audit_action || store_audit_add(db, end->command, end->audit_action,
                                                  end->audit_decision, end->audit_evidence, error));
}

bool store_command_finish(Store *store, const CommandEnd *end, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    g_assert(end->state != COMMAND_QUEUED && command_state_can_become(COMMAND_RUNNING, end->state));
    if (!db_begin(db, &t, error) || !finish(db, end, error) || !db_commit(&t, error))
        return hadal_prefix(error, "end of %s", command_info(end->command->kind)->name);
    store_announce(store);
    return true;
}
