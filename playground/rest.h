// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.h"

/* The handlers of rest_routes[], by the file they are in. */

/* rest_core.c */
json_t *rest_connection_data(Call *call);
json_t *rest_locations(Call *call);
json_t *rest_area_locations(Call *call);
json_t *rest_resource_areas(Call *call);
json_t *rest_resource_area(Call *call);
json_t *rest_projects(Call *call);
json_t *rest_project(Call *call);

/* rest_repos.c */
json_t *rest_repositories(Call *call);
json_t *rest_repository(Call *call);
json_t *rest_repository_create(Call *call);
json_t *rest_refs(Call *call);
json_t *rest_refs_update(Call *call);
json_t *rest_commits(Call *call);
json_t *rest_commit(Call *call);
json_t *rest_commit_changes(Call *call);
json_t *rest_merge_bases(Call *call);
json_t *rest_commit_statuses(Call *call);
json_t *rest_commit_status_create(Call *call);
json_t *rest_branch_stats(Call *call);

/* rest_items.c */
json_t *rest_items(Call *call);
json_t *rest_diffs(Call *call);

/* rest_pulls.c */
json_t *rest_pulls(Call *call);
json_t *rest_pull(Call *call);
json_t *rest_pull_create(Call *call);
json_t *rest_pull_update(Call *call);
json_t *rest_pull_commits(Call *call);
json_t *rest_pull_query(Call *call);
json_t *rest_pull_work_items(Call *call);

/* rest_iterations.c */
json_t *rest_iterations(Call *call);
json_t *rest_iteration(Call *call);
json_t *rest_iteration_changes(Call *call);
json_t *rest_iteration_commits(Call *call);

/* rest_threads.c */
json_t *rest_threads(Call *call);
json_t *rest_thread(Call *call);
json_t *rest_thread_create(Call *call);
json_t *rest_thread_update(Call *call);
json_t *rest_comments(Call *call);
json_t *rest_comment(Call *call);
json_t *rest_comment_create(Call *call);
json_t *rest_comment_update(Call *call);
json_t *rest_comment_delete(Call *call);
json_t *rest_likes(Call *call);
json_t *rest_like(Call *call);
json_t *rest_unlike(Call *call);

/* rest_statuses.c */
json_t *rest_statuses(Call *call);
json_t *rest_status(Call *call);
json_t *rest_status_create(Call *call);
json_t *rest_status_delete(Call *call);

/* rest_identities.c */
json_t *rest_identities(Call *call);
json_t *wire_identity(const User *user);

/* rest_reviewers.c */
json_t *rest_reviewers(Call *call);
json_t *rest_reviewer(Call *call);
json_t *rest_reviewer_put(Call *call);
json_t *rest_reviewers_add(Call *call);
json_t *rest_reviewers_reset(Call *call);
json_t *rest_reviewer_delete(Call *call);
json_t *rest_labels(Call *call);
json_t *rest_label(Call *call);
json_t *rest_label_create(Call *call);
json_t *rest_label_delete(Call *call);
json_t *rest_properties(Call *call);
json_t *rest_properties_update(Call *call);

/* rest_policies.c */
json_t *rest_policy_types(Call *call);
json_t *rest_policy_type(Call *call);
json_t *rest_policies(Call *call);
json_t *rest_policy(Call *call);
json_t *rest_policy_create(Call *call);
json_t *rest_policy_update(Call *call);
json_t *rest_policy_delete(Call *call);
json_t *rest_effective_policies(Call *call);
json_t *rest_evaluations(Call *call);
json_t *rest_evaluation(Call *call);

/* rest_hooks.c */
json_t *rest_subscriptions(Call *call);
json_t *rest_subscription(Call *call);
json_t *rest_subscription_create(Call *call);
json_t *rest_subscription_replace(Call *call);
json_t *rest_subscription_delete(Call *call);
json_t *rest_subscriptions_query(Call *call);
json_t *rest_notifications(Call *call);
json_t *rest_notification(Call *call);
json_t *rest_test_notification(Call *call);
