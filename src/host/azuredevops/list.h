// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/* What there is, for who looks by himself instead of waiting for events. */

/* Open pull requests of a project, newest first, in pages. Errors as rest_call(). */
bool azuredevops_pulls_list(const Ctx *ctx, Rest *rest, const Site *site, const char *area,
                            PullList *list, GError **error) MUST_CHECK;

/* One call, whatever its length: the list has no pages and no filter. */
GPtrArray *azuredevops_comments_list(const Ctx *ctx, Rest *rest, const Site *site,
                                     const PullRef *pull, gint64 since, GError **error) MUST_CHECK;
