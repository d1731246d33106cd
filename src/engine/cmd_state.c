// SPDX-License-Identifier: Apache-2.0
/*
 * "import" and "state rm": they change a state without a plan, so they are never repeated, and the
 * plans of their projects are discarded from the moment they begin. Both obey import_requirements.
 */
#include "base/log.h"
#include "base/step.h"
#include "engine/authorize.h"
#include "engine/gate.h"
#include "engine/hooks.h"
#include "engine/paths.h"
#include "engine/project_run.h"
#include "engine/require.h"
#include "engine/running.h"
#include "engine/select.h"
#include "engine/steps.h"
#include "engine/tally.h"

typedef struct {
    Work *work;
    const Command *command;
    Outcome *outcome;
    StageKind stage;
    PullWork pull;
    Selection *selection;
    GPtrArray *earlier;   /* of Run, owned: begun by this command in a process that died */
    const char *checkout; /* of the hooks, borrowed from pull; NULL: there are none */
    char *plugin_cache;
    ProjectRun *runs;
    guint n_runs;
    bool has_failed;
} StateCommand;

static void state_command_clear(StateCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++)
        project_run_clear(&self->runs[i]);
    g_clear_pointer(&self->runs, g_free);
    g_clear_pointer(&self->selection, selection_free);
    g_clear_pointer(&self->earlier, g_ptr_array_unref);
    pull_work_clear(&self->pull);
    g_clear_pointer(&self->plugin_cache, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StateCommand, state_command_clear)

static void refuse(StateCommand *self, const char *message)
{
    g_autofree char *title =
        g_strdup_printf("%s refused", command_info(self->command->kind)->title);

    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, message, render_notice(title, message), THREAD_CLOSED);
}

/* ----------------------------------------------------------------- selecting */

static bool select_projects(const Ctx *ctx, StateCommand *self, GError **error)
{
    self->selection =
        pull_work_select(ctx, self->work, self->command, &self->pull, self->checkout, error);
    return self->selection != NULL;
}

static bool check_selection(const StateCommand *self, GError **error)
{
    guint n = self->selection->projects->len;

    if (n == 0)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "No project is affected by this pull request. Name one with `-d` or "
                           "`-p`.");
    if (n > 1 && self->stage == STAGE_IMPORT)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "%u projects are affected by this pull request, and an import is into "
                           "one: name it with `-d` or `-p`.",
                           n);
    return true;
}

/* ------------------------------------------------------------- one project */

static bool needs_base(const StateCommand *self)
{
    bool needs = false;

    for (guint i = 0; i < self->n_runs; i++)
        needs |= self->runs[i].config->import_requirements & REQUIRE_UNDIVERGED;
    return needs;
}

static bool diverged_why(const Ctx *ctx, StateCommand *self, const ProjectRun *run, char **why_not,
                         GError **error)
{
    g_autoptr(GPtrArray) moved = NULL;

    if (!(run->config->import_requirements & REQUIRE_UNDIVERGED))
        return true;
    moved = pull_work_base_moved(ctx, &self->pull, error);
    if (moved)
        *why_not = select_diverged_why(self->work->settings, run->config, self->pull.modules, moved,
                                       self->pull.facts.base_branch);
    return moved != NULL;
}

/* Why it may not be, by facts of now; *why_not (the caller's) is NULL when it may. */
static bool required_why_not(const Ctx *ctx, StateCommand *self, const ProjectRun *run,
                             char **why_not, GError **error)
{
    const PullReview *review = &self->pull.review;
    g_autofree char *diverged = NULL;
    g_autoptr(GPtrArray) reasons = NULL;

    if (!pull_work_look_again(ctx, self->work, self->command, &self->pull, needs_base(self),
                              why_not, error))
        return false;
    if (*why_not)
        return true;
    if (!diverged_why(ctx, self, run, &diverged, error))
        return false;
    const RequireFacts facts = {
        .has_review = self->pull.has_review,
        .not_approved_why = review->is_approved ? NULL : review->not_approved_why,
        .not_mergeable_why = review->not_mergeable_why,
        .diverged_why = diverged,
    };

    reasons = require_check(run->config->import_requirements, &facts);
    *why_not = require_text(reasons);
    return true;
}

static bool change_state(const Ctx *ctx, StateCommand *self, ProjectRun *run, GError **error)
{
    bool is_begun = false;

    if (!project_run_find_tool(ctx, run, NULL, error) ||
        !project_run_begin(run, 0, &is_begun, error))
        return false;
    run->is_begun = is_begun;
    step_reached(ctx, STEP_PLAN_CONSUMED);
    project_run_set_env(run);
    return steps_run(ctx, run, self->stage, error);
}

static void run_project(const Ctx *ctx, StateCommand *self, ProjectRun *run)
{
    g_autofree char *why_not = NULL;
    g_autoptr(GError) error = NULL;
    RunState state;

    if (run->kind == RESULT_REFUSED) /* who asked may not change it */
        return;
    if (!required_why_not(ctx, self, run, &why_not, &error)) {
        project_run_fail(run, error);
        return;
    }
    if (why_not) {
        project_run_end(run, RESULT_REFUSED, g_steal_pointer(&why_not));
        return;
    }
    if (change_state(ctx, self, run, &error))
        run->kind = RESULT_OK;
    else
        project_run_fail(run, error);
    step_reached(ctx, STEP_APPLY_DONE);
    g_clear_error(&error);
    state = run->kind == RESULT_OK            ? RUN_OK
            : run->kind == RESULT_INTERRUPTED ? RUN_INTERRUPTED
                                              : RUN_FAILED;
    if (run->is_begun &&
        !project_run_finish(run, state, PROJECT_DISCARDED, self->pull.facts.head_commit, &error))
        log_line(LEVEL_ERROR, ctx, "the end of a run in %s is not stored: %s", run->project->dir,
                 error->message);
}

/* ------------------------------------------------------------------ together */

static bool read_required_facts(const Ctx *ctx, StateCommand *self, GError **error)
{
    bool needs_review = false;

    for (guint i = 0; i < self->selection->projects->len; i++) {
        const Selected *selected = self->selection->projects->pdata[i];

        needs_review |= require_needs_review(selected->config->import_requirements);
    }
    return !needs_review || pull_work_review(ctx, self->work, self->command, &self->pull, error);
}

/* Also of projects that lock at apply: a state changes now. */
static bool take_locks(StateCommand *self, GArray **ids, GPtrArray **held, GError **error)
{
    guint n = self->selection->projects->len;
    g_autoptr(GPtrArray) refs = g_ptr_array_new();
    g_autofree bool *needs_lock = g_new0(bool, n);

    for (guint i = 0; i < n; i++) {
        const Selected *selected = self->selection->projects->pdata[i];

        g_ptr_array_add(refs, selected->config->ref);
        needs_lock[i] = selected->config->lock_mode != LOCK_DISABLED;
    }
    return store_locks_take(self->work->store, self->command, refs, needs_lock, false, ids, held,
                            error);
}

static bool prepare_runs(const Ctx *ctx, StateCommand *self, const GArray *ids, GError **error)
{
    guint n = self->selection->projects->len;

    if (self->work->settings->use_tf_plugin_cache)
        self->plugin_cache = paths_plugin_cache(self->work->settings->data_dir);
    self->runs = g_new0(ProjectRun, n);
    for (guint i = 0; i < n; i++) {
        const Selected *selected = self->selection->projects->pdata[i];
        ProjectRun *run = &self->runs[self->n_runs++];
        const char *dir;

        project_run_init(run, self->work, self->command, &self->pull, selected->config,
                         g_array_index(ids, gint64, i));
        run->plugin_cache = self->plugin_cache;
        dir = pull_work_checkout(ctx, self->work, self->command, &self->pull,
                                 run->project->workspace, self->pull.commit, error);
        if (!dir)
            return false;
        project_run_set_checkout(run, dir);
        if (!authorize_run(ctx, self->work, run, error))
            return false;
    }
    return true;
}

static char *report_text(StateCommand *self)
{
    g_autofree ProjectResult *results = g_new0(ProjectResult, self->n_runs);
    const RenderStyle style = work_style(self->work);

    for (guint i = 0; i < self->n_runs; i++) {
        if (self->command->args.is_verbose && !self->runs[i].log)
            self->runs[i].log = project_run_log_text(self->runs[i].run->log_path);
        results[i] = project_run_result(&self->runs[i]);
    }
    const CommandReport report = {
        .title = command_info(self->command->kind)->title,
        .head = self->pull.facts.head_commit,
        .results = results,
        .n_results = self->n_runs,
    };

    return render_state_report(&style, &report);
}

static bool end_with_results(StateCommand *self, GError **error)
{
    g_autoptr(GPtrArray) projects = NULL;
    bool is_interrupted = false;
    char *description = NULL;
    StatusState state;

    for (guint i = 0; i < self->n_runs; i++) {
        self->has_failed |= self->runs[i].kind != RESULT_OK;
        is_interrupted |= self->runs[i].kind == RESULT_INTERRUPTED;
    }
    projects = store_projects(self->work->store, self->command->pull_id, error);
    if (!projects)
        return false;
    outcome_set(self->outcome, is_interrupted ? COMMAND_INTERRUPTED : COMMAND_DONE,
                is_interrupted ? "interrupted" : NULL, report_text(self),
                project_runs_thread(self->runs, self->n_runs));
    self->outcome->evidence = g_strdup(self->pull.facts.head_commit);
    state = tally_plan(projects, self->pull.facts.head_commit, &description);
    outcome_add_status(self->outcome, self->work, COMMAND_PLAN, state, description,
                       &self->pull.facts);
    state = tally_apply(projects, self->pull.facts.head_commit, &description);
    outcome_add_status(self->outcome, self->work, COMMAND_APPLY, state, description,
                       &self->pull.facts);
    return true;
}

/* What somebody stopped midway, and what then did not begin. */
static void tell_cancelled(const Ctx *ctx, StateCommand *self)
{
    const Ctx unasked = { .command = ctx->command, .cancel = ctx->cancel };
    g_autofree char *by = running_asked_by(self->command->id);

    for (guint i = 0; by && i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (run->kind != RESULT_INTERRUPTED)
            continue;
        project_run_end(run, run->is_begun ? RESULT_INTERRUPTED : RESULT_NOT_RUN,
                        g_strdup_printf("%s cancelled the command.", by));
        if (run->is_begun)
            project_run_add_lock_fact(&unasked, run);
    }
}

static bool run_all(const Ctx *ctx, StateCommand *self, GError **error)
{
    const RenderStyle style = work_style(self->work);
    g_autoptr(GPtrArray) held = NULL;
    g_autoptr(GArray) ids = NULL;

    if (!read_required_facts(ctx, self, error) || !take_locks(self, &ids, &held, error))
        return false;
    if (held) {
        self->has_failed = true;
        outcome_set(self->outcome, COMMAND_DONE, "locked",
                    render_locked(&style, (const Lock *const *)held->pdata, held->len),
                    THREAD_CLOSED);
        return true;
    }
    step_reached(ctx, STEP_LOCKS_TAKEN);
    if (!prepare_runs(ctx, self, ids, error))
        return false;
    for (guint i = 0; i < self->n_runs; i++)
        run_project(ctx, self, &self->runs[i]);
    tell_cancelled(ctx, self);
    return end_with_results(self, error);
}

/* INVALID is told to who asked; everything else is the server's. */
static bool decide_and_run(const Ctx *ctx, StateCommand *self, GError **error)
{
    g_autoptr(GError) own = NULL;

    if (pull_work_config(ctx, &self->pull, self->checkout, &own) &&
        select_projects(ctx, self, &own) && check_selection(self, &own))
        return run_all(ctx, self, error);
    if (!g_error_matches(own, HADAL_ERROR, HADAL_ERROR_INVALID)) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    refuse(self, own->message);
    return true;
}

static bool run_with_hooks(const Ctx *ctx, StateCommand *self, GError **error)
{
    g_autofree char *failure = NULL;

    self->checkout = pull_work_checkout(ctx, self->work, self->command, &self->pull, "default",
                                        self->pull.commit, error);
    if (!self->checkout || !hooks_run_before(ctx, self->work, self->command, &self->pull,
                                             self->checkout, &failure, error))
        return false;
    if (failure && self->work->settings->fail_on_pre_workflow_hook_error) {
        refuse(self, "A hook before it failed, and the server's rules then stop a command.");
        return true;
    }
    if (!decide_and_run(ctx, self, error))
        return false;
    hooks_run_after(ctx, self->work, self->command, &self->pull, self->checkout, self->has_failed);
    return true;
}

static bool go_on(const Ctx *ctx, StateCommand *self, GError **error)
{
    if (!pull_work_fetch(ctx, self->work, self->command, &self->pull, error))
        return false;
    if (self->pull.conflicts) {
        refuse(self, "The pull request cannot be merged into its base branch: resolve the "
                     "conflicts and push.");
        return true;
    }
    return hooks_are_wanted(&self->pull, self->command) ? run_with_hooks(ctx, self, error)
                                                        : decide_and_run(ctx, self, error);
}

/* What a process that died had begun is told, and not done again. */
static bool tell_earlier(const Ctx *ctx, StateCommand *self, GError **error)
{
    pull_work_config_none(&self->pull);
    self->runs = g_new0(ProjectRun, self->earlier->len);
    for (guint i = 0; i < self->earlier->len; i++) {
        const Run *earlier = self->earlier->pdata[i];
        ProjectRun *run = &self->runs[self->n_runs++];

        project_run_init(run, self->work, self->command, &self->pull,
                         pull_work_project(&self->pull, earlier->project), earlier->project_id);
        if (!project_run_take_over(run, earlier, PROJECT_DISCARDED, self->pull.facts.head_commit,
                                   error))
            return false;
        if (run->kind == RESULT_INTERRUPTED)
            project_run_add_lock_fact(ctx, run);
    }
    return end_with_results(self, error);
}

static bool run_state(const Ctx *ctx, StateCommand *self, GError **error)
{
    Gate gate;

    self->earlier = store_runs(self->work->store, self->command->id, error);
    if (!self->earlier || !pull_work_read(ctx, self->work, self->command, &self->pull, error))
        return false;
    if (self->earlier->len)
        return tell_earlier(ctx, self, error);
    gate = gate_check(self->work->settings, self->command, &self->pull.facts);
    if (gate.kind == GATE_GO)
        gate = gate_check_branch(self->command, self->pull.rules, &self->pull.facts);
    if (gate.kind == GATE_GO)
        return go_on(ctx, self, error);
    outcome_refuse(self->outcome, self->command, &gate);
    return true;
}

bool cmd_import_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                    GError **error)
{
    g_auto(StateCommand) self = {
        .work = work, .command = command, .outcome = outcome, .stage = STAGE_IMPORT
    };

    return run_state(ctx, &self, error);
}

bool cmd_state_rm_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                      GError **error)
{
    g_auto(StateCommand) self = {
        .work = work, .command = command, .outcome = outcome, .stage = STAGE_STATE_RM
    };

    return run_state(ctx, &self, error);
}
