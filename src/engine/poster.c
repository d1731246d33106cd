// SPDX-License-Identifier: Apache-2.0
/* One outbox item to its host: posted exactly once (I7), in the order of its pull request. */
#include "base/clock.h"
#include "base/log.h"
#include "base/step.h"
#include "engine/work.h"

enum {
    REFUSED_TRIES = 5,                      /* of what the host says no to */
    GIVE_UP_MS = 7 * 24 * 60 * 60 * 1000LL, /* of what may work later */
};

static bool post(const Ctx *ctx, Work *work, const OutboxItem *item, PostResult *result,
                 GError **error)
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

/* How often it is tried in all; what the host calls wrong does not get right. */
static int tries(const GError *why)
{
    bool is_final = g_error_matches(why, HADAL_ERROR, HADAL_ERROR_INVALID) ||
                    g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CONFLICT);

    return is_final ? 1 : REFUSED_TRIES;
}

static bool report(const Ctx *ctx, Work *work, const OutboxItem *item, const GError *why,
                   GError **error)
{
    bool is_stopping = g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);
    bool may_wait = hadal_error_class(why)->retry || is_stopping
                        ? clock_now() - item->queued_at < GIVE_UP_MS
                        : item->attempts + 1 < tries(why);

    if (may_wait)
        return put_off(ctx, work, item, why, error);
    /* CONFLICT: the pull request was closed meanwhile, and nobody waits for it any more. */
    log_line(g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CONFLICT) ? LEVEL_INFO : LEVEL_ERROR,
             ctx, "%s is given up: %s", item->key, why->message);
    return store_outbox_drop(work->store, item->id, why->message, error);
}

void poster_run(const Ctx *ctx, Work *work, const OutboxItem *item)
{
    g_auto(PostResult) result = { 0 };
    g_autoptr(GError) why = NULL, error = NULL;
    bool is_stored;

    step_reached(ctx, STEP_POST_CLAIMED);
    if (post(ctx, work, item, &result, &why)) {
        step_reached(ctx, STEP_POST_ANSWERED);
        is_stored = store_outbox_done(work->store, item->id, result.reference, &error);
        step_reached(ctx, STEP_POST_STORED);
    } else {
        is_stored = report(ctx, work, item, why, &error);
    }
    if (!is_stored) /* the lease runs out and it is looked for before it is posted again */
        log_line(LEVEL_ERROR, ctx, "what became of %s is not stored: %s", item->key,
                 error->message);
}
