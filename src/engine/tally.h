// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/project.h"
#include "model/status.h"
#include "store/store.h"

/*
 * The statuses of a pull request as a function of its projects at a head: what "plan" and
 * "apply" say and how. Pure. A project counts when a plan of everything found it for this head, or
 * when it was planned for it by name; what was planned or applied for another head is neither
 * planned nor applied now. The caller frees what is returned in *description.
 */
StatusState tally_plan(const GPtrArray *projects, const char *head, char **description);
StatusState tally_apply(const GPtrArray *projects, const char *head, char **description);

/* The same for "policy_check": of n projects whose plans were checked, how many may be applied. */
StatusState tally_policy(guint n_passed, guint n, char **description);
