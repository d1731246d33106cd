// SPDX-License-Identifier: Apache-2.0
/* Opening and making a cache, and its refs. Bringing, reading and merging are in cache_*.c. */
#include "git/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "git/cache_impl.h"
#include "git/checkout.h"
#include "git/credential.h"
#include "git/names.h"
#include "git/refs.h"
#include "sys/flight.h"

enum { SMALL_OUTPUT = 64 << 10, MAX_HEAD = 1000 };

/* --- open --- */

static bool is_header(const char *line)
{
    return strchr(line, ':') && !strpbrk(line, "\r\n");
}

static bool has_only_headers(const GitCacheSpec *spec)
{
    for (gsize i = 0; spec->headers && spec->headers[i]; i++)
        if (!is_header(spec->headers[i]))
            return false;
    return true;
}

static char *identity_of(const GitCache *cache)
{
    g_autofree char *headers = g_strjoinv("\n", cache->headers);
    g_autofree char *text =
        g_strconcat(cache->credential ? cache->credential : "", "\n", headers, NULL);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* Takes credential. */
static GitCache *cache_new(const GitCacheSpec *spec, char *credential)
{
    static const char *const none[] = { NULL };
    GitCache *cache = g_new0(GitCache, 1);

    cache->dir = g_strdup(spec->dir);
    cache->headers = g_strdupv((char **)(spec->headers ? spec->headers : none));
    cache->credential = credential;
    cache->identity = identity_of(cache);
    cache->timeout_ms = spec->timeout_ms;
    cache->allow_file = spec->allow_file;
    return cache;
}

static bool has_file(const GitCache *cache, const char *name, GFileTest test)
{
    g_autofree char *path = g_build_filename(cache->dir, name, NULL);

    return g_file_test(path, test);
}

/* A process that was killed in the middle of "git init" can leave any part of it. */
static bool has_head(const GitCache *cache)
{
    g_autofree char *path = g_build_filename(cache->dir, "HEAD", NULL);
    g_autofree char *head = NULL;
    GStatBuf info;

    return g_stat(path, &info) == 0 && info.st_size < MAX_HEAD &&
           g_file_get_contents(path, &head, NULL, NULL) && g_str_has_prefix(head, "ref: refs/");
}

static bool is_repository(const GitCache *cache)
{
    return has_head(cache) && has_file(cache, "config", G_FILE_TEST_IS_REGULAR) &&
           has_file(cache, "objects", G_FILE_TEST_IS_DIR) &&
           has_file(cache, "refs", G_FILE_TEST_IS_DIR);
}

static void remove_file(const GitCache *cache, const char *name)
{
    g_autofree char *path = g_build_filename(cache->dir, name, NULL);

    /* Not there is what is wanted; any other reason makes git fail, and git then says it. */
    g_unlink(path);
}

bool git_cache_make(const Ctx *ctx, GitCache *cache, GError **error)
{
    static const char *const halves[] = { "HEAD", "HEAD.lock", "config", "config.lock" };
    g_autoptr(GString) output = g_string_new(NULL);

    if (g_mkdir_with_parents(cache->dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", cache->dir);
    for (gsize i = 0; i < G_N_ELEMENTS(halves); i++)
        remove_file(cache, halves[i]);
    return git_cache_run(ctx, cache,
                         ARGV("init", "--bare", "--quiet", "--template=", "--initial-branch=main"),
                         SMALL_OUTPUT, output, NULL, error);
}

static bool make_if_absent(const Ctx *ctx, gpointer data, GError **error)
{
    GitCache *cache = data;

    return is_repository(cache) || git_cache_make(ctx, cache, error);
}

/* Alone at the place: several pull requests of a new repository come at the same moment. */
static bool make_alone(const Ctx *ctx, GitCache *cache, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(cache->dir);

    if (g_mkdir_with_parents(parent, 0700) < 0) /* the lock file lies there */
        return hadal_throw_errno(error, "create %s", parent);
    return flight_run(ctx, cache->dir, "make", cache->timeout_ms, make_if_absent, cache, error);
}

GitCache *git_cache_open(const Ctx *ctx, const GitCacheSpec *spec, GError **error)
{
    g_autoptr(GitCache) cache = NULL;
    g_autofree char *credential = NULL;

    if (!g_path_is_absolute(spec->dir))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not an absolute path: %s", spec->dir);
    if (!has_only_headers(spec))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not a header for %s", spec->dir);
    if (spec->authorization && !(credential = git_credential_lines(spec->authorization)))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not a credential for %s", spec->dir);
    cache = cache_new(spec, g_steal_pointer(&credential));
    if (!is_repository(cache) && !make_alone(ctx, cache, error))
        return hadal_prefix_null(error, "cache %s", cache->dir);
    utimensat(AT_FDCWD, cache->dir, NULL, 0); /* only when it is removed depends on it */
    return g_steal_pointer(&cache);
}

void git_cache_free(GitCache *cache)
{
    if (!cache)
        return;
    g_free(cache->dir);
    g_strfreev(cache->headers);
    g_free(cache->credential);
    g_free(cache->identity);
    g_free(cache);
}

const char *git_cache_dir(const GitCache *cache)
{
    return cache->dir;
}

/* --- processes and refs --- */

bool git_cache_run(const Ctx *ctx, GitCache *cache, const char *const *args, gsize max_output,
                   GString *output, int *exit_status, GError **error)
{
    const GitCommand command = {
        .args = args,
        .git_dir = cache->dir,
        .max_output = max_output,
        .timeout_ms = cache->timeout_ms,
    };

    return git_command_run(ctx, &command, output, NULL, exit_status, error);
}

static char *resolve_packed(const Ctx *ctx, GitCache *cache, const char *ref, GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    int status = -1;

    if (!git_cache_run(ctx, cache, ARGV("show-ref", "--verify", "--hash", "--", ref), SMALL_OUTPUT,
                       output, &status, NULL)) {
        if (status < 0 && !ctx_check(ctx, error))
            return NULL;
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND, "no %s in %s", ref, cache->dir);
    }
    return g_strdup(g_strchomp(output->str));
}

char *git_cache_resolve(const Ctx *ctx, GitCache *cache, const char *ref, GError **error)
{
    char *commit;

    if (!git_is_ref_name(ref))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not a ref: %.80s", ref);
    commit = git_ref_read(cache->dir, ref);
    return commit ? commit : resolve_packed(ctx, cache, ref, error);
}

bool git_cache_has_commit(const Ctx *ctx, GitCache *cache, const char *commit)
{
    g_autofree char *object = g_strconcat(commit, "^{commit}", NULL);
    g_autoptr(GString) output = g_string_new(NULL);

    /* Any failure means that it cannot be used. */
    return git_is_commit_id(commit) && git_cache_run(ctx, cache, ARGV("cat-file", "-e", object),
                                                     SMALL_OUTPUT, output, NULL, NULL);
}
