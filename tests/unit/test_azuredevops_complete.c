// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/complete.h"

#include "sys/js.h"
#include "test.h"

#include "fake_ctx.h"
#include "fake_http.h"

#define PROJECT  "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO     "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define SOMEBODY "107e08c7-2725-675e-a1b0-281729035ea6"
#define NOBODY   "00000000-0000-0000-0000-000000000000"
#define HEAD     "aefa35fb7c4505b9b8337aff3c4be96eddbbd861"
#define NEWER    "b2606c193460441311f4d31f4729589c77f5efe0"
#define PULL_URL \
    "https://dev.azure.com/fabrikam/" PROJECT "/_apis/git/repositories/" REPO "/pullRequests/7"

#define PULL(status, merge, head)                                                               \
    "{\"status\":\"" status "\",\"mergeStatus\":\"" merge "\",\"targetRefName\":\"refs/heads/"  \
    "main\",\"lastMergeSourceCommit\":{\"commitId\":\"" head "\"},\"completionQueueTime\":\"20" \
    "25-01-10T12:24:03Z\"}"
#define READY     PULL("active", "succeeded", HEAD)
#define COMPLETED PULL("completed", "succeeded", HEAD)
#define NONE      "{\"count\":0,\"value\":[]}"

/* Of a policy that is in force. */
#define POLICY(type, name, settings, status)                                              \
    "{\"configuration\":{\"isEnabled\":true,\"isBlocking\":true,\"type\":{\"id\":\"" type \
    "\",\"displayName\":\"" name "\"},\"settings\":{" settings "}},\"status\":\"" status "\"}"
#define STRATEGY(settings) \
    POLICY("FA4E907D-C16B-4A4C-9DFA-4916E5D171AB", "Require a merge strategy", settings, "approved")
#define REVIEWERS \
    POLICY("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "Minimum number of reviewers", "", "queued")
#define STATUS(status) \
    POLICY("cbdc66da-9728-4af8-aada-9a5a32e4a226", "Status", "\"statusName\":\"apply\"", status)
#define OPTIONAL_STATUS                                                                         \
    "{\"configuration\":{\"isEnabled\":true,\"isBlocking\":false,\"settings\":{\"statusName\":" \
    "\"x\"}},"                                                                                  \
    "\"status\":\"queued\"}"
#define LIST(items) "{\"value\":[" items "]}"

static const PullRef pull = {
    .repo = { .locator = (char *)"fabrikam/" PROJECT "/" REPO,
              .full_name = (char *)"fabrikam/One/infra" },
    .number = 7,
};

static gint64 retry_after;

static bool merge_as(const MergeRequest *request, MergeResult *result, GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest =
        rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });

    return azuredevops_merge(&(Ctx){ 0 }, rest, site, &pull, request, result, error);
}

static bool merge(MergeResult *result, GError **error)
{
    return merge_as(&(MergeRequest){ .head = HEAD }, result, error);
}

static json_t *body_of(guint call)
{
    return json_loads(fake.bodies[call], 0, NULL);
}

TEST(a_completion_is_pinned_to_the_head_and_then_waited_for)
{
    const MergeRequest request = {
        .head = HEAD, .method = "squash", .deletes_source_branch = true, .message = "Done é"
    };
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, NONE);
    fake_answer(200, PULL("active", "queued", HEAD));
    assert_ok(merge_as(&request, &result, &error), error);

    json_auto_t *body = body_of(2);
    const json_t *options = json_object_get(body, "completionOptions");
    assert_string_equal(fake.requests[2], "PATCH " PULL_URL "?api-version=7.1");
    assert_string_equal(js_get(body, "status", ""), "completed");
    assert_string_equal(js_get(json_object_get(body, "lastMergeSourceCommit"), "commitId", ""),
                        HEAD);
    assert_string_equal(js_get(options, "mergeStrategy", ""), "squash");
    assert_string_equal(js_get(options, "mergeCommitMessage", ""), "Done é");
    assert_true(json_is_true(json_object_get(options, "deleteSourceBranch")));
    assert_true(json_is_true(json_object_get(options, "transitionWorkItems")));
    assert_null(json_object_get(options, "bypassPolicy"));
    assert_int_equal(result.state, MERGE_WAITING);
}

TEST(a_source_branch_stays_and_the_message_is_the_hosts_where_nobody_asks_otherwise)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, NONE);
    fake_answer(200, READY);
    assert_ok(merge(&result, &error), error);

    json_auto_t *body = body_of(2);
    const json_t *options = json_object_get(body, "completionOptions");
    assert_true(json_is_false(json_object_get(options, "deleteSourceBranch")));
    assert_null(json_object_get(options, "mergeCommitMessage"));
}

TEST(a_completion_may_be_done_at_once)
{
    static const struct {
        const char *answer;
        MergeState state;
    } cases[] = {
        { COMPLETED, MERGE_DONE },
        { PULL("completed", "succeeded", NEWER), MERGE_REFUSED },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(MergeResult) result = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, READY);
        fake_answer(200, NONE);
        fake_answer(200, cases[i].answer);
        assert_ok(merge(&result, &error), error);
        assert_int_equal(result.state, cases[i].state);
    }
}

TEST(what_is_known_before_asking_settles_it)
{
    static const struct {
        const char *pull;
        bool was_asked;
        MergeState state;
        const char *reason;
    } cases[] = {
        { COMPLETED, false, MERGE_DONE, NULL },
        { COMPLETED, true, MERGE_DONE, NULL },
        { PULL("completed", "succeeded", NEWER), true, MERGE_REFUSED,
          "it was completed meanwhile, with another commit than was applied" },
        { PULL("abandoned", "succeeded", HEAD), false, MERGE_REFUSED, "it is not open any more" },
        { PULL("active", "queued", HEAD), false, MERGE_WAITING, NULL },
        { PULL("active", "queued", NEWER), true, MERGE_WAITING, NULL },
        { PULL("active", "notSet", HEAD), false, MERGE_WAITING, NULL },
        { "{\"status\":\"active\",\"mergeStatus\":\"succeeded\"}", false, MERGE_REFUSED,
          "a commit was pushed since it was applied" },
        { PULL("active", "succeeded", NEWER), false, MERGE_REFUSED,
          "a commit was pushed since it was applied" },
        { PULL("active", "conflicts", HEAD), false, MERGE_REFUSED, "it has merge conflicts" },
        { PULL("active", "failure", HEAD), true, MERGE_REFUSED, "Azure DevOps could not merge it" },
        { "{\"status\":\"active\",\"mergeStatus\":\"succeeded\",\"isDraft\":true,"
          "\"lastMergeSourceCommit\":{\"commitId\":\"" HEAD "\"}}",
          false, MERGE_REFUSED, "it is a draft" },
        { "{\"status\":\"active\",\"mergeStatus\":\"succeeded\",\"autoCompleteSetBy\":{\"id\":"
          "\"" SOMEBODY "\"}}",
          false, MERGE_LEFT_TO_AUTOCOMPLETE, NULL },
        { "{}", false, MERGE_REFUSED, "it is not open any more" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const MergeRequest request = { .head = HEAD, .was_asked = cases[i].was_asked };
        g_auto(MergeResult) result = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, cases[i].pull);
        assert_ok(merge_as(&request, &result, &error), error);

        assert_int_equal(result.state, cases[i].state);
        if (cases[i].reason)
            assert_string_equal(result.reason, cases[i].reason);
        else
            assert_null(result.reason);
    }
}

/* Somebody tried before the apply: what that left behind is no answer to us. */
TEST(an_earlier_attempt_of_somebody_else_is_not_ours)
{
    static const char *const left[] = { PULL("active", "rejectedByPolicy", HEAD),
                                        PULL("active", "failure", HEAD),
                                        "{\"status\":\"active\",\"mergeStatus\":\"succeeded\","
                                        "\"autoCompleteSetBy\":{\"id\":\"" NOBODY "\"},"
                                        "\"lastMergeSourceCommit\":{\"commitId\":\"" HEAD "\"}}" };

    for (guint i = 0; i < G_N_ELEMENTS(left); i++) {
        g_auto(MergeResult) result = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, left[i]);
        fake_answer(200, LIST(REVIEWERS));
        fake_answer(200, PULL("active", "queued", HEAD));
        assert_ok(merge(&result, &error), error);
        assert_int_equal(result.state, MERGE_WAITING);
    }
}

TEST(a_completion_that_policies_refused_afterwards_names_them)
{
    const MergeRequest request = { .head = HEAD, .was_asked = true };
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, PULL("active", "rejectedByPolicy", HEAD));
    fake_answer(200, LIST(REVIEWERS));
    assert_ok(merge_as(&request, &result, &error), error);
    assert_int_equal(result.state, MERGE_REFUSED);
    assert_string_equal(result.reason, "policy \"Minimum number of reviewers\" is queued");
}

/* What the policies say now is no answer to a request that did not get through. */
TEST(a_request_that_was_lost_is_made_again)
{
    const MergeRequest request = { .head = HEAD, .was_asked = true };
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, LIST(REVIEWERS));
    fake_answer(200, PULL("active", "queued", HEAD));
    assert_ok(merge_as(&request, &result, &error), error);
    assert_int_equal(result.state, MERGE_WAITING);
}

TEST(the_method_is_what_is_asked_for_or_what_every_policy_of_the_branch_allows)
{
#define SQUASH_ONLY STRATEGY("\"allowSquash\":true")
#define ADVICE                                                                                 \
    "{\"configuration\":{\"isEnabled\":true,\"isBlocking\":false,\"type\":{\"id\":\"fa4e907d-" \
    "c16b-4a"                                                                                  \
    "4c-9dfa-4916e5d171ab\"},\"settings\":{\"allowSquash\":true}},\"status\":\"approved\"}"
    static const struct {
        const char *method, *evaluations;
        const char *strategy, *reason; /* one of them */
    } cases[] = {
        { NULL, NONE, "noFastForward", NULL },
        { "merge", NONE, "noFastForward", NULL },
        { "rebase", NONE, "rebase", NULL },
        { NULL, LIST(SQUASH_ONLY), "squash", NULL },
        { "merge", LIST(ADVICE), "noFastForward", NULL },
        { "merge", LIST(REVIEWERS), "noFastForward", NULL },
        { NULL, LIST(STRATEGY("\"allowRebase\":true")), "rebase", NULL },
        { NULL, LIST(STRATEGY("\"allowSquash\":true,\"allowNoFastForward\":true")), "noFastForward",
          NULL },
        { "squash", LIST(SQUASH_ONLY), "squash", NULL },
        { "rebase", LIST(SQUASH_ONLY), NULL,
          "the branch policy does not allow the method `rebase`; it allows: `squash`" },
        { "merge", LIST(STRATEGY("\"allowSquash\":true,\"allowRebase\":true")), NULL,
          "the branch policy does not allow the method `merge`; it allows: `squash`, `rebase`" },
        { NULL, LIST(SQUASH_ONLY "," STRATEGY("\"allowRebase\":true")), NULL,
          "the branch policy allows: none that this server offers" },
        { NULL, LIST(STRATEGY("\"allowRebaseMerge\":true")), "rebaseMerge", NULL },
        { "semi-linear", NONE, "rebaseMerge", NULL },
        { NULL, LIST(STRATEGY("\"useSquashMerge\":true")), "squash", NULL },
        { NULL, LIST(STRATEGY("\"useSquashMerge\":false")), "noFastForward", NULL },
        { "merge", LIST(STRATEGY("\"useSquashMerge\":true")), NULL,
          "the branch policy does not allow the method `merge`; it allows: `squash`" },
        { NULL, LIST(STRATEGY("\"useSquashMerge\":true,\"allowRebase\":true")), "rebase", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const MergeRequest request = { .head = HEAD, .method = cases[i].method };
        g_auto(MergeResult) result = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, READY);
        fake_answer(200, cases[i].evaluations);
        if (cases[i].strategy)
            fake_answer(200, READY);
        assert_ok(merge_as(&request, &result, &error), error);

        if (cases[i].reason) {
            assert_int_equal(result.state, MERGE_REFUSED);
            assert_string_equal(result.reason, cases[i].reason);
        } else {
            json_auto_t *body = body_of(2);

            assert_string_equal(
                js_get(json_object_get(body, "completionOptions"), "mergeStrategy", ""),
                cases[i].strategy);
        }
    }
}

TEST(a_refusal_is_told_with_the_policies_or_with_what_has_happened_meanwhile)
{
    static const struct {
        int status;
        const char *answer, *now, *reason; /* reason NULL: done after all */
    } cases[] = {
        { 403, "{\"message\":\"required policies are not satisfied\"}", READY,
          "policy \"Minimum number of reviewers\" is queued" },
        { 403, "{\"message\":\"required policies are not satisfied\"}",
          PULL("active", "failure", HEAD), "policy \"Minimum number of reviewers\" is queued" },
        { 409, "{\"message\":\"TF401192: The source branch has been modified\"}",
          PULL("active", "succeeded", NEWER), "a commit was pushed since it was applied" },
        { 400, "{\"message\":\"TF401181\",\"typeKey\":\"GitPullRequestNotEditableException\"}",
          COMPLETED, NULL },
        { 400, "{\"message\":\"the message is too long\"}", READY,
          "complete: status 400: the message is too long" },
        { 400, "{\"message\":\"the message is too long\"}", PULL("active", "failure", HEAD),
          "complete: status 400: the message is too long" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(MergeResult) result = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, READY);
        fake_answer(200, LIST(REVIEWERS));
        fake_answer(cases[i].status, cases[i].answer);
        fake_answer(200, cases[i].now);
        assert_ok(merge(&result, &error), error);

        assert_int_equal(result.state, cases[i].reason ? MERGE_REFUSED : MERGE_DONE);
        if (cases[i].reason)
            assert_string_equal(result.reason, cases[i].reason);
    }
}

TEST(a_refusal_without_a_policy_has_the_hosts_words)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, NONE);
    fake_answer(403, "{\"message\":\"TF401027: You need the permission\"}");
    fake_answer(200, READY);
    assert_ok(merge(&result, &error), error);
    assert_int_equal(result.state, MERGE_REFUSED);
    assert_non_null(strstr(result.reason, "TF401027: You need the permission"));
}

TEST(what_may_pass_is_no_refusal)
{
    static const int statuses[] = { 0, 401, 429, 503 };

    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_auto(MergeResult) result = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, READY);
        fake_answer(200, NONE);
        fake_answer(statuses[i], "{}");
        assert_fails(merge(&result, &error), error, HADAL_ERROR_RETRY);
        assert_null(result.reason);
    }
}

TEST(a_call_that_is_cancelled_is_no_refusal)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, NONE);
    fake_answer(FAKE_CANCELLED, NULL);
    assert_fails(merge(&result, &error), error, HADAL_ERROR_CANCELLED);
    assert_null(result.reason);
}

TEST(policies_are_given_a_moment_to_see_our_status)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, LIST(STATUS("queued")));
    fake_answer(200, LIST(STATUS("queued")));
    fake_answer(200, LIST(STATUS("approved")));
    fake_answer(200, READY);
    assert_ok(merge(&result, &error), error);
    assert_int_equal(pauses, 2);
    assert_int_equal(result.state, MERGE_WAITING);
}

TEST(a_status_that_does_not_come_is_left_to_the_service)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    for (int look = 0; look < 6; look++)
        fake_answer(200, LIST(STATUS("queued")));
    fake_answer(403, "{\"message\":\"required policies are not satisfied\"}");
    fake_answer(200, READY);
    assert_ok(merge(&result, &error), error);
    assert_int_equal(pauses, 5);
    assert_int_equal(result.state, MERGE_REFUSED);
    assert_string_equal(result.reason, "policy \"Status: apply\" is queued");
}

TEST(a_completion_that_is_cancelled_looks_no_more)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    is_pause_cancelled = true;
    fake_answer(200, READY);
    fake_answer(200, LIST(STATUS("queued")));
    assert_fails(merge(&result, &error), error, HADAL_ERROR_CANCELLED);
}

TEST(only_a_status_is_given_that_moment)
{
    g_auto(MergeResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, READY);
    fake_answer(200, LIST(REVIEWERS "," STATUS("rejected") "," OPTIONAL_STATUS));
    fake_answer(200, READY);
    assert_ok(merge(&result, &error), error);
    assert_int_equal(pauses, 0);
}

static int forget(void **fixture)
{
    (void)fixture;
    fake_reset();
    pauses = 0;
    is_pause_cancelled = false;
    return 0;
}

#define CASE(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_completion_is_pinned_to_the_head_and_then_waited_for),
        CASE(a_source_branch_stays_and_the_message_is_the_hosts_where_nobody_asks_otherwise),
        CASE(a_completion_may_be_done_at_once),
        CASE(what_is_known_before_asking_settles_it),
        CASE(an_earlier_attempt_of_somebody_else_is_not_ours),
        CASE(a_completion_that_policies_refused_afterwards_names_them),
        CASE(a_request_that_was_lost_is_made_again),
        CASE(the_method_is_what_is_asked_for_or_what_every_policy_of_the_branch_allows),
        CASE(a_refusal_is_told_with_the_policies_or_with_what_has_happened_meanwhile),
        CASE(a_refusal_without_a_policy_has_the_hosts_words),
        CASE(what_may_pass_is_no_refusal),
        CASE(a_call_that_is_cancelled_is_no_refusal),
        CASE(policies_are_given_a_moment_to_see_our_status),
        CASE(a_status_that_does_not_come_is_left_to_the_service),
        CASE(a_completion_that_is_cancelled_looks_no_more),
        CASE(only_a_status_is_given_that_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
