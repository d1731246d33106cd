// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/token_cache.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redact.h"
#include "test.h"

enum { HOUR_MS = 3600 * 1000, START_MS = 1000 };

static gint64 now_ms;
static atomic_int fetches;
static bool is_down;
static gint64 life_ms, renew_after_ms;

static const Ctx waiting = { .command = "the one that waits" };
static atomic_bool is_waiting;

/* In place of base/ctx.c: who waits for a flight asks it. */
bool ctx_check(const Ctx *ctx, GError **error)
{
    (void)error;
    if (ctx == &waiting)
        atomic_store(&is_waiting, true);
    return true;
}

/* In place of base/clock.c. */
gint64 clock_now(void)
{
    return now_ms;
}

static int warnings;

/* In place of base/log.c. */
void log_line(LogLevel level, const Ctx *ctx, const char *format, ...)
{
    (void)ctx, (void)format;
    warnings += level == LEVEL_WARN;
}

static bool fetch(const Ctx *ctx, gpointer data, Token *token, GError **error)
{
    (void)ctx, (void)data;
    int number = atomic_fetch_add(&fetches, 1) + 1;

    if (is_down)
        return hadal_throw(error, HADAL_ERROR_RETRY, "connection refused");
    token->text = g_strdup_printf("token-%d", number);
    token->expires_ms = now_ms + life_ms;
    token->renew_ms = renew_after_ms ? now_ms + renew_after_ms : 0;
    return true;
}

/* The cache is one for the process: each test has a name of its own in it. */
static char *get(const char *name, const char *refused)
{
    char *text = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(token_cache_get(&(Ctx){ 0 }, name, refused, fetch, NULL, &text, &error), error);
    return text;
}

#define assert_gets(name, refused, want)            \
    do {                                            \
        g_autofree char *got_ = get(name, refused); \
        assert_string_equal(got_, want);            \
    } while (0)

static int begin(void **fixture)
{
    (void)fixture;
    now_ms = START_MS;
    atomic_store(&fetches, 0);
    is_down = false;
    warnings = 0;
    life_ms = HOUR_MS;
    renew_after_ms = 0;
    return 0;
}

TEST(a_token_is_fetched_once_and_renewed_before_it_ends)
{
    assert_gets("renewed", NULL, "token-1");
    now_ms += HOUR_MS / 2;
    assert_gets("renewed", NULL, "token-1");
    now_ms += HOUR_MS / 4;
    assert_gets("renewed", NULL, "token-2");
}

TEST(the_service_may_say_when_a_new_one_is_wanted)
{
    renew_after_ms = HOUR_MS / 4;
    assert_gets("told", NULL, "token-1");
    now_ms += HOUR_MS / 4;
    assert_gets("told", NULL, "token-2");
}

TEST(names_have_tokens_of_their_own)
{
    assert_gets("one", NULL, "token-1");
    assert_gets("other", NULL, "token-2");
    assert_gets("one", NULL, "token-1");
}

TEST(a_refused_token_is_given_again_only_when_there_is_nothing_else)
{
    assert_gets("refused", NULL, "token-1");
    assert_gets("refused", "token-1", "token-2");
    assert_gets("refused", "token-1", "token-2");
    assert_int_equal(atomic_load(&fetches), 2);
}

TEST(when_new_tokens_are_refused_too_no_other_is_asked_for_for_a_minute)
{
    assert_gets("hopeless", NULL, "token-1");
    assert_gets("hopeless", "token-1", "token-2");
    for (int i = 0; i < 3; i++)
        assert_gets("hopeless", "token-2", "token-2");
    assert_int_equal(atomic_load(&fetches), 2);
    assert_int_equal(warnings, 1);

    now_ms += 60 * 1000;
    assert_gets("hopeless", "token-2", "token-3");
    assert_gets("hopeless", "token-3", "token-3");
    assert_int_equal(warnings, 1);
    now_ms += HOUR_MS * 3 / 4;
    assert_gets("hopeless", NULL, "token-4");
    assert_gets("hopeless", "token-4", "token-5");
    assert_gets("hopeless", "token-5", "token-5");
    assert_int_equal(warnings, 2);
}

TEST(while_none_is_to_be_had_the_valid_one_is_used_and_nobody_hurries)
{
    assert_gets("outage", NULL, "token-1");
    is_down = true;
    now_ms += HOUR_MS * 3 / 4;
    assert_gets("outage", NULL, "token-1");
    assert_gets("outage", NULL, "token-1");
    assert_int_equal(atomic_load(&fetches), 2);
    is_down = false;
    now_ms += 60 * 1000;
    assert_gets("outage", NULL, "token-3");
}

TEST(an_ended_token_is_not_given_and_the_failure_is_told)
{
    char *text = NULL;
    g_autoptr(GError) error = NULL;

    assert_gets("ended", NULL, "token-1");
    is_down = true;
    now_ms += HOUR_MS;
    assert_fails(token_cache_get(&(Ctx){ 0 }, "ended", NULL, fetch, NULL, &text, &error), error,
                 HADAL_ERROR_RETRY);
    assert_string_equal(error->message, "connection refused");
    is_down = false;
    assert_gets("ended", NULL, "token-3");
}

TEST(a_token_that_ends_at_once_is_no_endless_loop)
{
    char *text = NULL;
    g_autoptr(GError) error = NULL;

    life_ms = 0;
    assert_fails(token_cache_get(&(Ctx){ 0 }, "short", NULL, fetch, NULL, &text, &error), error,
                 HADAL_ERROR_RETRY);
    assert_int_equal(atomic_load(&fetches), 1);
}

TEST(tokens_are_redacted_from_the_moment_they_are_kept)
{
    assert_gets("secret", NULL, "token-1");
    token_cache_put("put", "a-personal-token");
    g_autofree char *said = redact_copy("not token-1, nor a-personal-token");
    g_autofree char *kept = token_cache_text("put");

    assert_string_equal(said, "not ***, nor ***");
    assert_string_equal(kept, "a-personal-token");
}

static void *get_shared(void *data)
{
    char *text = NULL;
    const bool is_ok =
        token_cache_get(&waiting, "shared", NULL, fetch, NULL, &text, (GError **)data);

    return is_ok ? text : NULL;
}

/* While it fetches another thread wants one too, and is waiting by the time there is one. */
static bool fetch_slowly(const Ctx *ctx, gpointer data, Token *token, GError **error)
{
    pthread_create(data, NULL, get_shared, NULL);
    while (!atomic_load(&is_waiting))
        sched_yield();
    return fetch(ctx, NULL, token, error);
}

TEST(threads_that_want_one_at_the_same_time_share_a_fetch)
{
    pthread_t other;
    char *first = NULL;
    void *second = NULL;

    assert_true(token_cache_get(&(Ctx){ 0 }, "shared", NULL, fetch_slowly, &other, &first, NULL));
    pthread_join(other, &second);
    assert_string_equal(first, "token-1");
    assert_string_equal(second, "token-1");
    assert_int_equal(atomic_load(&fetches), 1);
    g_free(first);
    g_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_token_is_fetched_once_and_renewed_before_it_ends, begin),
        cmocka_unit_test_setup(the_service_may_say_when_a_new_one_is_wanted, begin),
        cmocka_unit_test_setup(names_have_tokens_of_their_own, begin),
        cmocka_unit_test_setup(a_refused_token_is_given_again_only_when_there_is_nothing_else,
                               begin),
        cmocka_unit_test_setup(when_new_tokens_are_refused_too_no_other_is_asked_for_for_a_minute,
                               begin),
        cmocka_unit_test_setup(while_none_is_to_be_had_the_valid_one_is_used_and_nobody_hurries,
                               begin),
        cmocka_unit_test_setup(an_ended_token_is_not_given_and_the_failure_is_told, begin),
        cmocka_unit_test_setup(a_token_that_ends_at_once_is_no_endless_loop, begin),
        cmocka_unit_test_setup(tokens_are_redacted_from_the_moment_they_are_kept, begin),
        cmocka_unit_test_setup(threads_that_want_one_at_the_same_time_share_a_fetch, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
