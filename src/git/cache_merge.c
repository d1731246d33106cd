// SPDX-License-Identifier: Apache-2.0
/*
 * Merging without a working tree. The commit's id depends on nothing but the two commits: whoever
 * makes it again gets the same.
 */
#include <string.h>

#include "git/cache_impl.h"
#include "git/checkout.h"

enum { MAX_OUTPUT = 16 << 20, ENDED_IN_CONFLICT = 1 };

/* "TREE\0path\0path\0": the paths are those in conflict. */
static char *read_merge(const GString *output, GPtrArray *paths)
{
    const char *end = output->str + output->len;
    const char *next = output->str + strlen(output->str) + 1;

    for (; next < end && *next; next += strlen(next) + 1)
        g_ptr_array_add(paths, g_utf8_make_valid(next, -1));
    /* A tree's id looks like a commit's. */
    return git_is_commit_id(output->str) ? g_strdup(output->str) : NULL;
}

/* The tree, or NULL with the paths that are in conflict. */
static char *merge_tree(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                        GPtrArray *paths, GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;
    g_autofree char *tree = NULL;
    int status = -1;
    bool is_merged = git_cache_run(
        ctx, cache,
        ARGV("merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", base, head),
        MAX_OUTPUT, output, &status, &why);

    if (is_merged || status == ENDED_IN_CONFLICT)
        tree = read_merge(output, paths);
    if (is_merged && tree)
        return g_steal_pointer(&tree);
    if (status == ENDED_IN_CONFLICT && tree && paths->len > 0)
        return NULL;
    g_ptr_array_set_size(paths, 0);
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    else
        hadal_set_error(error, HADAL_ERROR_FAILED, "git merge-tree: no tree");
    return NULL;
}

/* The later of the two, in seconds: a commit must not be older than its parents. */
static bool read_date(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                      gint64 *date, GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    if (!git_cache_run(ctx, cache,
                       ARGV("log", "--no-walk", "--no-show-signature", "--format=%ct", base, head),
                       MAX_OUTPUT, output, NULL, error))
        return false;
    lines = g_strsplit(output->str, "\n", -1);
    *date = 0;
    for (gsize i = 0; lines[i]; i++)
        *date = MAX(*date, g_ascii_strtoll(lines[i], NULL, 10));
    return true;
}

static char *commit_tree(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                         const char *tree, gint64 seconds, GError **error)
{
    g_autofree char *author_date =
        g_strdup_printf("GIT_AUTHOR_DATE=@%" G_GINT64_FORMAT " +0000", seconds);
    g_autofree char *committer_date =
        g_strdup_printf("GIT_COMMITTER_DATE=@%" G_GINT64_FORMAT " +0000", seconds);
    const char *const env[] = {
        "GIT_AUTHOR_NAME=hadal",
        "GIT_AUTHOR_EMAIL=hadal@localhost",
        "GIT_COMMITTER_NAME=hadal",
        "GIT_COMMITTER_EMAIL=hadal@localhost",
        author_date,
        committer_date,
        NULL,
    };
    g_autoptr(GString) output = g_string_new(NULL);
    const GitCommand command = {
        .args = ARGV("commit-tree", "-p", base, "-p", head, "-m", "merge", tree),
        .git_dir = cache->dir,
        .env = env,
        .max_output = MAX_OUTPUT,
        .timeout_ms = cache->timeout_ms,
    };

    if (!git_command_run(ctx, &command, output, NULL, NULL, error))
        return NULL;
    if (!git_is_commit_id(g_strchomp(output->str)))
        return hadal_throw_null(error, HADAL_ERROR_FAILED, "git commit-tree: no commit");
    return g_strdup(output->str);
}

char *git_cache_merge(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                      GPtrArray **conflicts, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *tree = NULL;
    gint64 seconds;

    if (!git_is_commit_id(base) || !git_is_commit_id(head))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not commits: %.80s, %.80s", base,
                                head);
    tree = merge_tree(ctx, cache, base, head, paths, error);
    if (tree)
        return read_date(ctx, cache, base, head, &seconds, error)
                   ? commit_tree(ctx, cache, base, head, tree, seconds, error)
                   : NULL;
    if (paths->len > 0)
        *conflicts = g_steal_pointer(&paths);
    return NULL;
}
