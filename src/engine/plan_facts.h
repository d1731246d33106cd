// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/project_run.h"

/*
 * Whether run->plan may be applied (invariant I2), by what is read now: commits, configuration,
 * tool, plan file, lock, state. *why_not is NULL when it may, else a sentence with every reason;
 * the caller frees it. pull needs its files (pull_work_files()) for the merge strategy. On the
 * threads of slots_run().
 */
bool plan_facts_check(const Ctx *ctx, PullWork *pull, ProjectRun *run, char **why_not,
                      GError **error) MUST_CHECK;

/* One of these reasons again, right before the effect: the base branch may have moved meanwhile,
 * which matters with the merge strategy. */
bool plan_facts_base_check(const Ctx *ctx, PullWork *pull, const ProjectRun *run, char **why_not,
                           GError **error) MUST_CHECK;
