// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

static KnownPull known_of(Store *store, gint64 number)
{
    const Event event = event_of(EVENT_PULL_UPDATED, number, NULL);
    g_autoptr(GError) error = NULL;
    KnownPull known = { 0 };

    assert_ok(store_known_pull(store, &event.pull, &known, &error), error);
    return known;
}

TEST(a_pull_request_that_nothing_told_of_is_not_known)
{
    g_auto(KnownPull) known = known_of(STORE, 1);

    assert_int_equal(known.id, 0);
}

TEST(what_was_queued_last_is_known_and_that_it_was)
{
    assert_int_equal(push(STORE, 1, "d1", "h1"), INTAKE_STORED);
    assert_int_equal(push(STORE, 1, "d2", "h2"), INTAKE_STORED);
    g_auto(KnownPull) known = known_of(STORE, 1);

    assert_true(known.id);
    assert_true(known.was_offered);
    assert_false(known.is_closed);
    assert_string_equal(known.queued_head, "h2");
    assert_string_equal(known.queued_base, "main");
    assert_null(known.planned_head);
    assert_true(known.last_command_at > 0);
}

TEST(a_comment_offers_no_automatic_plan)
{
    assert_int_equal(comment(STORE, 1, "1/1", COMMAND_PLAN), INTAKE_STORED);
    g_auto(KnownPull) known = known_of(STORE, 1);

    assert_true(known.id);
    assert_false(known.was_offered);
}

TEST(comments_are_known_by_their_commands)
{
    g_autoptr(GError) error = NULL;
    bool is_first = false, is_second = true;

    assert_int_equal(comment(STORE, 1, "1/1", COMMAND_PLAN), INTAKE_STORED);
    g_auto(KnownPull) known = known_of(STORE, 1);

    assert_ok(store_comment_is_known(STORE, known.id, "1/1", &is_first, &error), error);
    assert_ok(store_comment_is_known(STORE, known.id, "1/2", &is_second, &error), error);
    assert_true(is_first);
    assert_false(is_second);
}

TEST(closed_pull_requests_are_known_and_not_open)
{
    g_autoptr(GError) error = NULL;

    assert_int_equal(push(STORE, 1, "d1", "h1"), INTAKE_STORED);
    assert_int_equal(push(STORE, 2, "d2", "h2"), INTAKE_STORED);
    assert_int_equal(close_pull(STORE, 1, "d3"), INTAKE_STORED);
    g_auto(KnownPull) known = known_of(STORE, 1);
    g_autoptr(GPtrArray) open = store_open_pulls(STORE, &error);
    g_autoptr(GPtrArray) repos = store_repos(STORE, &error);

    assert_ok(open && repos, error);
    assert_true(known.is_closed);
    assert_int_equal(open->len, 1);
    assert_int_equal(((PullRef *)open->pdata[0])->number, 2);
    assert_int_equal(repos->len, 1);
    assert_string_equal(((RepoRef *)repos->pdata[0])->allow_name,
                        "dev.azure.com/org/project/infra");
}

TEST(only_what_the_host_delivered_is_a_delivery)
{
    g_autoptr(GError) error = NULL;
    gint64 at = 0;

    assert_int_equal(push(STORE, 1, NULL, "h1"), INTAKE_STORED);
    assert_ok(store_last_delivery(STORE, &at, &error), error);
    assert_int_equal(at, 0);
    assert_int_equal(push(STORE, 1, "d1", "h2"), INTAKE_STORED);
    assert_ok(store_last_delivery(STORE, &at, &error), error);
    assert_true(at > 0);
}

TEST(a_setting_is_what_was_written_last)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *none = NULL, *value = NULL;

    assert_ok(store_setting_read(STORE, "colour", &none, &error), error);
    assert_null(none);
    assert_ok(store_setting_write(STORE, "colour", "red", &error), error);
    assert_ok(store_setting_write(STORE, "colour", "blue", &error), error);
    assert_ok(store_setting_read(STORE, "colour", &value, &error), error);
    assert_string_equal(value, "blue");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_pull_request_that_nothing_told_of_is_not_known),
        STORE_TEST(what_was_queued_last_is_known_and_that_it_was),
        STORE_TEST(a_comment_offers_no_automatic_plan),
        STORE_TEST(comments_are_known_by_their_commands),
        STORE_TEST(closed_pull_requests_are_known_and_not_open),
        STORE_TEST(only_what_the_host_delivered_is_a_delivery),
        STORE_TEST(a_setting_is_what_was_written_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
