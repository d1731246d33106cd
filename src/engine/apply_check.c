// SPDX-License-Identifier: Apache-2.0
/* What an apply asks before it has an effect: of plans, and of what projects require. */
#include "engine/apply.h"

#include "base/clock.h"
#include "engine/authorize.h"
#include "engine/plan_facts.h"
#include "engine/policy_gate.h"
#include "engine/require.h"
#include "engine/running.h"
#include "engine/select.h"

bool apply_is_target(const ApplyCommand *self, const ProjectRef *project)
{
    return select_matches_target(self->work->settings, self->pull.config, &self->command->args,
                                 self->pull.target_workspace, project);
}

bool apply_is_settled(const ApplyCommand *self, const Project *project)
{
    return (project->status == PROJECT_NO_CHANGES || project->status == PROJECT_APPLIED) &&
           g_strcmp0(project->head, self->pull.facts.head_commit) == 0;
}

/* The version that planned; where that cannot be had, what there is: the check of the plan then
 * tells of the difference. */
static bool find_tool(const Ctx *ctx, ProjectRun *run, GError **error)
{
    return project_run_find_tool(ctx, run, run->plan->tool_version, NULL) ||
           project_run_find_tool(ctx, run, NULL, error);
}

/* Nothing was done with the plan: it is refused, and is still there. */
static void fail_check(ProjectRun *run, const GError *why)
{
    project_run_fail(run, why);
    if (run->kind == RESULT_FAILED)
        project_run_end(
            run, RESULT_REFUSED,
            g_strdup_printf("Whether it may be applied could not be found out: %s", run->message));
}

/* RESULT_OK: the plan may be applied, as far as it alone is asked. */
void apply_check_plan(const Ctx *ctx, guint index, gpointer data)
{
    ApplyCommand *self = data;
    ProjectRun *run = &self->runs[index];
    g_autoptr(GError) error = NULL;
    bool is_checked;

    if (!run->plan || !g_str_equal(run->plan->merge_commit, self->commit))
        return;
    g_free(run->plan_file);
    run->plan_file = g_strdup(run->plan->path);
    project_run_enter(run);
    is_checked = project_run_restore_lock_file(run, &error) && find_tool(ctx, run, &error) &&
                 plan_facts_check(ctx, &self->pull, run, &run->message, &error);
    project_run_leave(run);
    if (!is_checked) {
        fail_check(run, error);
        return;
    }
    run->kind = run->message ? RESULT_REFUSED : RESULT_OK;
    g_string_truncate(run->output, 0);
}

bool apply_needs_review(const ApplyCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++) {
        const ProjectConfig *config = self->runs[i].config;

        if (require_needs_review(config->apply_requirements) ||
            workflow_has_commands(config->workflow, STAGE_APPLY))
            return true;
    }
    return false;
}

static bool is_merged(const ApplyCommand *self)
{
    return g_str_equal(self->work->settings->checkout_strategy, "merge");
}

/* What the base branch changed of the project since it was planned, or since the pull request left
 * it; NULL: nothing. The caller frees it. */
static char *diverged_why(const Ctx *ctx, ApplyCommand *self, const ProjectRun *run, GError **error)
{
    g_autoptr(GPtrArray) moved =
        is_merged(self) ? pull_work_base_moved_since(ctx, &self->pull, run->plan->base, error)
                        : pull_work_base_moved(ctx, &self->pull, error);

    return moved ? select_diverged_why(self->work->settings, run->config, self->pull.modules, moved,
                                       self->pull.facts.base_branch)
                 : NULL;
}

/* Names of what the project depends on and what is not applied; NULL: none. The caller frees it. */
static char *missing_dependencies(const ApplyCommand *self, const ProjectRun *run,
                                  const GPtrArray *projects)
{
    g_autoptr(GString) missing = g_string_new(NULL);

    for (guint i = 0; i < projects->len; i++) {
        const Project *project = projects->pdata[i];

        if (*project->ref->name &&
            g_strv_contains((const char *const *)run->config->depends_on, project->ref->name) &&
            !apply_is_settled(self, project))
            g_string_append_printf(missing, "%s`%s`", missing->len ? ", " : "", project->ref->name);
    }
    return missing->len ? g_string_free(g_steal_pointer(&missing), FALSE) : NULL;
}

static char *dependencies_why(const ApplyCommand *self, const ProjectRun *run, GError **error)
{
    g_autoptr(GPtrArray) projects = NULL;
    g_autofree char *missing = NULL;

    if (!run->config->depends_on || !*run->config->depends_on)
        return NULL;
    projects = store_projects(self->work->store, self->command->pull_id, error);
    missing = projects ? missing_dependencies(self, run, projects) : NULL;
    return missing ? g_strdup_printf("It depends on %s, which is not applied.", missing) : NULL;
}

/* Too old by now: it may have waited for hours behind others. */
static char *age_why(const ProjectRun *run)
{
    gint64 age = clock_now() - run->plan->created_at;
    gint64 most = run->config->max_plan_age_ms;
    g_autofree char *is = clock_duration_text(age);
    g_autofree char *may_be = clock_duration_text(most);

    return most && age > most
               ? g_strdup_printf("Its plan is %s old, and may be %s: plan again.", is, may_be)
               : NULL;
}

/* Why its policies stand against it; NULL: they do not, or nobody asks. The caller frees it. */
static char *policies_why(const ApplyCommand *self, const ProjectRun *run, GError **error)
{
    g_auto(PolicyGate) gate = { 0 };

    if (!policy_gate_read(self->work->store, repos_yaml_policies(self->work->repos), run->plan,
                          &gate, error))
        return NULL;
    return policy_gate_why_not(gate.status);
}

static char *requirements_why(const Ctx *ctx, ApplyCommand *self, const ProjectRun *run,
                              GError **error)
{
    unsigned required = run->config->apply_requirements;
    g_autoptr(GError) own = NULL;
    g_autofree char *diverged =
        required & REQUIRE_UNDIVERGED ? diverged_why(ctx, self, run, &own) : NULL;
    g_autofree char *policies =
        !own && required & REQUIRE_POLICIES_PASSED ? policies_why(self, run, &own) : NULL;
    const PullReview *review = &self->pull.review;
    const RequireFacts facts = {
        .has_review = self->pull.has_review,
        .not_approved_why = review->is_approved ? NULL : review->not_approved_why,
        .not_mergeable_why = review->not_mergeable_why,
        .diverged_why = diverged,
        .policies_why = policies,
    };
    g_autoptr(GPtrArray) reasons = own ? NULL : require_check(required, &facts);

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return NULL;
    }
    return require_text(reasons);
}

/*
 * Everything that is required of the project now, in words: *why_not is NULL when it may be
 * applied; the caller frees it, and holds the mutex once projects run. Fails as the store and git
 * do.
 */
static bool required_why_not(const Ctx *ctx, ApplyCommand *self, const ProjectRun *run,
                             char **why_not, GError **error)
{
    g_autoptr(GError) own = NULL;

    *why_not = requirements_why(ctx, self, run, &own);
    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    if (!*why_not)
        *why_not = age_why(run);
    return true;
}

/* The first look: who cannot be applied is told before others begin. */
bool apply_check_requirements(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];
        g_autofree char *why_not = NULL;

        if (run->kind != RESULT_OK || !run->plan)
            continue;
        if (!required_why_not(ctx, self, run, &why_not, error))
            return false;
        if (why_not)
            project_run_end(run, RESULT_REFUSED, g_steal_pointer(&why_not));
        else if (!authorize_run(ctx, self->work, run, error))
            return false;
    }
    return true;
}

/* What the base branch is at matters to some project. */
static bool needs_base(const ApplyCommand *self)
{
    bool needs = is_merged(self);

    for (guint i = 0; i < self->n_runs; i++)
        needs |= self->runs[i].config->apply_requirements & REQUIRE_UNDIVERGED;
    return needs;
}

/* Sets stop_reason when nothing more may begin; the caller holds the mutex. */
static void look_again(const Ctx *ctx, ApplyCommand *self)
{
    g_autofree char *by = running_asked_by(self->command->id);
    g_autoptr(GError) error = NULL;

    if (self->stop_reason)
        return;
    if (!ctx_check(ctx, &error))
        self->stop_reason =
            by ? g_strdup_printf("%s cancelled the command before its turn. Apply again.", by)
               : g_strdup("The server was stopped before its turn. Apply again.");
    else if (!pull_work_look_again(ctx, self->work, self->command, &self->pull, needs_base(self),
                                   &self->stop_reason, &error))
        self->stop_reason = g_strdup_printf("Its pull request could not be read again: %s. Apply "
                                            "again.",
                                            error->message);
}

/* The second look at what is required, with facts of now; the caller holds the mutex. */
static void ask_again(const Ctx *ctx, ApplyCommand *self, ProjectRun *run)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *why_not = NULL;

    if (!required_why_not(ctx, self, run, &why_not, &error) ||
        (!why_not && !plan_facts_base_check(ctx, &self->pull, run, &why_not, &error))) {
        fail_check(run, error);
        return;
    }
    if (!why_not)
        why_not = dependencies_why(self, run, &error);
    if (error)
        fail_check(run, error);
    else if (why_not)
        project_run_end(run, RESULT_REFUSED, g_steal_pointer(&why_not));
}

/* I2 once more, right before the effect: a project may have waited for hours behind others. */
bool apply_may_begin(const Ctx *ctx, ApplyCommand *self, ProjectRun *run)
{
    pthread_mutex_lock(&self->mutex);
    look_again(ctx, self);
    if (self->stop_reason)
        project_run_end(run, RESULT_NOT_RUN, g_strdup_printf("Not started. %s", self->stop_reason));
    else
        ask_again(ctx, self, run);
    if (run->kind == RESULT_OK)
        project_run_set_env(run);
    pthread_mutex_unlock(&self->mutex);
    return run->kind == RESULT_OK;
}
