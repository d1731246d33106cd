// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/project_run.h"

/* What a plan leaves for its apply to be held against (I2). */

/*
 * After the steps of the plan stage: run->plan, with what is true of the project now, and its plan
 * file, where there is one, for nobody else to read. Fails where a plan that terraform is to apply
 * is not there, and as reading it does.
 */
bool plan_record_make(const Ctx *ctx, ProjectRun *run, GError **error) MUST_CHECK;

/* What the project is after the plan. Only a plan of all of it may say that it needs nothing (I10).
 */
ProjectStatus plan_record_status(const ProjectRun *run);
