// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"
#include "grammar/comment.h"
#include "model/event.h"
#include "store/store.h"

/*
 * What an event asks for, decided from the event and the settings alone: pure. What only the host
 * knows (is it open, a fork, a draft now?) is the command's work.
 */
typedef struct _IntakePlan IntakePlan;
struct _IntakePlan {
    GPtrArray *commands; /* of CommentCommand, owned; empty: nothing to do */
    CommandSource source;
    bool only_if_changed; /* see store.h */
    bool reacts, settles; /* the same */
    const char *why;      /* why there is nothing to do; static or the event's */
};

void intake_decide(const Settings *settings, const Event *event, IntakePlan *plan);
void intake_plan_clear(IntakePlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IntakePlan, intake_plan_clear)

/* An event and what was decided of it. Borrows all. */
typedef struct _Delivery Delivery;
struct _Delivery {
    const Event *event;
    const IntakePlan *plan;
    const char *body; /* what is kept of it, "" when nobody sent it */
    gsize length;
};

/* Commit one, and several at once: store_intake() and store_intake_all(). */
bool intake_store(Store *store, const Delivery *delivery, IntakeOutcome *outcome, GError **error)
    MUST_CHECK;
bool intake_store_all(Store *store, const Delivery *deliveries, gsize n, IntakeResult *results,
                      GError **error) MUST_CHECK;
