// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_check.h"

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

static void assert_reason(const Plan *plan, const PlanFacts *facts, const char *part)
{
    g_autoptr(GPtrArray) reasons = plan_check(plan, facts);

    assert_int_equal(reasons->len, 1);
    if (!strstr(reasons->pdata[0], part))
        fail_msg("\"%s\" does not name \"%s\"", (const char *)reasons->pdata[0], part);
}

TEST(I2_a_plan_whose_facts_hold_may_be_applied)
{
    g_autoptr(GPtrArray) reasons = plan_check(&good_plan, &good_facts);

    assert_int_equal(reasons->len, 0);
}

#define WITH(base, ...)                       \
    ({                                        \
        __typeof__(base) changed_ = (base);   \
        __typeof__(&changed_) at = &changed_; \
        __VA_ARGS__;                          \
        changed_;                             \
    })

TEST(I2_each_fact_that_does_not_hold_is_named)
{
    const struct {
        Plan plan;
        PlanFacts facts;
        const char *part;
    } cases[] = {
        { WITH(good_plan, at->consumed_at = 5), good_facts, "used by an apply" },
        { good_plan, WITH(good_facts, at->head = "2222222222"), "2222222222" },
        { good_plan, WITH(good_facts, at->base_branch = "release"), "`release`" },
        { good_plan, WITH(good_facts, at->base_changed_project = true),
          "has changed this project" },
        { good_plan, WITH(good_facts, at->config_digest = "other"), "configuration" },
        { good_plan, WITH(good_facts, at->tool_version = "1.12.0"), "1.12.0" },
        { good_plan, WITH(good_facts, at->tool = "tofu"), "tofu" },
        { good_plan, WITH(good_facts, at->file_digest = NULL), "is gone" },
        { good_plan, WITH(good_facts, at->file_digest = "other"), "not the one" },
        { good_plan, WITH(good_facts, at->is_locked = false), "lock" },
        { good_plan, WITH(good_facts, at->serial = 4), "serial 4" },
        { good_plan, WITH(good_facts, at->lineage = "other"), "another one" },
        { good_plan, WITH(good_facts, at->max_age_ms = 999), "--max-plan-age" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_reason(&cases[i].plan, &cases[i].facts, cases[i].part);
}

TEST(I2_a_state_that_cannot_be_read_is_left_to_terraform)
{
    const PlanFacts unread = WITH(good_facts, at->has_state = false, at->lineage = NULL);
    const Plan without = WITH(good_plan, at->serial = -1, at->lineage = NULL);
    g_autoptr(GPtrArray) first = plan_check(&good_plan, &unread);
    g_autoptr(GPtrArray) second = plan_check(&without, &good_facts);

    assert_int_equal(first->len, 0);
    assert_int_equal(second->len, 0);
}

TEST(I2_a_plan_as_old_as_allowed_may_be_applied)
{
    const PlanFacts facts = WITH(good_facts, at->max_age_ms = 1000);
    g_autoptr(GPtrArray) reasons = plan_check(&good_plan, &facts);

    assert_int_equal(reasons->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I2_a_plan_whose_facts_hold_may_be_applied),
        cmocka_unit_test(I2_each_fact_that_does_not_hold_is_named),
        cmocka_unit_test(I2_a_state_that_cannot_be_read_is_left_to_terraform),
        cmocka_unit_test(I2_a_plan_as_old_as_allowed_may_be_applied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
