// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shared by the files of the cache only: cache.c, cache_*.c. */
#include "git/cache.h"
#include "git/command.h"

struct _GitCache {
    char *dir;
    GStrv headers;    /* "Name: value" */
    char *credential; /* in a helper's lines, or NULL */
    char *identity;   /* digest of both: requests with different ones are not equal */
    gint64 timeout_ms;
    bool allow_file;
};

/* A git process that only reads and needs no network; output is bounded by max_output. */
bool git_cache_run(const Ctx *ctx, GitCache *cache, const char *const *args, gsize max_output,
                   GString *output, int *exit_status, GError **error) MUST_CHECK;

/* Makes the bare repository, or what is missing of it. */
bool git_cache_make(const Ctx *ctx, GitCache *cache, GError **error) MUST_CHECK;

/* Brings many packs into few. Only while nobody else fetches; the cache can be read meanwhile. */
void git_cache_tidy(const Ctx *ctx, GitCache *cache);
