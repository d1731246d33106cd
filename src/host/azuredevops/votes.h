// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/*
 * Who has approved a pull request, and who stands against it (Azure DevOps REST, Pull Request
 * Reviewers). Pure.
 */

/* Why the pull request is not approved, for people; NULL when it is. uncounted: whose approvals do
 * not count, from votes_uncounted(), or NULL. The caller frees it. */
char *votes_why_not(const json_t *pull, const char *author_id, GHashTable *uncounted);

/*
 * Whose approval is not one of the newest commit by somebody else: char * id, owned -> const char *
 * why. The pull request says how people vote, not of what; the threads that the service writes of
 * each vote say when. iteration: the newest; of the first one threads are not needed.
 */
GHashTable *votes_uncounted(const json_t *pull, const json_t *iteration, const json_t *threads);

/* A person's, with suggestions or without. */
bool vote_is_approval(const json_t *reviewer);
