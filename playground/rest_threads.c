// SPDX-License-Identifier: Apache-2.0
#include "rest.h"

#include <string.h>

#include "hooks.h"
#include "pull.h"
#include "sys/js.h"

enum { MAX_CONTENT = 150000 };

json_t *rest_threads(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->pull->threads->len; i++)
        json_array_append_new(array,
                              wire_thread(call->state, call->pull, call->pull->threads->pdata[i]));
    return wire_list(array);
}

json_t *rest_thread(Call *call)
{
    return wire_thread(call->state, call->pull, call->thread);
}

/* The service counts UTF-16 units. */
static gsize utf16_length(const char *text)
{
    gsize length = 0;

    for (const char *c = text; *c; c = g_utf8_next_char(c))
        length += g_utf8_get_char(c) > 0xffff ? 2 : 1;
    return length;
}

static json_t *check_content(Call *call, const json_t *comment)
{
    const json_t *content = call_member(comment, "content");

    if (!json_is_string(content) || json_string_length(content) == 0)
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "A value is required.\r\nParameter name: comment.Content");
    if (utf16_length(json_string_value(content)) > MAX_CONTENT)
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "A discussion comment cannot be longer than 150000 characters.\r\n"
                           "Parameter name: comment.Content");
    return NULL;
}

static json_t *check_type(Call *call, const json_t *comment)
{
    static const char *const types[] = { "unknown", "text", "codeChange", "system" };
    const json_t *type = call_member(comment, "commentType");
    int value = type ? enum_read(type, types, G_N_ELEMENTS(types)) : 1;

    if (value < 0)
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "The value is not valid.\r\nParameter name: comment.CommentType");
    if (value == 3)
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "A system comment cannot be created by a client.\r\n"
                           "Parameter name: comment.CommentType");
    return NULL;
}

static json_t *check_comment(Call *call, const json_t *comment, const Thread *thread)
{
    json_t *refusal = check_content(call, comment);
    json_int_t parent = json_integer_value(call_member(comment, "parentCommentId"));

    if (!refusal)
        refusal = check_type(call, comment);
    if (refusal)
        return refusal;
    if (parent == 0 || (thread && thread_comment(thread, (int)parent)))
        return NULL;
    return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                       "The parent comment does not exist.\r\n"
                       "Parameter name: comment.ParentCommentId");
}

static bool read_state(Call *call, ThreadState *state)
{
    const json_t *value = call_member(call->body, "status");
    int number = value ? enum_read(value, thread_state_names, THREAD_STATES) : THREAD_UNKNOWN;

    *state = (ThreadState)number;
    return number >= 0;
}

/* Plain values become { "$type", "$value" }, as they come back from the service. */
static json_t *typed_properties(const json_t *given)
{
    json_t *properties = json_object();
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)given, key, value)
    {
        json_t *typed;

        if (json_is_object(value)) {
            json_object_set(properties, key, value);
            continue;
        }
        typed = js_set_object(properties, key);
        js_set(typed, "$type", json_is_integer(value) ? "System.Int32" : "System.String");
        json_object_set(typed, "$value", value);
    }
    return properties;
}

static json_t *copy_object(const json_t *value)
{
    return json_is_object(value) ? json_deep_copy(value) : NULL;
}

/* Every comment of a new thread is told of by itself, once the thread is whole. */
static void add_comments(Call *call, Thread *thread, const json_t *comments)
{
    for (size_t i = 0; i < json_array_size(comments); i++) {
        const json_t *comment = json_array_get(comments, i);

        pull_comment(call->state, call->pull, thread, call->user,
                     json_string_value(call_member(comment, "content")),
                     (int)json_integer_value(call_member(comment, "parentCommentId")));
    }
}

json_t *rest_thread_create(Call *call)
{
    const json_t *comments = call_member(call->body, "comments");
    json_t *refusal = NULL;
    ThreadState state;
    Thread *thread;

    if (json_array_size(comments) == 0)
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "A value is required.\r\nParameter name: commentThread.Comments");
    if (!read_state(call, &state))
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "The value is not valid.\r\nParameter name: commentThread.Status");
    for (size_t i = 0; !refusal && i < json_array_size(comments); i++)
        refusal = check_comment(call, json_array_get(comments, i), NULL);
    if (refusal)
        return refusal;
    thread = pull_add_thread(call->state, call->pull);
    thread->state = state;
    thread->properties = typed_properties(call_member(call->body, "properties"));
    thread->context = copy_object(call_member(call->body, "threadContext"));
    thread->pull_context = copy_object(call_member(call->body, "pullRequestThreadContext"));
    add_comments(call, thread, comments);
    return wire_thread(call->state, call->pull, thread);
}

json_t *rest_thread_update(Call *call)
{
    const json_t *properties = call_member(call->body, "properties");
    ThreadState state;

    if (!read_state(call, &state))
        return call_refuse(call, REFUSE_COMMENT_ARGUMENT,
                           "The value is not valid.\r\nParameter name: commentThread.Status");
    if (call_member(call->body, "status"))
        call->thread->state = state;
    if (properties) {
        json_t *typed = typed_properties(properties);

        if (call->thread->properties)
            json_object_update(call->thread->properties, typed);
        else
            call->thread->properties = json_incref(typed);
        json_decref(typed);
    }
    call->thread->updated = time_now();
    return wire_thread(call->state, call->pull, call->thread);
}

json_t *rest_comments(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->thread->comments->len; i++)
        json_array_append_new(array, wire_comment(call->state, call->pull, call->thread,
                                                  call->thread->comments->pdata[i]));
    return wire_list(array);
}

json_t *rest_comment(Call *call)
{
    return wire_comment(call->state, call->pull, call->thread, call->comment);
}

json_t *rest_comment_create(Call *call)
{
    json_t *refusal = check_comment(call, call->body, call->thread);
    const Comment *comment;

    if (refusal)
        return refusal;
    comment =
        pull_comment(call->state, call->pull, call->thread, call->user, call_text(call, "content"),
                     (int)json_integer_value(call_member(call->body, "parentCommentId")));
    return wire_comment(call->state, call->pull, call->thread, comment);
}

static json_t *check_own(Call *call)
{
    if (call->comment->author == call->user && !call->comment->deleted && !call->comment->system)
        return NULL;
    return call_refuse(call, REFUSE_PERMISSION,
                       "TF401027: A comment can only be changed by its author while it exists.");
}

json_t *rest_comment_update(Call *call)
{
    json_t *refusal = check_own(call);

    if (!refusal)
        refusal = check_content(call, call->body);
    if (refusal)
        return refusal;
    pull_edit_comment(call->state, call->pull, call->thread, call->comment,
                      call_text(call, "content"));
    return wire_comment(call->state, call->pull, call->thread, call->comment);
}

json_t *rest_comment_delete(Call *call)
{
    json_t *refusal = check_own(call);

    if (refusal)
        return refusal;
    pull_delete_comment(call->state, call->pull, call->thread, call->comment);
    return NULL;
}

json_t *rest_likes(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->comment->likes->len; i++)
        json_array_append_new(array, wire_user(call->state, call->comment->likes->pdata[i]));
    return wire_list(array);
}

json_t *rest_like(Call *call)
{
    gpointer user = (gpointer)call->user;

    if (!g_ptr_array_find(call->comment->likes, user, NULL))
        g_ptr_array_add(call->comment->likes, user);
    return NULL;
}

json_t *rest_unlike(Call *call)
{
    g_ptr_array_remove(call->comment->likes, (gpointer)call->user);
    return NULL;
}
