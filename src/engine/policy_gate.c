// SPDX-License-Identifier: Apache-2.0
#include "engine/policy_gate.h"

#include "engine/policy_rules.h"

void policy_gate_clear(PolicyGate *gate)
{
    g_clear_pointer(&gate->status, policy_status_free);
    g_clear_pointer(&gate->record, policy_record_free);
}

bool policy_gate_read(Store *store, const Policies *policies, const Plan *plan, PolicyGate *gate,
                      GError **error)
{
    if (!store_policy_read(store, plan, &gate->record, error))
        return false;
    gate->status = policy_rules_status(policies, plan, gate->record);
    return true;
}

static char *set_text(const PolicySetStatus *set)
{
    if (set->verdict == POLICY_UNCHECKED)
        return g_strdup_printf("`%s` was not checked for this plan", set->name);
    return g_strdup_printf("`%s` failed and has %u of %" G_GINT64_FORMAT " approvals", set->name,
                           set->approvers->len, set->needed);
}

char *policy_gate_why_not(const PolicyStatus *status)
{
    g_autoptr(GString) text = g_string_new("policies have to pass first: ");
    const char *comma = "";

    if (status->has_passed)
        return NULL;
    if (status->sets->len == 0)
        g_string_append(text, "the server has no policy sets, so nothing can pass");
    for (guint i = 0; i < status->sets->len; i++) {
        const PolicySetStatus *set = status->sets->pdata[i];
        g_autofree char *one = NULL;

        if (set->verdict == POLICY_PASSED || set->verdict == POLICY_APPROVED)
            continue;
        one = set_text(set);
        g_string_append_printf(text, "%s%s", comma, one);
        comma = ", ";
    }
    return g_strdup(text->str);
}
