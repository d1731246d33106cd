// SPDX-License-Identifier: Apache-2.0
#include "model/policy.h"

PolicyResult *policy_result_new(void)
{
    return g_new0(PolicyResult, 1);
}

void policy_result_free(PolicyResult *result)
{
    if (!result)
        return;
    g_free(result->set);
    g_free(result->output);
    g_free(result->item_regex);
    g_strfreev(result->item_hashes);
    g_free(result);
}

PolicyApproval *policy_approval_new(void)
{
    return g_new0(PolicyApproval, 1);
}

void policy_approval_free(PolicyApproval *approval)
{
    if (!approval)
        return;
    g_free(approval->set);
    actor_clear(&approval->actor);
    g_free(approval->item_regex);
    g_strfreev(approval->item_hashes);
    g_free(approval);
}

PolicyRecord *policy_record_new(gint64 plan_id)
{
    PolicyRecord *record = g_new0(PolicyRecord, 1);

    record->plan_id = plan_id;
    record->results = g_ptr_array_new_with_free_func((GDestroyNotify)policy_result_free);
    record->approvals = g_ptr_array_new_with_free_func((GDestroyNotify)policy_approval_free);
    return record;
}

void policy_record_free(PolicyRecord *record)
{
    if (!record)
        return;
    g_free(record->head);
    g_ptr_array_unref(record->results);
    g_ptr_array_unref(record->approvals);
    g_free(record);
}

void policy_set_status_free(PolicySetStatus *status)
{
    if (!status)
        return;
    g_ptr_array_unref(status->approvers);
    g_ptr_array_unref(status->users);
    g_ptr_array_unref(status->teams);
    g_free(status);
}

void policy_status_free(PolicyStatus *status)
{
    if (!status)
        return;
    g_ptr_array_unref(status->sets);
    g_free(status);
}
