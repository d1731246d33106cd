// SPDX-License-Identifier: Apache-2.0
/* What a cache's commits hold. One process each. */
#include <string.h>

#include "git/cache_impl.h"
#include "git/checkout.h"

/* A list of half a million paths is still a repository; more is somebody's attack. */
enum { MAX_PATHS = 64 << 20 };

/* All files of one git_cache_read() together. */
enum { MAX_FILES = 256 << 20 };

/* In one git_cache_read(). */
enum { MANY_FILES = 64 };

static bool check_commits(const char *a, const char *b, GError **error)
{
    if (!git_is_commit_id(a))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a commit id: %.80s", a);
    if (!git_is_commit_id(b))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a commit id: %.80s", b);
    return true;
}

/* --- bytes with an end --- */

typedef struct {
    const char *at, *end;
} Bytes;

static Bytes bytes_of(const GString *text)
{
    return (Bytes){ text->str, text->str + text->len };
}

/* The next field up to mark, as text; NULL when there is none. The caller's. */
static char *next_field(Bytes *from, char mark)
{
    const char *stop = memchr(from->at, mark, (gsize)(from->end - from->at));
    char *field;

    if (!stop)
        return NULL;
    field = g_utf8_make_valid(from->at, stop - from->at);
    from->at = stop + 1;
    return field;
}

/* --- diff --- */

void git_change_free(GitChange *change)
{
    if (!change)
        return;
    g_free(change->path);
    g_free(change->old_path);
    g_free(change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GitChange, git_change_free)

/* "M\0path\0" or "R087\0old\0new\0". */
static GitChange *next_change(Bytes *from)
{
    g_autoptr(GitChange) change = g_new0(GitChange, 1);
    g_autofree char *status = next_field(from, '\0');

    if (!status)
        return NULL;
    change->status = status[0];
    if (status[0] == 'R' || status[0] == 'C')
        change->old_path = next_field(from, '\0');
    change->path = next_field(from, '\0');
    return change->path ? g_steal_pointer(&change) : NULL;
}

static GPtrArray *diff(const Ctx *ctx, GitCache *cache, const char *range, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func((GDestroyNotify)git_change_free);
    g_autoptr(GString) output = g_string_new(NULL);
    GitChange *change;
    Bytes rest;

    if (!git_cache_run(ctx, cache,
                       ARGV("diff", "--name-status", "-z", "--find-renames", "--no-ext-diff",
                            "--no-textconv", range, "--"),
                       MAX_PATHS, output, NULL, error))
        return NULL;
    rest = bytes_of(output);
    while ((change = next_change(&rest)))
        g_ptr_array_add(changes, change);
    return g_steal_pointer(&changes);
}

GPtrArray *git_cache_diff(const Ctx *ctx, GitCache *cache, const char *base, const char *head,
                          GError **error)
{
    g_autofree char *range = g_strdup_printf("%s...%s", base, head);

    return check_commits(base, head, error) ? diff(ctx, cache, range, error) : NULL;
}

GPtrArray *git_cache_diff_commits(const Ctx *ctx, GitCache *cache, const char *from, const char *to,
                                  GError **error)
{
    g_autofree char *range = g_strdup_printf("%s..%s", from, to);

    return check_commits(from, to, error) ? diff(ctx, cache, range, error) : NULL;
}

/* --- list --- */

/* "100644 blob ID\tpath": everything but submodules (160000) and links (120000) is a file. */
static char *path_of_file(const char *entry)
{
    const char *tab = strchr(entry, '\t');

    return tab && g_str_has_prefix(entry, "100") ? g_utf8_make_valid(tab + 1, -1) : NULL;
}

/* Entries, each with a 0 behind it. The caller's. */
static GString *list(const Ctx *ctx, GitCache *cache, const char *commit, GError **error)
{
    GString *output = g_string_new(NULL);

    if (git_cache_run(ctx, cache, ARGV("ls-tree", "-r", "-z", "--full-tree", commit), MAX_PATHS,
                      output, NULL, error))
        return output;
    g_string_free(output, TRUE);
    return NULL;
}

GPtrArray *git_cache_list(const Ctx *ctx, GitCache *cache, const char *commit, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) output =
        check_commits(commit, commit, error) ? list(ctx, cache, commit, error) : NULL;

    if (!output)
        return NULL;
    for (const char *entry = output->str; *entry; entry += strlen(entry) + 1) {
        char *path = path_of_file(entry);

        if (path)
            g_ptr_array_add(paths, path);
    }
    return g_steal_pointer(&paths);
}

/* --- read --- */

static void string_free(GString *text)
{
    if (text)
        g_string_free(text, TRUE);
}

/* git takes "./a" as relative to a directory that a bare cache does not have, and "/a" as "a". */
static bool can_ask(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (gsize i = 0; parts[i]; i++)
        if (!*parts[i] || g_str_equal(parts[i], ".") || g_str_equal(parts[i], ".."))
            return false;
    return *path;
}

/* git reads the trees down to a file anew for every file: for many, one list is quicker. */
static GHashTable *ids_of_files(const Ctx *ctx, GitCache *cache, const char *commit, GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GString) output = list(ctx, cache, commit, error);

    if (!output)
        return NULL;
    for (const char *entry = output->str; *entry; entry += strlen(entry) + 1) {
        char *path = path_of_file(entry);
        const char *id = strstr(entry, " blob ");

        if (path && id)
            g_hash_table_insert(ids, path, g_strndup(id + 6, strcspn(id + 6, "\t")));
        else
            g_free(path);
    }
    return g_steal_pointer(&ids);
}

static char *question(GHashTable *ids, const char *commit, const char *path)
{
    const char *id = ids ? g_hash_table_lookup(ids, path) : NULL;

    if (!can_ask(path))
        return g_strdup("");
    return id ? g_strdup(id) : g_strconcat(commit, ":", path, NULL);
}

/* What git is asked for each path: "" where it is not. The caller's. */
static GStrv questions(const Ctx *ctx, GitCache *cache, const char *commit,
                       const char *const *paths, GError **error)
{
    g_autoptr(GStrvBuilder) asked = g_strv_builder_new();
    g_autoptr(GHashTable) ids = NULL;

    if (g_strv_length((char **)paths) >= MANY_FILES &&
        !(ids = ids_of_files(ctx, cache, commit, error)))
        return NULL;
    for (gsize i = 0; paths[i]; i++) {
        g_autofree char *one = question(ids, commit, paths[i]);

        g_strv_builder_add(asked, one);
    }
    return g_strv_builder_end(asked);
}

static GString *input_of(const char *const *asked)
{
    GString *text = g_string_new(NULL);

    for (; *asked; asked++)
        if (**asked)
            g_string_append_len(text, *asked, (gssize)strlen(*asked) + 1);
    return text;
}

/* "COMMIT:PATH missing\n" repeats the question as it is, and a path may hold any byte. */
static bool skip_missing(Bytes *from, const char *question)
{
    g_autofree char *line = g_strconcat(question, " missing\n", NULL);
    gsize length = strlen(line);

    if ((gsize)(from->end - from->at) < length || memcmp(from->at, line, length) != 0)
        return false;
    from->at += length;
    return true;
}

/* "ID blob SIZE\n...\n", or "symlink SIZE\n...\n" and the like for what is no file. */
static bool next_answer(Bytes *from, GString **text, GError **error)
{
    g_autofree char *header = next_field(from, '\n');
    const char *size_text = header ? strrchr(header, ' ') : NULL;
    guint64 size;

    if (!size_text ||
        !g_ascii_string_to_unsigned(size_text + 1, 10, 0, (guint64)(from->end - from->at), &size,
                                    NULL) ||
        size + 1 > (guint64)(from->end - from->at))
        return hadal_throw(error, HADAL_ERROR_FAILED, "git cat-file: %.100s",
                           header ? header : "no answer");
    if (strstr(header, " blob "))
        *text = g_string_new_len(from->at, (gssize)size);
    from->at += size + 1;
    return true;
}

static bool read_answers(const GString *output, const char *const *asked, gsize max_file,
                         GPtrArray *files, GError **error)
{
    Bytes rest = bytes_of(output);

    for (; *asked; asked++) {
        GString *text = NULL;

        if (**asked && !skip_missing(&rest, *asked) && !next_answer(&rest, &text, error))
            return false;
        if (text && text->len > max_file)
            string_free(g_steal_pointer(&text));
        g_ptr_array_add(files, text);
    }
    return true;
}

static bool ask(const Ctx *ctx, GitCache *cache, const char *batch, const char *const *asked,
                gsize max_output, GString *output, int *status, GError **error)
{
    g_autoptr(GString) input = input_of(asked);
    const GitCommand command = {
        .args = ARGV("cat-file", batch, "-z", "--follow-symlinks"),
        .git_dir = cache->dir,
        .input = input->str,
        .input_length = input->len,
        .max_output = max_output,
        .timeout_ms = cache->timeout_ms,
    };

    return git_command_run(ctx, &command, output, NULL, status, error);
}

static gsize max_batch(const char *const *asked, gsize max_file)
{
    enum { HEADER = 8 << 10 };
    gsize n = g_strv_length((char **)asked);

    return n > MAX_FILES / (max_file + HEADER) ? MAX_FILES : MAX(n, 1) * (max_file + HEADER);
}

/* --- the slow way, when some file is too large to be read with the others --- */

/* Keeps those whose answer to --batch-check is a file of allowed size; others become "". */
static bool leave_out_large(const Ctx *ctx, GitCache *cache, GStrv asked, gsize max_file,
                            GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    Bytes rest;

    if (!ask(ctx, cache, "--batch-check", (const char *const *)asked, MAX_PATHS, output, NULL,
             error))
        return false;
    rest = bytes_of(output);
    for (; *asked; asked++) {
        g_autofree char *line = NULL;
        const char *size;

        if (!**asked || skip_missing(&rest, *asked))
            continue;
        line = next_field(&rest, '\n');
        size = line ? strstr(line, " blob ") : NULL;
        if (!size || g_ascii_strtoull(size + 6, NULL, 10) > max_file)
            **asked = '\0';
    }
    return true;
}

static GPtrArray *read_batch(const Ctx *ctx, GitCache *cache, const char *const *asked,
                             gsize max_file, int *status, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)string_free);
    g_autoptr(GString) output = g_string_new(NULL);

    if (!ask(ctx, cache, "--batch", asked, max_batch(asked, max_file), output, status, error) ||
        !read_answers(output, asked, max_file, files, error))
        return NULL;
    return g_steal_pointer(&files);
}

GPtrArray *git_cache_read(const Ctx *ctx, GitCache *cache, const char *commit,
                          const char *const *paths, gsize max_file, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_auto(GStrv) asked = NULL;
    GPtrArray *files;
    int status = -1;

    if (!check_commits(commit, commit, error) ||
        !(asked = questions(ctx, cache, commit, paths, error)))
        return NULL;
    files = read_batch(ctx, cache, (const char *const *)asked, max_file, &status, &why);
    if (files)
        return files;
    /* Stopped, but not by us: there was more than all files of allowed size can be. */
    if (status >= 0 || why->code != HADAL_ERROR_FAILED || !ctx_check(ctx, NULL)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    if (!leave_out_large(ctx, cache, asked, max_file, error))
        return NULL;
    return read_batch(ctx, cache, (const char *const *)asked, max_file, &status, error);
}
