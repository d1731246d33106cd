// SPDX-License-Identifier: Apache-2.0
/* Where a command's failure is logged, told and tried again, and nowhere else. */
#include "base/clock.h"
#include "base/log.h"
#include "base/step.h"
#include "engine/authorize.h"
#include "engine/hooks.h"
#include "engine/running.h"
#include "engine/work.h"
#include "render/split.h"

enum {
    SMALLEST_LIMIT = 32 << 10, /* of the hosts there are */
    FIRST_DELAY_MS = 1000,
    LONGEST_DELAY_MS = 60 * 1000,
    GIVE_UP_MS =
        24 * 60 * 60 * 1000, /* a host that is away for longer has been noticed by people */
};

static const struct {
    CommandRunner run;
    bool is_wrapped; /* its hooks are run around it; others that have some do that themselves */
} commands[COMMAND_KINDS] = {
    [COMMAND_PLAN] = { .run = cmd_plan_run },
    [COMMAND_APPLY] = { .run = cmd_apply_run },
    [COMMAND_UNLOCK] = { .run = cmd_unlock_run, .is_wrapped = true },
    [COMMAND_VERSION] = { .run = cmd_version_run, .is_wrapped = true },
    [COMMAND_IMPORT] = { .run = cmd_import_run },
    [COMMAND_STATE_RM] = { .run = cmd_state_rm_run },
    [COMMAND_APPROVE_POLICIES] = { .run = cmd_approve_run, .is_wrapped = true },
    [COMMAND_CANCEL] = { .run = cmd_cancel_run },
    [COMMAND_HELP] = { .run = cmd_reply_run },
    [COMMAND_REPLY] = { .run = cmd_reply_run },
    [COMMAND_CLOSE] = { .run = cmd_close_run },
};

gint64 work_delay(int attempts)
{
    return MIN((gint64)FIRST_DELAY_MS << MIN(MAX(attempts - 1, 0), 10), LONGEST_DELAY_MS);
}

static gsize comment_limit(Work *work, const Command *command)
{
    Host *host = work_host(work, command->pull.repo.host, NULL); /* was opened for this command */

    return (host ? host_comment_limit(host) : SMALLEST_LIMIT) - RENDER_FOLD_ROOM;
}

/* NULL: there is nothing to say. */
static GStrv parts_of(Work *work, const Command *command, const char *comment)
{
    guint most = (guint)work->settings->max_comments_per_command;

    return comment ? split_markdown(comment, comment_limit(work, command), most) : NULL;
}

static bool finish(Work *work, const Command *command, const Outcome *outcome, GError **error)
{
    g_autofree char *key = g_strdup_printf("command-%" G_GINT64_FORMAT, command->id);
    g_autofree char *second_key = g_strconcat(key, "-second", NULL);
    g_auto(GStrv) parts = parts_of(work, command, outcome->comment);
    g_auto(GStrv) second_parts = parts_of(work, command, outcome->second);
    const NewComment comment = {
        .key = key,
        .parts = (const char *const *)parts,
        .state = outcome->thread,
    };
    const NewComment second = {
        .key = second_key,
        .parts = (const char *const *)second_parts,
        .state = outcome->second_thread,
    };
    const CommandEnd end = {
        .command = command,
        .state = outcome->state,
        .reason = outcome->reason,
        .comment = parts ? &comment : NULL,
        .second = second_parts ? &second : NULL,
        .statuses = outcome->statuses ? (const Status *const *)outcome->statuses->pdata : NULL,
        .n_statuses = outcome->statuses ? outcome->statuses->len : 0,
        .folds_plans =
            command->kind == COMMAND_PLAN && parts && work->settings->hide_prev_plan_comments,
        .closes_threads =
            outcome->has_settled || command->kind == COMMAND_PLAN || command->kind == COMMAND_APPLY,
        .merge = outcome->merge,
        .planned_head = outcome->planned_head,
        .planned_base = outcome->planned_base,
        .audit_action = outcome->evidence ? command_info(command->kind)->name : NULL,
        .audit_decision = command_state_name(outcome->state),
        .audit_evidence = outcome->evidence,
    };

    return store_command_finish(work->store, &end, error);
}

static bool put_off(const Ctx *ctx, Work *work, const Command *command, const GError *why,
                    GError **error)
{
    bool is_stopping = g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);
    gint64 asked = work->host ? host_retry_after(work->host) : 0;
    gint64 delay = is_stopping ? 0 : MAX(asked, work_delay(command->attempts));

    log_line(hadal_error_class(why)->log_level, ctx, "put off for %" G_GINT64_FORMAT " ms: %s",
             delay, why->message);
    return store_command_requeue(work->store, command, clock_now() + delay, why->message, error);
}

static bool give_up(const Ctx *ctx, Work *work, const Command *command, const GError *why,
                    GError **error)
{
    const RenderStyle style = work_style(work);
    g_autofree char *title = g_strdup_printf("%s failed", command_info(command->kind)->title);
    g_auto(Outcome) outcome = { 0 };

    log_line(hadal_error_class(why)->log_level, ctx, "failed: %s", why->message);
    outcome_set(&outcome, COMMAND_FAILED, why->message,
                render_failure(&style, title, why->message, NULL), THREAD_ACTIVE);
    outcome_add_failed_status(ctx, &outcome, work, command);
    return finish(work, command, &outcome, error);
}

/* Stopped before it had any effect: it is not put off, it is over. What had effects tells itself.
 */
static bool end_cancelled(const Ctx *ctx, Work *work, const Command *command, GError **error)
{
    const Ctx unasked = { .command = ctx->command, .cancel = ctx->cancel };
    g_autofree char *by = running_asked_by(command->id);
    g_autofree char *title = g_strdup_printf("%s cancelled", command_info(command->kind)->title);
    g_autofree char *reason = g_strdup_printf("cancelled by %s", by ? by : "somebody");
    g_autofree char *text =
        g_strdup_printf("%s cancelled it. Nothing was changed.", by ? by : "Somebody");
    g_auto(Outcome) outcome = { 0 };

    outcome_set(&outcome, COMMAND_CANCELLED, reason, render_notice(title, text), THREAD_CLOSED);
    outcome_add_failed_status(&unasked, &outcome, work, command);
    return finish(work, command, &outcome, error);
}

static bool report(const Ctx *ctx, Work *work, const Command *command, const GError *why,
                   GError **error)
{
    bool may_wait = clock_now() - command->queued_at < GIVE_UP_MS;
    bool is_stopping = g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);

    if (ctx_is_asked_to_stop(ctx)) /* whatever failed on the way to it */
        return end_cancelled(ctx, work, command, error);
    if (is_stopping || (hadal_error_class(why)->retry && may_wait))
        return put_off(ctx, work, command, why, error);
    return give_up(ctx, work, command, why, error);
}

/* Whether it never is repeated, and was begun before: by a process that died. */
static bool has_begun(Work *work, const Command *command, bool *has, GError **error)
{
    g_autoptr(GPtrArray) runs = NULL;

    *has = false;
    if (!(command_info(command->kind)->takes & COMMAND_NEVER_REPEATED))
        return true;
    runs = store_runs(work->store, command->id, error);
    *has = runs && runs->len > 0;
    return runs != NULL;
}

/*
 * Nobody waits for an answer to a push, and a later event of the same head asks again. One that had
 * begun and was put off, though, must not leave a status that waits for it; who never was allowed
 * to give a command changes none.
 */
static bool deny(const Ctx *ctx, Work *work, const Command *command, const char *why_not,
                 Outcome *outcome, GError **error)
{
    bool is_push = command->source == SOURCE_PUSH, has_status = false;
    g_autofree char *title = g_strdup_printf("%s refused", command_info(command->kind)->title);

    if (!store_command_has_status(work->store, command, &has_status, error) ||
        (is_push && !store_pull_forget_queued(work->store, command->pull_id, error)))
        return false;
    outcome_set(outcome, COMMAND_DONE, why_not,
                is_push && !has_status ? NULL : render_notice(title, why_not), THREAD_CLOSED);
    outcome->evidence = g_strdup("not authorized");
    if (has_status)
        outcome_add_failed_status(ctx, outcome, work, command);
    return true;
}

static bool is_allowed(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                       bool *is_denied, GError **error)
{
    g_autofree char *why_not = NULL;

    if (!authorize_command(ctx, work, command, &why_not, error))
        return false;
    *is_denied = why_not != NULL;
    return !why_not || deny(ctx, work, command, why_not, outcome, error);
}

static bool run_body(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error)
{
    CommandRunner body = commands[command->kind].run;

    return commands[command->kind].is_wrapped ? hooks_wrap(ctx, work, command, body, outcome, error)
                                              : body(ctx, work, command, outcome, error);
}

/*
 * One that was asked to stop before it was claimed is not begun, but what it did in an earlier life
 * has to be told: then it runs undisturbed, and the gate lets nothing more begin.
 */
static bool run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                GError **error)
{
    const Ctx unasked = { .command = ctx->command, .cancel = ctx->cancel };
    bool has = false, is_denied = false;

    if (!has_begun(work, command, &has, error))
        return false;
    if (command->cancel_asked_by && !has)
        return ctx_check(ctx, error);
    if (!has && !is_allowed(ctx, work, command, outcome, &is_denied, error))
        return false;
    return is_denied ||
           run_body(command->cancel_asked_by ? &unasked : ctx, work, command, outcome, error);
}

void worker_run(const Ctx *ctx, Work *work, const Command *command)
{
    g_auto(Outcome) outcome = { .state = COMMAND_DONE };
    g_autoptr(GError) why = NULL, error = NULL;
    bool is_stored;

    step_reached(ctx, STEP_COMMAND_CLAIMED);
    log_line(LEVEL_INFO, ctx, "%s of %s!%" G_GINT64_FORMAT " for %s begins",
             command_info(command->kind)->name, command->pull.repo.full_name, command->pull.number,
             command->actor.name ? command->actor.name : "a push");
    if (run(ctx, work, command, &outcome, &why))
        is_stored = finish(work, command, &outcome, &error);
    else
        is_stored = report(ctx, work, command, why, &error);
    if (!is_stored) { /* the lease runs out, and whoever claims it next sees it unfinished */
        log_line(LEVEL_ERROR, ctx, "its end is not stored: %s", error->message);
        return;
    }
    step_reached(ctx, STEP_RESULTS_STORED);
    log_line(LEVEL_INFO, ctx, "%s ends: %s%s%s", command_info(command->kind)->name,
             why ? "put off or failed" : command_state_name(outcome.state),
             outcome.reason ? ": " : "", outcome.reason ? outcome.reason : "");
}
