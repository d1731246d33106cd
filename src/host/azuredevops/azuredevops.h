// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/host.h"

/* Azure DevOps Services and Server. INVALID for a base URL that is none. */
Host *azuredevops_open(const HostSpec *spec, GError **error) MUST_CHECK;
