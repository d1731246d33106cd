// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "intake/intake.h"

/*
 * Deliveries between what was decided of them and their commit. A thread of the inbox's takes all
 * that wait, commits them once, and tells each: what comes together costs one write to the disk,
 * and what comes alone waits for nobody. They are committed in the order in which they were put.
 */
typedef struct _Inbox Inbox;

typedef struct _InboxItem InboxItem;
struct _InboxItem {
    Event event; /* both owned */
    IntakePlan plan;
    const char *body; /* borrowed until done() */
    gsize length;
    /* On the inbox's thread, behind the commit, or with why there is none. The item is freed
     * behind it. Must not block. */
    void (*done)(const InboxItem *item, IntakeOutcome outcome, const GError *error);
    gpointer data;
};

void inbox_item_free(InboxItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InboxItem, inbox_item_free)

/* store is borrowed. */
Inbox *inbox_open(Store *store);

/* Takes item, unless it returns false: too many wait. */
bool inbox_put(Inbox *inbox, InboxItem *item);

/* Commits what waits, and ends. Nothing may be put meanwhile. Accepts NULL. */
void inbox_close(Inbox *inbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inbox, inbox_close)
