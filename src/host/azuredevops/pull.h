// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "model/pull.h"

/* What the service says of a pull request now: itself and its newest iteration. */
bool azuredevops_pull_read(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                           PullFacts *facts, GError **error) MUST_CHECK;

/* Of an answer with iterations; NULL when there is none. */
const json_t *azuredevops_newest_iteration(const json_t *list);

/* URL of one of the pull request's collections ("threads"), or of itself with leaf NULL. INVALID
 * when its locator is none. The caller frees it. */
char *azuredevops_pull_url(const Site *site, const PullRef *pull, const char *leaf, GError **error)
    MUST_CHECK;
