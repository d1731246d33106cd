// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/work.h"

/*
 * A pull request as a command works on it: what the host says of it now, and its commits in the
 * cache. One command of a pull request runs at a time, so nobody else touches its directories.
 */
typedef struct _PullWork PullWork;
struct _PullWork {
    PullFacts facts;
    GitCache *cache;
    char *base;           /* tip of the base branch */
    char *commit;         /* to check out: the head, or its merge into base */
    GPtrArray *conflicts; /* of char *: merging is not possible; else NULL */
    GPtrArray *files;     /* of char *, sorted: all files at commit; by pull_work_files() */
};

/* Reads the facts. *gate_text is NULL when the command may go on, or is filled in outcome
 * otherwise. */
bool pull_work_read(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                    GError **error) MUST_CHECK;
/* Brings base and head into the cache and settles commit by the checkout strategy. */
bool pull_work_fetch(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                     GError **error) MUST_CHECK;
bool pull_work_files(const Ctx *ctx, PullWork *pull, GError **error) MUST_CHECK;
/* Files of the pull request's change, both ends of renames: of char *, owned. */
GPtrArray *pull_work_changed(const Ctx *ctx, PullWork *pull, GError **error) MUST_CHECK;
/* Moves the pull request's checkout to commit. The caller frees the directory's name. */
char *pull_work_checkout(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                         const char *commit, GError **error) MUST_CHECK;
void pull_work_clear(PullWork *pull);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PullWork, pull_work_clear)
