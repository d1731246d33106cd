// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/acknowledge.h"

#include "host/azuredevops/event.h"
#include "host/azuredevops/pull.h"

/* A like is all there is, and one of each account (Pull Request Comment Likes - Create). */
bool azuredevops_comment_react(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                               const char *comment, GError **error)
{
    g_autofree char *threads = azuredevops_pull_url(site, pull, "threads", error);
    g_autofree char *url = NULL;
    g_auto(RestReply) reply = { 0 };
    gint64 thread, number;

    if (!threads || !azuredevops_comment_of_ref(comment, &thread, &number, error))
        return false;
    url = g_strdup_printf("%s/%" G_GINT64_FORMAT "/comments/%" G_GINT64_FORMAT "/likes", threads,
                          thread, number);
    const RestCall call = { .what = "like", .method = "POST", .url = url, .may_be_empty = true };

    return rest_call(ctx, rest, &call, &reply, error);
}
