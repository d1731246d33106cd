// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/review.h"

#include "sys/js.h"
#include "test.h"

#include "fake_ctx.h"
#include "fake_http.h"

#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO    "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define AUTHOR  "107e08c7-2725-675e-a1b0-281729035ea6"
#define ANN     "22157d54-1821-6536-a446-928b06348385"
#define BOB     "33333333-1821-6536-a446-928b06348385"
#define TEAM    "44444444-1821-6536-a446-928b06348385"
#define PULL_URL \
    "https://dev.azure.com/fabrikam/" PROJECT "/_apis/git/repositories/" REPO "/pullRequests/7"
#define EVALUATIONS_URL                                                                   \
    "https://dev.azure.com/fabrikam/" PROJECT "/_apis/policy/evaluations?api-version=7.1" \
    "-preview.1&artifactId=vstfs%3A%2F%2F%2FCodeReview%2FCodeReviewId%2F" PROJECT         \
    "%2F7&$top=100&$skip="

static const PullRef pull = {
    .repo = { .locator = (char *)"fabrikam/" PROJECT "/" REPO,
              .full_name = (char *)"fabrikam/One/infra" },
    .number = 7,
};
static const PullFacts facts = { .author = { .id = (char *)AUTHOR, .name = (char *)"Author" } };
static const char *const others[] = { "blue", "team/green", NULL };
static const ReviewSpec spec = { .own_status_name = "atlantis", .other_status_names = others };

static gint64 retry_after;

static Rest *new_rest(void)
{
    return rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });
}

static bool review_with(const char *genre, PullReview *found, GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest = new_rest();

    return azuredevops_review_read(&(Ctx){ 0 }, rest, site, genre, &pull, &facts, &spec, found,
                                   error);
}

static bool review(PullReview *found, GError **error)
{
    return review_with("Atlantis Bot", found, error);
}

/* ------------------------------------------------------------------- votes */

#define PERSON(id, name, vote) "{\"id\":\"" id "\",\"displayName\":\"" name "\",\"vote\":" #vote "}"
#define REQUIRED(id, name, vote)                                                         \
    "{\"id\":\"" id "\",\"displayName\":\"" name "\",\"vote\":" #vote ",\"isRequired\":" \
    "true}"
#define GROUP(vote, required)                                                          \
    "{\"id\":\"" TEAM "\",\"displayName\":\"[One]\\\\Platform\",\"isContainer\":true," \
    "\"uniqueName\":\"vstfs:///Classification/TeamProject/"                            \
    "x\\\\Platform\",\"isRequired\":" required ",\"vote\":" #vote "}"
#define FOR_GROUP(id, name, vote)                                                      \
    "{\"id\":\"" id "\",\"displayName\":\"" name "\",\"vote\":" #vote ",\"votedFor\":" \
    "[{\"id\":\"" TEAM "\",\"displayName\":\"[One]\\\\Platform\"}]}"

static char *pull_answer(const char *members, const char *reviewers)
{
    return g_strdup_printf("{\"status\":\"active\"%s%s,\"reviewers\":[%s]}", *members ? "," : "",
                           members, reviewers);
}

#define MERGED "\"mergeStatus\":\"succeeded\""

TEST(votes_of_people_decide_and_the_reason_names_them)
{
    static const struct {
        const char *reviewers, *why; /* NULL: approved */
    } cases[] = {
        { "", "nobody but its author has approved" },
        { PERSON(ANN, "Ann", 10), NULL },
        { PERSON(ANN, "Ann", 5), NULL },
        { PERSON(ANN, "Ann", 0), "nobody but its author has approved" },
        { PERSON(AUTHOR, "Author", 10), "nobody but its author has approved" },
        { "{\"displayName\":\"Author\",\"id\":\"107E08C7-2725-675E-A1B0-281729035EA6\",\"vote\":"
          "10}",
          "nobody but its author has approved" },
        { PERSON(ANN, "Ann", 10) "," PERSON(BOB, "Bob", -5),
          "it is rejected, or waits for its author: Bob" },
        { PERSON(ANN, "Ann", -10) "," PERSON(BOB, "Bob", -5) "," PERSON(TEAM, "Cy", 10),
          "it is rejected, or waits for its author: Ann, Bob" },
        { PERSON(ANN, "Ann", 10) "," PERSON(AUTHOR, "Author", -10),
          "it is rejected, or waits for its author: Author" },
        { PERSON(ANN, "Ann", 10) "," REQUIRED(BOB, "Bob", 0),
          "a required reviewer has not approved: Bob" },
        { PERSON(ANN, "Ann", 10) "," REQUIRED(BOB, "Bob", 5), NULL },
        { "{\"id\":\"" ANN "\",\"vote\":10,\"hasDeclined\":true}", NULL },
        { GROUP(-10, "false") "," PERSON(ANN, "Ann", 10), NULL },
        { "{\"id\":\"" ANN "\",\"vote\":-10}",
          "it is rejected, or waits for its author: somebody" },
        { GROUP(10, "false"), "nobody but its author has approved" },
        { GROUP(10, "true") "," FOR_GROUP(ANN, "Ann", 10), NULL },
        { GROUP(10, "true") ",{\"id\":\"" ANN "\",\"vote\":10,\"votedFor\":[null,{\"id\":\"" BOB
                            "\"}]}",
          "a required reviewer has not approved: [One]\\Platform" },
        { GROUP(10, "true") "," FOR_GROUP(ANN, "Ann", 0) "," PERSON(BOB, "Bob", 10),
          "a required reviewer has not approved: [One]\\Platform" },
        { GROUP(0, "true") "," PERSON(ANN, "Ann", 10),
          "a required reviewer has not approved: [One]\\Platform" },
        { GROUP(10, "true") "," FOR_GROUP(AUTHOR, "Author", 10) "," PERSON(ANN, "Ann", 10),
          "a required reviewer has not approved: [One]\\Platform" },
        { "null,7,{}," PERSON(ANN, "Ann", 10), NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = pull_answer(MERGED, cases[i].reviewers);
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, answer);
        fake_answer(200, "{\"count\":0,\"value\":[]}");
        fake_answer(200, "{\"value\":[{\"id\":1}]}");
        assert_ok(review(&found, &error), error);

        if (cases[i].why)
            assert_string_equal(found.not_approved_why, cases[i].why);
        else
            assert_null(found.not_approved_why);
        assert_int_equal(found.is_approved, cases[i].why == NULL);
        assert_true(found.is_mergeable);
    }
}

#define PUSHES(who)                                                                              \
    "{\"value\":[{\"id\":1,\"createdDate\":\"2026-01-01T10:00:00Z\"},{\"id\":2,\"createdDate\":" \
    "\"2026-01-01T11:00:00.25Z\",\"author\":{\"id\":\"" who "\"}}]}"
#define VOTE(who, result, time)                                                              \
    "{\"publishedDate\":\"" time "\",\"properties\":{\"CodeReviewThreadType\":{\"$value\":"  \
    "\"VoteUpdate\"},\"CodeReviewVoteResult\":{\"$value\":\"" result "\"},"                  \
    "\"CodeReviewVotedByIdentity\":{\"$value\":\"1\"}},\"identities\":{\"1\":{\"id\":\"" who \
    "\"}}}"
#define OLD_VOTE(who, time)                                                                 \
    "{\"publishedDate\":\"" time "\",\"properties\":{\"CodeReviewThreadType\":{\"$value\":" \
    "\"VoteUpdate\"},\"CodeReviewVoteResult\":{\"$value\":\"10\"},"                         \
    "\"CodeReviewVotedByTfId\":{\"$value\":\"" who "\"}}}"
#define BEFORE "2026-01-01T11:00:00.249999Z"
#define AFTER  "2026-01-01T11:00:00.2500010Z"

TEST(an_approval_counts_for_what_was_there_when_it_was_given_and_for_others_pushes)
{
    static const struct {
        const char *reviewers, *pushes, *threads, *why; /* NULL: approved */
    } cases[] = {
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), VOTE(ANN, "10", AFTER), NULL },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), OLD_VOTE(ANN, AFTER), NULL },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR),
          OLD_VOTE("22157D5418216536A446928B06348385", AFTER), NULL },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), VOTE(ANN, "10", BEFORE),
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), VOTE(ANN, "10", BEFORE) "," VOTE(ANN, "5", AFTER),
          NULL },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), VOTE(ANN, "0", AFTER),
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), VOTE(BOB, "10", AFTER),
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), VOTE(ANN, "10", ""),
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), "{\"value\":[{\"id\":2}]}", VOTE(ANN, "10", AFTER),
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), "{\"value\":[]}", VOTE(ANN, "10", AFTER),
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), NULL,
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), PUSHES(AUTHOR), "null,7,{}",
          "nobody else has approved what was pushed last: Ann (only what was there before)" },
        { PERSON(ANN, "Ann", 10), PUSHES(ANN), VOTE(ANN, "10", AFTER),
          "nobody else has approved what was pushed last: Ann (who pushed it)" },
        { PERSON(ANN, "Ann", 10) "," PERSON(BOB, "Bob", 5), PUSHES(ANN),
          VOTE(ANN, "10", AFTER) "," VOTE(BOB, "5", AFTER), NULL },
        { PERSON(ANN, "Ann", 10) "," REQUIRED(BOB, "Bob", 10), PUSHES(AUTHOR),
          VOTE(ANN, "10", AFTER) "," VOTE(BOB, "10", BEFORE),
          "a required reviewer has not approved: Bob (only what was there before)" },
        { GROUP(10, "true") "," FOR_GROUP(ANN, "Ann", 10) "," PERSON(BOB, "Bob", 10),
          PUSHES(AUTHOR), VOTE(ANN, "10", BEFORE) "," VOTE(BOB, "10", AFTER),
          "a required reviewer has not approved: [One]\\Platform" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = pull_answer(MERGED, cases[i].reviewers);
        g_autofree char *threads = cases[i].threads
                                       ? g_strdup_printf("{\"value\":[%s]}", cases[i].threads)
                                       : g_strdup("{}");
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, answer);
        fake_answer(200, "{\"count\":0,\"value\":[]}");
        fake_answer(200, cases[i].pushes);
        fake_answer(200, threads);
        assert_ok(review(&found, &error), error);

        if (cases[i].why)
            assert_string_equal(found.not_approved_why, cases[i].why);
        else
            assert_null(found.not_approved_why);
        assert_int_equal(found.is_approved, cases[i].why == NULL);
    }
}

TEST(who_pushed_the_only_commit_cannot_approve_it)
{
    g_autofree char *answer = pull_answer(MERGED, PERSON(ANN, "Ann", 10));
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, answer);
    fake_answer(200, "{\"value\":[]}");
    fake_answer(200, "{\"value\":[{\"id\":1,\"author\":{\"id\":\"" ANN "\"}}]}");
    assert_ok(review(&found, &error), error);
    assert_string_equal(found.not_approved_why,
                        "nobody else has approved what was pushed last: Ann (who pushed it)");
}

TEST(without_knowing_when_they_were_given_no_approval_counts)
{
    static const int broken[] = { 2, 3 };

    for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autofree char *answer = pull_answer(MERGED, PERSON(ANN, "Ann", 10));
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, answer);
        fake_answer(200, "{\"value\":[]}");
        fake_answer(broken[i] == 2 ? 503 : 200, PUSHES(AUTHOR));
        fake_answer(503, "");
        assert_fails(review(&found, &error), error, HADAL_ERROR_RETRY);
        assert_false(found.is_approved);
        assert_int_equal(fake.n_calls, broken[i] + 1);
    }
}

/* ---------------------------------------------------------------- mergeable */

static char *joined(const GPtrArray *reasons)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < reasons->len; i++)
        g_string_append_printf(text, "%s%s", i ? " | " : "", (const char *)reasons->pdata[i]);
    return g_string_free(text, FALSE);
}

static void check_mergeable(const char *pull_text, const char *evaluations, const char *want)
{
    g_autofree char *list = g_strdup_printf("{\"value\":[%s]}", evaluations);
    g_auto(PullReview) found = { 0 };
    g_autofree char *why = NULL;
    g_autoptr(GError) error = NULL;

    fake_reset();
    fake_answer(200, pull_text);
    fake_answer(200, list);
    assert_ok(review(&found, &error), error);
    why = joined(found.not_mergeable_why);
    assert_string_equal(why, want);
    assert_int_equal(found.is_mergeable, *want == '\0');
}

TEST(what_stands_against_merging_is_named)
{
    static const struct {
        const char *pull, *why;
    } cases[] = {
        { "{\"status\":\"active\",\"mergeStatus\":\"succeeded\"}", "" },
        { "{\"status\":\"active\",\"mergeStatus\":\"Succeeded\",\"isDraft\":false}", "" },
        { "{\"status\":\"active\",\"mergeStatus\":\"conflicts\"}", "it has merge conflicts" },
        { "{\"status\":\"active\",\"mergeStatus\":\"failure\"}",
          "Azure DevOps could not merge it for a try" },
        { "{\"status\":\"active\",\"mergeStatus\":\"rejectedByPolicy\"}",
          "a policy of the branch rejects it" },
        { "{\"status\":\"active\",\"mergeStatus\":\"somethingNew\"}",
          "its merge check is in a state that is not known" },
        { "{\"status\":\"active\",\"mergeStatus\":\"succeeded\",\"isDraft\":true}",
          "it is a draft" },
        { "{\"status\":\"completed\",\"mergeStatus\":\"conflicts\"}",
          "it has merge conflicts | it is not open" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_mergeable(cases[i].pull, "", cases[i].why);
}

#define IN_FORCE "\"isEnabled\":true,\"isBlocking\":true"
#define POLICY(flags, type, settings, status)                                        \
    "{\"configuration\":{" flags ",\"type\":{\"displayName\":\"" type "\"},\"settin" \
    "gs\":{" settings "}},\"status\":\"" status "\"}"
#define CHECK(genre, name, status) \
    POLICY(IN_FORCE, "Status", "\"statusGenre\":\"" genre "\",\"statusName\":\"" name "\"", status)

TEST(every_blocking_policy_that_is_not_satisfied_is_named_with_its_state)
{
    static const struct {
        const char *evaluations, *why;
    } cases[] = {
        { POLICY(IN_FORCE, "Build", "", "approved"), "" },
        { POLICY(IN_FORCE, "Build", "", "notApplicable"), "" },
        { POLICY(IN_FORCE ",\"isDeleted\":true", "Build", "", "rejected"), "" },
        { POLICY("\"isEnabled\":false,\"isBlocking\":true", "Build", "", "rejected"), "" },
        { POLICY("\"isEnabled\":true,\"isBlocking\":false", "Build", "", "rejected"), "" },
        { POLICY("\"isEnabled\":true", "Build", "", "rejected"), "policy \"Build\" is rejected" },
        { POLICY("\"isBlocking\":true", "Build", "", "queued"), "policy \"Build\" is queued" },
        { POLICY(IN_FORCE, "Build", "\"displayName\":\"lint\"", "running"),
          "policy \"Build: lint\" is running" },
        { POLICY(IN_FORCE, "Status", "\"defaultDisplayName\":\"scan\",\"statusName\":\"s\"",
                 "queued"),
          "policy \"Status: scan\" is queued" },
        { POLICY(IN_FORCE, "Minimum number of reviewers", "\"minimumApproverCount\":2",
                 "queued") "," POLICY(IN_FORCE, "Comment requirements", "", "rejected"),
          "policy \"Minimum number of reviewers\" is queued | "
          "policy \"Comment requirements\" is rejected" },
        { POLICY(IN_FORCE, "Build", "", "broken"), "policy \"Build\" is broken" },
        { "{\"configuration\":{" IN_FORCE "}}",
          "policy \"a policy without a name\" is not evaluated" },
        { "null,{\"configuration\":7},{\"status\":\"rejected\"}",
          "policy \"a policy without a name\" is not evaluated | "
          "policy \"a policy without a name\" is not evaluated | "
          "policy \"a policy without a name\" is rejected" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_mergeable("{\"status\":\"active\"," MERGED "}", cases[i].evaluations, cases[i].why);
}

#define OF_TYPE(flags, id, status)                                                           \
    "{\"configuration\":{" flags ",\"type\":{\"id\":\"" id "\",\"displayName\":\"Policy\"}," \
    "\"settings\":{}},\"status\":\"" status "\"}"
#define MINIMUM        "FA4E907D-c16b-4a4c-9dfa-4906e5d171dd"
#define MERGE_STRATEGY "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab"
#define WANTED         "fd2167ab-b0be-447a-8ec8-39368250530e"

TEST(an_approval_is_enough_where_the_policies_of_reviewers_say_so)
{
    static const struct {
        const char *evaluations;
        bool is_approved;
    } cases[] = {
        { OF_TYPE(IN_FORCE, MINIMUM, "approved"), true },
        { OF_TYPE(IN_FORCE, MINIMUM, "queued"), false },
        { OF_TYPE(IN_FORCE, MINIMUM, "rejected"), false },
        { OF_TYPE(IN_FORCE, MINIMUM, "approved") "," OF_TYPE(IN_FORCE, WANTED, "queued"), false },
        { OF_TYPE(IN_FORCE, WANTED, "notApplicable"), true },
        { OF_TYPE("\"isEnabled\":true,\"isBlocking\":false", MINIMUM, "queued"), true },
        { OF_TYPE("\"isEnabled\":false,\"isBlocking\":true", MINIMUM, "queued"), true },
        { OF_TYPE(IN_FORCE, MERGE_STRATEGY, "rejected"), true },
        { POLICY(IN_FORCE, "Build", "", "rejected"), true },
    };
    g_autofree char *answer = pull_answer(MERGED, PERSON(ANN, "Ann", 10));

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *list = g_strdup_printf("{\"value\":[%s]}", cases[i].evaluations);
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, answer);
        fake_answer(200, list);
        fake_answer(200, "{\"value\":[{\"id\":1}]}");
        assert_ok(review(&found, &error), error);
        assert_int_equal(found.is_approved, cases[i].is_approved);
        assert_true(found.is_approved || strstr(found.not_approved_why, "policy \"Policy\" is "));
    }
}

TEST(statuses_of_ours_and_of_servers_to_ignore_never_stand_against_merging)
{
    static const struct {
        const char *evaluations, *why;
    } cases[] = {
        { CHECK("Atlantis Bot/atlantis", "apply", "queued"), "" },
        { CHECK("atlantis bot/ATLANTIS", "apply", "queued"), "" },
        { CHECK("Atlantis Bot/atlantis", "plan", "rejected"), "" },
        { CHECK("Atlantis Bot/atlantis", "policy_check", "rejected"), "" },
        { CHECK("Atlantis Bot/atlantis/plan: net", "default", "rejected"), "" },
        { CHECK("Atlantis Bot/blue", "apply", "rejected"), "" },
        { CHECK("Atlantis Bot/team/green", "apply", "rejected"), "" },
        { CHECK("Atlantis Bot/atlantis2", "apply", "queued"),
          "policy \"Status: apply\" is queued" },
        { CHECK("Atlantis Bot", "atlantis", "queued"), "policy \"Status: atlantis\" is queued" },
        { CHECK("", "apply", "queued"), "policy \"Status: apply\" is queued" },
        { CHECK("Atlantis Bot/red", "apply", "queued"), "policy \"Status: apply\" is queued" },
        { POLICY(IN_FORCE, "Build", "\"statusGenre\":\"Atlantis Bot/atlantis\"", "rejected"),
          "policy \"Build\" is rejected" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_mergeable("{\"status\":\"active\"," MERGED "}", cases[i].evaluations, cases[i].why);
}

TEST(statuses_of_ours_may_have_no_genre_of_their_own)
{
    static const struct {
        const char *evaluations;
        bool is_ours;
    } cases[] = {
        { CHECK("atlantis", "apply", "queued"), true },
        { CHECK("team/green", "apply", "queued"), true },
        { CHECK("Atlantis Bot/atlantis", "apply", "queued"), false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *list = g_strdup_printf("{\"value\":[%s]}", cases[i].evaluations);
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, "{\"status\":\"active\"," MERGED "}");
        fake_answer(200, list);
        assert_ok(review_with("", &found, &error), error);
        assert_int_equal(found.is_mergeable, cases[i].is_ours);
    }
}

TEST(a_merge_check_that_is_not_finished_is_looked_at_again)
{
    static const char queued[] = "{\"status\":\"active\",\"mergeStatus\":\"queued\"}";
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, queued);
    fake_answer(200, "{\"status\":\"active\"}");
    fake_answer(200, "{\"status\":\"active\"," MERGED "}");
    fake_answer(200, "{\"value\":[]}");
    assert_ok(review(&found, &error), error);
    assert_true(found.is_mergeable);
    assert_int_equal(pauses, 2);
}

#define TIP   "33333333333333333333333333333333aaaaaaaa"
#define TRIED "44444444444444444444444444444444bbbbbbbb"

TEST(a_merge_check_is_held_against_what_the_base_branch_is_by_now)
{
    static const struct {
        const char *status, *refs, *want; /* refs NULL: not asked */
    } cases[] = {
        { "succeeded",
          "{\"name\":\"refs/heads/a b2\",\"objectId\":\"" TRIED "\"},"
          "{\"name\":\"refs/heads/a b\",\"objectId\":\"" TIP "\"}",
          TIP },
        { "succeeded", "{\"name\":\"refs/heads/a b\",\"objectId\":\"" TRIED "\"}", NULL },
        { "succeeded", "{\"name\":\"refs/heads/a b2\",\"objectId\":\"" TIP "\"}", NULL },
        { "conflicts", NULL, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const PullFacts of = { .author = facts.author, .base_branch = (char *)"a b" };
        g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
        g_autoptr(Rest) rest = new_rest();
        g_autofree char *answer =
            g_strdup_printf("{\"status\":\"active\",\"mergeStatus\":\"%s\","
                            "\"lastMergeTargetCommit\":{\"commitId\":\"" TRIED "\"}}",
                            cases[i].status);
        g_autofree char *refs = g_strdup_printf("{\"value\":[%s]}", cases[i].refs);
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, answer);
        fake_answer(200, "{\"value\":[]}");
        if (cases[i].refs)
            fake_answer(200, refs);
        assert_ok(
            azuredevops_review_read(&(Ctx){ 0 }, rest, site, "", &pull, &of, &spec, &found, &error),
            error);
        assert_int_equal(g_strcmp0(found.untried_base, cases[i].want), 0);
        if (cases[i].refs)
            assert_string_equal(fake.requests[2], "GET https://dev.azure.com/fabrikam/" PROJECT
                                                  "/_apis/git/repositories/" REPO
                                                  "/refs?api-version=7.1&filter=heads%2Fa%20b");
    }
}

#define THREADS(status)                                                                    \
    "{\"value\":[{\"configuration\":{" IN_FORCE ",\"type\":{\"id\":"                       \
    "\"C6A1889D-B943-4856-B76F-9E46BB6B0DF2\",\"displayName\":\"Comment requirements\"}}," \
    "\"status\":\"" status "\"}]}"

TEST(a_policy_that_speaks_of_threads_which_are_closed_by_now_is_looked_at_again)
{
    static const char mergeable[] = "{\"status\":\"active\"," MERGED "}";
    static const struct {
        const char *threads, *second, *why;
        int pauses;
    } cases[] = {
        { "{\"value\":[{\"status\":\"closed\"},{\"status\":\"active\",\"isDeleted\":true},{}]}",
          THREADS("approved"), "", 1 },
        { "{\"value\":[{\"status\":\"closed\"},{\"status\":\"Active\"}]}", NULL,
          "policy \"Comment requirements\" is rejected", 0 },
        { "{\"value\":[{\"status\":\"pending\"}]}", NULL,
          "policy \"Comment requirements\" is rejected", 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        pauses = 0;
        fake_answer(200, mergeable);
        fake_answer(200, THREADS("rejected"));
        fake_answer(200, cases[i].threads);
        if (cases[i].second)
            fake_answer(200, cases[i].second);
        assert_ok(review(&found, &error), error);
        g_ptr_array_add(found.not_mergeable_why, NULL);
        g_autofree char *why = g_strjoinv(" | ", (char **)found.not_mergeable_why->pdata);
        assert_string_equal(why, cases[i].why);
        assert_int_equal(pauses, cases[i].pauses);
    }
}

TEST(a_policy_that_goes_on_speaking_of_closed_threads_is_a_reason)
{
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"status\":\"active\"," MERGED "}");
    for (int look = 0; look < 6; look++) {
        fake_answer(200, THREADS("rejected"));
        fake_answer(200, "{\"value\":[]}");
    }
    assert_ok(review(&found, &error), error);
    assert_false(found.is_mergeable);
    assert_int_equal(pauses, 5);
}

TEST(a_merge_check_that_does_not_finish_is_a_reason)
{
    static const char *const pulls[] = {
        "{\"status\":\"active\",\"mergeStatus\":\"queued\"}",
        "{\"status\":\"active\",\"mergeStatus\":\"notSet\"}",
        "{\"status\":\"active\"}",
    };

    for (guint i = 0; i < G_N_ELEMENTS(pulls); i++) {
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        pauses = 0;
        for (int look = 0; look < 6; look++)
            fake_answer(200, pulls[i]);
        fake_answer(200, "{\"value\":[]}");
        assert_ok(review(&found, &error), error);
        assert_int_equal(pauses, 5);
        assert_false(found.is_mergeable);
        assert_string_equal(found.not_mergeable_why->pdata[0],
                            "Azure DevOps has not finished the merge check yet");
    }
}

#define OLD_HEAD "1111111111111111111111111111111111111111"
#define NEW_HEAD "2222222222222222222222222222222222222222"
#define CHECKED(head) \
    "{\"status\":\"active\"," MERGED ",\"lastMergeSourceCommit\":{\"commitId\":\"" head "\"}}"

static bool review_of_head(PullReview *found, GError **error)
{
    static const PullFacts of_head = { .author = { .id = (char *)AUTHOR },
                                       .head_commit = (char *)NEW_HEAD };
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest = new_rest();

    return azuredevops_review_read(&(Ctx){ 0 }, rest, site, "Atlantis Bot", &pull, &of_head, &spec,
                                   found, error);
}

TEST(a_merge_check_of_the_head_before_is_looked_at_again)
{
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    pauses = 0;
    fake_answer(200, CHECKED(OLD_HEAD));
    fake_answer(200, CHECKED(NEW_HEAD));
    fake_answer(200, "{\"value\":[]}");
    assert_ok(review_of_head(&found, &error), error);
    assert_true(found.is_mergeable);
    assert_int_equal(pauses, 1);
}

TEST(a_merge_check_that_stays_of_the_head_before_is_a_reason)
{
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    for (int look = 0; look < 6; look++)
        fake_answer(200, CHECKED(OLD_HEAD));
    fake_answer(200, "{\"value\":[]}");
    assert_ok(review_of_head(&found, &error), error);
    assert_false(found.is_mergeable);
    assert_string_equal(found.not_mergeable_why->pdata[0],
                        "Azure DevOps has not finished the merge check yet");
}

TEST(an_answer_without_a_list_does_not_say_that_there_are_no_policies)
{
    static const char *const answers[] = { "{}", "{\"count\":0,\"value\":null}", "[]" };

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_auto(PullReview) found = { 0 };
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, "{\"status\":\"active\"," MERGED "}");
        fake_answer(200, answers[i]);
        assert_fails(review(&found, &error), error, HADAL_ERROR_FAILED);
        assert_false(found.is_mergeable);
    }
}

TEST(a_command_that_is_cancelled_looks_no_more)
{
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    is_pause_cancelled = true;
    fake_answer(200, "{\"status\":\"active\",\"mergeStatus\":\"queued\"}");
    assert_fails(review(&found, &error), error, HADAL_ERROR_CANCELLED);
}

/* A page of 100 policies that are satisfied, with ids from first. */
static char *full_page(int first)
{
    GString *page = g_string_new("{\"value\":[");

    for (int i = 0; i < 100; i++)
        g_string_append_printf(page, "%s{\"evaluationId\":\"%d\",\"status\":\"approved\"}",
                               i ? "," : "", first + i);
    return g_string_free(g_string_append(page, "]}"), FALSE);
}

TEST(policies_are_read_page_by_page_with_a_preview_version)
{
    g_autofree char *page = full_page(0);
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"status\":\"active\"," MERGED "}");
    fake_answer(200, page);
    fake_answer(200, "{\"value\":[" POLICY(IN_FORCE, "Build", "", "rejected") "]}");
    assert_ok(review(&found, &error), error);

    assert_string_equal(fake.requests[0], "GET " PULL_URL "?api-version=7.1");
    assert_string_equal(fake.requests[1], "GET " EVALUATIONS_URL "0");
    assert_string_equal(fake.requests[2], "GET " EVALUATIONS_URL "100");
    assert_string_equal(found.not_mergeable_why->pdata[0], "policy \"Build\" is rejected");
}

TEST(a_server_without_pages_gives_the_same_page_again_and_that_is_the_end)
{
    g_autofree char *page = full_page(0);
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"status\":\"active\"," MERGED "}");
    fake_answer(200, page);
    fake_answer(200, page);
    assert_ok(review(&found, &error), error);
    assert_true(found.is_mergeable);
}

TEST(more_policies_than_anybody_has_are_an_error)
{
    g_autoptr(GPtrArray) pages = g_ptr_array_new_with_free_func(g_free);
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"status\":\"active\"," MERGED "}");
    for (int i = 0; i < 20; i++) {
        g_ptr_array_add(pages, full_page(100 * i));
        fake_answer(200, pages->pdata[i]);
    }
    assert_fails(review(&found, &error), error, HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "there are more than 2000 policies");
}

TEST(without_the_policies_nothing_is_said)
{
    g_auto(PullReview) found = { 0 };
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"status\":\"active\"," MERGED "}");
    fake_answer(403, "{\"message\":\"no\"}");
    assert_fails(review(&found, &error), error, HADAL_ERROR_DENIED);
    assert_null(found.not_mergeable_why);
}

/* ------------------------------------------------------------------- labels */

TEST(labels_are_read_but_for_those_that_are_gone)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest = new_rest();
    g_auto(GStrv) labels = NULL;
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"value\":[{\"name\":\"Größer\",\"active\":true},{\"name\":\"old\","
                     "\"active\":false},{\"name\":\"bare\"}]}");
    assert_ok(azuredevops_labels_read(&(Ctx){ 0 }, rest, site, &pull, &labels, &error), error);
    assert_string_equal(fake.requests[0], "GET " PULL_URL "/labels?api-version=7.1");
    assert_int_equal(g_strv_length(labels), 2);
    assert_string_equal(labels[0], "Größer");
    assert_string_equal(labels[1], "bare");
}

/* ---------------------------------------------------------------- approvals */

static bool discard(GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest = new_rest();

    return azuredevops_approvals_discard(&(Ctx){ 0 }, rest, site, &pull, error);
}

TEST(approvals_of_people_are_reset_at_once_and_rejections_stay)
{
    g_autoptr(GError) error = NULL;

    fake_answer(200,
                "{\"value\":[{\"vote\":10}," PERSON(ANN, "Ann", 10) "," PERSON(
                    BOB, "Bob", -10) "," GROUP(10, "true") "," PERSON(AUTHOR, "Author", 5) "]}");
    fake_answer(200, ""); /* the published answer has no body */
    assert_ok(discard(&error), error);

    assert_string_equal(fake.requests[1], "PATCH " PULL_URL "/reviewers?api-version=7.1");
    assert_string_equal(fake.bodies[1],
                        "[{\"id\":\"" ANN "\",\"vote\":0},{\"id\":\"" AUTHOR "\",\"vote\":0}]");
}

TEST(without_approvals_nothing_is_reset)
{
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"value\":[" PERSON(BOB, "Bob", 0) "]}");
    assert_ok(discard(&error), error);
    assert_int_equal(fake.n_calls, 1);
}

TEST(a_reset_that_is_forbidden_is_refused_with_the_hosts_words)
{
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"value\":[" PERSON(ANN, "Ann", 10) "]}");
    fake_answer(403, "{\"message\":\"TF401027: You need the permission\"}");
    assert_fails(discard(&error), error, HADAL_ERROR_DENIED);
    assert_non_null(strstr(error->message, "TF401027: You need the permission"));
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
        CASE(votes_of_people_decide_and_the_reason_names_them),
        CASE(an_approval_counts_for_what_was_there_when_it_was_given_and_for_others_pushes),
        CASE(who_pushed_the_only_commit_cannot_approve_it),
        CASE(without_knowing_when_they_were_given_no_approval_counts),
        CASE(what_stands_against_merging_is_named),
        CASE(every_blocking_policy_that_is_not_satisfied_is_named_with_its_state),
        CASE(an_approval_is_enough_where_the_policies_of_reviewers_say_so),
        CASE(statuses_of_ours_and_of_servers_to_ignore_never_stand_against_merging),
        CASE(statuses_of_ours_may_have_no_genre_of_their_own),
        CASE(a_merge_check_that_is_not_finished_is_looked_at_again),
        CASE(a_merge_check_is_held_against_what_the_base_branch_is_by_now),
        CASE(a_policy_that_speaks_of_threads_which_are_closed_by_now_is_looked_at_again),
        CASE(a_policy_that_goes_on_speaking_of_closed_threads_is_a_reason),
        CASE(a_merge_check_that_does_not_finish_is_a_reason),
        CASE(a_merge_check_of_the_head_before_is_looked_at_again),
        CASE(a_merge_check_that_stays_of_the_head_before_is_a_reason),
        CASE(an_answer_without_a_list_does_not_say_that_there_are_no_policies),
        CASE(a_command_that_is_cancelled_looks_no_more),
        CASE(policies_are_read_page_by_page_with_a_preview_version),
        CASE(a_server_without_pages_gives_the_same_page_again_and_that_is_the_end),
        CASE(more_policies_than_anybody_has_are_an_error),
        CASE(without_the_policies_nothing_is_said),
        CASE(labels_are_read_but_for_those_that_are_gone),
        CASE(approvals_of_people_are_reset_at_once_and_rejections_stay),
        CASE(without_approvals_nothing_is_reset),
        CASE(a_reset_that_is_forbidden_is_refused_with_the_hosts_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
