// SPDX-License-Identifier: Apache-2.0
/*
 * "plan", automatic or asked for: pull request in, plan records out. Deciding what to plan is
 * select.c's work, running a project's steps is steps.c's; the order of things is here.
 */
#include "base/log.h"
#include "base/step.h"
#include "engine/authorize.h"
#include "engine/gate.h"
#include "engine/hooks.h"
#include "engine/labels.h"
#include "engine/paths.h"
#include "engine/plan_record.h"
#include "engine/policy_stage.h"
#include "engine/project_run.h"
#include "engine/require.h"
#include "engine/running.h"
#include "engine/select.h"
#include "engine/steps.h"
#include "engine/tally.h"
#include "engine/waves.h"
#include "grammar/discover.h"

typedef struct {
    Work *work;
    const Command *command;
    Outcome *outcome;
    PullWork pull;
    Selection *selection;
    GPtrArray *configs;    /* of const ProjectConfig, borrowed from selection and pull: to plan */
    GPtrArray *projects;   /* of ProjectRef, borrowed from configs, in their order */
    GPtrArray *base_moved; /* of char *: what the base branch changed since; NULL: nobody asks */
    GArray *ids;           /* of gint64, in the order of projects */
    Waves waves;
    const char *checkout; /* of the hooks, borrowed from pull; NULL: there are none */
    char *plugin_cache;
    ProjectRun *runs;
    guint n_runs;
    bool has_failed; /* some project, or all */
} PlanCommand;

static void plan_command_clear(PlanCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++)
        project_run_clear(&self->runs[i]);
    g_clear_pointer(&self->runs, g_free);
    waves_clear(&self->waves);
    g_clear_pointer(&self->projects, g_ptr_array_unref);
    g_clear_pointer(&self->configs, g_ptr_array_unref);
    g_clear_pointer(&self->selection, selection_free);
    g_clear_pointer(&self->base_moved, g_ptr_array_unref);
    pull_work_clear(&self->pull);
    g_clear_pointer(&self->ids, g_array_unref);
    g_clear_pointer(&self->plugin_cache, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlanCommand, plan_command_clear)

static void add_status(PlanCommand *self, CommandKind kind, StatusState state, char *description)
{
    outcome_add_status(self->outcome, self->work, kind, state, description, &self->pull.facts);
}

static void set_planned(PlanCommand *self)
{
    if (command_args_is_targeted(&self->command->args))
        return;
    self->outcome->planned_head = g_strdup(self->pull.facts.head_commit);
    self->outcome->planned_base = g_strdup(self->pull.facts.base_branch);
}

/* The end of a plan that a rule of ours stopped: told, with the plan status failed. */
static void refuse(PlanCommand *self, const char *reason, char *comment, const char *status)
{
    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, reason, comment, THREAD_ACTIVE);
    add_status(self, COMMAND_PLAN, STATUS_FAILED, g_strdup(status));
}

/* ------------------------------------------------------------- what to plan */

static bool was_applied(const Project *project)
{
    return project->status == PROJECT_APPLIED || project->status == PROJECT_APPLY_FAILED ||
           project->status == PROJECT_APPLY_INTERRUPTED;
}

static bool is_selected(const PlanCommand *self, const ProjectRef *project)
{
    for (guint i = 0; i < self->configs->len; i++)
        if (project_ref_equal(((const ProjectConfig *)self->configs->pdata[i])->ref, project))
            return true;
    return false;
}

static bool read_all_hcl(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) dirs = g_ptr_array_new();

    for (guint i = 0; i < self->configs->len; i++)
        g_ptr_array_add(dirs, ((const ProjectConfig *)self->configs->pdata[i])->ref->dir);
    return pull_work_read_hcl(ctx, &self->pull, dirs, error);
}

/* Where steps are the team's own, other programs than Terraform may read the directory. */
static bool is_still_there(PlanCommand *self, const ProjectRef *project)
{
    const ProjectConfig *config = pull_work_project(&self->pull, project);

    return discover_is_project(self->pull.files, project->dir) ||
           (workflow_has_commands(config->workflow, STAGE_PLAN) &&
            discover_has_dir(self->pull.files, project->dir));
}

/*
 * What this pull request has applied and does not change any more: its infrastructure is not what
 * the files say now, so it is planned too.
 */
static bool add_applied(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) known = store_projects(self->work->store, self->command->pull_id, error);

    if (!known)
        return false;
    for (guint i = 0; i < known->len; i++) {
        const Project *project = known->pdata[i];

        if (was_applied(project) && !is_selected(self, project->ref) &&
            is_still_there(self, project->ref))
            g_ptr_array_add(self->configs, (gpointer)pull_work_project(&self->pull, project->ref));
    }
    return self->configs->len == self->selection->projects->len || read_all_hcl(ctx, self, error);
}

static bool select_projects(const Ctx *ctx, PlanCommand *self, GError **error)
{
    bool is_targeted = command_args_is_targeted(&self->command->args);

    self->selection =
        pull_work_select(ctx, self->work, self->command, &self->pull, self->checkout, error);
    if (!self->selection)
        return false;
    self->configs = g_ptr_array_new();
    for (guint i = 0; i < self->selection->projects->len; i++)
        g_ptr_array_add(self->configs,
                        (gpointer)((const Selected *)self->selection->projects->pdata[i])->config);
    if (!is_targeted && !add_applied(ctx, self, error))
        return false;
    self->projects = g_ptr_array_new();
    for (guint i = 0; i < self->configs->len; i++)
        g_ptr_array_add(self->projects, ((const ProjectConfig *)self->configs->pdata[i])->ref);
    step_reached(ctx, STEP_PROJECTS_SELECTED);
    return true;
}

/* ----------------------------------------------------------- ends without a run */

static bool end_without_projects(PlanCommand *self, GError **error)
{
    const Settings *settings = self->work->settings;
    bool is_asked = self->command->source == SOURCE_COMMENT;
    bool has_status = !settings->silence_vcs_status_no_projects &&
                      (is_asked || !settings->silence_vcs_status_no_plans);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    char *description = NULL;
    StatusState state;

    /* What was planned for an earlier commit is not part of this one any more. */
    if (!store_locks_take(self->work->store, self->command, none, NULL, true, NULL, NULL, error))
        return false;
    outcome_set(self->outcome, COMMAND_DONE, "no projects",
                is_asked && !settings->silence_no_projects
                    ? render_notice("Nothing to plan",
                                    "No file of this pull request's change belongs to a Terraform "
                                    "project. To plan a directory all the same, name it with `-d`.")
                    : NULL,
                THREAD_CLOSED);
    set_planned(self);
    if (!has_status)
        return true;
    state = tally_plan(none, self->pull.facts.head_commit, &description);
    add_status(self, COMMAND_PLAN, state, description);
    state = tally_apply(none, self->pull.facts.head_commit, &description);
    add_status(self, COMMAND_APPLY, state, description);
    return !policy_stage_is_on(self->work) ||
           policy_stage_add_status(self->work, self->command, &self->pull, false, self->outcome,
                                   error);
}

static void end_with_conflicts(PlanCommand *self)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text,
                    "This pull request cannot be merged into `%s`, and plans are made from the "
                    "merged files (`--checkout-strategy=merge`). Resolve the conflicts and push.\n"
                    "In conflict: ",
                    self->pull.facts.base_branch);
    pull_work_append_conflicts(text, self->pull.conflicts);
    refuse(self, "merge conflicts", render_notice("Not planned: merge conflicts", text->str),
           "not planned: merge conflicts");
}

static void end_with_locks(PlanCommand *self, const GPtrArray *held)
{
    const Lock *first = held->pdata[0];
    const RenderStyle style = work_style(self->work);
    g_autofree char *status =
        g_strdup_printf("locked by pull request !%" G_GINT64_FORMAT "%s", first->pull.number,
                        held->len > 1 ? " and others" : "");

    refuse(self, "locked", render_locked(&style, (const Lock *const *)held->pdata, held->len),
           status);
}

static void end_with_bad_config(PlanCommand *self, const char *message)
{
    g_autofree char *text =
        g_strdup_printf("%s\n\nNothing was planned. Correct the file and push.", message);

    refuse(self, "configuration error", render_notice("Not planned: configuration error", text),
           "not planned: configuration error");
}

static void end_with_hook_failure(PlanCommand *self, const char *failure)
{
    const RenderStyle style = work_style(self->work);

    refuse(self, "a hook failed",
           render_failure(&style, "Not planned: a hook before it failed",
                          "The server's rules stop a command when a hook before it fails.",
                          failure),
           "not planned: a hook before it failed");
}

static void end_with_bad_target(PlanCommand *self, const char *message)
{
    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, message, render_notice("Not planned", message),
                THREAD_CLOSED);
}

/* --------------------------------------------------------------- one project */

static bool plan_project(const Ctx *ctx, ProjectRun *run, GError **error)
{
    if (!g_file_test(run->dir, G_FILE_TEST_IS_DIR))
        return hadal_throw(error, HADAL_ERROR_INVALID, "there is no directory `%s` at this commit",
                           run->project->dir);
    project_run_set_env(run);
    if (!steps_run(ctx, run, STAGE_PLAN, error))
        return false;
    step_reached(ctx, STEP_PLAN_DONE);
    return plan_record_make(ctx, run, error);
}

/* Why the project may not be planned; NULL when it may. The caller frees it. */
static char *required_why_not(const PlanCommand *self, const ProjectRun *run)
{
    g_autofree char *diverged =
        run->config->plan_requirements & REQUIRE_UNDIVERGED
            ? select_diverged_why(self->work->settings, run->config, self->pull.modules,
                                  self->base_moved, self->pull.facts.base_branch)
            : NULL;
    const RequireFacts facts = {
        .has_review = self->pull.has_review,
        .not_approved_why =
            self->pull.review.is_approved ? NULL : self->pull.review.not_approved_why,
        .not_mergeable_why = self->pull.review.not_mergeable_why,
        .diverged_why = diverged,
    };
    g_autoptr(GPtrArray) reasons = require_check(run->config->plan_requirements, &facts);

    return require_text(reasons);
}

static void plan_begun(const Ctx *ctx, PlanCommand *self, ProjectRun *run, const GError *no_tool)
{
    g_autofree char *why_not = required_why_not(self, run);
    g_autoptr(GError) error = NULL;

    if (run->kind == RESULT_REFUSED) /* who asked may not plan it */
        return;
    if (why_not)
        project_run_end(run, RESULT_REFUSED, g_steal_pointer(&why_not));
    else if (no_tool)
        project_run_fail(run, no_tool);
    else if (plan_project(ctx, run, &error))
        run->kind = RESULT_OK;
    else
        project_run_fail(run, error);
}

static void end_run(const Ctx *ctx, PlanCommand *self, ProjectRun *run)
{
    g_autoptr(GError) error = NULL;
    RunState state = run->kind == RESULT_OK        ? RUN_OK
                     : run->kind == RESULT_REFUSED ? RUN_REFUSED
                     : run->kind == RESULT_FAILED  ? RUN_FAILED
                                                   : RUN_INTERRUPTED;

    /* An interrupted plan is simply made again, and nothing is written down of this attempt; one
     * that somebody stopped is not. */
    if (run->kind == RESULT_INTERRUPTED && !ctx_is_asked_to_stop(ctx))
        return;
    if (!project_run_finish(run, state, plan_record_status(run), self->pull.facts.head_commit,
                            &error))
        project_run_fail(run, error);
}

static void run_project(const Ctx *ctx, guint index, gpointer data)
{
    PlanCommand *self = data;
    ProjectRun *run = &self->runs[index];
    g_autoptr(GError) no_tool = NULL, error = NULL;
    bool has_tool;

    has_tool = project_run_find_tool(ctx, run, NULL, &no_tool);
    g_assert(has_tool == !no_tool);
    if (!project_run_begin(run, 0, &run->is_begun, &error)) {
        project_run_fail(run, error);
        return;
    }
    project_run_enter(run);
    if (!ctx_is_asked_to_stop(ctx)) /* its turn comes too late: it stays not run */
        plan_begun(ctx, self, run, no_tool);
    project_run_leave(run);
    end_run(ctx, self, run);
}

/* ------------------------------------------------------------------ together */

static const char *check_out(const Ctx *ctx, PlanCommand *self, const char *workspace,
                             GError **error)
{
    return pull_work_checkout(ctx, self->work, self->command, &self->pull, workspace,
                              self->pull.commit, error);
}

static bool check_out_run(const Ctx *ctx, PlanCommand *self, ProjectRun *run, GError **error)
{
    const char *dir = check_out(ctx, self, run->project->workspace, error);

    if (dir)
        project_run_set_checkout(run, dir);
    return dir;
}

static bool prepare_runs(const Ctx *ctx, PlanCommand *self, GError **error)
{
    const Settings *settings = self->work->settings;

    if (settings->use_tf_plugin_cache)
        self->plugin_cache = paths_plugin_cache(settings->data_dir);
    if (self->plugin_cache && g_mkdir_with_parents(self->plugin_cache, 0700) < 0)
        return hadal_throw_errno(error, "create %s", self->plugin_cache);
    self->runs = g_new0(ProjectRun, self->configs->len);
    for (guint i = 0; i < self->configs->len; i++) {
        ProjectRun *run = &self->runs[self->n_runs++];

        project_run_init(run, self->work, self->command, &self->pull, self->configs->pdata[i],
                         g_array_index(self->ids, gint64, i));
        run->plugin_cache = self->plugin_cache;
        if (!check_out_run(ctx, self, run, error))
            return false;
        if (!authorize_run(ctx, self->work, run, error))
            return false;
    }
    project_runs_share(self->runs, self->n_runs);
    waves_init(&self->waves, (const ProjectConfig *const *)self->configs->pdata, self->n_runs,
               false);
    return true;
}

static bool tell_pending(PlanCommand *self, GError **error)
{
    g_autoptr(Status) status = status_new();

    if (self->work->settings->silence_vcs_status_no_projects)
        return true;
    status->name = work_status_name(self->work, COMMAND_PLAN);
    status->state = STATUS_PENDING;
    status->description = g_strdup_printf("planning %u %s", self->projects->len,
                                          self->projects->len == 1 ? "project" : "projects");
    status->head = g_strdup(self->pull.facts.head_commit);
    status->iteration = self->pull.facts.iteration;
    return store_status_queue(self->work->store, self->command, status, error);
}

/* Facts for requirements, and for the scripts that are told of them. */
static bool read_required_facts(const Ctx *ctx, PlanCommand *self, GError **error)
{
    bool needs_review = false, needs_base = false;

    for (guint i = 0; i < self->configs->len; i++) {
        const ProjectConfig *config = self->configs->pdata[i];

        needs_review |= require_needs_review(config->plan_requirements) ||
                        workflow_has_commands(config->workflow, STAGE_PLAN);
        needs_base |= config->plan_requirements & REQUIRE_UNDIVERGED;
    }
    if (needs_review && !pull_work_review(ctx, self->work, self->command, &self->pull, error))
        return false;
    if (needs_base)
        self->base_moved = pull_work_base_moved(ctx, &self->pull, error);
    return !needs_base || self->base_moved;
}

static bool has_failure(const PlanCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind != RESULT_OK && self->runs[i].kind != RESULT_NOT_RUN)
            return true;
    return false;
}

/* Between groups: abort_on_execution_order_fail. */
static bool goes_on(gpointer data)
{
    const PlanCommand *self = data;

    return !self->pull.config->aborts_on_failure || !has_failure(self);
}

/* Without a plan they have nothing to protect from others. */
static void release_locks(const Ctx *ctx, const PlanCommand *self, const GPtrArray *projects)
{
    g_autoptr(GError) error = NULL;

    if (projects->len > 0 &&
        !store_locks_release(self->work->store, self->command->pull_id, projects, &error))
        log_line(LEVEL_WARN, ctx, "locks of %u projects stay until the pull request is closed: %s",
                 projects->len, error->message);
}

static void release_failed(const Ctx *ctx, const PlanCommand *self)
{
    g_autoptr(GPtrArray) projects = g_ptr_array_new();

    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind != RESULT_OK)
            g_ptr_array_add(projects, (gpointer)self->runs[i].project);
    release_locks(ctx, self, projects);
}

static void leave_rest(PlanCommand *self)
{
    g_autofree char *by = running_asked_by(self->command->id);

    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (run->kind == RESULT_INTERRUPTED && by)
            project_run_end(run, run->kind, g_strdup_printf("%s cancelled the command.", by));
        else if (run->kind == RESULT_NOT_RUN && by)
            project_run_end(run, run->kind,
                            g_strdup_printf("Not planned: %s cancelled the command.", by));
        else if (run->kind == RESULT_NOT_RUN)
            project_run_end(run, run->kind,
                            g_strdup("Not planned: a project of an earlier group failed, and "
                                     "`abort_on_execution_order_fail` is set."));
    }
}

/* The process stops: all of it is planned again. */
static bool check_attempt(const Ctx *ctx, const PlanCommand *self, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++) {
        const ProjectRun *run = &self->runs[i];

        if (run->kind == RESULT_INTERRUPTED && !ctx_is_asked_to_stop(ctx))
            return ctx_check(ctx, error) &&
                   hadal_throw(error, HADAL_ERROR_CANCELLED, "%s", run->message);
    }
    return true;
}

/* The plans are there and are told; no policy has passed that was not asked. */
static void cancel_rest(PlanCommand *self)
{
    self->has_failed = true;
    self->outcome->state = COMMAND_CANCELLED;
    self->outcome->thread = THREAD_ACTIVE;
}

/* Only plans of which none failed are checked; the status tells of the others all the same. */
static bool check_policies(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!policy_stage_is_on(self->work))
        return true;
    if (!self->has_failed && !policy_stage_run(ctx, self->work, self->command, &self->pull,
                                               self->runs, self->n_runs, self->outcome, &why)) {
        if (!ctx_is_asked_to_stop(ctx)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        cancel_rest(self);
    }
    return policy_stage_add_status(self->work, self->command, &self->pull,
                                   ctx_is_asked_to_stop(ctx), self->outcome, error);
}

/* What is not planned now is not on its way either. */
static void add_plan_status(PlanCommand *self, const GPtrArray *projects)
{
    char *description = NULL;
    StatusState state = tally_plan(projects, self->pull.facts.head_commit, &description);
    bool is_over = self->has_failed && !command_args_is_targeted(&self->command->args);

    add_status(self, COMMAND_PLAN, is_over && state == STATUS_PENDING ? STATUS_FAILED : state,
               description);
}

static bool end_with_results(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) projects = NULL;
    char *description = NULL;
    StatusState state;

    if (!check_attempt(ctx, self, error))
        return false;
    leave_rest(self);
    release_failed(ctx, self);
    self->has_failed = has_failure(self) || ctx_is_asked_to_stop(ctx);
    projects = store_projects(self->work->store, self->command->pull_id, error);
    if (!projects)
        return false;
    outcome_set(self->outcome, ctx_is_asked_to_stop(ctx) ? COMMAND_CANCELLED : COMMAND_DONE,
                self->has_failed ? "some projects failed" : NULL,
                project_runs_report(self->work, self->command, self->runs, self->n_runs,
                                    self->pull.facts.head_commit, NULL),
                self->has_failed ? THREAD_ACTIVE : THREAD_CLOSED);
    if (!ctx_is_asked_to_stop(ctx))
        set_planned(self);
    add_plan_status(self, projects);
    state = tally_apply(projects, self->pull.facts.head_commit, &description);
    add_status(self, COMMAND_APPLY, state, description);
    return check_policies(ctx, self, error);
}

/* Also of what others have locked: a status must not succeed without it. */
static bool note_selection(PlanCommand *self, GError **error)
{
    return store_projects_select(self->work->store, self->command->pull_id, self->projects,
                                 self->pull.facts.head_commit, error);
}

static bool take_locks(PlanCommand *self, GPtrArray **held, GError **error)
{
    bool replaces_all = !command_args_is_targeted(&self->command->args);
    g_autofree bool *needs_lock = g_new0(bool, self->configs->len);

    for (guint i = 0; i < self->configs->len; i++)
        needs_lock[i] = ((const ProjectConfig *)self->configs->pdata[i])->lock_mode == LOCK_ON_PLAN;
    if (replaces_all && !note_selection(self, error))
        return false;
    return store_locks_take(self->work->store, self->command, self->projects, needs_lock,
                            replaces_all, &self->ids, held, error);
}

static bool run_locked(const Ctx *ctx, PlanCommand *self, GError **error)
{
    if (!tell_pending(self, error) || !prepare_runs(ctx, self, error))
        return false;
    waves_run(ctx, &self->waves, self->pull.config->parallel_plan ? 0 : 1, run_project, goes_on,
              self);
    return end_with_results(ctx, self, error);
}

static bool run_all(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) held = NULL;

    /* First what may fail for all: a lock without a plan protects nothing. */
    if (!read_required_facts(ctx, self, error) || !take_locks(self, &held, error))
        return false;
    if (held) {
        end_with_locks(self, held);
        return true;
    }
    step_reached(ctx, STEP_LOCKS_TAKEN);
    if (run_locked(ctx, self, error))
        return true;
    release_locks(ctx, self, self->projects);
    return false;
}

/* INVALID is told to the author of the pull request; everything else is the server's. */
static bool tell_invalid(PlanCommand *self, GError *own, void (*end)(PlanCommand *, const char *),
                         GError **error)
{
    if (!g_error_matches(own, HADAL_ERROR, HADAL_ERROR_INVALID)) {
        g_propagate_error(error, g_error_copy(own));
        return false;
    }
    end(self, own->message);
    return true;
}

static bool decide_and_run(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GError) own = NULL;

    if (!pull_work_config(ctx, &self->pull, self->checkout, &own))
        return tell_invalid(self, own, end_with_bad_config, error);
    if (!select_projects(ctx, self, &own))
        return tell_invalid(self, own, end_with_bad_target, error);
    return self->projects->len ? run_all(ctx, self, error) : end_without_projects(self, error);
}

static bool run_with_hooks(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autofree char *failure = NULL;

    self->checkout = check_out(ctx, self, "default", error);
    if (!self->checkout || !hooks_run_before(ctx, self->work, self->command, &self->pull,
                                             self->checkout, &failure, error))
        return false;
    if (failure && self->work->settings->fail_on_pre_workflow_hook_error) {
        end_with_hook_failure(self, failure);
        return true;
    }
    if (!decide_and_run(ctx, self, error))
        return false;
    hooks_run_after(ctx, self->work, self->command, &self->pull, self->checkout, self->has_failed);
    return true;
}

static bool go_on(const Ctx *ctx, PlanCommand *self, GError **error)
{
    if (!pull_work_fetch(ctx, self->work, self->command, &self->pull, error))
        return false;
    if (self->pull.conflicts) {
        end_with_conflicts(self);
        return true;
    }
    return hooks_are_wanted(&self->pull, self->command) ? run_with_hooks(ctx, self, error)
                                                        : decide_and_run(ctx, self, error);
}

/* Two pushes in a row, and the first one's plan already saw the second's commit. */
static bool is_planned_already(PlanCommand *self, bool *is_planned, GError **error)
{
    g_autofree char *head = NULL, *base = NULL;

    *is_planned = false;
    if (self->command->source != SOURCE_PUSH)
        return true;
    if (!store_pull_planned(self->work->store, self->command->pull_id, &head, &base, error))
        return false;
    *is_planned = g_strcmp0(head, self->pull.facts.head_commit) == 0 &&
                  g_strcmp0(base, self->pull.facts.base_branch) == 0;
    return true;
}

/* A label may stand against automatic plans: the next event plans, should it be gone by then. */
static bool check_label(const Ctx *ctx, const PlanCommand *self, Gate *gate, GError **error)
{
    const char *label = self->work->settings->disable_autoplan_label;
    bool has = false;

    if (gate->kind != GATE_GO || self->command->source != SOURCE_PUSH)
        return true;
    if (!labels_have(ctx, self->work, self->command, label, &has, error))
        return false;
    if (has)
        *gate = (Gate){ .kind = GATE_SKIP,
                        .reason = "a label asks for no automatic plan",
                        .forgets_queued = true };
    return true;
}

/* Who approves is to see the plan that was asked for. An approval that could not be taken back
 * would stand for it. */
static bool discard_approvals(const Ctx *ctx, const PlanCommand *self, GError **error)
{
    Host *host;

    if (!self->work->settings->discard_approval_on_plan || self->command->source != SOURCE_COMMENT)
        return true;
    host = work_host(self->work, self->command->pull.repo.host, error);
    return host && host_approvals_discard(ctx, host, &self->command->pull, error);
}

static bool read_gate(const Ctx *ctx, PlanCommand *self, Gate *gate, GError **error)
{
    if (!pull_work_read(ctx, self->work, self->command, &self->pull, error))
        return false;
    *gate = gate_check(self->work->settings, self->command, &self->pull.facts);
    if (gate->kind == GATE_GO)
        *gate = gate_check_branch(self->command, self->pull.rules, &self->pull.facts);
    return check_label(ctx, self, gate, error);
}

/*
 * A draft that was published since it was read: that event was compared with what is forgotten only
 * now, and changed nothing. So it is read once more; what comes from now on is compared anew.
 */
static bool forget_queued(const Ctx *ctx, PlanCommand *self, Gate *gate, GError **error)
{
    if (!gate->forgets_queued)
        return true;
    if (!store_pull_forget_queued(self->work->store, self->command->pull_id, error))
        return false;
    pull_facts_clear(&self->pull.facts);
    return read_gate(ctx, self, gate, error);
}

bool cmd_plan_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                  GError **error)
{
    g_auto(PlanCommand) self = { .work = work, .command = command, .outcome = outcome };
    bool is_planned = false;
    Gate gate;

    if (!read_gate(ctx, &self, &gate, error) || !is_planned_already(&self, &is_planned, error))
        return false;
    if (is_planned) {
        outcome_set(outcome, COMMAND_DONE, "this commit is planned already", NULL, THREAD_CLOSED);
        return true;
    }
    if (!forget_queued(ctx, &self, &gate, error))
        return false;
    if (gate.kind == GATE_GO)
        return discard_approvals(ctx, &self, error) && go_on(ctx, &self, error);
    outcome_refuse(outcome, command, &gate);
    return true;
}
