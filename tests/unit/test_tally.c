// SPDX-License-Identifier: Apache-2.0
#include "engine/tally.h"

#include "test.h"

#define HEAD "1111111111"

static GPtrArray *projects_of(const ProjectStatus *statuses, gsize n)
{
    GPtrArray *projects = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < n; i++) {
        Project *project = g_new0(Project, 1);

        project->status = statuses[i];
        project->counts = (ChangeCounts){ .is_known = true, .add = 1 };
        project->head = (char *)HEAD;
        project->selected_head = (char *)HEAD;
        g_ptr_array_add(projects, project);
    }
    return projects;
}

#define PROJECTS(...)                                   \
    projects_of((const ProjectStatus[]){ __VA_ARGS__ }, \
                G_N_ELEMENTS(((const ProjectStatus[]){ __VA_ARGS__ })))

TEST(the_plan_status_counts_projects_and_changes)
{
    g_autoptr(GPtrArray) projects = PROJECTS(PROJECT_PLANNED, PROJECT_PLANNED, PROJECT_NO_CHANGES);
    g_autofree char *text = NULL;

    assert_int_equal(tally_plan(projects, HEAD, &text), STATUS_SUCCEEDED);
    assert_string_equal(text, "3/3 projects planned: 2 to add, 0 to change, 0 to destroy");
}

TEST(one_failed_plan_fails_the_plan_status)
{
    g_autoptr(GPtrArray) projects = PROJECTS(PROJECT_PLANNED, PROJECT_PLAN_FAILED);
    g_autofree char *text = NULL;

    assert_int_equal(tally_plan(projects, HEAD, &text), STATUS_FAILED);
    assert_string_equal(text, "1/2 projects planned, 1 failed");
}

TEST(the_apply_status_is_pending_until_everything_is_applied)
{
    const struct {
        ProjectStatus statuses[2];
        StatusState state;
        const char *text;
    } cases[] = {
        { { PROJECT_PLANNED, PROJECT_APPLIED }, STATUS_PENDING, "1/2 projects applied" },
        { { PROJECT_APPLIED, PROJECT_APPLIED }, STATUS_SUCCEEDED, "2/2 projects applied" },
        { { PROJECT_APPLIED, PROJECT_NO_CHANGES }, STATUS_SUCCEEDED, "2/2 projects applied" },
        { { PROJECT_APPLIED, PROJECT_APPLY_FAILED },
          STATUS_FAILED,
          "1/2 projects applied, 1 failed" },
        { { PROJECT_APPLIED, PROJECT_APPLY_INTERRUPTED },
          STATUS_FAILED,
          "1/2 projects applied, 1 failed" },
        { { PROJECT_PLAN_FAILED, PROJECT_NO_CHANGES }, STATUS_PENDING, "1/2 projects applied" },
        { { PROJECT_DISCARDED, PROJECT_NO_CHANGES }, STATUS_PENDING, "1/2 projects applied" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) projects = projects_of(cases[i].statuses, 2);
        g_autofree char *text = NULL;

        assert_int_equal(tally_apply(projects, HEAD, &text), cases[i].state);
        assert_string_equal(text, cases[i].text);
    }
}

TEST(I10_nothing_to_apply_is_a_success_only_without_unapplied_plans)
{
    g_autoptr(GPtrArray) unchanged = PROJECTS(PROJECT_NO_CHANGES);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autofree char *first = NULL, *second = NULL;

    assert_int_equal(tally_apply(unchanged, HEAD, &first), STATUS_SUCCEEDED);
    assert_string_equal(first, "1/1 project up to date: nothing to apply");
    assert_int_equal(tally_apply(none, HEAD, &second), STATUS_SUCCEEDED);
    assert_string_equal(second, "0/0 projects applied: nothing to apply");
}

TEST(I10_what_was_done_for_another_head_counts_as_not_done)
{
    g_autoptr(GPtrArray) projects = PROJECTS(PROJECT_APPLIED, PROJECT_APPLIED);
    Project *old = projects->pdata[1];
    g_autofree char *plan = NULL, *apply = NULL;

    old->head = (char *)"2222222222";
    assert_int_equal(tally_plan(projects, HEAD, &plan), STATUS_PENDING);
    assert_string_equal(plan, "1/2 projects planned, 1 not planned");
    assert_int_equal(tally_apply(projects, HEAD, &apply), STATUS_PENDING);
    assert_string_equal(apply, "1/2 projects applied");
}

TEST(I10_a_project_that_was_found_but_not_planned_keeps_both_pending)
{
    g_autoptr(GPtrArray) projects = PROJECTS(PROJECT_APPLIED, PROJECT_NONE);
    g_autofree char *plan = NULL, *apply = NULL;

    ((Project *)projects->pdata[1])->head = NULL;
    assert_int_equal(tally_plan(projects, HEAD, &plan), STATUS_PENDING);
    assert_int_equal(tally_apply(projects, HEAD, &apply), STATUS_PENDING);
}

TEST(what_belongs_to_another_head_alone_does_not_count)
{
    g_autoptr(GPtrArray) projects = PROJECTS(PROJECT_APPLIED, PROJECT_APPLIED);
    Project *old = projects->pdata[1];
    g_autofree char *apply = NULL;

    old->head = old->selected_head = (char *)"2222222222";
    assert_int_equal(tally_apply(projects, HEAD, &apply), STATUS_SUCCEEDED);
    assert_string_equal(apply, "1/1 project applied");
}

TEST(the_policy_status_succeeds_when_every_project_passed)
{
    static const struct {
        PolicyTally tally;
        StatusState state;
        const char *text;
    } cases[] = {
        { { 0 }, STATUS_SUCCEEDED, "0/0 projects passed their policies: nothing to check" },
        { { 1, 1, 0 }, STATUS_SUCCEEDED, "1/1 project passed its policies" },
        { { 3, 2, 0 }, STATUS_FAILED, "2/3 projects passed their policies" },
        { { 3, 2, 1 }, STATUS_PENDING, "2/3 projects passed their policies, 1 not checked" },
        { { 3, 1, 1 }, STATUS_FAILED, "1/3 projects passed their policies, 1 not checked" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = NULL;

        assert_int_equal(tally_policy(&cases[i].tally, &text), cases[i].state);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_status_counts_projects_and_changes),
        cmocka_unit_test(one_failed_plan_fails_the_plan_status),
        cmocka_unit_test(the_apply_status_is_pending_until_everything_is_applied),
        cmocka_unit_test(I10_what_was_done_for_another_head_counts_as_not_done),
        cmocka_unit_test(I10_a_project_that_was_found_but_not_planned_keeps_both_pending),
        cmocka_unit_test(what_belongs_to_another_head_alone_does_not_count),
        cmocka_unit_test(the_policy_status_succeeds_when_every_project_passed),
        cmocka_unit_test(I10_nothing_to_apply_is_a_success_only_without_unapplied_plans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
