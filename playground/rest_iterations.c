// SPDX-License-Identifier: Apache-2.0
#include "rest.h"
#include "sys/js.h"

enum { PAGE = 100, MAX_PAGE = 2000 };

json_t *rest_iterations(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->pull->iterations->len; i++)
        json_array_append_new(array, wire_iteration(call->state, call->pull->iterations->pdata[i]));
    return wire_list(array);
}

json_t *rest_iteration(Call *call)
{
    return wire_iteration(call->state, call->iteration);
}

static json_t *wire_entry(const Change *change, guint number)
{
    json_t *entry = json_object();
    json_t *item = js_set_object(entry, "item");
    g_autofree char *path = g_strconcat("/", change->path, NULL);
    g_autofree char *old = change->old_path ? g_strconcat("/", change->old_path, NULL) : NULL;

    json_object_set_new(entry, "changeTrackingId", json_integer(number));
    json_object_set_new(entry, "changeId", json_integer(number));
    js_set(item, "objectId", change->object);
    js_set(item, "originalObjectId", change->old_object);
    js_set(item, "path", path);
    js_set(entry, "changeType", change->kind);
    js_set(entry, "originalPath", old);
    return entry;
}

/* $compareTo 0: with the merge base. A page that is full says where the next one begins. */
json_t *rest_iteration_changes(Call *call)
{
    int with = call_query_int(call, "$compareTo", 0);
    guint skip = (guint)call_query_int(call, "$skip", 0);
    guint top = MIN((guint)call_query_int(call, "$top", PAGE), MAX_PAGE);
    const Iteration *other = with ? pull_iteration(call->pull, with) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    json_t *answer, *array;
    bool more;

    if (with && !other)
        return call_refuse(call, REFUSE_NO_ITERATION,
                           "The requested pull request iteration was not found.");
    changes = git_changes(call->pull->repo->dir, other ? other->source : call->iteration->base,
                          call->iteration->source, &error);
    if (!changes)
        return call_fail(call, error);
    answer = json_object();
    array = json_array();
    for (guint i = skip; i < changes->len && i - skip < top; i++)
        json_array_append_new(array, wire_entry(changes->pdata[i], i + 1));
    json_object_set_new(answer, "changeEntries", array);
    more = skip + top < changes->len;
    if (more) {
        json_object_set_new(answer, "nextSkip", json_integer(skip + top));
        json_object_set_new(answer, "nextTop", json_integer(top));
    }
    return answer;
}

json_t *rest_iteration_commits(Call *call)
{
    g_autofree char *range =
        g_strdup_printf("%s..%s", call->iteration->base, call->iteration->source);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) log =
        git_log(call->pull->repo->dir, range, call_query_int(call, "skip", 0),
                call_query_int(call, "top", PAGE), &error);
    json_t *array;

    if (!log)
        return call_fail(call, error);
    array = json_array();
    for (guint i = 0; i < log->len; i++)
        json_array_append_new(array, wire_commit(call->state, call->pull->repo, log->pdata[i]));
    return wire_list(array);
}
