// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>
#include <stdbool.h>

/*
 * Who has approved a pull request, and who stands against it (Azure DevOps REST, Pull Request
 * Reviewers). Pure.
 */

/* Why the pull request is not approved, for people; NULL when it is. The caller frees it. */
char *votes_why_not(const json_t *pull, const char *author_id);

/* A person's, with suggestions or without. */
bool vote_is_approval(const json_t *reviewer);
