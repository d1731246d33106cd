// SPDX-License-Identifier: Apache-2.0
#include "model/status.h"

#include <string.h>

enum { MAX_DESCRIPTION = 250 };

static const char *const names[STATUS_STATES] = {
    [STATUS_PENDING] = "pending",
    [STATUS_SUCCEEDED] = "succeeded",
    [STATUS_FAILED] = "failed",
};

const char *status_state_name(StatusState state)
{
    g_assert(state < STATUS_STATES);
    return names[state];
}

bool status_state_find(const char *name, StatusState *state)
{
    for (int i = 0; i < STATUS_STATES; i++)
        if (g_str_equal(names[i], name)) {
            *state = (StatusState)i;
            return true;
        }
    return false;
}

Status *status_new(void)
{
    return g_new0(Status, 1);
}

void status_free(Status *status)
{
    if (!status)
        return;
    g_free(status->name);
    g_free(status->description);
    g_free(status->url);
    g_free(status->head);
    g_free(status);
}

char *status_bounded(const char *text)
{
    if (strlen(text) <= MAX_DESCRIPTION)
        return g_strdup(text);
    g_autofree char *cut = g_strndup(text, MAX_DESCRIPTION - 3);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);

    return g_strconcat(valid, "…", NULL);
}
