// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/pull.h"

/* What a webhook told us, whichever host sent it. */
typedef enum {
    EVENT_IGNORED, /* understood, nothing to do: reason says why */
    EVENT_PULL_OPENED,
    EVENT_PULL_UPDATED, /* anything about it may have changed; its head decides */
    EVENT_PULL_CLOSED,  /* completed or abandoned */
    EVENT_COMMENT,      /* a new comment by a person */
    EVENT_KINDS,
} EventKind;

const char *event_kind_name(EventKind kind);

/* Owns its text. Fields that the event does not tell are NULL. */
typedef struct _Event Event;
struct _Event {
    EventKind kind;
    char *reason;       /* EVENT_IGNORED: a short text for the answer and the log */
    char *delivery_key; /* equal for deliveries of the same event to the same subscription */
    char *type;         /* the host's own name of the event, for the record */
    PullRef pull;
    char *head_commit; /* as the event tells it: a hint, facts are read again before acting */
    char *base_branch;
    bool is_draft;
    gint64 made_at; /* when the comment was written, the pull request opened; 0: not told */
    Actor actor;    /* EVENT_COMMENT: who commented; EVENT_PULL_*: who is known to have acted, else
                       empty */
    char *comment;  /* EVENT_COMMENT: text as written */
    char *
        comment_ref; /* EVENT_COMMENT: the host's name of the comment, unique in the pull request */
};

void event_clear(Event *event);
/* Of one that is kept in a list. */
void event_free(Event *event);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Event, event_clear)
