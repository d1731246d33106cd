// SPDX-License-Identifier: Apache-2.0
/* Who am I, where is what, projects. */
#include <string.h>

#include "rest.h"
#include "sys/js.h"

typedef struct _Location Location;
struct _Location {
    const char *id, *area, *resource, *route;
    int version;
    bool released;
};

/* Clients ask for these ids by heart and build their paths from the templates. */
// clang-format off
static const Location locations[] = {
    { "00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1, false },
    { "e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1, false },
    { "603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4, true },
    { "225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", "{project}/_apis/{area}/{resource}/{repositoryId}", 1, true },
    { "2d874a60-a811-4f62-9c9f-963a6ea0a55b", "git", "refs", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*filter}", 2, true },
    { "c2570c3b-5b3f-41b8-98bf-5407bfde8d58", "git", "commits", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{commitId}", 2, true },
    { "5bf884f5-3e07-42e9-afb8-1b872267bf16", "git", "changes", "{project}/_apis/{area}/repositories/{repositoryId}/commits/{commitId}/{resource}", 1, true },
    { "428dd4fb-fda5-4722-af02-9313b80305da", "git", "statuses", "{project}/_apis/{area}/repositories/{repositoryId}/commits/{commitId}/{resource}", 2, true },
    { "7cf2abb6-c964-4f7e-9872-f78c66e72e9c", "git", "mergeBases", "{project}/_apis/{area}/repositories/{repositoryNameOrId}/commits/{commitId}/{resource}", 1, true },
    { "d5b216de-d8d5-4d32-ae76-51df755b16d3", "git", "branchStats", "{project}/_apis/{area}/repositories/{repositoryId}/stats/branches", 2, true },
    { "fb93c0db-47ed-4a31-8c20-47552878fb44", "git", "items", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*path}", 1, true },
    { "615588d5-c0c7-4b88-88f8-e625306446e8", "git", "commitDiffs", "{project}/_apis/{area}/repositories/{repositoryId}/diffs/commits", 1, true },
    { "a5d28130-9cd2-40fa-9f08-902e7daa9efb", "git", "pullRequests", "{project}/_apis/{area}/{resource}", 2, true },
    { "01a46dea-7d46-4d40-bc84-319e7c260d99", "git", "pullRequests", "{project}/_apis/{area}/{resource}/{pullRequestId}", 2, true },
    { "9946fd70-0d40-406e-b686-b4744cbbcc37", "git", "pullRequests", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pullRequestId}", 2, true },
    { "b3a6eebe-9cf0-49ea-b6cb-1a4c5f5007b0", "git", "pullRequestQuery", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}", 1, true },
    { "52823034-34a8-4576-922c-8d8b77e9e4c4", "git", "pullRequestCommits", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/commits", 1, true },
    { "e7ea0883-095f-4926-b5fb-f24691c26fb9", "git", "pullRequestCommits", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/iterations/{iterationId}/commits", 1, true },
    { "0a637fcc-5370-4ce8-b0e8-98091f5f9482", "git", "pullRequestWorkItems", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/workitems", 1, true },
    { "d43911ee-6958-46b0-a42b-8445b8a0d004", "git", "pullRequestIterations", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/iterations/{iterationId}", 2, true },
    { "4216bdcf-b6b1-4d59-8b82-c34cc183fc8b", "git", "pullRequestIterationChanges", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/iterations/{iterationId}/changes", 1, true },
    { "75cf11c5-979f-4038-a76e-058a06adf2bf", "git", "pullRequestIterationStatuses", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/iterations/{iterationId}/statuses/{statusId}", 2, true },
    { "b5f6bb4f-8d1e-4d79-8d11-4c9172c99c35", "git", "pullRequestStatuses", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/statuses/{statusId}", 2, true },
    { "ab6e2e5d-a0b7-4153-b64a-a4efe0d49449", "git", "pullRequestThreads", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}", 1, true },
    { "965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b", "git", "pullRequestThreadComments", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}/comments/{commentId}", 1, true },
    { "5f2e2851-1389-425b-a00b-fb2adb3ef31b", "git", "pullRequestCommentLikes", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}/comments/{commentId}/likes", 1, true },
    { "4b6702c7-aa35-4b89-9c96-b9abf6d3e540", "git", "pullRequestReviewers", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/reviewers/{reviewerId}", 1, true },
    { "f22387e3-984e-4c52-9c6d-fbb8f14c812d", "git", "pullRequestLabels", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/labels/{labelIdOrName}", 1, true },
    { "48a52185-5b9e-4736-9dc1-bb1e2feac80b", "git", "pullRequestProperties", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/properties", 1, true },
    { "2c420070-a0a2-49cc-9639-c9f271c5ff07", "git", "policyConfigurations", "{project}/_apis/{area}/policy/configurations", 1, true },
    { "46aecb7a-5d2c-4647-897b-0209505a9fe4", "policy", "evaluations", "{project}/_apis/{area}/{resource}/{evaluationId}", 1, false },
    { "c23ddff5-229c-4d04-a80b-0fdce9f360c8", "policy", "evaluations", "{project}/_apis/{area}/{resource}", 1, false },
    { "dad91cbe-d183-45f8-9c6e-9c1164472121", "policy", "configurations", "{project}/_apis/{area}/{resource}/{configurationId}", 1, true },
    { "44096322-2d3d-466a-bb30-d1b7de69f61f", "policy", "types", "{project}/_apis/{area}/{resource}/{typeId}", 1, true },
    { "fc50d02a-849f-41fb-8af1-0a5216103269", "hooks", "subscriptions", "_apis/{area}/{resource}/{subscriptionId}", 1, true },
    { "c7c3c1cf-9e05-4c0d-a425-a0f922c2c6ed", "hooks", "subscriptionsQuery", "_apis/{area}/{resource}", 1, true },
    { "0c62d343-21b0-4732-997b-017fde84dc28", "hooks", "notifications", "_apis/{area}/subscriptions/{subscriptionId}/{resource}/{notificationId}", 1, true },
};

static const char *const areas[][2] = {
    { "fb13a388-40dd-4a04-b530-013a739c72ef", "policy" },
    { "79134c72-4a58-4b42-976c-04e7115f32bf", "core" },
    { "4e080c62-fa21-4fbc-8fef-2a10a2b38049", "git" },
};
// clang-format on

static json_t *locations_of(const char *area)
{
    json_t *array = json_array();

    for (gsize i = 0; i < G_N_ELEMENTS(locations); i++) {
        const Location *location = &locations[i];

        if (area && g_ascii_strcasecmp(area, location->area) != 0)
            continue;
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "id",
                                               location->id, "area", location->area, "resourceName",
                                               location->resource, "routeTemplate", location->route,
                                               "resourceVersion", location->version, "minVersion",
                                               "1.0", "maxVersion", "7.2", "releasedVersion",
                                               location->released ? "7.1" : "0.0"));
    }
    return wire_list(array);
}

json_t *rest_locations(Call *call)
{
    (void)call;
    return locations_of(NULL);
}

json_t *rest_area_locations(Call *call)
{
    return locations_of(call_param(call, "area"));
}

static json_t *area_of(const Call *call, gsize i)
{
    json_t *object = json_object();
    g_autofree char *url = g_strconcat(call->state->settings.base_url, "/", NULL);

    js_set(object, "id", areas[i][0]);
    js_set(object, "name", areas[i][1]);
    js_set(object, "locationUrl", url);
    return object;
}

json_t *rest_resource_areas(Call *call)
{
    json_t *array = json_array();

    for (gsize i = 0; i < G_N_ELEMENTS(areas); i++)
        json_array_append_new(array, area_of(call, i));
    return wire_list(array);
}

json_t *rest_resource_area(Call *call)
{
    for (gsize i = 0; i < G_N_ELEMENTS(areas); i++)
        if (g_ascii_strcasecmp(areas[i][0], call_param(call, "areaId")) == 0)
            return area_of(call, i);
    return call_refuse(call, REFUSE_NO_ITEM, "The resource area was not found.");
}

/* The one preview resource that a client asks without naming a version. */
json_t *rest_connection_data(Call *call)
{
    json_t *object = json_object();

    json_object_set_new(object, "authenticatedUser", wire_identity(call->user));
    json_object_set_new(object, "authorizedUser", wire_identity(call->user));
    js_set(object, "instanceId", call->state->collection_id);
    js_set(object, "deploymentId", call->state->account_id);
    js_set(object, "deploymentType", call->state->settings.server ? "onPremises" : "hosted");
    json_object_set_new(object, "locationServiceData", json_object());
    return object;
}

json_t *rest_projects(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->state->projects->len; i++)
        json_array_append_new(array, wire_project(call->state, call->state->projects->pdata[i]));
    return wire_list(array);
}

json_t *rest_project(Call *call)
{
    const char *name = call_param(call, "projectId");
    const Project *project = state_project(call->state, name);

    if (project)
        return wire_project(call->state, project);
    return call_refuse(call, REFUSE_NO_PROJECT,
                       "TF200016: The following project does not exist: %s.", name);
}
