// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "state.h"
#include "subscription.h"

/*
 * Service hooks: the events that match a subscription, and a thread that delivers them. All
 * under the state's lock, which the thread gives up while it waits for a receiver.
 */

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
/* Once a made-up event as a subscription with this spec would get it; its delivery's id. */
bool hooks_test(State *state, const json_t *spec, const User *author, int *id, GError **error)
    MUST_CHECK;
/* Any bytes, to the receivers of a subscription. */
bool hooks_send_raw(State *state, const char *subscription_id, const char *body, int *id,
                    GError **error) MUST_CHECK;
