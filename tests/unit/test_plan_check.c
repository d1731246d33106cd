// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_check.h"

#include <string.h>

#include "test.h"

static const Plan good_plan = {
    .head = (char *)"1111111111",
    .base_branch = (char *)"main",
    .config_digest = (char *)"config",
    .tool = (char *)"terraform",
    .tool_version = (char *)"1.11.4",
    .lineage = (char *)"line",
    .serial = 3,
    .digest = (char *)"digest",
    .created_at = 1000,
};

static const PlanFacts good_facts = {
    .head = "1111111111",
    .base_branch = "main",
    .config_digest = "config",
    .tool = "terraform",
    .tool_version = "1.11.4",
    .file_digest = "digest",
    .is_locked = true,
    .has_state = true,
    .lineage = "line",
    .serial = 3,
    .now = 2000,
};

/* One fact that does not hold any more. */
#define CHANGE(name, statement)                    \
    static void name(Plan *plan, PlanFacts *facts) \
    {                                              \
        (void)plan, (void)facts;                   \
        statement;                                 \
    }

CHANGE(consumed, plan->consumed_at = 5)
CHANGE(other_head, facts->head = "2222222222")
CHANGE(other_base, facts->base_branch = "release")
CHANGE(base_moved, facts->base_changed_project = true)
CHANGE(other_configuration, facts->config_digest = "other")
CHANGE(other_version, facts->tool_version = "1.12.0")
CHANGE(other_tool, facts->tool = "tofu")
CHANGE(file_gone, facts->file_digest = NULL)
CHANGE(file_changed, facts->file_digest = "other")
CHANGE(lock_lost, facts->is_locked = false)
CHANGE(later_serial, facts->serial = 4)
CHANGE(other_lineage, facts->lineage = "other")
CHANGE(too_old, facts->max_age_ms = 999)
CHANGE(just_young_enough, facts->max_age_ms = 1000)
CHANGE(unreadable_state, facts->has_state = false; facts->lineage = NULL)
CHANGE(pushed_before, plan->pushed_at = 1500; facts->asked_at = 1500)
CHANGE(pushed_behind, plan->pushed_at = 1501; facts->asked_at = 1500)
CHANGE(state_unknown_then, plan->serial = -1; plan->lineage = NULL)

typedef void (*Change)(Plan *plan, PlanFacts *facts);

static GPtrArray *reasons_after(Change change)
{
    Plan plan = good_plan;
    PlanFacts facts = good_facts;

    if (change)
        change(&plan, &facts);
    return plan_check(&plan, &facts);
}

TEST(I2_a_plan_whose_facts_hold_may_be_applied)
{
    const Change harmless[] = { NULL, just_young_enough, unreadable_state, state_unknown_then,
                                pushed_before };

    for (gsize i = 0; i < G_N_ELEMENTS(harmless); i++) {
        g_autoptr(GPtrArray) reasons = reasons_after(harmless[i]);

        assert_int_equal(reasons->len, 0);
    }
}

TEST(I2_each_fact_that_does_not_hold_is_named)
{
    const struct {
        Change change;
        const char *part;
    } cases[] = {
        { consumed, "used by an apply" },
        { other_head, "2222222222" },
        { other_base, "`release`" },
        { base_moved, "has changed this project" },
        { other_configuration, "configuration" },
        { other_version, "1.12.0" },
        { other_tool, "tofu" },
        { file_gone, "is gone" },
        { file_changed, "not the one" },
        { lock_lost, "lock" },
        { later_serial, "serial 4" },
        { other_lineage, "another one" },
        { too_old, "--max-plan-age" },
        { pushed_behind, "after this apply was asked for" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) reasons = reasons_after(cases[i].change);

        assert_int_equal(reasons->len, 1);
        if (!strstr(reasons->pdata[0], cases[i].part))
            fail_msg("\"%s\" does not name \"%s\"", (const char *)reasons->pdata[0], cases[i].part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I2_a_plan_whose_facts_hold_may_be_applied),
        cmocka_unit_test(I2_each_fact_that_does_not_hold_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
