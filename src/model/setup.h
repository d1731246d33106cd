// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What a host needs to be told once so that it works with hadal, and how far that is done. */

typedef enum {
    SETUP_HAVE,
    SETUP_MISSING,
    SETUP_DIFFERENT, /* it is there, and not as it should be */
    SETUP_MADE,
    SETUP_CHANGED,
    SETUP_FAILED,
    SETUP_STATES,
} SetupState;

/* "have", "missing" ... */
const char *setup_state_name(SetupState state);
/* Whether something is still to do after that. */
bool setup_state_is_open(SetupState state);

typedef struct _SetupItem SetupItem;
struct _SetupItem {
    SetupState state;
    char *what; /* "hook: a comment is written, in One/infra" */
    char *note; /* what is different, would be done, or went wrong; NULL: nothing to say */
};
void setup_item_free(SetupItem *item);
