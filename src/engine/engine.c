// SPDX-License-Identifier: Apache-2.0
/*
 * Threads and leases. Three dispatchers, one for commands, one for the commands that cancel others,
 * and one for the outbox, claim from the store and give to a pool each, so that an idle server asks
 * the database once per wake-up and not once per thread. A ticker keeps leases alive and cleans up.
 */
#include "engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/log.h"
#include "engine/housekeeping.h"
#include "engine/pool.h"
#include "engine/running.h"
#include "engine/slots.h"
#include "engine/work.h"
#include "sys/crypto.h"

enum {
    LEASE_MS = 60 * 1000,
    TICK_MS = 15 * 1000, /* several in a lease */
    LONGEST_WAIT_MS = 60 * 1000,
    AFTER_ERROR_MS = 1000,
    POSTERS = 4,
    POST_GRACE_MS = 5000,
    DRAIN_TICK_MS = 50,
    TICKS_IN_AN_HOUR = 240,
};

typedef struct _Dispatcher Dispatcher;
struct _Dispatcher {
    Engine *engine;
    Pool *pool;
    ClaimKind kind;
    pthread_t thread;
    atomic_bool is_stopping;
    gint64 drain_ms;     /* when it stops, it first works off what is due, at most that long */
    atomic_llong end_at; /* monotonic microseconds, once it stops */
};

struct _Engine {
    EngineSpec spec;
    char *owner;
    Dispatcher commands, cancels, posts;
    pthread_t ticker;
    atomic_bool is_cancelled; /* commands that run must end */
    atomic_bool is_closed;    /* posts must end, and the ticker */

    pthread_mutex_t mutex;
    pthread_cond_t stop; /* for the ticker */
};

/* ------------------------------------------------------------------- threads' own */

static gpointer work_open(gpointer data)
{
    const Engine *engine = data;
    Work *work = g_new0(Work, 1);

    work->settings = engine->spec.settings;
    work->store = engine->spec.store;
    work->repos = engine->spec.repos;
    work->tool_env = engine->spec.tool_env;
    return work;
}

static void work_close(gpointer own)
{
    Work *work = own;

    host_free(work->host);
    g_free(work);
}

/* By a process that died since, or after it was claimed and before running_begin(). */
static void look_if_asked(const Engine *engine, Command *command)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *by = NULL;

    if (!store_cancel_asked_by(engine->spec.store, command->id, &by, &error)) {
        log_line(LEVEL_WARN, NULL, "whether it was cancelled is seen later: %s", error->message);
        return;
    }
    if (!by)
        return;
    running_ask(command->id, by);
    g_free(command->cancel_asked_by);
    command->cancel_asked_by = g_steal_pointer(&by);
}

static void run_command(gpointer own, gpointer item, gpointer data)
{
    Engine *engine = data;
    g_autoptr(Command) command = item;
    g_autofree char *tag = g_strdup_printf("%" G_GINT64_FORMAT, command->id);
    const Ctx ctx = {
        .command = tag,
        .cancel = &engine->is_cancelled,
        .asked = running_begin(command->id),
    };

    look_if_asked(engine, command);
    worker_run(&ctx, own, command);
    running_end(command->id);
}

static void run_post(gpointer own, gpointer item, gpointer data)
{
    Engine *engine = data;
    g_autoptr(OutboxItem) post = item;
    const Ctx ctx = { .command = post->key, .cancel = &engine->is_closed };

    poster_run(&ctx, own, post);
}

static void on_idle(gpointer data)
{
    const Engine *engine = data;

    store_wake(engine->spec.store);
}

/* ------------------------------------------------------------------- dispatchers */

static bool claim(const Dispatcher *self, gpointer *item, GError **error)
{
    const Engine *engine = self->engine;

    return self->kind == CLAIM_POST
               ? store_outbox_claim(engine->spec.store, engine->owner, LEASE_MS,
                                    (OutboxItem **)item, error)
               : store_command_claim(engine->spec.store, self->kind, engine->owner, LEASE_MS,
                                     (Command **)item, error);
}

static gint64 wait_time(Dispatcher *self)
{
    gint64 wait_ms = -1;

    if (!store_next_due(self->engine->spec.store, self->kind, &wait_ms,
                        NULL)) /* the claim says it */
        return AFTER_ERROR_MS;
    return wait_ms < 0 ? LONGEST_WAIT_MS : MIN(MAX(wait_ms, 1), LONGEST_WAIT_MS);
}

/* What there is to give when there is room for it; NULL: wait. */
static gpointer next_item(Dispatcher *self, gint64 *wait_ms)
{
    g_autoptr(GError) error = NULL;
    gpointer item = NULL;

    *wait_ms = LONGEST_WAIT_MS;
    if (!pool_has_room(self->pool))
        return NULL; /* on_idle() wakes */
    if (!claim(self, &item, &error)) {
        log_line(LEVEL_ERROR, NULL, "cannot claim work: %s", error->message);
        *wait_ms = AFTER_ERROR_MS;
    } else if (!item) {
        *wait_ms = wait_time(self);
    }
    return item;
}

/* Nothing more is to be given: not while one that runs may make way for the next. */
static bool is_drained(Dispatcher *self)
{
    return g_get_monotonic_time() >= atomic_load(&self->end_at) || pool_wait_idle(self->pool, 0);
}

static void *dispatch(void *data)
{
    Dispatcher *self = data;
    guint64 seen = 0;

    for (;;) {
        bool is_stopping = atomic_load(&self->is_stopping);
        /* Asked before the claim: what ends behind it may make way for the next. */
        bool may_end = is_stopping && (!self->drain_ms || is_drained(self));
        gint64 wait_ms = 0;
        gpointer item = is_stopping && !self->drain_ms ? NULL : next_item(self, &wait_ms);

        if (item)
            pool_give(self->pool, item);
        else if (may_end)
            return NULL;
        else
            store_wait(self->engine->spec.store, &seen, is_stopping ? DRAIN_TICK_MS : wait_ms);
    }
}

static void dispatcher_start(Dispatcher *self, Engine *engine, Pool *pool)
{
    self->engine = engine;
    self->pool = pool;
    g_assert(pthread_create(&self->thread, NULL, dispatch, self) == 0);
}

static void dispatcher_stop(Dispatcher *self)
{
    atomic_store(&self->end_at, g_get_monotonic_time() + self->drain_ms * G_TIME_SPAN_MILLISECOND);
    atomic_store(&self->is_stopping, true);
    store_wake(self->engine->spec.store);
    pthread_join(self->thread, NULL);
}

/* ------------------------------------------------------------------- ticker */

/* False when the engine stops. */
static bool wait_tick(Engine *engine)
{
    gint64 at = g_get_monotonic_time() + TICK_MS * (gint64)G_TIME_SPAN_MILLISECOND;
    const struct timespec until = { .tv_sec = at / G_USEC_PER_SEC,
                                    .tv_nsec = at % G_USEC_PER_SEC * 1000 };
    int result = 0;

    pthread_mutex_lock(&engine->mutex);
    while (!atomic_load(&engine->is_closed) && result == 0)
        result = pthread_cond_timedwait(&engine->stop, &engine->mutex, &until);
    pthread_mutex_unlock(&engine->mutex);
    return !atomic_load(&engine->is_closed);
}

/* What another process of this database was told to stop, and runs here. */
static bool ask_cancelled(Engine *engine, GError **error)
{
    g_autoptr(GPtrArray) asked = store_cancel_asked(engine->spec.store, engine->owner, error);

    for (guint i = 0; asked && i < asked->len; i++) {
        const Cancelled *one = asked->pdata[i];
        g_autofree char *by = NULL;

        if (!store_cancel_asked_by(engine->spec.store, one->id, &by, error))
            return false;
        running_ask(one->id, by);
    }
    return asked != NULL;
}

static void tick(Engine *engine, guint n)
{
    Store *store = engine->spec.store;
    g_autoptr(GError) error = NULL;

    if (!store_leases_renew(store, engine->owner, LEASE_MS, &error) ||
        !ask_cancelled(engine, &error) ||
        !store_recover(store, engine->owner, false, NULL, &error) ||
        !housekeeping_run(engine->spec.settings, store, n % TICKS_IN_AN_HOUR == 0, &error))
        log_line(LEVEL_ERROR, NULL, "housekeeping: %s", error->message);
}

static void *run_ticker(void *data)
{
    Engine *engine = data;
    g_autoptr(GError) error = NULL;
    guint n = 0;

    if (!housekeeping_run(engine->spec.settings, engine->spec.store, true, &error))
        log_line(LEVEL_ERROR, NULL, "housekeeping: %s", error->message);
    while (wait_tick(engine))
        tick(engine, ++n);
    return NULL;
}

/* ------------------------------------------------------------------- life */

static Pool *open_pool(Engine *engine, guint threads,
                       void (*work)(gpointer own, gpointer item, gpointer data))
{
    const PoolSpec spec = {
        .threads = threads,
        .thread_open = work_open,
        .thread_close = work_close,
        .work = work,
        .on_idle = on_idle,
        .data = engine,
    };

    return pool_new(&spec);
}

static void init_locks(Engine *engine)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_cond_init(&engine->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

Engine *engine_open(const EngineSpec *spec, GError **error)
{
    guint size = (guint)spec->settings->parallel_pool_size;
    gint64 n_recovered = 0;
    Engine *engine;
    g_autofree char *owner = crypto_random_hex(8);

    if (!store_recover(spec->store, owner, true, &n_recovered, error))
        return NULL;
    if (n_recovered)
        log_line(LEVEL_INFO, NULL,
                 "%" G_GINT64_FORMAT " unfinished items of an earlier process are taken up",
                 n_recovered);
    engine = g_new0(Engine, 1);
    engine->spec = *spec;
    engine->owner = g_steal_pointer(&owner);
    init_locks(engine);
    slots_init(size);
    engine->commands.kind = CLAIM_WORK;
    engine->cancels.kind = CLAIM_CANCEL;
    engine->posts.kind = CLAIM_POST;
    engine->posts.drain_ms = POST_GRACE_MS;
    dispatcher_start(&engine->commands, engine, open_pool(engine, size, run_command));
    dispatcher_start(&engine->cancels, engine, open_pool(engine, 1, run_command));
    dispatcher_start(&engine->posts, engine, open_pool(engine, POSTERS, run_post));
    g_assert(pthread_create(&engine->ticker, NULL, run_ticker, engine) == 0);
    return engine;
}

/* Grace first, then interruption: see the header. */
static void drain_commands(Engine *engine)
{
    gint64 grace_ms = engine->spec.settings->shutdown_grace;

    dispatcher_stop(&engine->commands);
    dispatcher_stop(&engine->cancels);
    if (!pool_wait_idle(engine->commands.pool, grace_ms))
        log_line(LEVEL_WARN, NULL,
                 "the grace period of %" G_GINT64_FORMAT " s is over: interrupting what runs",
                 grace_ms / 1000);
    atomic_store(&engine->is_cancelled, true);
    pool_free(engine->commands.pool);
    pool_free(engine->cancels.pool);
}

/* What can be told now is told; the rest waits for the next start. */
static void drain_posts(Engine *engine)
{
    dispatcher_stop(&engine->posts);
    if (!pool_wait_idle(engine->posts.pool, 0))
        log_line(LEVEL_INFO, NULL, "the host does not answer: posts wait for the next start");
    pthread_mutex_lock(&engine->mutex);
    atomic_store(&engine->is_closed, true);
    pthread_cond_broadcast(&engine->stop);
    pthread_mutex_unlock(&engine->mutex);
    pool_free(engine->posts.pool);
}

void engine_close(Engine *engine)
{
    if (!engine)
        return;
    drain_commands(engine);
    drain_posts(engine);
    pthread_join(engine->ticker, NULL);
    pthread_cond_destroy(&engine->stop);
    pthread_mutex_destroy(&engine->mutex);
    g_free(engine->owner);
    g_free(engine);
}
