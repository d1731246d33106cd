// SPDX-License-Identifier: Apache-2.0
#include "sys/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/file.h>

#include "base/cleanup.h"

/* How soon a cancel is seen, and how often the lock file is tried. */
enum { TICK_US = 50 * 1000 };

/* A run that somebody asked for and, when it is over, what came of it. */
typedef struct {
    guint refs;
    bool has_leader; /* somebody waits to run it, or runs it */
    bool is_done;
    bool is_void; /* its leader was stopped: that is nobody else's result */
    GError *error;
} Flight;

typedef struct {
    guint refs;
    bool is_busy;
    GHashTable *waiting; /* char * key -> borrowed Flight that has not begun */
} Place;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static GHashTable *places; /* char * -> Place; only those in use */

/* --- under the mutex --- */

static Place *place_ref(const char *name)
{
    Place *place;

    if (!places)
        places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    place = g_hash_table_lookup(places, name);
    if (!place) {
        place = g_new0(Place, 1);
        place->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(places, g_strdup(name), place);
    }
    place->refs++;
    return place;
}

static void place_unref(Place *place, const char *name)
{
    if (--place->refs > 0)
        return;
    g_hash_table_remove(places, name);
    g_hash_table_unref(place->waiting);
    g_free(place);
}

static Flight *flight_ref(Place *place, const char *key)
{
    Flight *flight = g_hash_table_lookup(place->waiting, key);

    if (!flight) {
        flight = g_new0(Flight, 1);
        g_hash_table_insert(place->waiting, g_strdup(key), flight);
    }
    flight->refs++;
    return flight;
}

/* The last one to leave a flight that never began also takes it off the list. */
static void flight_unref(Place *place, const char *key, Flight *flight)
{
    if (--flight->refs > 0)
        return;
    if (g_hash_table_lookup(place->waiting, key) == flight)
        g_hash_table_remove(place->waiting, key);
    g_clear_error(&flight->error);
    g_free(flight);
}

static void wait_a_tick(void)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_US * 1000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &until);
}

/* True when the flight is over or this caller has to lead it. */
static bool wait_for_turn(const Ctx *ctx, Place *place, Flight *flight, bool *is_leader,
                          GError **error)
{
    while (!flight->is_done) {
        if (!flight->has_leader)
            flight->has_leader = *is_leader = true;
        if (*is_leader && !place->is_busy)
            return true;
        if (!ctx_check(ctx, error)) {
            /* Somebody else who waits takes over. */
            flight->has_leader = flight->has_leader && !*is_leader;
            pthread_cond_broadcast(&changed);
            return false;
        }
        wait_a_tick();
    }
    return true;
}

/* --- without the mutex --- */

static bool lock_file(const Ctx *ctx, int fd, gint64 patience_ms, GError **error)
{
    gint64 end = g_get_monotonic_time() + patience_ms * G_TIME_SPAN_MILLISECOND;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return hadal_throw_errno(error, "lock");
        if (!ctx_check(ctx, error))
            return false;
        if (g_get_monotonic_time() >= end)
            return hadal_throw(error, HADAL_ERROR_RETRY, "another process has held it for %g s",
                               (double)patience_ms / 1000);
        poll(NULL, 0, TICK_US / 1000); /* another process tells nobody when it is done */
    }
    return true;
}

static bool run_locked(const Ctx *ctx, const char *place, gint64 patience_ms, FlightRun run,
                       gpointer data, GError **error)
{
    g_autofree char *path = g_strconcat(place, ".lock", NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    auto_fd int fd = -1;

    if (patience_ms == FLIGHT_HERE)
        return run(ctx, data, error);
    if (g_mkdir_with_parents(parent, 0700) < 0)
        return hadal_throw_errno(error, "create %s", parent);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return hadal_throw_errno(error, "open %s", path);
    if (!lock_file(ctx, fd, patience_ms, error))
        return hadal_prefix(error, "%s", path);
    return run(ctx, data, error);
}

/* --- both --- */

typedef struct {
    const Ctx *ctx;
    const char *place, *key;
    gint64 patience_ms;
    FlightRun run;
    gpointer data;
} Request;

/* Enters and leaves with the mutex held. */
static void lead(const Request *request, Place *place, Flight *flight)
{
    g_autoptr(GError) error = NULL;
    bool is_ok;

    place->is_busy = true;
    g_hash_table_remove(place->waiting, request->key);
    pthread_mutex_unlock(&mutex);
    is_ok = run_locked(request->ctx, request->place, request->patience_ms, request->run,
                       request->data, &error);
    pthread_mutex_lock(&mutex);
    place->is_busy = false;
    flight->is_done = true;
    flight->is_void = !is_ok && !ctx_check(request->ctx, NULL);
    flight->error = g_steal_pointer(&error);
    pthread_cond_broadcast(&changed);
}

typedef enum { SHARED_OK, SHARED_FAILED, SHARED_NOT } Shared;

static Shared take_part(const Request *request, Place *place, GError **error)
{
    Flight *flight = flight_ref(place, request->key);
    bool is_leader = false;
    Shared result = SHARED_FAILED;

    if (wait_for_turn(request->ctx, place, flight, &is_leader, error)) {
        if (is_leader)
            lead(request, place, flight);
        if (flight->is_void && !is_leader)
            result = SHARED_NOT;
        else if (!flight->error)
            result = SHARED_OK;
        else
            g_propagate_error(error, g_error_copy(flight->error));
    }
    flight_unref(place, request->key, flight);
    return result;
}

bool flight_run(const Ctx *ctx, const char *place, const char *key, gint64 patience_ms,
                FlightRun run, gpointer data, GError **error)
{
    const Request request = { ctx, place, key, patience_ms, run, data };
    Place *at;
    Shared result;

    pthread_mutex_lock(&mutex);
    at = place_ref(place);
    do
        result = take_part(&request, at, error);
    while (result == SHARED_NOT);
    place_unref(at, place);
    pthread_mutex_unlock(&mutex);
    return result == SHARED_OK;
}
