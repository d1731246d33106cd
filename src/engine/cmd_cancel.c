// SPDX-License-Identifier: Apache-2.0
/*
 * "cancel": commands of the pull request that wait are ended, the one that runs is asked to stop
 * and tells itself what came of that. It never waits behind what it cancels, and uses no files.
 */
#include "engine/running.h"
#include "engine/work.h"

static void append_names(GString *text, const GPtrArray *cancelled, bool was_running)
{
    const char *before = "";

    for (guint i = 0; i < cancelled->len; i++) {
        const Cancelled *one = cancelled->pdata[i];

        if (one->was_running != was_running)
            continue;
        g_string_append_printf(text, "%s`%s`", before, command_info(one->kind)->name);
        before = ", ";
    }
}

static char *reply_text(const GPtrArray *cancelled)
{
    g_autoptr(GString) queued = g_string_new(NULL), running = g_string_new(NULL);
    GString *text = g_string_new(NULL);

    append_names(queued, cancelled, false);
    append_names(running, cancelled, true);
    if (!cancelled->len)
        g_string_append(text, "No command of this pull request waits or runs.");
    if (queued->len)
        g_string_append_printf(text, "Cancelled while it waited: %s.", queued->str);
    if (running->len)
        g_string_append_printf(text,
                               "%sAsked to stop: %s. Terraform is interrupted and ends in good "
                               "order; the command then tells what it has done.",
                               queued->len ? "\n" : "", running->str);
    return g_string_free(text, FALSE);
}

/* One that was put off may have left a status that waits for it. */
static void end_statuses(const Ctx *ctx, Work *work, const Command *command,
                         const GPtrArray *cancelled, Outcome *outcome)
{
    for (guint i = 0; i < cancelled->len; i++) {
        const Cancelled *one = cancelled->pdata[i];
        Command view = *command;

        view.kind = one->kind;
        if (!one->was_running && one->was_claimed)
            outcome_add_failed_status(ctx, outcome, work, &view);
    }
}

bool cmd_cancel_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                    GError **error)
{
    g_autoptr(GPtrArray) cancelled = NULL;
    g_autofree char *text = NULL;

    if (!store_cancel(work->store, command, &cancelled, error))
        return false;
    for (guint i = 0; i < cancelled->len; i++) {
        const Cancelled *one = cancelled->pdata[i];

        if (one->was_running)
            running_ask(one->id, command->actor.name);
    }
    text = reply_text(cancelled);
    outcome_set(outcome, COMMAND_DONE, NULL,
                render_notice(cancelled->len ? "Cancelled" : "Nothing to cancel", text),
                THREAD_CLOSED);
    end_statuses(ctx, work, command, cancelled, outcome);
    outcome->evidence = g_strdup_printf("%u commands", cancelled->len);
    return true;
}
