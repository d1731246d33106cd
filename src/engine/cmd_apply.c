// SPDX-License-Identifier: Apache-2.0
/*
 * "apply": plan records in, changed infrastructure out. First every plan is held against facts read
 * just now (I2); one that is not good any more stops the command before anything was changed. What
 * a project requires besides (approvals, say) is its own affair: it is refused, others go on. Then
 * each plan is consumed and applied, once: what a process that died had begun is reported, never
 * repeated.
 */
#include "engine/apply.h"

#include "base/log.h"
#include "base/step.h"
#include "engine/hooks.h"
#include "engine/paths.h"
#include "engine/steps.h"
#include "git/checkout.h"
#include "tf/summary.h"

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
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApplyCommand, apply_command_clear)

/* ------------------------------------------------------------ what to apply */

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

        if (earlier_run(self, project->id) || (is_planned && apply_is_target(self, project->ref)))
            add_run(self, project);
    }
    project_runs_share(self->runs, self->n_runs);
}

/* Projects that an apply of everything would pass over: it then applies nothing. Of char *. */
static GPtrArray *stuck_projects(const ApplyCommand *self)
{
    g_autoptr(GPtrArray) stuck = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];

        if (is_stuck(project->status) && apply_is_target(self, project->ref))
            g_ptr_array_add(stuck, project_ref_label(project->ref));
    }
    return g_steal_pointer(&stuck);
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

/* ------------------------------------------------------------- requirements */

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

static void apply_in_turn(const Ctx *ctx, ApplyCommand *self, ProjectRun *run)
{
    const char *head = self->pull.facts.head_commit;
    g_autoptr(GError) error = NULL;
    bool is_taken = false;

    if (!apply_may_begin(ctx, self, run))
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

static void apply_project(const Ctx *ctx, guint index, gpointer data)
{
    ApplyCommand *self = data;
    ProjectRun *run = &self->runs[index];

    if (run->kind != RESULT_OK || !run->plan || !g_str_equal(run->plan->merge_commit, self->commit))
        return;
    project_run_enter(run);
    apply_in_turn(ctx, self, run);
    project_run_leave(run);
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

/*
 * The files as they were when the plan was made, with what planning left beside them (lock files,
 * archives): provisioners and modules read them at apply.
 */
static bool check_out(const Ctx *ctx, ApplyCommand *self, const char *commit, GError **error)
{
    self->commit = commit;
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];
        const char *dir;

        if (!run->plan || !g_str_equal(run->plan->merge_commit, commit))
            continue;
        dir = pull_work_checkout(ctx, self->work, self->command, &self->pull,
                                 run->project->workspace, commit, error);
        if (!dir)
            return false;
        project_run_set_checkout(run, dir);
    }
    return true;
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
    apply_tell_cancelled(ctx, self);
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

    if (!apply_check_requirements(ctx, self, error) || !take_locks(self, &held, error))
        return false;
    if (held) {
        apply_end_locked(self, held);
        return true;
    }
    step_reached(ctx, STEP_PLAN_CHECKED);
    return apply_in_order(ctx, self, error) && apply_end(ctx, self, error);
}

static bool apply_all(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    if (!load_plans(self, error))
        return false;
    refuse_other_heads(self);
    if ((apply_needs_review(self) &&
         !pull_work_review(ctx, self->work, self->command, &self->pull, error)) ||
        !for_each_commit(ctx, self, -1, apply_check_plan, error) || !ctx_check(ctx, error))
        return false; /* nothing was begun */
    if (may_all_be_applied(self))
        return apply_checked(ctx, self, error);
    hold_back_rest(self);
    return apply_end(ctx, self, error);
}

/* What a process that died had applied is told, and nothing more is begun. */
static bool end_stopped(const Ctx *ctx, ApplyCommand *self, const Gate *gate, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_NOT_RUN && !self->runs[i].message)
            self->runs[i].message = g_strdup_printf("Not started. %s", gate->reason);
    return apply_end(ctx, self, error);
}

static bool apply_collected(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    bool is_targeted = command_args_is_targeted(&self->command->args);
    g_autoptr(GPtrArray) stuck = stuck_projects(self);

    if (stuck->len && !self->earlier->len) {
        apply_end_stuck(self, stuck);
        return true;
    }
    if (!is_targeted && self->work->settings->disable_apply_all) {
        apply_refuse(
            self, "apply-all is off",
            "Applying everything at once is switched off on this server (`--disable-apply-all`). "
            "Name a project with `-d`.");
        return true;
    }
    if (self->n_runs)
        return apply_all(ctx, self, error);
    apply_end_empty(ctx, self);
    return true;
}

/* ------------------------------------------------------------------ beginning */

static bool run_hooks(const Ctx *ctx, ApplyCommand *self, char **failure, GError **error)
{
    self->has_hooks = hooks_are_wanted(&self->pull, self->command);
    if (!self->has_hooks)
        return true;
    self->checkout = pull_work_checkout(ctx, self->work, self->command, &self->pull, "default",
                                        self->pull.commit, error);
    /* What a process that died had begun is told first; its hooks have run. */
    return self->checkout &&
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
        apply_add_lock_facts(&unasked, self);
        apply_leave_rest(self);
        return apply_end(ctx, self, error);
    }
    if (gate->kind != GATE_GO)
        return end_stopped(ctx, self, gate, error);
    if (!unready)
        return apply_collected(ctx, self, error);
    if (!g_error_matches(unready, HADAL_ERROR, HADAL_ERROR_INVALID)) {
        g_propagate_error(error, g_error_copy(unready));
        return false;
    }
    apply_refuse(self, "not ready", unready->message);
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
        apply_end_hook_failed(self, failure);
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
