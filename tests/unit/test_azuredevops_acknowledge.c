// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/acknowledge.h"

#include "test.h"

#include "fake_http.h"

#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO    "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define PULL_URL \
    "https://dev.azure.com/fabrikam/" PROJECT "/_apis/git/repositories/" REPO "/pullRequests/7"
#define VERSION "?api-version=7.1"

static const PullRef pull = {
    .repo = { .locator = (char *)"fabrikam/" PROJECT "/" REPO,
              .full_name = (char *)"fabrikam/One/infra" },
    .number = 7,
};

static gint64 retry_after;

static Rest *new_rest(void)
{
    return rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });
}

static bool react(const char *comment, GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest = new_rest();

    return azuredevops_comment_react(&(Ctx){ 0 }, rest, site, &pull, comment, error);
}

TEST(a_comment_is_liked_and_the_answer_may_be_empty)
{
    g_autoptr(GError) error = NULL;

    fake_answer(200, "");
    assert_ok(react("148/5", &error), error);

    assert_string_equal(fake.requests[0], "POST " PULL_URL "/threads/148/comments/5/likes" VERSION);
}

TEST(what_names_no_comment_is_never_liked)
{
    static const char *const comments[] = { NULL, "", "148", "148/", "0/1", "1/x", "1/1/1" };

    for (guint i = 0; i < G_N_ELEMENTS(comments); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(react(comments[i], &error), error, HADAL_ERROR_INVALID);
        assert_int_equal(fake.n_calls, 0);
    }
}

TEST(a_comment_that_is_gone_is_not_found)
{
    g_autoptr(GError) error = NULL;

    fake_answer(404, "{}");
    assert_fails(react("148/5", &error), error, HADAL_ERROR_NOT_FOUND);
}

static int forget(void **fixture)
{
    (void)fixture;
    fake_reset();
    return 0;
}

#define CASE(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_comment_is_liked_and_the_answer_may_be_empty),
        CASE(what_names_no_comment_is_never_liked),
        CASE(a_comment_that_is_gone_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
