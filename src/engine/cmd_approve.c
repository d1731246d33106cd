// SPDX-License-Identifier: Apache-2.0
/*
 * "approve_policies": an owner of policy sets lets plans pass that they refused, or takes approvals
 * back. Nothing is run: who may do what is decided by policy_rules.c over what is recorded.
 */
#include "engine/gate.h"
#include "engine/policy_rules.h"
#include "engine/policy_stage.h"
#include "engine/select.h"
#include "render/policy.h"

/* One project that the command is about. */
typedef struct {
    const Project *project; /* borrowed */
    Plan *plan;             /* made for this very head */
    PolicyGate before, after;
    PolicyAnswer answer;
} Entry;

typedef struct {
    Work *work;
    const Command *command;
    Outcome *outcome;
    PullWork pull;
    const Policies *policies;
    GPtrArray *projects; /* of Project, owned: all of the pull request */
    Entry *entries;
    guint n_entries;
} ApproveCommand;

static void approve_command_clear(ApproveCommand *self)
{
    for (guint i = 0; i < self->n_entries; i++) {
        Entry *entry = &self->entries[i];

        policy_answer_clear(&entry->answer);
        policy_gate_clear(&entry->before);
        policy_gate_clear(&entry->after);
        plan_free(entry->plan);
    }
    g_clear_pointer(&self->entries, g_free);
    g_clear_pointer(&self->projects, g_ptr_array_unref);
    pull_work_clear(&self->pull);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApproveCommand, approve_command_clear)

static void end_with_notice(ApproveCommand *self, const char *heading, const char *text)
{
    outcome_set(self->outcome, COMMAND_DONE, heading, render_notice(heading, text), THREAD_CLOSED);
}

/* ------------------------------------------------------------------ projects */

static bool is_wanted(ApproveCommand *self, const Project *project)
{
    return select_matches_target(self->work->settings, self->pull.config, &self->command->args,
                                 self->pull.target_workspace, project->ref) &&
           pull_work_project(&self->pull, project->ref)->policy_check;
}

static bool add_entry(ApproveCommand *self, const Project *project, GError **error)
{
    Entry *entry = &self->entries[self->n_entries];

    if (!store_plan_find(self->work->store, project->id, &entry->plan, error))
        return false;
    if (!entry->plan || !g_str_equal(entry->plan->head, self->pull.facts.head_commit)) {
        g_clear_pointer(&entry->plan, plan_free);
        return true;
    }
    entry->project = project;
    self->n_entries++;
    return policy_gate_read(self->work->store, self->policies, entry->plan, &entry->before, error);
}

static bool collect(ApproveCommand *self, GError **error)
{
    self->projects = store_projects(self->work->store, self->command->pull_id, error);
    if (!self->projects)
        return false;
    self->entries = g_new0(Entry, self->projects->len);
    for (guint i = 0; i < self->projects->len; i++)
        if (is_wanted(self, self->projects->pdata[i]) &&
            !add_entry(self, self->projects->pdata[i], error))
            return false;
    return true;
}

/* ------------------------------------------------------------------ deciding */

static void answer_all(ApproveCommand *self, const char *const *teams)
{
    for (guint i = 0; i < self->n_entries; i++) {
        Entry *entry = &self->entries[i];
        const PolicyRequest request = {
            .policies = self->policies,
            .status = entry->before.status,
            .actor = &self->command->actor,
            .teams = teams,
            .author_id = self->pull.facts.author.id,
            .only_set = self->command->args.policy_set,
            .clears = self->command->args.clears_approval,
        };

        entry->answer = policy_rules_answer(&request);
    }
}

static void append_evidence(GString *text, const Entry *entry)
{
    g_autofree char *label = NULL;

    g_assert(entry->project); /* add_entry() counts none without */
    label = project_ref_label(entry->project->ref);
    g_string_append_printf(text, "%s%s:", text->len ? "; " : "", label);
    for (guint i = 0; i < entry->answer.sets->len; i++)
        g_string_append_printf(text, " %s", (const char *)entry->answer.sets->pdata[i]);
}

/* The host is asked only where teams own anything. Without an answer nobody is an owner: the
 * command is put off, or fails. */
static bool read_teams(const Ctx *ctx, const ApproveCommand *self, GStrv *teams, GError **error)
{
    Host *host = work_host(self->work, self->command->pull.repo.host, error);

    return host &&
           host_teams_read(ctx, host, &self->command->pull, &self->command->actor, teams, error);
}

static bool have_teams(const ApproveCommand *self)
{
    const PolicyStatus *status = self->n_entries ? self->entries->before.status : NULL;

    for (guint i = 0; status && i < status->sets->len; i++) {
        const PolicySetStatus *set = status->sets->pdata[i];

        if (set->teams->len)
            return true;
    }
    return false;
}

/* NULL-terminated in place: the list is borrowed by the decision. */
static PolicyChoice choice_of(Entry *entry)
{
    g_ptr_array_add(entry->answer.sets, NULL);
    g_ptr_array_set_size(entry->answer.sets, (gint)entry->answer.sets->len - 1);
    return (PolicyChoice){
        .plan = entry->plan,
        .sets = (const char *const *)entry->answer.sets->pdata,
    };
}

static bool decide(ApproveCommand *self, GError **error)
{
    g_autofree PolicyChoice *choices = g_new0(PolicyChoice, self->n_entries);
    g_autoptr(GString) evidence = g_string_new(NULL);
    gsize n = 0;

    for (guint i = 0; i < self->n_entries; i++) {
        if (self->entries[i].answer.sets->len == 0)
            continue;
        choices[n++] = choice_of(&self->entries[i]);
        append_evidence(evidence, &self->entries[i]);
    }
    const PolicyDecision decision = {
        .command = self->command,
        .choices = choices,
        .n_choices = n,
        .clears = self->command->args.clears_approval,
        .evidence = evidence->str,
    };

    return n == 0 || store_policy_decide(self->work->store, &decision, error);
}

static bool read_after(ApproveCommand *self, GError **error)
{
    for (guint i = 0; i < self->n_entries; i++)
        if (!policy_gate_read(self->work->store, self->policies, self->entries[i].plan,
                              &self->entries[i].after, error))
            return false;
    return true;
}

/* ------------------------------------------------------------------- telling */

static bool has_news(const ApproveCommand *self)
{
    for (guint i = 0; i < self->n_entries; i++)
        if (self->entries[i].answer.sets->len || self->entries[i].answer.problems->len)
            return true;
    return false;
}

static void tell(ApproveCommand *self)
{
    g_autofree PolicyProject *projects = g_new0(PolicyProject, self->n_entries);
    const RenderStyle style = work_style(self->work);
    bool have_passed = true;

    for (guint i = 0; i < self->n_entries; i++) {
        const Entry *entry = &self->entries[i];

        projects[i] = (PolicyProject){
            .project = entry->project->ref,
            .status = entry->after.status,
            .changed = entry->answer.sets,
            .problems = entry->answer.problems,
            .extra = (const char *const *)entry->plan->extra,
        };
        have_passed &= entry->after.status->has_passed;
    }
    const PolicyReport report = {
        .kind = self->command->args.clears_approval ? POLICY_COMMENT_CLEAR : POLICY_COMMENT_APPROVE,
        .head = self->pull.facts.head_commit,
        .projects = projects,
        .n_projects = self->n_entries,
    };

    outcome_set(self->outcome, COMMAND_DONE, NULL, render_policies(&style, &report), THREAD_CLOSED);
    self->outcome->has_settled = have_passed && !command_args_is_targeted(&self->command->args);
}

static void tell_nothing(ApproveCommand *self)
{
    if (self->n_entries == 0)
        end_with_notice(self, "Nothing to approve",
                        "There is no plan for this commit whose policies are checked. Plan first.");
    else if (self->command->args.clears_approval)
        end_with_notice(self, "Nothing to clear", "There are no approvals of these policy sets.");
    else if (repos_yaml_policies(self->work->repos)->sets->len == 0)
        end_with_notice(self, "Nothing to approve",
                        "The server has no policy sets, so nothing can pass. Its operator has to "
                        "name them in `policies.policy_sets`.");
    else
        end_with_notice(self, "Nothing to approve",
                        "All policy sets passed, or are approved already.");
}

static bool approve(const Ctx *ctx, ApproveCommand *self, GError **error)
{
    g_auto(GStrv) teams = NULL;

    if (!collect(self, error) || (have_teams(self) && !read_teams(ctx, self, &teams, error)))
        return false;
    answer_all(self, (const char *const *)teams);
    if (!has_news(self)) {
        tell_nothing(self);
        return true;
    }
    if (!decide(self, error) || !read_after(self, error))
        return false;
    tell(self);
    return policy_stage_add_status(self->work, self->command, &self->pull, false, self->outcome,
                                   error);
}

/* What is required of which project is the configuration's under which it was planned. */
static bool go_on(const Ctx *ctx, ApproveCommand *self, GError **error)
{
    return pull_work_fetch(ctx, self->work, self->command, &self->pull, error) &&
           pull_work_config_planned(ctx, self->work, self->command, &self->pull, error) &&
           pull_work_target(ctx, &self->pull, &self->command->args, error) &&
           approve(ctx, self, error);
}

bool cmd_approve_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error)
{
    g_auto(ApproveCommand) self = {
        .work = work,
        .command = command,
        .outcome = outcome,
        .policies = repos_yaml_policies(work->repos),
    };
    Gate gate;

    if (!policy_stage_is_on(work)) {
        end_with_notice(&self, "Nothing to approve",
                        "This server checks no policies (`--enable-policy-checks`).");
        return true;
    }
    if (!pull_work_read(ctx, work, command, &self.pull, error))
        return false;
    gate = gate_check(work->settings, command, &self.pull.facts);
    if (gate.kind == GATE_GO)
        gate = gate_check_branch(command, self.pull.rules, &self.pull.facts);
    if (gate.kind == GATE_GO)
        return go_on(ctx, &self, error);
    outcome_refuse(outcome, command, &gate);
    return true;
}
