// SPDX-License-Identifier: Apache-2.0
#include "engine/slots.h"

#include <pthread.h>

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    guint n_free; /* under mutex */
    guint size;   /* constant after slots_init() */
} slots = { .mutex = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER };

typedef struct {
    const Ctx *ctx;
    guint n;
    atomic_uint next;
    SlotWork work;
    gpointer data;
} Job;

void slots_init(guint n)
{
    slots.size = slots.n_free = n;
}

static void take_slot(void)
{
    pthread_mutex_lock(&slots.mutex);
    while (slots.n_free == 0)
        pthread_cond_wait(&slots.freed, &slots.mutex);
    slots.n_free--;
    pthread_mutex_unlock(&slots.mutex);
}

static void give_slot(void)
{
    pthread_mutex_lock(&slots.mutex);
    slots.n_free++;
    pthread_cond_signal(&slots.freed);
    pthread_mutex_unlock(&slots.mutex);
}

static void *run(void *data)
{
    Job *job = data;
    guint index;

    while ((index = atomic_fetch_add(&job->next, 1)) < job->n) {
        take_slot();
        job->work(job->ctx, index, job->data);
        give_slot();
    }
    return NULL;
}

void slots_run(const Ctx *ctx, guint n, guint most_at_once, SlotWork work, gpointer data)
{
    Job job = { .ctx = ctx, .n = n, .work = work, .data = data };
    guint n_threads = MIN(n, most_at_once ? MIN(most_at_once, slots.size) : slots.size);
    g_autofree pthread_t *threads = g_new0(pthread_t, n_threads);

    guint n_started = 1; /* the first one is this thread */

    /* With fewer threads than asked for it takes longer, and is done all the same. */
    while (n_started < n_threads && pthread_create(&threads[n_started], NULL, run, &job) == 0)
        n_started++;
    run(&job);
    for (guint i = 1; i < n_started; i++)
        pthread_join(threads[i], NULL);
}
