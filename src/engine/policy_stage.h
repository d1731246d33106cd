// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/policy_gate.h"
#include "engine/project_run.h"

/* Whether the server checks policies of this repository's projects at all. */
bool policy_stage_is_on(const Work *work);

/*
 * After a plan in which no project failed: checks the plans of all runs whose projects want it,
 * side by side as far as the configuration allows, writes down what came of it, and adds the
 * comment on it to outcome. Fails as the store does, or with CANCELLED: the plan is then made
 * again.
 */
bool policy_stage_run(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                      ProjectRun *runs, guint n_runs, Outcome *outcome, GError **error) MUST_CHECK;

/*
 * Adds the status "policy_check" as things stand now; pull has its configuration. What is not
 * checked yet leaves it pending, or failed where is_cancelled: then nothing is on its way.
 */
bool policy_stage_add_status(Work *work, const Command *command, PullWork *pull, bool is_cancelled,
                             Outcome *outcome, GError **error) MUST_CHECK;
