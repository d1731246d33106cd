// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_check.h"

#include "base/clock.h"

typedef struct {
    const Plan *plan;
    const PlanFacts *facts;
    GPtrArray *reasons;
} Check;

static void G_GNUC_PRINTF(2, 3) add(Check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(check->reasons, g_strdup_vprintf(format, args));
    va_end(args);
}

char *plan_check_base_text(const char *base_branch)
{
    return g_strdup_printf("`%s` has changed this project since the plan was made", base_branch);
}

static void check_commits(Check *check)
{
    const Plan *plan = check->plan;
    const PlanFacts *facts = check->facts;

    if (g_strcmp0(plan->head, facts->head) != 0)
        add(check, "the pull request is at commit `%.10s` now, the plan was made for `%.10s`",
            facts->head, plan->head);
    if (g_strcmp0(plan->base_branch, facts->base_branch) != 0)
        add(check, "the pull request goes into `%s` now, the plan was made for `%s`",
            facts->base_branch, plan->base_branch);
    if (facts->base_changed_project)
        g_ptr_array_add(check->reasons, plan_check_base_text(facts->base_branch));
}

static void check_tool(Check *check)
{
    const Plan *plan = check->plan;
    const PlanFacts *facts = check->facts;

    if (g_strcmp0(plan->config_digest, facts->config_digest) != 0)
        add(check, "the server's configuration for this project has changed");
    if (g_strcmp0(plan->tool, facts->tool) != 0 ||
        g_strcmp0(plan->tool_version, facts->tool_version) != 0)
        add(check, "the plan was made by %s %s, here is %s %s", plan->tool, plan->tool_version,
            facts->tool, facts->tool_version);
}

static void check_file(Check *check)
{
    if (g_str_equal(check->plan->digest, PLAN_WITHOUT_FILE))
        return;
    if (!check->facts->file_digest)
        add(check, "the plan file is gone");
    else if (!g_str_equal(check->plan->digest, check->facts->file_digest))
        add(check, "the plan file is not the one that was written");
}

static void check_state(Check *check)
{
    const Plan *plan = check->plan;
    const PlanFacts *facts = check->facts;

    if (!facts->has_state || plan->serial < 0)
        return;
    if (plan->lineage && g_strcmp0(plan->lineage, facts->lineage) != 0)
        add(check, "the state is another one than the plan was made against");
    else if (plan->serial != facts->serial)
        add(check,
            "the state has changed since: it is at serial %" G_GINT64_FORMAT
            ", the plan was made against serial %" G_GINT64_FORMAT,
            facts->serial, plan->serial);
}

/* An apply may wait behind the plan of a push: who typed it has read another plan, or none. */
static void check_read(Check *check)
{
    if (check->plan->pushed_at > check->facts->asked_at)
        add(check, "the plan was made for a push, after this apply was asked for: read it first");
}

static void check_age(Check *check)
{
    gint64 age = check->facts->now - check->plan->created_at;
    g_autofree char *is = clock_duration_text(age);
    g_autofree char *most = clock_duration_text(check->facts->max_age_ms);

    if (check->facts->max_age_ms && age > check->facts->max_age_ms)
        add(check, "the plan is %s old, older than %s (`max_plan_age` or `--max-plan-age`)", is,
            most);
}

GPtrArray *plan_check(const Plan *plan, const PlanFacts *facts)
{
    Check check = { plan, facts, g_ptr_array_new_with_free_func(g_free) };

    if (plan->consumed_at)
        add(&check, "the plan has been used by an apply already");
    check_commits(&check);
    check_tool(&check);
    check_file(&check);
    if (!facts->is_locked)
        add(&check, "the pull request does not hold the project's lock any more");
    check_state(&check);
    check_read(&check);
    check_age(&check);
    return check.reasons;
}
