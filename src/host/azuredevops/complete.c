// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/complete.h"

#include "host/azuredevops/wire.h"
#include "sys/js.h"

/* What the service calls it, and the setting of the policy that allows it. */
static const struct {
    const char *method, *strategy, *setting;
} strategies[] = {
    { "merge", "noFastForward", "allowNoFastForward" },
    { "squash", "squash", "allowSquash" },
    { "rebase", "rebase", "allowRebase" },
};

static const char strategy_policy[] = "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab";

static void refuse(MergeResult *result, char *reason)
{
    result->state = MERGE_REFUSED;
    result->reason = reason;
}

/* -------------------------------------------------------------- which strategy */

static bool is_strategy_policy(const json_t *configuration)
{
    g_autofree char *type = wire_guid(json_object_get(configuration, "type"), "id");

    return type && g_str_equal(type, strategy_policy) &&
           json_is_true(json_object_get(configuration, "isEnabled")) &&
           json_is_true(json_object_get(configuration, "isBlocking")) &&
           !json_is_true(json_object_get(configuration, "isDeleted"));
}

static bool allows(const json_t *policies, gsize strategy)
{
    for (size_t i = 0; i < json_array_size(policies); i++) {
        const json_t *configuration = json_array_get(policies, i);
        const json_t *settings = json_object_get(configuration, "settings");

        if (is_strategy_policy(configuration) &&
            !json_is_true(json_object_get(settings, strategies[strategy].setting)))
            return false;
    }
    return true;
}

static char *allowed_text(const json_t *policies)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(strategies); i++)
        if (allows(policies, i))
            g_string_append_printf(text, "%s`%s`", text->len ? ", " : "", strategies[i].method);
    if (!text->len)
        g_string_assign(text, "none that this server offers");
    return g_string_free(text, FALSE);
}

/* NULL with result refused when the branch does not allow it. */
static const char *choose(const json_t *policies, const char *method, MergeResult *result)
{
    g_autofree char *allowed = allowed_text(policies);

    for (gsize i = 0; i < G_N_ELEMENTS(strategies); i++)
        if ((!method || g_str_equal(method, strategies[i].method)) && allows(policies, i))
            return strategies[i].strategy;
    refuse(result, method ? g_strdup_printf("the branch policy does not allow the method `%s`; it "
                                            "allows: %s",
                                            method, allowed)
                          : g_strdup_printf("the branch policy allows: %s", allowed));
    return NULL;
}

static bool read_policies(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                          const char *target, RestReply *reply, GError **error)
{
    g_auto(Place) place = { 0 };
    g_autofree char *url = NULL, *query = NULL;
    g_autofree char *ref = g_uri_escape_string(target, NULL, FALSE);

    if (!place_parse(pull->repo.locator, &place, error))
        return false;
    url = site_project_url(site, &place, "git/policy/configurations");
    query = g_strdup_printf("repositoryId=%s&refName=%s&policyType=%s", place.repo, ref,
                            strategy_policy);
    const RestCall call = {
        .what = "get branch policies", .method = "GET", .url = url, .query = query
    };

    return rest_call(ctx, rest, &call, reply, error);
}

/* ------------------------------------------------------------------ completing */

static json_t *body_of(const MergeRequest *request, const char *strategy)
{
    json_t *body = json_object();
    json_t *options = js_set_object(body, "completionOptions");

    js_set(body, "status", "completed");
    js_set(js_set_object(body, "lastMergeSourceCommit"), "commitId", request->head);
    js_set(options, "mergeStrategy", strategy);
    json_object_set_new(options, "deleteSourceBranch",
                        json_boolean(request->deletes_source_branch));
    json_object_set_new(options, "transitionWorkItems", json_true());
    if (request->message)
        js_set(options, "mergeCommitMessage", request->message);
    return body;
}

/* What the service says no to is an answer for people; what may pass is tried again. */
static bool send(const Ctx *ctx, Rest *rest, const char *url, const MergeRequest *request,
                 const char *strategy, MergeResult *result, GError **error)
{
    json_auto_t *body = body_of(request, strategy);
    const RestCall call = { .what = "complete", .method = "PATCH", .url = url, .body = body };
    g_auto(RestReply) reply = { 0 };
    g_autoptr(GError) why = NULL;

    if (rest_call(ctx, rest, &call, &reply, &why)) {
        result->state = MERGE_WAITING;
        return true;
    }
    if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_RETRY) ||
        g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    refuse(result, g_strdup(why->message));
    return true;
}

static bool has_autocomplete(const json_t *pull)
{
    g_autofree char *id = wire_guid(json_object_get(pull, "autoCompleteSetBy"), "id");

    return id && !g_str_equal(id, "00000000-0000-0000-0000-000000000000");
}

static bool is_head(const json_t *pull, const char *head)
{
    g_autofree char *commit = wire_commit(pull, "lastMergeSourceCommit");

    return g_strcmp0(commit, head) == 0;
}

/* It was sent before, and the service is at it. */
static bool is_being_completed(const json_t *pull)
{
    return json_is_string(json_object_get(pull, "completionQueueTime"));
}

/* True when result is settled by what the service knows already. */
static bool is_settled(const json_t *pull, const MergeRequest *request, MergeResult *result)
{
    const char *status = js_get(pull, "status", "");
    const char *merge = js_get(pull, "mergeStatus", "");

    if (g_ascii_strcasecmp(status, "completed") == 0)
        result->state = MERGE_DONE;
    else if (g_ascii_strcasecmp(status, "active") != 0)
        refuse(result, g_strdup("it is not open any more"));
    else if (g_ascii_strcasecmp(merge, "conflicts") == 0)
        refuse(result, g_strdup("it has merge conflicts"));
    else if (g_ascii_strcasecmp(merge, "rejectedByPolicy") == 0)
        refuse(result, g_strdup("a policy of the branch rejects it"));
    else if (has_autocomplete(pull))
        result->state = MERGE_LEFT_TO_AUTOCOMPLETE;
    else if (g_ascii_strcasecmp(merge, "queued") == 0 || is_being_completed(pull))
        result->state = MERGE_WAITING;
    else if (!is_head(pull, request->head))
        refuse(result, g_strdup("a commit was pushed since it was applied"));
    else
        return false;
    return true;
}

bool azuredevops_merge(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                       const MergeRequest *request, MergeResult *result, GError **error)
{
    g_autofree char *url = azuredevops_pull_url(site, pull, NULL, error);
    const RestCall call = { .what = "get pull request", .method = "GET", .url = url };
    g_auto(RestReply) reply = { 0 }, policies = { 0 };
    const char *strategy;

    if (!url || !rest_call(ctx, rest, &call, &reply, error))
        return false;
    if (is_settled(reply.json, request, result))
        return true;
    if (!read_policies(ctx, rest, site, pull, js_get(reply.json, "targetRefName", ""), &policies,
                       error))
        return false;
    strategy = choose(json_object_get(policies.json, "value"), request->method, result);
    return !strategy || send(ctx, rest, url, request, strategy, result, error);
}
