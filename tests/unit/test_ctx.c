// SPDX-License-Identifier: Apache-2.0
#include "base/ctx.h"

#include <pthread.h>

#include "test.h"

enum { MOMENT_MS = 30, AGES_MS = 60 * 60 * 1000 };

static gint64 elapsed_ms(gint64 from)
{
    return (g_get_monotonic_time() - from) / G_TIME_SPAN_MILLISECOND;
}

TEST(work_without_a_limit_goes_on)
{
    g_autoptr(GError) error = NULL;

    assert_ok(ctx_check(&(Ctx){ 0 }, &error), error);
    assert_false(ctx_is_asked_to_stop(&(Ctx){ 0 }));
}

TEST(a_pause_is_as_long_as_asked_for)
{
    gint64 from = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    assert_ok(ctx_pause(&(Ctx){ 0 }, 0, &error), error);
    assert_ok(ctx_pause(&(Ctx){ 0 }, MOMENT_MS, &error), error);
    assert_true(elapsed_ms(from) >= MOMENT_MS);
}

TEST(a_pause_of_work_that_has_to_stop_does_not_begin)
{
    static const atomic_bool yes = true, no = false;
    static const struct {
        Ctx ctx;
        HadalError code;
        const char *why;
        bool is_asked;
    } cases[] = {
        { { .cancel = &yes, .asked = &no }, HADAL_ERROR_CANCELLED, "cancelled", false },
        { { .cancel = &no, .asked = &yes }, HADAL_ERROR_CANCELLED, "cancelled", true },
        { { .cancel = &no, .asked = &no, .deadline = 1 }, HADAL_ERROR_FAILED, "timed out", false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(ctx_pause(&cases[i].ctx, AGES_MS, &error), error, cases[i].code);
        assert_string_equal(error->message, cases[i].why);
        assert_int_equal(ctx_is_asked_to_stop(&cases[i].ctx), cases[i].is_asked);
    }
}

TEST(a_pause_ends_at_the_deadline_of_its_work)
{
    gint64 from = g_get_monotonic_time();
    const Ctx ctx = { .deadline = from + MOMENT_MS * G_TIME_SPAN_MILLISECOND };
    g_autoptr(GError) error = NULL;

    assert_fails(ctx_pause(&ctx, AGES_MS, &error), error, HADAL_ERROR_FAILED);
    assert_true(elapsed_ms(from) >= MOMENT_MS);
}

/* Somebody who cancels when the pause has begun, most likely. */
static void *cancel_later(void *data)
{
    atomic_bool *flag = data;

    (void)!ctx_pause(&(Ctx){ 0 }, MOMENT_MS, NULL);
    atomic_store(flag, true);
    return NULL;
}

TEST(a_pause_ends_when_its_work_is_cancelled)
{
    atomic_bool cancel = false, asked = false;
    atomic_bool *const flags[] = { &cancel, &asked };

    for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
        const Ctx ctx = { .cancel = &cancel, .asked = &asked };
        g_autoptr(GError) error = NULL;
        pthread_t other;
        bool goes_on;

        cancel = asked = false;
        assert_int_equal(pthread_create(&other, NULL, cancel_later, flags[i]), 0);
        goes_on = ctx_pause(&ctx, AGES_MS, &error);
        pthread_join(other, NULL);
        assert_fails(goes_on, error, HADAL_ERROR_CANCELLED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_without_a_limit_goes_on),
        cmocka_unit_test(a_pause_is_as_long_as_asked_for),
        cmocka_unit_test(a_pause_of_work_that_has_to_stop_does_not_begin),
        cmocka_unit_test(a_pause_ends_at_the_deadline_of_its_work),
        cmocka_unit_test(a_pause_ends_when_its_work_is_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
