// SPDX-License-Identifier: Apache-2.0
/* Policies behind a plan: every project's check, one comment, one status. */
#include "engine/policy_stage.h"

#include "engine/policy_check.h"
#include "engine/slots.h"
#include "engine/tally.h"
#include "render/policy.h"

/* One project's check. */
typedef struct {
    ProjectRun *run; /* borrowed */
    PolicyCheck check;
    PolicyGate gate; /* after it */
    bool is_checked;
    GError *error; /* why it is not: the check could not be made or written down */
} Entry;

typedef struct {
    Work *work;
    const Command *command;
    const PullWork *pull;
    const Policies *policies;
    Outcome *outcome;
    Entry *entries;
    guint n_entries;
} Stage;

static void stage_clear(Stage *self)
{
    for (guint i = 0; i < self->n_entries; i++) {
        policy_check_clear(&self->entries[i].check);
        policy_gate_clear(&self->entries[i].gate);
        g_clear_error(&self->entries[i].error);
    }
    g_clear_pointer(&self->entries, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stage, stage_clear)

bool policy_stage_is_on(const Work *work)
{
    return work->settings->enable_policy_checks;
}

static void collect(Stage *self, ProjectRun *runs, guint n_runs)
{
    self->entries = g_new0(Entry, n_runs);
    for (guint i = 0; i < n_runs; i++)
        if (runs[i].plan && runs[i].config->policy_check)
            self->entries[self->n_entries++].run = &runs[i];
}

/* ------------------------------------------------------------------ checking */

static bool check_plan(const Ctx *ctx, const Stage *self, Entry *entry, GError **error)
{
    const Plan *plan = entry->run->plan;
    Store *store = self->work->store;
    g_auto(PolicyGate) before = { 0 };

    return ctx_check(ctx, error) && policy_gate_read(store, self->policies, plan, &before, error) &&
           policy_check_run(ctx, entry->run, self->policies, before.record->approvals,
                            &entry->check, error) &&
           store_policy_check(store, self->command, plan, entry->check.results, error) &&
           policy_gate_read(store, self->policies, plan, &entry->gate, error);
}

static void check_entry(const Ctx *ctx, guint index, gpointer data)
{
    Stage *self = data;
    Entry *entry = &self->entries[index];

    entry->run->plan->project_id = entry->run->project_id;
    entry->is_checked = check_plan(ctx, self, entry, &entry->error);
}

static bool check_all(const Ctx *ctx, Stage *self, GError **error)
{
    slots_run(ctx, self->n_entries, self->pull->config->parallel_plan ? 0 : 1, check_entry, self);
    for (guint i = 0; i < self->n_entries; i++)
        if (!self->entries[i].is_checked) {
            g_propagate_error(error, g_steal_pointer(&self->entries[i].error));
            return false;
        }
    return true;
}

/* ------------------------------------------------------------------- telling */

static Status *status_new_named(const Stage *self, const char *description)
{
    Status *status = status_new();

    status->name = g_strdup_printf("%s/policy_check", self->work->settings->vcs_status_name);
    status->state = STATUS_PENDING;
    status->description = g_strdup(description);
    status->head = g_strdup(self->pull->facts.head_commit);
    status->iteration = self->pull->facts.iteration;
    return status;
}

static bool tell_pending(const Stage *self, GError **error)
{
    g_autofree char *text = g_strdup_printf("checking %u %s", self->n_entries,
                                            self->n_entries == 1 ? "project" : "projects");
    g_autoptr(Status) status = status_new_named(self, text);

    return store_status_queue(self->work->store, self->command, status, error);
}

static PolicyProject report_of(const Entry *entry)
{
    return (PolicyProject){
        .project = entry->run->project,
        .status = entry->gate.status,
        .before = entry->check.before->str,
        .after = entry->check.after->str,
        .extra = entry->run->extra,
    };
}

static void add_comment(Stage *self)
{
    g_autofree PolicyProject *projects = g_new0(PolicyProject, self->n_entries);
    const RenderStyle style = work_style(self->work);
    bool have_passed = true;

    for (guint i = 0; i < self->n_entries; i++) {
        projects[i] = report_of(&self->entries[i]);
        have_passed &= projects[i].status->has_passed;
    }
    const PolicyReport report = {
        .kind = POLICY_COMMENT_CHECK,
        .head = self->pull->facts.head_commit,
        .projects = projects,
        .n_projects = self->n_entries,
        .hides_passed = self->work->settings->quiet_policy_checks,
    };

    self->outcome->second = render_policies(&style, &report);
    self->outcome->second_thread = have_passed ? THREAD_CLOSED : THREAD_ACTIVE;
}

bool policy_stage_run(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                      ProjectRun *runs, guint n_runs, Outcome *outcome, GError **error)
{
    g_auto(Stage) self = {
        .work = work,
        .command = command,
        .pull = pull,
        .policies = repos_yaml_policies(work->repos),
        .outcome = outcome,
    };

    collect(&self, runs, n_runs);
    if (self.n_entries == 0)
        return true;
    if (!tell_pending(&self, error) || !check_all(ctx, &self, error))
        return false;
    add_comment(&self);
    return true;
}

/* -------------------------------------------------------------------- status */

static bool belongs_to_head(const Project *project, const char *head)
{
    return g_strcmp0(project->selected_head, head) == 0 || g_strcmp0(project->head, head) == 0;
}

/* What was applied had passed before. */
static bool count_project(const Work *work, const Project *project, const char *head,
                          PolicyTally *tally, GError **error)
{
    const Policies *policies = repos_yaml_policies(work->repos);
    g_autoptr(Plan) plan = NULL;
    g_auto(PolicyGate) gate = { 0 };

    tally->n++;
    if (project->status == PROJECT_APPLIED && g_strcmp0(project->head, head) == 0) {
        tally->n_passed++;
        return true;
    }
    if (!store_plan_find(work->store, project->id, &plan, error))
        return false;
    if (!plan || !g_str_equal(plan->head, head)) {
        tally->n_unchecked++;
        return true;
    }
    if (!policy_gate_read(work->store, policies, plan, &gate, error))
        return false;
    tally->n_passed += gate.status->has_passed;
    tally->n_unchecked +=
        !gate.status->has_passed && gate.record->results->len == 0 && policies->sets->len > 0;
    return true;
}

bool policy_stage_add_status(Work *work, const Command *command, PullWork *pull, bool is_cancelled,
                             Outcome *outcome, GError **error)
{
    const char *head = pull->facts.head_commit;
    g_autoptr(GPtrArray) projects = store_projects(work->store, command->pull_id, error);
    PolicyTally tally = { 0 };
    char *description = NULL;
    StatusState state;

    if (!projects)
        return false;
    for (guint i = 0; i < projects->len; i++) {
        const Project *project = projects->pdata[i];

        if (belongs_to_head(project, head) && pull_work_project(pull, project->ref)->policy_check &&
            !count_project(work, project, head, &tally, error))
            return false;
    }
    state = tally_policy(&tally, &description);
    if (is_cancelled && state == STATUS_PENDING)
        state = STATUS_FAILED;
    outcome_add_named_status(outcome, work, "policy_check", state, description, &pull->facts);
    return true;
}
