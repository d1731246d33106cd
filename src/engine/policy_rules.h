// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "model/plan.h"
#include "model/policy.h"

/*
 * What the output of a check means, and what has to be approved by whom. Gates are monotone: what
 * cannot be read, did not happen or speaks of another plan is never a pass. Pure; the caller frees
 * what is returned.
 */

/*
 * Of a set that conftest was run for. It passed when conftest ended with 0 and its summary (or its
 * JSON) counts at least one test and no failure. exit_status is -1 when it did not end by itself.
 */
PolicyResult *policy_rules_conftest(const PolicySet *set, int exit_status, const char *output);

/*
 * Of a set that a step of the operator's checked. It passed when the step did not fail, printed
 * something, and nothing in that counts a failure: no line that begins with FAIL, no "2 failures",
 * no JSON with a list "failures" that has entries.
 */
PolicyResult *policy_rules_step(const PolicySet *set, bool has_failed, const char *output);

/* Of a set that was not checked, and why: failed. */
PolicyResult *policy_rules_unchecked(const PolicySet *set, const char *why);

/* Two checks of the same set as one that passed when both did. */
PolicyResult *policy_rules_both(const PolicySet *set, const PolicyResult *first,
                                const PolicyResult *second);

/*
 * Where the plan stands with the sets that are configured now. record may be NULL: nothing is known
 * of it. The result borrows from all of them.
 */
PolicyStatus *policy_rules_status(const Policies *policies, const Plan *plan,
                                  const PolicyRecord *record);

/* One approve_policies, seen from one project. Borrowed. */
typedef struct _PolicyRequest PolicyRequest;
struct _PolicyRequest {
    const Policies *policies;
    const PolicyStatus *status;
    const Actor *actor;
    const char *const *teams; /* that the actor is in; NULL: none is known */
    const char *author_id;    /* of the pull request */
    const char *only_set;     /* --policy-set; NULL: all */
    bool clears;              /* --clear-policy-approval */
};

/* sets: of const char *, borrowed: those that the request changes. problems: of char *, owned:
 * sentences on those that it names and may not change. Both may be empty: there is nothing to do.
 */
typedef struct _PolicyAnswer PolicyAnswer;
struct _PolicyAnswer {
    GPtrArray *sets;
    GPtrArray *problems;
};
PolicyAnswer policy_rules_answer(const PolicyRequest *request);
void policy_answer_clear(PolicyAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyAnswer, policy_answer_clear)

/* The sets' results as scripts read them at POLICYCHECKFILE: JSON, by Atlantis's keys. approvals is
 * of PolicyApproval. */
char *policy_rules_file(const GPtrArray *results, const GPtrArray *approvals);
