// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/*
 * What the branch's policies say of a pull request: the truth about what may be completed, for all
 * scopes. A preview (Azure DevOps REST, Policy, Evaluations - List), known by the project's GUID.
 */

/* All of them, an array; the caller decrefs it. FAILED when there are more than anybody has. */
json_t *evaluations_read(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                         GError **error) MUST_CHECK;

/*
 * Why it stands against completing, with the policy's name and state; NULL when it does not: it is
 * satisfied, does not apply, does not block, or asks for a status of ours as spec has them. genre:
 * the first part of our status contexts ("Atlantis Bot"). spec NULL: no status is left out. The
 * caller frees it.
 */
char *evaluation_why_not(const json_t *evaluation, const char *genre, const ReviewSpec *spec);

/* Whether it stands against completing because of threads that are open. */
bool evaluation_is_of_threads(const json_t *evaluation);

/* Whether it stands against completing because too few, or not the right ones, have approved. */
bool evaluation_is_of_approvals(const json_t *evaluation);

/* Whether a policy's configuration is in force: enabled, blocking, not deleted. */
bool evaluation_is_blocking(const json_t *configuration);
