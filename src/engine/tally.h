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

/* The projects of a head whose plans are checked against policies. */
typedef struct _PolicyTally PolicyTally;
struct _PolicyTally {
    guint n;
    guint n_passed;    /* or approved */
    guint n_unchecked; /* not planned, or their plan was not checked; the rest failed */
};
/* The same for "policy_check". */
StatusState tally_policy(const PolicyTally *tally, char **description);
