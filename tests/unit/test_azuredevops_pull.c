// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/pull.h"

#include "test.h"

#include "fake_http.h"

#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO    "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define FORK    "5f0e0000-0000-4000-8000-00000000f0f0"
#define OTHER   "5f0e0000-0000-4000-8000-00000000aaaa"
#define HEAD    "aefa35fb7c4505b9b8337aff3c4be96eddbbd861"
#define NEWER   "b2606c193460441311f4d31f4729589c77f5efe0"
#define BASE    "https://dev.azure.com/fabrikam/" PROJECT

#define REPOSITORY                                                                          \
    "\"repository\":{\"id\":\"" REPO "\",\"name\":\"infra\",\"project\":{\"id\":\"" PROJECT \
    "\",\"name\":\"One\"}}"
#define PEOPLE                                                                               \
    "\"createdBy\":{\"id\":\"107e08c7-2725-675e-a1b0-281729035ea6\",\"displayName\":\"Some " \
    "Author\"}"
#define ACTIVE                                                                                 \
    "{" REPOSITORY "," PEOPLE ",\"status\":\"active\",\"title\":\"More é\",\"isDraft\":true," \
    "\"sourceRefName\":\"refs/heads/topic/é\",\"targetRefName\":\"refs/heads/main\","         \
    "\"lastMergeSourceCommit\":{\"commitId\":\"" HEAD "\"},\"supportsIterations\":true}"
#define ITERATIONS                                                                 \
    "{\"count\":2,\"value\":[{\"id\":2,\"sourceRefCommit\":{\"commitId\":\"" NEWER \
    "\"}},{\"id\":1,\"sourceRefCommit\":{\"commitId\":\"" HEAD "\"}}]}"

static const PullRef pull = {
    .repo = { .locator = (char *)"fabrikam/" PROJECT "/" REPO,
              .full_name = (char *)"fabrikam/One/infra" },
    .number = 7,
};

static gint64 retry_after;

static bool read_from(const PullRef *ref, PullFacts *facts, GError **error)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Rest) rest =
        rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });

    return azuredevops_pull_read(&(Ctx){ 0 }, rest, site, ref, facts, error);
}

/* One answer with a passage replaced; the caller frees it. */
static char *changed(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, 2);

    if (g_strv_length(parts) != 2)
        fail_msg("no %s", from);
    return g_strjoinv(to, parts);
}

TEST(a_pull_request_is_read_with_its_newest_iteration)
{
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    fake_answer(200, ACTIVE);
    fake_answer(200, ITERATIONS);
    assert_ok(read_from(&pull, &facts, &error), error);

    assert_string_equal(fake.requests[0], "GET " BASE "/_apis/git/repositories/" REPO
                                          "/pullRequests/7?api-version=7.1");
    assert_string_equal(fake.requests[1], "GET " BASE "/_apis/git/repositories/" REPO
                                          "/pullRequests/7/iterations?api-version=7.1");
    assert_int_equal(facts.state, PULL_ACTIVE);
    assert_true(facts.is_draft);
    assert_false(facts.is_fork);
    assert_string_equal(facts.title, "More é");
    assert_string_equal(facts.author.id, "107e08c7-2725-675e-a1b0-281729035ea6");
    assert_string_equal(facts.author.name, "Some Author");
    assert_string_equal(facts.head_commit, NEWER);
    assert_int_equal(facts.iteration, 2);
    assert_string_equal(facts.head_branch, "topic/é");
    assert_string_equal(facts.base_branch, "main");
    assert_string_equal(facts.base_clone_url, BASE "/_git/" REPO);
    assert_string_equal(facts.head_clone_url, BASE "/_git/" REPO);
}

TEST(a_pull_request_without_iterations_has_the_head_of_its_last_merge)
{
    static const char *const lists[] = { NULL, "{\"count\":0,\"value\":[]}" };

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *huge = changed(ACTIVE, "\"supportsIterations\":true",
                                        lists[i] ? "\"isX\":1" : "\"supportsIterations\":false");
        g_autoptr(GError) error = NULL;
        g_auto(PullFacts) facts = { 0 };

        fake_reset();
        fake_answer(200, huge);
        fake_answer(200, lists[i]);
        assert_ok(read_from(&pull, &facts, &error), error);
        assert_string_equal(facts.head_commit, HEAD);
        assert_int_equal(facts.iteration, 0);
        assert_int_equal(fake.n_calls, lists[i] ? 2 : 1);
    }
}

TEST(the_newest_iteration_is_found_in_any_order)
{
    static const char *const lists[] = {
        ITERATIONS,
        "{\"value\":[{\"id\":1,\"sourceRefCommit\":{\"commitId\":\"" HEAD
        "\"}},{\"id\":2,\"sourceRefCommit\":{\"commitId\":\"" NEWER "\"}}]}",
    };

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_auto(PullFacts) facts = { 0 };

        fake_reset();
        fake_answer(200, ACTIVE);
        fake_answer(200, lists[i]);
        assert_true(read_from(&pull, &facts, NULL));
        assert_string_equal(facts.head_commit, NEWER);
        assert_int_equal(facts.iteration, 2);
    }
}

TEST(states_are_told_apart)
{
    static const struct {
        const char *name;
        PullState state;
    } cases[] = { { "abandoned", PULL_ABANDONED }, { "completed", PULL_COMPLETED } };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = changed(ACTIVE, "active", cases[i].name);
        g_auto(PullFacts) facts = { 0 };

        fake_reset();
        fake_answer(200, answer);
        fake_answer(200, ITERATIONS);
        assert_true(read_from(&pull, &facts, NULL));
        assert_int_equal(facts.state, cases[i].state);
    }
}

TEST(a_fork_is_known_by_its_source_and_cloned_from_the_configured_host_I12)
{
    g_autofree char *text = changed(
        ACTIVE, "\"sourceRefName\":\"refs/heads/topic/é\"",
        "\"sourceRefName\":\"refs/pull/7/source\",\"forkSource\":{\"name\":\"refs/heads/stg\","
        "\"repository\":{\"id\":\"" FORK
        "\",\"name\":\"copy\",\"remoteUrl\":\"https://evil.example/x\","
        "\"project\":{\"id\":\"" OTHER "\",\"name\":\"Other\"}}}");
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    fake_answer(200, text);
    fake_answer(200, ITERATIONS);
    assert_ok(read_from(&pull, &facts, &error), error);

    assert_true(facts.is_fork);
    assert_true(g_str_has_suffix(facts.head_full_name, "/Other/copy"));
    assert_string_equal(facts.head_branch, "stg");
    assert_string_equal(facts.base_clone_url, BASE "/_git/" REPO);
    assert_string_equal(facts.head_clone_url,
                        "https://dev.azure.com/fabrikam/" OTHER "/_git/" FORK);
}

TEST(an_answer_that_lacks_what_decides_is_refused)
{
    static const struct {
        const char *from, *to, *why;
        HadalError code;
    } cases[] = {
        { "\"active\"", "\"notSet\"", "its state", HADAL_ERROR_FAILED },
        { "refs/heads/main", "refs/tags/main", "not a branch", HADAL_ERROR_FAILED },
        { "107e08c7-", "107e08c7", "its author", HADAL_ERROR_FAILED },
        { "\"name\":\"infra\"", "\"name_\":\"infra\"", "name the repository", HADAL_ERROR_FAILED },
        { "\"isDraft\":true", "\"forkSource\":{}", "which fork", HADAL_ERROR_FAILED },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = changed(ACTIVE, cases[i].from, cases[i].to);
        g_autoptr(GError) error = NULL;
        g_auto(PullFacts) facts = { 0 };

        fake_reset();
        fake_answer(200, text);
        fake_answer(200, ITERATIONS);
        assert_fails(read_from(&pull, &facts, &error), error, cases[i].code);
        assert_null(facts.title);
        if (!strstr(error->message, cases[i].why))
            fail_msg("%s: %s", cases[i].to, error->message);
    }
}

TEST(a_head_that_is_no_commit_is_refused)
{
    g_autofree char *list = changed(ITERATIONS, NEWER, "--help");
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    fake_answer(200, ACTIVE);
    fake_answer(200, list);
    assert_fails(read_from(&pull, &facts, &error), error, HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "the answer does not tell its head commit");
}

TEST(ids_of_one_repository_under_the_names_of_another_are_refused)
{
    PullRef forged = pull;
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    forged.repo.full_name = (char *)"fabrikam/One/allowed";
    fake_answer(200, ACTIVE);
    assert_fails(read_from(&forged, &facts, &error), error, HADAL_ERROR_CONFLICT);
    assert_string_equal(error->message,
                        "its repository is now called One/infra: give the command again");
}

TEST(that_it_is_closed_is_seen_after_its_repository_was_renamed)
{
    g_autofree char *closed = changed(ACTIVE, "\"active\"", "\"completed\"");
    PullRef before = pull;
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    before.repo.full_name = (char *)"fabrikam/Former/name";
    fake_answer(200, closed);
    fake_answer(200, ITERATIONS);
    assert_ok(read_from(&before, &facts, &error), error);
    assert_int_equal(facts.state, PULL_COMPLETED);
}

TEST(letter_case_of_names_does_not_matter)
{
    PullRef shouted = pull;
    g_auto(PullFacts) facts = { 0 };

    shouted.repo.full_name = (char *)"FABRIKAM/ONE/INFRA";
    fake_answer(200, ACTIVE);
    fake_answer(200, ITERATIONS);
    assert_true(read_from(&shouted, &facts, NULL));
}

TEST(a_locator_that_is_none_is_never_asked_for)
{
    static const char *const locators[] = {
        NULL,
        "",
        "fabrikam",
        "fabrikam/" PROJECT,
        "fabrikam/" PROJECT "/x",
        "../" PROJECT "/" REPO,
        "a//b/" PROJECT "/" REPO,
        "/" PROJECT "/" REPO,
        "a?b/" PROJECT "/" REPO,
        "a%2Fb/" PROJECT "/" REPO,
        "https://evil.example/" PROJECT "/" REPO,
    };

    for (guint i = 0; i < G_N_ELEMENTS(locators); i++) {
        PullRef ref = pull;
        g_autoptr(GError) error = NULL;
        g_auto(PullFacts) facts = { 0 };

        ref.repo.locator = (char *)locators[i];
        assert_fails(read_from(&ref, &facts, &error), error, HADAL_ERROR_INVALID);
        assert_int_equal(fake.n_calls, 0);
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
        cmocka_unit_test_teardown(a_pull_request_is_read_with_its_newest_iteration, forget),
        cmocka_unit_test_teardown(a_pull_request_without_iterations_has_the_head_of_its_last_merge,
                                  forget),
        cmocka_unit_test_teardown(the_newest_iteration_is_found_in_any_order, forget),
        cmocka_unit_test_teardown(states_are_told_apart, forget),
        cmocka_unit_test_teardown(
            a_fork_is_known_by_its_source_and_cloned_from_the_configured_host_I12, forget),
        cmocka_unit_test_teardown(an_answer_that_lacks_what_decides_is_refused, forget),
        cmocka_unit_test_teardown(a_head_that_is_no_commit_is_refused, forget),
        cmocka_unit_test_teardown(ids_of_one_repository_under_the_names_of_another_are_refused,
                                  forget),
        cmocka_unit_test_teardown(that_it_is_closed_is_seen_after_its_repository_was_renamed,
                                  forget),
        cmocka_unit_test_teardown(letter_case_of_names_does_not_matter, forget),
        cmocka_unit_test_teardown(a_locator_that_is_none_is_never_asked_for, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
