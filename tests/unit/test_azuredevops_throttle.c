// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/throttle.h"

#include <pthread.h>
#include <stdatomic.h>

#include "test.h"

enum { THREADS = THROTTLE_CALLS * 3, ROUNDS = 50 };

static const Ctx free_ctx = { 0 };

static void enter(const char *url)
{
    g_autoptr(GError) error = NULL;

    assert_ok(throttle_enter(&free_ctx, url, &error), error);
}

static void fill(const char *url)
{
    for (int i = 0; i < THROTTLE_CALLS; i++)
        enter(url);
}

/* Whether there is no room, by who would not wait. */
static bool is_full(const char *url)
{
    const Ctx late = { .deadline = 1 };
    bool has_room = throttle_enter(&late, url, NULL);

    if (has_room)
        throttle_leave(url);
    return !has_room;
}

TEST(so_many_calls_go_to_an_organization_whatever_they_are_about)
{
    static const struct {
        const char *url;
        bool is_same;
    } cases[] = {
        { "https://dev.azure.com/one/p/_apis/git", true },
        { "https://dev.azure.com/One", true },
        { "https://vssps.dev.azure.com/one/_apis/identities", true },
        { "https://dev.azure.com/ones/p/_apis/git", false },
        { "https://dev.azure.com", false },
        { "https://ado.example/one/p", false },
    };

    fill("https://dev.azure.com/one/_apis/x");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(is_full(cases[i].url), cases[i].is_same);

    throttle_leave("https://dev.azure.com/one/_apis/x");
    assert_false(is_full("https://dev.azure.com/one"));
}

TEST(who_waits_for_a_turn_can_be_cancelled_and_has_a_deadline)
{
    atomic_bool cancel = true;
    const Ctx cancelled = { .cancel = &cancel };
    const Ctx late = { .deadline = g_get_monotonic_time() + 1000 };
    g_autoptr(GError) first = NULL, second = NULL;

    fill("https://dev.azure.com/two");
    assert_fails(throttle_enter(&cancelled, "https://dev.azure.com/two", &first), first,
                 HADAL_ERROR_CANCELLED);
    assert_fails(throttle_enter(&late, "https://dev.azure.com/two", &second), second,
                 HADAL_ERROR_FAILED);
}

TEST(what_one_is_asked_to_wait_all_wait_once)
{
    static const char url[] = "https://dev.azure.com/three";
    gint64 begin = g_get_monotonic_time();
    atomic_bool cancel = true;
    const Ctx cancelled = { .cancel = &cancel };
    g_autoptr(GError) error = NULL;

    throttle_hold(url, 40);
    throttle_hold(url, 1);
    enter("https://dev.azure.com/four");
    assert_fails(throttle_enter(&cancelled, url, &error), error, HADAL_ERROR_CANCELLED);
    enter(url);
    assert_true(g_get_monotonic_time() - begin >= 40 * G_TIME_SPAN_MILLISECOND);
    assert_false(is_full(url));
}

static atomic_int at_once, most;

static void *press(void *data)
{
    for (int i = 0; i < ROUNDS; i++) {
        int n;

        if (!throttle_enter(&free_ctx, data, NULL))
            return NULL;
        n = atomic_fetch_add(&at_once, 1) + 1;
        if (n > atomic_load(&most))
            atomic_store(&most, n);
        g_thread_yield();
        atomic_fetch_sub(&at_once, 1);
        throttle_leave(data);
    }
    return data;
}

TEST(threads_take_turns)
{
    static char url[] = "https://dev.azure.com/five";
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, press, url), 0);
    for (int i = 0; i < THREADS; i++) {
        void *end = NULL;

        pthread_join(threads[i], &end);
        assert_ptr_equal(end, url);
    }
    assert_in_range(atomic_load(&most), 1, THROTTLE_CALLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_calls_go_to_an_organization_whatever_they_are_about),
        cmocka_unit_test(who_waits_for_a_turn_can_be_cancelled_and_has_a_deadline),
        cmocka_unit_test(what_one_is_asked_to_wait_all_wait_once),
        cmocka_unit_test(threads_take_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
