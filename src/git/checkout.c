// SPDX-License-Identifier: Apache-2.0
/*
 * From the cache to a plain directory. git gets the cache as its directory and the index from
 * outside: nothing that a job may have written into the directory is configuration to it. The .git
 * inside is made of plain files and is for the jobs; it is thrown away with every move.
 */
#include "git/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "git/cache_impl.h"
#include "git/names.h"
#include "git/refs.h"
#include "git/tree.h"

enum { MAX_OUTPUT = 1 << 20, MAX_MARKER = 100 };

/* --- what lies beside the directory --- */

static char *beside(const char *dir, const char *suffix)
{
    return g_strconcat(dir, suffix, NULL);
}

static bool remove_beside(const char *dir, const char *suffix, GError **error)
{
    g_autofree char *path = beside(dir, suffix);

    return g_unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR ||
           hadal_throw_errno(error, "remove %s", path);
}

static bool mark(const char *dir, const char *commit, GError **error)
{
    g_autofree char *path = beside(dir, ".commit");

    return g_file_set_contents_full(path, commit, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

bool checkout_is_at(const char *dir, const char *commit)
{
    g_autofree char *path = beside(dir, ".commit");
    char marker[MAX_MARKER + 1];
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : TEMP_FAILURE_RETRY(read(fd, marker, MAX_MARKER));

    if (n <= 0 || !g_file_test(dir, G_FILE_TEST_IS_DIR))
        return false;
    marker[n] = '\0';
    return g_str_equal(marker, commit);
}

/* --- the files --- */

static bool git_tell(const Ctx *ctx, GitCache *cache, const char *dir, const char *const *args,
                     GString *output, GError **error)
{
    /* Two writers at a time: creating small files is what a checkout spends its time on. */
    static const char *const config[] = { "checkout.workers", "2", NULL };
    g_autofree char *index = beside(dir, ".index");
    const GitCommand command = {
        .args = args,
        .git_dir = cache->dir,
        .work_tree = dir,
        .index = index,
        .config = config,
        .max_output = MAX_OUTPUT,
        .timeout_ms = cache->timeout_ms,
    };

    return git_command_run(ctx, &command, output, NULL, NULL, error);
}

static bool git(const Ctx *ctx, GitCache *cache, const char *dir, const char *const *args,
                GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);

    return git_tell(ctx, cache, dir, args, output, error);
}

static bool read_tree(const Ctx *ctx, GitCache *cache, const CheckoutSpec *spec, GError **error)
{
    return git(ctx, cache, spec->dir, ARGV("read-tree", "--reset", "-u", spec->commit), error);
}

static void add_excludes(GStrvBuilder *list, const char *const *patterns)
{
    for (gsize i = 0; patterns && patterns[i]; i++) {
        g_autofree char *exclude = g_strconcat("--exclude=", patterns[i], NULL);

        g_strv_builder_add(list, exclude);
    }
}

static bool clean(const Ctx *ctx, GitCache *cache, const CheckoutSpec *spec, GError **error)
{
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    g_auto(GStrv) args = NULL;

    if (spec->keeps_untracked)
        return true;
    g_strv_builder_add_many(list, "clean", "-ffdxq", NULL);
    add_excludes(list, spec->keep);
    args = g_strv_builder_end(list);
    return git(ctx, cache, spec->dir, (const char *const *)args, error);
}

/*
 * A second try for what a job or a killed process can have left: directories without permissions,
 * an index that is damaged. Everything is then compared anew.
 */
static bool fill(const Ctx *ctx, GitCache *cache, const CheckoutSpec *spec, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (read_tree(ctx, cache, spec, &why) && clean(ctx, cache, spec, &why))
        return true;
    log_line(LEVEL_DEBUG, ctx, "checkout %s once more: %s", spec->dir, why->message);
    return ctx_check(ctx, error) && tree_open_up(ctx, spec->dir, error) &&
           remove_beside(spec->dir, ".index", error) && read_tree(ctx, cache, spec, error) &&
           clean(ctx, cache, spec, error);
}

/* --- the .git for jobs --- */

static bool write_at(int dir, const char *name, const char *text, GError **error)
{
    auto_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    gsize done = 0, length = strlen(text);

    while (fd >= 0 && done < length) {
        ssize_t n = TEMP_FAILURE_RETRY(write(fd, text + done, length - done));

        if (n <= 0)
            break;
        done += (gsize)n;
    }
    return (fd >= 0 && done == length) || hadal_throw_errno(error, "write .git/%s", name);
}

static int make_dir_at(int dir, const char *name)
{
    if (mkdirat(dir, name, 0700) < 0)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A copy of the index: the job's "git status" is then fast and clean. */
static bool copy_index(const char *dir, int git_dir, GError **error)
{
    g_autofree char *path = beside(dir, ".index");
    auto_fd int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    auto_fd int to =
        openat(git_dir, "index", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t n = from < 0 || to < 0 ? -1 : 1;

    while (n > 0)
        n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
    return n == 0 || hadal_throw_errno(error, "copy %s", path);
}

/* "HASH refs/NAME" lines: branches that scripts compare with. Names that are none are left out. */
static char *packed_refs(const CheckoutSpec *spec)
{
    GString *text = g_string_new(NULL);

    if (spec->branch && git_is_branch_name(spec->branch))
        g_string_append_printf(text, "%s refs/heads/%s\n", spec->commit, spec->branch);
    if (spec->base_branch && git_is_branch_name(spec->base_branch) && git_is_commit_id(spec->base))
        g_string_append_printf(text, "%s refs/remotes/origin/%s\n", spec->base, spec->base_branch);
    return g_string_free(text, FALSE);
}

static char *head_of(const CheckoutSpec *spec)
{
    return spec->branch && git_is_branch_name(spec->branch)
               ? g_strdup_printf("ref: refs/heads/%s\n", spec->branch)
               : g_strconcat(spec->commit, "\n", NULL);
}

static bool fill_git_dir(const GitCache *cache, const CheckoutSpec *spec, int git_dir,
                         GError **error)
{
    static const char config[] = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";
    g_autofree char *head = head_of(spec);
    g_autofree char *packed = packed_refs(spec);
    g_autofree char *alternates = g_strconcat(cache->dir, "/objects\n", NULL);
    auto_fd int refs = make_dir_at(git_dir, "refs");
    auto_fd int objects = make_dir_at(git_dir, "objects");
    auto_fd int info = objects < 0 ? -1 : make_dir_at(objects, "info");

    if (refs < 0 || objects < 0 || info < 0)
        return hadal_throw_errno(error, "create .git");
    return write_at(git_dir, "HEAD", head, error) && write_at(git_dir, "config", config, error) &&
           write_at(git_dir, "packed-refs", packed, error) &&
           write_at(info, "alternates", alternates, error) && copy_index(spec->dir, git_dir, error);
}

static bool make_git_dir(const Ctx *ctx, const GitCache *cache, const CheckoutSpec *spec,
                         GError **error)
{
    g_autofree char *path = g_build_filename(spec->dir, ".git", NULL);
    auto_fd int top = -1;
    auto_fd int git_dir = -1;

    if (!tree_remove(ctx, path, error))
        return false;
    top = open(spec->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    git_dir = top < 0 ? -1 : make_dir_at(top, ".git");
    if (git_dir < 0)
        return hadal_throw_errno(error, "create %s", path);
    return fill_git_dir(cache, spec, git_dir, error);
}

/* --- move and remove --- */

static bool check_spec(const CheckoutSpec *spec, GError **error)
{
    if (!git_is_commit_id(spec->commit))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a commit id: %.80s", spec->commit);
    if (!git_is_ref_name(spec->pin))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a ref: %.80s", spec->pin);
    if (!g_path_is_absolute(spec->dir))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not an absolute path: %s", spec->dir);
    return true;
}

/* Its parents are the server's, but a job may have put a link in the directory's own place. */
static bool make_dir(const Ctx *ctx, const char *dir, GError **error)
{
    GStatBuf info;

    if (g_lstat(dir, &info) == 0 && !S_ISDIR(info.st_mode) && !tree_remove(ctx, dir, error))
        return false;
    if (g_mkdir_with_parents(dir, 0700) < 0 || g_chmod(dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", dir);
    return true;
}

/* The marker goes first and comes last: in between the directory is at no commit. */
static bool move(const Ctx *ctx, GitCache *cache, const CheckoutSpec *spec, GError **error)
{
    return remove_beside(spec->dir, ".commit", error) &&
           remove_beside(spec->dir, ".index.lock", error) && make_dir(ctx, spec->dir, error) &&
           git_ref_write(cache->dir, spec->pin, spec->commit, error) &&
           fill(ctx, cache, spec, error) && make_git_dir(ctx, cache, spec, error) &&
           mark(spec->dir, spec->commit, error);
}

bool checkout_move(const Ctx *ctx, GitCache *cache, const CheckoutSpec *spec, GError **error)
{
    if (!check_spec(spec, error))
        return false;
    return move(ctx, cache, spec, error) || hadal_prefix(error, "checkout %s", spec->dir);
}

static bool remove_all(const Ctx *ctx, GitCache *cache, const char *dir, const char *pin,
                       GError **error)
{
    return remove_beside(dir, ".commit", error) && tree_remove(ctx, dir, error) &&
           remove_beside(dir, ".index", error) && remove_beside(dir, ".index.lock", error) &&
           git_ref_remove(cache->dir, pin, error);
}

bool checkout_remove(const Ctx *ctx, GitCache *cache, const char *dir, const char *pin,
                     GError **error)
{
    if (!git_is_ref_name(pin))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a ref: %.80s", pin);
    return remove_all(ctx, cache, dir, pin, error) || hadal_prefix(error, "remove checkout");
}

/* --- what is there besides --- */

static GPtrArray *split_names(const GString *output)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *end = output->str + output->len;

    for (const char *at = output->str; at < end; at += strlen(at) + 1)
        g_ptr_array_add(names, g_utf8_make_valid(at, -1));
    return names;
}

GPtrArray *checkout_untracked(const Ctx *ctx, GitCache *cache, const char *dir,
                              const char *const *ignored, GError **error)
{
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    g_autoptr(GString) output = g_string_new(NULL);
    g_auto(GStrv) args = NULL;

    g_strv_builder_add_many(list, "ls-files", "-z", "--others", "--exclude-standard", NULL);
    add_excludes(list, ignored);
    args = g_strv_builder_end(list);
    if (!git_tell(ctx, cache, dir, (const char *const *)args, output, error))
        return hadal_prefix_null(error, "list untracked files of %s", dir);
    return split_names(output);
}
