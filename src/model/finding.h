// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/* What looking at one thing of an installation has shown. */

typedef enum {
    FINDING_OK,
    FINDING_WARNING, /* it works now, or part of it does */
    FINDING_WRONG,
    FINDING_STATES,
} FindingState;

/* "ok", "warning", "wrong". */
const char *finding_state_name(FindingState state);

typedef struct _Finding Finding;
struct _Finding {
    FindingState state;
    char *about;  /* "disk space" */
    char *text;   /* what was found */
    char *advice; /* what to do; NULL: nothing */
};
void finding_free(Finding *finding);

/* Adds to an array that owns its findings. Copies about and advice, takes text. */
void finding_add(GPtrArray *findings, FindingState state, const char *about, char *text,
                 const char *advice);
