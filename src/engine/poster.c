// SPDX-License-Identifier: Apache-2.0
/* One outbox item to its host: posted exactly once (I7), in the order of its pull request. */
#include "base/clock.h"
#include "base/log.h"
#include "base/step.h"
#include "engine/settle.h"

enum {
    REFUSED_TRIES = 5,                      /* of what the host says no to */
    GIVE_UP_MS = 7 * 24 * 60 * 60 * 1000LL, /* of what may work later */
    MERGE_MS = 15 * 60 * 1000, /* of a completion: what is to be said later waits behind it */
};

/* The host's refusal is an answer: it is told, and not tried again. */
static bool refuse_merge(const Ctx *ctx, Work *work, const OutboxItem *item, const char *why,
                         GError **error)
{
    g_autofree char *key = g_strconcat(item->key, "-refused", NULL);
    g_autofree char *message = g_strdup_printf(
        "Everything is applied, but the pull request was not completed: %s.\nSettle "
        "that and complete it by hand.",
        why);
    g_autofree char *text = render_notice("Not completed", message);
    const NewComment comment = {
        .key = key,
        .parts = (const char *const[]){ text, NULL },
        .state = THREAD_ACTIVE,
    };

    log_line(LEVEL_INFO, ctx, "%s is refused: %s", item->key, why);
    return store_outbox_refuse(work->store, item, why, &comment, error);
}

/* *is_refused: it is told, and nothing of the item is left to do. */
static bool merge(const Ctx *ctx, Work *work, Host *host, const OutboxItem *item, bool *is_refused,
                  GError **error)
{
    const MergeRequest request = {
        .head = item->merge->head,
        .method = item->merge->method,
        .deletes_source_branch = item->merge->deletes_source_branch,
        .was_asked = item->attempts > 0,
    };
    g_auto(MergeResult) result = { 0 };

    if (!host_merge(ctx, host, &item->pull, &request, &result, error))
        return false;
    if (result.state == MERGE_WAITING && clock_now() - item->queued_at < MERGE_MS)
        return hadal_throw(error, HADAL_ERROR_RETRY, "the host is completing the pull request");
    *is_refused = result.state == MERGE_REFUSED || result.state == MERGE_WAITING;
    return !*is_refused ||
           refuse_merge(ctx, work, item,
                        result.reason ? result.reason : "the host has not finished it yet", error);
}

/* The comment's own key stays with it. A thread that we left open asked for something that is over;
 * what people do with a closed one is theirs. */
static bool fold(const Ctx *ctx, Host *host, const OutboxItem *item, GError **error)
{
    g_autofree char *text = render_folded(item->text);
    const CommentPost post = {
        .key = item->folds,
        .markdown = text,
        .thread = item->thread,
        .state = item->state == THREAD_ACTIVE ? THREAD_CLOSED : THREAD_ACTIVE,
    };

    return !item->thread || host_comment_replace(ctx, host, &item->pull, &post, error);
}

static bool is_mark(const OutboxItem *item)
{
    return item->kind == OUTBOX_REACT || item->kind == OUTBOX_SETTLE || item->kind == OUTBOX_CLOSE;
}

static bool mark(const Ctx *ctx, Work *work, Host *host, const OutboxItem *item, GError **error)
{
    if (item->kind == OUTBOX_CLOSE)
        return !item->thread ||
               settle_thread_of_ours(ctx, work, &item->pull, item->command_id, item->thread, error);
    return item->kind == OUTBOX_REACT
               ? host_comment_react(ctx, host, &item->pull, item->text, error)
               : settle_thread(ctx, work, &item->pull, item->command_id, error);
}

static bool post(const Ctx *ctx, Work *work, const OutboxItem *item, PostResult *result,
                 bool *is_refused, GError **error)
{
    Host *host = work_host(work, item->pull.repo.host, error);
    const CommentPost comment = {
        .key = item->key,
        .markdown = item->text,
        .thread = item->thread,
        .state = item->state,
        .may_be_there = item->attempts > 0,
    };
    const StatusPost status = { .status = item->status, .may_be_there = item->attempts > 0 };

    if (!host)
        return false;
    if (item->kind == OUTBOX_MERGE)
        return merge(ctx, work, host, item, is_refused, error);
    if (item->kind == OUTBOX_FOLD)
        return fold(ctx, host, item, error);
    if (is_mark(item))
        return mark(ctx, work, host, item, error);
    if (item->kind == OUTBOX_STATUS)
        return host_status_post(ctx, host, &item->pull, &status, result, error);
    return host_comment_post(ctx, host, &item->pull, &comment, result, error);
}

static bool put_off(const Ctx *ctx, Work *work, const OutboxItem *item, const GError *why,
                    GError **error)
{
    gint64 asked = work->host ? host_retry_after(work->host) : 0;
    gint64 delay = MAX(asked, work_delay(item->attempts + 1));

    log_line(hadal_error_class(why)->log_level, ctx,
             "%s is posted again in %" G_GINT64_FORMAT " ms: %s", item->key, delay, why->message);
    return store_outbox_retry(work->store, item->id, clock_now() + delay, why->message, error);
}

/* How often it is tried in all; what the host calls wrong does not get right, and no later post is
 * kept waiting for a comment that somebody has deleted. */
static int tries(const OutboxItem *item, const GError *why)
{
    bool is_final = item->kind == OUTBOX_FOLD || is_mark(item) ||
                    g_error_matches(why, HADAL_ERROR, HADAL_ERROR_INVALID) ||
                    g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CONFLICT);

    return is_final ? 1 : REFUSED_TRIES;
}

/* CONFLICT: the pull request was closed meanwhile, and nobody waits for it any more. */
static LogLevel level_of(const OutboxItem *item, const GError *why)
{
    if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CONFLICT))
        return LEVEL_INFO;
    return item->kind == OUTBOX_FOLD || is_mark(item) ? LEVEL_WARN : LEVEL_ERROR;
}

static bool report(const Ctx *ctx, Work *work, const OutboxItem *item, const GError *why,
                   GError **error)
{
    bool is_stopping = g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);
    bool may_wait = hadal_error_class(why)->retry || is_stopping
                        ? clock_now() - item->queued_at < GIVE_UP_MS
                        : item->attempts + 1 < tries(item, why);

    if (may_wait)
        return put_off(ctx, work, item, why, error);
    log_line(level_of(item, why), ctx, "%s is given up: %s", item->key, why->message);
    return item->kind == OUTBOX_MERGE
               ? refuse_merge(ctx, work, item, why->message, error)
               : store_outbox_drop(work->store, item->id, why->message, error);
}

void poster_run(const Ctx *ctx, Work *work, const OutboxItem *item)
{
    g_auto(PostResult) result = { 0 };
    g_autoptr(GError) why = NULL, error = NULL;
    bool is_stored, is_refused = false;

    step_reached(ctx, STEP_POST_CLAIMED);
    if (post(ctx, work, item, &result, &is_refused, &why)) {
        step_reached(ctx, STEP_POST_ANSWERED);
        is_stored =
            is_refused || store_outbox_done(work->store, item->id, result.reference, &error);
        step_reached(ctx, STEP_POST_STORED);
    } else {
        is_stored = report(ctx, work, item, why, &error);
    }
    if (!is_stored) /* the lease runs out and it is looked for before it is posted again */
        log_line(LEVEL_ERROR, ctx, "what became of %s is not stored: %s", item->key,
                 error->message);
}
