// SPDX-License-Identifier: Apache-2.0
#include "engine/policy_rules.h"

#include <jansson.h>
#include <string.h>

#include "sys/crypto.h"
#include "sys/js.h"
#include "test.h"

static char *nobody[] = { NULL };

#define OWNERS(u, t)               \
    {                              \
        .users = (u), .teams = (t) \
    }

static PolicySet set_of(const char *name)
{
    return (PolicySet){
        .name = (char *)name,
        .owners = OWNERS(nobody, nobody),
        .approve_count = 1,
    };
}

/* ------------------------------------------------------------------ outputs */

#define PASS_LINE "1 test, 1 passed, 0 warnings, 0 failures, 0 exceptions\n"
#define FAIL_LINE \
    "FAIL - plan - main - no\n\n1 test, 0 passed, 0 warnings, 1 failure, 0 exceptions\n"

TEST(conftest_passes_only_with_status_0_and_a_summary_without_failures)
{
    static const struct {
        const char *output;
        int status;
        bool has_passed;
    } cases[] = {
        { "\n" PASS_LINE, 0, true },
        { "WARN - plan - main - careful\n\n1 test, 0 passed, 1 warning, 0 failures, 0 exceptions\n",
          0, true },
        { "2 tests, 1 passed, 0 warnings, 0 failures, 1 exception, 3 skipped\r\n", 0, true },
        { "\n" PASS_LINE, 1, false },
        { "\n" PASS_LINE, -1, false },
        { FAIL_LINE, 1, false },
        { FAIL_LINE, 0, false }, /* --no-fail */
        { "12 tests, 2 passed, 0 warnings, 10 failures, 0 exceptions\n", 0, false },
        { "0 tests, 0 passed, 0 warnings, 0 failures, 0 exceptions\n", 0, false },
        { "", 0, false },
        { " \n", 0, false },
        { "Error: running test: load: rego_parse_error\n", 1, false },
        { "Error: running test: load: rego_parse_error\n", 0, false },
        { "all is well\n", 0, false },
        /* a message that looks like a summary */
        { "FAIL - plan - main - x\n" PASS_LINE "\n" FAIL_LINE, 0, false },
        { FAIL_LINE PASS_LINE, 0, false },
        { "99999999999999999999 tests, 0 failures\n", 0, true },
        { "1 test, 99999999999999999999 failures\n", 0, false },
        { "x 1 test, 0 failures\n", 0, false },
        { "1 testament, 0 failures\n", 0, false },
        /* --output json */
        { "[{\"filename\":\"p\",\"namespace\":\"main\",\"successes\":2}]", 0, true },
        { "[{\"filename\":\"p\",\"successes\":2,\"failures\":[{\"msg\":\"no\"}]}]", 0, false },
        { "[{\"filename\":\"p\",\"successes\":0}]", 0, false },
        { "[]", 0, false },
        { "[{\"successes\":2}]", 0, false },
        { "[{\"filename\":\"p\",\"successes\":2},7]", 0, false },
    };
    const PolicySet set = set_of("tags");

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(PolicyResult) result =
            policy_rules_conftest(&set, cases[i].status, cases[i].output);

        if (result->has_passed != cases[i].has_passed)
            fail_msg("%s (%d): %s", cases[i].output, cases[i].status,
                     result->has_passed ? "passed" : "failed");
    }
}

TEST(what_the_output_does_not_tell_is_said_below_it)
{
    const PolicySet set = set_of("tags");
    g_autoptr(PolicyResult) silent = policy_rules_conftest(&set, 0, "");
    g_autoptr(PolicyResult) empty =
        policy_rules_conftest(&set, 0, "0 tests, 0 passed, 0 warnings, 0 failures, 0 exceptions\n");
    g_autoptr(PolicyResult) failed = policy_rules_conftest(&set, 1, FAIL_LINE);
    g_autoptr(PolicyResult) unchecked = policy_rules_unchecked(&set, "Its step was not reached.");

    assert_string_equal(silent->output, "conftest printed nothing, not even its summary.");
    assert_true(g_str_has_prefix(empty->output, "0 tests, 0 passed"));
    assert_non_null(strstr(empty->output, "\n\nNo policy was tested"));
    assert_true(g_str_has_suffix(failed->output, "0 exceptions"));
    assert_string_equal(unchecked->output, "Its step was not reached.");
    assert_false(unchecked->has_passed);
}

TEST(a_step_of_the_operators_passes_only_with_output_that_counts_no_failure)
{
    static const struct {
        const char *output;
        bool has_failed;
        bool has_passed;
    } cases[] = {
        { "looks good\n", false, true },
        { "0 failures\n", false, true },
        { "10 checks, 00 failures", false, true },
        { "no failure at all", false, true },
        { "failsafe on, default", false, true },
        { "{\"failures\": []}", false, true },
        { "looks good\n", true, false },
        { "", false, false },
        { " \n\t", false, false },
        { "FAIL: tags\n", false, false },
        { "FAILED", false, false },
        { "checked\n  FAIL tags\n", false, false },
        { "1 failure", false, false },
        { "10 Failures", false, false },
        { "20  failures found", false, false },
        { "0 failures in net, 2 failures in app", false, false },
        { "[{\"failures\": [{\"msg\": \"no\"}]}]", false, false },
        { "{\"a\": {\"b\": [{\"failures\": [1]}]}}", false, false },
    };
    const PolicySet set = set_of("tags");

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(PolicyResult) result =
            policy_rules_step(&set, cases[i].has_failed, cases[i].output);

        if (result->has_passed != cases[i].has_passed)
            fail_msg("%s: %s", cases[i].output, result->has_passed ? "passed" : "failed");
    }
}

TEST(two_checks_of_a_set_pass_together)
{
    const PolicySet set = set_of("tags");
    g_autoptr(PolicyResult) good = policy_rules_conftest(&set, 0, PASS_LINE);
    g_autoptr(PolicyResult) bad = policy_rules_conftest(&set, 1, FAIL_LINE);
    g_autoptr(PolicyResult) both = policy_rules_both(&set, good, good);
    g_autoptr(PolicyResult) mixed = policy_rules_both(&set, good, bad);
    g_autoptr(PolicyResult) other = policy_rules_both(&set, bad, good);

    assert_true(both->has_passed);
    assert_false(mixed->has_passed);
    assert_false(other->has_passed);
    assert_non_null(strstr(other->output, "FAIL - plan"));
}

static char *hash_of(const char *text)
{
    return crypto_sha256(text, strlen(text));
}

TEST(items_are_what_the_pattern_finds)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Regex) regex = regex_new("FAIL.*", &error);
    PolicySet set = set_of("tags");
    g_autoptr(PolicyResult) result = NULL;
    g_autofree char *first = hash_of("FAIL - a"), *second = hash_of("FAIL - b");

    set.item_regex = regex;
    set.is_sticky = true;
    set.approve_count = 3;
    result = policy_rules_conftest(&set, 1, "FAIL - a\nFAIL - b\n\n2 tests, 2 failures\n");

    assert_int_equal(g_strv_length(result->item_hashes), 2);
    assert_string_equal(result->item_hashes[0], first);
    assert_string_equal(result->item_hashes[1], second);
    assert_string_equal(result->item_regex, "FAIL.*");
    assert_true(result->keeps_approved);
    assert_int_equal(result->needed, 3);
}

TEST(without_a_match_all_of_the_output_is_the_item)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Regex) regex = regex_new("NOTHING", &error);
    PolicySet set = set_of("tags");
    g_autofree char *whole = hash_of("bad");
    g_autoptr(PolicyResult) plain = policy_rules_conftest(&set, 1, "bad\n");
    g_autoptr(PolicyResult) unmatched = NULL;

    set.item_regex = regex;
    unmatched = policy_rules_conftest(&set, 1, "bad\n");

    assert_int_equal(g_strv_length(plain->item_hashes), 1);
    assert_string_equal(plain->item_hashes[0], whole);
    assert_string_equal(plain->item_regex, "");
    assert_int_equal(g_strv_length(unmatched->item_hashes), 1);
    assert_string_equal(unmatched->item_hashes[0], whole);
}

/* ------------------------------------------------------------------- status */

static char *ada_only[] = { (char *)"ADA@example.com", NULL };
static char *named_ada[] = { (char *)"ada", NULL };
static char *platform[] = { (char *)"Platform", NULL };

/* Two sets, "tags" of the user ada and "cost" of the team platform, and a plan of "h1". */
typedef struct {
    PolicySet tags, cost;
    GPtrArray *sets;
    Policies policies;
    Plan plan;
    PolicyRecord *record;
} World;

static void world_init(World *world)
{
    world->tags = set_of("tags");
    world->tags.owners.users = ada_only;
    world->cost = set_of("cost");
    world->cost.owners.teams = platform;
    world->sets = g_ptr_array_new();
    g_ptr_array_add(world->sets, &world->tags);
    g_ptr_array_add(world->sets, &world->cost);
    world->policies = (Policies){ .owners = OWNERS(nobody, nobody), .sets = world->sets };
    world->plan = (Plan){ .id = 7, .head = (char *)"h1" };
    world->record = policy_record_new(7);
    world->record->head = g_strdup("h1");
}

static void world_clear(World *world)
{
    g_ptr_array_unref(world->sets);
    policy_record_free(world->record);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static void add_pass(World *world, const PolicySet *set)
{
    g_ptr_array_add(world->record->results, policy_rules_conftest(set, 0, PASS_LINE));
}

static void add_fail(World *world, const PolicySet *set, const char *output)
{
    g_ptr_array_add(world->record->results, policy_rules_conftest(set, 1, output));
}

/* As the store keeps it: what the result had then. */
static void add_approval(World *world, const PolicySet *set, const char *id, const char *output)
{
    g_autoptr(PolicyResult) seen = policy_rules_conftest(set, 1, output);
    PolicyApproval *approval = policy_approval_new();

    approval->set = g_strdup(set->name);
    approval->actor.id = g_strdup(id);
    approval->actor.name = g_strdup("Somebody");
    approval->item_regex = g_strdup(seen->item_regex);
    approval->item_hashes = g_strdupv(seen->item_hashes);
    g_ptr_array_add(world->record->approvals, approval);
}

static PolicyStatus *status_of(const World *world)
{
    return policy_rules_status(&world->policies, &world->plan, world->record);
}

static const PolicySetStatus *set_at(const PolicyStatus *status, guint i)
{
    return status->sets->pdata[i];
}

TEST(a_plan_passes_when_every_set_did)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;

    world_init(&world);
    add_pass(&world, &world.cost);
    add_pass(&world, &world.tags);
    status = status_of(&world);

    assert_true(status->has_passed);
    assert_int_equal(status->sets->len, 2);
    assert_string_equal(set_at(status, 0)->name, "tags");
    assert_int_equal(set_at(status, 0)->verdict, POLICY_PASSED);
    assert_string_equal(set_at(status, 0)->users->pdata[0], "ADA@example.com");
    assert_string_equal(set_at(status, 1)->teams->pdata[0], "Platform");
}

TEST(what_was_never_checked_does_not_pass)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL, without = NULL;

    world_init(&world);
    status = status_of(&world);
    without = policy_rules_status(&world.policies, &world.plan, NULL);

    assert_false(status->has_passed);
    assert_int_equal(set_at(status, 0)->verdict, POLICY_UNCHECKED);
    assert_false(without->has_passed);
}

TEST(a_set_without_a_result_fails_beside_one_that_passed)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;

    world_init(&world);
    add_pass(&world, &world.tags);
    status = status_of(&world);

    assert_false(status->has_passed);
    assert_int_equal(set_at(status, 1)->verdict, POLICY_UNCHECKED);
}

TEST(no_configured_set_is_no_pass)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;

    world_init(&world);
    add_pass(&world, &world.tags);
    g_ptr_array_set_size(world.sets, 0);
    status = status_of(&world);

    assert_false(status->has_passed);
}

TEST(results_of_another_plan_or_head_count_for_nothing)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) other_plan = NULL, other_head = NULL, gone = NULL;

    world_init(&world);
    add_pass(&world, &world.tags);
    add_pass(&world, &world.cost);
    world.plan.id = 8;
    other_plan = status_of(&world);
    world.plan.id = 7;
    world.plan.head = (char *)"h2";
    other_head = status_of(&world);
    world.plan.head = (char *)"h1";
    g_clear_pointer(&world.record->head, g_free);
    gone = status_of(&world);

    assert_false(other_plan->has_passed);
    assert_false(other_head->has_passed);
    assert_false(gone->has_passed);
}

TEST(a_recorded_set_that_is_not_configured_any_more_is_ignored)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    const PolicySet old = set_of("old");

    world_init(&world);
    add_pass(&world, &world.tags);
    add_pass(&world, &world.cost);
    add_fail(&world, &old, FAIL_LINE);
    status = status_of(&world);

    assert_true(status->has_passed);
    assert_int_equal(status->sets->len, 2);
}

TEST(a_failed_set_is_approved_when_enough_owners_did)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) one = NULL, two = NULL;

    world_init(&world);
    world.tags.approve_count = 2;
    add_fail(&world, &world.tags, FAIL_LINE);
    add_pass(&world, &world.cost);
    add_approval(&world, &world.tags, "ada", FAIL_LINE);
    add_approval(&world, &world.tags, "ada", FAIL_LINE);
    one = status_of(&world);
    assert_false(one->has_passed);
    assert_int_equal(set_at(one, 0)->verdict, POLICY_FAILED);
    assert_int_equal(set_at(one, 0)->approvers->len, 1);
    assert_int_equal(set_at(one, 0)->needed, 2);

    add_approval(&world, &world.tags, "bob", FAIL_LINE);
    two = status_of(&world);
    assert_true(two->has_passed);
    assert_int_equal(set_at(two, 0)->verdict, POLICY_APPROVED);
}

TEST(an_approval_of_another_set_is_none)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;

    world_init(&world);
    add_fail(&world, &world.tags, FAIL_LINE);
    add_pass(&world, &world.cost);
    add_approval(&world, &world.cost, "ada", FAIL_LINE);
    status = status_of(&world);

    assert_false(status->has_passed);
}

TEST(an_approval_counts_while_it_covers_every_item)
{
    g_auto(World) world = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(Regex) regex = regex_new("FAIL.*", &error);
    g_autoptr(PolicyStatus) fewer = NULL, more = NULL;

    world_init(&world);
    world.tags.item_regex = regex;
    add_pass(&world, &world.cost);
    add_approval(&world, &world.tags, "ada", "FAIL a\nFAIL b\n");
    add_fail(&world, &world.tags, "FAIL b\n");
    fewer = status_of(&world);
    assert_true(fewer->has_passed);

    g_ptr_array_remove_index(world.record->results, 1);
    add_fail(&world, &world.tags, "FAIL b\nFAIL c\nFAIL d\n");
    more = status_of(&world);
    assert_false(more->has_passed);
    assert_int_equal(set_at(more, 0)->n_items, 3);
    assert_int_equal(set_at(more, 0)->n_covered, 1);
}

TEST(an_approval_by_another_pattern_is_none)
{
    g_auto(World) world = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(Regex) regex = regex_new("FAIL(.|\n)*", &error);
    g_autoptr(PolicyStatus) status = NULL;

    world_init(&world);
    add_pass(&world, &world.cost);
    add_approval(&world, &world.tags, "ada", "FAIL a");
    world.tags.item_regex = regex;
    add_fail(&world, &world.tags, "FAIL a");
    status = status_of(&world);

    assert_false(status->has_passed);
}

/* ----------------------------------------------------------------- approval */

static const Actor ada = { (char *)"ada-id", (char *)"Ada", (char *)"ada@EXAMPLE.com" };
static const Actor bob = { (char *)"bob-id", (char *)"Bob", (char *)"bob@example.com" };

static PolicyAnswer answer_to(const World *world, const PolicyStatus *status, const Actor *actor,
                              const char *only_set)
{
    const PolicyRequest request = {
        .policies = &world->policies,
        .status = status,
        .actor = actor,
        .author_id = "ada-id",
        .only_set = only_set,
    };

    return policy_rules_answer(&request);
}

#define assert_sets(answer, count) assert_int_equal((answer).sets->len, count)
#define assert_problem(answer, index, text)                                           \
    do {                                                                              \
        assert_true((answer).problems->len > (index));                                \
        if (!strstr((answer).problems->pdata[index], text))                           \
            fail_msg("not in it: %s", (const char *)(answer).problems->pdata[index]); \
    } while (0)

TEST(an_owner_approves_his_sets_and_is_told_of_the_others)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) answer = { 0 };

    world_init(&world);
    add_fail(&world, &world.tags, FAIL_LINE);
    add_fail(&world, &world.cost, FAIL_LINE);
    status = status_of(&world);
    answer = answer_to(&world, status, &ada, NULL);

    assert_sets(answer, 1);
    assert_string_equal(answer.sets->pdata[0], "tags");
    assert_int_equal(answer.problems->len, 1);
    assert_problem(answer, 0, "`cost`: you are not one of its owners");
}

TEST(who_owns_nothing_approves_nothing)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) answer = { 0 };

    world_init(&world);
    add_fail(&world, &world.tags, FAIL_LINE);
    add_pass(&world, &world.cost);
    status = status_of(&world);
    answer = answer_to(&world, status, &bob, NULL);

    assert_sets(answer, 0);
    assert_problem(answer, 0, "`tags`");
}

TEST(owners_are_known_by_team_in_any_letter_case_and_by_the_list_of_all_sets)
{
    g_auto(World) world = { 0 };
    static const char *const teams[] = { "others", "PLATFORM", NULL };
    g_autoptr(PolicyStatus) status = NULL;
    PolicyRequest request;
    g_auto(PolicyAnswer) by_team = { 0 }, by_all = { 0 };

    world_init(&world);
    add_fail(&world, &world.tags, FAIL_LINE);
    add_fail(&world, &world.cost, FAIL_LINE);
    status = status_of(&world);
    request = (PolicyRequest){
        .policies = &world.policies, .status = status, .actor = &bob, .teams = teams
    };
    by_team = policy_rules_answer(&request);
    assert_sets(by_team, 1);
    assert_string_equal(by_team.sets->pdata[0], "cost");

    policy_status_free(g_steal_pointer(&status));
    world.policies.owners.users = ada_only;
    status = status_of(&world);
    by_all = answer_to(&world, status, &ada, NULL);
    assert_sets(by_all, 2);
}

TEST(a_name_for_people_is_no_proof_where_there_is_a_login)
{
    g_auto(World) world = { 0 };
    const Actor posing = { (char *)"eve-id", (char *)"ada", (char *)"eve@example.com" };
    const Actor plain = { (char *)"ada-id", (char *)"ada", NULL };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) of_posing = { 0 }, of_plain = { 0 };

    world_init(&world);
    world.tags.owners.users = named_ada;
    add_fail(&world, &world.tags, FAIL_LINE);
    add_pass(&world, &world.cost);
    status = status_of(&world);
    of_posing = answer_to(&world, status, &posing, NULL);
    of_plain = answer_to(&world, status, &plain, NULL);

    assert_sets(of_posing, 0);
    assert_sets(of_plain, 1);
}

TEST(the_author_may_not_approve_where_that_is_forbidden)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) forbidden = { 0 };

    world_init(&world);
    world.tags.prevent_self_approve = true;
    add_fail(&world, &world.tags, FAIL_LINE);
    add_pass(&world, &world.cost);
    status = status_of(&world);
    forbidden = answer_to(&world, status, &ada, NULL);

    assert_sets(forbidden, 0);
    assert_problem(forbidden, 0, "who opened the pull request");
}

TEST(each_owner_counts_once)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) again = { 0 };

    world_init(&world);
    world.tags.approve_count = 2;
    add_fail(&world, &world.tags, FAIL_LINE);
    add_pass(&world, &world.cost);
    add_approval(&world, &world.tags, "ada-id", FAIL_LINE);
    status = status_of(&world);
    again = answer_to(&world, status, &ada, NULL);

    assert_sets(again, 0);
    assert_problem(again, 0, "Ask another owner");
}

TEST(only_the_named_set_is_approved_and_it_has_to_exist)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) named = { 0 }, unknown = { 0 };

    world_init(&world);
    world.policies.owners.users = ada_only;
    add_fail(&world, &world.tags, FAIL_LINE);
    add_fail(&world, &world.cost, FAIL_LINE);
    status = status_of(&world);
    named = answer_to(&world, status, &ada, "cost");
    unknown = answer_to(&world, status, &ada, "tgas");

    assert_sets(named, 1);
    assert_string_equal(named.sets->pdata[0], "cost");
    assert_int_equal(named.problems->len, 0);
    assert_sets(unknown, 0);
    assert_problem(unknown, 0, "no policy set `tgas`. There is: `tags`, `cost`");
}

TEST(what_passed_needs_no_approval_and_what_was_not_checked_cannot_have_one)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    g_auto(PolicyAnswer) answer = { 0 };

    world_init(&world);
    world.policies.owners.users = ada_only;
    add_pass(&world, &world.tags);
    status = status_of(&world);
    answer = answer_to(&world, status, &ada, NULL);

    assert_sets(answer, 0);
    assert_int_equal(answer.problems->len, 1);
    assert_problem(answer, 0, "`cost` was not checked");
}

TEST(only_owners_clear_and_only_what_is_approved)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyStatus) status = NULL;
    PolicyRequest request;
    g_auto(PolicyAnswer) by_owner = { 0 }, by_other = { 0 };

    world_init(&world);
    world.tags.prevent_self_approve = true;
    world.policies.owners.users = ada_only;
    add_fail(&world, &world.tags, FAIL_LINE);
    add_fail(&world, &world.cost, FAIL_LINE);
    add_approval(&world, &world.tags, "ada-id", FAIL_LINE);
    status = status_of(&world);
    request = (PolicyRequest){ .policies = &world.policies,
                               .status = status,
                               .actor = &ada,
                               .author_id = "ada-id",
                               .clears = true };
    by_owner = policy_rules_answer(&request);
    request.actor = &bob;
    by_other = policy_rules_answer(&request);

    assert_sets(by_owner, 1);
    assert_string_equal(by_owner.sets->pdata[0], "tags");
    assert_sets(by_other, 0);
    assert_problem(by_other, 0, "`tags`: you are not");
}

/* ----------------------------------------------------------------- the file */

TEST(the_file_for_scripts_has_the_keys_they_know)
{
    g_auto(World) world = { 0 };
    g_autofree char *text = NULL;
    json_auto_t *root = NULL;
    const json_t *one, *approval;

    world_init(&world);
    add_fail(&world, &world.tags, FAIL_LINE);
    add_approval(&world, &world.tags, "ada-id", FAIL_LINE);
    add_approval(&world, &world.cost, "ada-id", FAIL_LINE);
    text = policy_rules_file(world.record->results, world.record->approvals);
    root = js_parse(text, strlen(text), NULL);

    assert_int_equal(json_array_size(root), 1);
    one = json_array_get(root, 0);
    assert_string_equal(js_get(one, "PolicySetName", ""), "tags");
    assert_true(g_str_has_prefix(js_get(one, "PolicyOutput", ""), "FAIL - plan"));
    assert_true(json_is_false(json_object_get(one, "Passed")));
    assert_int_equal(js_get_int(one, "ReqApprovalCount", 0), 1);
    assert_int_equal(json_array_size(json_object_get(one, "Hashes")), 1);
    assert_string_equal(js_get(one, "PolicyItemRegex", "?"), "");
    assert_int_equal(json_array_size(json_object_get(one, "Approvals")), 1);
    approval = json_array_get(json_object_get(one, "Approvals"), 0);
    assert_string_equal(js_get(approval, "Approver", ""), "Somebody");
    assert_int_equal(json_array_size(json_object_get(approval, "Hashes")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conftest_passes_only_with_status_0_and_a_summary_without_failures),
        cmocka_unit_test(what_the_output_does_not_tell_is_said_below_it),
        cmocka_unit_test(a_step_of_the_operators_passes_only_with_output_that_counts_no_failure),
        cmocka_unit_test(two_checks_of_a_set_pass_together),
        cmocka_unit_test(items_are_what_the_pattern_finds),
        cmocka_unit_test(without_a_match_all_of_the_output_is_the_item),
        cmocka_unit_test(a_plan_passes_when_every_set_did),
        cmocka_unit_test(what_was_never_checked_does_not_pass),
        cmocka_unit_test(a_set_without_a_result_fails_beside_one_that_passed),
        cmocka_unit_test(no_configured_set_is_no_pass),
        cmocka_unit_test(results_of_another_plan_or_head_count_for_nothing),
        cmocka_unit_test(a_recorded_set_that_is_not_configured_any_more_is_ignored),
        cmocka_unit_test(a_failed_set_is_approved_when_enough_owners_did),
        cmocka_unit_test(an_approval_of_another_set_is_none),
        cmocka_unit_test(an_approval_counts_while_it_covers_every_item),
        cmocka_unit_test(an_approval_by_another_pattern_is_none),
        cmocka_unit_test(an_owner_approves_his_sets_and_is_told_of_the_others),
        cmocka_unit_test(who_owns_nothing_approves_nothing),
        cmocka_unit_test(owners_are_known_by_team_in_any_letter_case_and_by_the_list_of_all_sets),
        cmocka_unit_test(a_name_for_people_is_no_proof_where_there_is_a_login),
        cmocka_unit_test(the_author_may_not_approve_where_that_is_forbidden),
        cmocka_unit_test(each_owner_counts_once),
        cmocka_unit_test(only_the_named_set_is_approved_and_it_has_to_exist),
        cmocka_unit_test(what_passed_needs_no_approval_and_what_was_not_checked_cannot_have_one),
        cmocka_unit_test(only_owners_clear_and_only_what_is_approved),
        cmocka_unit_test(the_file_for_scripts_has_the_keys_they_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
