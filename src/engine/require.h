// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repo_config.h"

/*
 * What has to hold before a project is planned, applied, or imported into: plan_requirements,
 * apply_requirements and import_requirements, held against facts that were read just now. The
 * freshness of a plan is plan_check.c's.
 */

/* Facts; a reason that is NULL means that it holds. Borrowed. */
typedef struct _RequireFacts RequireFacts;
struct _RequireFacts {
    bool has_review; /* false: the two below are not known, which is a no */
    const char *not_approved_why;
    const GPtrArray *not_mergeable_why; /* of char *; NULL or empty: it is */
    const char *diverged_why;           /* what changed on the base branch */
    const char *policies_why;
};

/* Reasons for people, of char *, owned; empty: all holds. Pure. */
GPtrArray *require_check(unsigned requirements, const RequireFacts *facts);

/* "Not applied: this needs an approval ... ; ..." in one line; NULL when reasons is empty. The
 * caller frees it. */
char *require_text(const GPtrArray *reasons);

/* Whether facts of the review are asked for. */
bool require_needs_review(unsigned requirements);
