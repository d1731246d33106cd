// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/pull_work.h"

/*
 * pre_workflow_hooks and post_workflow_hooks: the operator's programs around a command, in the top
 * directory of the pull request's checkout, each with a status of its own (spec atlantis-config.md
 * 4.9). A hook's commands lists the commands that it belongs to; cancel has none, since it runs
 * beside the command that uses the checkout.
 */

/* Whether some hook belongs to the command: then its files must be checked out. */
bool hooks_are_wanted(const PullWork *pull, const Command *command);

/*
 * Runs the hooks before a command; the first that fails ends them. *failure (the caller's) gets a
 * text about it with what the hook printed, else NULL: what that means for the command is the
 * caller's. Fails as the store does, or CANCELLED.
 */
bool hooks_run_before(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                      const char *checkout, char **failure, GError **error) MUST_CHECK;

/*
 * Those behind it, also of a command that somebody cancelled, but none when the process stops. A
 * failure is logged and is the hook's status, nothing more.
 */
void hooks_run_after(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                     const char *checkout, bool has_errors);

/*
 * Runs a command that checks out no files itself (unlock, version, approve_policies) between its
 * hooks, where it has some and the pull request's files can be had: one that is gone is unlocked
 * all the same.
 */
bool hooks_wrap(const Ctx *ctx, Work *work, const Command *command, CommandRunner runner,
                Outcome *outcome, GError **error) MUST_CHECK;
