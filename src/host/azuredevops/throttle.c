// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/throttle.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { TICK_US = 50 * 1000 }; /* how soon a cancel is seen */

typedef struct {
    guint n_calls;
    gint64 held_until; /* monotonic microseconds */
} Door;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static GHashTable
    *doors; /* char * "host/organization" -> Door, both owned; as many as are served */

/* Identities of Azure DevOps Services live on a host of their own. The caller frees it. */
static char *organization_of(const char *url)
{
    static const char identities[] = "vssps.";
    const char *scheme = strstr(url, "://");
    g_auto(GStrv) parts = g_strsplit(scheme ? scheme + strlen("://") : url, "/", 3);
    const char *host = parts[0] ? parts[0] : "";
    g_autofree char *name =
        g_strconcat(g_str_has_prefix(host, identities) ? host + strlen(identities) : host, "/",
                    parts[0] ? parts[1] : NULL, NULL);

    return g_ascii_strdown(name, -1);
}

/* --- under the mutex --- */

static Door *door_of(const char *name)
{
    Door *door;

    if (!doors)
        doors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    door = g_hash_table_lookup(doors, name);
    if (!door) {
        door = g_new0(Door, 1);
        g_hash_table_insert(doors, g_strdup(name), door);
    }
    return door;
}

static void wait_a_tick(void)
{
    gint64 at = g_get_monotonic_time() + TICK_US;
    const struct timespec until = { .tv_sec = at / G_USEC_PER_SEC,
                                    .tv_nsec = at % G_USEC_PER_SEC * 1000 };

    pthread_cond_clockwait(&freed, &mutex, CLOCK_MONOTONIC, &until);
}

/* --- without the mutex --- */

static gint64 held_until(const char *name)
{
    gint64 until;

    pthread_mutex_lock(&mutex);
    until = door_of(name)->held_until;
    pthread_mutex_unlock(&mutex);
    return until;
}

/* Who has waited to the end takes the hold away: unless it was made longer meanwhile. */
static void open_door(const char *name, gint64 was_held_until)
{
    pthread_mutex_lock(&mutex);
    Door *door = door_of(name);

    if (door->held_until == was_held_until)
        door->held_until = 0;
    pthread_mutex_unlock(&mutex);
}

static bool wait_while_held(const Ctx *ctx, const char *name, GError **error)
{
    gint64 until = held_until(name), left = until - g_get_monotonic_time();

    if (left > 0 && !ctx_pause(ctx, left / G_TIME_SPAN_MILLISECOND + 1, error))
        return false;
    if (until)
        open_door(name, until);
    return true;
}

static bool wait_for_room(const Ctx *ctx, const char *name, GError **error)
{
    bool has_room, is_fine = true;

    pthread_mutex_lock(&mutex);
    Door *door = door_of(name);

    while (!(has_room = door->n_calls < THROTTLE_CALLS) && (is_fine = ctx_check(ctx, error)))
        wait_a_tick();
    door->n_calls += has_room;
    pthread_mutex_unlock(&mutex);
    return is_fine;
}

bool throttle_enter(const Ctx *ctx, const char *url, GError **error)
{
    g_autofree char *name = organization_of(url);

    return wait_while_held(ctx, name, error) && wait_for_room(ctx, name, error);
}

void throttle_leave(const char *url)
{
    g_autofree char *name = organization_of(url);

    pthread_mutex_lock(&mutex);
    door_of(name)->n_calls--;
    pthread_cond_broadcast(&freed);
    pthread_mutex_unlock(&mutex);
}

void throttle_hold(const char *url, gint64 ms)
{
    g_autofree char *name = organization_of(url);
    gint64 until = g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;

    pthread_mutex_lock(&mutex);
    Door *door = door_of(name);

    door->held_until = MAX(door->held_until, until);
    pthread_mutex_unlock(&mutex);
}
