// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "model/disk_use.h"

/*
 * The bare cache of one repository: fetched into, read from, never a job's working directory. git
 * is always run with a built environment, no system or user configuration, no hooks, no prompts,
 * only http and https (and file for tests of this folder).
 */
typedef struct _GitCache GitCache;

typedef struct _GitCacheSpec GitCacheSpec;
struct _GitCacheSpec {
    const char *dir; /* of the bare repository; made when absent */
    const char
        *authorization;         /* "Basic ..." or "Bearer ..." for the host's URLs, or NULL; never
                                   in argv, environment or config, and sent only once the host has
                                   asked for it, always as Basic. It goes to the origin of the URLs
                                   that are fetched: the caller makes sure that they are the host's */
    const char *const *headers; /* further "Name: value" headers for the host, or NULL: no secrets,
                                   they are in git's environment */
    gint64 timeout_ms;          /* for one git process; 0: ten minutes */
    bool allow_file;            /* file:// URLs too: for tests */
};

/* Opens or makes it. INVALID for an authorization or a header of no use, else FAILED and git's
 * words. */
GitCache *git_cache_open(const Ctx *ctx, const GitCacheSpec *spec, GError **error) MUST_CHECK;
void git_cache_free(GitCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GitCache, git_cache_free)
const char *git_cache_dir(const GitCache *cache);

/* What to bring: branch (short name) of url lands in a ref of the cache. */
typedef struct _GitFetch GitFetch;
struct _GitFetch {
    const char *url;
    const char *branch;
    const char *ref; /* "refs/hadal/heads/main", "refs/hadal/pull/7/head" */
};

/*
 * Brings all of them, in one process per URL. Fetches of one cache are serialised in this process
 * and by a lock file, and equal requests that wait share one fetch (single flight). Fails with
 * INVALID for a name that is not a branch's, DENIED when the credential is not enough, NOT_FOUND
 * when it knows no such branch or repository, RETRY when it cannot be reached or does not take the
 * credential, else FAILED.
 */
bool git_cache_fetch(const Ctx *ctx, GitCache *cache, const GitFetch *fetches, gsize n_fetches,
                     GError **error) MUST_CHECK;

/* Full commit id that a ref of the cache points to; NULL with NOT_FOUND. */
char *git_cache_resolve(const Ctx *ctx, GitCache *cache, const char *ref, GError **error)
    MUST_CHECK;

/* Whether the commit's object is here. */
bool git_cache_has_commit(const Ctx *ctx, GitCache *cache, const char *commit);

/* A file that differs between the merge base of base and head, and head. */
typedef struct _GitChange GitChange;
struct _GitChange {
    char *path;
    char *old_path; /* where it was before a rename, else NULL */
    char status;    /* A M D R C T */
};
void git_change_free(GitChange *change);

/* Of GitChange, owned: merge-base..head, renames detected. FAILED when they have no common
 * ancestor. */
GPtrArray *git_cache_diff(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                          GError **error) MUST_CHECK;
/* Of GitChange: from exactly one commit to another. */
GPtrArray *git_cache_diff_commits(const Ctx *ctx, GitCache *cache, const char *from, const char *to,
                                  GError **error) MUST_CHECK;

/* Paths of all files of a commit, of char *, owned, sorted. Submodules and links are left out. */
GPtrArray *git_cache_list(const Ctx *ctx, GitCache *cache, const char *commit, GError **error)
    MUST_CHECK;

/*
 * Contents of files of a commit, read with one process, or two when they are many: of GString *
 * (NULL for a path that is not a file there or is larger than max_file), in the order of paths.
 * Owned. A link that stays inside the commit is followed, as it would be in a checkout. (When some
 * file is larger by far, two processes more.)
 */
GPtrArray *git_cache_read(const Ctx *ctx, GitCache *cache, const char *commit,
                          const char *const *paths, gsize max_file, GError **error) MUST_CHECK;

/*
 * The commit that merging head into base would give, made here without a working tree. With a
 * conflict *conflicts gets the paths (of char *, owned) and NULL is returned without an error.
 */
char *git_cache_merge(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                      GPtrArray **conflicts, GError **error) MUST_CHECK;

/*
 * Removes caches below dir ("X.git") until they have at most that many bytes, the longest not
 * opened first, but none of keep (paths, NULL-terminated). One that is being fetched into is waited
 * for, as long as ctx says. What is removed is fetched again when it is needed.
 */
bool git_cache_trim(const Ctx *ctx, const char *dir, const char *const *keep, gint64 most_bytes,
                    DiskUse *use, GError **error) MUST_CHECK;
