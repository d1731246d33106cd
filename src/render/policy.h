// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/policy.h"
#include "render/comment.h"

/* Comments on policies, by the same rules as those in comment.h. */
typedef enum {
    POLICY_COMMENT_CHECK,   /* what a check said */
    POLICY_COMMENT_APPROVE, /* what approve_policies did */
    POLICY_COMMENT_CLEAR,   /* the same with --clear-policy-approval */
} PolicyCommentKind;

/* One project. All borrowed; what is not there may be NULL. */
typedef struct _PolicyProject PolicyProject;
struct _PolicyProject {
    const ProjectRef *project;
    const PolicyStatus *status; /* as it is now; never NULL */
    const char *before, *after; /* what steps around the check printed */
    const GPtrArray *changed;   /* of const char *: sets that the command changed */
    const GPtrArray *problems;  /* of const char *: sentences on sets that it did not change */
    const char *const *extra;   /* of the plan, for the line that plans again */
};

typedef struct _PolicyReport PolicyReport;
struct _PolicyReport {
    PolicyCommentKind kind;
    const char *head; /* full commit id */
    const PolicyProject *projects;
    gsize n_projects;
    bool hides_passed; /* --quiet-policy-checks */
};

/* NULL: with hides_passed and nothing that failed there is nothing to tell. */
char *render_policies(const RenderStyle *style, const PolicyReport *report);
