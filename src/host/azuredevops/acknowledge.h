// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/* What is done at comments of people. As HostOps has it. */
bool azuredevops_comment_react(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                               const char *comment, GError **error) MUST_CHECK;
bool azuredevops_thread_settle(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                               const char *comment, const char *const *commands, GError **error)
    MUST_CHECK;
