// SPDX-License-Identifier: Apache-2.0
/*
 * What policies said of plans, and approvals. Results belong to one plan and are never carried to
 * another; approvals belong to the project and are only ever marked as cleared.
 */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/ids.h"

/* --------------------------------------------------------------- reading */

static PolicyResult *result_of_row(const DbRows *rows, GError **error)
{
    g_autoptr(PolicyResult) result = policy_result_new();

    result->set = g_strdup(db_rows_text(rows, 0));
    result->has_passed = db_rows_int(rows, 1) != 0;
    result->output = g_strdup(db_rows_text(rows, 2));
    result->item_regex = g_strdup(db_rows_text(rows, 3));
    result->item_hashes = codec_words_read(db_rows_text(rows, 4), error);
    result->needed = db_rows_int(rows, 5);
    result->keeps_approved = db_rows_int(rows, 6) != 0;
    return result->item_hashes ? g_steal_pointer(&result) : NULL;
}

static PolicyApproval *approval_of_row(const DbRows *rows, GError **error)
{
    g_autoptr(PolicyApproval) approval = policy_approval_new();

    approval->set = g_strdup(db_rows_text(rows, 0));
    store_actor_of_row(rows, 1, &approval->actor);
    approval->item_regex = g_strdup(db_rows_text(rows, 3));
    approval->item_hashes = codec_words_read(db_rows_text(rows, 4), error);
    approval->made_at = db_rows_int(rows, 5);
    approval->actor.login = g_strdup(db_rows_text(rows, 6));
    return approval->item_hashes ? g_steal_pointer(&approval) : NULL;
}

static bool read_results(Db *db, gint64 plan_id, GPtrArray *results, GError **error)
{
    g_autoptr(DbRows) rows = db_query(db,
                                      "SELECT set_name, has_passed, output, item_regex,"
                                      " item_hashes, needed, keeps_approved FROM policy_result"
                                      " WHERE plan_id = $1 ORDER BY place",
                                      DB_VALUES(DB_INT(plan_id)), error);

    if (!rows)
        return false;
    while (db_rows_next(rows)) {
        PolicyResult *result = result_of_row(rows, error);

        if (!result)
            return false;
        g_ptr_array_add(results, result);
    }
    return true;
}

static bool read_approvals(Db *db, gint64 project_id, GPtrArray *approvals, GError **error)
{
    g_autoptr(DbRows) rows = db_query(
        db,
        "SELECT set_name, actor_id, actor_name, item_regex, item_hashes, made_at, actor_login"
        " FROM policy_approval WHERE project_id = $1 AND cleared_at = 0"
        " ORDER BY made_at, id",
        DB_VALUES(DB_INT(project_id)), error);

    if (!rows)
        return false;
    while (db_rows_next(rows)) {
        PolicyApproval *approval = approval_of_row(rows, error);

        if (!approval)
            return false;
        g_ptr_array_add(approvals, approval);
    }
    return true;
}

#define IS_LIVE "id = $1 AND project_id = $2 AND consumed_at = 0 AND discarded_at = 0"

/* NULL in *head: it is not the project's live plan. */
static bool read_head(Db *db, const Plan *plan, char **head, GError **error)
{
    g_autoptr(DbRows) rows = db_query(db, "SELECT head FROM plan WHERE " IS_LIVE,
                                      DB_VALUES(DB_INT(plan->id), DB_INT(plan->project_id)), error);

    if (!rows)
        return false;
    *head = db_rows_next(rows) ? g_strdup(db_rows_text(rows, 0)) : NULL;
    return true;
}

static bool read_record(Db *db, const Plan *plan, PolicyRecord *record, GError **error)
{
    return read_head(db, plan, &record->head, error) &&
           read_results(db, plan->id, record->results, error) &&
           read_approvals(db, plan->project_id, record->approvals, error);
}

bool store_policy_read(Store *store, const Plan *plan, PolicyRecord **record, GError **error)
{
    g_autoptr(PolicyRecord) found = policy_record_new(plan->id);
    g_auto(Reader) reader = { 0 };

    if (!store_read(store, &reader, error) || !read_record(reader.db, plan, found, error))
        return hadal_prefix(error, "policies");
    *record = g_steal_pointer(&found);
    return true;
}

/* It stays live until the transaction ends: there is one writer. */
static bool hold_plan(Db *db, const Plan *plan, GError **error)
{
    g_autofree char *head = NULL;

    if (!read_head(db, plan, &head, error))
        return false;
    return head || hadal_throw(error, HADAL_ERROR_CONFLICT, "the plan was used or discarded");
}

/* ---------------------------------------------------------------- a check */

static bool insert_result(Db *db, const Command *command, gint64 plan_id, guint place,
                          const PolicyResult *result, GError **error)
{
    g_autofree char *hashes = codec_words_write((const char *const *)result->item_hashes);
    g_autofree char *output = g_utf8_make_valid(result->output, -1);

    return db_run(db,
                  "INSERT INTO policy_result (id, plan_id, command_id, place, set_name, has_passed,"
                  " output, item_regex, item_hashes, needed, keeps_approved, checked_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                  DB_VALUES(DB_INT(id_new()), DB_INT(plan_id), DB_INT(command->id), DB_INT(place),
                            DB_TEXT(result->set), DB_INT(result->has_passed), DB_TEXT(output),
                            DB_TEXT(result->item_regex), DB_TEXT(hashes), DB_INT(result->needed),
                            DB_INT(result->keeps_approved), DB_INT(clock_now())),
                  NULL, error);
}

static bool insert_results(Db *db, const Command *command, gint64 plan_id, const GPtrArray *results,
                           GError **error)
{
    for (guint i = 0; i < results->len; i++)
        if (!insert_result(db, command, plan_id, i, results->pdata[i], error))
            return false;
    return true;
}

static bool delete_results(Db *db, gint64 plan_id, GError **error)
{
    return db_run(db, "DELETE FROM policy_result WHERE plan_id = $1", DB_VALUES(DB_INT(plan_id)),
                  NULL, error);
}

/* Only what the new results keep goes on. */
static bool clear_unkept(Db *db, const Command *command, const Plan *plan, GError **error)
{
    return db_run(
        db,
        "UPDATE policy_approval SET cleared_at = $3, cleared_by = $4"
        " WHERE project_id = $1 AND cleared_at = 0 AND NOT EXISTS (SELECT 1 FROM policy_result r"
        "  WHERE r.plan_id = $2 AND r.set_name = policy_approval.set_name"
        "  AND r.item_regex = policy_approval.item_regex AND r.keeps_approved = 1)",
        DB_VALUES(DB_INT(plan->project_id), DB_INT(plan->id), DB_INT(clock_now()),
                  DB_INT(command->id)),
        NULL, error);
}

bool store_policy_check(Store *store, const Command *command, const Plan *plan,
                        const GPtrArray *results, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);

    if (!db_begin(db, &t, error) || !store_command_hold(db, command, error) ||
        !hold_plan(db, plan, error) || !delete_results(db, plan->id, error) ||
        !insert_results(db, command, plan->id, results, error) ||
        !clear_unkept(db, command, plan, error) || !db_commit(&t, error))
        return hadal_prefix(error, "policies");
    return true;
}

/* ------------------------------------------------------------- a decision */

/* Copies from the result what it covers: the actor approves what was found, not a name. */
static bool approve(Db *db, const Command *command, const Plan *plan, const char *set,
                    GError **error)
{
    gint64 n = 0;

    if (!db_run(db,
                "INSERT INTO policy_approval (id, project_id, plan_id, command_id, set_name,"
                " actor_id, actor_name, actor_login, item_regex, item_hashes, made_at)"
                " SELECT $1, $2, r.plan_id, $4, r.set_name, $5, $6, $7, r.item_regex,"
                " r.item_hashes, $8 FROM policy_result r WHERE r.plan_id = $3 AND r.set_name = $9",
                DB_VALUES(DB_INT(id_new()), DB_INT(plan->project_id), DB_INT(plan->id),
                          DB_INT(command->id), DB_TEXT(command->actor.id),
                          DB_TEXT(command->actor.name), DB_TEXT(command->actor.login),
                          DB_INT(clock_now()), DB_TEXT(set)),
                &n, error))
        return false;
    return n == 1 || hadal_throw(error, HADAL_ERROR_CONFLICT, "set %s was not checked", set);
}

static bool clear(Db *db, const Command *command, const Plan *plan, const char *set, GError **error)
{
    return db_run(
        db,
        "UPDATE policy_approval SET cleared_at = $3, cleared_by = $4"
        " WHERE project_id = $1 AND set_name = $2 AND cleared_at = 0",
        DB_VALUES(DB_INT(plan->project_id), DB_TEXT(set), DB_INT(clock_now()), DB_INT(command->id)),
        NULL, error);
}

static bool decide_plan(Db *db, const PolicyDecision *decision, const PolicyChoice *choice,
                        GError **error)
{
    if (!hold_plan(db, choice->plan, error))
        return false;
    for (gsize i = 0; choice->sets[i]; i++)
        if (!(decision->clears
                  ? clear(db, decision->command, choice->plan, choice->sets[i], error)
                  : approve(db, decision->command, choice->plan, choice->sets[i], error)))
            return false;
    return true;
}

static bool decide(Db *db, const PolicyDecision *decision, GError **error)
{
    for (gsize i = 0; i < decision->n_choices; i++)
        if (!decide_plan(db, decision, &decision->choices[i], error))
            return false;
    return store_audit_add(db, decision->command, command_info(decision->command->kind)->name,
                           decision->clears ? "cleared" : "approved", decision->evidence, error);
}

/* The audit's row is there: a process that died had done it. */
static bool was_decided(Db *db, const Command *command, bool *is_done, GError **error)
{
    gint64 n = 0;

    if (!store_query_int(db, "SELECT COUNT(*) FROM audit WHERE command_id = $1",
                         DB_VALUES(DB_INT(command->id)), &n, error))
        return false;
    *is_done = n > 0;
    return true;
}

bool store_policy_decide(Store *store, const PolicyDecision *decision, GError **error)
{
    g_auto(DbTransaction) t = { 0 };
    Db *db = store_writer(store);
    bool is_done = false;

    if (!db_begin(db, &t, error) || !store_command_hold(db, decision->command, error) ||
        !was_decided(db, decision->command, &is_done, error) ||
        (!is_done && !decide(db, decision, error)) || !db_commit(&t, error))
        return hadal_prefix(error, "policies");
    return true;
}
