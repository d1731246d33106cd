// SPDX-License-Identifier: Apache-2.0
/* Reviewers and their votes, labels, properties. */
#include "rest.h"

#include <string.h>

#include "pull.h"
#include "sys/js.h"
#include "team.h"

json_t *rest_reviewers(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->pull->reviewers->len; i++)
        json_array_append_new(
            array, wire_reviewer(call->state, call->pull, call->pull->reviewers->pdata[i]));
    return wire_list(array);
}

static const User *user_of_path(const Call *call)
{
    return state_identity(call->state, call_param(call, "reviewerId"));
}

static json_t *no_identity(Call *call)
{
    return call_refuse(call, REFUSE_NO_IDENTITY, "The identity %s could not be found.",
                       call_param(call, "reviewerId"));
}

json_t *rest_reviewer(Call *call)
{
    const User *user = user_of_path(call);
    const Reviewer *reviewer = user ? pull_reviewer(call->pull, user) : NULL;

    return reviewer ? wire_reviewer(call->state, call->pull, reviewer) : no_identity(call);
}

static bool is_vote(json_int_t vote)
{
    return vote == 10 || vote == 5 || vote == 0 || vote == -5 || vote == -10;
}

json_t *rest_reviewer_put(Call *call)
{
    const User *user = user_of_path(call);
    json_int_t vote = json_integer_value(call_member(call->body, "vote"));
    const json_t *required = call_member(call->body, "isRequired");
    const Reviewer *before;

    if (!g_uuid_string_is_valid(call_param(call, "reviewerId")))
        return call_refuse(call, REFUSE_ARGUMENT, "The reviewer has to be named by its id.");
    if (!user)
        return no_identity(call);
    if (!is_vote(vote))
        return call_refuse(call, REFUSE_ARGUMENT, "The vote has to be 10, 5, 0, -5 or -10.");
    before = pull_reviewer(call->pull, user);
    if (user != call->user && vote != (before ? before->vote : 0))
        return call_refuse(call, REFUSE_REVIEWER,
                           "TF401186: The reviewer %s cannot be voted for by somebody else.",
                           user->id);
    if (call->pull->state != PULL_ACTIVE)
        return call_refuse(call, REFUSE_PULL_UPDATE,
                           "TF401181: The pull request cannot be edited due to its state.");
    if (required || !before)
        pull_set_reviewer(call->state, call->pull, user, json_is_true(required), call->user);
    if (user == call->user)
        pull_vote(call->state, call->pull, user, (int)vote, call->user);
    return wire_reviewer(call->state, call->pull, pull_reviewer(call->pull, user));
}

json_t *rest_reviewers_add(Call *call)
{
    for (size_t i = 0; i < json_array_size(call->body); i++) {
        const json_t *entry = json_array_get(call->body, i);
        const User *user = state_identity(call->state, json_string_value(call_member(entry, "id")));

        if (!user)
            return call_refuse(call, REFUSE_NO_IDENTITY, "An identity could not be found.");
        pull_set_reviewer(call->state, call->pull, user,
                          json_is_true(call_member(entry, "isRequired")), call->user);
    }
    return rest_reviewers(call);
}

/* One entry of a reset: a reviewer, and a vote that is none; nothing else is published. */
static json_t *check_reset(Call *call, const json_t *entry)
{
    const char *id = json_string_value(call_member(entry, "id"));
    const json_t *vote = call_member(entry, "vote");
    const User *user = state_identity(call->state, id);

    if (!user || !pull_reviewer(call->pull, user))
        return call_refuse(call, REFUSE_NO_IDENTITY, "The identity %s could not be found.",
                           id ? id : "");
    if (!json_is_integer(vote) || json_integer_value(vote) != 0)
        return call_refuse(call, REFUSE_ARGUMENT, "Votes of several can only be reset to 0.");
    if (user->team)
        return call_refuse(call, REFUSE_ARGUMENT, "A group has the vote of its members.");
    return NULL;
}

json_t *rest_reviewers_reset(Call *call)
{
    json_t *refusal = NULL;

    if (call->pull->state != PULL_ACTIVE)
        return call_refuse(call, REFUSE_PULL_UPDATE,
                           "TF401181: The pull request cannot be edited due to its state.");
    if (json_array_size(call->body) == 0)
        return call_refuse(call, REFUSE_ARGUMENT, "The body has to be a list of reviewers.");
    for (size_t i = 0; !refusal && i < json_array_size(call->body); i++)
        refusal = check_reset(call, json_array_get(call->body, i));
    for (size_t i = 0; !refusal && i < json_array_size(call->body); i++) {
        const json_t *entry = json_array_get(call->body, i);

        pull_vote(call->state, call->pull, user_by_id(js_get(entry, "id", "")), 0, call->user);
    }
    return refusal;
}

json_t *rest_reviewer_delete(Call *call)
{
    const User *user = user_of_path(call);

    if (!user || !pull_reviewer(call->pull, user))
        return no_identity(call);
    pull_drop_reviewer(call->state, call->pull, user, call->user);
    return NULL;
}

static Label *find_label(const Call *call, const char *id_or_name)
{
    for (guint i = 0; i < call->pull->labels->len; i++) {
        Label *label = call->pull->labels->pdata[i];

        if (g_ascii_strcasecmp(label->id, id_or_name) == 0 ||
            g_ascii_strcasecmp(label->name, id_or_name) == 0)
            return label;
    }
    return NULL;
}

json_t *rest_labels(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->pull->labels->len; i++)
        json_array_append_new(array,
                              wire_label(call->state, call->pull, call->pull->labels->pdata[i]));
    return wire_list(array);
}

json_t *rest_label(Call *call)
{
    const Label *label = find_label(call, call_param(call, "labelIdOrName"));

    return label ? wire_label(call->state, call->pull, label)
                 : call_refuse(call, REFUSE_NO_LABEL, "The label does not exist.");
}

/* One tag space for a project, whatever the case: the first to write it decides how it looks. */
static const Label *tag_of(const Call *call, const char *name)
{
    for (guint i = 0; i < call->state->pulls->len; i++) {
        const Pull *pull = call->state->pulls->pdata[i];

        for (guint j = 0; pull->repo->project == call->pull->repo->project && j < pull->labels->len;
             j++) {
            const Label *label = pull->labels->pdata[j];

            if (g_ascii_strcasecmp(label->name, name) == 0)
                return label;
        }
    }
    return NULL;
}

json_t *rest_label_create(Call *call)
{
    const char *name = call_text(call, "name");
    const Label *known;
    Label *label;

    if (!name || !*name)
        return call_refuse(call, REFUSE_ARGUMENT, "A label needs a name.");
    label = find_label(call, name);
    if (label)
        return wire_label(call->state, call->pull, label);
    known = tag_of(call, name);
    label = g_new0(Label, 1);
    label->id = known ? g_strdup(known->id) : new_guid();
    label->name = g_strdup(known ? known->name : name);
    g_ptr_array_add(call->pull->labels, label);
    return wire_label(call->state, call->pull, label);
}

json_t *rest_label_delete(Call *call)
{
    const char *wanted = call_param(call, "labelIdOrName");
    Label *label = find_label(call, wanted);

    if (strchr(wanted, ':'))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "A potentially dangerous Request.Path value was detected from the "
                           "client (:).");
    if (!label)
        return call_refuse(call, REFUSE_NO_LABEL, "The label does not exist.");
    g_ptr_array_remove(call->pull->labels, label);
    return NULL;
}

static json_t *wire_properties(const Pull *pull)
{
    json_t *object = json_object();

    json_object_set_new(object, "count",
                        json_integer((json_int_t)json_object_size(pull->properties)));
    json_object_set(object, "value", pull->properties);
    return object;
}

json_t *rest_properties(Call *call)
{
    return wire_properties(call->pull);
}

static bool apply_patch(Pull *pull, const json_t *patch)
{
    const char *op = js_get(patch, "op", "");
    const char *path = js_get(patch, "path", "");
    const json_t *value = json_object_get(patch, "value");
    json_t *typed;

    if (*path != '/' || !path[1])
        return false;
    if (g_str_equal(op, "remove"))
        return json_object_del(pull->properties, path + 1) == 0;
    if ((!g_str_equal(op, "add") && !g_str_equal(op, "replace")) || !value)
        return false;
    typed = js_set_object(pull->properties, path + 1);
    js_set(typed, "$type", json_is_integer(value) ? "System.Int32" : "System.String");
    json_object_set(typed, "$value", (json_t *)value);
    return true;
}

json_t *rest_properties_update(Call *call)
{
    const char *type = http_request_header(call->request, "Content-Type");

    if (!type || !g_str_has_prefix(type, "application/json-patch+json") ||
        !json_is_array(call->body))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "The body has to be a list of application/json-patch+json operations.");
    for (size_t i = 0; i < json_array_size(call->body); i++)
        if (!apply_patch(call->pull, json_array_get(call->body, i)))
            return call_refuse(call, REFUSE_ARGUMENT, "The patch operation is not valid.");
    return wire_properties(call->pull);
}
