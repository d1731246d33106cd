// SPDX-License-Identifier: Apache-2.0
#include "engine/tally.h"

#include "test.h"

static GPtrArray *projects_of(const ProjectStatus *statuses, gsize n)
{
    GPtrArray *projects = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < n; i++) {
        Project *project = g_new0(Project, 1);

        project->status = statuses[i];
        project->counts = (ChangeCounts){ .is_known = true, .add = 1 };
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

    assert_int_equal(tally_plan(projects, &text), STATUS_SUCCEEDED);
    assert_string_equal(text, "3/3 projects planned: 2 to add, 0 to change, 0 to destroy");
}

TEST(one_failed_plan_fails_the_plan_status)
{
    g_autoptr(GPtrArray) projects = PROJECTS(PROJECT_PLANNED, PROJECT_PLAN_FAILED);
    g_autofree char *text = NULL;

    assert_int_equal(tally_plan(projects, &text), STATUS_FAILED);
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

        assert_int_equal(tally_apply(projects, &text), cases[i].state);
        assert_string_equal(text, cases[i].text);
    }
}

TEST(I10_nothing_to_apply_is_a_success_only_without_unapplied_plans)
{
    g_autoptr(GPtrArray) unchanged = PROJECTS(PROJECT_NO_CHANGES);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autofree char *first = NULL, *second = NULL;

    assert_int_equal(tally_apply(unchanged, &first), STATUS_SUCCEEDED);
    assert_string_equal(first, "1/1 project up to date: nothing to apply");
    assert_int_equal(tally_apply(none, &second), STATUS_SUCCEEDED);
    assert_string_equal(second, "0/0 projects applied: nothing to apply");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_status_counts_projects_and_changes),
        cmocka_unit_test(one_failed_plan_fails_the_plan_status),
        cmocka_unit_test(the_apply_status_is_pending_until_everything_is_applied),
        cmocka_unit_test(I10_nothing_to_apply_is_a_success_only_without_unapplied_plans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
