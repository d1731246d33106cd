// SPDX-License-Identifier: Apache-2.0
/* Facts read just now, to hold a plan record against; what they mean is plan_check.c's. */
#include "engine/plan_facts.h"

#include "base/clock.h"
#include "engine/plan_check.h"
#include "engine/select.h"
#include "engine/steps.h"
#include "sys/crypto.h"

/* With the merge strategy the plan is of the merged files: did the base change this project since?
 */
static bool base_changed(const Ctx *ctx, PullWork *pull, const ProjectRun *run, bool *is_changed,
                         GError **error)
{
    const Settings *settings = run->settings;
    const Plan *plan = run->plan;
    g_autoptr(GPtrArray) paths = NULL;
    g_autofree char *why = NULL;

    *is_changed = false;
    if (!g_str_equal(settings->checkout_strategy, "merge") || g_str_equal(plan->base, pull->base))
        return true;
    paths = pull_work_base_moved_since(ctx, pull, plan->base, error);
    if (!paths)
        return false;
    why = select_diverged_why(settings, run->config, pull->modules, paths, pull->facts.base_branch);
    *is_changed = why != NULL;
    return true;
}

/* Locked by its plan: still? One that is locked at apply, or never, needs no lock from before. */
static bool read_lock(const ProjectRun *run, bool *is_locked, GError **error)
{
    *is_locked = true;
    return run->config->lock_mode != LOCK_ON_PLAN ||
           store_lock_is_held(run->store, run->command->pull_id, run->project, is_locked, error);
}

/* The state as it is now; a tool that cannot tell is asked again by terraform's own check. */
static bool read_state(const Ctx *ctx, ProjectRun *run, PlanFacts *facts, char **lineage,
                       GError **error)
{
    g_autofree char *marker = g_build_filename(run->data_dir, "terraform.tfstate", NULL);
    g_autofree char *modules = g_build_filename(run->data_dir, "modules", NULL);
    g_autofree char *providers = g_build_filename(run->data_dir, "providers", NULL);
    bool is_ready = g_file_test(marker, G_FILE_TEST_EXISTS) ||
                    g_file_test(modules, G_FILE_TEST_EXISTS) ||
                    g_file_test(providers, G_FILE_TEST_EXISTS);

    steps_set_values(run);
    if (!is_ready && !steps_init_again(ctx, run, error)) /* a fresh disk, say */
        return false;
    const TfRun tf = project_run_tf(run);

    if (!tf_state_read(ctx, &tf, lineage, &facts->serial, error))
        return false;
    facts->has_state = *lineage != NULL;
    facts->lineage = *lineage;
    return true;
}

static bool gather(const Ctx *ctx, PullWork *pull, ProjectRun *run, GPtrArray **reasons,
                   GError **error)
{
    const Plan *plan = run->plan;
    g_autofree char *digest = project_run_config_digest(run, (const char *const *)plan->extra);
    g_autofree char *file_digest = crypto_sha256_file(plan->path, NULL); /* NULL is a reason */
    g_autofree char *lineage = NULL;
    PlanFacts facts = {
        .head = pull->facts.head_commit,
        .base_branch = pull->facts.base_branch,
        .config_digest = digest,
        .tool = run->tool.name,
        .tool_version = run->tool.version,
        .file_digest = file_digest,
        .now = clock_now(),
        .asked_at = run->command->queued_at,
        .max_age_ms = run->config->max_plan_age_ms,
    };

    if (!read_lock(run, &facts.is_locked, error))
        return false;
    if (!base_changed(ctx, pull, run, &facts.base_changed_project, error))
        return false;
    /* Where programs of the operator's plan, the state is where they say: terraform's own check has
     * to do. */
    if (g_str_equal(plan->head, facts.head) && project_run_is_plain(run) &&
        !read_state(ctx, run, &facts, &lineage, error))
        return false;
    *reasons = plan_check(plan, &facts);
    return true;
}

static char *reasons_text(const GPtrArray *reasons)
{
    g_autoptr(GString) text = g_string_new("The plan is not good any more: ");

    for (guint i = 0; i < reasons->len; i++)
        g_string_append_printf(text, "%s%s", i ? "; " : "", (const char *)reasons->pdata[i]);
    g_string_append_c(text, '.');
    return g_string_free(g_steal_pointer(&text), FALSE);
}

bool plan_facts_check(const Ctx *ctx, PullWork *pull, ProjectRun *run, char **why_not,
                      GError **error)
{
    g_autoptr(GPtrArray) reasons = NULL;

    if (!gather(ctx, pull, run, &reasons, error))
        return false;
    *why_not = reasons->len ? reasons_text(reasons) : NULL;
    return true;
}

bool plan_facts_base_check(const Ctx *ctx, PullWork *pull, const ProjectRun *run, char **why_not,
                           GError **error)
{
    g_autofree char *reason = plan_check_base_text(pull->facts.base_branch);
    bool is_changed = false;

    *why_not = NULL;
    if (!base_changed(ctx, pull, run, &is_changed, error))
        return false;
    if (is_changed)
        *why_not = g_strdup_printf("The plan is not good any more: %s.", reason);
    return true;
}
