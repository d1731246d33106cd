// SPDX-License-Identifier: Apache-2.0
#include "base/step.h"

static const char *const names[STEPS] = {
    [STEP_EVENT_RECEIVED] = "event-received",
    [STEP_EVENT_PARSED] = "event-parsed",
    [STEP_EVENT_STORED] = "event-stored",
    [STEP_COMMAND_CLAIMED] = "command-claimed",
    [STEP_PULL_READ] = "pull-read",
    [STEP_COMMITS_FETCHED] = "commits-fetched",
    [STEP_PROJECTS_SELECTED] = "projects-selected",
    [STEP_LOCKS_TAKEN] = "locks-taken",
    [STEP_CHECKED_OUT] = "checked-out",
    [STEP_INIT_DONE] = "init-done",
    [STEP_PLAN_DONE] = "plan-done",
    [STEP_PLAN_CHECKED] = "plan-checked",
    [STEP_PLAN_CONSUMED] = "plan-consumed",
    [STEP_APPLY_DONE] = "apply-done",
    [STEP_APPLY_RECORDED] = "apply-recorded",
    [STEP_LOCKS_RELEASED] = "locks-released",
    [STEP_RESULTS_STORED] = "results-stored",
    [STEP_POST_CLAIMED] = "post-claimed",
    [STEP_POST_ANSWERED] = "post-answered",
    [STEP_POST_STORED] = "post-stored",
    [STEP_PULLS_LISTED] = "pulls-listed",
    [STEP_MISSED_STORED] = "missed-stored",
    [STEP_HOOK_ENABLED] = "hook-enabled",
};

const char *step_name(Step step)
{
    g_assert(step < STEPS);
    return names[step];
}
