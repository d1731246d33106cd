// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/pull.h"

/* What the check of one policy set said of one plan. Owns everything. */
typedef struct _PolicyResult PolicyResult;
struct _PolicyResult {
    char *set;
    bool has_passed;
    char *output;        /* what people read */
    char *item_regex;    /* finds the items in output; "": all of it is one item */
    GStrv item_hashes;   /* SHA-256 of each; never NULL, and never empty once checked */
    gint64 needed;       /* owners that have to approve when it failed; at least 1 */
    bool keeps_approved; /* approvals go on to the next plan as long as they cover its items */
};
PolicyResult *policy_result_new(void);
void policy_result_free(PolicyResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyResult, policy_result_free)

/* One owner's word on one set: these items may be. Owns everything. */
typedef struct _PolicyApproval PolicyApproval;
struct _PolicyApproval {
    char *set;
    Actor actor;
    char *item_regex;  /* of the result that was approved */
    GStrv item_hashes; /* that it covers; never NULL */
    gint64 made_at;
};
PolicyApproval *policy_approval_new(void);
void policy_approval_free(PolicyApproval *approval);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyApproval, policy_approval_free)

/* All that is known of one plan. Owns everything; both lists may be empty. */
typedef struct _PolicyRecord PolicyRecord;
struct _PolicyRecord {
    gint64 plan_id;       /* that the results speak of */
    char *head;           /* of that plan; NULL: there is no such plan any more */
    GPtrArray *results;   /* of PolicyResult, in the order of the check */
    GPtrArray *approvals; /* of PolicyApproval, oldest first: of the project, not cleared */
};
PolicyRecord *policy_record_new(gint64 plan_id);
void policy_record_free(PolicyRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyRecord, policy_record_free)

typedef enum {
    POLICY_PASSED,
    POLICY_APPROVED,  /* it failed, and enough owners approved that */
    POLICY_FAILED,    /* and not enough did */
    POLICY_UNCHECKED, /* there is no result for this plan */
} PolicyVerdict;

/* Where one set stands. The lists are own, all else is borrowed. */
typedef struct _PolicySetStatus PolicySetStatus;
struct _PolicySetStatus {
    const char *name;
    PolicyVerdict verdict;
    const char *output;       /* of the check; NULL: none */
    GPtrArray *approvers;     /* of const Actor: each owner whose approval counts, once */
    gint64 needed;            /* how many have to */
    guint n_items;            /* that were found in output */
    guint n_covered;          /* of them by some approval */
    GPtrArray *users, *teams; /* of const char *: who may approve */
};

/* Where a plan stands with all sets that are configured now. */
typedef struct _PolicyStatus PolicyStatus;
struct _PolicyStatus {
    bool has_passed; /* every set passed or is approved; false without any set */
    GPtrArray *sets; /* of PolicySetStatus, owned, in the order of the configuration */
};
void policy_set_status_free(PolicySetStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicySetStatus, policy_set_status_free)
void policy_status_free(PolicyStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyStatus, policy_status_free)
