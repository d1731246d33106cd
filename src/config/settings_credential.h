// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"

/*
 * What the server proves itself with, of several settings. Fills in what AKS says in the
 * environment (workload identity), then refuses with INVALID what is missing, what the kind does
 * not use, and what is given twice.
 */
bool settings_credential_check(const char *const *env, Settings *settings, GError **error)
    MUST_CHECK;

/* A view of checked settings. */
HostCredential settings_credential(const Settings *settings);
