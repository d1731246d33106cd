// SPDX-License-Identifier: Apache-2.0
#include "render/policy.h"

#include <string.h>

#include "golden.h"
#include "test.h"

static const RenderStyle usual = { .executable = "atlantis", .folds = true };
static const char head[] = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

static ProjectRef network = { (char *)"network", (char *)"default", (char *)"" };
static ProjectRef dns = { (char *)"live/dns", (char *)"prod", (char *)"dns" };

#define PASSED "1 test, 1 passed, 0 warnings, 0 failures, 0 exceptions"
#define FAILED                                                           \
    "FAIL - <redacted plan file> - main - terraform_data is forbidden\n" \
    "\n"                                                                 \
    "1 test, 0 passed, 0 warnings, 1 failure, 0 exceptions"

static Actor ada = { (char *)"ada-id", (char *)"Ada", (char *)"ada@example.com" };

static PolicySetStatus *set_new(const char *name, PolicyVerdict verdict, const char *output)
{
    PolicySetStatus *set = g_new0(PolicySetStatus, 1);

    set->name = name;
    set->verdict = verdict;
    set->output = output;
    set->needed = 1;
    set->n_items = 1;
    set->approvers = g_ptr_array_new();
    set->users = g_ptr_array_new();
    set->teams = g_ptr_array_new();
    return set;
}

static PolicySetStatus *owned(PolicySetStatus *set)
{
    g_ptr_array_add(set->users, (gpointer) "ada@example.com");
    g_ptr_array_add(set->teams, (gpointer) "Platform");
    return set;
}

static PolicySetStatus *approved(PolicySetStatus *set)
{
    g_ptr_array_add(set->approvers, &ada);
    return set;
}

/* Takes the sets; NULL ends. */
static PolicyStatus *status_of(PolicySetStatus *first, PolicySetStatus *second)
{
    PolicySetStatus *const sets[] = { first, second };
    PolicyStatus *status = g_new0(PolicyStatus, 1);

    status->sets = g_ptr_array_new_with_free_func((GDestroyNotify)policy_set_status_free);
    status->has_passed = first != NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(sets) && sets[i]; i++) {
        g_ptr_array_add(status->sets, sets[i]);
        status->has_passed &= sets[i]->verdict <= POLICY_APPROVED;
    }
    return status;
}

static char *render(PolicyReport report, const PolicyProject *projects, gsize n)
{
    report.head = head;
    report.projects = projects;
    report.n_projects = n;
    return render_policies(&usual, &report);
}

TEST(a_check_that_passed)
{
    g_autoptr(PolicyStatus) status = status_of(set_new("tags", POLICY_PASSED, PASSED), NULL);
    const PolicyProject project = { .project = &network, .status = status };
    g_autofree char *text = render((PolicyReport){ 0 }, &project, 1);

    assert_golden("policy_passed.md", text);
}

TEST(a_check_that_failed_says_what_to_do_and_who_may)
{
    g_autoptr(PolicyStatus) status = status_of(owned(set_new("tags", POLICY_FAILED, FAILED)),
                                               set_new("cost", POLICY_PASSED, PASSED));
    const char *const extra[] = { "-target=a", NULL };
    const PolicyProject project = {
        .project = &network,
        .status = status,
        .before = "fetching policies\n",
        .after = "\ndone\n",
        .extra = extra,
    };
    g_autofree char *text = render((PolicyReport){ 0 }, &project, 1);

    assert_golden("policy_failed.md", text);
}

TEST(a_failed_set_shows_how_far_its_approvals_are)
{
    PolicySetStatus *tags = approved(owned(set_new("tags", POLICY_FAILED, FAILED)));
    g_autoptr(PolicyStatus) status = NULL;
    PolicyProject project = { .project = &network };
    g_autofree char *text = NULL;

    tags->needed = 2;
    tags->n_items = 3;
    tags->n_covered = 1;
    status = status_of(tags, set_new("cost", POLICY_FAILED, FAILED));
    project.status = status;
    text = render((PolicyReport){ 0 }, &project, 1);

    assert_golden("policy_half_approved.md", text);
}

TEST(long_output_is_folded)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(PolicyStatus) status = NULL;
    PolicyProject project = { .project = &network };
    g_autofree char *text = NULL;

    for (int i = 0; i < 20; i++)
        g_string_append_printf(output, "FAIL - plan - main - number %d\n", i);
    status = status_of(owned(set_new("tags", POLICY_FAILED, output->str)), NULL);
    project.status = status;
    text = render((PolicyReport){ 0 }, &project, 1);

    assert_non_null(strstr(text, "<details><summary>Output</summary>"));
    assert_non_null(strstr(text, "number 19"));
}

TEST(several_projects_have_a_table)
{
    g_autoptr(PolicyStatus) good = status_of(set_new("tags", POLICY_PASSED, PASSED), NULL);
    g_autoptr(PolicyStatus) bad = status_of(owned(set_new("tags", POLICY_FAILED, FAILED)),
                                            set_new("cost", POLICY_UNCHECKED, NULL));
    const PolicyProject projects[] = { { .project = &network, .status = good },
                                       { .project = &dns, .status = bad } };
    g_autofree char *text = render((PolicyReport){ 0 }, projects, 2);

    assert_golden("policy_many.md", text);
}

TEST(quiet_says_nothing_of_what_passed)
{
    g_autoptr(PolicyStatus) good = status_of(set_new("tags", POLICY_PASSED, PASSED), NULL);
    g_autoptr(PolicyStatus) bad = status_of(owned(set_new("tags", POLICY_FAILED, FAILED)),
                                            set_new("cost", POLICY_PASSED, PASSED));
    const PolicyProject projects[] = { { .project = &network, .status = good },
                                       { .project = &dns, .status = bad } };
    g_autofree char *text = render((PolicyReport){ .hides_passed = true }, projects, 2);
    g_autofree char *nothing = render((PolicyReport){ .hides_passed = true }, projects, 1);

    assert_golden("policy_quiet.md", text);
    assert_null(nothing);
}

TEST(a_server_without_sets_says_so)
{
    g_autoptr(PolicyStatus) status = status_of(NULL, NULL);
    const PolicyProject project = { .project = &network, .status = status };
    g_autofree char *text = render((PolicyReport){ .hides_passed = true }, &project, 1);

    assert_golden("policy_without_sets.md", text);
}

TEST(an_approval_says_what_it_did_and_what_is_left)
{
    g_autoptr(GPtrArray) changed = g_ptr_array_new(), problems = g_ptr_array_new();
    g_autoptr(PolicyStatus) status =
        status_of(approved(owned(set_new("tags", POLICY_APPROVED, FAILED))),
                  set_new("cost", POLICY_FAILED, FAILED));
    const PolicyProject project = {
        .project = &network,
        .status = status,
        .changed = changed,
        .problems = problems,
    };
    g_autofree char *text = NULL;

    g_ptr_array_add(changed, (gpointer) "tags");
    g_ptr_array_add(problems, (gpointer) "Policy set `cost`: you are not one of its owners.");
    text = render((PolicyReport){ .kind = POLICY_COMMENT_APPROVE }, &project, 1);

    assert_golden("policy_approve.md", text);
}

TEST(a_clearing_says_which_approvals_are_gone)
{
    g_autoptr(GPtrArray) changed = g_ptr_array_new();
    g_autoptr(PolicyStatus) status = status_of(owned(set_new("tags", POLICY_FAILED, FAILED)), NULL);
    const PolicyProject project = { .project = &network, .status = status, .changed = changed };
    g_autofree char *text = NULL;

    g_ptr_array_add(changed, (gpointer) "tags");
    text = render((PolicyReport){ .kind = POLICY_COMMENT_CLEAR }, &project, 1);

    assert_golden("policy_clear.md", text);
}

TEST(text_from_outside_is_no_markup)
{
    g_autoptr(PolicyStatus) status =
        status_of(owned(set_new("a`b|<b>", POLICY_FAILED, "```\n<script>")), NULL);
    const PolicyProject projects[] = { { .project = &network, .status = status },
                                       { .project = &dns, .status = status } };
    g_autofree char *text = render((PolicyReport){ 0 }, projects, 2);

    assert_golden("policy_odd.md", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_passed),
        cmocka_unit_test(a_check_that_failed_says_what_to_do_and_who_may),
        cmocka_unit_test(a_failed_set_shows_how_far_its_approvals_are),
        cmocka_unit_test(long_output_is_folded),
        cmocka_unit_test(several_projects_have_a_table),
        cmocka_unit_test(quiet_says_nothing_of_what_passed),
        cmocka_unit_test(a_server_without_sets_says_so),
        cmocka_unit_test(an_approval_says_what_it_did_and_what_is_left),
        cmocka_unit_test(a_clearing_says_which_approvals_are_gone),
        cmocka_unit_test(text_from_outside_is_no_markup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
