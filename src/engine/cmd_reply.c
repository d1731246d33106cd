// SPDX-License-Identifier: Apache-2.0
/* Answers that were settled when the comment came in: help, usage errors, refusals. */
#include "engine/work.h"

bool cmd_reply_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                   GError **error)
{
    (void)ctx, (void)work, (void)error;
    outcome_set(outcome, COMMAND_DONE, NULL, g_strdup(command->args.reply), THREAD_CLOSED);
    return true;
}
