// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/token_cache.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/redact.h"
#include "sys/flight.h"

enum {
    LONGEST_SPARE_MS = 30 * 1000, /* so long before its end a token is not used any more */
    SPARE_PART = 8,               /* or this part of its life, of a short one */
    RENEW_PART = 3,               /* with this part of its life left a new one is wanted */
    PAUSE_MS = 30 * 1000,         /* between attempts while the one at hand will do */
    REFUSED_PAUSE_MS = 60 * 1000, /* before a new one is asked for in place of a new one */
};

typedef struct {
    Token token;
    gint64 got_ms;
    gint64 pause_until_ms;
    bool is_replacement; /* the host had refused the one before */
    bool is_told;        /* that it refuses replacements, too */
} Kept;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *all; /* char * name -> Kept, both owned */

void token_clear(Token *token)
{
    g_clear_pointer(&token->text, g_free);
}

static void kept_free(gpointer data)
{
    Kept *kept = data;

    token_clear(&kept->token);
    g_free(kept);
}

/* --- under the mutex --- */

static Kept *kept_of(const char *name)
{
    Kept *kept;

    if (!all)
        all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
    kept = g_hash_table_lookup(all, name);
    if (!kept) {
        kept = g_new0(Kept, 1);
        g_hash_table_insert(all, g_strdup(name), kept);
    }
    return kept;
}

static gint64 life_of(const Kept *kept)
{
    return MAX(kept->token.expires_ms - kept->got_ms, 0);
}

static bool is_valid(const Kept *kept, gint64 now)
{
    gint64 spare = MIN(LONGEST_SPARE_MS, life_of(kept) / SPARE_PART);

    return kept->token.text && (!kept->token.expires_ms || now < kept->token.expires_ms - spare);
}

static bool wants_renewal(const Kept *kept, gint64 now)
{
    gint64 latest = kept->token.expires_ms - life_of(kept) / RENEW_PART;
    gint64 from = kept->token.renew_ms ? MIN(kept->token.renew_ms, latest) : latest;

    return kept->token.expires_ms && now >= from && now >= kept->pause_until_ms;
}

static bool will_do(const Kept *kept, const char *refused, gint64 now)
{
    return is_valid(kept, now) && g_strcmp0(kept->token.text, refused) != 0;
}

static bool is_at_hand(const Kept *kept, const char *refused)
{
    return refused && g_strcmp0(kept->token.text, refused) == 0;
}

/* Another one would be refused like it. */
static bool is_hopeless(const Kept *kept, const char *refused, gint64 now)
{
    return kept->is_replacement && is_at_hand(kept, refused) && is_valid(kept, now) &&
           now < kept->got_ms + REFUSED_PAUSE_MS;
}

static void keep(const char *name, Kept *kept, const char *refused, Token *token)
{
    kept->is_replacement = is_at_hand(kept, refused);
    kept->is_told = kept->is_told && kept->is_replacement;
    redact_renew(name, token->text);
    token_clear(&kept->token);
    kept->token = *token;
    token->text = NULL;
    kept->got_ms = clock_now();
    kept->pause_until_ms = kept->got_ms + PAUSE_MS;
}

/* --- without the mutex --- */

typedef struct {
    const char *name, *refused;
    TokenFetch fetch;
    gpointer data;
} Request;

static bool is_needless(const Request *request)
{
    bool result;

    pthread_mutex_lock(&mutex);
    const Kept *kept = kept_of(request->name);
    gint64 now = clock_now();

    result = will_do(kept, request->refused, now) && !wants_renewal(kept, now);
    pthread_mutex_unlock(&mutex);
    return result;
}

static bool gives_up(const Ctx *ctx, const Request *request)
{
    bool result, is_news;

    pthread_mutex_lock(&mutex);
    Kept *kept = kept_of(request->name);

    result = is_hopeless(kept, request->refused, clock_now());
    is_news = result && !kept->is_told;
    kept->is_told = kept->is_told || result;
    pthread_mutex_unlock(&mutex);
    if (is_news)
        log_line(LEVEL_WARN, ctx,
                 "a token that is new is refused as well, so no other is asked for within %d "
                 "seconds: the organization may not know the identity, or not let it in",
                 REFUSED_PAUSE_MS / 1000);
    return result;
}

static void note_failure(const Ctx *ctx, const Request *request, const GError *why)
{
    bool is_in_need;

    pthread_mutex_lock(&mutex);
    Kept *kept = kept_of(request->name);

    kept->pause_until_ms = clock_now() + PAUSE_MS;
    is_in_need = !will_do(kept, request->refused, clock_now());
    pthread_mutex_unlock(&mutex);
    if (!is_in_need)
        log_line(LEVEL_WARN, ctx, "the token at hand stays in use: no new one: %s", why->message);
}

/* The only one at it: whoever was before may have brought what is wanted. */
static bool renew(const Ctx *ctx, gpointer data, GError **error)
{
    const Request *request = data;
    g_auto(Token) token = { 0 };
    g_autoptr(GError) why = NULL;

    if (is_needless(request) || gives_up(ctx, request))
        return true;
    if (request->fetch(ctx, request->data, &token, &why)) {
        pthread_mutex_lock(&mutex);
        keep(request->name, kept_of(request->name), request->refused, &token);
        pthread_mutex_unlock(&mutex);
        return true;
    }
    note_failure(ctx, request, why);
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

/* After a renewal what there is may be what was refused: there is nothing else then. */
static char *take(const Request *request, bool is_renewed)
{
    const Kept *kept;
    char *text = NULL;

    pthread_mutex_lock(&mutex);
    kept = kept_of(request->name);
    if (will_do(kept, is_renewed ? NULL : request->refused, clock_now()))
        text = g_strdup(kept->token.text);
    pthread_mutex_unlock(&mutex);
    return text;
}

bool token_cache_get(const Ctx *ctx, const char *name, const char *refused, TokenFetch fetch,
                     gpointer data, char **text, GError **error)
{
    Request request = { name, refused, fetch, data };
    g_autofree char *key = g_strconcat(name, " ", refused, NULL);
    g_autoptr(GError) why = NULL;
    bool is_ok =
        is_needless(&request) || flight_run(ctx, name, key, FLIGHT_HERE, renew, &request, &why);

    *text = take(&request, is_ok);
    if (*text)
        return true;
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    else
        hadal_set_error(error, HADAL_ERROR_RETRY, "the new token has ended already");
    return false;
}

void token_cache_put(const char *name, const char *text)
{
    Token token = { .text = g_strdup(text) };

    pthread_mutex_lock(&mutex);
    keep(name, kept_of(name), NULL, &token);
    pthread_mutex_unlock(&mutex);
}

char *token_cache_text(const char *name)
{
    char *text;

    pthread_mutex_lock(&mutex);
    text = g_strdup(kept_of(name)->token.text);
    pthread_mutex_unlock(&mutex);
    return text;
}

gint64 token_cache_end(const char *name)
{
    gint64 end;

    pthread_mutex_lock(&mutex);
    end = kept_of(name)->token.expires_ms;
    pthread_mutex_unlock(&mutex);
    return end;
}
