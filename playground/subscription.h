// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "state.h"

/* Who wants to be told of what: a subscription of the service hooks, and what it may ask for. */

typedef enum {
    EVENT_PULL_CREATED,
    EVENT_PULL_UPDATED,
    EVENT_PULL_MERGED,
    EVENT_COMMENT,
    EVENT_PUSH,
    EVENT_TYPES,
} EventType;
extern const char *const event_type_names[EVENT_TYPES];

/* What a subscription may ask of "updated"; NOTIFY_OTHER is only for those who ask for all. */
typedef enum {
    NOTIFY_OTHER,
    NOTIFY_PUSH,
    NOTIFY_REVIEWERS,
    NOTIFY_STATUS,
    NOTIFY_VOTE,
    NOTIFICATIONS,
} Notification;
extern const char *const notification_names[NOTIFICATIONS];

typedef struct _Subscription Subscription;
struct _Subscription {
    char *id;
    EventType type;
    char *version; /* "1.0", "2.0" */
    char *status;  /* "enabled", "onProbation" ... */
    json_t *publisher_inputs, *consumer_inputs;
    const User *author;
    gint64 created, modified;
    int last_notification;
};

/*
 * Reads a subscription as it comes over REST. Fails with INVALID and a sentence. old is what it
 * replaces, or NULL; it stays the caller's.
 */
#define TEST_SUBSCRIPTION "00000000-0000-0000-0000-000000000000"
Subscription *subscription_read(const State *state, const json_t *spec, const User *author,
                                const Subscription *old, GError **error) MUST_CHECK;
void subscription_free(gpointer subscription);

/* Such a spec, for all repositories. New reference. */
json_t *subscription_spec(EventType type, const char *url, const char *user, const char *password);

/* branch is the target of a pull request, or what was pushed to, by its short name. */
bool subscription_wants(const Subscription *subscription, EventType type, const Repo *repo,
                        const char *branch, Notification notification);
