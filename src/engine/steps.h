// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/project_run.h"

/*
 * Runs the steps of one stage of a project's workflow, one after the other, in its directory. What
 * each prints for people is appended to run->output, joined by line ends; what an "env" or
 * "multienv" step sets lasts until the end of the stage. The first step that fails ends the stage
 * with its error: FAILED names the step, run->output has what it printed; CANCELLED as always.
 * run->env_vars is ready (project_run_set_env()). On the threads of slots_run().
 */
bool steps_run(const Ctx *ctx, ProjectRun *run, StageKind stage, GError **error) MUST_CHECK;

/*
 * One step alone, all but ACTION_POLICY_CHECK, for who runs a stage by himself. output (emptied
 * first) gets what people may see of it, also when it fails.
 */
bool steps_run_action(const Ctx *ctx, ProjectRun *run, const Action *action, GString *output,
                      GError **error) MUST_CHECK;

/*
 * For work around a plan whose steps are all the server's own (project_run_is_plain()): builds
 * run->env_vars with what the plan stage's env steps say, as they are written.
 */
void steps_set_values(ProjectRun *run);
/* Its init step, with what that is given, and the workspace: on a disk that lost the tool's data.
 * Leaves the lock file as it is. The tool's words are in run->output when it fails. */
bool steps_init_again(const Ctx *ctx, ProjectRun *run, GError **error) MUST_CHECK;

/* How long a step may take: its own limit, the server's, or what its kind has. Milliseconds. */
gint64 steps_timeout(const ProjectRun *run, const Action *action);
