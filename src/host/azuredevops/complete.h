// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/pull.h"
#include "host/azuredevops/rest.h"
#include "host/host.h"

/*
 * Completes a pull request, as HostOps.merge has it. The service answers before it is done: the
 * next call sees how far it is (Azure DevOps REST, Pull Requests - Update).
 */
bool azuredevops_merge(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                       const MergeRequest *request, MergeResult *result, GError **error) MUST_CHECK;
