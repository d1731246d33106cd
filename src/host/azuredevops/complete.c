// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/complete.h"

#include "host/azuredevops/evaluation.h"
#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum { LOOKS = 6, LOOK_MS = 500 };

/* What the service calls it, and the setting of the policy that allows it. */
static const struct {
    const char *method, *strategy, *setting;
} strategies[] = {
    { "merge", "noFastForward", "allowNoFastForward" },
    { "squash", "squash", "allowSquash" },
    { "rebase", "rebase", "allowRebase" },
    { "semi-linear", "rebaseMerge", "allowRebaseMerge" },
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

    return type && g_str_equal(type, strategy_policy) && evaluation_is_blocking(configuration);
}

/* An older policy names one strategy, and says it by another setting. */
static bool is_older(const json_t *settings)
{
    for (gsize i = 0; i < G_N_ELEMENTS(strategies); i++)
        if (json_object_get(settings, strategies[i].setting))
            return false;
    return json_is_boolean(json_object_get(settings, "useSquashMerge"));
}

static bool policy_allows(const json_t *settings, gsize strategy)
{
    bool squashes = g_str_equal(strategies[strategy].strategy, "squash");
    bool merges = g_str_equal(strategies[strategy].strategy, "noFastForward");

    if (!is_older(settings))
        return json_is_true(json_object_get(settings, strategies[strategy].setting));
    return json_is_true(json_object_get(settings, "useSquashMerge")) ? squashes : merges;
}

/* The evaluations tell of policies of every scope: of the branch, of folders, of the project. */
static bool allows(const json_t *evaluations, gsize strategy)
{
    for (size_t i = 0; i < json_array_size(evaluations); i++) {
        const json_t *configuration =
            json_object_get(json_array_get(evaluations, i), "configuration");
        const json_t *settings = json_object_get(configuration, "settings");

        if (is_strategy_policy(configuration) && !policy_allows(settings, strategy))
            return false;
    }
    return true;
}

static char *allowed_text(const json_t *evaluations)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(strategies); i++)
        if (allows(evaluations, i))
            g_string_append_printf(text, "%s`%s`", text->len ? ", " : "", strategies[i].method);
    if (!text->len)
        g_string_assign(text, "none that this server offers");
    return g_string_free(text, FALSE);
}

/* NULL with result refused when the branch does not allow it. */
static const char *choose(const json_t *evaluations, const char *method, MergeResult *result)
{
    g_autofree char *allowed = allowed_text(evaluations);

    for (gsize i = 0; i < G_N_ELEMENTS(strategies); i++)
        if ((!method || g_str_equal(method, strategies[i].method)) && allows(evaluations, i))
            return strategies[i].strategy;
    refuse(result, method ? g_strdup_printf("the branch policy does not allow the method `%s`; it "
                                            "allows: %s",
                                            method, allowed)
                          : g_strdup_printf("the branch policy allows: %s", allowed));
    return NULL;
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

/* ------------------------------------------------------------- what it says */

static bool has_autocomplete(const json_t *pull)
{
    g_autofree char *id = wire_guid(json_object_get(pull, "autoCompleteSetBy"), "id");

    return id && !g_str_equal(id, "00000000-0000-0000-0000-000000000000");
}

static bool is_status(const json_t *pull, const char *status)
{
    return g_ascii_strcasecmp(js_get(pull, "status", ""), status) == 0;
}

static bool is_merge(const json_t *pull, const char *status)
{
    return g_ascii_strcasecmp(js_get(pull, "mergeStatus", ""), status) == 0;
}

/* Of a completed one it stays what was completed. */
static bool is_head(const json_t *pull, const char *head)
{
    g_autofree char *commit = wire_commit(pull, "lastMergeSourceCommit");

    return g_strcmp0(commit, head) == 0;
}

static void settle_completed(const json_t *pull, const char *head, MergeResult *result)
{
    if (is_head(pull, head))
        result->state = MERGE_DONE;
    else
        refuse(result,
               g_strdup("it was completed meanwhile, with another commit than was applied"));
}

/*
 * A completion that failed leaves its result with the pull request until the next one: before we
 * have asked, it was somebody else's. What policies say is another question.
 */
static const char *failure_of(const json_t *pull, bool was_asked)
{
    if (is_merge(pull, "conflicts"))
        return "it has merge conflicts";
    return was_asked && is_merge(pull, "failure") ? "Azure DevOps could not merge it" : NULL;
}

/* True when result is settled by what the service knows already. */
static bool is_settled(const json_t *pull, const MergeRequest *request, MergeResult *result)
{
    const char *failure = failure_of(pull, request->was_asked);

    if (is_status(pull, "completed"))
        settle_completed(pull, request->head, result);
    else if (!is_status(pull, "active"))
        refuse(result, g_strdup("it is not open any more"));
    else if (has_autocomplete(pull))
        result->state = MERGE_LEFT_TO_AUTOCOMPLETE;
    else if (is_merge(pull, "queued") || is_merge(pull, "notSet"))
        result->state = MERGE_WAITING;
    else if (!is_head(pull, request->head))
        refuse(result, g_strdup("a commit was pushed since it was applied"));
    else if (json_is_true(json_object_get(pull, "isDraft")))
        refuse(result, g_strdup("it is a draft"));
    else if (failure)
        refuse(result, g_strdup(failure));
    else
        return false;
    return true;
}

/* ------------------------------------------------------------------ completing */

/* "policy … is queued; policy … is rejected"; NULL when none stands against it. */
static char *policies_text(const json_t *evaluations)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < json_array_size(evaluations); i++) {
        g_autofree char *one = evaluation_why_not(json_array_get(evaluations, i), "", NULL);

        if (one)
            g_string_append_printf(text, "%s%s", text->len ? "; " : "", one);
    }
    return text->len ? g_strdup(text->str) : NULL;
}

/* What policies say counts where the service refuses for them, else its own words. */
static char *refusal_text(const json_t *evaluations, const GError *why)
{
    g_autofree char *policies =
        g_error_matches(why, HADAL_ERROR, HADAL_ERROR_DENIED) ? policies_text(evaluations) : NULL;

    return policies ? g_steal_pointer(&policies) : g_strdup(why->message);
}

/* A call and what the service knew before it. */
typedef struct {
    const Ctx *ctx;
    Rest *rest;
    const char *url;
    const MergeRequest *request;
} Completion;

static bool read_pull(const Completion *self, RestReply *reply, GError **error)
{
    const RestCall call = { .what = "get pull request", .method = "GET", .url = self->url };

    return rest_call(self->ctx, self->rest, &call, reply, error);
}

/*
 * What the service says no to is an answer for people. But somebody may have been faster, with a
 * push or with the completion itself: what it knows now is the better reason.
 */
static bool explain(const Completion *self, const json_t *evaluations, const GError *why,
                    MergeResult *result, GError **error)
{
    const MergeRequest now = { .head = self->request->head };
    g_auto(RestReply) reply = { 0 };

    if (!read_pull(self, &reply, error))
        return false;
    if (!is_settled(reply.json, &now, result))
        refuse(result, refusal_text(evaluations, why));
    return true;
}

static bool may_pass(const GError *why)
{
    return hadal_error_class(why)->retry ||
           g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);
}

static bool send(const Completion *self, const json_t *evaluations, const char *strategy,
                 MergeResult *result, GError **error)
{
    json_auto_t *body = body_of(self->request, strategy);
    const RestCall call = { .what = "complete", .method = "PATCH", .url = self->url, .body = body };
    g_auto(RestReply) reply = { 0 };
    g_autoptr(GError) why = NULL;

    if (!rest_call(self->ctx, self->rest, &call, &reply, &why)) {
        if (!may_pass(why))
            return explain(self, evaluations, why, result, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    /* Completing is a job of the service: its answer is that it has begun. */
    if (is_status(reply.json, "completed"))
        settle_completed(reply.json, self->request->head, result);
    else
        result->state = MERGE_WAITING;
    return true;
}

/*
 * Our own status was posted a moment ago, and policies learn of statuses a moment later. One that
 * somebody else has to post is not waited for.
 */
static bool waits_for_a_status(const json_t *evaluations)
{
    for (size_t i = 0; i < json_array_size(evaluations); i++) {
        const json_t *one = json_array_get(evaluations, i);
        const json_t *configuration = json_object_get(one, "configuration");

        if (evaluation_is_blocking(configuration) &&
            json_object_get(json_object_get(configuration, "settings"), "statusName") &&
            g_ascii_strcasecmp(js_get(one, "status", ""), "queued") == 0)
            return true;
    }
    return false;
}

static json_t *read_settled(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                            GError **error)
{
    for (int look = 1;; look++) {
        json_auto_t *evaluations = evaluations_read(ctx, rest, site, pull, error);

        if (!evaluations || look == LOOKS || !waits_for_a_status(evaluations))
            return json_incref(evaluations);
        if (!ctx_pause(ctx, LOOK_MS, error))
            return NULL;
    }
}

/* A completion that the policies refused after it was accepted: for which of them they tell. */
static bool was_rejected(const json_t *pull, const json_t *evaluations, MergeResult *result)
{
    char *policies = is_merge(pull, "rejectedByPolicy") ? policies_text(evaluations) : NULL;

    if (policies)
        refuse(result, policies);
    return policies;
}

bool azuredevops_merge(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                       const MergeRequest *request, MergeResult *result, GError **error)
{
    g_autofree char *url = azuredevops_pull_url(site, pull, NULL, error);
    const Completion self = { .ctx = ctx, .rest = rest, .url = url, .request = request };
    g_auto(RestReply) reply = { 0 };
    json_auto_t *evaluations = NULL;
    const char *strategy;

    if (!url || !read_pull(&self, &reply, error))
        return false;
    if (is_settled(reply.json, request, result))
        return true;
    evaluations = read_settled(ctx, rest, site, pull, error);
    if (!evaluations)
        return false;
    if (request->was_asked && was_rejected(reply.json, evaluations, result))
        return true;
    strategy = choose(evaluations, request->method, result);
    return !strategy || send(&self, evaluations, strategy, result, error);
}
