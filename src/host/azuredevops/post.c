// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/post.h"

#include <string.h>

#include "host/azuredevops/event.h"
#include "host/azuredevops/marker.h"
#include "host/azuredevops/pull.h"
#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum { LONGEST_DESCRIPTION = 256 };

static json_t *comment_of(const CommentPost *post)
{
    g_autofree char *content = marker_add(post->markdown, post->key);
    json_t *comment = json_object();

    /* Threads have two levels: an answer is to the thread's first comment. */
    json_object_set_new(comment, "parentCommentId", json_integer(post->thread ? 1 : 0));
    js_set(comment, "content", content);
    js_set(comment, "commentType", "text");
    return comment;
}

static json_t *thread_of(const CommentPost *post)
{
    json_t *thread = json_object();
    json_t *comments = json_array();

    json_array_append_new(comments, comment_of(post));
    json_object_set_new(thread, "comments", comments);
    js_set(thread, "status", post->state == THREAD_ACTIVE ? "active" : "closed");
    return thread;
}

/* An answer does not always tell whose the credential is; then the key alone must do. */
static bool is_by(const json_t *item, const char *key, const char *user_id)
{
    g_autofree char *id = wire_guid(json_object_get(item, key), "id");

    return !user_id || !id || g_str_equal(user_id, id);
}

static char *find_in_thread(const json_t *thread, const char *user_id, const char *key)
{
    const json_t *all = json_object_get(thread, "comments");

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);

        if (marker_has_key(js_get(one, "content", ""), key) && is_by(one, "author", user_id))
            return azuredevops_comment_ref(wire_id(thread, "id"), wire_id(one, "id"));
    }
    return NULL;
}

/* Leaves reference alone when the comment is not there. */
static bool find_comment(const Ctx *ctx, Rest *rest, const char *threads, const char *key,
                         char **reference, GError **error)
{
    const RestCall call = {
        .what = "get threads", .method = "GET", .url = threads, .max_reply = REST_ALL_THREADS
    };
    g_auto(RestReply) reply = { 0 };
    const json_t *all;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    all = json_object_get(reply.json, "value");
    for (size_t i = 0; i < json_array_size(all) && !*reference; i++)
        *reference = find_in_thread(json_array_get(all, i), reply.user_id, key);
    return true;
}

static bool open_thread(const Ctx *ctx, Rest *rest, const char *threads, const CommentPost *post,
                        char **reference, GError **error)
{
    json_auto_t *body = thread_of(post);
    const RestCall call = { .what = "post thread", .method = "POST", .url = threads, .body = body };
    g_auto(RestReply) reply = { 0 };
    const json_t *first;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    first = json_array_get(json_object_get(reply.json, "comments"), 0);
    if (!wire_id(reply.json, "id") || !wire_id(first, "id"))
        return hadal_throw(error, HADAL_ERROR_RETRY, "post thread: the answer does not name it");
    *reference = azuredevops_comment_ref(wire_id(reply.json, "id"), wire_id(first, "id"));
    return true;
}

static bool answer_thread(const Ctx *ctx, Rest *rest, const char *threads, const CommentPost *post,
                          char **reference, GError **error)
{
    const char *end;
    gint64 thread = wire_id_of_text(post->thread, &end);
    g_autofree char *url = g_strdup_printf("%s/%" G_GINT64_FORMAT "/comments", threads, thread);
    json_auto_t *body = comment_of(post);
    const RestCall call = { .what = "post comment", .method = "POST", .url = url, .body = body };
    g_auto(RestReply) reply = { 0 };

    if (!thread || (*end && *end != '/'))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a thread: %.40s", post->thread);
    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    if (!wire_id(reply.json, "id"))
        return hadal_throw(error, HADAL_ERROR_RETRY, "post comment: the answer does not name it");
    *reference = azuredevops_comment_ref(thread, wire_id(reply.json, "id"));
    return true;
}

bool azuredevops_comment_post(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                              const CommentPost *post, PostResult *result, GError **error)
{
    g_autofree char *threads = azuredevops_pull_url(site, pull, "threads", error);
    g_autofree char *reference = NULL;
    bool was_found;

    if (!threads)
        return false;
    if (post->may_be_there && !find_comment(ctx, rest, threads, post->key, &reference, error))
        return false;
    was_found = reference;
    if (!was_found && !(post->thread ? answer_thread(ctx, rest, threads, post, &reference, error)
                                     : open_thread(ctx, rest, threads, post, &reference, error)))
        return false;
    result->was_found = was_found;
    result->reference = g_steal_pointer(&reference);
    return true;
}

static bool patch(const Ctx *ctx, Rest *rest, const char *what, const char *url, const char *key,
                  const char *value, GError **error)
{
    json_auto_t *body = json_object();
    const RestCall call = { .what = what, .method = "PATCH", .url = url, .body = body };
    g_auto(RestReply) reply = { 0 };

    js_set(body, key, value);
    return rest_call(ctx, rest, &call, &reply, error);
}

bool azuredevops_comment_replace(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                                 const CommentPost *post, GError **error)
{
    g_autofree char *threads = azuredevops_pull_url(site, pull, "threads", error);
    g_autofree char *content = marker_add(post->markdown, post->key);
    g_autofree char *url = NULL, *comment_url = NULL;
    gint64 thread, comment;

    if (!threads || !azuredevops_comment_of_ref(post->thread, &thread, &comment, error))
        return false;
    url = g_strdup_printf("%s/%" G_GINT64_FORMAT, threads, thread);
    comment_url = g_strdup_printf("%s/comments/%" G_GINT64_FORMAT, url, comment);
    return patch(ctx, rest, "edit comment", comment_url, "content", content, error) &&
           (post->state != THREAD_CLOSED ||
            patch(ctx, rest, "close thread", url, "status", "closed", error));
}

static const char *const state_names[STATUS_STATES] = {
    [STATUS_PENDING] = "pending",
    [STATUS_SUCCEEDED] = "succeeded",
    [STATUS_FAILED] = "failed",
};

static char *bounded(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    const char *end;

    if (strlen(valid) <= LONGEST_DESCRIPTION)
        return g_steal_pointer(&valid);
    end = g_utf8_find_prev_char(valid, valid + LONGEST_DESCRIPTION - strlen("…") + 1);
    return g_strdup_printf("%.*s…", (int)(end - valid), valid);
}

/*
 * "atlantis/plan" is "plan" of "<genre>/atlantis": branch policies of people who come from Atlantis
 * name it so.
 */
json_t *azuredevops_status_context(const char *genre, const char *name)
{
    const char *slash = strrchr(name, '/');
    g_autofree char *left = slash ? g_strndup(name, (gsize)(slash - name)) : g_strdup("");
    g_autofree char *both = g_strdup_printf("%s%s%s", genre, *genre && *left ? "/" : "", left);
    json_t *context = json_object();

    js_set(context, "genre", both);
    js_set(context, "name", slash ? slash + 1 : name);
    return context;
}

static json_t *status_of(const char *genre, const Status *status)
{
    json_t *body = json_object();
    g_autofree char *description = bounded(status->description);

    json_object_set_new(body, "context", azuredevops_status_context(genre, status->name));
    js_set(body, "state", state_names[status->state]);
    js_set(body, "description", description);
    js_set(body, "targetUrl", status->url);
    return body;
}

static bool is_same_text(const json_t *a, const json_t *b, const char *key)
{
    return g_str_equal(js_get(a, key, ""), js_get(b, key, ""));
}

static bool is_same_context(const json_t *a, const json_t *b)
{
    const json_t *first = json_object_get(a, "context"), *second = json_object_get(b, "context");

    return is_same_text(first, second, "genre") && is_same_text(first, second, "name");
}

/* Of one context the newest counts: an equal one that has been overtaken is not there any more. */
static const json_t *newest_of(const json_t *list, const json_t *wanted)
{
    const json_t *all = json_object_get(list, "value"), *newest = NULL;

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);

        if (is_same_context(one, wanted) && wire_id(one, "id") > wire_id(newest, "id"))
            newest = one;
    }
    return newest;
}

static bool find_status(const Ctx *ctx, Rest *rest, const char *url, const json_t *wanted,
                        gint64 *found, GError **error)
{
    const RestCall call = { .what = "get statuses", .method = "GET", .url = url };
    g_auto(RestReply) reply = { 0 };
    const json_t *newest;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    newest = newest_of(reply.json, wanted);
    if (newest && is_same_text(newest, wanted, "state") &&
        is_same_text(newest, wanted, "description") && is_same_text(newest, wanted, "targetUrl") &&
        is_by(newest, "createdBy", reply.user_id))
        *found = wire_id(newest, "id");
    return true;
}

static bool send_status(const Ctx *ctx, Rest *rest, const char *url, const json_t *body, gint64 *id,
                        GError **error)
{
    const RestCall call = { .what = "post status", .method = "POST", .url = url, .body = body };
    g_auto(RestReply) reply = { 0 };

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    *id = wire_id(reply.json, "id");
    return *id || hadal_throw(error, HADAL_ERROR_RETRY, "post status: the answer does not name it");
}

/* A policy may insist on statuses of iterations, and pull requests too large have none. */
static char *statuses_url(const Site *site, const PullRef *pull, gint64 iteration, GError **error)
{
    g_autofree char *leaf =
        iteration ? g_strdup_printf("iterations/%" G_GINT64_FORMAT "/statuses", iteration)
                  : g_strdup("statuses");

    return azuredevops_pull_url(site, pull, leaf, error);
}

bool azuredevops_status_post(const Ctx *ctx, Rest *rest, const Site *site, const char *genre,
                             const PullRef *pull, const StatusPost *post, PostResult *result,
                             GError **error)
{
    g_autofree char *url = statuses_url(site, pull, post->status->iteration, error);
    json_auto_t *body = status_of(genre, post->status);
    gint64 id = 0;
    bool was_found;

    if (!url)
        return false;
    if (post->may_be_there && !find_status(ctx, rest, url, body, &id, error))
        return false;
    was_found = id;
    if (!was_found && !send_status(ctx, rest, url, body, &id, error))
        return false;
    result->was_found = was_found;
    result->reference = g_strdup_printf("%" G_GINT64_FORMAT, id);
    return true;
}
