// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

static const NewCommand automatic_plan = { .kind = COMMAND_PLAN, .source = SOURCE_PUSH };

/* ----------------------------------------------------------- deliveries */

TEST(I1_a_delivery_that_comes_twice_is_acted_on_once)
{
    assert_int_equal(comment(STORE, 1, "c1", COMMAND_PLAN), INTAKE_STORED);
    assert_int_equal(comment(STORE, 1, "c1", COMMAND_PLAN), INTAKE_DUPLICATE);

    assert_count("SELECT COUNT(*) FROM command", 1);
    assert_count("SELECT COUNT(*) FROM delivery", 1);
}

TEST(I1_a_delivery_without_commands_is_known_when_it_comes_again)
{
    const Event event = event_of(EVENT_PULL_UPDATED, 1, "d1");

    assert_int_equal(intake(STORE, &event, NULL, 0, false), INTAKE_UNCHANGED);
    assert_int_equal(intake(STORE, &event, NULL, 0, false), INTAKE_DUPLICATE);
    assert_count("SELECT COUNT(*) FROM delivery", 1);
}

TEST(the_same_key_of_another_host_is_another_delivery)
{
    Event event = event_of(EVENT_PULL_OPENED, 1, "d1");

    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
    event.pull.repo.host = (char *)"github";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
}

TEST(deliveries_without_a_key_are_not_taken_for_one_another)
{
    assert_int_equal(push(STORE, 1, NULL, "h1"), INTAKE_STORED);
    assert_int_equal(push(STORE, 1, NULL, "h2"), INTAKE_STORED);
    assert_count("SELECT COUNT(*) FROM delivery", 2);
}

TEST(I1_a_comment_that_two_subscriptions_tell_of_is_taken_once)
{
    const NewCommand apply = { .kind = COMMAND_APPLY, .source = SOURCE_COMMENT };
    Event event = event_of(EVENT_COMMENT, 1, "d1");

    event.comment_ref = (char *)"thread 5 comment 1";
    assert_int_equal(intake(STORE, &event, &apply, 1, false), INTAKE_STORED);
    event.delivery_key = (char *)"d2";
    assert_int_equal(intake(STORE, &event, &apply, 1, false), INTAKE_DUPLICATE);

    assert_count("SELECT COUNT(*) FROM command", 1);
    assert_text("SELECT outcome FROM delivery WHERE key = 'd2'", "duplicate");
}

TEST(the_same_comment_of_another_pull_request_is_another_comment)
{
    const NewCommand apply = { .kind = COMMAND_APPLY, .source = SOURCE_COMMENT };
    Event event = event_of(EVENT_COMMENT, 1, "d1");

    event.comment_ref = (char *)"1";
    assert_int_equal(intake(STORE, &event, &apply, 1, false), INTAKE_STORED);
    event.delivery_key = (char *)"d2";
    event.pull.number = 2;
    assert_int_equal(intake(STORE, &event, &apply, 1, false), INTAKE_STORED);
}

static void deliver_all(Racer *racer)
{
    atomic_int *n_stored = racer->data;

    for (int i = 0; i < 10; i++) {
        g_autofree char *ref = g_strdup_printf("c%d", i);

        if (comment(racer->store, 1, ref, COMMAND_PLAN) == INTAKE_STORED)
            atomic_fetch_add(n_stored, 1);
    }
}

TEST(I1_equal_deliveries_at_the_same_time_are_one)
{
    atomic_int n_stored = 0;

    race(STORE, deliver_all, &n_stored);

    assert_int_equal(atomic_load(&n_stored), 10);
    assert_count("SELECT COUNT(*) FROM command", 10);
    assert_count("SELECT COUNT(DISTINCT seq) FROM command", 10);
}

TEST(the_body_is_kept_byte_by_byte)
{
    const Event event = event_of(EVENT_PULL_OPENED, 1, "d1");
    const Intake in = { .event = &event, .body = "{\"a\0b\"}", .length = 7 };
    g_autoptr(GError) error = NULL;
    IntakeOutcome outcome;

    assert_ok(store_intake(STORE, &in, &outcome, &error), error);
    assert_count("SELECT LENGTH(body) FROM delivery", 7);
}

/* ---------------------------------------------------- several in one commit */

enum { N_TOGETHER = 3 };

typedef struct {
    Event events[N_TOGETHER];
    Intake intakes[N_TOGETHER];
    IntakeResult results[N_TOGETHER];
} Together;

/* Pushes to as many pull requests. */
static void together_init(Together *together)
{
    static const char *const keys[N_TOGETHER] = { "d1", "d2", "d3" };

    *together = (Together){ 0 };
    for (int i = 0; i < N_TOGETHER; i++) {
        together->events[i] = event_of(EVENT_PULL_UPDATED, i + 1, keys[i]);
        together->events[i].head_commit = (char *)"h1";
        together->intakes[i] = (Intake){
            .event = &together->events[i],
            .body = "{}",
            .length = 2,
            .commands = &automatic_plan,
            .n_commands = 1,
            .only_if_changed = true,
        };
    }
}

static bool take_together(Store *store, Together *together, GError **error)
{
    return store_intake_all(store, together->intakes, N_TOGETHER, together->results, error);
}

TEST(deliveries_of_one_commit_have_each_its_outcome)
{
    g_autoptr(GError) error = NULL;
    Together three;

    together_init(&three);
    three.events[1].delivery_key = three.events[0].delivery_key;
    three.events[1].pull.url = (char *)"https://host/elsewhere";
    three.events[2].pull.number = 1;
    assert_ok(take_together(STORE, &three, &error), error);

    assert_int_equal(three.results[0].outcome, INTAKE_STORED);
    assert_int_equal(three.results[1].outcome, INTAKE_DUPLICATE);
    assert_int_equal(three.results[2].outcome, INTAKE_UNCHANGED);
    assert_count("SELECT COUNT(*) FROM command", 1);
    assert_count("SELECT COUNT(*) FROM delivery", 2);
    assert_count("SELECT COUNT(*) FROM pull WHERE number = 2", 0);
}

TEST(I5_deliveries_of_one_commit_keep_their_order)
{
    g_autoptr(GError) error = NULL;
    Together three;

    together_init(&three);
    for (int i = 1; i < N_TOGETHER; i++)
        three.events[i].pull.number = 1;
    three.events[1].head_commit = (char *)"h2";
    three.events[2].head_commit = (char *)"h3";
    assert_ok(take_together(STORE, &three, &error), error);

    assert_count("SELECT COUNT(*) FROM command WHERE state = 'superseded'", 2);
    assert_text("SELECT head FROM command WHERE state = 'queued'", "h3");
    assert_text("SELECT queued_head FROM pull", "h3");
}

TEST(a_delivery_that_cannot_be_stored_leaves_no_trace_and_the_others_alone)
{
    g_autoptr(GError) error = NULL;
    Together three;

    together_init(&three);
    change(fixture, "CREATE TRIGGER no_two BEFORE INSERT ON command"
                    " WHEN (SELECT number FROM pull WHERE id = NEW.pull_id) = 2"
                    " BEGIN SELECT RAISE(ABORT, 'not this one'); END");
    assert_ok(take_together(STORE, &three, &error), error);

    assert_null(three.results[0].error);
    assert_non_null(three.results[1].error);
    assert_null(three.results[2].error);
    assert_count("SELECT COUNT(*) FROM command", 2);
    assert_count("SELECT COUNT(*) FROM delivery", 2);
    assert_count("SELECT COUNT(*) FROM pull WHERE number = 2", 0);
    g_error_free(three.results[1].error);
}

TEST(I1_when_the_database_gives_up_the_transaction_none_is_taken_for_stored)
{
    g_autoptr(GError) error = NULL;
    Together three;

    together_init(&three);
    change(fixture, "CREATE TRIGGER no_two BEFORE INSERT ON command"
                    " WHEN (SELECT number FROM pull WHERE id = NEW.pull_id) = 2"
                    " BEGIN SELECT RAISE(ROLLBACK, 'nothing at all'); END");
    assert_false(take_together(STORE, &three, &error));

    for (int i = 0; i < N_TOGETHER; i++)
        assert_null(three.results[i].error);
    assert_count("SELECT COUNT(*) FROM delivery", 0);
    g_clear_error(&error);
    change(fixture, "DROP TRIGGER no_two");
    assert_ok(take_together(STORE, &three, &error), error);
    assert_count("SELECT COUNT(*) FROM delivery", 3);
}

/* ------------------------------------------------- repositories and pulls */

TEST(a_repository_keeps_its_identity_when_it_is_renamed)
{
    Event event = event_of(EVENT_PULL_UPDATED, 1, "d1");
    g_autoptr(Command) command = NULL;

    intake(STORE, &event, &automatic_plan, 1, false);
    event.delivery_key = (char *)"d2";
    event.pull.repo.full_name = (char *)"org/project/renamed";
    event.pull.repo.allow_name = (char *)"dev.azure.com/org/project/renamed";
    event.pull.repo.locator = (char *)"elsewhere";
    event.pull.url = (char *)"https://host/new";
    intake(STORE, &event, &automatic_plan, 1, false);

    assert_count("SELECT COUNT(*) FROM repo", 1);
    assert_count("SELECT COUNT(*) FROM pull", 1);
    command = claim(STORE);
    assert_string_equal(command->pull.repo.host, "azuredevops");
    assert_string_equal(command->pull.repo.host_id, "5b1e");
    assert_string_equal(command->pull.repo.full_name, "org/project/renamed");
    assert_string_equal(command->pull.repo.allow_name, "dev.azure.com/org/project/renamed");
    assert_string_equal(command->pull.repo.locator, "elsewhere");
    assert_string_equal(command->pull.url, "https://host/new");
}

TEST(what_an_event_does_not_tell_stays_as_it_was)
{
    Event event = event_of(EVENT_PULL_UPDATED, 1, "d1");
    g_autoptr(Command) command = NULL;

    intake(STORE, &event, NULL, 0, false);
    event.delivery_key = (char *)"d2";
    event.pull.repo.full_name = event.pull.url = event.pull.repo.locator = NULL;
    intake(STORE, &event, &automatic_plan, 1, false);

    command = claim(STORE);
    assert_string_equal(command->pull.repo.full_name, "org/project/infra");
    assert_string_equal(command->pull.repo.locator, "org/p/5b1e");
    assert_string_equal(command->pull.url, "https://host/pull");
}

TEST(a_command_is_stored_with_all_that_was_said)
{
    char *extra[] = { (char *)"-refresh=false", NULL };
    const CommandArgs args = { .dir = (char *)"net", .is_verbose = true, .extra = extra };
    const NewCommand commands[] = {
        { .kind = COMMAND_PLAN, .source = SOURCE_COMMENT, .args = &args },
        { .kind = COMMAND_APPLY, .source = SOURCE_COMMENT },
    };
    Event event = event_of(EVENT_COMMENT, 3, "d1");
    g_autoptr(Command) first = NULL, second = NULL;
    gint64 before = clock_now();

    event.head_commit = (char *)"abc";
    event.comment_ref = (char *)"c1";
    assert_int_equal(intake(STORE, &event, commands, 2, false), INTAKE_STORED);

    first = claim(STORE);
    assert_int_equal(first->kind, COMMAND_PLAN);
    assert_int_equal(first->source, SOURCE_COMMENT);
    assert_int_equal(first->state, COMMAND_RUNNING);
    assert_int_equal(first->pull.number, 3);
    assert_string_equal(first->args.dir, "net");
    assert_true(first->args.is_verbose);
    assert_string_equal(first->args.extra[0], "-refresh=false");
    assert_string_equal(first->actor.id, "ada-id");
    assert_string_equal(first->actor.name, "Ada");
    assert_string_equal(first->actor.login, "ada@example.com");
    assert_string_equal(first->head, "abc");
    assert_int_equal(first->attempts, 1);
    assert_true(first->queued_at >= before && first->queued_at <= clock_now());
    finish(STORE, first, COMMAND_DONE);
    second = claim(STORE);
    assert_int_equal(second->kind, COMMAND_APPLY);
    assert_null(second->args.dir);
}

/* ----------------------------------------------------- only if it changed */

TEST(a_head_that_was_queued_before_is_not_planned_again)
{
    assert_int_equal(push(STORE, 1, "d1", "h1"), INTAKE_STORED);
    assert_int_equal(push(STORE, 1, "d2", "h1"), INTAKE_UNCHANGED);

    assert_count("SELECT COUNT(*) FROM command", 1);
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'queued'", 1);
    assert_text("SELECT outcome FROM delivery WHERE key = 'd2'", "unchanged");
}

TEST(another_head_another_base_and_no_head_are_changes)
{
    Event event = event_of(EVENT_PULL_UPDATED, 1, "d1");

    event.head_commit = (char *)"h1";
    event.base_branch = (char *)"main";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
    event.delivery_key = (char *)"d2";
    event.head_commit = (char *)"h2";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
    event.delivery_key = (char *)"d3";
    event.base_branch = (char *)"release";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
    event.delivery_key = (char *)"d4";
    event.head_commit = NULL;
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
    event.delivery_key = (char *)"d5";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
}

TEST(a_base_that_is_not_told_is_no_change)
{
    Event event = event_of(EVENT_PULL_UPDATED, 1, "d2");

    push(STORE, 1, "d1", "h1");
    event.head_commit = (char *)"h1";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_UNCHANGED);
    event.delivery_key = (char *)"d3";
    event.head_commit = (char *)"h2";
    assert_int_equal(intake(STORE, &event, &automatic_plan, 1, true), INTAKE_STORED);
    assert_int_equal(push(STORE, 1, "d4", "h2"), INTAKE_UNCHANGED);
}

TEST(a_forgotten_head_is_planned_with_the_next_event)
{
    g_autoptr(Command) command = NULL;
    g_autoptr(GError) error = NULL;

    push(STORE, 1, "d1", "h1");
    command = claim(STORE);

    assert_ok(store_pull_forget_queued(STORE, command->pull_id, &error), error);
    assert_int_equal(push(STORE, 1, "d2", "h1"), INTAKE_STORED);
}

TEST(an_unconditional_automatic_plan_is_remembered_too)
{
    Event event = event_of(EVENT_PULL_OPENED, 1, "d1");

    event.head_commit = (char *)"h1";
    event.base_branch = (char *)"main";
    intake(STORE, &event, &automatic_plan, 1, false);
    assert_int_equal(push(STORE, 1, "d2", "h1"), INTAKE_UNCHANGED);
}

TEST(a_comment_does_not_count_as_planning_the_head)
{
    comment(STORE, 1, "c1", COMMAND_PLAN);
    push(STORE, 1, "d1", "h1");
    comment(STORE, 1, "c2", COMMAND_PLAN);
    assert_int_equal(push(STORE, 1, "d2", "h1"), INTAKE_UNCHANGED);
}

/* ------------------------------------------------------------ supersession */

TEST(I5_a_newer_push_supersedes_queued_automatic_plans_of_its_pull_request_only)
{
    push(STORE, 1, "d1", "h1");
    push(STORE, 2, "d2", "h1");
    comment(STORE, 1, "c1", COMMAND_PLAN);
    comment(STORE, 1, "c2", COMMAND_APPLY);

    push(STORE, 1, "d3", "h2");

    assert_count("SELECT COUNT(*) FROM command WHERE state = 'superseded'", 1);
    assert_text("SELECT head FROM command WHERE state = 'superseded'", "h1");
    assert_text("SELECT reason FROM command WHERE state = 'superseded'", "a newer push");
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'superseded' AND ended_at > 0", 1);
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'queued'", 4);
}

TEST(I5_a_plan_that_runs_is_not_superseded)
{
    g_autoptr(Command) running = NULL;

    push(STORE, 1, "d1", "h1");
    running = claim(STORE);
    assert_non_null(running);
    push(STORE, 1, "d2", "h2");

    assert_count("SELECT COUNT(*) FROM command WHERE state = 'running'", 1);
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'queued'", 1);
}

/* ----------------------------------------------------------------- closing */

TEST(closing_cancels_what_is_still_queued_of_that_pull_request)
{
    g_autoptr(Command) running = NULL, last = NULL;

    push(STORE, 1, "d1", "h1");
    push(STORE, 2, "d2", "h1");
    running = claim(STORE);
    comment(STORE, 1, "c1", COMMAND_APPLY);
    close_pull(STORE, 1, "d3");

    assert_count("SELECT COUNT(*) FROM command WHERE state = 'cancelled'", 1);
    assert_text("SELECT reason FROM command WHERE state = 'cancelled'",
                "the pull request was closed");
    assert_text("SELECT kind FROM command WHERE state = 'cancelled'", "apply");
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'running'", 1);
    assert_text("SELECT state FROM pull WHERE number = 1", "closed");
    assert_text("SELECT state FROM pull WHERE number = 2", "active");
    finish(STORE, running, COMMAND_DONE);
    g_clear_pointer(&running, command_free);
    running = claim(STORE);
    assert_int_equal(running->pull.number, 2);
    last = claim(STORE);
    assert_int_equal(last->kind, COMMAND_CLOSE);
}

TEST(closing_leaves_an_apply_that_was_cut_off_to_be_reported)
{
    g_autoptr(Command) apply = NULL, again = NULL;
    g_autoptr(Run) run = NULL;

    comment(STORE, 1, "c1", COMMAND_APPLY);
    apply = claim_as(STORE, "dead", -1);
    run = begin(STORE, apply, project_of(STORE, apply, "net"), 0);
    assert_non_null(run);
    comment(STORE, 1, "c2", COMMAND_APPLY);
    recover(STORE, ME, false);
    close_pull(STORE, 1, "d1");

    assert_text("SELECT comment_ref FROM command WHERE state = 'cancelled'", "c2");
    again = claim(STORE);
    assert_int_equal(again->id, apply->id);
}

TEST(a_pull_request_that_is_opened_again_is_planned_though_its_head_is_the_same)
{
    push(STORE, 1, "d1", "h1");
    close_pull(STORE, 1, "d2");

    assert_int_equal(push(STORE, 1, "d3", "h1"), INTAKE_STORED);
    assert_text("SELECT state FROM pull WHERE number = 1", "active");
}

TEST(a_comment_does_not_open_a_closed_pull_request)
{
    close_pull(STORE, 1, "d1");
    comment(STORE, 1, "c1", COMMAND_UNLOCK);
    assert_text("SELECT state FROM pull WHERE number = 1", "closed");
}

static IntakeOutcome comment_with_sign(Store *store, const char *ref, const char *delivery_key)
{
    const NewCommand commands[] = { { .kind = COMMAND_PLAN, .source = SOURCE_COMMENT },
                                    { .kind = COMMAND_APPLY, .source = SOURCE_COMMENT } };
    Event event = event_of(EVENT_COMMENT, 1, delivery_key);
    const Intake in = {
        .event = &event,
        .body = "",
        .commands = commands,
        .n_commands = 2,
        .reacts = true,
        .settles = true,
    };
    IntakeOutcome outcome = (IntakeOutcome)-1;
    g_autoptr(GError) error = NULL;

    event.comment_ref = (char *)ref;
    assert_ok(store_intake(store, &in, &outcome, &error), error);
    return outcome;
}

TEST(I7_a_comment_gets_its_sign_once_and_before_its_commands_are_done)
{
    g_autoptr(OutboxItem) item = NULL, other = NULL, none = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *own = NULL;
    g_auto(GStrv) all = NULL;

    assert_int_equal(comment_with_sign(STORE, "5/1", "d1"), INTAKE_STORED);
    assert_int_equal(comment_with_sign(STORE, "5/1", "d2"), INTAKE_DUPLICATE);
    item = claim_item(STORE);

    assert_int_equal(item->kind, OUTBOX_REACT);
    assert_string_equal(item->text, "5/1");
    assert_ok(store_outbox_done(STORE, item->id, NULL, &error), error);
    other = claim_item(STORE);
    assert_int_equal(other->kind, OUTBOX_SETTLE);
    comment(STORE, 1, "6/1", COMMAND_PLAN);
    comment(STORE, 2, "7/1", COMMAND_PLAN);
    assert_ok(store_command_comments(STORE, other->command_id, &own, &all, &error), error);
    assert_string_equal(own, "5/1");
    assert_int_equal(g_strv_length(all), 2);
    assert_true(g_strv_contains((const char *const *)all, "6/1"));
    assert_ok(store_outbox_done(STORE, other->id, NULL, &error), error);
    none = claim_item(STORE);
    assert_null(none);
}

TEST(a_command_that_nobody_typed_has_no_comment)
{
    g_autoptr(Command) command = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *own = NULL;
    g_auto(GStrv) all = NULL;

    push(STORE, 1, "d1", "abc");
    command = claim_as(STORE, ME, LEASE);
    assert_ok(store_command_comments(STORE, command->id, &own, &all, &error), error);
    assert_null(own);
    assert_null(all[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(I1_a_delivery_that_comes_twice_is_acted_on_once),
        STORE_TEST(I1_a_delivery_without_commands_is_known_when_it_comes_again),
        STORE_TEST(the_same_key_of_another_host_is_another_delivery),
        STORE_TEST(deliveries_without_a_key_are_not_taken_for_one_another),
        STORE_TEST(I1_a_comment_that_two_subscriptions_tell_of_is_taken_once),
        STORE_TEST(the_same_comment_of_another_pull_request_is_another_comment),
        STORE_TEST(I1_equal_deliveries_at_the_same_time_are_one),
        STORE_TEST(the_body_is_kept_byte_by_byte),
        STORE_TEST(deliveries_of_one_commit_have_each_its_outcome),
        STORE_TEST(I5_deliveries_of_one_commit_keep_their_order),
        STORE_TEST(a_delivery_that_cannot_be_stored_leaves_no_trace_and_the_others_alone),
        STORE_TEST(I1_when_the_database_gives_up_the_transaction_none_is_taken_for_stored),
        STORE_TEST(a_repository_keeps_its_identity_when_it_is_renamed),
        STORE_TEST(what_an_event_does_not_tell_stays_as_it_was),
        STORE_TEST(a_command_is_stored_with_all_that_was_said),
        STORE_TEST(a_head_that_was_queued_before_is_not_planned_again),
        STORE_TEST(another_head_another_base_and_no_head_are_changes),
        STORE_TEST(a_base_that_is_not_told_is_no_change),
        STORE_TEST(a_forgotten_head_is_planned_with_the_next_event),
        STORE_TEST(an_unconditional_automatic_plan_is_remembered_too),
        STORE_TEST(a_comment_does_not_count_as_planning_the_head),
        STORE_TEST(I5_a_newer_push_supersedes_queued_automatic_plans_of_its_pull_request_only),
        STORE_TEST(I5_a_plan_that_runs_is_not_superseded),
        STORE_TEST(closing_cancels_what_is_still_queued_of_that_pull_request),
        STORE_TEST(closing_leaves_an_apply_that_was_cut_off_to_be_reported),
        STORE_TEST(a_pull_request_that_is_opened_again_is_planned_though_its_head_is_the_same),
        STORE_TEST(a_comment_does_not_open_a_closed_pull_request),
        STORE_TEST(I7_a_comment_gets_its_sign_once_and_before_its_commands_are_done),
        STORE_TEST(a_command_that_nobody_typed_has_no_comment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
