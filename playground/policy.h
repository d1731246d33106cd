// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.h"

/*
 * What branch policies say about a pull request. Pure: nothing is changed, nothing is asked of git.
 */
typedef enum {
    EVALUATION_QUEUED,
    EVALUATION_RUNNING,
    EVALUATION_APPROVED,
    EVALUATION_REJECTED,
    EVALUATION_NOT_APPLICABLE,
    EVALUATION_BROKEN,
    EVALUATIONS,
} Evaluation;
extern const char *const evaluation_names[EVALUATIONS];

#define POLICY_STATUS             "cbdc66da-9728-4af8-aada-9a5a32e4a226"
#define POLICY_REQUIRED_REVIEWERS "fd2167ab-b0be-447a-8ec8-39368250530e"

struct _PolicyType {
    const char *id, *name;
    /* Never NULL: a type this program has no opinion on cannot be configured. */
    Evaluation (*evaluate)(const Policy *policy, const Pull *pull);
};
const PolicyType *policy_type_by_id(const char *id);
gsize policy_types(const PolicyType **types);

/* Whether it is enabled and its scope covers the pull request's target. */
bool policy_applies(const Policy *policy, const Pull *pull);
Evaluation policy_evaluate(const Policy *policy, const Pull *pull);

/* The first blocking policy that is not satisfied, or NULL: it may be completed. */
const Policy *policy_unmet(const State *state, const Pull *pull, MergeStrategy strategy);

/* A status on the pull request as a whole is refused: a status policy resets with each push. */
bool policy_wants_iteration(const State *state, const Pull *pull);
/* After a push: the votes it takes back. */
bool policy_resets_votes(const State *state, const Pull *pull, bool *only_rejections);
/* Whether a branch may only be changed through pull requests. */
bool policy_protects(const State *state, const Repo *repo, const char *ref);
/* Newest status of genre and name that counts; author and iteration narrow it when given. */
const Status *policy_newest_status(const Pull *pull, const char *genre, const char *name,
                                   const char *author_id, int iteration);
