// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/* host_examine() for Azure DevOps: whose the token is, what it may, and the service hooks. */
void azuredevops_examine(const Ctx *ctx, Rest *rest, const Site *site, const HostExam *exam,
                         GPtrArray *findings);

/*
 * Organisations and collections that the server works for, as Place has them: of repositories that
 * it knows, and of patterns of its allowlist as far as they name one. Without doubles, owned.
 */
GPtrArray *examine_collections(const Site *site, const HostExam *exam);
