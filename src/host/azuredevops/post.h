// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/*
 * Comments and statuses. What the service is told twice it keeps twice, so where an earlier attempt
 * may have got through (may_be_there) its list is read first.
 */
bool azuredevops_comment_post(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                              const CommentPost *post, PostResult *result, GError **error)
    MUST_CHECK;

/* {"genre", "name"} of a status, as statuses are posted; the caller decrefs it. */
json_t *azuredevops_status_context(const char *genre, const char *name);

/* genre is put in front of what the status's name has before its last slash. */
/* As HostOps.comment_replace has it (Pull Request Thread Comments - Update). */
bool azuredevops_comment_replace(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                                 const CommentPost *post, GError **error) MUST_CHECK;
bool azuredevops_status_post(const Ctx *ctx, Rest *rest, const Site *site, const char *genre,
                             const PullRef *pull, const StatusPost *post, PostResult *result,
                             GError **error) MUST_CHECK;
