// SPDX-License-Identifier: Apache-2.0
/*
 * "apply": plan records in, changed infrastructure out. First every plan is held against facts read
 * just now (I2); one that is not good any more stops the command before anything was changed. What
 * a project requires besides (approvals, say) is its own affair: it is refused, others go on. Then
 * each plan is consumed and applied, once: what a process that died had begun is reported, never
 * repeated.
 */
#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/step.h"
#include "engine/authorize.h"
#include "engine/automerge.h"
#include "engine/hooks.h"
#include "engine/paths.h"
#include "engine/plan_facts.h"
#include "engine/policy_gate.h"
#include "engine/project_run.h"
#include "engine/require.h"
#include "engine/running.h"
#include "engine/select.h"
#include "engine/steps.h"
#include "engine/tally.h"
#include "engine/waves.h"
#include "git/checkout.h"
#include "tf/summary.h"

typedef struct {
    Work *work;
    const Command *command;
    Outcome *outcome;
    PullWork pull;
    GPtrArray *projects; /* of Project, owned: all of the pull request */
    GPtrArray *earlier;  /* of Run, owned: begun by this command in a process that died */
    char *plugin_cache;
    char *checkout;
    bool has_hooks;
    Waves waves;
    const char *commit; /* that is checked out: what run now are the projects planned from it */
    bool has_failed;    /* some project, or all */
    ProjectRun *runs;
    guint n_runs;
    pthread_mutex_t mutex; /* of the projects' threads: guards pull, which is read again, and */
    char *stop_reason;     /* nothing more is begun */
} ApplyCommand;

static void apply_command_clear(ApplyCommand *self)
{
    pthread_mutex_destroy(&self->mutex);
    g_clear_pointer(&self->stop_reason, g_free);
    for (guint i = 0; i < self->n_runs; i++)
        project_run_clear(&self->runs[i]);
    g_clear_pointer(&self->runs, g_free);
    waves_clear(&self->waves);
    pull_work_clear(&self->pull);
    g_clear_pointer(&self->projects, g_ptr_array_unref);
    g_clear_pointer(&self->earlier, g_ptr_array_unref);
    g_clear_pointer(&self->plugin_cache, g_free);
    g_clear_pointer(&self->checkout, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApplyCommand, apply_command_clear)

static void refuse(ApplyCommand *self, const char *reason, const char *text)
{
    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, reason, render_notice("Not applied", text),
                THREAD_ACTIVE);
}

/* ------------------------------------------------------------ what to apply */

static bool is_target(const ApplyCommand *self, const ProjectRef *project)
{
    return select_matches_target(self->work->settings, self->pull.config, &self->command->args,
                                 self->pull.target_workspace, project);
}

static const Run *earlier_run(const ApplyCommand *self, gint64 project_id)
{
    return project_run_earlier(self->earlier, project_id);
}

static bool is_stuck(ProjectStatus status)
{
    return status == PROJECT_PLAN_FAILED || status == PROJECT_APPLY_FAILED ||
           status == PROJECT_APPLY_INTERRUPTED || status == PROJECT_DISCARDED;
}

static void add_run(ApplyCommand *self, const Project *project)
{
    ProjectRun *run = &self->runs[self->n_runs++];

    project_run_init(run, self->work, self->command, &self->pull,
                     pull_work_project(&self->pull, project->ref), project->id);
    run->plugin_cache = self->plugin_cache;
}

/* What this command is about: planned projects that it names, and what it had begun before. */
static void collect(ApplyCommand *self)
{
    self->runs = g_new0(ProjectRun, self->projects->len);
    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];
        bool is_planned = project->status == PROJECT_PLANNED;

        if (earlier_run(self, project->id) || (is_planned && is_target(self, project->ref)))
            add_run(self, project);
    }
}

/* Projects that an apply of everything would pass over: it then applies nothing. Of char *. */
static GPtrArray *stuck_projects(const ApplyCommand *self)
{
    g_autoptr(GPtrArray) stuck = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];

        if (is_stuck(project->status) && is_target(self, project->ref))
            g_ptr_array_add(stuck, project_ref_label(project->ref));
    }
    return g_steal_pointer(&stuck);
}

static void end_stuck(ApplyCommand *self, const GPtrArray *stuck)
{
    const char *executable = self->work->settings->executable_name;
    g_autoptr(GString) text = g_string_new("These projects have no plan that could be applied: ");

    for (guint i = 0; i < stuck->len; i++)
        g_string_append_printf(text, "%s`%s`", i ? ", " : "", (const char *)stuck->pdata[i]);
    g_string_append_printf(
        text,
        ".\n\nNothing was applied. Comment `%s plan` to plan again, or apply one "
        "project with `%s apply -d DIRECTORY`.",
        executable, executable);
    refuse(self, "projects without a plan", text->str);
}

static bool is_settled(const ApplyCommand *self, const Project *project)
{
    return (project->status == PROJECT_NO_CHANGES || project->status == PROJECT_APPLIED) &&
           g_strcmp0(project->head, self->pull.facts.head_commit) == 0;
}

static char *target_text(const CommandArgs *args)
{
    if (args->project)
        return g_strdup_printf("project `%s`", args->project);
    return g_strdup_printf("directory `%s`, workspace `%s`", args->dir ? args->dir : ".",
                           args->workspace ? args->workspace : "default");
}

static void end_without_plan(ApplyCommand *self)
{
    const CommandArgs *args = &self->command->args;
    g_autofree char *target = command_args_is_targeted(args) ? target_text(args) : NULL;
    g_autofree char *text =
        g_strdup_printf("There is no plan for commit `%.10s`%s%s. Comment `%s plan` first.",
                        self->pull.facts.head_commit, target ? " of " : "", target ? target : "",
                        self->work->settings->executable_name);

    refuse(self, "no plan", text);
}

/* Every project of the pull request says so: what is deleted does not come back by itself. */
static bool deletes_source_branch(ApplyCommand *self, const GPtrArray *projects)
{
    for (guint i = 0; i < projects->len; i++)
        if (!pull_work_project(&self->pull, ((const Project *)projects->pdata[i])->ref)
                 ->deletes_source_branch)
            return false;
    return projects->len > 0;
}

/* False, and logged, when they cannot be had: that prevents a merge, and fails no apply. */
static bool read_labels(const Ctx *ctx, ApplyCommand *self, GStrv *labels)
{
    Host *host = work_host(self->work, self->command->pull.repo.host, NULL); /* was opened before */
    g_autoptr(GError) error = NULL;

    if (!self->work->settings->disable_automerge_label)
        return true;
    if (host && host_labels_read(ctx, host, &self->command->pull, labels, &error))
        return true;
    log_line(LEVEL_WARN, ctx, "not completed: %s", error ? error->message : "no host");
    return false;
}

/*
 * Completing it afterwards, where it is wanted: the outcome has it, behind comment and status.
 * Returns a sentence for the comment, or NULL.
 */
static const char *add_merge(const Ctx *ctx, ApplyCommand *self, const GPtrArray *projects)
{
    const Settings *settings = self->work->settings;
    const CommandArgs *args = &self->command->args;
    g_auto(GStrv) labels = NULL;
    const char *why_not;

    if (!self->pull.config->automerge || self->has_failed)
        return NULL;
    if (!read_labels(ctx, self, &labels))
        return "The pull request is not completed: its labels could not be read.";
    const AutomergeFacts facts = {
        .projects = projects,
        .head = self->pull.facts.head_commit,
        .args = args,
        .labels = (const char *const *)labels,
        .label_that_prevents = settings->disable_automerge_label,
    };

    if (!automerge_decide(&facts, &why_not))
        return why_not;
    self->outcome->merge = merge_new(
        facts.head, args->auto_merge_method ? args->auto_merge_method : settings->automerge_method,
        deletes_source_branch(self, projects));
    return "Everything is applied: the pull request is completed next.";
}

/* I10: nothing to apply is a success only when this very head was planned and needs nothing. */
static void end_empty(const Ctx *ctx, ApplyCommand *self)
{
    g_autofree char *text = NULL;
    const char *note;
    char *description = NULL;
    guint n_targets = 0, n_settled = 0;
    StatusState state;

    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];

        if (!is_target(self, project->ref))
            continue;
        n_targets++;
        n_settled += is_settled(self, project);
    }
    if (n_targets == 0 || n_settled < n_targets) {
        end_without_plan(self);
        return;
    }
    note = add_merge(ctx, self, self->projects);
    text = g_strdup_printf("%s%s%s",
                           n_targets == 1 ? "The project is up to date with its plan."
                                          : "Every project is up to date with its plan.",
                           note ? "\n" : "", note ? note : "");
    outcome_set(self->outcome, COMMAND_DONE, "nothing to apply",
                render_notice("Nothing to apply", text), THREAD_CLOSED);
    state = tally_apply(self->projects, self->pull.facts.head_commit, &description);
    outcome_add_status(self->outcome, self->work, COMMAND_APPLY, state, description,
                       &self->pull.facts);
}

/* --------------------------------------------------------- is the plan good? */

/* The plan that each project's apply is about. */
static bool load_plans(ApplyCommand *self, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (earlier_run(self, run->project_id))
            continue;
        if (!store_plan_find(run->store, run->project_id, &run->plan, error))
            return false;
        if (run->plan) {
            run->plan_extra = g_strdupv(run->plan->extra);
            continue;
        }
        run->kind = RESULT_REFUSED;
        run->message = g_strdup("Its plan was discarded meanwhile: plan it again.");
    }
    return true;
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
        project_run_end(run, RESULT_REFUSED,
                        g_strdup_printf("Whether its plan still holds could not be found out: %s",
                                        run->message));
}

/* RESULT_OK: the plan may be applied, as far as it alone is asked. */
static void check_project(const Ctx *ctx, guint index, gpointer data)
{
    ApplyCommand *self = data;
    ProjectRun *run = &self->runs[index];
    g_autoptr(GError) error = NULL;

    if (!run->plan || !g_str_equal(run->plan->merge_commit, self->commit))
        return;
    project_run_set_checkout(run, self->checkout);
    g_free(run->plan_file);
    run->plan_file = g_strdup(run->plan->path);
    if (!project_run_restore_lock_file(run, &error) || !find_tool(ctx, run, &error) ||
        !plan_facts_check(ctx, &self->pull, run, &run->message, &error)) {
        fail_check(run, error);
        return;
    }
    run->kind = run->message ? RESULT_REFUSED : RESULT_OK;
    g_string_truncate(run->output, 0);
}

/* ------------------------------------------------------------- requirements */

static bool needs_review(const ApplyCommand *self)
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
            !is_settled(self, project))
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
static bool check_requirements(const Ctx *ctx, ApplyCommand *self, GError **error)
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

/* Of projects that are locked by an apply, not by a plan. *held as in store_locks_take(). */
static bool take_locks(ApplyCommand *self, GPtrArray **held, GError **error)
{
    g_autoptr(GPtrArray) wanted = g_ptr_array_new();
    g_autoptr(GArray) ids = NULL;

    *held = NULL;
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_OK && self->runs[i].plan &&
            self->runs[i].config->lock_mode == LOCK_ON_APPLY)
            g_ptr_array_add(wanted, (gpointer)self->runs[i].project);
    return wanted->len == 0 || store_locks_take(self->work->store, self->command, wanted, NULL,
                                                false, &ids, held, error);
}

static void end_with_locks(ApplyCommand *self, const GPtrArray *held)
{
    const RenderStyle style = work_style(self->work);

    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, "locked",
                render_locked(&style, (const Lock *const *)held->pdata, held->len), THREAD_ACTIVE);
}

static bool may_all_be_applied(ApplyCommand *self)
{
    bool is_good = true;

    for (guint i = 0; i < self->n_runs; i++)
        is_good &= self->runs[i].kind == RESULT_OK || earlier_run(self, self->runs[i].project_id);
    return is_good;
}

/* Nothing was changed: projects whose plan is good are told so. */
static void hold_back_rest(ApplyCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (run->kind != RESULT_OK)
            continue;
        run->kind = RESULT_NOT_RUN;
        run->message = g_strdup("Not started: another project of this command cannot be applied.");
    }
}

/* --------------------------------------------------------------- one project */

static bool apply_plan(const Ctx *ctx, ProjectRun *run, GError **error)
{
    bool is_applied =
        project_run_restore_lock_file(run, error) && steps_run(ctx, run, STAGE_APPLY, error);

    step_reached(ctx, STEP_APPLY_DONE);
    run->counts = summary_read(run->output->str);
    return is_applied;
}

static bool apply_project_begun(const Ctx *ctx, ProjectRun *run, const char *head, GError **error)
{
    g_autoptr(GError) why = NULL;
    RunState state = RUN_OK;
    ProjectStatus status = PROJECT_APPLIED;
    g_autoptr(Plan) consumed = NULL;

    step_reached(ctx, STEP_PLAN_CONSUMED);
    if (apply_plan(ctx, run, &why)) {
        run->kind = RESULT_OK;
    } else {
        project_run_fail(run, why);
        state = run->kind == RESULT_INTERRUPTED ? RUN_INTERRUPTED : RUN_FAILED;
        status = run->kind == RESULT_INTERRUPTED ? PROJECT_APPLY_INTERRUPTED : PROJECT_APPLY_FAILED;
    }
    consumed = g_steal_pointer(&run->plan); /* used up: the run's end records no new one */
    return project_run_finish(run, state, status, head, error);
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
        project_run_fail(run, error);
        return;
    }
    if (!why_not)
        why_not = dependencies_why(self, run, &error);
    if (error)
        project_run_fail(run, error);
    else if (why_not)
        project_run_end(run, RESULT_REFUSED, g_steal_pointer(&why_not));
}

/* I2 once more, right before the effect: a project may have waited for hours behind others. */
static bool may_begin(const Ctx *ctx, ApplyCommand *self, ProjectRun *run)
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

static void apply_project(const Ctx *ctx, guint index, gpointer data)
{
    ApplyCommand *self = data;
    ProjectRun *run = &self->runs[index];
    const char *head = self->pull.facts.head_commit;
    g_autoptr(GError) error = NULL;
    bool is_taken = false;

    if (run->kind != RESULT_OK || !run->plan ||
        !g_str_equal(run->plan->merge_commit, self->commit) || !may_begin(ctx, self, run))
        return;
    if (!project_run_begin(run, run->plan->id, &is_taken, &error)) {
        project_run_fail(run, error);
        return;
    }
    if (!is_taken) {
        run->kind = RESULT_REFUSED;
        run->message = g_strdup("Its plan was used or discarded meanwhile: plan it again.");
        return;
    }
    if (!apply_project_begun(ctx, run, head, &error))
        log_line(LEVEL_ERROR, ctx, "the end of the apply of %s is not stored: %s",
                 run->project->dir, error->message);
    else
        step_reached(ctx, STEP_APPLY_RECORDED);
}

/* ------------------------------------------------------------------ together */

static bool take_over_earlier(ApplyCommand *self, bool *is_interrupted, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];
        const Run *earlier = earlier_run(self, run->project_id);

        if (earlier && !project_run_take_over(run, earlier, PROJECT_APPLY_INTERRUPTED,
                                              self->pull.facts.head_commit, error))
            return false;
        *is_interrupted |= run->kind == RESULT_INTERRUPTED;
    }
    return true;
}

static void add_lock_facts(const Ctx *ctx, ApplyCommand *self)
{
    if (!self->checkout)
        self->checkout = paths_checkout(self->work->settings->data_dir, self->command->pull_id);
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_INTERRUPTED)
            project_run_add_lock_fact(ctx, &self->runs[i], self->checkout);
}

static void leave_rest(ApplyCommand *self)
{
    g_autofree char *by = running_asked_by(self->command->id);

    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (run->kind != RESULT_NOT_RUN || run->message)
            continue;
        run->message =
            g_strdup_printf("Not started: %s before its turn. Its plan is kept; apply it "
                            "again.",
                            by ? "the command was cancelled" : "the server was stopped");
    }
}

/* What somebody stopped midway: terraform has ended in good order, and its words are above. */
static void tell_cancelled(const Ctx *ctx, ApplyCommand *self)
{
    const Ctx unasked = { .command = ctx->command, .cancel = ctx->cancel };
    g_autofree char *by = running_asked_by(self->command->id);

    if (!by)
        return;
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_INTERRUPTED)
            project_run_end(&self->runs[i], RESULT_INTERRUPTED,
                            g_strdup_printf("%s cancelled the command while this ran.", by));
    add_lock_facts(&unasked, self);
}

static bool end_with_results(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    g_autoptr(GPtrArray) projects = NULL;
    const char *note;
    char *description = NULL;
    bool is_interrupted = false;
    StatusState state;

    for (guint i = 0; i < self->n_runs; i++) {
        self->has_failed |= self->runs[i].kind != RESULT_OK;
        is_interrupted |= self->runs[i].kind == RESULT_INTERRUPTED;
    }
    projects = store_projects(self->work->store, self->command->pull_id, error);
    if (!projects)
        return false;
    note = add_merge(ctx, self, projects);
    outcome_set(self->outcome, is_interrupted ? COMMAND_INTERRUPTED : COMMAND_DONE,
                is_interrupted     ? "interrupted"
                : self->has_failed ? "some projects were not applied"
                                   : NULL,
                project_runs_report(self->work, self->command, self->runs, self->n_runs,
                                    self->pull.facts.head_commit, note),
                self->has_failed ? THREAD_ACTIVE : THREAD_CLOSED);
    self->outcome->evidence = g_strdup(self->pull.facts.head_commit);
    state = tally_apply(projects, self->pull.facts.head_commit, &description);
    outcome_add_status(self->outcome, self->work, COMMAND_APPLY, state, description,
                       &self->pull.facts);
    return true;
}

/*
 * The files as they were when the plan was made, with what planning left beside them (lock files,
 * archives): provisioners and modules read them at apply.
 */
static bool check_out(const Ctx *ctx, ApplyCommand *self, const char *commit, GError **error)
{
    g_autofree char *dir = paths_checkout(self->work->settings->data_dir, self->command->pull_id);

    self->commit = commit;
    g_clear_pointer(&self->checkout, g_free);
    self->checkout =
        checkout_is_at(dir, commit)
            ? g_steal_pointer(&dir)
            : pull_work_checkout(ctx, self->work, self->command, &self->pull, commit, error);
    return self->checkout != NULL;
}

static bool is_first_of_commit(const ApplyCommand *self, guint index)
{
    const Plan *plan = self->runs[index].plan;

    for (guint i = 0; plan && i < index; i++)
        if (self->runs[i].plan && g_str_equal(self->runs[i].plan->merge_commit, plan->merge_commit))
            return false;
    return plan != NULL;
}

/*
 * With the merge strategy plans may be of several commits: one after the other is checked out.
 * wave: only of that one; -1: of all.
 */
static bool for_each_commit(const Ctx *ctx, ApplyCommand *self, int wave, SlotWork work,
                            GError **error)
{
    guint limit = self->pull.config->parallel_apply ? 0 : 1;

    for (guint i = 0; i < self->n_runs; i++) {
        if (!is_first_of_commit(self, i))
            continue;
        g_autofree char *commit = g_strdup(self->runs[i].plan->merge_commit);

        if (!check_out(ctx, self, commit, error))
            return false;
        if (wave < 0)
            slots_run(ctx, self->n_runs, 0, work, self);
        else
            waves_run_one(ctx, &self->waves, (guint)wave, limit, work, self);
        self->commit = NULL;
    }
    return true;
}

static bool has_failure(const ApplyCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind != RESULT_OK && self->runs[i].kind != RESULT_NOT_RUN)
            return true;
    return false;
}

/* What a wave that is not begun leaves behind: plans that may still be applied. */
static void stop_at(ApplyCommand *self, guint wave, const char *why)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->waves.wave_of[i] >= wave && self->runs[i].kind == RESULT_OK && self->runs[i].plan)
            project_run_end(&self->runs[i], RESULT_NOT_RUN,
                            g_strdup_printf("Not started: %s.", why));
}

static void init_waves(ApplyCommand *self)
{
    g_autofree const ProjectConfig **configs = g_new0(const ProjectConfig *, self->n_runs);

    for (guint i = 0; i < self->n_runs; i++)
        configs[i] = self->runs[i].config;
    waves_init(&self->waves, configs, self->n_runs, true);
}

static bool apply_in_order(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    g_autoptr(GError) why = NULL;

    init_waves(self);
    for (guint wave = 0; wave < self->waves.n_waves; wave++) {
        if (self->pull.config->aborts_on_failure && has_failure(self)) {
            stop_at(self, wave,
                    "a project of an earlier group was not applied, and "
                    "`abort_on_execution_order_fail` is set");
            return true;
        }
        if (for_each_commit(ctx, self, (int)wave, apply_project, &why))
            continue;
        if (!ctx_is_asked_to_stop(ctx)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        stop_at(self, wave, "the command was cancelled before its turn");
        break;
    }
    tell_cancelled(ctx, self);
    return true;
}

/* A plan of another head is refused without its files, which may be gone. */
static void refuse_other_heads(ApplyCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (!run->plan || g_str_equal(run->plan->head, self->pull.facts.head_commit))
            continue;
        run->kind = RESULT_REFUSED;
        run->message = g_strdup_printf(
            "The plan is not good any more: the pull request is at commit `%.10s` now, the plan "
            "was made for `%.10s`.",
            self->pull.facts.head_commit, run->plan->head);
        g_clear_pointer(&run->plan, plan_free);
    }
}

static bool apply_checked(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    g_autoptr(GPtrArray) held = NULL;

    if (!check_requirements(ctx, self, error) || !take_locks(self, &held, error))
        return false;
    if (held) {
        end_with_locks(self, held);
        return true;
    }
    step_reached(ctx, STEP_PLAN_CHECKED);
    return apply_in_order(ctx, self, error) && end_with_results(ctx, self, error);
}

static bool apply_all(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    if (!load_plans(self, error))
        return false;
    refuse_other_heads(self);
    if ((needs_review(self) &&
         !pull_work_review(ctx, self->work, self->command, &self->pull, error)) ||
        !for_each_commit(ctx, self, -1, check_project, error) || !ctx_check(ctx, error))
        return false; /* nothing was begun */
    if (may_all_be_applied(self))
        return apply_checked(ctx, self, error);
    hold_back_rest(self);
    return end_with_results(ctx, self, error);
}

/* What a process that died had applied is told, and nothing more is begun. */
static bool end_stopped(const Ctx *ctx, ApplyCommand *self, const Gate *gate, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_NOT_RUN && !self->runs[i].message)
            self->runs[i].message = g_strdup_printf("Not started. %s", gate->reason);
    return end_with_results(ctx, self, error);
}

static bool apply_collected(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    bool is_targeted = command_args_is_targeted(&self->command->args);
    g_autoptr(GPtrArray) stuck = stuck_projects(self);

    if (stuck->len && !self->earlier->len) {
        end_stuck(self, stuck);
        return true;
    }
    if (!is_targeted && self->work->settings->disable_apply_all) {
        refuse(
            self, "apply-all is off",
            "Applying everything at once is switched off on this server (`--disable-apply-all`). "
            "Name a project with `-d`.");
        return true;
    }
    if (self->n_runs)
        return apply_all(ctx, self, error);
    end_empty(ctx, self);
    return true;
}

/* ------------------------------------------------------------------ beginning */

static bool run_hooks(const Ctx *ctx, ApplyCommand *self, char **failure, GError **error)
{
    self->has_hooks = hooks_are_wanted(&self->pull, self->command);
    if (!self->has_hooks)
        return true;
    /* What a process that died had begun is told first; its hooks have run. */
    return check_out(ctx, self, self->pull.commit, error) &&
           (self->earlier->len || hooks_run_before(ctx, self->work, self->command, &self->pull,
                                                   self->checkout, failure, error));
}

static bool read_config(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    return self->has_hooks
               ? pull_work_config(ctx, &self->pull, self->checkout, error)
               : pull_work_config_planned(ctx, self->work, self->command, &self->pull, error);
}

/* Commits, hooks, configuration: everything that is known before projects are looked at. */
static bool prepare(const Ctx *ctx, ApplyCommand *self, char **failure, GError **error)
{
    const Settings *settings = self->work->settings;

    if (settings->use_tf_plugin_cache)
        self->plugin_cache = paths_plugin_cache(settings->data_dir);
    if (!pull_work_fetch(ctx, self->work, self->command, &self->pull, error))
        return false;
    if (self->pull.conflicts)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "The pull request cannot be merged into `%s` any more. Resolve the "
                           "conflicts, push, and plan again.",
                           self->pull.facts.base_branch);
    return run_hooks(ctx, self, failure, error) && read_config(ctx, self, error) &&
           pull_work_modules(ctx, self->work, &self->pull, error) &&
           pull_work_target(ctx, &self->pull, &self->command->args, error);
}

static void end_with_hook_failure(ApplyCommand *self, const char *failure)
{
    const RenderStyle style = work_style(self->work);

    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, "a hook failed",
                render_failure(&style, "Not applied: a hook before it failed",
                               "The server's rules stop a command when a hook before it fails.",
                               failure),
                THREAD_ACTIVE);
    outcome_add_status(self->outcome, self->work, COMMAND_APPLY, STATUS_FAILED,
                       g_strdup("not applied: a hook before it failed"), &self->pull.facts);
}

/* unready: why prepare() failed; what a process that died had begun is told all the same. */
static bool go_on(const Ctx *ctx, ApplyCommand *self, const Gate *gate, GError *unready,
                  GError **error)
{
    const Ctx unasked = { .command = ctx->command, .cancel = ctx->cancel };
    bool is_interrupted = false;

    if (!self->pull.config)
        pull_work_config_none(&self->pull);
    collect(self);
    if (!take_over_earlier(self, &is_interrupted, error))
        return false;
    if (is_interrupted || (self->earlier->len && ctx_is_asked_to_stop(ctx))) {
        add_lock_facts(&unasked, self);
        leave_rest(self);
        return end_with_results(ctx, self, error);
    }
    if (gate->kind != GATE_GO)
        return end_stopped(ctx, self, gate, error);
    if (!unready)
        return apply_collected(ctx, self, error);
    if (!g_error_matches(unready, HADAL_ERROR, HADAL_ERROR_INVALID)) {
        g_propagate_error(error, g_error_copy(unready));
        return false;
    }
    refuse(self, "not ready", unready->message);
    return true;
}

static bool prepare_and_go_on(const Ctx *ctx, ApplyCommand *self, const Gate *gate, GError **error)
{
    g_autoptr(GError) unready = NULL;
    g_autofree char *failure = NULL;

    if (gate->kind == GATE_GO && !prepare(ctx, self, &failure, &unready) && !self->earlier->len &&
        !g_error_matches(unready, HADAL_ERROR, HADAL_ERROR_INVALID)) {
        g_propagate_error(error, g_steal_pointer(&unready));
        return false;
    }
    if (failure && self->work->settings->fail_on_pre_workflow_hook_error) {
        end_with_hook_failure(self, failure);
        return true;
    }
    if (!go_on(ctx, self, gate, unready, error))
        return false;
    if (self->has_hooks && self->checkout)
        hooks_run_after(ctx, self->work, self->command, &self->pull, self->checkout,
                        self->has_failed);
    return true;
}

bool cmd_apply_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                   GError **error)
{
    g_auto(ApplyCommand) self = {
        .work = work,
        .command = command,
        .outcome = outcome,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
    };
    Gate gate;

    self.projects = store_projects(work->store, command->pull_id, error);
    self.earlier = self.projects ? store_runs(work->store, command->id, error) : NULL;
    if (!self.earlier || !pull_work_read(ctx, work, command, &self.pull, error))
        return false;
    gate = gate_check(work->settings, command, &self.pull.facts);
    if (gate.kind == GATE_GO)
        gate = gate_check_branch(command, self.pull.rules, &self.pull.facts);
    if (gate.kind == GATE_GO || self.earlier->len)
        return prepare_and_go_on(ctx, &self, &gate, error);
    outcome_refuse(outcome, command, &gate);
    return true;
}
