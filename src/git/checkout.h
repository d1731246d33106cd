// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "git/cache.h"

/*
 * A plain directory that holds a repository's files at one commit, filled from the cache with an
 * index that lies outside it. Beside it lies a throw-away .git (alternates to the cache) for what
 * runs in there and calls git; the server itself never runs git with it. It belongs to the command
 * that opened it: one command per pull request runs at a time.
 */
typedef struct _Checkout Checkout;

/* Borrowed for the call. */
typedef struct _CheckoutSpec CheckoutSpec;
struct _CheckoutSpec {
    const char *dir;         /* made when absent; its index is dir + ".index" */
    const char *pin;         /* ref of the cache that keeps the commit: "refs/keep/ID" */
    const char *commit;      /* full id, must be in the cache */
    const char *const *keep; /* patterns of untracked files that survive a move: "*.tfstate*" ... */
    bool keeps_untracked;    /* all of them survive: work at the same commit goes on */
    const char *branch;      /* HEAD of the throw-away .git, at commit; NULL: it is detached */
    const char *base_branch; /* its "origin/NAME", at base; NULL: there is none */
    const char *base;        /* full id */
};

/*
 * Makes or moves the directory to the commit. Tracked files are exactly the commit's afterwards;
 * untracked ones are removed but for what is to be kept. Fails with INVALID when commit is not a
 * commit id, otherwise FAILED and git's words, or CANCELLED.
 */
bool checkout_move(const Ctx *ctx, GitCache *cache, const CheckoutSpec *spec, GError **error)
    MUST_CHECK;

/* Whether dir is at the commit, by what the last checkout_move left beside it. No process. */
bool checkout_is_at(const char *dir, const char *commit);

/*
 * Files in the directory that the commit does not have, but for those that .gitignore or the
 * patterns of ignored (may be NULL) leave out: of char *, owned. Fails as checkout_move() does.
 */
GPtrArray *checkout_untracked(const Ctx *ctx, GitCache *cache, const char *dir,
                              const char *const *ignored, GError **error) MUST_CHECK;

/* Removes directory, index and pin. Ignores what is not there. */
bool checkout_remove(const Ctx *ctx, GitCache *cache, const char *dir, const char *pin,
                     GError **error) MUST_CHECK;

/* Full hexadecimal id, 40 or 64 digits: nothing else is given to git as a commit. */
bool git_is_commit_id(const char *text);
/* Short branch name that git accepts and that cannot be an option or a pattern. */
bool git_is_branch_name(const char *text);
