// SPDX-License-Identifier: Apache-2.0
/* Statuses of a pull request and of one of its iterations: the same list, seen twice. */
#include "rest.h"

#include "policy.h"
#include "sys/js.h"

enum { MAX_NAME = 256 };

static bool is_seen(const Call *call, const Status *status)
{
    return !call->iteration || status->iteration == call->iteration->id;
}

json_t *rest_statuses(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->pull->statuses->len; i++) {
        const Status *status = call->pull->statuses->pdata[i];

        if (is_seen(call, status))
            json_array_append_new(array, wire_status(call->state, call->pull, status));
    }
    return wire_list(array);
}

static Status *find(const Call *call)
{
    int id = call_param_int(call, "statusId");

    for (guint i = 0; i < call->pull->statuses->len; i++) {
        Status *status = call->pull->statuses->pdata[i];

        if (status->id == id && is_seen(call, status))
            return status;
    }
    return NULL;
}

static json_t *no_status(Call *call)
{
    return call_refuse(call, REFUSE_NO_STATUS, "The pull request status was not found.");
}

json_t *rest_status(Call *call)
{
    const Status *status = find(call);

    return status ? wire_status(call->state, call->pull, status) : no_status(call);
}

static bool is_absolute(const char *url)
{
    return g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://");
}

static json_t *check(Call *call)
{
    const json_t *context = call_member(call->body, "context");
    const char *name = context ? json_string_value(call_member(context, "name")) : NULL;
    const char *url = call_text(call, "targetUrl");

    if (!name || !*name || g_utf8_strlen(name, -1) > MAX_NAME)
        return call_refuse(call, REFUSE_ARGUMENT,
                           "A status needs a context with a name of at most %d characters.",
                           MAX_NAME);
    if (enum_read(call_member(call->body, "state"), status_state_names, STATUS_STATES) < 0)
        return call_refuse(call, REFUSE_ARGUMENT, "A status needs a state.");
    if (url && !is_absolute(url))
        return call_refuse(call, REFUSE_ARGUMENT, "The target URL has to be absolute.");
    return NULL;
}

/* By its path, by a member of the body, or 0; -1 for one that does not exist. */
static int iteration_of(const Call *call)
{
    const json_t *given = call_member(call->body, "iterationId");

    if (call->iteration)
        return call->iteration->id;
    if (!given || json_integer_value(given) == 0)
        return 0;
    return pull_iteration(call->pull, (int)json_integer_value(given))
               ? (int)json_integer_value(given)
               : -1;
}

static Status *add(Call *call, int iteration)
{
    const json_t *context = call_member(call->body, "context");
    Status *status = g_new0(Status, 1);

    status->id = ++call->pull->last_status_id;
    status->iteration = iteration;
    status->state =
        (StatusState)enum_read(call_member(call->body, "state"), status_state_names, STATUS_STATES);
    status->name = g_strdup(json_string_value(call_member(context, "name")));
    status->genre = g_strdup(json_string_value(call_member(context, "genre")));
    status->description = g_strdup(call_text(call, "description"));
    status->target_url = g_strdup(call_text(call, "targetUrl"));
    status->author = call->user;
    status->created = time_now();
    g_ptr_array_add(call->pull->statuses, status);
    return status;
}

json_t *rest_status_create(Call *call)
{
    json_t *refusal = check(call);
    int iteration = iteration_of(call);

    if (refusal)
        return refusal;
    if (iteration < 0)
        return call_refuse(call, REFUSE_NO_ITERATION,
                           "The requested pull request iteration was not found.");
    if (call->pull->state != PULL_ACTIVE)
        return call_refuse(call, REFUSE_PULL_UPDATE,
                           "TF401181: The pull request cannot be edited due to its state.");
    if (iteration == 0 && policy_wants_iteration(call->state, call->pull))
        return call_refuse(call, REFUSE_STATUS_POLICY,
                           "Pull request status rejected by status policy. Policy configuration "
                           "requires status to be posted on iteration.");
    return wire_status(call->state, call->pull, add(call, iteration));
}

json_t *rest_status_delete(Call *call)
{
    Status *status = find(call);

    if (!status)
        return no_status(call);
    g_ptr_array_remove(call->pull->statuses, status);
    return NULL;
}
