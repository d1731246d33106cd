// SPDX-License-Identifier: Apache-2.0
#include "watch/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "sys/disk.h"
#include "watch/findings.h"
#include "watch/reconcile.h"

enum { DAY_MS = 24 * 3600 * 1000, WARNED_DAYS = 30 };

struct _Watch {
    WatchSpec spec;
    Findings *findings;
    Reconcile *reconcile; /* the thread's own */
    pthread_t thread;
    bool is_started;
    atomic_bool is_stopping;

    pthread_mutex_t mutex;
    pthread_cond_t stop;
};

/* False when the watch stops. */
static bool wait_ms(Watch *watch, gint64 ms)
{
    gint64 at = g_get_monotonic_time() + ms * (gint64)G_TIME_SPAN_MILLISECOND;
    const struct timespec until = { .tv_sec = at / G_USEC_PER_SEC,
                                    .tv_nsec = at % G_USEC_PER_SEC * 1000 };
    int result = 0;

    pthread_mutex_lock(&watch->mutex);
    while (!atomic_load(&watch->is_stopping) && result == 0)
        result = pthread_cond_timedwait(&watch->stop, &watch->mutex, &until);
    pthread_mutex_unlock(&watch->mutex);
    return !atomic_load(&watch->is_stopping);
}

static void check_disk(const Watch *watch)
{
    const char *dir = watch->spec.settings->data_dir;
    gint64 left = 0;
    DiskRoom room = DISK_HAS_ROOM;

    if (disk_look(dir, &left, &room) && room != DISK_HAS_ROOM)
        findings_add(watch->findings, WATCH_DISK,
                     "%s is nearly full: %" G_GINT64_FORMAT " MB are left", dir, left >> 20);
}

static void check_credential(const Watch *watch, const CredentialState *credential)
{
    const char *organization = credential->organization;
    gint64 days = (credential->ends - clock_now()) / DAY_MS;

    if (credential->ends && days < WARNED_DAYS)
        findings_add(watch->findings, WATCH_CREDENTIAL,
                     "the credential for %s%s ends soon: in %" G_GINT64_FORMAT " days",
                     organization ? "the organisation " : "the host",
                     organization ? organization : "", MAX(days, 0));
}

static void check_credentials(const Watch *watch)
{
    g_autoptr(GPtrArray) all = reconcile_credentials(watch->reconcile);

    for (guint i = 0; i < all->len; i++)
        check_credential(watch, all->pdata[i]);
}

/* Returns when to look again. */
static gint64 look(Watch *watch)
{
    const Ctx ctx = { .command = "watch", .cancel = &watch->is_stopping };
    gint64 interval = watch->spec.settings->reconcile_interval, again_ms = 0;
    g_autoptr(GError) error = NULL;

    findings_begin(watch->findings);
    check_disk(watch);
    check_credentials(watch);
    if (reconcile_look(&ctx, watch->reconcile, &again_ms, &error) &&
        findings_end(watch->findings, watch->spec.store, clock_now(), &error))
        return again_ms ? MIN(again_ms, interval) : interval;
    if (!g_error_matches(error, HADAL_ERROR, HADAL_ERROR_CANCELLED))
        log_line(LEVEL_ERROR, &ctx, "looking around: %s", error->message);
    return interval;
}

static void *run(void *data)
{
    Watch *watch = data;

    while (wait_ms(watch, look(watch)))
        continue;
    return NULL;
}

static void init_locks(Watch *watch)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_cond_init(&watch->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

Watch *watch_open(const WatchSpec *spec, GError **error)
{
    g_autoptr(Watch) watch = g_new0(Watch, 1);

    watch->spec = *spec;
    init_locks(watch);
    if (spec->settings->reconcile_interval == 0)
        return g_steal_pointer(&watch);
    watch->findings = findings_new();
    const ReconcileSpec reconcile = {
        .settings = spec->settings,
        .store = spec->store,
        .findings = watch->findings,
    };

    watch->reconcile = reconcile_open(&reconcile, error);
    if (!watch->reconcile)
        return NULL;
    g_assert(pthread_create(&watch->thread, NULL, run, watch) == 0);
    watch->is_started = true;
    return g_steal_pointer(&watch);
}

void watch_close(Watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->mutex);
    atomic_store(&watch->is_stopping, true);
    pthread_cond_broadcast(&watch->stop);
    pthread_mutex_unlock(&watch->mutex);
    if (watch->is_started)
        pthread_join(watch->thread, NULL);
    reconcile_free(watch->reconcile);
    findings_free(watch->findings);
    pthread_cond_destroy(&watch->stop);
    pthread_mutex_destroy(&watch->mutex);
    g_free(watch);
}
