// SPDX-License-Identifier: Apache-2.0
/*
 * Every fetch leaves a pack and every merge some loose objects, and git looks into all of them:
 * without this a cache grows slow within weeks. git's own automatic maintenance is off, because it
 * would run when it likes.
 */
#include "git/cache_impl.h"

enum {
    MANY_PACKS = 50,
    MANY_LOOSE = 30, /* in one of 256 directories, as git itself counts */
    MAX_OUTPUT = 1 << 20,
};

static guint count_files(const GitCache *cache, const char *name, const char *suffix)
{
    g_autofree char *path = g_build_filename(cache->dir, "objects", name, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *file;
    guint count = 0;

    while (dir && (file = g_dir_read_name(dir)))
        count += g_str_has_suffix(file, suffix);
    return count;
}

/* A cache that stays as it is works too. */
static void run(const Ctx *ctx, GitCache *cache, const char *const *args)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    if (!git_cache_run(ctx, cache, args, MAX_OUTPUT, output, NULL, &why))
        log_line(LEVEL_DEBUG, ctx, "cache %s is not tidied: %s", cache->dir, why->message);
}

/*
 * What no ref leads to goes when it has not been touched for weeks. First, because the repack takes
 * all that is loose and loses nothing.
 */
void git_cache_tidy(const Ctx *ctx, GitCache *cache)
{
    bool has_many_loose = count_files(cache, "17", "") > MANY_LOOSE;

    if (has_many_loose)
        run(ctx, cache, ARGV("prune", "--expire=2.weeks.ago"));
    if (has_many_loose || count_files(cache, "pack", ".pack") > MANY_PACKS)
        run(ctx, cache, ARGV("repack", "-d", "-q", "--geometric=2"));
}
