// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/project_run.h"

/*
 * The plugins of all for programs that run Terraform by themselves (tf/plugin_mirror.h): around a
 * "run" step. Where there are none, where the operator configures himself where providers come
 * from, and when something fails, the step runs as without them.
 */
typedef struct _ProviderSteps ProviderSteps;

/* *env gets what leads Terraform to the mirror. NULL: the step runs without. */
ProviderSteps *provider_steps_begin(const Ctx *ctx, const ProjectRun *run, GStrv *env);

/* Behind the step; what it had to fetch is fetched for all. Accepts NULL. */
void provider_steps_end(const Ctx *ctx, ProviderSteps *steps);
