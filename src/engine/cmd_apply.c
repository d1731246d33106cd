// SPDX-License-Identifier: Apache-2.0
/*
 * "apply": plan records in, changed infrastructure out. First every plan is held against facts read
 * just now (I2); one that fails stops the command before anything was changed. Then each plan is
 * consumed and applied, once: what a process that died had begun is reported, never repeated.
 */
#include <pthread.h>

#include "base/log.h"
#include "base/step.h"
#include "engine/paths.h"
#include "engine/plan_facts.h"
#include "engine/project_run.h"
#include "engine/slots.h"
#include "engine/tally.h"
#include "git/checkout.h"
#include "tf/summary.h"

/* How long what the host said may stand before a project is begun on it. */
enum { FACTS_STAY_FRESH_US = 2 * 1000 * 1000 };

typedef struct {
    Work *work;
    const Command *command;
    Outcome *outcome;
    PullWork pull;
    GPtrArray *projects; /* of Project, owned: all of the pull request */
    GPtrArray *earlier;  /* of Run, owned: begun by this command in a process that died */
    TfTool tool;
    char *plugin_cache;
    char *checkout;
    const char *commit; /* that is checked out: what run now are the projects planned from it */
    ProjectRun *runs;
    guint n_runs;
    pthread_mutex_t mutex; /* of the projects' threads */
    gint64 facts_at;       /* under mutex, like pull.facts from then on: when they were read */
    char *stop_reason;     /* under mutex: nothing more is begun */
} ApplyCommand;

static void apply_command_clear(ApplyCommand *self)
{
    pthread_mutex_destroy(&self->mutex);
    g_clear_pointer(&self->stop_reason, g_free);
    pull_work_clear(&self->pull);
    g_clear_pointer(&self->projects, g_ptr_array_unref);
    g_clear_pointer(&self->earlier, g_ptr_array_unref);
    tf_tool_clear(&self->tool);
    g_clear_pointer(&self->plugin_cache, g_free);
    g_clear_pointer(&self->checkout, g_free);
    for (guint i = 0; i < self->n_runs; i++)
        project_run_clear(&self->runs[i]);
    g_clear_pointer(&self->runs, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApplyCommand, apply_command_clear)

static void refuse(ApplyCommand *self, const char *reason, const char *text)
{
    outcome_set(self->outcome, COMMAND_DONE, reason, render_notice("Not applied", text),
                THREAD_ACTIVE);
}

/* ------------------------------------------------------------ what to apply */

static bool is_target(const CommandArgs *args, const ProjectRef *project)
{
    const char *dir = args->dir ? args->dir : ".";
    const char *workspace = args->workspace ? args->workspace : "default";

    if (args->project)
        return g_str_equal(args->project, project->name);
    if (!command_args_is_targeted(args))
        return true;
    return g_str_equal(dir, project->dir) && g_str_equal(workspace, project->workspace);
}

static const Run *earlier_run(const ApplyCommand *self, gint64 project_id)
{
    for (guint i = 0; i < self->earlier->len; i++) {
        const Run *run = self->earlier->pdata[i];

        if (run->project_id == project_id)
            return run;
    }
    return NULL;
}

static bool is_stuck(ProjectStatus status)
{
    return status == PROJECT_PLAN_FAILED || status == PROJECT_APPLY_FAILED ||
           status == PROJECT_APPLY_INTERRUPTED || status == PROJECT_DISCARDED;
}

static void add_run(ApplyCommand *self, const Project *project)
{
    ProjectRun *run = &self->runs[self->n_runs++];

    project_run_init(run, self->work, self->command, project->ref, project->id);
    run->tool = &self->tool;
}

/* What this command is about: planned projects that it names, and what it had begun before. */
static void collect(ApplyCommand *self)
{
    self->runs = g_new0(ProjectRun, self->projects->len);
    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];
        bool is_planned = project->status == PROJECT_PLANNED;

        if (earlier_run(self, project->id) ||
            (is_planned && is_target(&self->command->args, project->ref)))
            add_run(self, project);
    }
}

/* Projects that an apply of everything would pass over: it then applies nothing. Of char *. */
static GPtrArray *stuck_projects(const ApplyCommand *self)
{
    g_autoptr(GPtrArray) stuck = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];

        if (is_stuck(project->status) && is_target(&self->command->args, project->ref))
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

/* I10: nothing to apply is a success only when this very head was planned and needs nothing. */
static void end_empty(ApplyCommand *self)
{
    char *description = NULL;
    guint n_targets = 0, n_settled = 0;
    StatusState state;

    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];

        if (!is_target(&self->command->args, project->ref))
            continue;
        n_targets++;
        n_settled += is_settled(self, project);
    }
    if (n_targets == 0 || n_settled < n_targets) {
        end_without_plan(self);
        return;
    }
    outcome_set(self->outcome, COMMAND_DONE, "nothing to apply",
                render_notice("Nothing to apply",
                              n_targets == 1 ? "The project is up to date with its plan."
                                             : "Every project is up to date with its plan."),
                THREAD_CLOSED);
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

/* RESULT_OK: the plan may be applied. */
static void check_project(const Ctx *ctx, guint index, gpointer data)
{
    ApplyCommand *self = data;
    ProjectRun *run = &self->runs[index];
    g_autoptr(GError) error = NULL;

    if (!run->plan || !g_str_equal(run->plan->merge_commit, self->commit))
        return;
    project_run_set_dir(run);
    if (!plan_facts_check(ctx, &self->pull, run, &run->message, &error)) {
        project_run_fail(run, error);
        return;
    }
    run->kind = run->message ? RESULT_REFUSED : RESULT_OK;
    g_string_truncate(run->output, 0);
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

/* What a process that died had begun: done is reported as it was, midway is never repeated. */
static bool take_over(ProjectRun *run, const Run *earlier, const char *head, GError **error)
{
    g_autofree char *log = project_run_log_text(earlier->log_path);

    if (log)
        g_string_assign(run->output, log);
    run->counts = earlier->counts;
    run->message = g_strdup(earlier->message);
    if (earlier->state != RUN_RUNNING) {
        run->kind = earlier->state == RUN_OK            ? RESULT_OK
                    : earlier->state == RUN_INTERRUPTED ? RESULT_INTERRUPTED
                                                        : RESULT_FAILED;
        return true;
    }
    run->kind = RESULT_INTERRUPTED;
    run->run->id = earlier->id;
    run->run->command_id = earlier->command_id;
    run->run->project_id = earlier->project_id;
    g_free(run->message);
    run->message = g_strdup(
        "The server was stopped while this apply ran; the log below ends where it stopped.");
    g_clear_pointer(&run->plan, plan_free);
    return project_run_finish(run, RUN_INTERRUPTED, PROJECT_APPLY_INTERRUPTED, head, error);
}

static bool apply_plan(const Ctx *ctx, ProjectRun *run, GError **error)
{
    const TfRun tf = project_run_tf(run);
    bool is_applied = tf_apply(ctx, &tf, run->plan->path, run->output, error);

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

/* What the host says now, when it was last asked a while ago; the caller holds the mutex. */
static bool read_facts_again(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    g_auto(PullFacts) now = { 0 };
    Gate gate;
    Host *host;

    if (g_get_monotonic_time() - self->facts_at < FACTS_STAY_FRESH_US)
        return true;
    host = work_host(self->work, self->command->pull.repo.host, error);
    if (!host || !host_pull_read(ctx, host, &self->command->pull, &now, error))
        return false;
    self->facts_at = g_get_monotonic_time();
    gate = gate_check(self->work->settings, self->command, &now);
    if (gate.kind != GATE_GO)
        self->stop_reason = g_strdup(gate.reason);
    else if (g_strcmp0(now.head_commit, self->pull.facts.head_commit) != 0)
        self->stop_reason = g_strdup_printf("A commit was pushed meanwhile: the pull request is at "
                                            "`%.10s` now. Plan again.",
                                            now.head_commit);
    else if (g_strcmp0(now.base_branch, self->pull.facts.base_branch) != 0)
        self->stop_reason =
            g_strdup_printf("The pull request goes into `%s` now. Plan again.", now.base_branch);
    return true;
}

/* I2 once more, right before the effect: a project may have waited for hours behind others. */
static bool may_begin(const Ctx *ctx, ApplyCommand *self, ProjectRun *run)
{
    g_autoptr(GError) error = NULL;

    pthread_mutex_lock(&self->mutex);
    if (!self->stop_reason && !ctx_check(ctx, &error))
        self->stop_reason = g_strdup("The server was stopped before its turn. Apply again.");
    if (!self->stop_reason && !read_facts_again(ctx, self, &error))
        self->stop_reason = g_strdup_printf("Its pull request could not be read again: %s. Apply "
                                            "again.",
                                            error->message);
    if (self->stop_reason) {
        run->kind = RESULT_NOT_RUN;
        run->message = g_strdup_printf("Not started. %s", self->stop_reason);
    }
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

        if (earlier && !take_over(run, earlier, self->pull.facts.head_commit, error))
            return false;
        *is_interrupted |= run->kind == RESULT_INTERRUPTED;
    }
    return true;
}

/* What somebody has to know who cleans up: best effort, for the report alone. */
static void add_lock_fact(const Ctx *ctx, const ApplyCommand *self, ProjectRun *run)
{
    g_autofree char *holder = NULL, *told = NULL;
    bool is_known;

    run->checkout = self->checkout;
    project_run_set_dir(run);
    const TfRun tf = project_run_tf(run);

    is_known = g_file_test(run->dir, G_FILE_TEST_IS_DIR) && tf_lock_probe(ctx, &tf, &holder, NULL);
    if (!is_known)
        told = g_strdup("Whether the state is still locked could not be found out.");
    else if (holder)
        told = g_strdup_printf("The state is locked (%s). When nothing runs any more, release it "
                               "with `terraform force-unlock`.",
                               holder);
    else
        told = g_strdup("The state is not locked.");
    char *message = g_strdup_printf("%s\n%s", run->message, told);
    g_free(run->message);
    run->message = message;
}

static void add_lock_facts(const Ctx *ctx, ApplyCommand *self)
{
    if (!tf_tool_find(ctx, work_tool_name(self->work), &self->tool, NULL))
        return;
    self->checkout = paths_checkout(self->work->settings->data_dir, self->command->pull_id);
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_INTERRUPTED)
            add_lock_fact(ctx, self, &self->runs[i]);
}

static void leave_rest(ApplyCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        if (run->kind != RESULT_NOT_RUN || run->message)
            continue;
        run->message = g_strdup("Not started: the server was stopped before its turn. Its plan is "
                                "kept; apply it again.");
    }
}

static bool end_with_results(ApplyCommand *self, GError **error)
{
    g_autoptr(GPtrArray) projects = NULL;
    char *description = NULL;
    bool has_failed = false, is_interrupted = false;
    StatusState state;

    for (guint i = 0; i < self->n_runs; i++) {
        has_failed |= self->runs[i].kind != RESULT_OK;
        is_interrupted |= self->runs[i].kind == RESULT_INTERRUPTED;
    }
    projects = store_projects(self->work->store, self->command->pull_id, error);
    if (!projects)
        return false;
    outcome_set(self->outcome, is_interrupted ? COMMAND_INTERRUPTED : COMMAND_DONE,
                is_interrupted ? "interrupted"
                : has_failed   ? "some projects were not applied"
                               : NULL,
                project_runs_report(self->work, self->command, self->runs, self->n_runs,
                                    self->pull.facts.head_commit, NULL),
                has_failed ? THREAD_ACTIVE : THREAD_CLOSED);
    self->outcome->evidence = g_strdup(self->pull.facts.head_commit);
    state = tally_apply(projects, self->pull.facts.head_commit, &description);
    outcome_add_status(self->outcome, self->work, COMMAND_APPLY, state, description,
                       &self->pull.facts);
    return true;
}

static bool prepare(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    const Settings *settings = self->work->settings;

    if (!pull_work_fetch(ctx, self->work, self->command, &self->pull, error) ||
        !tf_tool_find(ctx, work_tool_name(self->work), &self->tool, error))
        return false;
    if (settings->use_tf_plugin_cache)
        self->plugin_cache = paths_plugin_cache(settings->data_dir);
    if (self->pull.conflicts)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "the pull request cannot be merged into `%s` any more: resolve the "
                           "conflicts, push, and plan again",
                           self->pull.facts.base_branch);
    return pull_work_files(ctx, &self->pull, error);
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
    for (guint i = 0; self->checkout && i < self->n_runs; i++) {
        self->runs[i].checkout = self->checkout;
        self->runs[i].plugin_cache = self->plugin_cache;
    }
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

/* With the merge strategy plans may be of several commits: one after the other is checked out. */
static bool for_each_commit(const Ctx *ctx, ApplyCommand *self, SlotWork work, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++) {
        if (!is_first_of_commit(self, i))
            continue;
        g_autofree char *commit = g_strdup(self->runs[i].plan->merge_commit);

        if (!check_out(ctx, self, commit, error))
            return false;
        slots_run(ctx, self->n_runs, work, self);
        self->commit = NULL;
    }
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

static bool apply_all(const Ctx *ctx, ApplyCommand *self, GError **error)
{
    if (!prepare(ctx, self, error) || !load_plans(self, error))
        return false;
    refuse_other_heads(self);
    if (!for_each_commit(ctx, self, check_project, error) || !ctx_check(ctx, error))
        return false; /* nothing was begun */
    if (!may_all_be_applied(self)) {
        hold_back_rest(self);
        return end_with_results(self, error);
    }
    step_reached(ctx, STEP_PLAN_CHECKED);
    return for_each_commit(ctx, self, apply_project, error) && end_with_results(self, error);
}

/* What a process that died had applied is told, and nothing more is begun. */
static bool end_stopped(ApplyCommand *self, const Gate *gate, GError **error)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_NOT_RUN && !self->runs[i].message)
            self->runs[i].message = g_strdup_printf("Not started. %s", gate->reason);
    return end_with_results(self, error);
}

static bool go_on(const Ctx *ctx, ApplyCommand *self, const Gate *gate, GError **error)
{
    bool is_targeted = command_args_is_targeted(&self->command->args);
    bool is_interrupted = false;
    g_autoptr(GPtrArray) stuck = NULL;

    collect(self);
    if (!take_over_earlier(self, &is_interrupted, error))
        return false;
    if (is_interrupted) {
        add_lock_facts(ctx, self);
        leave_rest(self);
        return end_with_results(self, error);
    }
    if (gate->kind != GATE_GO)
        return end_stopped(self, gate, error);
    stuck = stuck_projects(self);
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
    end_empty(self);
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
    self.facts_at = g_get_monotonic_time();
    if (gate.kind == GATE_GO || self.earlier->len)
        return go_on(ctx, &self, &gate, error);
    outcome_refuse(outcome, command, &gate);
    return true;
}
