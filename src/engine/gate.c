// SPDX-License-Identifier: Apache-2.0
#include "engine/gate.h"

static Gate refuse(const Command *command, const char *reason)
{
    /* Nobody asked for an automatic plan, so nobody waits for an answer. */
    return (Gate){
        .kind = command->source == SOURCE_PUSH ? GATE_SKIP : GATE_REFUSE,
        .reason = reason,
    };
}

static Gate check_fork(const Settings *settings)
{
    return (Gate){
        .kind = settings->silence_fork_pr_errors ? GATE_SKIP : GATE_REFUSE,
        .reason = "This pull request comes from a fork, and commands on forks are switched off: "
                  "they would run code of people who cannot write to this repository. The "
                  "operator can allow them with `--allow-fork-prs`.",
    };
}

Gate gate_check(const Settings *settings, const Command *command, const PullFacts *facts)
{
    bool is_open = facts->state == PULL_ACTIVE;

    if (command->cancel_asked_by)
        return refuse(command, "This command was cancelled.");
    if (!is_open && !(command_info(command->kind)->takes & COMMAND_ON_CLOSED_PULL))
        return refuse(command, "This pull request is not open any more. Reactivate it, or open a "
                               "new one, to plan and apply.");
    if (facts->is_fork && !settings->allow_fork_prs)
        return check_fork(settings);
    if (facts->is_draft && command->source == SOURCE_PUSH && !settings->allow_draft_prs)
        return (Gate){ .kind = GATE_SKIP, .reason = "a draft", .forgets_queued = true };
    return (Gate){ .kind = GATE_GO };
}

Gate gate_check_branch(const Command *command, const RepoRules *rules, const PullFacts *facts)
{
    bool is_served = repo_rules_serve_branch(rules, facts->base_branch) ||
                     command_info(command->kind)->takes & COMMAND_ON_CLOSED_PULL;

    return is_served ? (Gate){ .kind = GATE_GO }
                     : (Gate){ .kind = GATE_SKIP, .reason = "its branch is not served" };
}
