// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/*
 * Looks after the subscriptions that send to us: one that the service has put out of service, or on
 * probation, is enabled again with our user and password; deliveries that failed meanwhile are read
 * back. One that somebody switched off is left alone, and told of.
 */
typedef struct _HooksLogin HooksLogin;
struct _HooksLogin {
    const char *user, *password; /* "": none is configured, and nothing can be enabled */
};
bool azuredevops_hooks_tend(const Ctx *ctx, Rest *rest, const Site *site, const HooksLogin *login,
                            const HooksSpec *spec, HooksReport *report, GError **error) MUST_CHECK;
