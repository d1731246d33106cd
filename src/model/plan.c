// SPDX-License-Identifier: Apache-2.0
#include "model/plan.h"

Plan *plan_new(void)
{
    Plan *plan = g_new0(Plan, 1);

    plan->serial = -1;
    return plan;
}

void plan_free(Plan *plan)
{
    if (!plan)
        return;
    project_ref_free(plan->project);
    g_free(plan->head);
    g_free(plan->base_branch);
    g_free(plan->base);
    g_free(plan->merge_commit);
    g_free(plan->config_digest);
    g_free(plan->tool);
    g_free(plan->tool_version);
    g_free(plan->backend);
    g_free(plan->lineage);
    g_free(plan->tf_workspace);
    g_free(plan->tf_data_dir);
    g_free(plan->digest);
    g_free(plan->path);
    g_strfreev(plan->extra);
    g_free(plan);
}
