// SPDX-License-Identifier: Apache-2.0
#include "routes.h"

#include <string.h>

#include "rest.h"

#define REPO      "git/repositories/{repositoryId}"
#define REPO_NAME "git/repositories/{repositoryNameOrId}"
#define PULL      REPO "/pullRequests/{pullRequestId}"
#define ITERATION PULL "/iterations/{iterationId}"
#define THREAD    PULL "/threads/{threadId}"
#define COMMENT   THREAD "/comments/{commentId}"
#define HOOK      "hooks/subscriptions/{subscriptionId}"

#define PULL_SEARCH                                                                         \
    " searchCriteria.status searchCriteria.targetRefName searchCriteria.sourceRefName "     \
    "searchCriteria.creatorId searchCriteria.reviewerId searchCriteria.repositoryId "       \
    "searchCriteria.sourceRepositoryId searchCriteria.includeLinks searchCriteria.minTime " \
    "searchCriteria.maxTime searchCriteria.queryTimeRangeType maxCommentLength $top $skip " \
    "includeLabels "
#define PULL_GET " includeCommits includeWorkItemRefs maxCommentLength $skip $top "
#define DESCRIPTORS                                                                              \
    " versionDescriptor.version versionDescriptor.versionType versionDescriptor.versionOptions " \
    "version versionType versionOptions "

// clang-format off
const Route rest_routes[] = {
    { "GET",    "ConnectionData", SCOPE_ORGANISATION, true, " connectOptions lastChangeId lastChangeId64 ", rest_connection_data },
    { "GET",    "ResourceAreas", SCOPE_ORGANISATION, true, NULL, rest_resource_areas },
    { "GET",    "ResourceAreas/{areaId}", SCOPE_ORGANISATION, true, NULL, rest_resource_area },
    { "OPTIONS", "", SCOPE_ORGANISATION, false, " allHostTypes ", rest_locations },
    { "OPTIONS", "{area}", SCOPE_ORGANISATION, false, NULL, rest_area_locations },

    { "GET",    "projects", SCOPE_ORGANISATION, false, " stateFilter $top $skip continuationToken getDefaultTeamImageUrl ", rest_projects },
    { "GET",    "projects/{projectId}", SCOPE_ORGANISATION, false, " includeCapabilities includeHistory ", rest_project },
    { "GET",    "identities", SCOPE_ORGANISATION, false, " searchFilter filterValue identityIds descriptors subjectDescriptors queryMembership ", rest_identities },

    { "GET",    "git/repositories", SCOPE_ANY, false, " includeLinks includeAllUrls includeHidden ", rest_repositories },
    { "POST",   "git/repositories", SCOPE_ANY, false, " sourceRef ", rest_repository_create },
    { "GET",    REPO, SCOPE_ANY, false, " includeParent ", rest_repository },
    { "GET",    REPO "/refs", SCOPE_ANY, false, " filter filterContains includeLinks includeStatuses includeMyBranches latestStatusesOnly peelTags $top continuationToken ", rest_refs },
    { "POST",   REPO "/refs", SCOPE_ANY, false, " projectId ", rest_refs_update },
    { "GET",    REPO "/commits", SCOPE_ANY, false, " searchCriteria.itemVersion.version searchCriteria.itemVersion.versionType searchCriteria.$top searchCriteria.$skip $top $skip ", rest_commits },
    { "GET",    REPO "/commits/{commitId}", SCOPE_ANY, false, " changeCount ", rest_commit },
    { "GET",    REPO "/commits/{commitId}/changes", SCOPE_ANY, false, " top skip ", rest_commit_changes },
    { "GET",    REPO "/commits/{commitId}/statuses", SCOPE_ANY, false, " top skip latestOnly ", rest_commit_statuses },
    { "POST",   REPO "/commits/{commitId}/statuses", SCOPE_ANY, false, NULL, rest_commit_status_create },
    { "GET",    REPO_NAME "/commits/{commitId}/mergebases", SCOPE_ANY, false, " otherCommitId otherCollectionId otherRepositoryId ", rest_merge_bases },
    { "GET",    REPO "/stats/branches", SCOPE_ANY, false, " name baseVersionDescriptor.version baseVersionDescriptor.versionType baseVersionDescriptor.versionOptions ", rest_branch_stats },
    { "GET",    REPO "/items", SCOPE_ANY, false, " path scopePath recursionLevel includeContentMetadata latestProcessedChange download includeContent resolveLfs sanitize $format includeLinks" DESCRIPTORS, rest_items },
    { "GET",    REPO "/diffs/commits", SCOPE_ANY, false, " diffCommonCommit $top $skip baseVersion baseVersionType baseVersionOptions targetVersion targetVersionType targetVersionOptions ", rest_diffs },

    { "GET",    "git/pullrequests", SCOPE_PROJECT, false, PULL_SEARCH, rest_pulls },
    { "GET",    "git/pullrequests/{pullRequestId}", SCOPE_ANY, false, NULL, rest_pull },
    { "POST",   REPO "/pullrequestquery", SCOPE_ANY, false, NULL, rest_pull_query },
    { "GET",    REPO "/pullrequests", SCOPE_ANY, false, PULL_SEARCH, rest_pulls },
    { "POST",   REPO "/pullrequests", SCOPE_ANY, false, " supportsIterations ", rest_pull_create },
    { "GET",    PULL, SCOPE_ANY, false, PULL_GET, rest_pull },
    { "PATCH",  PULL, SCOPE_ANY, false, NULL, rest_pull_update },
    { "GET",    PULL "/commits", SCOPE_ANY, false, " $top continuationToken ", rest_pull_commits },
    { "GET",    PULL "/workitems", SCOPE_ANY, false, NULL, rest_pull_work_items },
    { "GET",    PULL "/iterations", SCOPE_ANY, false, " includeCommits ", rest_iterations },
    { "GET",    ITERATION, SCOPE_ANY, false, NULL, rest_iteration },
    { "GET",    ITERATION "/changes", SCOPE_ANY, false, " $top $skip $compareTo ", rest_iteration_changes },
    { "GET",    ITERATION "/commits", SCOPE_ANY, false, " top skip ", rest_iteration_commits },

    { "GET",    PULL "/threads", SCOPE_ANY, false, " $iteration $baseIteration ", rest_threads },
    { "POST",   PULL "/threads", SCOPE_ANY, false, NULL, rest_thread_create },
    { "GET",    THREAD, SCOPE_ANY, false, " $iteration $baseIteration ", rest_thread },
    { "PATCH",  THREAD, SCOPE_ANY, false, NULL, rest_thread_update },
    { "GET",    THREAD "/comments", SCOPE_ANY, false, NULL, rest_comments },
    { "POST",   THREAD "/comments", SCOPE_ANY, false, NULL, rest_comment_create },
    { "GET",    COMMENT, SCOPE_ANY, false, NULL, rest_comment },
    { "PATCH",  COMMENT, SCOPE_ANY, false, NULL, rest_comment_update },
    { "DELETE", COMMENT, SCOPE_ANY, false, NULL, rest_comment_delete },
    { "GET",    COMMENT "/likes", SCOPE_ANY, false, NULL, rest_likes },
    { "POST",   COMMENT "/likes", SCOPE_ANY, false, NULL, rest_like },
    { "DELETE", COMMENT "/likes", SCOPE_ANY, false, NULL, rest_unlike },

    { "GET",    PULL "/statuses", SCOPE_ANY, false, NULL, rest_statuses },
    { "POST",   PULL "/statuses", SCOPE_ANY, false, NULL, rest_status_create },
    { "GET",    PULL "/statuses/{statusId}", SCOPE_ANY, false, NULL, rest_status },
    { "DELETE", PULL "/statuses/{statusId}", SCOPE_ANY, false, NULL, rest_status_delete },
    { "GET",    ITERATION "/statuses", SCOPE_ANY, false, NULL, rest_statuses },
    { "POST",   ITERATION "/statuses", SCOPE_ANY, false, NULL, rest_status_create },
    { "GET",    ITERATION "/statuses/{statusId}", SCOPE_ANY, false, NULL, rest_status },
    { "DELETE", ITERATION "/statuses/{statusId}", SCOPE_ANY, false, NULL, rest_status_delete },

    { "GET",    PULL "/reviewers", SCOPE_ANY, false, NULL, rest_reviewers },
    { "POST",   PULL "/reviewers", SCOPE_ANY, false, NULL, rest_reviewers_add },
    { "PATCH",  PULL "/reviewers", SCOPE_ANY, false, NULL, rest_reviewers_reset },
    { "GET",    PULL "/reviewers/{reviewerId}", SCOPE_ANY, false, NULL, rest_reviewer },
    { "PUT",    PULL "/reviewers/{reviewerId}", SCOPE_ANY, false, NULL, rest_reviewer_put },
    { "DELETE", PULL "/reviewers/{reviewerId}", SCOPE_ANY, false, NULL, rest_reviewer_delete },
    { "GET",    PULL "/labels", SCOPE_ANY, false, " projectId ", rest_labels },
    { "POST",   PULL "/labels", SCOPE_ANY, false, " projectId ", rest_label_create },
    { "GET",    PULL "/labels/{labelIdOrName}", SCOPE_ANY, false, " projectId ", rest_label },
    { "DELETE", PULL "/labels/{labelIdOrName}", SCOPE_ANY, false, " projectId ", rest_label_delete },
    { "GET",    PULL "/properties", SCOPE_ANY, false, NULL, rest_properties },
    { "PATCH",  PULL "/properties", SCOPE_ANY, false, NULL, rest_properties_update },

    { "GET",    "policy/types", SCOPE_PROJECT, false, NULL, rest_policy_types },
    { "GET",    "policy/types/{typeId}", SCOPE_PROJECT, false, NULL, rest_policy_type },
    { "GET",    "policy/configurations", SCOPE_PROJECT, false, " scope policyType $top continuationToken ", rest_policies },
    { "POST",   "policy/configurations", SCOPE_PROJECT, false, NULL, rest_policy_create },
    { "GET",    "policy/configurations/{configurationId}", SCOPE_PROJECT, false, NULL, rest_policy },
    { "PUT",    "policy/configurations/{configurationId}", SCOPE_PROJECT, false, NULL, rest_policy_update },
    { "DELETE", "policy/configurations/{configurationId}", SCOPE_PROJECT, false, NULL, rest_policy_delete },
    { "GET",    "git/policy/configurations", SCOPE_PROJECT, false, " repositoryId refName policyType $top continuationToken ", rest_effective_policies },
    { "GET",    "policy/evaluations", SCOPE_PROJECT, true, " artifactId includeNotApplicable $top $skip ", rest_evaluations },
    { "GET",    "policy/evaluations/{evaluationId}", SCOPE_PROJECT, true, NULL, rest_evaluation },
    { "PATCH",  "policy/evaluations/{evaluationId}", SCOPE_PROJECT, true, NULL, rest_evaluation },

    { "GET",    "hooks/subscriptions", SCOPE_ORGANISATION, false, " publisherId eventType consumerId consumerActionId ", rest_subscriptions },
    { "POST",   "hooks/subscriptions", SCOPE_ORGANISATION, false, NULL, rest_subscription_create },
    { "GET",    HOOK, SCOPE_ORGANISATION, false, NULL, rest_subscription },
    { "PUT",    HOOK, SCOPE_ORGANISATION, false, NULL, rest_subscription_replace },
    { "DELETE", HOOK, SCOPE_ORGANISATION, false, NULL, rest_subscription_delete },
    { "POST",   "hooks/subscriptionsquery", SCOPE_ORGANISATION, false, NULL, rest_subscriptions_query },
    { "GET",    HOOK "/notifications", SCOPE_ORGANISATION, false, " maxResults status result ", rest_notifications },
    { "GET",    HOOK "/notifications/{notificationId}", SCOPE_ORGANISATION, false, NULL, rest_notification },
    { "POST",   "hooks/testnotifications", SCOPE_ORGANISATION, false, " useRealData ", rest_test_notification },
};
// clang-format on

gsize rest_routes_count(void)
{
    return G_N_ELEMENTS(rest_routes);
}

static bool catches(const char *template, const char *segment, GHashTable *params)
{
    gsize length = strlen(template);

    if (*template != '{')
        return g_ascii_strcasecmp(template, segment) == 0;
    g_hash_table_insert(params, g_strndup(template + 1, length - 2), g_strdup(segment));
    return *segment != '\0';
}

static bool matches(const char *path, const char *const *segments, GHashTable *params)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    gsize n = g_strv_length(parts);

    g_hash_table_remove_all(params);
    if (n != g_strv_length((char **)segments))
        return false;
    for (gsize i = 0; i < n; i++)
        if (!catches(parts[i], segments[i], params))
            return false;
    return true;
}

const Route *route_find(const Route *routes, gsize n, const char *method,
                        const char *const *segments, bool with_project, GHashTable *params)
{
    for (gsize i = 0; i < n; i++) {
        const Route *route = &routes[i];

        if (!g_str_equal(route->method, method))
            continue;
        if (route->scope != SCOPE_ANY && (route->scope == SCOPE_PROJECT) != with_project)
            continue;
        if (matches(route->path, segments, params))
            return route;
    }
    return NULL;
}
