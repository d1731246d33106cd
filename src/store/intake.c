// SPDX-License-Identifier: Apache-2.0
/* How a delivery becomes commands. What is done with them is in command.c. */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/ids.h"

/* The pull request as it was before this delivery. */
typedef struct _Known Known;
struct _Known {
    gint64 id;
    char *queued_head, *queued_base;
};

static void known_clear(Known *known)
{
    g_free(known->queued_head);
    g_free(known->queued_base);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Known, known_clear)

static const char *const outcome_names[] = {
    [INTAKE_STORED] = "stored",
    [INTAKE_DUPLICATE] = "duplicate",
    [INTAKE_UNCHANGED] = "unchanged",
};

/* ------------------------------------------------------------------ pure */

static bool is_automatic_plan(const NewCommand *command)
{
    return command->kind == COMMAND_PLAN && command->source == SOURCE_PUSH;
}

static bool is_close(const NewCommand *command)
{
    return command->kind == COMMAND_CLOSE;
}

static bool has(const Intake *intake, bool (*is)(const NewCommand *command))
{
    for (gsize i = 0; i < intake->n_commands; i++)
        if (is(&intake->commands[i]))
            return true;
    return false;
}

/* NULL: the event says nothing of it. */
static const char *state_of(const Intake *intake)
{
    if (has(intake, is_close))
        return "closed";
    switch (intake->event->kind) {
    case EVENT_PULL_OPENED:
    case EVENT_PULL_UPDATED:
        return "active";
    default:
        return NULL;
    }
}

/* A head that is not told may be another one. */
static bool is_changed(const Event *event, const Known *known)
{
    return !event->head_commit || g_strcmp0(event->head_commit, known->queued_head) != 0 ||
           (event->base_branch && g_strcmp0(event->base_branch, known->queued_base) != 0);
}

/* ------------------------------------------------------------ statements */

/* A field that this event does not tell stays as it was told before. */
static bool save_repo(Db *db, const RepoRef *repo, gint64 now, gint64 *id, GError **error)
{
    return store_query_int(
        db,
        "INSERT INTO repo (id, host, host_id, locator, full_name, allow_name, created_at, seen_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
        " ON CONFLICT (host, host_id) DO UPDATE SET"
        " locator = COALESCE(excluded.locator, repo.locator),"
        " full_name = COALESCE(excluded.full_name, repo.full_name),"
        " allow_name = COALESCE(excluded.allow_name, repo.allow_name),"
        " seen_at = excluded.seen_at"
        " RETURNING id",
        DB_VALUES(DB_INT(id_new()), DB_TEXT(repo->host), DB_TEXT(repo->host_id),
                  DB_TEXT(repo->locator), DB_TEXT(repo->full_name), DB_TEXT(repo->allow_name),
                  DB_INT(now)),
        id, error);
}

static bool save_pull(Db *db, const Intake *intake, gint64 repo_id, gint64 now, Known *known,
                      GError **error)
{
    const Event *event = intake->event;
    const char *state = state_of(intake);
    g_autoptr(DbRows) rows = db_query(
        db,
        "INSERT INTO pull (id, repo_id, number, url, state, head, base_branch, created_at, seen_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        " ON CONFLICT (repo_id, number) DO UPDATE SET"
        " url = COALESCE(excluded.url, pull.url),"
        " state = CASE WHEN $9 = 1 THEN excluded.state ELSE pull.state END,"
        " head = COALESCE(excluded.head, pull.head),"
        " base_branch = COALESCE(excluded.base_branch, pull.base_branch),"
        " seen_at = excluded.seen_at"
        " RETURNING id, queued_head, queued_base",
        DB_VALUES(DB_INT(id_new()), DB_INT(repo_id), DB_INT(event->pull.number),
                  DB_TEXT(event->pull.url), DB_TEXT(state ? state : "active"),
                  DB_TEXT(event->head_commit), DB_TEXT(event->base_branch), DB_INT(now),
                  DB_INT(state != NULL)),
        error);

    if (!rows)
        return false;
    if (!db_rows_next(rows))
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "the pull request was not stored");
    known->id = db_rows_int(rows, 0);
    known->queued_head = g_strdup(db_rows_text(rows, 1));
    known->queued_base = g_strdup(db_rows_text(rows, 2));
    return true;
}

static bool find_comment(Db *db, gint64 pull_id, const char *comment_ref, bool *is_there,
                         GError **error)
{
    gint64 n = 0;

    if (!store_query_int(db, "SELECT COUNT(*) FROM command WHERE pull_id = $1 AND comment_ref = $2",
                         DB_VALUES(DB_INT(pull_id), DB_TEXT(comment_ref)), &n, error))
        return false;
    *is_there = n > 0;
    return true;
}

/* *is_new is false when the host delivered it before. */
static bool add_delivery(Db *db, const Intake *intake, gint64 pull_id, IntakeOutcome outcome,
                         gint64 now, bool *is_new, GError **error)
{
    const Event *event = intake->event;
    gint64 n = 0;

    if (!db_run(db,
                "INSERT INTO delivery (id, host, key, type, pull_id, body, outcome, received_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                " ON CONFLICT (host, key) DO NOTHING",
                DB_VALUES(DB_INT(id_new()), DB_TEXT(event->pull.repo.host),
                          DB_TEXT(event->delivery_key), DB_TEXT(event->type), DB_INT(pull_id),
                          DB_BYTES(intake->body, intake->length), DB_TEXT(outcome_names[outcome]),
                          DB_INT(now)),
                &n, error))
        return false;
    *is_new = n > 0;
    return true;
}

static bool supersede_plans(Db *db, gint64 pull_id, gint64 now, GError **error)
{
    return db_run(db,
                  "UPDATE command SET state = 'superseded', reason = 'a newer push', ended_at = $2"
                  " WHERE pull_id = $1 AND state = 'queued' AND kind = 'plan' AND source = 'push'",
                  DB_VALUES(DB_INT(pull_id), DB_INT(now)), NULL, error);
}

/* An apply that has begun waits for its report: what it did has to be told all the same. */
static bool cancel_queued(Db *db, gint64 pull_id, gint64 now, GError **error)
{
    return db_run(
        db,
        "UPDATE command SET state = 'cancelled', ended_at = $2,"
        " reason = 'the pull request was closed'"
        " WHERE pull_id = $1 AND state = 'queued' AND NOT (kind IN ('apply', 'import', 'state')"
        "  AND EXISTS (SELECT 1 FROM run WHERE run.command_id = command.id))",
        DB_VALUES(DB_INT(pull_id), DB_INT(now)), NULL, error);
}

static bool set_queued(Db *db, gint64 pull_id, const char *head, const char *base, GError **error)
{
    return db_run(db, "UPDATE pull SET queued_head = $2, queued_base = $3 WHERE id = $1",
                  DB_VALUES(DB_INT(pull_id), DB_TEXT(head), DB_TEXT(base)), NULL, error);
}

bool store_pull_seq(Db *db, gint64 pull_id, gint64 *seq, GError **error)
{
    gint64 next = 0;

    if (!store_query_int(db,
                         "UPDATE pull SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq",
                         DB_VALUES(DB_INT(pull_id)), &next, error))
        return false;
    if (next == 0)
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "no pull request %" G_GINT64_FORMAT,
                           pull_id);
    *seq = next;
    return true;
}

static bool add_command(Db *db, const Intake *intake, gint64 part, gint64 id, gint64 pull_id,
                        gint64 now, GError **error)
{
    const NewCommand *command = &intake->commands[part];
    const CommandArgs none = { 0 };
    g_autofree char *args = codec_args_write(command->args ? command->args : &none);
    const Event *event = intake->event;
    gint64 seq;

    return store_pull_seq(db, pull_id, &seq, error) &&
           db_run(db,
                  "INSERT INTO command (id, pull_id, seq, kind, source, args, actor_id, actor_name,"
                  " actor_login, head, comment_ref, comment_part, state, queued_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued', $13)",
                  DB_VALUES(DB_INT(id), DB_INT(pull_id), DB_INT(seq),
                            DB_TEXT(command_info(command->kind)->name),
                            DB_TEXT(command_source_name(command->source)), DB_TEXT(args),
                            DB_TEXT(event->actor.id), DB_TEXT(event->actor.name),
                            DB_TEXT(event->actor.login), DB_TEXT(event->head_commit),
                            DB_TEXT(event->comment_ref), DB_INT(part), DB_INT(now)),
                  NULL, error);
}

/* -------------------------------------------------------------- together */

/* UNCHANGED also stands for an event that asks for nothing. */
static bool decide(Db *db, const Intake *intake, const Known *known, IntakeOutcome *outcome,
                   GError **error)
{
    const Event *event = intake->event;
    bool is_there = false;

    if (event->comment_ref && !find_comment(db, known->id, event->comment_ref, &is_there, error))
        return false;
    if (is_there)
        *outcome = INTAKE_DUPLICATE;
    else if (intake->n_commands == 0 || (intake->only_if_changed && !is_changed(event, known)))
        *outcome = INTAKE_UNCHANGED;
    else
        *outcome = INTAKE_STORED;
    return true;
}

static bool make_way(Db *db, const Intake *intake, const Known *known, gint64 now, GError **error)
{
    const Event *event = intake->event;
    const char *base = event->base_branch ? event->base_branch : known->queued_base;

    if (has(intake, is_close))
        return cancel_queued(db, known->id, now, error) &&
               set_queued(db, known->id, NULL, NULL, error);
    if (!intake->only_if_changed && !has(intake, is_automatic_plan))
        return true;
    return supersede_plans(db, known->id, now, error) &&
           set_queued(db, known->id, event->head_commit, base, error);
}

/* What goes to the host before any of the commands is done. */
static bool mark_comment(Db *db, const Intake *intake, const Command *first, GError **error)
{
    const char *comment = intake->event->comment_ref;

    if (!comment)
        return true;
    return (!intake->reacts || store_comment_mark_add(db, first, OUTBOX_REACT, comment, error)) &&
           (!intake->settles || store_comment_mark_add(db, first, OUTBOX_SETTLE, comment, error));
}

static bool queue(Db *db, const Intake *intake, const Known *known, gint64 now, GError **error)
{
    const Command first = { .id = id_new(), .pull_id = known->id };

    if (!make_way(db, intake, known, now, error))
        return false;
    for (gsize i = 0; i < intake->n_commands; i++)
        if (!add_command(db, intake, (gint64)i, i ? id_new() : first.id, known->id, now, error))
            return false;
    return mark_comment(db, intake, &first, error);
}

/* *is_new is false when nothing of it is to be kept. */
static bool take_in(Db *db, const Intake *intake, IntakeOutcome *outcome, bool *is_new,
                    GError **error)
{
    const gint64 now = clock_now();
    g_auto(Known) known = { 0 };
    gint64 repo_id = 0;

    return save_repo(db, &intake->event->pull.repo, now, &repo_id, error) &&
           save_pull(db, intake, repo_id, now, &known, error) &&
           decide(db, intake, &known, outcome, error) &&
           add_delivery(db, intake, known.id, *outcome, now, is_new, error) &&
           (!*is_new || *outcome != INTAKE_STORED || queue(db, intake, &known, now, error));
}

/* Without a trace, as if it had not come; the transaction goes on. */
static bool take_back(Db *db, GError **error)
{
    return db_run(db, "ROLLBACK TO SAVEPOINT delivery", NULL, 0, NULL, error) &&
           db_run(db, "RELEASE SAVEPOINT delivery", NULL, 0, NULL, error);
}

/* Fails when there is no use in going on with others. */
static bool take_one(Db *db, const Intake *intake, IntakeResult *result, bool *is_kept,
                     GError **error)
{
    g_autoptr(GError) why = NULL;
    bool is_new = false;

    *is_kept = false;
    if (!db_run(db, "SAVEPOINT delivery", NULL, 0, NULL, error))
        return false;
    if (take_in(db, intake, &result->outcome, &is_new, &why) && is_new) {
        *is_kept = true;
        return db_run(db, "RELEASE SAVEPOINT delivery", NULL, 0, NULL, error);
    }
    if (why && hadal_error_class(why)->retry) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    result->error = g_steal_pointer(&why);
    result->outcome = INTAKE_DUPLICATE;
    return take_back(db, error);
}

static bool take_all(Db *db, const Intake *intakes, gsize n, IntakeResult *results, gsize *n_kept,
                     GError **error)
{
    for (gsize i = 0; i < n; i++) {
        bool is_kept;

        if (!take_one(db, &intakes[i], &results[i], &is_kept, error))
            return false;
        *n_kept += is_kept;
    }
    return true;
}

static void forget(IntakeResult *results, gsize n)
{
    for (gsize i = 0; i < n; i++)
        g_clear_error(&results[i].error);
}

static bool has_commands(const IntakeResult *results, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (!results[i].error && results[i].outcome == INTAKE_STORED)
            return true;
    return false;
}

bool store_intake_all(Store *store, const Intake *intakes, gsize n, IntakeResult *results,
                      GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);
    gsize n_kept = 0;

    if (!db_begin(db, &t, error) || !take_all(db, intakes, n, results, &n_kept, error) ||
        (n_kept > 0 && !db_commit(&t, error))) {
        forget(results, n);
        return hadal_prefix(error, "store the delivery");
    }
    if (has_commands(results, n))
        store_announce(store);
    return true;
}

bool store_intake(Store *store, const Intake *intake, IntakeOutcome *outcome, GError **error)
{
    IntakeResult result = { 0 };

    if (!store_intake_all(store, intake, 1, &result, error))
        return false;
    if (result.error) {
        g_propagate_error(error, result.error);
        return hadal_prefix(error, "store the delivery");
    }
    *outcome = result.outcome;
    return true;
}

bool store_pull_forget_queued(Store *store, gint64 pull_id, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    return db_begin(db, &t, error) && set_queued(db, pull_id, NULL, NULL, error) &&
           db_commit(&t, error);
}
