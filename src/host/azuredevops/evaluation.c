// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/evaluation.h"

#include <string.h>

#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum { PAGE = 100, MOST_PAGES = 20 };

/* "Comment requirements", "Minimum number of reviewers", "Required reviewers" */
#define THREADS_POLICY  "c6a1889d-b943-4856-b76f-9e46bb6b0df2"
#define MINIMUM_POLICY  "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
#define REQUIRED_POLICY "fd2167ab-b0be-447a-8ec8-39368250530e"

/* ----------------------------------------------------------------- reading */

static bool read_page(const Ctx *ctx, Rest *rest, const char *url, const char *artifact, int page,
                      RestReply *reply, GError **error)
{
    g_autofree char *query =
        g_strdup_printf("artifactId=%s&$top=%d&$skip=%d", artifact, PAGE, page * PAGE);
    const RestCall call = {
        .what = "get policy evaluations",
        .method = "GET",
        .url = url,
        .query = query,
        .is_preview = true,
    };

    if (!rest_call(ctx, rest, &call, reply, error))
        return false;
    /* Without a list it has not said that there are no policies. */
    return json_is_array(json_object_get(reply->json, "value")) ||
           hadal_throw(error, HADAL_ERROR_FAILED,
                       "get policy evaluations: the answer has no list of policies");
}

/* Pages are asked for; a server that does not know them gives everything at once, and again. */
static bool has_grown(json_t *all, const json_t *page)
{
    const char *first = js_get(json_array_get(page, 0), "evaluationId", NULL);

    for (size_t i = 0; first && i < json_array_size(all); i++)
        if (g_str_equal(js_get(json_array_get(all, i), "evaluationId", ""), first))
            return false;
    for (size_t i = 0; i < json_array_size(page); i++)
        json_array_append(all, json_array_get(page, i));
    return json_array_size(page) >= PAGE;
}

json_t *evaluations_read(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                         GError **error)
{
    g_auto(Place) place = { 0 };
    g_autofree char *url = NULL, *artifact = NULL;
    json_auto_t *all = json_array();

    if (!place_parse(pull->repo.locator, &place, error))
        return NULL;
    url = site_project_url(site, &place, "policy/evaluations");
    artifact = g_strdup_printf(
        "vstfs%%3A%%2F%%2F%%2FCodeReview%%2FCodeReviewId%%2F%s%%2F%" G_GINT64_FORMAT, place.project,
        pull->number);
    for (int page = 0; page < MOST_PAGES; page++) {
        g_auto(RestReply) reply = { 0 };

        if (!read_page(ctx, rest, url, artifact, page, &reply, error))
            return NULL;
        if (!has_grown(all, json_object_get(reply.json, "value")))
            return json_incref(all);
    }
    return hadal_throw_null(error, HADAL_ERROR_FAILED, "there are more than %d policies",
                            PAGE * MOST_PAGES);
}

/* ----------------------------------------------------------------- judging */

/* Azure DevOps keeps "atlantis/plan: x" as genre "Atlantis Bot/atlantis", name "plan: x"; names
 * with slashes go on in the genre. */
static bool is_status_of(const json_t *settings, const char *genre, const char *name)
{
    const char *found = js_get(settings, "statusGenre", "");
    g_autofree char *own = *genre ? g_strconcat(genre, "/", name, NULL) : g_strdup(name);
    g_autofree char *below = g_strconcat(own, "/", NULL);

    return g_ascii_strcasecmp(found, own) == 0 ||
           g_ascii_strncasecmp(found, below, strlen(below)) == 0;
}

static bool is_own_status(const json_t *settings, const char *genre, const ReviewSpec *spec)
{
    const char *const *others = spec->other_status_names;

    if (!json_object_get(settings, "statusName"))
        return false;
    if (is_status_of(settings, genre, spec->own_status_name))
        return true;
    for (gsize i = 0; others && others[i]; i++)
        if (is_status_of(settings, genre, others[i]))
            return true;
    return false;
}

static char *policy_name(const json_t *configuration)
{
    const json_t *settings = json_object_get(configuration, "settings");
    const char *type =
        js_get(json_object_get(configuration, "type"), "displayName", "a policy without a name");
    const char *own = js_get(settings, "defaultDisplayName",
                             js_get(settings, "displayName", js_get(settings, "statusName", "")));
    g_autofree char *name = g_strdup_printf("%s%s%s", type, *own ? ": " : "", own);

    return wire_excerpt(name, 120);
}

static bool is_satisfied(const json_t *evaluation)
{
    const char *status = js_get(evaluation, "status", "");

    return g_ascii_strcasecmp(status, "approved") == 0 ||
           g_ascii_strcasecmp(status, "notApplicable") == 0;
}

/* Captured answers always have both; one that does not must not open the gate by that. */
bool evaluation_is_blocking(const json_t *configuration)
{
    return !json_is_false(json_object_get(configuration, "isBlocking")) &&
           !json_is_false(json_object_get(configuration, "isEnabled")) &&
           !json_is_true(json_object_get(configuration, "isDeleted"));
}

char *evaluation_why_not(const json_t *evaluation, const char *genre, const ReviewSpec *spec)
{
    const json_t *configuration = json_object_get(evaluation, "configuration");
    g_autofree char *name = NULL, *state = NULL;

    if (!evaluation_is_blocking(configuration) || is_satisfied(evaluation) ||
        (spec && is_own_status(json_object_get(configuration, "settings"), genre, spec)))
        return NULL;
    name = policy_name(configuration);
    state = wire_excerpt(js_get(evaluation, "status", "not evaluated"), 40);
    return g_strdup_printf("policy \"%s\" is %s", name, state);
}

static bool is_of(const json_t *evaluation, const char *policy)
{
    const json_t *configuration = json_object_get(evaluation, "configuration");
    g_autofree char *type = wire_guid(json_object_get(configuration, "type"), "id");

    return evaluation_is_blocking(configuration) && !is_satisfied(evaluation) &&
           g_strcmp0(type, policy) == 0;
}

bool evaluation_is_of_threads(const json_t *evaluation)
{
    return is_of(evaluation, THREADS_POLICY);
}

bool evaluation_is_of_approvals(const json_t *evaluation)
{
    return is_of(evaluation, MINIMUM_POLICY) || is_of(evaluation, REQUIRED_POLICY);
}
