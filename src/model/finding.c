// SPDX-License-Identifier: Apache-2.0
#include "model/finding.h"

static const char *const names[FINDING_STATES] = {
    [FINDING_OK] = "ok",
    [FINDING_WARNING] = "warning",
    [FINDING_WRONG] = "wrong",
};

const char *finding_state_name(FindingState state)
{
    return names[state];
}

void finding_free(Finding *finding)
{
    if (!finding)
        return;
    g_free(finding->about);
    g_free(finding->text);
    g_free(finding->advice);
    g_free(finding);
}

void finding_add(GPtrArray *findings, FindingState state, const char *about, char *text,
                 const char *advice)
{
    Finding *finding = g_new0(Finding, 1);

    finding->state = state;
    finding->about = g_strdup(about);
    finding->text = text;
    finding->advice = g_strdup(advice);
    g_ptr_array_add(findings, finding);
}
