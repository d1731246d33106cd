// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/* host_setup() for Azure DevOps: service hooks, status policies, and a test event. */

/* What the host has for it. Borrowed. */
typedef struct _SetupTools SetupTools;
struct _SetupTools {
    Rest *rest;
    const Site *site;
    const char *genre; /* first part of our status contexts */
    const char *webhook_user, *webhook_password;
};
bool azuredevops_setup(const Ctx *ctx, const SetupTools *tools, const HostSetup *spec,
                       GPtrArray *items, GError **error) MUST_CHECK;

/* What the service refuses for each hook is refused before the first; INVALID. */
bool setup_check_password(const char *password, GError **error) MUST_CHECK;
bool setup_check_url(const Site *site, const char *url, GError **error) MUST_CHECK;

/* Whose the credential is. GUID and name are the caller's. DENIED when it is nobody's. */
bool azuredevops_who(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                     char **id, char **name, GError **error) MUST_CHECK;
