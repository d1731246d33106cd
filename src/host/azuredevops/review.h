// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/pull.h"
#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/*
 * Votes, labels, and what stands against completing, as HostOps has them. genre: the first part of
 * our status contexts ("Atlantis Bot"). Policies are read with the preview of policy/evaluations
 * (Azure DevOps REST, Policy, Evaluations - List).
 */
bool azuredevops_review_read(const Ctx *ctx, Rest *rest, const Site *site, const char *genre,
                             const PullRef *pull, const PullFacts *facts, const ReviewSpec *spec,
                             PullReview *review, GError **error) MUST_CHECK;
bool azuredevops_labels_read(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                             GStrv *labels, GError **error) MUST_CHECK;
bool azuredevops_approvals_discard(const Ctx *ctx, Rest *rest, const Site *site,
                                   const PullRef *pull, GError **error) MUST_CHECK;
