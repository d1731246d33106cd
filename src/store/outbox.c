// SPDX-License-Identifier: Apache-2.0
/* What waits to be told to hosts, in the order of its pull request. */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/ids.h"

static const char *const kind_names[OUTBOX_KINDS] = {
    [OUTBOX_COMMENT] = "comment", [OUTBOX_STATUS] = "status", [OUTBOX_MERGE] = "merge",
    [OUTBOX_FOLD] = "fold",       [OUTBOX_REACT] = "react",   [OUTBOX_SETTLE] = "settle",
    [OUTBOX_CLOSE] = "close",
};

static bool find_kind(const char *name, OutboxKind *kind)
{
    for (int i = 0; i < OUTBOX_KINDS; i++)
        if (g_str_equal(kind_names[i], name)) {
            *kind = (OutboxKind)i;
            return true;
        }
    return false;
}

void outbox_item_free(OutboxItem *item)
{
    if (!item)
        return;
    pull_ref_clear(&item->pull);
    g_free(item->key);
    g_free(item->text);
    g_free(item->thread);
    g_free(item->folds);
    status_free(item->status);
    merge_free(item->merge);
    g_free(item);
}

/* -------------------------------------------------------------- queueing */

/* A key that is there was queued before; once is enough. */
static bool add_part(Db *db, const Command *command, const NewComment *comment, gsize part,
                     GError **error)
{
    const bool is_first = part == 0;
    g_autofree char *key = is_first
                               ? g_strdup(comment->key)
                               : g_strdup_printf("%s:%" G_GSIZE_FORMAT, comment->key, part + 1);
    gint64 seq;

    return store_pull_seq(db, command->pull_id, &seq, error) &&
           db_run(db,
                  "INSERT INTO outbox (id, pull_id, seq, command_id, kind, key, body, is_active,"
                  " thread_key, state, queued_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)"
                  " ON CONFLICT (key) DO NOTHING",
                  DB_VALUES(DB_INT(id_new()), DB_INT(command->pull_id), DB_INT(seq),
                            DB_INT(command->id), DB_TEXT(kind_names[OUTBOX_COMMENT]), DB_TEXT(key),
                            DB_TEXT(comment->parts[part]), DB_INT(comment->state == THREAD_ACTIVE),
                            DB_TEXT(is_first ? NULL : comment->key), DB_INT(clock_now())),
                  NULL, error);
}

bool store_comment_add(Db *db, const Command *command, const NewComment *comment, GError **error)
{
    for (gsize i = 0; comment->parts[i]; i++)
        if (!add_part(db, command, comment, i, error))
            return hadal_prefix(error, "comment %s", comment->key);
    return true;
}

/*
 * Comments of plan commands before this one of which nothing holds any more: no plan of theirs can
 * be applied, and each of their projects was planned again or is not part of the change now.
 */
static DbRows *find_outdated(Db *db, const Command *command, GError **error)
{
    return db_query(
        db,
        "SELECT o.key, o.is_active, o.thread_key FROM outbox o JOIN command c ON c.id = "
        "o.command_id"
        " WHERE o.pull_id = $1 AND o.kind = 'comment' AND o.state <> 'dropped'"
        " AND c.kind = 'plan' AND c.id <> $2"
        " AND NOT EXISTS (SELECT 1 FROM outbox fold"
        "  WHERE fold.pull_id = o.pull_id AND fold.kind = 'fold' AND fold.thread_key = o.key)"
        " AND NOT EXISTS (SELECT 1 FROM plan p JOIN run r ON r.id = p.run_id"
        "  WHERE r.command_id = c.id AND p.consumed_at = 0 AND p.discarded_at = 0)"
        " AND NOT EXISTS (SELECT 1 FROM run r JOIN project j ON j.id = r.project_id"
        "  WHERE r.command_id = c.id AND j.is_forgotten = 0"
        "  AND NOT EXISTS (SELECT 1 FROM run newer JOIN command later ON later.id = "
        "newer.command_id"
        "   WHERE newer.project_id = r.project_id AND later.kind = 'plan' AND later.seq > c.seq))"
        " ORDER BY o.seq",
        DB_VALUES(DB_INT(command->pull_id), DB_INT(command->id)), error);
}

/* The text is not kept twice: it is read from the comment's own row. */
static bool add_fold(Db *db, const Command *command, const DbRows *comment, GError **error)
{
    const bool is_first = db_rows_text(comment, 2) == NULL;
    const bool is_active = is_first && db_rows_int(comment, 1);
    const char *folds = db_rows_text(comment, 0);
    g_autofree char *key = g_strconcat("fold-", folds, NULL);
    gint64 seq;

    return store_pull_seq(db, command->pull_id, &seq, error) &&
           db_run(db,
                  "INSERT INTO outbox (id, pull_id, seq, command_id, kind, key, body, is_active,"
                  " thread_key, state, queued_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8, 'waiting', $9)",
                  DB_VALUES(DB_INT(id_new()), DB_INT(command->pull_id), DB_INT(seq),
                            DB_INT(command->id), DB_TEXT(kind_names[OUTBOX_FOLD]), DB_TEXT(key),
                            DB_INT(is_active), DB_TEXT(folds), DB_INT(clock_now())),
                  NULL, error);
}

bool store_folds_add(Db *db, const Command *command, GError **error)
{
    g_autoptr(DbRows) rows = find_outdated(db, command, error);

    if (!rows)
        return false;
    while (db_rows_next(rows))
        if (!add_fold(db, command, rows, error))
            return hadal_prefix(error, "fold %s", db_rows_text(rows, 0));
    return true;
}

/*
 * Comments of earlier plans and applies that were left open for somebody to act, and that is over:
 * each project that they failed for was planned or applied again, or is not part of the change now.
 */
static DbRows *find_settled(Db *db, const Command *command, GError **error)
{
    return db_query(db,
                    "SELECT o.key FROM outbox o JOIN command c ON c.id = o.command_id"
                    " WHERE o.pull_id = $1 AND o.kind = 'comment' AND o.is_active = 1"
                    " AND o.thread_key IS NULL AND o.state <> 'dropped'"
                    " AND c.kind IN ('plan', 'apply') AND c.id <> $2"
                    " AND NOT EXISTS (SELECT 1 FROM outbox later WHERE later.pull_id = o.pull_id"
                    "  AND later.kind IN ('fold', 'close') AND later.thread_key = o.key)"
                    " AND NOT EXISTS (SELECT 1 FROM run r JOIN project j ON j.id = r.project_id"
                    "  WHERE r.command_id = c.id AND r.state <> 'ok' AND j.is_forgotten = 0"
                    "  AND NOT EXISTS (SELECT 1 FROM run newer JOIN command later ON later.id = "
                    "newer.command_id"
                    "   WHERE newer.project_id = r.project_id AND later.kind IN ('plan', 'apply')"
                    "   AND later.seq > c.seq))"
                    " ORDER BY o.seq",
                    DB_VALUES(DB_INT(command->pull_id), DB_INT(command->id)), error);
}

static bool add_close(Db *db, const Command *command, const char *closes, GError **error)
{
    g_autofree char *key = g_strconcat("close-", closes, NULL);
    gint64 seq;

    return store_pull_seq(db, command->pull_id, &seq, error) &&
           db_run(db,
                  "INSERT INTO outbox (id, pull_id, seq, command_id, kind, key, body, thread_key,"
                  " state, queued_at) VALUES ($1, $2, $3, $4, $5, $6, '', $7, 'waiting', $8)",
                  DB_VALUES(DB_INT(id_new()), DB_INT(command->pull_id), DB_INT(seq),
                            DB_INT(command->id), DB_TEXT(kind_names[OUTBOX_CLOSE]), DB_TEXT(key),
                            DB_TEXT(closes), DB_INT(clock_now())),
                  NULL, error);
}

bool store_closes_add(Db *db, const Command *command, GError **error)
{
    g_autoptr(DbRows) rows = find_settled(db, command, error);

    if (!rows)
        return false;
    while (db_rows_next(rows))
        if (!add_close(db, command, db_rows_text(rows, 0), error))
            return hadal_prefix(error, "close %s", db_rows_text(rows, 0));
    return true;
}

bool store_comment_mark_add(Db *db, const Command *command, OutboxKind kind,
                            const char *comment_ref, GError **error)
{
    g_autofree char *key = g_strdup_printf("%s-%" G_GINT64_FORMAT, kind_names[kind], command->id);
    gint64 seq;

    return store_pull_seq(db, command->pull_id, &seq, error) &&
           db_run(db,
                  "INSERT INTO outbox (id, pull_id, seq, command_id, kind, key, body, state,"
                  " queued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)",
                  DB_VALUES(DB_INT(id_new()), DB_INT(command->pull_id), DB_INT(seq),
                            DB_INT(command->id), DB_TEXT(kind_names[kind]), DB_TEXT(key),
                            DB_TEXT(comment_ref), DB_INT(clock_now())),
                  NULL, error);
}

bool store_merge_add(Db *db, const Command *command, const Merge *merge, GError **error)
{
    g_autofree char *body = codec_merge_write(merge);
    g_autofree char *key = g_strdup_printf("merge-%" G_GINT64_FORMAT, command->id);
    gint64 seq;

    return store_pull_seq(db, command->pull_id, &seq, error) &&
           db_run(db,
                  "INSERT INTO outbox (id, pull_id, seq, command_id, kind, key, body, state,"
                  " queued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)"
                  " ON CONFLICT (key) DO NOTHING",
                  DB_VALUES(DB_INT(id_new()), DB_INT(command->pull_id), DB_INT(seq),
                            DB_INT(command->id), DB_TEXT(kind_names[OUTBOX_MERGE]), DB_TEXT(key),
                            DB_TEXT(body), DB_INT(clock_now())),
                  NULL, error);
}

/* What was given up does not count: the host never showed it. */
static bool is_last_status(Db *db, gint64 pull_id, const char *name, const char *head,
                           const char *body, bool *is_same, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(db,
                 "SELECT body FROM outbox"
                 " WHERE pull_id = $1 AND status_name = $2 AND status_head = $3"
                 " AND state <> 'dropped' ORDER BY seq DESC LIMIT 1",
                 DB_VALUES(DB_INT(pull_id), DB_TEXT(name), DB_TEXT(head)), error);

    if (!rows)
        return false;
    *is_same = db_rows_next(rows) && g_str_equal(db_rows_text(rows, 0), body);
    return true;
}

static bool insert_status(Db *db, const Command *command, gint64 seq, const char *name,
                          const char *head, const char *body, GError **error)
{
    const gint64 id = id_new();
    g_autofree char *key = g_strdup_printf("status:%" G_GINT64_FORMAT, id);

    return db_run(db,
                  "INSERT INTO outbox (id, pull_id, seq, command_id, kind, key, body, status_name,"
                  " status_head, state, queued_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)",
                  DB_VALUES(DB_INT(id), DB_INT(command->pull_id), DB_INT(seq), DB_INT(command->id),
                            DB_TEXT(kind_names[OUTBOX_STATUS]), DB_TEXT(key), DB_TEXT(body),
                            DB_TEXT(name), DB_TEXT(head), DB_INT(clock_now())),
                  NULL, error);
}

/* The place is taken first: it keeps two from finding the same last status. */
bool store_status_add(Db *db, const Command *command, const Status *status, bool *is_queued,
                      GError **error)
{
    g_autofree char *body = codec_status_write(status);
    const char *head = status->head ? status->head : "";
    bool is_same = false;
    gint64 seq;

    if (!store_pull_seq(db, command->pull_id, &seq, error) ||
        !is_last_status(db, command->pull_id, status->name, head, body, &is_same, error))
        return false;
    if (is_same)
        return true;
    if (!insert_status(db, command, seq, status->name, head, body, error))
        return false;
    *is_queued = true;
    return true;
}

/* ----------------------------------------------------------------- claim */

static bool find_claimable(Db *db, gint64 now, gint64 *id, GError **error)
{
    g_autofree char *sql =
        g_strconcat("SELECT o.id FROM outbox o WHERE o.state = 'waiting' AND o.next_try <= $1"
                    " AND NOT EXISTS (SELECT 1 FROM outbox older WHERE older.pull_id = o.pull_id"
                    "  AND older.seq < o.seq AND older.state IN ('waiting', 'sending'))"
                    " ORDER BY o.queued_at, o.id LIMIT 1 ",
                    db_claim_suffix(db), NULL);

    return store_query_int(db, sql, DB_VALUES(DB_INT(now)), id, error);
}

static bool lease(Db *db, gint64 id, const char *owner, gint64 until, GError **error)
{
    return db_run(db,
                  "UPDATE outbox SET state = 'sending', owner = $2, lease_until = $3,"
                  " attempts = attempts + 1 WHERE id = $1",
                  DB_VALUES(DB_INT(id), DB_TEXT(owner), DB_INT(until)), NULL, error);
}

static bool read_body(const DbRows *rows, int column, OutboxItem *item, GError **error)
{
    const char *kind = db_rows_text(rows, column), *body = db_rows_text(rows, column + 1);

    if (!find_kind(kind, &item->kind))
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "outbox: stored by a newer hadal: %s",
                           kind);
    if (item->kind == OUTBOX_STATUS) {
        item->status = codec_status_read(body, error);
        return item->status != NULL;
    }
    if (item->kind == OUTBOX_MERGE) {
        item->merge = codec_merge_read(body, error);
        return item->merge != NULL;
    }
    item->text = g_strdup(body);
    return true;
}

static void read_folded(const DbRows *rows, int column, OutboxItem *item)
{
    if (item->kind != OUTBOX_FOLD)
        return;
    g_free(item->text);
    item->folds = g_strdup(db_rows_text(rows, column));
    item->text = g_strdup(db_rows_text(rows, column + 1));
}

static OutboxItem *of_row(const DbRows *rows, GError **error)
{
    g_autoptr(OutboxItem) item = g_new0(OutboxItem, 1);

    item->id = db_rows_int(rows, 0);
    item->key = g_strdup(db_rows_text(rows, 1));
    if (!read_body(rows, 2, item, error))
        return NULL;
    item->state = db_rows_int(rows, 4) ? THREAD_ACTIVE : THREAD_CLOSED;
    item->attempts = (int)db_rows_int(rows, 5) - 1;
    item->queued_at = db_rows_int(rows, 6);
    item->thread = g_strdup(db_rows_text(rows, 7));
    item->pull_id = db_rows_int(rows, 8);
    item->command_id = db_rows_int(rows, 9);
    read_folded(rows, 10, item);
    store_pull_of_row(rows, 12, &item->pull);
    return g_steal_pointer(&item);
}

static OutboxItem *load(Db *db, gint64 id, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(db,
                 "SELECT o.id, o.key, o.kind, o.body, o.is_active, o.attempts, o.queued_at,"
                 " first.reference, o.pull_id, o.command_id, first.key, first.body, " PULL_COLUMNS
                 " FROM outbox o"
                 " JOIN pull p ON p.id = o.pull_id JOIN repo r ON r.id = p.repo_id"
                 " LEFT JOIN outbox first ON first.key = o.thread_key WHERE o.id = $1",
                 DB_VALUES(DB_INT(id)), error);

    if (!rows)
        return NULL;
    if (!db_rows_next(rows))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "item %" G_GINT64_FORMAT " is gone",
                                id);
    return of_row(rows, error);
}

bool store_outbox_claim(Store *store, const char *owner, gint64 lease_ms, OutboxItem **item,
                        GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    g_autoptr(OutboxItem) claimed = NULL;
    const gint64 now = clock_now();
    Db *db = store_writer(store);
    gint64 id = 0;

    if (!db_begin(db, &t, error) || !find_claimable(db, now, &id, error))
        return hadal_prefix(error, "claim an outbox item");
    if (id != 0) {
        if (!lease(db, id, owner, now + lease_ms, error))
            return hadal_prefix(error, "claim an outbox item");
        claimed = load(db, id, error);
        if (!claimed || !db_commit(&t, error))
            return hadal_prefix(error, "claim an outbox item");
    }
    *item = g_steal_pointer(&claimed);
    return true;
}

/* ------------------------------------------------------------------- end */

/* Also when somebody else took it over meanwhile: it is posted, whoever did it. */
static bool set_done(Db *db, gint64 id, const char *reference, GError **error)
{
    return db_run(db,
                  "UPDATE outbox SET state = 'done', reference = $2, ended_at = $3, owner = NULL,"
                  " lease_until = 0 WHERE id = $1 AND state <> 'done'",
                  DB_VALUES(DB_INT(id), DB_TEXT(reference), DB_INT(clock_now())), NULL, error);
}

static bool set_waiting(Db *db, gint64 id, gint64 next_try, const char *why, GError **error)
{
    return db_run(db,
                  "UPDATE outbox SET state = 'waiting', next_try = $2, reason = $3, owner = NULL,"
                  " lease_until = 0 WHERE id = $1 AND state = 'sending'",
                  DB_VALUES(DB_INT(id), DB_INT(next_try), DB_TEXT(why)), NULL, error);
}

static bool set_dropped(Db *db, gint64 id, const char *why, GError **error)
{
    return db_run(db,
                  "UPDATE outbox SET state = 'dropped', reason = $2, ended_at = $3, owner = NULL,"
                  " lease_until = 0 WHERE id = $1 AND state IN ('sending', 'waiting')",
                  DB_VALUES(DB_INT(id), DB_TEXT(why), DB_INT(clock_now())), NULL, error);
}

bool store_outbox_done(Store *store, gint64 id, const char *reference, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !set_done(db, id, reference, error) || !db_commit(&t, error))
        return hadal_prefix(error, "outbox");
    store_announce(store);
    return true;
}

bool store_outbox_retry(Store *store, gint64 id, gint64 next_try, const char *why, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !set_waiting(db, id, next_try, why, error) ||
        !db_commit(&t, error))
        return hadal_prefix(error, "outbox");
    store_announce(store);
    return true;
}

bool store_outbox_drop(Store *store, gint64 id, const char *why, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !set_dropped(db, id, why, error) || !db_commit(&t, error))
        return hadal_prefix(error, "outbox");
    store_announce(store);
    return true;
}

bool store_outbox_refuse(Store *store, const OutboxItem *item, const char *why,
                         const NewComment *comment, GError **error)
{
    const Command command = { .id = item->command_id, .pull_id = item->pull_id };
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !set_dropped(db, item->id, why, error) ||
        !store_comment_add(db, &command, comment, error) || !db_commit(&t, error))
        return hadal_prefix(error, "outbox");
    store_announce(store);
    return true;
}

/* Of those with nothing older before them; the others become due by what others do. */
static const char *const next_due[CLAIM_KINDS] = {
    [CLAIM_WORK] = "SELECT MIN(c.not_before) FROM command c WHERE c.state = 'queued'"
                   " AND c.kind <> 'cancel' AND NOT EXISTS (SELECT 1 FROM command older"
                   "  WHERE older.pull_id = c.pull_id AND older.seq < c.seq"
                   "  AND older.state IN ('queued', 'running')) HAVING COUNT(*) > 0",
    [CLAIM_CANCEL] = "SELECT MIN(not_before) FROM command"
                     " WHERE state = 'queued' AND kind = 'cancel' HAVING COUNT(*) > 0",
    [CLAIM_POST] = "SELECT MIN(o.next_try) FROM outbox o WHERE o.state = 'waiting'"
                   " AND NOT EXISTS (SELECT 1 FROM outbox older WHERE older.pull_id = o.pull_id"
                   "  AND older.seq < o.seq AND older.state IN ('waiting', 'sending'))"
                   " HAVING COUNT(*) > 0",
};

bool store_next_due(Store *store, ClaimKind kind, gint64 *wait_ms, GError **error)
{
    g_auto(Reader) reader = { 0 };
    gint64 due = -1;

    if (!store_read(store, &reader, error) ||
        !store_query_int(reader.db, next_due[kind], NULL, 0, &due, error))
        return hadal_prefix(error, "next due");
    *wait_ms = due < 0 ? -1 : MAX(due - clock_now(), 0);
    return true;
}
