// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

#include "store/store_internal.h"

TEST(a_database_that_is_opened_again_keeps_what_it_has)
{
    Fixture *own = *fixture;
    g_autoptr(GError) error = NULL;
    g_autoptr(Command) command = NULL;

    assert_int_equal(push(STORE, 7, "d1", "h1"), INTAKE_STORED);
    store_close(own->store);
    own->store = store_open(own->url, &error);

    assert_ok(own->store, error);
    assert_count("SELECT COUNT(*) FROM schema_version", (gint64)store_n_migrations);
    command = claim(STORE);
    assert_non_null(command);
    assert_int_equal(command->pull.number, 7);
}

TEST(a_database_of_a_newer_program_is_refused_and_left_alone)
{
    Fixture *own = *fixture;
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) second = NULL;

    change(fixture, "INSERT INTO schema_version VALUES (9999, '9999_future', 0)");

    assert_fails((second = store_open(own->url, &error)), error, HADAL_ERROR_INVALID);
    assert_non_null(strstr(error->message, "version 9999"));
    assert_non_null(strstr(error->message, "newer hadal"));
    assert_count("SELECT COUNT(*) FROM schema_version", (gint64)store_n_migrations + 1);
}

TEST(a_url_of_no_database_is_invalid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = NULL;

    assert_fails((store = store_open("oracle:x", &error)), error, HADAL_ERROR_INVALID);
}

TEST(a_ping_reads_the_database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) why = NULL;

    assert_ok(store_ping(STORE, &error), error);
    change(fixture, "DROP TABLE schema_version");
    assert_false(store_ping(STORE, &why));
    assert_non_null(why);
}

/* --------------------------------------------------------------- wake-up */

static void assert_woken_by(void **fixture, guint64 *seen)
{
    const gint64 before = g_get_monotonic_time();

    store_wait(STORE, seen, 60000);
    assert_true(g_get_monotonic_time() - before < (gint64)30 * G_USEC_PER_SEC);
}

static bool is_quiet(void **fixture, guint64 seen)
{
    const guint64 before = seen;

    store_wait(STORE, &seen, 0);
    return seen == before;
}

TEST(a_first_look_does_not_wait)
{
    guint64 seen = 0;

    assert_woken_by(fixture, &seen);
    assert_true(seen != 0);
    assert_true(is_quiet(fixture, seen));
}

TEST(a_wait_ends_at_its_timeout)
{
    const gint64 before = g_get_monotonic_time();
    guint64 seen = 0;

    store_wait(STORE, &seen, 0);
    store_wait(STORE, &seen, 1020);
    assert_true(g_get_monotonic_time() - before >= 1020000);
}

TEST(what_is_stored_between_two_looks_is_not_missed)
{
    guint64 seen = 0;

    store_wait(STORE, &seen, 0);
    push(STORE, 1, "d1", "h1");
    assert_woken_by(fixture, &seen);
}

/* Each step of a command's life that makes work for somebody. */
TEST(whatever_makes_work_wakes_and_nothing_else_does)
{
    const char *const parts[] = { "done", NULL };
    const NewComment note = { .key = "k", .parts = parts };
    g_autoptr(Command) first = NULL, again = NULL;
    g_autoptr(OutboxItem) item = NULL, later = NULL;
    g_autoptr(GError) error = NULL;
    CommandEnd end = { .state = COMMAND_DONE, .comment = &note };
    guint64 seen = 0;

    push(STORE, 1, "d1", "h1");
    store_wait(STORE, &seen, 0);

    push(STORE, 1, "d2", "h1");
    assert_true(is_quiet(fixture, seen)); /* unchanged */
    first = claim(STORE);
    assert_true(is_quiet(fixture, seen)); /* claimed */
    assert_int_equal(recover(STORE, ME, false), 0);
    assert_true(is_quiet(fixture, seen)); /* nothing recovered */

    assert_ok(store_command_requeue(STORE, first, 0, "busy", &error), error);
    assert_woken_by(fixture, &seen);
    again = claim(STORE);
    assert_non_null(again);
    end.command = again;
    assert_ok(store_command_finish(STORE, &end, &error), error);
    assert_woken_by(fixture, &seen);
    item = claim_item(STORE);
    assert_non_null(item);
    assert_true(is_quiet(fixture, seen));
    assert_ok(store_outbox_retry(STORE, item->id, 0, "busy", &error), error);
    assert_woken_by(fixture, &seen);
    later = claim_item(STORE);
    assert_non_null(later);
    assert_int_equal(recover(STORE, "other", true), 1);
    assert_woken_by(fixture, &seen);
    assert_ok(store_outbox_done(STORE, later->id, "r", &error), error);
    assert_woken_by(fixture, &seen);
    assert_ok(store_outbox_drop(STORE, later->id, "gone", &error), error);
    assert_woken_by(fixture, &seen);
    assert_true(is_quiet(fixture, seen));
}

/* Half of the threads queue, half wait until all of it was claimed: a lost wake-up is a timeout. */
enum { PUSHES = 10 };
static atomic_int n_claimed;

static void push_or_claim(Racer *racer)
{
    const int all = N_THREADS / 2 * PUSHES;
    guint64 seen = 0;

    if (racer->index % 2 == 0) {
        for (int i = 0; i < PUSHES; i++) {
            g_autofree char *key = g_strdup_printf("%d-%d", racer->index, i);

            push(racer->store, racer->index * PUSHES + i, key, "h");
        }
        return;
    }
    while (atomic_load(&n_claimed) < all) {
        g_autoptr(Command) command = claim(racer->store);

        if (!command)
            store_wait(racer->store, &seen, 60000);
        else if (atomic_fetch_add(&n_claimed, 1) + 1 == all)
            store_wake(racer->store);
    }
}

TEST(no_wakeup_is_lost_between_threads)
{
    const gint64 before = g_get_monotonic_time();

    atomic_store(&n_claimed, 0);
    race(STORE, push_or_claim, NULL);

    assert_int_equal(atomic_load(&n_claimed), N_THREADS / 2 * PUSHES);
    assert_true(g_get_monotonic_time() - before < (gint64)50 * G_USEC_PER_SEC);
}

/* ---------------------------------------------------------------- prune */

/* A command that ended with a comment of two parts and a status, all of it long ago. */
static void end_long_ago(void **fixture, bool is_second_part_posted)
{
    const char *const parts[] = { "one", "two", NULL };
    const NewComment note = { .key = "k", .parts = parts };
    const Status status = { .name = (char *)"plan", .head = (char *)"h1" };
    const Status *const statuses[] = { &status };
    g_autoptr(Command) command = NULL;
    g_autoptr(GError) error = NULL;
    CommandEnd end = {
        .state = COMMAND_DONE,
        .comment = &note,
        .statuses = statuses,
        .n_statuses = 1,
    };

    push(STORE, 1, "d1", "h1");
    command = claim(STORE);
    end.command = command;
    assert_ok(store_command_finish(STORE, &end, &error), error);
    change(fixture, "UPDATE outbox SET state = 'done', ended_at = 1, reference = key");
    if (!is_second_part_posted)
        change(fixture, "UPDATE outbox SET state = 'waiting', ended_at = 0 WHERE key = 'k:2'");
    change(fixture, "UPDATE delivery SET received_at = 1");
}

static gint64 prune(void **fixture, gint64 keep_ms)
{
    g_autoptr(GError) error = NULL;
    gint64 n = -1;

    assert_ok(store_prune(STORE, keep_ms, &n, &error), error);
    return n;
}

TEST(old_deliveries_and_posted_items_go)
{
    end_long_ago(fixture, true);

    assert_int_equal(prune(fixture, 1000), 3);
    assert_count("SELECT COUNT(*) FROM delivery", 0);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'comment'", 0);
}

TEST(what_is_younger_stays)
{
    end_long_ago(fixture, true);
    change(fixture, "UPDATE outbox SET ended_at = 9999999999999");
    change(fixture, "UPDATE delivery SET received_at = 9999999999999");
    assert_int_equal(prune(fixture, 1000), 0);

    change(fixture, "UPDATE pull SET state = 'closed'");
    assert_int_equal(prune(fixture, 1000), 0);
}

TEST(a_first_part_stays_while_a_later_one_waits)
{
    g_autoptr(OutboxItem) item = NULL;

    end_long_ago(fixture, false);

    assert_int_equal(prune(fixture, 1000), 1);
    item = claim_item(STORE);
    assert_string_equal(item->key, "k:2");
    assert_string_equal(item->thread, "k");
}

TEST(the_last_status_of_an_open_pull_request_stays_to_be_compared_with)
{
    end_long_ago(fixture, true);
    prune(fixture, 1000);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'status'", 1);

    change(fixture, "UPDATE pull SET state = 'closed'");
    assert_int_equal(prune(fixture, 1000), 1);
    assert_count("SELECT COUNT(*) FROM outbox WHERE kind = 'status'", 0);
}

TEST(who_only_looks_sees_what_is_there_and_makes_nothing)
{
    Fixture *own = *fixture;
    g_autofree char *other_path = g_build_filename(own->dir, "other.db", NULL);
    g_autofree char *other = g_strconcat("sqlite:", other_path, NULL);
    g_autoptr(Store) store = NULL;
    g_autoptr(GError) error = NULL, missing = NULL;
    gint64 received_at = 0;

    push(STORE, 1, "d1", "h1");
    store = store_open_to_read(own->url, &error);
    assert_ok(store, error);
    assert_ok(store_last_delivery(store, &received_at, &error), error);

    assert_true(received_at > 0);
    assert_fails(store_open_to_read(other, &missing), missing, HADAL_ERROR_INTERNAL);
    assert_false(g_file_test(other_path, G_FILE_TEST_EXISTS));
}

TEST(a_database_of_a_newer_program_is_not_read)
{
    Fixture *own = *fixture;
    g_autoptr(GError) error = NULL;

    change(fixture, "INSERT INTO schema_version (version, name, applied_at) VALUES (9999, 'x', 1)");

    assert_fails(store_open_to_read(own->url, &error), error, HADAL_ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_database_that_is_opened_again_keeps_what_it_has),
        STORE_TEST(a_database_of_a_newer_program_is_refused_and_left_alone),
        cmocka_unit_test(a_url_of_no_database_is_invalid),
        STORE_TEST(a_ping_reads_the_database),
        STORE_TEST(who_only_looks_sees_what_is_there_and_makes_nothing),
        STORE_TEST(a_database_of_a_newer_program_is_not_read),
        STORE_TEST(a_first_look_does_not_wait),
        STORE_TEST(a_wait_ends_at_its_timeout),
        STORE_TEST(what_is_stored_between_two_looks_is_not_missed),
        STORE_TEST(whatever_makes_work_wakes_and_nothing_else_does),
        STORE_TEST(no_wakeup_is_lost_between_threads),
        STORE_TEST(old_deliveries_and_posted_items_go),
        STORE_TEST(what_is_younger_stays),
        STORE_TEST(a_first_part_stays_while_a_later_one_waits),
        STORE_TEST(the_last_status_of_an_open_pull_request_stays_to_be_compared_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
