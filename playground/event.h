// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hooks.h"

/*
 * The bodies of service hooks. An event is built once, without what differs between subscriptions;
 * event_for() makes of it what one of them asked for. New references.
 */
json_t *event_pull(const State *state, EventType type, const Pull *pull, const User *actor,
                   const char *verb);
json_t *event_comment(const State *state, const Pull *pull, const Thread *thread,
                      const Comment *comment, const User *actor, const char *verb);
json_t *event_push(const State *state, const Repo *repo, const char *ref, const char *old,
                   const char *new, const User *actor);
/* What the service makes up to try a subscription: names of nobody, the same each time. */
json_t *event_test(const State *state, EventType type);
json_t *event_for(const json_t *event, Subscription *subscription);
