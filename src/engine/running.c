// SPDX-License-Identifier: Apache-2.0
#include "engine/running.h"

#include <pthread.h>

typedef struct {
    atomic_bool is_asked;
    char *by; /* under mutex */
} Running;

static struct {
    pthread_mutex_t mutex;
    GHashTable *by_id; /* gint64 * -> Running, both owned; under mutex */
} running = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void running_free(gpointer data)
{
    Running *one = data;

    g_free(one->by);
    g_free(one);
}

const atomic_bool *running_begin(gint64 command_id)
{
    Running *one = g_new0(Running, 1);

    atomic_init(&one->is_asked, false);
    pthread_mutex_lock(&running.mutex);
    if (!running.by_id)
        running.by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, running_free);
    g_hash_table_replace(running.by_id, g_memdup2(&command_id, sizeof command_id), one);
    pthread_mutex_unlock(&running.mutex);
    return &one->is_asked;
}

void running_end(gint64 command_id)
{
    pthread_mutex_lock(&running.mutex);
    g_hash_table_remove(running.by_id, &command_id);
    pthread_mutex_unlock(&running.mutex);
}

static Running *find(gint64 command_id)
{
    return running.by_id ? g_hash_table_lookup(running.by_id, &command_id) : NULL;
}

void running_ask(gint64 command_id, const char *by)
{
    Running *one;

    pthread_mutex_lock(&running.mutex);
    one = find(command_id);
    if (one && !one->by) {
        one->by = g_strdup(by ? by : "somebody");
        atomic_store(&one->is_asked, true);
    }
    pthread_mutex_unlock(&running.mutex);
}

char *running_asked_by(gint64 command_id)
{
    const Running *one;
    char *by;

    pthread_mutex_lock(&running.mutex);
    one = find(command_id);
    by = one ? g_strdup(one->by) : NULL;
    pthread_mutex_unlock(&running.mutex);
    return by;
}
