// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

/* Ends a command of the pull request with a comment. */
static void say(void **fixture, gint64 number, const char *key, const char *const *parts)
{
    const NewComment note = { .key = key, .parts = parts, .state = THREAD_ACTIVE };
    g_autoptr(Command) command = command_of(STORE, number, key, COMMAND_PLAN);
    const CommandEnd end = { .command = command, .state = COMMAND_DONE, .comment = &note };
    g_autoptr(GError) error = NULL;

    assert_ok(store_command_finish(STORE, &end, &error), error);
}

static void done(void **fixture, const OutboxItem *item, const char *reference)
{
    g_autoptr(GError) error = NULL;

    assert_ok(store_outbox_done(STORE, item->id, reference, &error), error);
}

static Status status_at(const char *head)
{
    return (Status){
        .name = (char *)"plan",
        .state = STATUS_PENDING,
        .description = (char *)"in progress",
        .url = (char *)"https://hadal/1",
        .head = (char *)head,
        .iteration = 1,
    };
}

static void tell(void **fixture, const Command *command, const Status *status)
{
    g_autoptr(GError) error = NULL;

    assert_ok(store_status_queue(STORE, command, status, &error), error);
}

/* ---------------------------------------------------------------- comments */

TEST(there_may_be_nothing_to_post)
{
    assert_null(claim_item(STORE));
}

TEST(I7_a_comment_is_claimed_with_all_that_posting_needs)
{
    g_autoptr(OutboxItem) item = NULL;

    say(fixture, 7, "k", DIRS("text"));
    item = claim_item(STORE);

    assert_int_equal(item->kind, OUTBOX_COMMENT);
    assert_string_equal(item->key, "k");
    assert_string_equal(item->text, "text");
    assert_int_equal(item->state, THREAD_ACTIVE);
    assert_null(item->thread);
    assert_null(item->status);
    assert_int_equal(item->attempts, 0);
    assert_int_equal(item->pull.number, 7);
    assert_string_equal(item->pull.repo.locator, "org/p/5b1e");
    assert_true(item->queued_at > 0);
}

TEST(later_parts_of_a_comment_reply_to_the_first)
{
    g_autoptr(OutboxItem) first = NULL, second = NULL, third = NULL;

    say(fixture, 1, "k", DIRS("a", "b", "c"));
    first = claim_item(STORE);
    assert_string_equal(first->key, "k");
    assert_null(first->thread);
    done(fixture, first, "thread 5");
    second = claim_item(STORE);
    assert_string_equal(second->key, "k:2");
    assert_string_equal(second->text, "b");
    assert_string_equal(second->thread, "thread 5");
    done(fixture, second, "thread 5 comment 2");
    third = claim_item(STORE);
    assert_string_equal(third->key, "k:3");
    assert_string_equal(third->thread, "thread 5");
}

TEST(I7_a_comment_whose_key_is_there_is_not_queued_again)
{
    g_autoptr(Command) command = NULL;
    const NewComment note = { .key = "k", .parts = DIRS("again", "and more") };
    g_autoptr(GError) error = NULL;
    CommandEnd end = { .state = COMMAND_DONE, .comment = &note };

    say(fixture, 1, "k", DIRS("once", "and more"));
    command = command_of(STORE, 1, "c2", COMMAND_PLAN);
    end.command = command;
    assert_ok(store_command_finish(STORE, &end, &error), error);

    assert_count("SELECT COUNT(*) FROM outbox", 2);
    assert_text("SELECT body FROM outbox WHERE key = 'k'", "once");
    assert_text("SELECT state FROM command WHERE comment_ref = 'c2'", "done");
}

/* ----------------------------------------------------------------- statuses */

TEST(a_status_is_claimed_as_it_was_told)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    const Status status = status_at("h1");
    g_autoptr(OutboxItem) item = NULL;

    tell(fixture, command, &status);
    item = claim_item(STORE);

    assert_int_equal(item->kind, OUTBOX_STATUS);
    assert_null(item->text);
    assert_string_equal(item->status->name, "plan");
    assert_int_equal(item->status->state, STATUS_PENDING);
    assert_string_equal(item->status->description, "in progress");
    assert_string_equal(item->status->url, "https://hadal/1");
    assert_string_equal(item->status->head, "h1");
    assert_int_equal(item->status->iteration, 1);
    assert_non_null(item->key);
}

static bool has_status(void **fixture, const Command *command)
{
    g_autoptr(GError) error = NULL;
    bool has = false;

    assert_ok(store_command_has_status(STORE, command, &has, &error), error);
    return has;
}

TEST(a_command_has_a_status_once_it_has_told_one_of_its_own)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) other = command_of(STORE, 2, "c2", COMMAND_PLAN);
    const Status status = status_at("h1");

    say(fixture, 3, "k", DIRS("text"));
    assert_false(has_status(fixture, command));
    tell(fixture, command, &status);

    assert_true(has_status(fixture, command));
    assert_false(has_status(fixture, other));
}

TEST(a_status_is_queued_only_when_it_differs_from_the_last_of_its_name_and_head)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) other = command_of(STORE, 2, "c2", COMMAND_PLAN);
    Status status = status_at("h1");

    tell(fixture, command, &status);
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 1);
    status.state = STATUS_SUCCEEDED;
    tell(fixture, command, &status);
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 2);
    status.description = (char *)"1 to add";
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 3);
    status.url = NULL;
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 4);
    status.iteration = 2;
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 5);
    status.head = (char *)"h2";
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 6);
    status.name = (char *)"apply";
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 7);
    tell(fixture, other, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 8);
    status.state = STATUS_PENDING; /* and back to what it was before the last */
    tell(fixture, other, &status);
    status.state = STATUS_SUCCEEDED;
    tell(fixture, other, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 10);
}

TEST(statuses_of_other_names_and_heads_are_not_compared_with)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    const Status plan = status_at("h1"), newer = status_at("h2");
    Status apply = status_at("h1");

    apply.name = (char *)"apply";
    tell(fixture, command, &plan);
    tell(fixture, command, &apply);
    tell(fixture, command, &newer);
    assert_count("SELECT COUNT(*) FROM outbox", 3);
    tell(fixture, command, &plan);
    tell(fixture, command, &apply);
    tell(fixture, command, &newer);
    assert_count("SELECT COUNT(*) FROM outbox", 3);
}

TEST(a_status_is_compared_also_with_one_that_was_posted)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    const Status status = status_at("h1");
    g_autoptr(OutboxItem) item = NULL;

    tell(fixture, command, &status);
    item = claim_item(STORE);
    done(fixture, item, NULL);
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 1);
}

TEST(a_status_that_was_given_up_is_told_again)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    const Status status = status_at("h1");
    g_autoptr(OutboxItem) item = NULL;
    g_autoptr(GError) error = NULL;

    tell(fixture, command, &status);
    item = claim_item(STORE);
    assert_ok(store_outbox_drop(STORE, item->id, "gone", &error), error);
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'", 1);
}

TEST(a_status_without_a_head_is_compared_too)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    const Status status = status_at(NULL);

    tell(fixture, command, &status);
    tell(fixture, command, &status);
    assert_count("SELECT COUNT(*) FROM outbox", 1);
}

TEST(the_end_of_a_command_tells_only_statuses_that_changed)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    Status plan = status_at("h1"), apply = status_at("h1");
    const Status *const statuses[] = { &plan, &apply };
    const CommandEnd end = {
        .command = command,
        .state = COMMAND_DONE,
        .statuses = statuses,
        .n_statuses = 2,
    };
    g_autoptr(GError) error = NULL;

    tell(fixture, command, &plan);
    apply.name = (char *)"apply";
    assert_ok(store_command_finish(STORE, &end, &error), error);

    assert_count("SELECT COUNT(*) FROM outbox WHERE status_name = 'plan'", 1);
    assert_count("SELECT COUNT(*) FROM outbox WHERE status_name = 'apply'", 1);
}

/* ------------------------------------------------------------------- merge */

static const char head[] = "aefa35fb7c4505b9b8337aff3c4be96eddbbd861";

/* Ends an apply with comment, status and completion. */
static void end_apply(void **fixture, const Merge *merge)
{
    const NewComment note = { .key = "applied", .parts = DIRS("Applied") };
    const Status status = status_at(head);
    const Status *const statuses[] = { &status };
    g_autoptr(Command) command = command_of(STORE, 7, "c", COMMAND_APPLY);
    const CommandEnd end = { .command = command,
                             .state = COMMAND_DONE,
                             .comment = &note,
                             .statuses = statuses,
                             .n_statuses = 1,
                             .merge = merge };
    g_autoptr(GError) error = NULL;

    assert_ok(store_command_finish(STORE, &end, &error), error);
}

/* ------------------------------------------------------------------ folds */

/* A plan command with these projects planned, told as key in two parts. */
static void plan(void **fixture, const char *key, const char *const *dirs, bool folds)
{
    g_autofree char *more = g_strconcat(key, " goes on", NULL);
    const NewComment note = { .key = key, .parts = DIRS(key, more), .state = THREAD_ACTIVE };
    g_autoptr(Command) command = command_of(STORE, 1, key, COMMAND_PLAN);
    const CommandEnd end = {
        .command = command, .state = COMMAND_DONE, .comment = &note, .folds_plans = folds
    };
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; dirs[i]; i++)
        make_plan(STORE, command, project_of(STORE, command, dirs[i]), key);
    assert_ok(store_command_finish(STORE, &end, &error), error);
}

static void post_some(void **fixture, guint n)
{
    for (guint i = 0; i < n; i++) {
        g_autoptr(OutboxItem) item = claim_item(STORE);
        g_autofree char *reference = g_strconcat("at ", item->key, NULL);

        done(fixture, item, reference);
    }
}

TEST(a_comment_of_which_nothing_holds_is_folded_in_all_its_parts_and_once)
{
    g_autoptr(OutboxItem) first = NULL, second = NULL;

    plan(fixture, "k1", DIRS("a"), true);
    plan(fixture, "k2", DIRS("a"), true);
    post_some(fixture, 4);
    first = claim_item(STORE);
    done(fixture, first, NULL);
    second = claim_item(STORE);
    done(fixture, second, NULL);

    assert_int_equal(first->kind, OUTBOX_FOLD);
    assert_string_equal(first->folds, "k1");
    assert_string_equal(first->text, "k1");
    assert_string_equal(first->thread, "at k1");
    assert_int_equal(first->state, THREAD_ACTIVE);
    assert_string_equal(second->folds, "k1:2");
    assert_string_equal(second->text, "k1 goes on");
    assert_string_equal(second->thread, "at k1:2");
    assert_int_equal(second->state, THREAD_CLOSED);
    plan(fixture, "k3", DIRS("a"), true);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'fold'", 4);
}

TEST(a_comment_is_not_folded_while_something_of_it_holds)
{
    plan(fixture, "k1", DIRS("a", "b"), true);
    plan(fixture, "k2", DIRS("a"), true);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'fold'", 0);
    plan(fixture, "k3", DIRS("b"), false);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'fold'", 0);
    plan(fixture, "k4", DIRS("c"), true);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'fold'", 2);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'fold' AND thread_key LIKE 'k1%'", 2);
}

/* ----------------------------------------------------------------- closes */

/* A command whose runs of these projects ended so, told in a thread that stays open. */
static void run_as(void **fixture, const char *key, CommandKind kind, const char *const *dirs,
                   RunState state)
{
    const NewComment note = { .key = key, .parts = DIRS(key, "more"), .state = THREAD_ACTIVE };
    g_autoptr(Command) command = command_of(STORE, 1, key, kind);
    const CommandEnd end = {
        .command = command, .state = COMMAND_DONE, .comment = &note, .closes_threads = true
    };
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; dirs[i]; i++) {
        g_autoptr(Run) run = begin(STORE, command, project_of(STORE, command, dirs[i]), 0);

        end_run(STORE, run, state, PROJECT_PLAN_FAILED, NULL);
    }
    assert_ok(store_command_finish(STORE, &end, &error), error);
}

#define CLOSES(key) "SELECT COUNT(*) FROM outbox WHERE kind = 'close' AND thread_key = '" key "'"

TEST(a_thread_of_a_failure_is_closed_once_when_all_of_it_was_tried_again)
{
    run_as(fixture, "k1", COMMAND_PLAN, DIRS("a", "b"), RUN_FAILED);
    run_as(fixture, "k2", COMMAND_PLAN, DIRS("a"), RUN_OK);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'close'", 0);
    run_as(fixture, "k3", COMMAND_APPLY, DIRS("b"), RUN_FAILED);
    assert_count(CLOSES("k1"), 1);
    assert_count(CLOSES("k2"), 1);
    run_as(fixture, "k4", COMMAND_PLAN, DIRS("b"), RUN_OK);
    assert_count(CLOSES("k3"), 1);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'close'", 3);
}

TEST(a_close_knows_its_thread)
{
    g_autoptr(OutboxItem) item = NULL;

    run_as(fixture, "k1", COMMAND_PLAN, DIRS("a"), RUN_FAILED);
    run_as(fixture, "k2", COMMAND_PLAN, DIRS("a"), RUN_OK);
    post_some(fixture, 4);
    item = claim_item(STORE);
    assert_int_equal(item->kind, OUTBOX_CLOSE);
    assert_string_equal(item->thread, "at k1");
}

TEST(what_is_folded_is_not_closed_too)
{
    plan(fixture, "k1", DIRS("a"), true);
    plan(fixture, "k2", DIRS("a"), true);
    run_as(fixture, "k3", COMMAND_PLAN, DIRS("a"), RUN_OK);
    assert_count(CLOSES("k1"), 0);
    assert_count(CLOSES("k2"), 1);
}

TEST(a_comment_that_was_given_up_is_not_folded)
{
    g_autoptr(OutboxItem) item = NULL;
    g_autoptr(GError) error = NULL;

    plan(fixture, "k1", DIRS("a"), true);
    item = claim_item(STORE);
    assert_ok(store_outbox_drop(STORE, item->id, "no", &error), error);
    plan(fixture, "k2", DIRS("a"), true);
    assert_text("SELECT thread_key FROM outbox WHERE kind = 'fold'", "k1:2");
}

static OutboxItem *claim_merge(void **fixture)
{
    g_autoptr(OutboxItem) comment = claim_item(STORE);

    done(fixture, comment, "1/1");
    g_autoptr(OutboxItem) status = claim_item(STORE);

    assert_int_equal(status->kind, OUTBOX_STATUS);
    done(fixture, status, "2");
    return claim_item(STORE);
}

TEST(a_completion_goes_behind_comment_and_status_of_its_apply)
{
    g_autoptr(Merge) merge = merge_new(head, "squash", true);
    g_autoptr(OutboxItem) item = NULL;

    end_apply(fixture, merge);
    item = claim_merge(fixture);

    assert_int_equal(item->kind, OUTBOX_MERGE);
    assert_string_equal(item->merge->head, head);
    assert_string_equal(item->merge->method, "squash");
    assert_true(item->merge->deletes_source_branch);
    assert_int_equal(item->pull.number, 7);
    assert_null(item->text);
    assert_null(item->status);
}

TEST(a_completion_may_leave_the_method_to_the_branch)
{
    g_autoptr(Merge) merge = merge_new(head, NULL, false);
    g_autoptr(OutboxItem) item = NULL;

    end_apply(fixture, merge);
    item = claim_merge(fixture);

    assert_null(item->merge->method);
    assert_false(item->merge->deletes_source_branch);
}

TEST(I7_a_completion_that_is_refused_is_over_and_told_once)
{
    const NewComment refusal = { .key = "merge-refused", .parts = DIRS("Not completed") };
    g_autoptr(Merge) merge = merge_new(head, NULL, false);
    g_autoptr(OutboxItem) item = NULL, told = NULL;
    g_autofree char *reason = NULL;
    g_autoptr(GError) error = NULL;

    end_apply(fixture, merge);
    item = claim_merge(fixture);
    assert_ok(store_outbox_refuse(STORE, item, "conflicts", &refusal, &error), error);
    /* Its process had lost the lease, and another one did the same. */
    assert_ok(store_outbox_refuse(STORE, item, "conflicts", &refusal, &error), error);

    told = claim_item(STORE);
    assert_string_equal(told->text, "Not completed");
    done(fixture, told, "3/1");
    assert_null(claim_item(STORE));
    reason = text_of(fixture, "SELECT reason FROM outbox WHERE kind = 'merge'");
    assert_string_equal(reason, "conflicts");
}

/* --------------------------------------------------------------------- order */

TEST(items_of_one_pull_request_go_in_order_one_at_a_time)
{
    g_autoptr(OutboxItem) first = NULL, second = NULL;

    say(fixture, 1, "k1", DIRS("a"));
    say(fixture, 1, "k2", DIRS("b"));
    first = claim_item(STORE);
    assert_string_equal(first->key, "k1");
    assert_null(claim_item(STORE));
    done(fixture, first, NULL);
    second = claim_item(STORE);
    assert_string_equal(second->key, "k2");
}

TEST(items_of_different_pull_requests_go_in_parallel)
{
    g_autoptr(OutboxItem) first = NULL, second = NULL;

    say(fixture, 1, "k1", DIRS("a"));
    say(fixture, 2, "k2", DIRS("b"));
    first = claim_item(STORE);
    second = claim_item(STORE);
    assert_string_equal(first->key, "k1");
    assert_string_equal(second->key, "k2");
}

TEST(an_item_that_is_retried_keeps_its_place_and_its_time)
{
    g_autoptr(OutboxItem) first = NULL, again = NULL;
    g_autoptr(GError) error = NULL;
    gint64 wait = 0;

    say(fixture, 1, "k1", DIRS("a"));
    say(fixture, 1, "k2", DIRS("b"));
    first = claim_item(STORE);
    assert_ok(store_outbox_retry(STORE, first->id, clock_now() + 3600000, "status 503", &error),
              error);

    assert_null(claim_item(STORE));
    assert_text("SELECT reason FROM outbox WHERE key = 'k1'", "status 503");
    assert_ok(store_next_due(STORE, CLAIM_POST, &wait, &error), error);
    assert_true(wait > 3500000 && wait <= 3600000);
    change(fixture, "UPDATE outbox SET next_try = 1 WHERE next_try > 0");
    again = claim_item(STORE);
    assert_string_equal(again->key, "k1");
    assert_int_equal(again->attempts, 1);
}

TEST(an_item_that_is_given_up_keeps_its_reason_and_lets_the_next_go)
{
    g_autoptr(OutboxItem) first = NULL, second = NULL;
    g_autoptr(GError) error = NULL;

    say(fixture, 1, "k", DIRS("a", "b"));
    first = claim_item(STORE);
    assert_ok(store_outbox_drop(STORE, first->id, "no such pull request", &error), error);

    assert_text("SELECT reason FROM outbox WHERE key = 'k'", "no such pull request");
    second = claim_item(STORE);
    assert_string_equal(second->key, "k:2");
    assert_null(second->thread);
}

/* ---------------------------------------------------------- death and leases */

TEST(I7_an_attempt_that_was_cut_off_is_known_as_one)
{
    g_autoptr(OutboxItem) first = NULL, again = NULL;
    g_autoptr(GError) error = NULL;

    say(fixture, 1, "k", DIRS("a"));
    assert_ok(store_outbox_claim(STORE, "dead", LEASE, &first, &error), error);
    assert_int_equal(first->attempts, 0);
    assert_count("SELECT attempts FROM outbox", 1); /* committed before it is sent */
    assert_null(claim_item(STORE));
    assert_int_equal(recover(STORE, ME, false), 0);
    assert_int_equal(recover(STORE, ME, true), 1);
    again = claim_item(STORE);
    assert_int_equal(again->id, first->id);
    assert_int_equal(again->attempts, 1);
}

TEST(I7_an_item_whose_lease_ran_out_is_claimable_again)
{
    g_autoptr(OutboxItem) first = NULL, again = NULL;
    g_autoptr(GError) error = NULL;

    say(fixture, 1, "k", DIRS("a"));
    assert_ok(store_outbox_claim(STORE, "dead", -1, &first, &error), error);
    assert_int_equal(recover(STORE, ME, false), 1);
    again = claim_item(STORE);
    assert_int_equal(again->id, first->id);
}

TEST(I7_what_was_posted_late_is_not_posted_again)
{
    g_autoptr(OutboxItem) item = NULL;

    say(fixture, 1, "k", DIRS("a"));
    item = claim_item(STORE);
    recover(STORE, "other", true);
    done(fixture, item, "thread 1");

    assert_null(claim_item(STORE));
    assert_text("SELECT reference FROM outbox", "thread 1");
}

TEST(a_late_retry_or_drop_does_not_undo_a_post)
{
    g_autoptr(OutboxItem) item = NULL;
    g_autoptr(GError) error = NULL;

    say(fixture, 1, "k", DIRS("a"));
    item = claim_item(STORE);
    done(fixture, item, "thread 1");
    assert_ok(store_outbox_retry(STORE, item->id, 0, "late", &error), error);
    assert_ok(store_outbox_drop(STORE, item->id, "late", &error), error);
    done(fixture, item, "thread 2");

    assert_text("SELECT state FROM outbox", "done");
    assert_text("SELECT reference FROM outbox", "thread 1");
}

enum { PULLS = 4, ITEMS = 6 };

typedef struct _Watch Watch;
struct _Watch {
    atomic_int n_sending[PULLS], n_sent[PULLS], n_out_of_turn;
};

static void post_all(Racer *racer)
{
    Watch *watch = racer->data;
    g_autoptr(OutboxItem) item = NULL;
    g_autoptr(GError) error = NULL;

    while ((item = claim_item(racer->store))) {
        const gint64 pull = item->pull.number;
        const int turn = atomic_load(&watch->n_sent[pull]);

        if (atomic_fetch_add(&watch->n_sending[pull], 1) != 0 ||
            turn != (int)g_ascii_strtoll(item->text, NULL, 10))
            atomic_fetch_add(&watch->n_out_of_turn, 1);
        atomic_fetch_add(&watch->n_sent[pull], 1);
        atomic_fetch_sub(&watch->n_sending[pull], 1);
        assert_ok(store_outbox_done(racer->store, item->id, "r", &error), error);
        g_clear_pointer(&item, outbox_item_free);
    }
}

TEST(I7_eight_threads_at_once_post_each_item_once_and_in_order)
{
    Watch watch = { 0 };

    for (int pull = 0; pull < PULLS; pull++) {
        g_autofree char *key = g_strdup_printf("k%d", pull);

        say(fixture, pull, key, DIRS("0", "1", "2", "3", "4", "5"));
    }
    race(STORE, post_all, &watch);
    /* A thread finds nothing and leaves while others still post: what they blocked is left over. */
    post_all(&(Racer){ .store = STORE, .data = &watch });

    assert_int_equal(atomic_load(&watch.n_out_of_turn), 0);
    for (int i = 0; i < PULLS; i++)
        assert_int_equal(atomic_load(&watch.n_sent[i]), ITEMS);
    assert_count("SELECT COUNT(*) FROM outbox WHERE state = 'done' AND attempts = 1",
                 PULLS * ITEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(there_may_be_nothing_to_post),
        STORE_TEST(I7_a_comment_is_claimed_with_all_that_posting_needs),
        STORE_TEST(later_parts_of_a_comment_reply_to_the_first),
        STORE_TEST(I7_a_comment_whose_key_is_there_is_not_queued_again),
        STORE_TEST(a_status_is_claimed_as_it_was_told),
        STORE_TEST(a_command_has_a_status_once_it_has_told_one_of_its_own),
        STORE_TEST(a_status_is_queued_only_when_it_differs_from_the_last_of_its_name_and_head),
        STORE_TEST(statuses_of_other_names_and_heads_are_not_compared_with),
        STORE_TEST(a_status_is_compared_also_with_one_that_was_posted),
        STORE_TEST(a_status_that_was_given_up_is_told_again),
        STORE_TEST(a_status_without_a_head_is_compared_too),
        STORE_TEST(the_end_of_a_command_tells_only_statuses_that_changed),
        STORE_TEST(a_comment_of_which_nothing_holds_is_folded_in_all_its_parts_and_once),
        STORE_TEST(a_comment_is_not_folded_while_something_of_it_holds),
        STORE_TEST(a_comment_that_was_given_up_is_not_folded),
        STORE_TEST(a_thread_of_a_failure_is_closed_once_when_all_of_it_was_tried_again),
        STORE_TEST(a_close_knows_its_thread),
        STORE_TEST(what_is_folded_is_not_closed_too),
        STORE_TEST(a_completion_goes_behind_comment_and_status_of_its_apply),
        STORE_TEST(a_completion_may_leave_the_method_to_the_branch),
        STORE_TEST(I7_a_completion_that_is_refused_is_over_and_told_once),
        STORE_TEST(items_of_one_pull_request_go_in_order_one_at_a_time),
        STORE_TEST(items_of_different_pull_requests_go_in_parallel),
        STORE_TEST(an_item_that_is_retried_keeps_its_place_and_its_time),
        STORE_TEST(an_item_that_is_given_up_keeps_its_reason_and_lets_the_next_go),
        STORE_TEST(I7_an_attempt_that_was_cut_off_is_known_as_one),
        STORE_TEST(I7_an_item_whose_lease_ran_out_is_claimable_again),
        STORE_TEST(I7_what_was_posted_late_is_not_posted_again),
        STORE_TEST(a_late_retry_or_drop_does_not_undo_a_post),
        STORE_TEST(I7_eight_threads_at_once_post_each_item_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
