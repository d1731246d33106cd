// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/* Takes the slashes off the end. INVALID, naming the setting as it is given ("--atlantis-url"), for
 * what is not http or https, or has a user, query or fragment. Pure. */
bool url_setting_check(const char *name, char *url, GError **error) MUST_CHECK;

/* The same, for what secrets are sent to: INVALID for http too, but to a loopback address. */
bool url_setting_check_safe(const char *name, char *url, GError **error) MUST_CHECK;
