// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "state.h"

/*
 * Service hooks: subscriptions, the events that match them, and a thread that delivers them. All
 * under the state's lock, which the thread gives up while it waits for a receiver.
 */

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

Hooks *hooks_new(void);
void hooks_free(Hooks *hooks);
/* Starts and stops the thread; without the lock. */
bool hooks_start(State *state, GError **error) MUST_CHECK;
void hooks_stop(State *state);

/* The four events of every repository, as --hook-url has it: http://user:password@host/path. */
bool hooks_subscribe_all(State *state, const char *url, GError **error) MUST_CHECK;

/*
 * Takes a subscription as it comes over REST. Fails with INVALID and a sentence. old is replaced,
 * or NULL.
 */
Subscription *hooks_subscribe(State *state, const json_t *spec, const User *author,
                              Subscription *old, GError **error) MUST_CHECK;
Subscription *hooks_subscription(const State *state, const char *id);
const GPtrArray *hooks_subscriptions(const State *state);
void hooks_unsubscribe(State *state, Subscription *subscription);

/* verb: "created", "updated the source branch of" ... */
void hooks_pull_event(State *state, EventType type, Notification notification, const Pull *pull,
                      const User *actor, const char *verb);
/* verb: "commented on a pull request" ... */
void hooks_comment_event(State *state, const Pull *pull, const Thread *thread,
                         const Comment *comment, const User *actor, const char *verb);
void hooks_push_event(State *state, const Repo *repo, const char *ref, const char *old,
                      const char *new, const User *actor);

/* While held, events are kept back; letting go sends what there is. */
void hooks_hold(State *state, bool held);
/* From pass to no pass, events are sent all the same. */
void hooks_pass(State *state, bool pass);

/* What was sent or is still to be; newest last. subscription NULL: of all. With the events. */
json_t *hooks_deliveries(const State *state, const Subscription *subscription);
/* A stored event once more, as the service's retries do; false when there is no such delivery. */
bool hooks_redeliver(State *state, int id);
/* Any bytes, to the receivers of a subscription. */
bool hooks_send_raw(State *state, const char *subscription_id, const char *body, int *id,
                    GError **error) MUST_CHECK;
