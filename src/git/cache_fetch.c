// SPDX-License-Identifier: Apache-2.0
/* Bringing branches into a cache, and putting a cache right that was left in the middle of it. */
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>

#include "git/cache_impl.h"
#include "git/checkout.h"
#include "git/names.h"
#include "git/refs.h"
#include "git/tree.h"
#include "git/words.h"
#include "sys/flight.h"

enum { MAX_OUTPUT = 1 << 20, DEFAULT_PATIENCE_MS = 10 * 60 * 1000 };

/*
 * Older lock files belong to a process that is gone. A younger one may be that of a process that is
 * still being stopped because its server was killed: wait so long, then it is stale too.
 */
enum { STALE_MS = 5000, TICK_MS = 50 };

/* --- what is asked for --- */

static bool has_control(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((guchar)*c <= ' ' || *c == 0x7f)
            return true;
    return false;
}

static bool is_allowed_scheme(const GitCache *cache, const char *scheme)
{
    return g_str_equal(scheme, "https") || g_str_equal(scheme, "http") ||
           (cache->allow_file && g_str_equal(scheme, "file"));
}

/* The URL without a user ("https://org@dev.azure.com/..."); a password in it is refused. */
static char *clean_url(const GitCache *cache, const char *url, GError **error)
{
    g_autoptr(GUri) uri = has_control(url) ? NULL : g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    g_autoptr(GUri) clean = NULL;

    if (!uri || !is_allowed_scheme(cache, g_uri_get_scheme(uri)) || g_uri_get_fragment(uri))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not a repository URL");
    if (!*g_uri_get_host(uri) && !g_str_equal(g_uri_get_scheme(uri), "file"))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "repository URL without a host");
    if (g_uri_get_userinfo(uri) && strchr(g_uri_get_userinfo(uri), ':'))
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "repository URL of %s contains a credential", g_uri_get_host(uri));
    clean = g_uri_build(G_URI_FLAGS_ENCODED, g_uri_get_scheme(uri), NULL, g_uri_get_host(uri),
                        g_uri_get_port(uri), g_uri_get_path(uri), g_uri_get_query(uri), NULL);
    return g_uri_to_string(clean);
}

/* "https://host:port", to which git ties a credential and headers; NULL for a file's. */
static char *origin_of(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);

    if (!g_str_has_prefix(url, "http"))
        return NULL;
    return g_uri_join(G_URI_FLAGS_ENCODED, g_uri_get_scheme(uri), NULL, g_uri_get_host(uri),
                      g_uri_get_port(uri), "", NULL, NULL);
}

static bool check_fetch(const GitFetch *fetch, GError **error)
{
    if (!git_is_branch_name(fetch->branch))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a branch: %.80s", fetch->branch);
    if (!git_is_ref_name(fetch->ref))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a ref: %.80s", fetch->ref);
    return true;
}

/* --- one process --- */

/* All that comes from one URL. */
typedef struct {
    char *url;
    GPtrArray *specs; /* of char *, owned: "+refs/heads/main:refs/hadal/heads/main" */
    GPtrArray *refs;  /* of char *, owned: where they land */
} Source;

static Source *source_new(char *url)
{
    Source *source = g_new0(Source, 1);

    source->url = url;
    source->specs = g_ptr_array_new_with_free_func(g_free);
    source->refs = g_ptr_array_new_with_free_func(g_free);
    return source;
}

static void source_free(Source *source)
{
    g_free(source->url);
    g_ptr_array_unref(source->specs);
    g_ptr_array_unref(source->refs);
    g_free(source);
}

static GStrv fetch_args(const Source *source)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();

    g_strv_builder_add_many(args, "fetch", "--quiet", "--force", "--no-tags",
                            "--no-write-fetch-head", "--no-auto-maintenance",
                            "--no-recurse-submodules", "--no-show-forced-updates", "--",
                            source->url, NULL);
    for (guint i = 0; i < source->specs->len; i++)
        g_strv_builder_add(args, source->specs->pdata[i]);
    return g_strv_builder_end(args);
}

static GStrv fetch_config(const GitCache *cache, const char *origin)
{
    g_autoptr(GStrvBuilder) config = g_strv_builder_new();
    g_autofree char *key = origin ? g_strdup_printf("http.%s/.extraHeader", origin) : NULL;

    g_strv_builder_add_many(config, "protocol.https.allow", "always", "protocol.http.allow",
                            "always", NULL);
    if (cache->allow_file)
        g_strv_builder_add_many(config, "protocol.file.allow", "always", NULL);
    for (gsize i = 0; key && cache->headers[i]; i++)
        g_strv_builder_add_many(config, key, cache->headers[i], NULL);
    return g_strv_builder_end(config);
}

/* A fetch that did not end in its time, or was killed, may work later. */
static HadalError code_of(const Ctx *ctx, int status, const char *words, const GError *why)
{
    if (status >= 0)
        return git_words_class(words);
    if (why->code == HADAL_ERROR_FAILED && ctx_check(ctx, NULL))
        return HADAL_ERROR_RETRY;
    return (HadalError)why->code;
}

static bool fetch_once(const Ctx *ctx, GitCache *cache, const Source *source, GString *words,
                       GError **error)
{
    g_auto(GStrv) args = fetch_args(source);
    g_autofree char *origin = origin_of(source->url);
    g_auto(GStrv) config = fetch_config(cache, origin);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;
    int status = -1;
    const GitCommand command = {
        .args = (const char *const *)args,
        .git_dir = cache->dir,
        .config = (const char *const *)config,
        .secret = origin ? cache->credential : NULL,
        .secret_origin = origin,
        .max_output = MAX_OUTPUT,
        .timeout_ms = cache->timeout_ms,
    };

    if (git_command_run(ctx, &command, output, words, &status, &why))
        return true;
    return hadal_throw(error, code_of(ctx, status, words->str, why), "%s", why->message);
}

/* --- repair, with the place locked: no other fetch runs --- */

typedef struct {
    const Ctx *ctx;
    gint64 wait_until; /* monotonic */
} Sweep;

static bool is_stale(const char *path)
{
    GStatBuf info;

    if (g_lstat(path, &info) < 0)
        return false;
    return g_get_real_time() / 1000 - (gint64)info.st_mtime * 1000 > STALE_MS;
}

/* Waits for a young lock file to go or to become old. */
static void sweep_file(const Sweep *sweep, const char *path)
{
    while (g_file_test(path, G_FILE_TEST_EXISTS) && !is_stale(path) &&
           g_get_monotonic_time() < sweep->wait_until && ctx_check(sweep->ctx, NULL))
        poll(NULL, 0, TICK_MS); /* another process tells nobody when it is done */
    /* When it cannot be removed git says so again. */
    g_unlink(path);
}

static void sweep_dir(const Sweep *sweep, const char *path, int depth)
{
    enum { MAX_DEPTH = 64 };
    g_autoptr(GDir) dir = depth < MAX_DEPTH ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_str_has_suffix(name, ".lock"))
            sweep_file(sweep, child);
        else if (g_file_test(child, G_FILE_TEST_IS_DIR))
            sweep_dir(sweep, child, depth + 1);
    }
}

static void sweep_locks(const Ctx *ctx, const GitCache *cache)
{
    static const char *const files[] = { "packed-refs.lock", "HEAD.lock", "config.lock",
                                         "shallow.lock" };
    const Sweep sweep = {
        .ctx = ctx,
        .wait_until = g_get_monotonic_time() + STALE_MS * G_TIME_SPAN_MILLISECOND,
    };
    g_autofree char *refs = g_build_filename(cache->dir, "refs", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(cache->dir, files[i], NULL);

        sweep_file(&sweep, path);
    }
    sweep_dir(&sweep, refs, 0);
}

static void delete_ref(const Ctx *ctx, GitCache *cache, const char *ref)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    if (!git_cache_run(ctx, cache, ARGV("update-ref", "-d", ref), MAX_OUTPUT, output, NULL, &why))
        log_line(LEVEL_DEBUG, ctx, "%s stays: %s", ref, why->message);
}

/* A branch "a" that was deleted at the host is in the way of "a/b", and the other way round. */
static void delete_refs_below(const Ctx *ctx, GitCache *cache, const char *ref)
{
    g_autofree char *below = g_strconcat(ref, "/", NULL);
    g_autoptr(GString) output = g_string_new(NULL);
    g_auto(GStrv) names = NULL;

    if (!git_cache_run(ctx, cache, ARGV("for-each-ref", "--format=%(refname)", below), MAX_OUTPUT,
                       output, NULL, NULL))
        return;
    names = g_strsplit(output->str, "\n", -1);
    for (gsize i = 0; names[i]; i++)
        if (*names[i])
            delete_ref(ctx, cache, names[i]);
}

static void delete_refs_above(const Ctx *ctx, GitCache *cache, const char *ref)
{
    g_autofree char *above = g_strdup(ref);

    for (char *slash; (slash = strrchr(above, '/'));) {
        g_autofree char *path = NULL;

        *slash = '\0';
        path = g_build_filename(cache->dir, above, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR) && git_is_ref_name(above))
            delete_ref(ctx, cache, above);
    }
}

static void clear_the_way(const Ctx *ctx, GitCache *cache, const Source *source)
{
    sweep_locks(ctx, cache);
    for (guint i = 0; i < source->refs->len; i++) {
        delete_refs_below(ctx, cache, source->refs->pdata[i]);
        delete_refs_above(ctx, cache, source->refs->pdata[i]);
    }
}

/* What was pinned is lost with it; what was checked out stays as it is. */
static bool make_again(const Ctx *ctx, GitCache *cache, GError **error)
{
    log_line(LEVEL_WARN, ctx, "cache %s is damaged and made again", cache->dir);
    return tree_remove(ctx, cache->dir, error) && git_cache_make(ctx, cache, error);
}

/* A machine that lost its power can leave the file of a ref empty: that stops every fetch. */
static bool drop_bad_ref(const GitCache *cache, const char *words)
{
    g_autofree char *ref = git_words_bad_ref(words);

    return ref && git_is_ref_name(ref) && git_ref_remove(cache->dir, ref, NULL);
}

static bool repair(const Ctx *ctx, GitCache *cache, const Source *source, const char *words,
                   bool is_last_try, GError **error)
{
    if (!is_last_try && drop_bad_ref(cache, words))
        return true;
    if (git_words_say_corrupt(words))
        return make_again(ctx, cache, error);
    clear_the_way(ctx, cache, source);
    return true;
}

static bool fetch_source(const Ctx *ctx, GitCache *cache, const Source *source, GError **error)
{
    enum { REPAIRS = 10 };
    g_autoptr(GString) words = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    for (int tries = 1; !fetch_once(ctx, cache, source, words, &why); tries++) {
        if (tries > REPAIRS || !git_words_say_repair(words->str)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        log_line(LEVEL_DEBUG, ctx, "%s, repaired", why->message);
        g_clear_error(&why);
        if (!repair(ctx, cache, source, words->str, tries == REPAIRS, error))
            return false;
    }
    return true;
}

/* --- all of them --- */

typedef struct {
    GitCache *cache;
    GPtrArray *sources; /* of Source, owned */
} Job;

static Source *source_of(GPtrArray *sources, const char *url)
{
    for (guint i = 0; i < sources->len; i++) {
        Source *source = sources->pdata[i];

        if (g_str_equal(source->url, url))
            return source;
    }
    g_ptr_array_add(sources, source_new(g_strdup(url)));
    return sources->pdata[sources->len - 1];
}

static bool add_fetch(GitCache *cache, GPtrArray *sources, const GitFetch *fetch, GError **error)
{
    g_autofree char *url = NULL;
    Source *source;

    if (!check_fetch(fetch, error))
        return false;
    url = clean_url(cache, fetch->url, error);
    if (!url)
        return false;
    source = source_of(sources, url);
    g_ptr_array_add(source->specs, g_strdup_printf("+refs/heads/%s:%s", fetch->branch, fetch->ref));
    g_ptr_array_add(source->refs, g_strdup(fetch->ref));
    return true;
}

static bool fetch_all(const Ctx *ctx, gpointer data, GError **error)
{
    const Job *job = data;

    for (guint i = 0; i < job->sources->len; i++)
        if (!fetch_source(ctx, job->cache, job->sources->pdata[i], error))
            return false;
    git_cache_tidy(ctx, job->cache);
    return true;
}

/* Requests are equal when they would run the same processes with the same credential. */
static char *key_of(const Job *job)
{
    GString *key = g_string_new(job->cache->identity);

    for (guint i = 0; i < job->sources->len; i++) {
        const Source *source = job->sources->pdata[i];

        g_string_append_printf(key, "\n%s", source->url);
        for (guint j = 0; j < source->specs->len; j++)
            g_string_append_printf(key, " %s", (const char *)source->specs->pdata[j]);
    }
    return g_string_free(key, FALSE);
}

bool git_cache_fetch(const Ctx *ctx, GitCache *cache, const GitFetch *fetches, gsize n_fetches,
                     GError **error)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
    Job job = { cache, sources };
    g_autofree char *key = NULL;
    gint64 patience_ms = cache->timeout_ms > 0 ? cache->timeout_ms : DEFAULT_PATIENCE_MS;

    for (gsize i = 0; i < n_fetches; i++)
        if (!add_fetch(cache, sources, &fetches[i], error))
            return false;
    key = key_of(&job);
    return flight_run(ctx, cache->dir, key, patience_ms, fetch_all, &job, error);
}
