// SPDX-License-Identifier: Apache-2.0
#include "tf/index.h"

#include <pthread.h>

#include "base/clock.h"
#include "sys/flight.h"
#include "sys/http_client.h"

enum {
    FRESH_MS = 10 * 60 * 1000,
    RETRY_MS = 60 * 1000, /* a server that is away is not asked by every project */
    MAX_INDEX = 8 << 20,
};

/* What is known of one address. */
typedef struct {
    GPtrArray *versions; /* of TfVersion; NULL: it could never be read */
    GError *failure;     /* of the last attempt; NULL: it succeeded */
    gint64 tried_at;
} List;

static struct {
    pthread_mutex_t mutex;
    GHashTable *by_url; /* char * -> List, both owned; never removed: there are two or so */
} lists = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void list_free(List *list)
{
    if (list->versions)
        g_ptr_array_unref(list->versions);
    g_clear_error(&list->failure);
    g_free(list);
}

/* --- under the mutex --- */

static List *list_of(const char *url)
{
    List *list;

    if (!lists.by_url)
        lists.by_url =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)list_free);
    list = g_hash_table_lookup(lists.by_url, url);
    if (!list) {
        list = g_new0(List, 1);
        g_hash_table_insert(lists.by_url, g_strdup(url), list);
    }
    return list;
}

/* A clock that was put back makes it old. */
static bool is_fresh(const List *list)
{
    gint64 age = clock_now() - list->tried_at;

    return list->tried_at && age >= 0 && age < (list->failure ? RETRY_MS : FRESH_MS);
}

static const TfVersion *highest_of(const GPtrArray *versions, const TfConstraints *constraints)
{
    const TfVersion *best = NULL;

    for (guint i = 0; i < versions->len; i++) {
        const TfVersion *version = versions->pdata[i];

        if (tf_constraints_allow(constraints, version) &&
            (!best || tf_version_compare(version, best) > 0))
            best = version;
    }
    return best;
}

/* --- without it --- */

static GPtrArray *download(const Ctx *ctx, const TfIndex *index, const char *url, GError **error)
{
    g_autoptr(HttpClient) http = http_client_new();
    g_auto(HttpReply) reply = { 0 };
    const HttpFetch fetch = { .url = url, .timeout_ms = index->timeout_ms, .max_reply = MAX_INDEX };
    GPtrArray *versions;

    if (!http_client_fetch(ctx, http, &fetch, &reply, error))
        return NULL;
    versions =
        tf_distribution_read_index(index->distribution, reply.body->str, reply.body->len, error);
    return versions ? versions : hadal_prefix_null(error, "read the list of versions");
}

/* A stop of the one that asks is no news of the list. */
static void remember(const char *url, GPtrArray *versions, GError *failure)
{
    List *list;

    pthread_mutex_lock(&lists.mutex);
    list = list_of(url);
    list->tried_at = clock_now();
    if (versions) {
        g_clear_pointer(&list->versions, g_ptr_array_unref);
        list->versions = g_ptr_array_ref(versions);
    }
    g_clear_error(&list->failure);
    list->failure = failure ? g_error_copy(failure) : NULL;
    pthread_mutex_unlock(&lists.mutex);
}

static bool has_fresh(const char *url)
{
    bool is;

    pthread_mutex_lock(&lists.mutex);
    is = is_fresh(list_of(url));
    pthread_mutex_unlock(&lists.mutex);
    return is;
}

typedef struct {
    const TfIndex *index;
    const char *url;
} Job;

/* Fails only when the caller has to stop: what came of it is remembered. */
static bool refresh(const Ctx *ctx, gpointer data, GError **error)
{
    const Job *job = data;
    g_autoptr(GPtrArray) versions = NULL;
    g_autoptr(GError) why = NULL;

    if (has_fresh(job->url))
        return true; /* another thread was quicker */
    versions = download(ctx, job->index, job->url, &why);
    if (!ctx_check(ctx, error))
        return false;
    if (why)
        log_line(LEVEL_WARN, ctx, "the list of versions of %s cannot be read: %s",
                 job->index->distribution->title, why->message);
    remember(job->url, versions, why);
    return true;
}

static bool pick(const char *url, const TfConstraints *constraints, TfVersion **best,
                 GError **error)
{
    const List *list;
    const TfVersion *found = NULL;
    bool is_known;

    pthread_mutex_lock(&lists.mutex);
    list = list_of(url);
    is_known = list->versions;
    if (is_known)
        found = highest_of(list->versions, constraints);
    else
        g_propagate_error(error, g_error_copy(list->failure));
    *best = found ? tf_version_copy(found) : NULL;
    pthread_mutex_unlock(&lists.mutex);
    return is_known;
}

bool tf_index_highest(const Ctx *ctx, const TfIndex *index, const TfConstraints *constraints,
                      TfVersion **best, GError **error)
{
    g_autofree char *url = tf_distribution_index_url(index->distribution, index->base_url);
    g_autofree char *place =
        g_strconcat(index->lock_dir, "/.index-", index->distribution->key, NULL);
    Job job = { index, url };

    if (!has_fresh(url) && !flight_run(ctx, place, url, index->timeout_ms, refresh, &job, error))
        return false;
    return pick(url, constraints, best, error);
}
