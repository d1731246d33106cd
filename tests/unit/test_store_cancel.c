// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

static Command *claim_cancel(Store *store)
{
    g_autoptr(GError) error = NULL;
    Command *command = NULL;

    assert_ok(store_command_claim(store, CLAIM_CANCEL, "cancels", 60000, &command, &error), error);
    return command;
}

static GPtrArray *cancel(Store *store, const Command *command)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *cancelled = NULL;

    assert_ok(store_cancel(store, command, &cancelled, &error), error);
    return cancelled;
}

TEST(a_cancel_is_claimed_beside_the_command_that_runs)
{
    g_autoptr(Command) running = NULL, waiting = NULL, asked = NULL;

    comment(STORE, 7, "c1", COMMAND_APPLY);
    comment(STORE, 7, "c2", COMMAND_PLAN);
    comment(STORE, 7, "c3", COMMAND_CANCEL);
    running = claim(STORE);
    waiting = claim(STORE);
    asked = claim_cancel(STORE);

    assert_int_equal(running->kind, COMMAND_APPLY);
    assert_null(waiting);
    assert_int_equal(asked->kind, COMMAND_CANCEL);
}

TEST(what_waits_is_ended_and_what_runs_is_asked)
{
    g_autoptr(Command) running = NULL, asked = NULL, rest = NULL;
    g_autoptr(GPtrArray) cancelled = NULL, again = NULL;
    const Cancelled *first, *second;

    comment(STORE, 7, "c1", COMMAND_APPLY);
    comment(STORE, 7, "c2", COMMAND_PLAN);
    comment(STORE, 7, "c3", COMMAND_CANCEL);
    comment(STORE, 8, "c4", COMMAND_PLAN);
    running = claim(STORE);
    asked = claim_cancel(STORE);
    cancelled = cancel(STORE, asked);
    again = cancel(STORE, asked);
    rest = claim(STORE);

    assert_int_equal(cancelled->len, 2);
    assert_int_equal(again->len, 2); /* its process may have died before it told */
    first = cancelled->pdata[0];
    second = cancelled->pdata[1];
    assert_true(first->was_running && first->id == running->id);
    assert_true(!second->was_running && second->kind == COMMAND_PLAN);
    assert_int_equal(rest->pull.number, 8); /* another pull request's */
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'cancelled'", 1);
}

TEST(what_comes_after_a_cancel_is_not_cancelled)
{
    g_autoptr(Command) asked = NULL, later = NULL;
    g_autoptr(GPtrArray) cancelled = NULL;

    comment(STORE, 7, "c1", COMMAND_CANCEL);
    comment(STORE, 7, "c2", COMMAND_PLAN);
    asked = claim_cancel(STORE);
    cancelled = cancel(STORE, asked);

    assert_int_equal(cancelled->len, 0);
    finish(STORE, asked, COMMAND_DONE);
    later = claim(STORE);
    assert_int_equal(later->kind, COMMAND_PLAN);
}

TEST(who_asked_is_known_to_who_claims_it_again)
{
    g_autoptr(Command) running = NULL, asked = NULL, again = NULL;
    g_autoptr(GPtrArray) cancelled = NULL;
    g_autoptr(GError) error = NULL;

    comment(STORE, 7, "c1", COMMAND_PLAN);
    comment(STORE, 7, "c2", COMMAND_CANCEL);
    running = claim(STORE);
    asked = claim_cancel(STORE);
    cancelled = cancel(STORE, asked);
    finish(STORE, asked, COMMAND_DONE);
    assert_null(running->cancel_asked_by);
    assert_ok(store_recover(STORE, "another", true, NULL, &error), error);
    again = claim(STORE);

    assert_int_equal(again->id, running->id);
    assert_string_equal(again->cancel_asked_by, "Ada");
}

TEST(what_the_owner_runs_and_was_asked_is_found)
{
    g_autoptr(Command) running = NULL, asked = NULL, other = NULL;
    g_autoptr(GPtrArray) cancelled = NULL, mine = NULL, theirs = NULL;
    g_autofree char *by = NULL, *of_other = NULL;
    g_autoptr(GError) error = NULL;

    comment(STORE, 7, "c1", COMMAND_PLAN);
    comment(STORE, 7, "c2", COMMAND_CANCEL);
    comment(STORE, 8, "c3", COMMAND_PLAN);
    running = claim(STORE);
    other = claim(STORE);
    change(fixture, "UPDATE command SET actor_name = NULL WHERE kind = 'cancel'");
    asked = claim_cancel(STORE);
    cancelled = cancel(STORE, asked);
    mine = store_cancel_asked(STORE, ME, &error);
    assert_ok(mine, error);
    theirs = store_cancel_asked(STORE, "another", &error);
    assert_ok(theirs, error);

    assert_int_equal(mine->len, 1);
    assert_int_equal(((Cancelled *)mine->pdata[0])->id, running->id);
    assert_int_equal(theirs->len, 0);
    assert_ok(store_cancel_asked_by(STORE, running->id, &by, &error), error);
    assert_string_equal(by, "Somebody");
    assert_ok(store_cancel_asked_by(STORE, other->id, &of_other, &error), error);
    assert_null(of_other);
}

TEST(an_apply_that_was_cut_off_is_not_ended_by_a_cancel)
{
    g_autoptr(Command) apply = command_of(STORE, 7, "c1", COMMAND_APPLY), asked = NULL;
    g_autoptr(Run) run = begin(STORE, apply, project_of(STORE, apply, "net"), 0);
    g_autoptr(GPtrArray) cancelled = NULL;

    assert_int_equal(run->state, RUN_RUNNING);
    assert_int_equal(recover(STORE, "next", true), 1);
    comment(STORE, 7, "c2", COMMAND_CANCEL);
    asked = claim_cancel(STORE);
    cancelled = cancel(STORE, asked);

    assert_int_equal(cancelled->len, 1);
    assert_true(((Cancelled *)cancelled->pdata[0])->was_running);
    assert_count("SELECT COUNT(*) FROM command WHERE state = 'queued' AND kind = 'apply'", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_cancel_is_claimed_beside_the_command_that_runs),
        STORE_TEST(what_waits_is_ended_and_what_runs_is_asked),
        STORE_TEST(what_comes_after_a_cancel_is_not_cancelled),
        STORE_TEST(what_the_owner_runs_and_was_asked_is_found),
        STORE_TEST(an_apply_that_was_cut_off_is_not_ended_by_a_cancel),
        STORE_TEST(who_asked_is_known_to_who_claims_it_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
