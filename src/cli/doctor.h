// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "config/settings.h"

/*
 * Looks at everything that an installation needs, as a server with these settings would find it,
 * and changes nothing: findings (model/finding.h) are added. proc_init() has been called.
 */
void doctor_look(const Ctx *ctx, const Settings *settings, GPtrArray *findings);

/* The table of the command's own flags for the reference; the caller frees it. */
char *doctor_options_markdown(void);
