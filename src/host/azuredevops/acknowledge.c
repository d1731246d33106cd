// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/acknowledge.h"

#include "host/azuredevops/event.h"
#include "host/azuredevops/marker.h"
#include "host/azuredevops/pull.h"
#include "host/azuredevops/wire.h"
#include "sys/js.h"

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

/* The marker alone anybody could write. */
static bool is_ours(const json_t *comment, const char *user_id)
{
    g_autofree char *author = wire_guid(json_object_get(comment, "author"), "id");

    return marker_is_ours(js_get(comment, "content", "")) &&
           (!user_id || g_strcmp0(author, user_id) == 0);
}

/* What nobody reads, what the service notes by itself, a command, and what we said. */
static bool is_no_talk(const json_t *thread, const json_t *comment, const char *const *commands,
                       const char *user_id)
{
    g_autofree char *ref = azuredevops_comment_ref(wire_id(thread, "id"), wire_id(comment, "id"));

    return json_is_true(json_object_get(comment, "isDeleted")) ||
           g_ascii_strcasecmp(js_get(comment, "commentType", "text"), "system") == 0 ||
           (ref && g_strv_contains(commands, ref)) || is_ours(comment, user_id);
}

/* Opened by the comment, as it was left then, and about nothing else. */
static bool is_to_be_closed(const json_t *thread, gint64 number, const char *const *commands,
                            const char *user_id)
{
    const json_t *all = json_object_get(thread, "comments");

    if (g_ascii_strcasecmp(js_get(thread, "status", ""), "active") != 0 ||
        wire_id(json_array_get(all, 0), "id") != number)
        return false;
    for (size_t i = 0; i < json_array_size(all); i++)
        if (!is_no_talk(thread, json_array_get(all, i), commands, user_id))
            return false;
    return true;
}

static bool close_thread(const Ctx *ctx, Rest *rest, const char *url, GError **error)
{
    json_auto_t *body = json_object();
    const RestCall call = { .what = "close thread", .method = "PATCH", .url = url, .body = body };
    g_auto(RestReply) reply = { 0 };

    js_set(body, "status", "closed");
    return rest_call(ctx, rest, &call, &reply, error);
}

/* The reply stays empty when it is gone. */
static bool read_thread(const Ctx *ctx, Rest *rest, const char *url, RestReply *reply,
                        GError **error)
{
    const RestCall call = {
        .what = "get thread", .method = "GET", .url = url, .max_reply = REST_ALL_THREADS
    };
    g_autoptr(GError) why = NULL;

    if (rest_call(ctx, rest, &call, reply, &why) ||
        g_error_matches(why, HADAL_ERROR, HADAL_ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

bool azuredevops_thread_settle(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                               const char *comment, const char *const *commands, GError **error)
{
    g_autofree char *threads = azuredevops_pull_url(site, pull, "threads", error);
    g_autofree char *url = NULL;
    g_auto(RestReply) reply = { 0 };
    gint64 thread, number;

    if (!threads || !azuredevops_comment_of_ref(comment, &thread, &number, error))
        return false;
    url = g_strdup_printf("%s/%" G_GINT64_FORMAT, threads, thread);
    if (!read_thread(ctx, rest, url, &reply, error))
        return false;
    return !is_to_be_closed(reply.json, number, commands, reply.user_id) ||
           close_thread(ctx, rest, url, error);
}
