// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

/* ------------------------------------------------------------------ order */

TEST(there_may_be_nothing_to_claim)
{
    assert_null(claim(STORE));
}

TEST(I5_commands_of_one_pull_request_run_in_order_one_at_a_time)
{
    g_autoptr(Command) first = NULL, second = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_APPLY);
    first = claim(STORE);
    assert_int_equal(first->kind, COMMAND_PLAN);

    assert_null(claim(STORE));
    finish(STORE, first, COMMAND_FAILED);
    second = claim(STORE);
    assert_int_equal(second->kind, COMMAND_APPLY);
}

TEST(I5_different_pull_requests_run_in_parallel_oldest_first)
{
    g_autoptr(Command) first = NULL, second = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_APPLY);
    comment(STORE, 2, "c3", COMMAND_PLAN);
    first = claim(STORE);
    second = claim(STORE);

    assert_int_equal(first->pull.number, 1);
    assert_int_equal(second->pull.number, 2);
    assert_null(claim(STORE));
}

TEST(I5_the_order_holds_when_the_clock_goes_back)
{
    g_autoptr(Command) command = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_APPLY);
    change(fixture, "UPDATE command SET queued_at = 0, id = 1 WHERE kind = 'apply'");

    command = claim(STORE);
    assert_int_equal(command->kind, COMMAND_PLAN);
}

enum { PULLS = 5, COMMANDS = 8 };

/* What the threads have seen: of each pull request, how many run and how many ended. */
typedef struct _Watch Watch;
struct _Watch {
    atomic_int n_running[PULLS], n_ended[PULLS], n_out_of_turn;
};

/* The number of a command within its pull request travels as its directory. */
static void queue_numbered(Store *store)
{
    for (int i = 0; i < COMMANDS; i++)
        for (int pull = 0; pull < PULLS; pull++) {
            g_autofree char *ref = g_strdup_printf("%d", i);
            g_autofree char *key = g_strdup_printf("%d-%d", pull, i);
            const CommandArgs args = { .dir = ref };
            const NewCommand command = { COMMAND_PLAN, SOURCE_COMMENT, &args };
            Event event = event_of(EVENT_COMMENT, pull, key);

            event.comment_ref = ref;
            intake(store, &event, &command, 1, false);
        }
}

static void work_off(Racer *racer)
{
    Watch *watch = racer->data;
    g_autoptr(Command) command = NULL;

    while ((command = claim(racer->store))) {
        const gint64 pull = command->pull.number;
        const int turn = atomic_load(&watch->n_ended[pull]);

        if (atomic_fetch_add(&watch->n_running[pull], 1) != 0 ||
            turn != (int)g_ascii_strtoll(command->args.dir, NULL, 10))
            atomic_fetch_add(&watch->n_out_of_turn, 1);
        atomic_fetch_add(&watch->n_ended[pull], 1);
        atomic_fetch_sub(&watch->n_running[pull], 1);
        finish(racer->store, command, COMMAND_DONE);
        g_clear_pointer(&command, command_free);
    }
}

TEST(I5_eight_threads_at_once_claim_in_order_and_one_at_a_time)
{
    Watch watch = { 0 };

    queue_numbered(STORE);
    race(STORE, work_off, &watch);
    /* A thread finds nothing and leaves while others still run: what they blocked is left over. */
    work_off(&(Racer){ .store = STORE, .data = &watch });

    assert_int_equal(atomic_load(&watch.n_out_of_turn), 0);
    for (int i = 0; i < PULLS; i++)
        assert_int_equal(atomic_load(&watch.n_ended[i]), COMMANDS);
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'done' AND attempts = 1",
                 PULLS * COMMANDS);
}

static void claim_one(Racer *racer)
{
    atomic_int *n = racer->data;
    g_autoptr(Command) command = claim(racer->store);

    if (command)
        atomic_fetch_add(n, 1);
}

TEST(I5_one_command_is_claimed_by_one_of_eight_threads)
{
    atomic_int n = 0;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_PLAN);
    race(STORE, claim_one, &n);
    assert_int_equal(atomic_load(&n), 1);
}

/* ------------------------------------------------------------------ leases */

TEST(a_command_whose_lease_ran_out_is_claimable_again)
{
    g_autoptr(Command) first = NULL, second = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    first = claim_as(STORE, "dead", -1);

    assert_null(claim(STORE));
    assert_int_equal(recover(STORE, ME, false), 1);
    second = claim(STORE);
    assert_int_equal(second->id, first->id);
    assert_int_equal(second->attempts, 2);
}

TEST(a_lease_that_holds_is_left_to_its_owner)
{
    g_autoptr(Command) command = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    command = claim_as(STORE, "other", LEASE);
    assert_non_null(command);
    assert_int_equal(recover(STORE, ME, false), 0);
    assert_null(claim(STORE));
}

TEST(at_the_start_of_the_only_process_all_others_are_dead)
{
    g_autoptr(Command) own = NULL, other = NULL, again = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 2, "c2", COMMAND_PLAN);
    own = claim(STORE);
    other = claim_as(STORE, "other", LEASE);

    assert_int_equal(recover(STORE, ME, true), 1);
    again = claim(STORE);
    assert_int_equal(again->id, other->id);
    finish(STORE, own, COMMAND_DONE);
}

TEST(leases_are_renewed_for_everything_of_one_owner)
{
    const Status status = { .name = (char *)"plan", .head = (char *)"h" };
    g_autoptr(Command) own = NULL, other = NULL;
    g_autoptr(OutboxItem) item = NULL;
    g_autoptr(GError) error = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 2, "c2", COMMAND_PLAN);
    own = claim_as(STORE, ME, -1);
    assert_ok(store_status_queue(STORE, own, &status, &error), error);
    assert_ok(store_outbox_claim(STORE, ME, -1, &item, &error), error);
    assert_non_null(item);
    other = claim_as(STORE, "other", -1);
    assert_non_null(other);
    assert_ok(store_leases_renew(STORE, ME, LEASE, &error), error);

    assert_int_equal(recover(STORE, ME, false), 1);
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'running' AND owner = 'me'", 1);
    assert_count("SELECT COUNT(*) FROM outbox WHERE state = 'sending'", 1);
}

/* ----------------------------------------------------------------- requeue */

TEST(I5_a_command_that_is_put_off_keeps_its_place)
{
    const gint64 later = clock_now() + 3600000;
    g_autoptr(Command) first = NULL, again = NULL;
    g_autoptr(GError) error = NULL;
    gint64 wait = 0;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_APPLY);
    first = claim(STORE);
    assert_ok(store_command_requeue(STORE, first, later, "the host is busy", &error), error);

    assert_null(claim(STORE));
    assert_text("SELECT reason FROM command WHERE kind = 'plan'", "the host is busy");
    assert_ok(store_next_due(STORE, CLAIM_WORK, &wait, &error), error);
    assert_true(wait > 3500000 && wait <= 3600000);
    change(fixture, "UPDATE command SET not_before = 1 WHERE not_before > 0");
    again = claim(STORE);
    assert_int_equal(again->id, first->id);
}

TEST(nothing_is_due_when_nothing_waits)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Command) command = NULL;
    gint64 wait = 0;

    assert_ok(store_next_due(STORE, CLAIM_WORK, &wait, &error), error);
    assert_int_equal(wait, -1);
    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_PLAN);
    assert_ok(store_next_due(STORE, CLAIM_WORK, &wait, &error), error);
    assert_int_equal(wait, 0);
    assert_ok(store_next_due(STORE, CLAIM_CANCEL, &wait, &error), error);
    assert_int_equal(wait, -1); /* who waits for a cancel does not wake for a plan */
    assert_ok(store_next_due(STORE, CLAIM_POST, &wait, &error), error);
    assert_int_equal(wait, -1);
    command = claim(STORE);
    assert_non_null(command);
    assert_ok(store_next_due(STORE, CLAIM_WORK, &wait, &error), error);
    assert_int_equal(wait, -1); /* the second waits for the first, not for a time */
}

TEST(queued_and_running_commands_and_waiting_posts_are_counted)
{
    const Status plan = { .name = (char *)"plan" }, apply = { .name = (char *)"apply" };
    g_autoptr(Command) first = NULL, second = NULL;
    g_autoptr(OutboxItem) item = NULL;
    WorkCounts counts = { -1, -1, -1 };
    g_autoptr(GError) error = NULL;

    assert_ok(store_work_counts(STORE, &counts, &error), error);
    assert_int_equal(counts.queued + counts.running + counts.waiting_posts, 0);
    for (int i = 0; i < 5; i++) {
        g_autofree char *ref = g_strdup_printf("c%d", i);

        comment(STORE, i, ref, COMMAND_PLAN);
    }
    first = claim(STORE);
    second = claim(STORE);
    assert_non_null(second);
    finish(STORE, first, COMMAND_DONE);
    assert_ok(store_status_queue(STORE, second, &plan, &error), error);
    assert_ok(store_status_queue(STORE, second, &apply, &error), error);
    item = claim_item(STORE);
    assert_ok(store_work_counts(STORE, &counts, &error), error);
    assert_int_equal(counts.queued, 3);
    assert_int_equal(counts.running, 1);
    assert_int_equal(counts.waiting_posts, 2); /* one of them on its way */
    assert_ok(store_outbox_done(STORE, item->id, NULL, &error), error);
    assert_ok(store_work_counts(STORE, &counts, &error), error);
    assert_int_equal(counts.waiting_posts, 1);
}

/* --------------------------------------------------------------------- end */

TEST(the_end_of_a_command_writes_everything_it_has_to_say)
{
    const char *const parts[] = { "Plan: 1 to add", NULL };
    const NewComment note = { .key = "result-1", .parts = parts, .state = THREAD_ACTIVE };
    const Status status = { .name = (char *)"plan",
                            .state = STATUS_SUCCEEDED,
                            .head = (char *)"h" };
    const Status *const statuses[] = { &status };
    g_autoptr(Command) command = command_of(STORE, 7, "c1", COMMAND_PLAN);
    g_autoptr(GError) error = NULL;
    const CommandEnd end = {
        .command = command,
        .state = COMMAND_FAILED,
        .reason = "one project failed",
        .comment = &note,
        .statuses = statuses,
        .n_statuses = 1,
        .planned_head = "h9",
        .planned_base = "main",
        .audit_action = "plan",
        .audit_decision = "allowed",
        .audit_evidence = "{\"approvals\":2}",
    };

    assert_ok(store_command_finish(STORE, &end, &error), error);

    assert_text("SELECT state FROM command", "failed");
    assert_text("SELECT reason FROM command", "one project failed");
    assert_count("SELECT COUNT(*) FROM command WHERE ended_at > 0 AND owner IS NULL", 1);
    assert_count("SELECT COUNT(*) FROM outbox", 2);
    assert_text("SELECT body FROM outbox WHERE key = 'result-1'", "Plan: 1 to add");
    assert_count("SELECT is_active FROM outbox WHERE key = 'result-1'", 1);
    assert_text("SELECT planned_head FROM pull", "h9");
    assert_text("SELECT planned_base FROM pull", "main");
    assert_text("SELECT action FROM audit", "plan");
    assert_text("SELECT decision FROM audit", "allowed");
    assert_text("SELECT evidence FROM audit", "{\"approvals\":2}");
    assert_text("SELECT actor_name FROM audit", "Ada");
    assert_text("SELECT subject FROM audit", "org/project/infra!7");
}

TEST(a_second_comment_follows_in_a_thread_of_its_own)
{
    const char *const plan[] = { "Plan", NULL }, *const policies[] = { "Policies", NULL };
    const NewComment first = { .key = "k", .parts = plan };
    const NewComment second = { .key = "k-2", .parts = policies, .state = THREAD_ACTIVE };
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    const CommandEnd end = {
        .command = command, .state = COMMAND_DONE, .comment = &first, .second = &second
    };
    g_autoptr(GError) error = NULL;

    assert_ok(store_command_finish(STORE, &end, &error), error);

    assert_text("SELECT body FROM outbox ORDER BY seq LIMIT 1", "Plan");
    assert_text("SELECT body FROM outbox ORDER BY seq DESC LIMIT 1", "Policies");
    assert_count("SELECT is_active FROM outbox WHERE key = 'k-2'", 1);
    assert_count("SELECT COUNT(*) FROM outbox WHERE thread_key IS NULL", 2);
}

TEST(the_end_of_a_command_may_say_nothing)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);

    change(fixture, "UPDATE pull SET planned_head = 'before'");
    finish(STORE, command, COMMAND_DONE);

    assert_count("SELECT COUNT(*) FROM outbox", 0);
    assert_count("SELECT COUNT(*) FROM audit", 0);
    assert_text("SELECT planned_head FROM pull", "before");
}

/* Everything that a worker may do under its claim, after the claim went to somebody else. */
static void assert_lost(void **fixture, const Command *command, gint64 project_id)
{
    const char *const parts[] = { "done", NULL };
    const NewComment note = { .key = "k", .parts = parts };
    const CommandEnd end = {
        .command = command,
        .state = COMMAND_DONE,
        .comment = &note,
        .planned_head = "h9",
        .audit_action = "plan",
    };
    const Status status = { .name = (char *)"plan", .head = (char *)"h" };
    g_autoptr(GError) e1 = NULL, e2 = NULL, e3 = NULL, e4 = NULL, e5 = NULL;
    g_autoptr(GPtrArray) projects = refs_of(DIRS("other"));
    g_autoptr(Run) run = run_new();
    GPtrArray *held = NULL;
    GArray *ids = NULL;
    bool is_taken;

    assert_fails(store_command_finish(STORE, &end, &e1), e1, HADAL_ERROR_CONFLICT);
    assert_fails(store_command_requeue(STORE, command, 0, "x", &e2), e2, HADAL_ERROR_CONFLICT);
    assert_fails(store_status_queue(STORE, command, &status, &e3), e3, HADAL_ERROR_CONFLICT);
    assert_fails(store_locks_take(STORE, command, projects, NULL, true, &ids, &held, &e4), e4,
                 HADAL_ERROR_CONFLICT);
    assert_fails(store_run_begin(STORE, command, project_id, 0, run, &is_taken, &e5), e5,
                 HADAL_ERROR_CONFLICT);

    assert_count("SELECT COUNT(*) FROM outbox", 0);
    assert_count("SELECT COUNT(*) FROM audit", 0);
    assert_count("SELECT COUNT(*) FROM pull WHERE planned_head IS NOT NULL", 0);
    assert_count("SELECT COUNT(*) FROM run", 0);
    assert_count("SELECT COUNT(*) FROM lock WHERE dir = 'other'", 0);
    assert_count("SELECT COUNT(*) FROM lock", 1);
}

TEST(I1_who_lost_his_lease_to_another_owner_writes_nothing)
{
    g_autoptr(Command) first = NULL, second = NULL;
    gint64 project_id;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    first = claim_as(STORE, "slow", -1);
    project_id = project_of(STORE, first, "net");
    recover(STORE, ME, false);
    assert_lost(fixture, first, project_id); /* queued, nobody's */

    second = claim(STORE);
    assert_lost(fixture, first, project_id); /* somebody else's */
    assert_text("SELECT state FROM command", "running");
    assert_text("SELECT owner FROM command", ME);
    finish(STORE, second, COMMAND_DONE);
    assert_lost(fixture, first, project_id); /* ended by somebody else */
    assert_text("SELECT state FROM command", "done");
}

TEST(I1_a_second_claim_of_the_same_owner_is_another_claim)
{
    g_autoptr(Command) first = NULL, second = NULL;
    gint64 project_id;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    first = claim_as(STORE, ME, -1);
    project_id = project_of(STORE, first, "net");
    recover(STORE, ME, false);
    second = claim(STORE);

    assert_lost(fixture, first, project_id);
    finish(STORE, second, COMMAND_DONE);
}

TEST(a_lease_that_ran_out_unnoticed_is_still_ours)
{
    g_autoptr(Command) command = NULL;

    comment(STORE, 1, "c1", COMMAND_PLAN);
    command = claim_as(STORE, ME, -1);
    finish(STORE, command, COMMAND_DONE);
    assert_text("SELECT state FROM command", "done");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(there_may_be_nothing_to_claim),
        STORE_TEST(I5_commands_of_one_pull_request_run_in_order_one_at_a_time),
        STORE_TEST(I5_different_pull_requests_run_in_parallel_oldest_first),
        STORE_TEST(I5_the_order_holds_when_the_clock_goes_back),
        STORE_TEST(I5_eight_threads_at_once_claim_in_order_and_one_at_a_time),
        STORE_TEST(I5_one_command_is_claimed_by_one_of_eight_threads),
        STORE_TEST(a_command_whose_lease_ran_out_is_claimable_again),
        STORE_TEST(a_lease_that_holds_is_left_to_its_owner),
        STORE_TEST(at_the_start_of_the_only_process_all_others_are_dead),
        STORE_TEST(leases_are_renewed_for_everything_of_one_owner),
        STORE_TEST(I5_a_command_that_is_put_off_keeps_its_place),
        STORE_TEST(nothing_is_due_when_nothing_waits),
        STORE_TEST(queued_and_running_commands_and_waiting_posts_are_counted),
        STORE_TEST(the_end_of_a_command_writes_everything_it_has_to_say),
        STORE_TEST(a_second_comment_follows_in_a_thread_of_its_own),
        STORE_TEST(the_end_of_a_command_may_say_nothing),
        STORE_TEST(I1_who_lost_his_lease_to_another_owner_writes_nothing),
        STORE_TEST(I1_a_second_claim_of_the_same_owner_is_another_claim),
        STORE_TEST(a_lease_that_ran_out_unnoticed_is_still_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
