// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/host_credential.h"

/* What every code host needs to know from the settings. All borrowed from them. */
typedef struct _HostSpec HostSpec;
struct _HostSpec {
    const char *user;
    HostCredential credential; /* of organisations that have none of their own */
    const HostOrganization *organizations;
    gsize n_organizations;
    const char *webhook_user, *webhook_password;
    bool allows_unauthenticated;
    const char *base_url;     /* "https://dev.azure.com"; no trailing slash */
    gint64 timeout_ms;        /* of one call */
    const char *status_genre; /* prefix of status contexts: "Atlantis Bot" */
};
