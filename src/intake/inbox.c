// SPDX-License-Identifier: Apache-2.0
#include "intake/inbox.h"

#include <pthread.h>

enum {
    MOST_WAITING = 256,
    MOST_TOGETHER = 64, /* others wait for the database meanwhile */
};

struct _Inbox {
    Store *store;
    pthread_t thread;
    pthread_mutex_t mutex;
    /* guarded by mutex: */
    pthread_cond_t changed;
    GQueue waiting; /* of InboxItem, owned */
    bool is_closing;
};

void inbox_item_free(InboxItem *item)
{
    if (!item)
        return;
    event_clear(&item->event);
    intake_plan_clear(&item->plan);
    g_free(item);
}

/* Waits for one, and takes what else is there. None: the inbox closes. */
static gsize take(Inbox *inbox, InboxItem **items)
{
    gsize n = 0;

    pthread_mutex_lock(&inbox->mutex);
    while (g_queue_is_empty(&inbox->waiting) && !inbox->is_closing)
        pthread_cond_wait(&inbox->changed, &inbox->mutex);
    while (n < MOST_TOGETHER && !g_queue_is_empty(&inbox->waiting))
        items[n++] = g_queue_pop_head(&inbox->waiting);
    pthread_mutex_unlock(&inbox->mutex);
    return n;
}

static void commit(const Inbox *inbox, InboxItem **items, gsize n)
{
    Delivery deliveries[MOST_TOGETHER];
    IntakeResult results[MOST_TOGETHER] = { 0 };
    g_autoptr(GError) error = NULL;
    bool is_ok;

    for (gsize i = 0; i < n; i++)
        deliveries[i] = (Delivery){ .event = &items[i]->event,
                                    .plan = &items[i]->plan,
                                    .body = items[i]->body,
                                    .length = items[i]->length };
    is_ok = intake_store_all(inbox->store, deliveries, n, results, &error);
    for (gsize i = 0; i < n; i++) {
        items[i]->done(items[i], results[i].outcome, is_ok ? results[i].error : error);
        g_clear_error(&results[i].error);
        inbox_item_free(items[i]);
    }
}

static void *run(void *data)
{
    Inbox *inbox = data;
    InboxItem *items[MOST_TOGETHER];
    gsize n;

    while ((n = take(inbox, items)) > 0)
        commit(inbox, items, n);
    return NULL;
}

Inbox *inbox_open(Store *store)
{
    Inbox *inbox = g_new0(Inbox, 1);

    inbox->store = store;
    pthread_mutex_init(&inbox->mutex, NULL);
    pthread_cond_init(&inbox->changed, NULL);
    g_queue_init(&inbox->waiting);
    g_assert(pthread_create(&inbox->thread, NULL, run, inbox) == 0);
    return inbox;
}

bool inbox_put(Inbox *inbox, InboxItem *item)
{
    bool has_room;

    pthread_mutex_lock(&inbox->mutex);
    has_room = inbox->waiting.length < MOST_WAITING;
    if (has_room)
        g_queue_push_tail(&inbox->waiting, item);
    pthread_cond_signal(&inbox->changed);
    pthread_mutex_unlock(&inbox->mutex);
    return has_room;
}

void inbox_close(Inbox *inbox)
{
    if (!inbox)
        return;
    pthread_mutex_lock(&inbox->mutex);
    inbox->is_closing = true;
    pthread_cond_signal(&inbox->changed);
    pthread_mutex_unlock(&inbox->mutex);
    pthread_join(inbox->thread, NULL);
    pthread_cond_destroy(&inbox->changed);
    pthread_mutex_destroy(&inbox->mutex);
    g_free(inbox);
}
