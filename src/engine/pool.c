// SPDX-License-Identifier: Apache-2.0
#include "engine/pool.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

struct _Pool {
    PoolSpec spec;
    pthread_t *threads;

    pthread_mutex_t mutex;
    pthread_cond_t given; /* an item was given, or the pool stops */
    pthread_cond_t ended; /* an item has ended */
    GQueue waiting;       /* items given and not yet taken */
    unsigned busy;        /* items given or running */
    unsigned n_threads;   /* that were started */
    bool is_stopping;
};

static gpointer take(Pool *pool)
{
    gpointer item;

    pthread_mutex_lock(&pool->mutex);
    while (g_queue_is_empty(&pool->waiting) && !pool->is_stopping)
        pthread_cond_wait(&pool->given, &pool->mutex);
    item = g_queue_pop_head(&pool->waiting);
    pthread_mutex_unlock(&pool->mutex);
    return item;
}

static void ended(Pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->busy--;
    pthread_cond_broadcast(&pool->ended);
    pthread_mutex_unlock(&pool->mutex);
    if (pool->spec.on_idle)
        pool->spec.on_idle(pool->spec.data);
}

static void *run(void *data)
{
    Pool *pool = data;
    gpointer own = NULL, item;

    while ((item = take(pool))) {
        if (!own && pool->spec.thread_open)
            own = pool->spec.thread_open(pool->spec.data);
        pool->spec.work(own, item, pool->spec.data);
        ended(pool);
    }
    if (own && pool->spec.thread_close)
        pool->spec.thread_close(own);
    return NULL;
}

Pool *pool_new(const PoolSpec *spec)
{
    Pool *pool = g_new0(Pool, 1);
    pthread_condattr_t monotonic;

    pool->spec = *spec;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->given, NULL);
    pthread_cond_init(&pool->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    g_queue_init(&pool->waiting);
    pool->threads = g_new0(pthread_t, spec->threads);
    return pool;
}

bool pool_has_room(Pool *pool)
{
    bool has_room;

    pthread_mutex_lock(&pool->mutex);
    has_room = pool->busy < pool->spec.threads;
    pthread_mutex_unlock(&pool->mutex);
    return has_room;
}

/* A machine that has no room for one more thread has some that work it off. */
static void start_if_short(Pool *pool)
{
    if (pool->busy <= pool->n_threads)
        return;
    if (pthread_create(&pool->threads[pool->n_threads], NULL, run, pool) == 0)
        pool->n_threads++;
    g_assert(pool->n_threads > 0);
}

void pool_give(Pool *pool, gpointer item)
{
    pthread_mutex_lock(&pool->mutex);
    g_assert(pool->busy < pool->spec.threads);
    pool->busy++;
    start_if_short(pool);
    g_queue_push_tail(&pool->waiting, item);
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->mutex);
}

static struct timespec monotonic_in(gint64 timeout_ms)
{
    gint64 at = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;

    return (struct timespec){ .tv_sec = at / G_USEC_PER_SEC,
                              .tv_nsec = at % G_USEC_PER_SEC * 1000 };
}

bool pool_wait_idle(Pool *pool, gint64 timeout_ms)
{
    struct timespec until = monotonic_in(timeout_ms);
    bool is_idle;
    int result = 0;

    pthread_mutex_lock(&pool->mutex);
    while (pool->busy && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&pool->ended, &pool->mutex, &until);
    is_idle = pool->busy == 0;
    pthread_mutex_unlock(&pool->mutex);
    return is_idle;
}

void pool_free(Pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->given);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->given);
    pthread_cond_destroy(&pool->ended);
    pthread_mutex_destroy(&pool->mutex);
    g_free(pool->threads);
    g_free(pool);
}
