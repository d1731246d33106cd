// SPDX-License-Identifier: Apache-2.0
/* How an apply ends: comment, statuses, and whether the pull request is completed. */
#include "engine/apply.h"

#include "base/log.h"
#include "engine/automerge.h"
#include "engine/paths.h"
#include "engine/running.h"
#include "engine/select.h"
#include "engine/tally.h"

void apply_refuse(ApplyCommand *self, const char *reason, const char *text)
{
    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, reason, render_notice("Not applied", text),
                THREAD_CLOSED);
}

void apply_end_stuck(ApplyCommand *self, const GPtrArray *stuck)
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
    apply_refuse(self, "projects without a plan", text->str);
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
    g_autofree char *unnamed = select_name_why_not(self->work->settings, self->pull.config, args);
    g_autofree char *target = command_args_is_targeted(args) ? target_text(args) : NULL;
    g_autofree char *text =
        g_strdup_printf("There is no plan for commit `%.10s`%s%s. Comment `%s plan` first.",
                        self->pull.facts.head_commit, target ? " of " : "", target ? target : "",
                        self->work->settings->executable_name);

    apply_refuse(self, "no plan", unnamed ? unnamed : text);
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

/* The pull request has no project at all, and the operator wants no word on that. */
static bool is_silent(const ApplyCommand *self, guint n_targets)
{
    return n_targets == 0 && self->work->settings->silence_no_projects &&
           !command_args_is_targeted(&self->command->args);
}

/* I10: nothing to apply is a success only when this very head was planned and needs nothing. */
void apply_end_empty(const Ctx *ctx, ApplyCommand *self)
{
    g_autofree char *text = NULL;
    const char *note;
    char *description = NULL;
    guint n_targets = 0, n_settled = 0;
    StatusState state;

    for (guint i = 0; i < self->projects->len; i++) {
        const Project *project = self->projects->pdata[i];

        if (!apply_is_target(self, project->ref))
            continue;
        n_targets++;
        n_settled += apply_is_settled(self, project);
    }
    if (n_targets == 0 || n_settled < n_targets) {
        end_without_plan(self);
        if (is_silent(self, n_targets))
            g_clear_pointer(&self->outcome->comment, g_free);
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

void apply_end_locked(ApplyCommand *self, const GPtrArray *held)
{
    const RenderStyle style = work_style(self->work);

    self->has_failed = true;
    outcome_set(self->outcome, COMMAND_DONE, "locked",
                render_locked(&style, (const Lock *const *)held->pdata, held->len), THREAD_CLOSED);
}

void apply_add_lock_facts(const Ctx *ctx, ApplyCommand *self)
{
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_INTERRUPTED)
            project_run_add_lock_fact(ctx, &self->runs[i]);
}

void apply_leave_rest(ApplyCommand *self)
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
void apply_tell_cancelled(const Ctx *ctx, ApplyCommand *self)
{
    const Ctx unasked = { .command = ctx->command, .cancel = ctx->cancel };
    g_autofree char *by = running_asked_by(self->command->id);

    if (!by)
        return;
    for (guint i = 0; i < self->n_runs; i++)
        if (self->runs[i].kind == RESULT_INTERRUPTED)
            project_run_end(&self->runs[i], RESULT_INTERRUPTED,
                            g_strdup_printf("%s cancelled the command while this ran.", by));
    apply_add_lock_facts(&unasked, self);
}

bool apply_end(const Ctx *ctx, ApplyCommand *self, GError **error)
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
                project_runs_thread(self->runs, self->n_runs));
    self->outcome->evidence = g_strdup(self->pull.facts.head_commit);
    state = tally_apply(projects, self->pull.facts.head_commit, &description);
    outcome_add_status(self->outcome, self->work, COMMAND_APPLY, state, description,
                       &self->pull.facts);
    return true;
}

void apply_end_hook_failed(ApplyCommand *self, const char *failure)
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
