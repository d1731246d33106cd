// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_record.h"

#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/ids.h"
#include "sys/crypto.h"
#include "tf/planfile.h"
#include "tf/summary.h"

static bool fill_from_file(const Ctx *ctx, ProjectRun *run, Plan *plan, GError **error)
{
    const TfRun tf = project_run_tf(run);
    g_auto(PlanFile) file = { .serial = -1 };
    g_autoptr(GError) why = NULL;

    plan->digest = crypto_sha256_file(run->plan_file, error);
    if (!plan->digest)
        return false;
    if (!plan_file_read(ctx, &tf, run->plan_file, &file, &why)) {
        /* What a program of the operator's wrote need not be Terraform's. */
        if (project_run_is_plain(run) || !g_error_matches(why, HADAL_ERROR, HADAL_ERROR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        file.serial = -1;
    }
    plan->backend = g_strdup(file.backend);
    plan->lineage = g_strdup(file.lineage);
    plan->serial = file.serial;
    plan->counts = file.counts;
    return true;
}

/* Steps that are all the operator's need no plan file, unless terraform is to apply one. */
static bool fill_without_file(const ProjectRun *run, Plan *plan, GError **error)
{
    if (workflow_has_action(run->config->workflow, STAGE_APPLY, ACTION_APPLY))
        return hadal_throw(error, HADAL_ERROR_FAILED,
                           "the plan steps of workflow `%s` wrote no plan to `$PLANFILE`, and its "
                           "apply step applies that file",
                           run->config->workflow ? run->config->workflow->name : "default");
    plan->digest = g_strdup(PLAN_WITHOUT_FILE);
    plan->serial = -1;
    return true;
}

bool plan_record_make(const Ctx *ctx, ProjectRun *run, GError **error)
{
    const PullWork *pull = run->pull;
    g_autoptr(Plan) plan = plan_new();
    bool has_file = g_file_test(run->plan_file, G_FILE_TEST_IS_REGULAR);

    if (!(has_file ? fill_from_file(ctx, run, plan, error) : fill_without_file(run, plan, error)))
        return false;
    if (has_file)
        g_chmod(run->plan_file, 0600); /* a program of the operator's may have been generous */
    if (!plan->counts.is_known)
        plan->counts = summary_read(run->output->str);
    plan->id = id_new();
    plan->project = project_ref_copy(run->project);
    plan->head = g_strdup(pull->facts.head_commit);
    plan->base_branch = g_strdup(pull->facts.base_branch);
    plan->base = g_strdup(pull->base);
    plan->merge_commit = g_strdup(pull->commit);
    plan->config_digest = project_run_config_digest(run, run->extra);
    plan->tool = g_strdup(run->tool.name);
    plan->tool_version = g_strdup(run->tool.version);
    plan->tf_workspace = g_strdup(run->project->workspace);
    plan->tf_data_dir = g_strdup(run->data_dir);
    plan->path = g_strdup(run->plan_file);
    plan->extra = g_strdupv((GStrv)run->extra);
    plan->created_at = clock_now();
    if (!project_run_keep_lock_file(run, error))
        return false;
    run->counts = plan->counts;
    run->plan = g_steal_pointer(&plan);
    return true;
}

/* A plan of only some of it says nothing of the rest (I10). */
static bool is_of_all(const ProjectRun *run)
{
    static const char *const narrows[] = { "-target", "-exclude", "-refresh-only", "-destroy" };

    for (gsize i = 0; run->extra && run->extra[i]; i++) {
        const char *argument = run->extra[i] + (g_str_has_prefix(run->extra[i], "--") ? 1 : 0);

        for (gsize k = 0; k < G_N_ELEMENTS(narrows); k++)
            if (g_str_has_prefix(argument, narrows[k]))
                return false;
    }
    return true;
}

ProjectStatus plan_record_status(const ProjectRun *run)
{
    if (run->kind != RESULT_OK)
        return PROJECT_PLAN_FAILED;
    return run->counts.is_known && change_counts_is_empty(&run->counts) && is_of_all(run)
               ? PROJECT_NO_CHANGES
               : PROJECT_PLANNED;
}
