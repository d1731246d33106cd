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

#define US   "22157d54-1821-6536-a446-928b06348385"
#define THEM "107e08c7-2725-675e-a1b0-281729035ea6"
#define USER "X-VSS-UserData: " US ":hadal@fabrikam.example"
#define SAID(id, by, text)                                                     \
    "{\"id\":" #id ",\"author\":{\"id\":\"" by "\"},\"commentType\":\"text\"," \
    "\"content\":\"" text "\"}"
#define THREAD(status, comments) \
    "{\"id\":148,\"status\":\"" status "\",\"comments\":[" comments "]}"
#define COMMAND SAID(1, THEM, "atlantis plan")
#define MARK    "\\n\\n<!-- hadal:command-5 -->"

static bool settle(const char *comment, GError **error)
{
    static const char *const commands[] = { "12/1", "148/1", "148/3", NULL };
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest = new_rest();

    return azuredevops_thread_settle(&(Ctx){ 0 }, rest, site, &pull, comment, commands, error);
}

TEST(a_thread_of_commands_and_our_answers_is_closed_and_any_other_left)
{
    static const struct {
        const char *thread;
        bool is_closed;
    } cases[] = {
        { THREAD("active", COMMAND), true },
        { THREAD("Active",
                 COMMAND "," SAID(2, US, "Planned." MARK) "," SAID(3, THEM, "atlantis a")),
          true },
        { THREAD("active", COMMAND ",{\"id\":2,\"isDeleted\":true},"
                                   "{\"id\":4,\"commentType\":\"system\"}"),
          true },
        { THREAD("active", COMMAND "," SAID(2, THEM, "wait for me")), false },
        { THREAD("active", COMMAND "," SAID(2, THEM, "as if we said it" MARK)), false },
        { THREAD("active", COMMAND "," SAID(2, US, "typed by whom the token belongs to")), false },
        { THREAD("active", SAID(3, THEM, "why this?") "," COMMAND), false },
        { THREAD("pending", COMMAND), false },
        { THREAD("closed", COMMAND), false },
        { THREAD("fixed", COMMAND), false },
        { "{\"id\":148,\"comments\":[" COMMAND "]}", false },
        { "{}", false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer_with(200, USER, cases[i].thread);
        if (cases[i].is_closed)
            fake_answer(200, "{\"id\":148}");
        assert_ok(settle("148/1", &error), error);

        assert_string_equal(fake.requests[0], "GET " PULL_URL "/threads/148" VERSION);
        assert_int_equal(fake.n_calls, cases[i].is_closed ? 2 : 1);
        if (cases[i].is_closed) {
            assert_string_equal(fake.requests[1], "PATCH " PULL_URL "/threads/148" VERSION);
            assert_string_equal(fake.bodies[1], "{\"status\":\"closed\"}");
        }
    }
}

TEST(a_command_that_was_typed_into_a_thread_of_others_closes_nothing)
{
    g_autoptr(GError) error = NULL;

    fake_answer_with(200, USER, THREAD("active", COMMAND "," SAID(3, THEM, "atlantis apply")));
    assert_ok(settle("148/3", &error), error);
    assert_int_equal(fake.n_calls, 1);
}

TEST(of_a_thread_that_is_gone_there_is_nothing_to_close)
{
    g_autoptr(GError) error = NULL;

    fake_answer(404, "{}");
    assert_ok(settle("148/1", &error), error);
    assert_int_equal(fake.n_calls, 1);
}

TEST(a_thread_that_cannot_be_read_is_asked_for_again)
{
    g_autoptr(GError) error = NULL;

    fake_answer(503, "{}");
    assert_fails(settle("148/1", &error), error, HADAL_ERROR_RETRY);
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
        CASE(a_thread_of_commands_and_our_answers_is_closed_and_any_other_left),
        CASE(a_command_that_was_typed_into_a_thread_of_others_closes_nothing),
        CASE(of_a_thread_that_is_gone_there_is_nothing_to_close),
        CASE(a_thread_that_cannot_be_read_is_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
