// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A check on a pull request, as hosts show it. */
typedef enum {
    STATUS_PENDING,
    STATUS_SUCCEEDED,
    STATUS_FAILED,
    STATUS_STATES,
} StatusState;
const char *status_state_name(StatusState state);
bool status_state_find(const char *name, StatusState *state);

typedef struct _Status Status;
struct _Status {
    char *name; /* "atlantis/plan": what Atlantis calls the source */
    StatusState state;
    char *description; /* with counts; at most 250 bytes */
    char *url;         /* NULL, or absolute */
    char *head;        /* the commit it speaks of */
    gint64 iteration;  /* the host's, 0 when it has none */
};
Status *status_new(void);
void status_free(Status *status);
/* text, cut so that it can be a description; the caller frees it. */
char *status_bounded(const char *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Status, status_free)

/* What a comment's thread asks of its readers. */
typedef enum { THREAD_CLOSED, THREAD_ACTIVE } ThreadState;
