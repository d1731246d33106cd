// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/post.h"

#include "host/azuredevops/marker.h"
#include "sys/js.h"
#include "test.h"

#include "fake_http.h"

#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO    "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define PULL_URL \
    "https://dev.azure.com/fabrikam/" PROJECT "/_apis/git/repositories/" REPO "/pullRequests/7"
#define VERSION "?api-version=7.1"
#define US      "22157d54-1821-6536-a446-928b06348385"
#define THEM    "107e08c7-2725-675e-a1b0-281729035ea6"
#define USER    "X-VSS-UserData: " US ":hadal@fabrikam.example"

static const PullRef pull = {
    .repo = { .locator = (char *)"fabrikam/" PROJECT "/" REPO,
              .full_name = (char *)"fabrikam/One/infra" },
    .number = 7,
};

static gint64 retry_after;

static bool comment(const CommentPost *post, PostResult *result, GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest =
        rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });

    return azuredevops_comment_post(&(Ctx){ 0 }, rest, site, &pull, post, result, error);
}

static bool set_status(const char *genre, const StatusPost *post, PostResult *result,
                       GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest =
        rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });

    return azuredevops_status_post(&(Ctx){ 0 }, rest, site, genre, &pull, post, result, error);
}

static json_t *body_of(guint call)
{
    return json_loads(fake.bodies[call], 0, NULL);
}

TEST(a_comment_opens_a_thread_and_carries_its_key)
{
    static const struct {
        ThreadState state;
        const char *name;
    } cases[] = { { THREAD_CLOSED, "closed" }, { THREAD_ACTIVE, "active" } };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const CommentPost post = { .key = "command-5",
                                   .markdown = "**é**",
                                   .state = cases[i].state };
        g_autoptr(GError) error = NULL;
        g_auto(PostResult) result = { 0 };

        fake_reset();
        fake_answer(200, "{\"id\":147,\"comments\":[{\"id\":1}]}");
        assert_ok(comment(&post, &result, &error), error);

        json_auto_t *body = body_of(0);
        const json_t *first = json_array_get(json_object_get(body, "comments"), 0);
        assert_string_equal(fake.requests[0], "POST " PULL_URL "/threads" VERSION);
        assert_string_equal(js_get(body, "status", ""), cases[i].name);
        assert_string_equal(js_get(first, "content", ""), "**é**\n\n<!-- hadal:command-5 -->");
        assert_string_equal(js_get(first, "commentType", ""), "text");
        assert_int_equal(json_integer_value(json_object_get(first, "parentCommentId")), 0);
        assert_string_equal(result.reference, "147/1");
        assert_false(result.was_found);
    }
}

TEST(an_answer_goes_into_the_thread_it_answers)
{
    const CommentPost post = { .key = "k", .markdown = "yes", .thread = "148/5" };
    g_autoptr(GError) error = NULL;
    g_auto(PostResult) result = { 0 };

    fake_answer(200, "{\"id\":6,\"parentCommentId\":1}");
    assert_ok(comment(&post, &result, &error), error);

    json_auto_t *body = body_of(0);
    assert_string_equal(fake.requests[0], "POST " PULL_URL "/threads/148/comments" VERSION);
    assert_string_equal(js_get(body, "content", ""), "yes\n\n<!-- hadal:k -->");
    assert_int_equal(json_integer_value(json_object_get(body, "parentCommentId")), 1);
    assert_string_equal(result.reference, "148/6");
}

TEST(a_thread_that_is_none_is_never_asked_for)
{
    static const char *const threads[] = { "", "x", "/1", "0/1", "1x", "../1", "99999999999/1" };

    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        const CommentPost post = { .key = "k", .markdown = "yes", .thread = threads[i] };
        g_autoptr(GError) error = NULL;
        g_auto(PostResult) result = { 0 };

        assert_fails(comment(&post, &result, &error), error, HADAL_ERROR_INVALID);
        assert_int_equal(fake.n_calls, 0);
    }
}

static bool replace(const CommentPost *post, GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest =
        rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });

    return azuredevops_comment_replace(&(Ctx){ 0 }, rest, site, &pull, post, error);
}

TEST(a_comment_gets_another_text_under_its_key_and_its_thread_is_closed)
{
    const CommentPost post = {
        .key = "k", .markdown = "old", .thread = "148/5", .state = THREAD_CLOSED
    };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"id\":5}");
    fake_answer(200, "{\"id\":148}");
    assert_ok(replace(&post, &error), error);

    json_auto_t *edit = body_of(0), *close = body_of(1);
    assert_string_equal(fake.requests[0], "PATCH " PULL_URL "/threads/148/comments/5" VERSION);
    assert_string_equal(js_get(edit, "content", ""), "old\n\n<!-- hadal:k -->");
    assert_int_equal(json_object_size(edit), 1);
    assert_string_equal(fake.requests[1], "PATCH " PULL_URL "/threads/148" VERSION);
    assert_string_equal(js_get(close, "status", ""), "closed");
    assert_int_equal(json_object_size(close), 1);
}

TEST(a_thread_that_is_not_to_be_closed_is_left_as_it_is)
{
    const CommentPost post = {
        .key = "k", .markdown = "old", .thread = "148/5", .state = THREAD_ACTIVE
    };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"id\":5}");
    assert_ok(replace(&post, &error), error);
    assert_int_equal(fake.n_calls, 1);
}

TEST(a_comment_that_is_gone_or_somebody_elses_is_told)
{
    static const struct {
        int status;
        HadalError code;
    } cases[] = { { 404, HADAL_ERROR_NOT_FOUND }, { 403, HADAL_ERROR_DENIED } };
    const CommentPost post = { .key = "k", .markdown = "old", .thread = "148/5" };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(cases[i].status, "{}");
        assert_fails(replace(&post, &error), error, cases[i].code);
        assert_int_equal(fake.n_calls, 1);
    }
}

TEST(a_reference_that_names_no_comment_is_never_asked_for)
{
    static const char *const references[] = { NULL, "", "148", "148/", "148/0", "148/5/6", "x/1" };

    for (guint i = 0; i < G_N_ELEMENTS(references); i++) {
        const CommentPost post = { .key = "k", .markdown = "old", .thread = references[i] };
        g_autoptr(GError) error = NULL;

        assert_fails(replace(&post, &error), error, HADAL_ERROR_INVALID);
        assert_int_equal(fake.n_calls, 0);
    }
}

#define COMMENT(id, who, text) \
    "{\"id\":" #id ",\"author\":{\"id\":\"" who "\"},\"content\":\"" text "\"}"
#define THREAD(id, comments) "{\"id\":" #id ",\"comments\":[" comments "]}"
#define OURS                 "done\\r\\n\\r\\n<!-- hadal:command-5 -->\\r\\n"

TEST(a_comment_that_may_be_there_is_looked_for_before_it_is_posted_I7)
{
    static const struct {
        const char *threads, *found;
    } cases[] = {
        { THREAD(8, COMMENT(1, THEM, "hi")) "," THREAD(9, COMMENT(1, US, OURS)), "9/1" },
        { THREAD(8, COMMENT(1, THEM, "hi") "," COMMENT(4, US, OURS)), "8/4" },
        { THREAD(8, COMMENT(1, US, OURS)) "," THREAD(9, COMMENT(1, US, OURS)), "8/1" },
        { "", NULL },
        { THREAD(8, COMMENT(1, US, "done <!-- hadal:command-55 -->")), NULL },
        { THREAD(8, COMMENT(1, US, "<!-- hadal:command-5 -->\\nmore")), NULL },
        { THREAD(8, COMMENT(1, US, "> <!-- hadal:command-5 -->")), NULL },
        { THREAD(8, COMMENT(1, THEM, OURS)), NULL },
        { THREAD(8, "{\"id\":1,\"isDeleted\":true}"), NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const CommentPost post = { .key = "command-5", .markdown = "done", .may_be_there = true };
        g_autofree char *list = g_strdup_printf("{\"value\":[%s]}", cases[i].threads);
        g_autoptr(GError) error = NULL;
        g_auto(PostResult) result = { 0 };

        fake_reset();
        fake_answer_with(200, USER, list);
        if (!cases[i].found)
            fake_answer(200, "{\"id\":147,\"comments\":[{\"id\":1}]}");
        assert_ok(comment(&post, &result, &error), error);

        assert_string_equal(fake.requests[0], "GET " PULL_URL "/threads" VERSION);
        assert_string_equal(result.reference, cases[i].found ? cases[i].found : "147/1");
        assert_int_equal(result.was_found, cases[i].found != NULL);
    }
}

TEST(where_the_answer_does_not_tell_who_we_are_the_key_is_enough)
{
    const CommentPost post = { .key = "command-5", .markdown = "done", .may_be_there = true };
    g_auto(PostResult) result = { 0 };

    fake_answer(200, "{\"value\":[" THREAD(8, COMMENT(1, THEM, OURS)) "]}");
    assert_true(comment(&post, &result, NULL));
    assert_true(result.was_found);
}

TEST(nothing_is_posted_when_looking_fails)
{
    const CommentPost post = { .key = "k", .markdown = "done", .may_be_there = true };
    g_autoptr(GError) error = NULL;
    g_auto(PostResult) result = { 0 };

    fake_answer(503, "");
    assert_fails(comment(&post, &result, &error), error, HADAL_ERROR_RETRY);
    assert_int_equal(fake.n_calls, 1);
    assert_null(result.reference);
}

TEST(an_answer_without_an_id_is_asked_for_again)
{
    static const char *const threads[] = { NULL, "148/5" };

    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        const CommentPost post = { .key = "k", .markdown = "done", .thread = threads[i] };
        g_autoptr(GError) error = NULL;
        g_auto(PostResult) result = { 0 };

        fake_reset();
        fake_answer(200, "{}");
        assert_fails(comment(&post, &result, &error), error, HADAL_ERROR_RETRY);
    }
}

TEST(a_key_cannot_break_out_of_its_marker)
{
    static const struct {
        const char *key, *content;
    } cases[] = {
        { "a-b_c.d:e/9", "x\n\n<!-- hadal:a-b_c.d:e/9 -->" },
        { "a-->b", "x\n\n<!-- hadal:a-%2D%3Eb -->" },
        { "-\n ", "x\n\n<!-- hadal:%2D%0A%20 -->" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *content = marker_add("x", cases[i].key);

        assert_string_equal(content, cases[i].content);
        assert_true(marker_is_ours(content));
        assert_true(marker_has_key(content, cases[i].key));
        assert_false(marker_has_key(content, "a"));
    }
}

static Status planned = {
    .name = (char *)"atlantis/plan",
    .state = STATUS_SUCCEEDED,
    .description = (char *)"2 to add",
    .url = (char *)"https://hadal.example/runs/5",
    .iteration = 3,
};

TEST(a_status_is_posted_on_its_iteration)
{
    const StatusPost post = { .status = &planned };
    g_autoptr(GError) error = NULL;
    g_auto(PostResult) result = { 0 };

    fake_answer(200, "{\"id\":12,\"iterationId\":3}");
    assert_ok(set_status("Atlantis Bot", &post, &result, &error), error);

    assert_string_equal(fake.requests[0], "POST " PULL_URL "/iterations/3/statuses" VERSION);
    assert_string_equal(fake.bodies[0],
                        "{\"context\":{\"genre\":\"Atlantis Bot/atlantis\",\"name\":\"plan\"},"
                        "\"state\":\"succeeded\",\"description\":\"2 to add\","
                        "\"targetUrl\":\"https://hadal.example/runs/5\"}");
    assert_string_equal(result.reference, "12");
    assert_false(result.was_found);
}

TEST(a_status_without_iteration_or_link_is_posted_on_the_pull_request)
{
    Status status = { .name = (char *)"atlantis/apply", .state = STATUS_PENDING };
    const StatusPost post = { .status = &status };
    g_auto(PostResult) result = { 0 };

    fake_answer(200, "{\"id\":12}");
    assert_true(set_status("Atlantis Bot", &post, &result, NULL));

    json_auto_t *body = body_of(0);
    assert_string_equal(fake.requests[0], "POST " PULL_URL "/statuses" VERSION);
    assert_string_equal(js_get(body, "state", ""), "pending");
    assert_null(json_object_get(body, "targetUrl"));
}

TEST(a_context_is_split_where_atlantis_splits_it)
{
    static const struct {
        const char *genre, *name, *want_genre, *want_name;
    } cases[] = {
        { "Atlantis Bot", "atlantis/plan", "Atlantis Bot/atlantis", "plan" },
        { "Atlantis Bot", "plan", "Atlantis Bot", "plan" },
        { "Atlantis Bot", "atlantis/plan: a/b/default", "Atlantis Bot/atlantis/plan: a/b",
          "default" },
        { "", "atlantis/apply", "atlantis", "apply" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Status status = planned;
        const StatusPost post = { .status = &status };
        g_auto(PostResult) result = { 0 };

        fake_reset();
        status.name = (char *)cases[i].name;
        status.state = STATUS_FAILED;
        fake_answer(200, "{\"id\":12}");
        assert_true(set_status(cases[i].genre, &post, &result, NULL));

        json_auto_t *body = body_of(0);
        const json_t *context = json_object_get(body, "context");
        assert_string_equal(js_get(context, "genre", ""), cases[i].want_genre);
        assert_string_equal(js_get(context, "name", ""), cases[i].want_name);
        assert_string_equal(js_get(body, "state", ""), "failed");
    }
}

TEST(a_long_description_is_cut_between_characters)
{
    g_autofree char *filler = g_strnfill(251, 'x');
    g_autofree char *text = g_strdup_printf("%séééééé", filler);
    g_autofree char *want = g_strdup_printf("%sé…", filler);
    Status status = planned;
    const StatusPost post = { .status = &status };
    g_auto(PostResult) result = { 0 };

    status.description = text;
    fake_answer(200, "{\"id\":12}");
    assert_true(set_status("", &post, &result, NULL));

    json_auto_t *body = body_of(0);
    assert_string_equal(js_get(body, "description", ""), want);
    assert_int_equal(strlen(want), 256);
}

#define STATUS(id, state, name, who)                                                       \
    "{\"id\":" #id ",\"state\":\"" state "\",\"description\":\"2 to add\",\"createdBy\":{" \
    "\"id\":\"" who "\"},\"targetUrl\":\"https://hadal.example/runs/5\","                  \
    "\"context\":{\"genre\":\"Atlantis Bot/atlantis\",\"name\":\"" name "\"}}"

TEST(a_status_that_may_be_there_is_compared_with_the_newest_of_its_context_I7)
{
    static const struct {
        const char *list;
        const char *found;
    } cases[] = {
        { STATUS(4, "pending", "plan", US) "," STATUS(5, "succeeded", "plan", US), "5" },
        { STATUS(5, "succeeded", "plan", US) "," STATUS(4, "pending", "plan", US), "5" },
        { STATUS(5, "succeeded", "plan", US) "," STATUS(6, "succeeded", "apply", US), "5" },
        { STATUS(5, "succeeded", "plan", US) "," STATUS(6, "pending", "plan", US), NULL },
        { STATUS(5, "succeeded", "apply", US), NULL },
        { STATUS(5, "succeeded", "plan", THEM), NULL },
        { "{\"id\":5,\"context\":{\"genre\":\"Atlantis Bot/atlantis\",\"name\":\"plan\"}}", NULL },
        { "", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const StatusPost post = { .status = &planned, .may_be_there = true };
        g_autofree char *list = g_strdup_printf("{\"value\":[%s]}", cases[i].list);
        g_autoptr(GError) error = NULL;
        g_auto(PostResult) result = { 0 };

        fake_reset();
        fake_answer_with(200, USER, list);
        if (!cases[i].found)
            fake_answer(200, "{\"id\":12}");
        assert_ok(set_status("Atlantis Bot", &post, &result, &error), error);

        assert_string_equal(fake.requests[0], "GET " PULL_URL "/iterations/3/statuses" VERSION);
        assert_string_equal(result.reference, cases[i].found ? cases[i].found : "12");
        assert_int_equal(result.was_found, cases[i].found != NULL);
    }
}

static int forget(void **fixture)
{
    (void)fixture;
    fake_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_comment_opens_a_thread_and_carries_its_key, forget),
        cmocka_unit_test_teardown(an_answer_goes_into_the_thread_it_answers, forget),
        cmocka_unit_test_teardown(a_thread_that_is_none_is_never_asked_for, forget),
        cmocka_unit_test_teardown(
            a_comment_gets_another_text_under_its_key_and_its_thread_is_closed, forget),
        cmocka_unit_test_teardown(a_thread_that_is_not_to_be_closed_is_left_as_it_is, forget),
        cmocka_unit_test_teardown(a_comment_that_is_gone_or_somebody_elses_is_told, forget),
        cmocka_unit_test_teardown(a_reference_that_names_no_comment_is_never_asked_for, forget),
        cmocka_unit_test_teardown(a_comment_that_may_be_there_is_looked_for_before_it_is_posted_I7,
                                  forget),
        cmocka_unit_test_teardown(where_the_answer_does_not_tell_who_we_are_the_key_is_enough,
                                  forget),
        cmocka_unit_test_teardown(nothing_is_posted_when_looking_fails, forget),
        cmocka_unit_test_teardown(an_answer_without_an_id_is_asked_for_again, forget),
        cmocka_unit_test(a_key_cannot_break_out_of_its_marker),
        cmocka_unit_test_teardown(a_status_is_posted_on_its_iteration, forget),
        cmocka_unit_test_teardown(a_status_without_iteration_or_link_is_posted_on_the_pull_request,
                                  forget),
        cmocka_unit_test_teardown(a_context_is_split_where_atlantis_splits_it, forget),
        cmocka_unit_test_teardown(a_long_description_is_cut_between_characters, forget),
        cmocka_unit_test_teardown(
            a_status_that_may_be_there_is_compared_with_the_newest_of_its_context_I7, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
