// SPDX-License-Identifier: Apache-2.0
#include "engine/work.h"

#include "base/clock.h"

Host *work_host(Work *work, const char *name, GError **error)
{
    const HostSpec spec = settings_host_spec(work->settings);

    if (work->host && g_str_equal(host_name(work->host), name))
        return work->host;
    g_clear_pointer(&work->host, host_free);
    work->host = host_open(name, &spec, error);
    return work->host;
}

RenderStyle work_style(const Work *work)
{
    return (RenderStyle){
        .executable = work->settings->executable_name,
        .folds = !work->settings->disable_markdown_folding,
        .moves_markers = work->settings->enable_diff_markdown_format,
        .hides_apply = !settings_allows_command(work->settings, "apply"),
        .hides_apply_all = work->settings->disable_apply_all,
        .hides_unchanged = work->settings->hide_unchanged_plan_comments,
        .now = clock_now(),
    };
}

const char *work_tool_name(const Work *work)
{
    return g_str_equal(work->settings->default_tf_distribution, "opentofu") ? "tofu" : "terraform";
}

char *work_status_name(const Work *work, CommandKind kind)
{
    return g_strdup_printf("%s/%s", work->settings->vcs_status_name, command_info(kind)->name);
}

void outcome_clear(Outcome *outcome)
{
    g_clear_pointer(&outcome->reason, g_free);
    g_clear_pointer(&outcome->comment, g_free);
    g_clear_pointer(&outcome->second, g_free);
    g_clear_pointer(&outcome->statuses, g_ptr_array_unref);
    g_clear_pointer(&outcome->merge, merge_free);
    g_clear_pointer(&outcome->planned_head, g_free);
    g_clear_pointer(&outcome->planned_base, g_free);
    g_clear_pointer(&outcome->evidence, g_free);
}

void outcome_set(Outcome *outcome, CommandState state, const char *reason, char *comment,
                 ThreadState thread)
{
    outcome->state = state;
    g_free(outcome->reason);
    outcome->reason = g_strdup(reason);
    g_free(outcome->comment);
    outcome->comment = comment;
    outcome->thread = thread;
}

void outcome_add_named_status(Outcome *outcome, const Work *work, const char *name,
                              StatusState state, char *description, const PullFacts *facts)
{
    Status *status = status_new();

    status->name = g_strdup_printf("%s/%s", work->settings->vcs_status_name, name);
    status->state = state;
    status->description = status_bounded(description);
    g_free(description);
    status->head = g_strdup(facts->head_commit);
    status->iteration = facts->iteration;
    if (!outcome->statuses)
        outcome->statuses = g_ptr_array_new_with_free_func((GDestroyNotify)status_free);
    g_ptr_array_add(outcome->statuses, status);
}

void outcome_add_status(Outcome *outcome, const Work *work, CommandKind kind, StatusState state,
                        char *description, const PullFacts *facts)
{
    outcome_add_named_status(outcome, work, command_info(kind)->name, state, description, facts);
}

void outcome_add_failed_status(const Ctx *ctx, Outcome *outcome, Work *work, const Command *command)
{
    Host *host = work_host(work, command->pull.repo.host, NULL); /* without: see the header */
    g_auto(PullFacts) facts = { 0 };

    if (command->kind != COMMAND_PLAN && command->kind != COMMAND_APPLY)
        return;
    if (host && host_pull_read(ctx, host, &command->pull, &facts, NULL))
        outcome_add_status(
            outcome, work, command->kind, STATUS_FAILED,
            g_strdup_printf("%s failed: see the comment", command_info(command->kind)->name),
            &facts);
}

void outcome_refuse(Outcome *outcome, const Command *command, const Gate *gate)
{
    g_autofree char *title = g_strdup_printf("%s refused", command_info(command->kind)->title);
    bool is_told = gate->kind == GATE_REFUSE;

    outcome_set(outcome, COMMAND_DONE, gate->reason,
                is_told ? render_notice(title, gate->reason) : NULL, THREAD_CLOSED);
}
