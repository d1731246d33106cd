// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/review.h"

#include <string.h>

#include "host/azuredevops/evaluation.h"
#include "host/azuredevops/votes.h"
#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum {
    LOOKS = 6, /* at what the service has not finished */
    LOOK_MS = 500,
};

static bool get(const Ctx *ctx, Rest *rest, const RestCall *call, RestReply *reply, GError **error)
{
    return call->url && rest_call(ctx, rest, call, reply, error);
}

static bool read_list(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                      const char *leaf, gsize max_reply, RestReply *reply, GError **error)
{
    g_autofree char *url = azuredevops_pull_url(site, pull, leaf, error);
    g_autofree char *what = g_strdup_printf("get %s", leaf);
    const RestCall call = { .what = what, .method = "GET", .url = url, .max_reply = max_reply };

    return get(ctx, rest, &call, reply, error);
}

/* ------------------------------------------------------------------ merging */

static void add(GPtrArray *reasons, const char *why)
{
    g_ptr_array_add(reasons, g_strdup(why));
}

/* A check that ended may be of what was the head before: after a push it stays until the next. */
static bool is_merge_checked(const json_t *pull, const char *head)
{
    const char *status = js_get(pull, "mergeStatus", "notSet");
    g_autofree char *checked = wire_commit(pull, "lastMergeSourceCommit");

    return g_ascii_strcasecmp(status, "queued") != 0 && g_ascii_strcasecmp(status, "notSet") != 0 &&
           g_strcmp0(checked, head) == 0;
}

static void add_pull_reasons(const json_t *pull, const char *head, GPtrArray *reasons)
{
    static const struct {
        const char *merge_status, *why;
    } rows[] = {
        { "succeeded", NULL },
        { "conflicts", "it has merge conflicts" },
        { "rejectedByPolicy", "a policy of the branch rejects it" },
        { "failure", "Azure DevOps could not merge it for a try" },
        { "queued", "Azure DevOps has not finished the merge check yet" },
        { "notSet", "Azure DevOps has not finished the merge check yet" },
    };
    const char *status =
        is_merge_checked(pull, head) ? js_get(pull, "mergeStatus", "notSet") : "notSet";
    const char *why = "its merge check is in a state that is not known";

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_ascii_strcasecmp(rows[i].merge_status, status) == 0)
            why = rows[i].why;
    if (why)
        add(reasons, why);
    if (json_is_true(json_object_get(pull, "isDraft")))
        add(reasons, "it is a draft");
    if (g_ascii_strcasecmp(js_get(pull, "status", ""), "active") != 0)
        add(reasons, "it is not open");
}

static bool is_open(const json_t *thread)
{
    const char *status = js_get(thread, "status", "");

    return !json_is_true(json_object_get(thread, "isDeleted")) &&
           (g_ascii_strcasecmp(status, "active") == 0 ||
            g_ascii_strcasecmp(status, "pending") == 0);
}

static bool has_open_thread(const json_t *threads)
{
    for (size_t i = 0; i < json_array_size(threads); i++)
        if (is_open(json_array_get(threads, i)))
            return true;
    return false;
}

static bool blames_threads(const json_t *evaluations)
{
    for (size_t i = 0; i < json_array_size(evaluations); i++)
        if (evaluation_is_of_threads(json_array_get(evaluations, i)))
            return true;
    return false;
}

/* Evaluations come a moment after what they are of: they may speak of threads that were open. */
static bool is_late(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                    const json_t *evaluations, bool *late, GError **error)
{
    g_auto(RestReply) threads = { 0 };

    *late = false;
    if (!blames_threads(evaluations))
        return true;
    if (!read_list(ctx, rest, site, pull, "threads", REST_ALL_THREADS, &threads, error))
        return false;
    *late = !has_open_thread(json_object_get(threads.json, "value"));
    return true;
}

/* The caller decrefs them. */
static json_t *read_evaluations(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                                GError **error)
{
    bool late;

    for (int look = 1;; look++) {
        json_auto_t *evaluations = evaluations_read(ctx, rest, site, pull, error);

        if (!evaluations || !is_late(ctx, rest, site, pull, evaluations, &late, error))
            return NULL;
        if (!late || look == LOOKS)
            return json_incref(evaluations);
        if (!ctx_pause(ctx, LOOK_MS, error))
            return NULL;
    }
}

static void add_policy_reasons(const json_t *evaluations, const char *genre, const ReviewSpec *spec,
                               GPtrArray *reasons)
{
    for (size_t i = 0; i < json_array_size(evaluations); i++) {
        char *why = evaluation_why_not(json_array_get(evaluations, i), genre, spec);

        if (why)
            g_ptr_array_add(reasons, why);
    }
}

/* What the branch asks of its reviewers, beyond what this server does; NULL: nothing is missing. */
static char *policy_of_approvals(const json_t *evaluations)
{
    for (size_t i = 0; i < json_array_size(evaluations); i++)
        if (evaluation_is_of_approvals(json_array_get(evaluations, i)))
            return evaluation_why_not(json_array_get(evaluations, i), "", NULL);
    return NULL;
}

/* ----------------------------------------------------------------- together */

/* The check of a push takes seconds: it is waited for, a little. */
static bool read_checked(const Ctx *ctx, Rest *rest, const char *url, const char *head,
                         RestReply *reply, GError **error)
{
    const RestCall call = { .what = "get pull request", .method = "GET", .url = url };

    for (int look = 1;; look++) {
        rest_reply_clear(reply);
        if (!get(ctx, rest, &call, reply, error))
            return false;
        if (is_merge_checked(reply->json, head) || look == LOOKS)
            return true;
        if (!ctx_pause(ctx, LOOK_MS, error))
            return false;
    }
}

/*
 * NULL with error when they cannot be read. Without iterations nothing tells what was pushed when:
 * then no approval is known to be of the newest commit.
 */
static GHashTable *read_uncounted(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                                  const json_t *answer, GError **error)
{
    g_auto(RestReply) iterations = { 0 }, threads = { 0 };
    const json_t *newest;

    if (!json_is_false(json_object_get(answer, "supportsIterations")) &&
        !read_list(ctx, rest, site, pull, "iterations", 0, &iterations, error))
        return NULL;
    newest = azuredevops_newest_iteration(iterations.json);
    if (wire_id(newest, "id") != 1 &&
        !read_list(ctx, rest, site, pull, "threads", REST_ALL_THREADS, &threads, error))
        return NULL;
    return votes_uncounted(answer, newest, json_object_get(threads.json, "value"));
}

/* Only approvals can be found wanting: where there are none, nothing more is asked. */
static bool read_approval(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                          const PullFacts *facts, const json_t *answer, char **why_not,
                          GError **error)
{
    g_autofree char *why = votes_why_not(answer, facts->author.id, NULL);
    g_autoptr(GHashTable) uncounted = NULL;

    if (!why) {
        uncounted = read_uncounted(ctx, rest, site, pull, answer, error);
        if (!uncounted)
            return false;
        why = votes_why_not(answer, facts->author.id, uncounted);
    }
    *why_not = g_steal_pointer(&why);
    return true;
}

/* Its commit in the answer, or NULL; the caller frees it. */
static char *tip_in(const json_t *refs, const char *name)
{
    for (size_t i = 0; i < json_array_size(refs); i++) {
        const json_t *ref = json_array_get(refs, i);

        if (g_str_equal(js_get(ref, "name", ""), name))
            return g_strdup(js_get(ref, "objectId", NULL));
    }
    return NULL;
}

/* The filter is the beginning of names. *tip is NULL when there is no such branch. */
static bool read_tip(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                     const char *branch, char **tip, GError **error)
{
    g_auto(Place) place = { 0 };
    g_autofree char *name = g_strconcat("refs/heads/", branch, NULL);
    g_autofree char *escaped = g_uri_escape_string(name + strlen("refs/"), NULL, FALSE);
    g_autofree char *query = g_strconcat("filter=", escaped, NULL);
    g_autofree char *repo = NULL, *url = NULL;
    g_auto(RestReply) reply = { 0 };

    if (!place_parse(pull->repo.locator, &place, error))
        return false;
    repo = site_api_url(site, &place);
    url = g_strconcat(repo, "/refs", NULL);
    const RestCall call = { .what = "get refs", .method = "GET", .url = url, .query = query };

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    *tip = tip_in(json_object_get(reply.json, "value"), name);
    return true;
}

/* Pushes to the target do not always make the service try again: then what it says is of before. */
static bool read_untried(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                         const PullFacts *facts, const json_t *answer, char **untried,
                         GError **error)
{
    g_autofree char *tried = wire_commit(answer, "lastMergeTargetCommit");
    g_autofree char *tip = NULL;

    if (!tried || !facts->base_branch ||
        g_ascii_strcasecmp(js_get(answer, "mergeStatus", ""), "succeeded") != 0)
        return true;
    if (!read_tip(ctx, rest, site, pull, facts->base_branch, &tip, error))
        return false;
    if (g_strcmp0(tip, tried) != 0)
        *untried = g_steal_pointer(&tip);
    return true;
}

bool azuredevops_review_read(const Ctx *ctx, Rest *rest, const Site *site, const char *genre,
                             const PullRef *pull, const PullFacts *facts, const ReviewSpec *spec,
                             PullReview *review, GError **error)
{
    g_autofree char *url = azuredevops_pull_url(site, pull, NULL, error);
    g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *untried = NULL;
    g_auto(RestReply) reply = { 0 };
    json_auto_t *evaluations = NULL;

    if (!url || !read_checked(ctx, rest, url, facts->head_commit, &reply, error))
        return false;
    evaluations = read_evaluations(ctx, rest, site, pull, error);
    if (!evaluations || !read_untried(ctx, rest, site, pull, facts, reply.json, &untried, error) ||
        !read_approval(ctx, rest, site, pull, facts, reply.json, &review->not_approved_why, error))
        return false;
    review->untried_base = g_steal_pointer(&untried);
    add_pull_reasons(reply.json, facts->head_commit, reasons);
    add_policy_reasons(evaluations, genre, spec, reasons);
    if (!review->not_approved_why)
        review->not_approved_why = policy_of_approvals(evaluations);
    review->is_approved = !review->not_approved_why;
    review->is_mergeable = reasons->len == 0;
    review->not_mergeable_why = g_steal_pointer(&reasons);
    return true;
}

bool azuredevops_labels_read(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                             GStrv *labels, GError **error)
{
    g_autofree char *url = azuredevops_pull_url(site, pull, "labels", error);
    const RestCall call = { .what = "get labels", .method = "GET", .url = url };
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_auto(RestReply) reply = { 0 };
    const json_t *list;

    if (!get(ctx, rest, &call, &reply, error))
        return false;
    list = json_object_get(reply.json, "value");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *label = json_array_get(list, i);

        if (!json_is_false(json_object_get(label, "active")))
            g_strv_builder_add(names, js_get(label, "name", ""));
    }
    *labels = g_strv_builder_end(names);
    return true;
}

/* The service resets several votes at once, and only to none (Pull Request Reviewers - Update). */
static json_t *reset_of(const json_t *reviewers)
{
    json_t *body = json_array();

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        const json_t *reviewer = json_array_get(reviewers, i);
        g_autofree char *id = wire_guid(reviewer, "id");
        json_t *entry;

        if (!id || !vote_is_approval(reviewer))
            continue;
        entry = json_object();
        js_set(entry, "id", id);
        json_object_set_new(entry, "vote", json_integer(0));
        json_array_append_new(body, entry);
    }
    return body;
}

bool azuredevops_approvals_discard(const Ctx *ctx, Rest *rest, const Site *site,
                                   const PullRef *pull, GError **error)
{
    g_autofree char *url = azuredevops_pull_url(site, pull, "reviewers", error);
    const RestCall read = { .what = "get reviewers", .method = "GET", .url = url };
    g_auto(RestReply) reply = { 0 }, answer = { 0 };
    json_auto_t *body = NULL;

    if (!get(ctx, rest, &read, &reply, error))
        return false;
    body = reset_of(json_object_get(reply.json, "value"));
    if (json_array_size(body) == 0)
        return true;
    const RestCall write = {
        .what = "reset votes", .method = "PATCH", .url = url, .body = body, .may_be_empty = true
    };

    return rest_call(ctx, rest, &write, &answer, error);
}
