// SPDX-License-Identifier: Apache-2.0
#include "model/setup.h"

typedef struct {
    const char *name;
    bool is_open;
} StateRow;

static const StateRow states[SETUP_STATES] = {
    [SETUP_HAVE] = { "have", false },          [SETUP_MISSING] = { "missing", true },
    [SETUP_DIFFERENT] = { "different", true }, [SETUP_MADE] = { "made", false },
    [SETUP_CHANGED] = { "changed", false },    [SETUP_FAILED] = { "failed", true },
};

const char *setup_state_name(SetupState state)
{
    return states[state].name;
}

bool setup_state_is_open(SetupState state)
{
    return states[state].is_open;
}

void setup_item_free(SetupItem *item)
{
    if (!item)
        return;
    g_free(item->what);
    g_free(item->note);
    g_free(item);
}
