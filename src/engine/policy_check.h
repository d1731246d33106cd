// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/policy_rules.h"
#include "engine/project_run.h"

/* What policies said of one project's plan. Owns everything. */
typedef struct _PolicyCheck PolicyCheck;
struct _PolicyCheck {
    GPtrArray *results;      /* of PolicyResult: one for each configured set, in their order */
    GString *before, *after; /* what the steps around the check printed */
};
void policy_check_clear(PolicyCheck *check);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyCheck, policy_check_clear)

/*
 * Runs the policy_check stage of the project's workflow for the plan that run has just made. A
 * "policy_check" step asks conftest about every set. With custom_policy_check it is about one set,
 * and each step that prints something is the check of one, too: the first of them of the first set,
 * and so on. A set for which nothing was said, and every set of a stage that broke off, has a
 * result that failed. What is known so far lies at run->policy_file for the steps behind it.
 *
 * approvals is of PolicyApproval: those of the project. check is empty before. Fails only with
 * CANCELLED, or when the file cannot be written. On the threads of slots_run().
 */
bool policy_check_run(const Ctx *ctx, ProjectRun *run, const Policies *policies,
                      const GPtrArray *approvals, PolicyCheck *check, GError **error) MUST_CHECK;
