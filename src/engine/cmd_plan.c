// SPDX-License-Identifier: Apache-2.0
/*
 * "plan", automatic or asked for: pull request in, plan records out. Deciding what to plan is
 * grammar/discover's work, running terraform is tf's; the order of things is here.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/step.h"
#include "engine/gate.h"
#include "engine/paths.h"
#include "engine/project_run.h"
#include "engine/slots.h"
#include "engine/tally.h"
#include "grammar/discover.h"
#include "sys/crypto.h"
#include "tf/planfile.h"

enum { MOST_CONFLICTS = 20 }; /* that a comment names */

typedef struct {
    Work *work;
    const Command *command;
    Outcome *outcome;
    PullWork pull;
    GPtrArray *projects; /* of ProjectRef, owned */
    GArray *ids;         /* of gint64, in the order of projects */
    TfTool tool;
    char *checkout;
    char *plugin_cache;
    ProjectRun *runs;
    guint n_runs;
} PlanCommand;

static void plan_command_clear(PlanCommand *self)
{
    pull_work_clear(&self->pull);
    g_clear_pointer(&self->projects, g_ptr_array_unref);
    g_clear_pointer(&self->ids, g_array_unref);
    tf_tool_clear(&self->tool);
    g_clear_pointer(&self->checkout, g_free);
    g_clear_pointer(&self->plugin_cache, g_free);
    for (guint i = 0; i < self->n_runs; i++)
        project_run_clear(&self->runs[i]);
    g_clear_pointer(&self->runs, g_free);
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
    for (guint i = 0; i < self->projects->len; i++)
        if (project_ref_equal(self->projects->pdata[i], project))
            return true;
    return false;
}

/*
 * What this pull request has applied and does not change any more: its infrastructure is not what
 * the files say now, so it is planned too.
 */
static bool add_applied(PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) known = store_projects(self->work->store, self->command->pull_id, error);

    if (!known)
        return false;
    for (guint i = 0; i < known->len; i++) {
        const Project *project = known->pdata[i];

        if (was_applied(project) && !is_selected(self, project->ref) &&
            discover_is_project(self->pull.files, project->ref->dir))
            g_ptr_array_add(self->projects, project_ref_copy(project->ref));
    }
    g_ptr_array_sort(self->projects, project_ref_compare);
    return true;
}

static bool discover(const Ctx *ctx, PlanCommand *self, GError **error)
{
    const char *const *patterns = (const char *const *)self->work->settings->autoplan_file_list;
    g_autoptr(GlobList) file_list = glob_list_new(patterns, error);
    g_autoptr(GPtrArray) changed = NULL;

    if (!file_list)
        return false;
    changed = pull_work_changed(ctx, &self->pull, error);
    if (!changed || !pull_work_files(ctx, &self->pull, error))
        return false;
    const DiscoverInput input = {
        .changed = changed,
        .files = self->pull.files,
        .file_list = file_list,
    };

    self->projects = discover_projects(&input);
    return add_applied(self, error);
}

/* The one project that "-d" and "-w" name; no configuration gives names yet. */
static bool pick_target(const Ctx *ctx, PlanCommand *self, GError **error)
{
    const CommandArgs *args = &self->command->args;
    const char *dir = args->dir ? args->dir : ".";

    if (args->project)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "there is no project named `%s`: projects of this repository have no "
                           "names, use `-d` with a directory",
                           args->project);
    if (!pull_work_files(ctx, &self->pull, error))
        return false;
    if (!discover_is_project(self->pull.files, dir))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "directory `%s` has no Terraform files at commit `%.10s`", dir,
                           self->pull.facts.head_commit);
    self->projects = g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_ptr_array_add(self->projects, project_ref_new(dir, args->workspace, NULL));
    return true;
}

static bool select_projects(const Ctx *ctx, PlanCommand *self, GError **error)
{
    bool is_selected = command_args_is_targeted(&self->command->args)
                           ? pick_target(ctx, self, error)
                           : discover(ctx, self, error);

    if (is_selected)
        step_reached(ctx, STEP_PROJECTS_SELECTED);
    return is_selected;
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
    if (!store_locks_take(self->work->store, self->command, none, true, NULL, NULL, error))
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
    return true;
}

static void end_with_conflicts(PlanCommand *self)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint n_shown = MIN(self->pull.conflicts->len, MOST_CONFLICTS);

    g_string_printf(text,
                    "This pull request cannot be merged into `%s`, and plans are made from the "
                    "merged files (`--checkout-strategy=merge`). Resolve the conflicts and push.\n"
                    "In conflict: ",
                    self->pull.facts.base_branch);
    for (guint i = 0; i < n_shown; i++)
        g_string_append_printf(text, "%s`%s`", i ? ", " : "",
                               (const char *)self->pull.conflicts->pdata[i]);
    if (n_shown < self->pull.conflicts->len)
        g_string_append_printf(text, " and %u more", self->pull.conflicts->len - n_shown);
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

/* --------------------------------------------------------------- one project */

static bool make_record(const Ctx *ctx, ProjectRun *run, const PlanCommand *self, const char *path,
                        GError **error)
{
    const PullWork *pull = &self->pull;
    const TfRun tf = project_run_tf(run);
    g_auto(PlanFile) file = { 0 };
    g_autoptr(Plan) plan = plan_new();

    if (!plan_file_read(ctx, &tf, path, &file, error))
        return false;
    plan->digest = crypto_sha256_file(path, error);
    if (!plan->digest)
        return false;
    plan->id = id_new();
    plan->project = project_ref_copy(run->project);
    plan->head = g_strdup(pull->facts.head_commit);
    plan->base_branch = g_strdup(pull->facts.base_branch);
    plan->base = g_strdup(pull->base);
    plan->merge_commit = g_strdup(pull->commit);
    plan->config_digest = project_config_digest(run->settings, run->project, run->extra);
    plan->tool = g_strdup(run->tool->name);
    plan->tool_version = g_strdup(run->tool->version);
    plan->backend = g_strdup(file.backend);
    plan->lineage = g_strdup(file.lineage);
    plan->serial = file.serial;
    plan->tf_workspace = g_strdup(run->project->workspace);
    plan->tf_data_dir = g_strdup(run->data_dir);
    plan->path = g_strdup(path);
    plan->counts = run->counts = file.counts;
    plan->extra = g_strdupv((GStrv)run->extra);
    plan->created_at = clock_now();
    run->plan = g_steal_pointer(&plan);
    return true;
}

static bool plan_project(const Ctx *ctx, ProjectRun *run, const PlanCommand *self, GError **error)
{
    g_autofree char *path =
        paths_plan(run->settings->data_dir, run->command->pull_id, run->run->id);
    g_autofree char *plans = g_path_get_dirname(path);
    const TfRun tf = project_run_tf(run);

    if (g_mkdir_with_parents(plans, 0700) < 0)
        return hadal_throw_errno(error, "create %s", plans);
    if (!project_run_init_tool(ctx, run, error) || !tf_plan(ctx, &tf, path, run->output, error))
        return false;
    step_reached(ctx, STEP_PLAN_DONE);
    return make_record(ctx, run, self, path, error);
}

static ProjectStatus status_of(const ProjectRun *run)
{
    if (run->kind != RESULT_OK)
        return PROJECT_PLAN_FAILED;
    return change_counts_is_empty(&run->counts) ? PROJECT_NO_CHANGES : PROJECT_PLANNED;
}

static void run_project(const Ctx *ctx, guint index, gpointer data)
{
    PlanCommand *self = data;
    ProjectRun *run = &self->runs[index];
    g_autoptr(GError) error = NULL;

    if (project_run_begin(run, 0, &run->is_begun, &error) && plan_project(ctx, run, self, &error))
        run->kind = RESULT_OK;
    else
        project_run_fail(run, error);
    g_clear_error(&error);
    /* An interrupted plan is simply made again: nothing is written down of this attempt. */
    if (!run->is_begun || run->kind == RESULT_INTERRUPTED)
        return;
    if (!project_run_finish(run, run->kind == RESULT_OK ? RUN_OK : RUN_FAILED, status_of(run),
                            self->pull.facts.head_commit, &error))
        project_run_fail(run, error);
    /* A project without a plan has nothing to protect from others. */
    if (run->kind != RESULT_OK &&
        !store_lock_release(run->store, run->command->pull_id, run->project, NULL))
        log_line(LEVEL_WARN, ctx, "the lock of %s stays until the pull request is closed",
                 run->project->dir);
}

/* ------------------------------------------------------------------ together */

static void prepare_runs(PlanCommand *self)
{
    self->n_runs = self->projects->len;
    self->runs = g_new0(ProjectRun, self->n_runs);
    for (guint i = 0; i < self->n_runs; i++) {
        ProjectRun *run = &self->runs[i];

        project_run_init(run, self->work, self->command, self->projects->pdata[i],
                         g_array_index(self->ids, gint64, i));
        run->tool = &self->tool;
        run->checkout = self->checkout;
        run->plugin_cache = self->plugin_cache;
    }
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

static bool prepare_tools(const Ctx *ctx, PlanCommand *self, GError **error)
{
    const Settings *settings = self->work->settings;

    if (!tf_tool_find(ctx, work_tool_name(self->work), &self->tool, error))
        return false;
    if (settings->use_tf_plugin_cache)
        self->plugin_cache = paths_plugin_cache(settings->data_dir);
    if (self->plugin_cache && g_mkdir_with_parents(self->plugin_cache, 0700) < 0)
        return hadal_throw_errno(error, "create %s", self->plugin_cache);
    return true;
}

static bool check_out(const Ctx *ctx, PlanCommand *self, GError **error)
{
    self->checkout =
        pull_work_checkout(ctx, self->work, self->command, &self->pull, self->pull.commit, error);
    return self->checkout != NULL;
}

static bool end_with_results(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) projects = NULL;
    bool has_failed = false;
    char *description = NULL;
    StatusState state;

    for (guint i = 0; i < self->n_runs; i++) {
        if (self->runs[i].kind == RESULT_INTERRUPTED)
            return ctx_check(ctx, error) &&
                   hadal_throw(error, HADAL_ERROR_CANCELLED, "%s", self->runs[i].message);
        if (!self->runs[i].is_begun) /* the disk is full, say: no project's fault */
            return hadal_throw(error, HADAL_ERROR_INTERNAL, "%s", self->runs[i].message);
        has_failed |= self->runs[i].kind != RESULT_OK;
    }
    projects = store_projects(self->work->store, self->command->pull_id, error);
    if (!projects)
        return false;
    outcome_set(self->outcome, COMMAND_DONE, has_failed ? "some projects failed" : NULL,
                project_runs_report(self->work, self->command, self->runs, self->n_runs,
                                    self->pull.facts.head_commit, NULL),
                has_failed ? THREAD_ACTIVE : THREAD_CLOSED);
    set_planned(self);
    state = tally_plan(projects, self->pull.facts.head_commit, &description);
    add_status(self, COMMAND_PLAN, state, description);
    state = tally_apply(projects, self->pull.facts.head_commit, &description);
    add_status(self, COMMAND_APPLY, state, description);
    return true;
}

/* Also of what others have locked: a status must not succeed without it. */
static bool note_selection(PlanCommand *self, GError **error)
{
    return store_projects_select(self->work->store, self->command->pull_id, self->projects,
                                 self->pull.facts.head_commit, error);
}

static bool run_all(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GPtrArray) held = NULL;
    bool replaces_all = !command_args_is_targeted(&self->command->args);

    /* First what may fail for all: a lock without a plan protects nothing. */
    if (!prepare_tools(ctx, self, error) || (replaces_all && !note_selection(self, error)) ||
        !store_locks_take(self->work->store, self->command, self->projects, replaces_all,
                          &self->ids, &held, error))
        return false;
    if (held) {
        end_with_locks(self, held);
        return true;
    }
    step_reached(ctx, STEP_LOCKS_TAKEN);
    if (!tell_pending(self, error) || !check_out(ctx, self, error))
        return false;
    prepare_runs(self);
    slots_run(ctx, self->n_runs, run_project, self);
    return end_with_results(ctx, self, error);
}

static bool go_on(const Ctx *ctx, PlanCommand *self, GError **error)
{
    g_autoptr(GError) own = NULL;

    if (!pull_work_fetch(ctx, self->work, self->command, &self->pull, error))
        return false;
    if (self->pull.conflicts) {
        end_with_conflicts(self);
        return true;
    }
    if (!select_projects(ctx, self, &own)) {
        if (!g_error_matches(own, HADAL_ERROR, HADAL_ERROR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&own));
            return false;
        }
        outcome_set(self->outcome, COMMAND_DONE, own->message,
                    render_notice("Not planned", own->message), THREAD_ACTIVE);
        return true;
    }
    return self->projects->len ? run_all(ctx, self, error) : end_without_projects(self, error);
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

bool cmd_plan_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                  GError **error)
{
    g_auto(PlanCommand) self = { .work = work, .command = command, .outcome = outcome };
    bool is_planned = false;
    Gate gate;

    if (!pull_work_read(ctx, work, command, &self.pull, error) ||
        !is_planned_already(&self, &is_planned, error))
        return false;
    if (is_planned) {
        outcome_set(outcome, COMMAND_DONE, "this commit is planned already", NULL, THREAD_CLOSED);
        return true;
    }
    gate = gate_check(work->settings, command, &self.pull.facts);
    if (gate.forgets_queued && !store_pull_forget_queued(work->store, command->pull_id, error))
        return false;
    if (gate.kind == GATE_GO)
        return go_on(ctx, &self, error);
    outcome_refuse(outcome, command, &gate);
    return true;
}
