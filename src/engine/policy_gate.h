// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "store/store.h"

/* What is known of policies and one plan, and what that means now. status borrows from record and
 * from the policies. */
typedef struct _PolicyGate PolicyGate;
struct _PolicyGate {
    PolicyRecord *record;
    PolicyStatus *status;
};
void policy_gate_clear(PolicyGate *gate);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyGate, policy_gate_clear)

/* Reads it; gate is empty before. */
bool policy_gate_read(Store *store, const Policies *policies, const Plan *plan, PolicyGate *gate,
                      GError **error) MUST_CHECK;

/* Why the plan may not be applied, in words for people, naming every set; NULL when it may. The
 * caller frees it. Pure. */
char *policy_gate_why_not(const PolicyStatus *status);
