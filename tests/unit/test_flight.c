// SPDX-License-Identifier: Apache-2.0
#include "sys/flight.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "test.h"

enum { PATIENCE_MS = 20 * 1000 };

static char *place; /* of the running test */

/* A run that waits until it is let go, and counts. */
typedef struct {
    atomic_int started, running, most;
    atomic_bool goes_on;
    bool fails;
} Gate;

typedef struct {
    Ctx ctx; /* first: ctx_check() below finds the caller by it */
    Gate *gate;
    const char *key;
    atomic_bool cancel;
    atomic_int checks; /* how often it was asked to stop: a caller that waits has been */
    pthread_t thread;
    bool is_ok;
    GError *error;
} Caller;

/* In place of base/ctx.c. */
bool ctx_check(const Ctx *ctx, GError **error)
{
    Caller *caller = (Caller *)ctx;

    atomic_fetch_add(&caller->checks, 1);
    if (atomic_load(&caller->cancel))
        return hadal_throw(error, HADAL_ERROR_CANCELLED, "cancelled");
    return true;
}

static bool pass(const Ctx *ctx, gpointer data, GError **error)
{
    Gate *gate = data;
    int running = atomic_fetch_add(&gate->running, 1) + 1;
    bool is_ok = true;

    if (running > atomic_load(&gate->most))
        atomic_store(&gate->most, running);
    atomic_fetch_add(&gate->started, 1);
    while (is_ok && !atomic_load(&gate->goes_on)) {
        is_ok = ctx_check(ctx, error);
        g_usleep(1000);
    }
    atomic_fetch_sub(&gate->running, 1);
    if (is_ok && gate->fails)
        return hadal_throw(error, HADAL_ERROR_DENIED, "no");
    return is_ok;
}

static void *call(void *data)
{
    Caller *caller = data;

    caller->is_ok = flight_run(&caller->ctx, place, caller->key, PATIENCE_MS, pass, caller->gate,
                               &caller->error);
    return NULL;
}

static void wait_for(const atomic_int *count, int want)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

    while (atomic_load(count) < want) {
        assert_true(g_get_monotonic_time() < end);
        g_usleep(1000);
    }
}

/* Starts it and waits until it runs or waits for its turn. */
static void start(Caller *caller, Gate *gate, const char *key)
{
    *caller = (Caller){ .gate = gate, .key = key };
    pthread_create(&caller->thread, NULL, call, caller);
    wait_for(&caller->checks, 1);
}

static void join_ok(Caller *caller)
{
    pthread_join(caller->thread, NULL);
    assert_ok(caller->is_ok, caller->error);
}

static void join_failed(Caller *caller, HadalError code)
{
    pthread_join(caller->thread, NULL);
    assert_fails(caller->is_ok, caller->error, code);
    g_clear_error(&caller->error);
}

TEST(equal_requests_that_wait_share_a_run_and_its_failure)
{
    enum { N = 5 };
    Gate first = { 0 }, shared = { .goes_on = true, .fails = true };
    Caller leader, callers[N];

    start(&leader, &first, "a");
    for (int i = 0; i < N; i++)
        start(&callers[i], &shared, "b");
    atomic_store(&first.goes_on, true);
    join_ok(&leader);
    for (int i = 0; i < N; i++)
        join_failed(&callers[i], HADAL_ERROR_DENIED);

    assert_int_equal(atomic_load(&shared.started), 1);
}

TEST(a_run_that_has_begun_is_not_shared)
{
    Gate gate = { 0 };
    Caller first, second;

    start(&first, &gate, "a");
    start(&second, &gate, "a");
    atomic_store(&gate.goes_on, true);
    join_ok(&first);
    join_ok(&second);

    assert_int_equal(atomic_load(&gate.started), 2);
    assert_int_equal(atomic_load(&gate.most), 1);
}

TEST(different_requests_run_one_after_another)
{
    static const char *const keys[] = { "a", "b", "c", "d" };
    Gate gate = { 0 };
    Caller callers[G_N_ELEMENTS(keys)];

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        start(&callers[i], &gate, keys[i]);
    atomic_store(&gate.goes_on, true);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        join_ok(&callers[i]);

    assert_int_equal(atomic_load(&gate.started), 4);
    assert_int_equal(atomic_load(&gate.most), 1);
}

TEST(one_who_waits_and_is_cancelled_leaves_the_run_to_the_others)
{
    Gate first = { 0 }, shared = { .goes_on = true };
    Caller leader, cancelled, other;

    start(&leader, &first, "a");
    start(&cancelled, &shared, "b");
    start(&other, &shared, "b");
    atomic_store(&cancelled.cancel, true);
    join_failed(&cancelled, HADAL_ERROR_CANCELLED);
    atomic_store(&first.goes_on, true);
    join_ok(&leader);
    join_ok(&other);

    assert_int_equal(atomic_load(&shared.started), 1);
}

TEST(one_who_runs_and_is_cancelled_does_not_fail_the_others)
{
    Gate first = { 0 }, shared = { 0 };
    Caller leader, cancelled, other;

    start(&leader, &first, "a");
    start(&cancelled, &shared, "b");
    start(&other, &shared, "b");
    atomic_store(&first.goes_on, true);
    wait_for(&shared.started, 1);
    atomic_store(&cancelled.cancel, true);
    join_failed(&cancelled, HADAL_ERROR_CANCELLED);
    wait_for(&shared.started, 2);
    atomic_store(&shared.goes_on, true);
    join_ok(&leader);
    join_ok(&other);
}

TEST(another_process_is_waited_for_but_not_for_ever)
{
    g_autofree char *path = g_strconcat(place, ".lock", NULL);
    auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    Gate gate = { .goes_on = true };
    Caller caller = { .gate = &gate };
    g_autoptr(GError) error = NULL;

    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_fails(flight_run(&caller.ctx, place, "a", 150, pass, &gate, &error), error,
                 HADAL_ERROR_RETRY);
    assert_int_equal(atomic_load(&gate.started), 0);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    g_clear_error(&error);
    assert_ok(flight_run(&caller.ctx, place, "a", 150, pass, &gate, &error), error);
}

static int setup(void **fixture)
{
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "hadal-flight-XXXXXX", NULL);
    char *dir = g_strdup(g_mkdtemp(template));

    place = g_build_filename(dir, "cache", NULL);
    *fixture = dir;
    return 0;
}

static int teardown(void **fixture)
{
    g_autofree char *dir = *fixture;
    g_autofree char *lock = g_strconcat(place, ".lock", NULL);

    g_clear_pointer(&place, g_free);
    return g_unlink(lock) == 0 && g_rmdir(dir) == 0 ? 0 : -1;
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(equal_requests_that_wait_share_a_run_and_its_failure),
        WITH_PLACE(a_run_that_has_begun_is_not_shared),
        WITH_PLACE(different_requests_run_one_after_another),
        WITH_PLACE(one_who_waits_and_is_cancelled_leaves_the_run_to_the_others),
        WITH_PLACE(one_who_runs_and_is_cancelled_does_not_fail_the_others),
        WITH_PLACE(another_process_is_waited_for_but_not_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
