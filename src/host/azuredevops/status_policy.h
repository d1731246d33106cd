// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"

/*
 * Branch policies of type status check: completing needs a status of ours (Azure DevOps REST,
 * Policy, Configurations).
 */

/* What is to be required. Borrowed. */
typedef struct _StatusPolicy StatusPolicy;
struct _StatusPolicy {
    const char *genre, *name; /* as statuses are posted */
    const char *repo;         /* GUID */
    const char *ref;          /* "refs/heads/main" */
    bool is_default;          /* that is the repository's default branch */
    const char *author;       /* GUID: nobody else's status counts */
};

/* All status policies of the project, an array; the caller decrefs it. Errors as rest_call(). */
json_t *status_policies_read(const Ctx *ctx, Rest *rest, const Site *site, const Place *place,
                             GError **error) MUST_CHECK;

/*
 * The one for this status that covers this branch: one with nothing wrong, maybe of other branches
 * too; else the one to set right; NULL: there is none. Borrowed from all.
 */
const json_t *status_policy_find(const json_t *all, const StatusPolicy *wanted);

/* What is wrong with it, for people; NULL: nothing. The caller frees it. */
char *status_policy_trouble(const json_t *policy, const StatusPolicy *wanted);

/* Makes it, or, with old not NULL, changes what status_policy_trouble() looks at and no more. */
bool status_policy_put(const Ctx *ctx, Rest *rest, const Site *site, const Place *place,
                       const StatusPolicy *wanted, const json_t *old, GError **error) MUST_CHECK;
