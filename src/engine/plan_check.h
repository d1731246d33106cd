// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/plan.h"

/* Facts read just now, to hold a plan record against. Borrowed. */
typedef struct _PlanFacts PlanFacts;
struct _PlanFacts {
    const char *head;          /* of the pull request, by the host */
    const char *base_branch;   /* by the host */
    bool base_changed_project; /* merge strategy: the base branch changed this project since */
    const char *config_digest;
    const char *tool, *tool_version;
    const char *file_digest; /* of the plan file; NULL: it is not there */
    bool is_locked;          /* the pull request still holds the project's lock */
    bool has_state;          /* lineage and serial could be read */
    const char *lineage;
    gint64 serial;
    gint64 now;
    gint64 asked_at;   /* when the apply was asked for */
    gint64 max_age_ms; /* 0: any */
};

/*
 * Invariant I2: every reason why the plan may not be applied, in words for people; empty when it
 * may. Pure. Of char *, owned.
 */
GPtrArray *plan_check(const Plan *plan, const PlanFacts *facts);

/* The reason when the base branch changed the project; the caller frees it. */
char *plan_check_base_text(const char *base_branch);
