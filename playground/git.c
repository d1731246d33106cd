// SPDX-License-Identifier: Apache-2.0
/* The git program on bare repositories. What goes over HTTP is git_http.c. */
#include "git.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

#include "sys/proc.h"

enum { OUTPUT_LIMIT = 256 * 1024 * 1024, TIMEOUT_MS = 60000, GRACE_MS = 1000 };

static GStrv git_env(const User *author)
{
    GStrv env = proc_base_env();
    const User *user = author ? author : user_bot();

    env = g_environ_setenv(env, "GIT_CONFIG_NOSYSTEM", "1", TRUE);
    env = g_environ_setenv(env, "GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    env = g_environ_setenv(env, "GIT_AUTHOR_NAME", user->name, TRUE);
    env = g_environ_setenv(env, "GIT_AUTHOR_EMAIL", user->account, TRUE);
    env = g_environ_setenv(env, "GIT_COMMITTER_NAME", user->name, TRUE);
    return g_environ_setenv(env, "GIT_COMMITTER_EMAIL", user->account, TRUE);
}

typedef struct _GitCall GitCall;
struct _GitCall {
    const char *dir;
    const char *const *argv;
    const User *author;
    const GString *input;
    int ok_status; /* an exit status besides 0 that is an answer */
};

static GString *run(const GitCall *call, int *status, GError **error)
{
    static const Ctx ctx = { .command = "git" };
    g_auto(GStrv) env = git_env(call->author);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(GError) own = NULL;
    int exit_status = -1;
    const ProcSpec spec = {
        .argv = call->argv,
        .dir = call->dir,
        .env = (const char *const *)env,
        .input = call->input ? call->input->str : NULL,
        .input_length = call->input ? call->input->len : 0,
        .max_output = OUTPUT_LIMIT,
        .timeout_ms = TIMEOUT_MS,
        .grace_ms = GRACE_MS,
        .ends_at_limit = true,
    };

    if (!proc_run(&ctx, &spec, output, errors, &exit_status, &own) &&
        (exit_status <= 0 || exit_status != call->ok_status)) {
        g_propagate_error(error, g_steal_pointer(&own));
        return hadal_prefix_null(error, "git %s: %.200s", call->argv[1], errors->str);
    }
    if (status)
        *status = exit_status;
    return g_steal_pointer(&output);
}

static GStrv argv_of(va_list args)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    g_strv_builder_add(argv, "git");
    for (const char *arg = va_arg(args, const char *); arg; arg = va_arg(args, const char *))
        g_strv_builder_add(argv, arg);
    return g_strv_builder_end(argv);
}

static char *chomped(GString *text)
{
    return text ? g_strchomp(g_string_free(text, FALSE)) : NULL;
}

static char *run_text(const char *dir, const User *author, const char *const *argv, GError **error)
{
    return chomped(run(&(GitCall){ .dir = dir, .argv = argv, .author = author }, NULL, error));
}

GString *git_bytes(const char *dir, GError **error, ...)
{
    va_list args;

    va_start(args, error);
    g_auto(GStrv) argv = argv_of(args);
    va_end(args);
    return run(&(GitCall){ .dir = dir, .argv = (const char *const *)argv }, NULL, error);
}

char *git_text(const char *dir, GError **error, ...)
{
    va_list args;

    va_start(args, error);
    g_auto(GStrv) argv = argv_of(args);
    va_end(args);
    return run_text(dir, NULL, (const char *const *)argv, error);
}

bool git_is_commit_id(const char *text)
{
    return text && strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

static const char *const settings[][2] = {
    { "http.receivepack", "true" },
    { "uploadpack.allowFilter", "true" },
    { "receive.denyNonFastForwards", "false" },
    { "receive.denyDeleteCurrent", "ignore" },
    { "gc.auto", "0" },
    { "maintenance.auto", "false" },
};

/* What only the playground may see or write: fork sources, and the merge refs it makes itself. */
static const char hidden[] = "[transfer]\n\thideRefs = refs/playground\n"
                             "[receive]\n\thideRefs = refs/pull\n";

static bool write_settings(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "config", NULL);
    g_autoptr(GString) text = g_string_new("[core]\n\trepositoryformatversion = 0\n"
                                           "\tfilemode = true\n\tbare = true\n");

    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_auto(GStrv) name = g_strsplit(settings[i][0], ".", 2);

        g_string_append_printf(text, "[%s]\n\t%s = %s\n", name[0], name[1], settings[i][1]);
    }
    g_string_append(text, hidden);
    return g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_NONE,
                                    0600, error);
}

bool git_init(const char *dir, GError **error)
{
    g_autofree char *output = NULL;

    if (g_mkdir_with_parents(dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", dir);
    output = git_text(dir, error, "init", "--quiet", "--bare",
                      "--template=", "--initial-branch=main", ".", NULL);
    return output && write_settings(dir, error);
}

bool git_fork(const char *dir, const char *parent, GError **error)
{
    g_autofree char *output = NULL;

    if (!git_init(dir, error))
        return false;
    output = git_text(dir, error, "fetch", "--quiet", "--no-write-fetch-head", parent,
                      "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*", NULL);
    return output != NULL;
}

char *git_rev(const char *dir, const char *rev, GError **error)
{
    g_autofree char *wanted = g_strconcat(rev, "^{commit}", NULL);
    g_autofree char *id = NULL;

    if (!git_is_commit_id(rev) && !g_str_has_prefix(rev, "refs/"))
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND, "not a commit: %.80s", rev);
    id = git_text(dir, NULL, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted, NULL);
    if (!id || !git_is_commit_id(id))
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND, "no such commit: %.80s", rev);
    return g_steal_pointer(&id);
}

char *git_merge_base(const char *dir, const char *a, const char *b, GError **error)
{
    return git_text(dir, error, "merge-base", a, b, NULL);
}

bool git_is_ancestor(const char *dir, const char *old, const char *new)
{
    g_autofree char *output = git_text(dir, NULL, "merge-base", "--is-ancestor", old, new, NULL);

    return output != NULL;
}

bool git_set_ref(const char *dir, const char *ref, const char *id, const char *old, GError **error)
{
    g_autoptr(GError) own = NULL;
    g_autofree char *output = NULL;
    const char *const delete[] = { "git", "update-ref", "-d", ref, old, NULL };
    const char *const set[] = { "git", "update-ref", ref, id, old, NULL };

    output = run_text(dir, NULL, id ? set : delete, &own);
    if (output)
        return true;
    return hadal_throw(error, old ? HADAL_ERROR_CONFLICT : HADAL_ERROR_FAILED, "%s", own->message);
}

bool git_fetch_source(const char *dir, const char *from, const char *ref, int pull, GError **error)
{
    g_autofree char *spec = g_strdup_printf("+%s:refs/playground/%d/source", ref, pull);
    g_autofree char *output = git_text(dir, error, "fetch", "--quiet", "--no-tags",
                                       "--no-write-fetch-head", from, spec, NULL);

    return output != NULL;
}

static bool is_plain_path(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (gsize i = 0; parts[i]; i++)
        if (*parts[i] == '\0' || g_str_equal(parts[i], ".") || g_str_equal(parts[i], "..") ||
            g_ascii_strcasecmp(parts[i], ".git") == 0)
            return false;
    return parts[0] != NULL && !strpbrk(path, "\n\r");
}

static void append_quoted(GString *text, const char *path)
{
    g_string_append_c(text, '"');
    for (const char *c = path; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *c);
    }
    g_string_append_c(text, '"');
}

static void append_data(GString *text, const char *bytes, gsize length)
{
    g_string_append_printf(text, "data %" G_GSIZE_FORMAT "\n", length);
    g_string_append_len(text, bytes, (gssize)length);
    g_string_append_c(text, '\n');
}

static bool append_files(GString *text, const json_t *files, GError **error)
{
    const char *path;
    json_t *content;

    json_object_foreach((json_t *)files, path, content)
    {
        if (!is_plain_path(path))
            return hadal_throw(error, HADAL_ERROR_INVALID, "not a file's path: %.200s", path);
        g_string_append(text, json_is_null(content) ? "D " : "M 100644 inline ");
        append_quoted(text, path);
        g_string_append_c(text, '\n');
        if (!json_is_null(content))
            append_data(text, json_string_value(content), json_string_length(content));
    }
    return true;
}

/* fast-import moves a branch only forward, and that is right here: commits go on top. */
char *git_commit(const char *dir, const CommitSpec *spec, GError **error)
{
    g_autoptr(GString) input = g_string_new(NULL);
    g_autoptr(GString) output = NULL;
    g_autofree char *tip = git_rev(dir, spec->branch, NULL);
    g_autofree char *base = !tip && spec->base ? git_rev(dir, spec->base, error) : NULL;

    if (!tip && spec->base && !base)
        return NULL;
    g_string_append_printf(input, "commit %s\ncommitter %s <%s> %" G_GINT64_FORMAT " +0000\n",
                           spec->branch, spec->author->name, spec->author->account,
                           time_now() / G_USEC_PER_SEC);
    append_data(input, spec->message, strlen(spec->message));
    if (tip || base)
        g_string_append_printf(input, "from %s\n", tip ? tip : base);
    if (!append_files(input, spec->files, error))
        return NULL;
    output = run(&(GitCall){ .dir = dir,
                             .argv = ARGV("git", "fast-import", "--quiet", "--date-format=raw"),
                             .input = input },
                 NULL, error);
    return output ? git_rev(dir, spec->branch, error) : NULL;
}

char *git_merge_trees(const char *dir, const char *target, const char *source, bool *conflicts,
                      GError **error)
{
    int status = 0;
    g_autoptr(GString) output =
        run(&(GitCall){ .dir = dir,
                        .argv = ARGV("git", "merge-tree", "--write-tree",
                                     "--allow-unrelated-histories", target, source),
                        .ok_status = 1 },
            &status, error);

    *conflicts = output && status == 1;
    if (!output || *conflicts)
        return NULL;
    return chomped(g_steal_pointer(&output));
}

char *git_commit_tree(const char *dir, const char *tree, const char *first, const char *second,
                      const User *author, const char *message, GError **error)
{
    const char *const argv[] = { "git", "commit-tree",        tree,   "-m", message, "-p",
                                 first, second ? "-p" : NULL, second, NULL };

    return run_text(dir, author, argv, error);
}

/* The one thing that wants a working tree; it is thrown away again. */
char *git_rebase(const char *dir, const char *target, const char *source, const User *committer,
                 bool *conflicts, GError **error)
{
    g_autofree char *name = new_guid();
    g_autofree char *tree = g_build_filename(dir, name, NULL);
    g_autofree char *added = NULL, *result = NULL, *removed = NULL;
    g_autoptr(GString) output = NULL;
    int status = 0;

    *conflicts = false;
    added = git_text(dir, error, "worktree", "add", "--quiet", "--detach", tree, source, NULL);
    if (!added)
        return NULL;
    output = run(&(GitCall){ .dir = tree,
                             .argv = ARGV("git", "rebase", "--quiet", target),
                             .author = committer,
                             .ok_status = 1 },
                 &status, error);
    *conflicts = output && status == 1;
    if (output && status == 0)
        result = git_text(tree, error, "rev-parse", "HEAD", NULL);
    /* Left-overs of a throw-away tree do no harm. */
    removed = git_text(dir, NULL, "worktree", "remove", "--force", tree, NULL);
    return g_steal_pointer(&result);
}

static void change_free(gpointer data)
{
    Change *change = data;

    g_free(change->path);
    g_free(change->old_path);
    g_free(change->object);
    g_free(change->old_object);
    g_free(change);
}

static const char *change_kind(char letter, bool same_content)
{
    switch (letter) {
    case 'A':
    case 'C':
        return "add";
    case 'D':
        return "delete";
    case 'R':
        return same_content ? "rename" : "edit, rename";
    default:
        return "edit";
    }
}

static char *object_or_null(const char *id)
{
    return g_str_equal(id, GIT_ZERO) ? NULL : g_strdup(id);
}

/* ":100644 100644 <old> <new> R100" NUL old path NUL new path NUL */
GPtrArray *git_changes(const char *dir, const char *from, const char *to, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);
    g_autoptr(GString) output = git_bytes(dir, error, "diff-tree", "-r", "-z", "-M", "--raw",
                                          "--no-abbrev", from, to, NULL);
    const char *at, *end;

    if (!output)
        return NULL;
    at = output->str;
    end = at + output->len;
    while (at < end) {
        g_auto(GStrv) fields = g_strsplit(at, " ", 5);
        Change *change = g_new0(Change, 1);
        bool moved = g_strv_length(fields) == 5 && strchr("RC", *fields[4]);

        g_ptr_array_add(changes, change);
        if (g_strv_length(fields) != 5)
            return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "git diff-tree: %.80s", at);
        change->kind = change_kind(*fields[4], g_str_equal(fields[2], fields[3]));
        change->old_object = object_or_null(fields[2]);
        change->object = object_or_null(fields[3]);
        at += strlen(at) + 1;
        if (moved) {
            change->old_path = g_utf8_make_valid(at, -1);
            at += strlen(at) + 1;
        }
        change->path = g_utf8_make_valid(at, -1);
        at += strlen(at) + 1;
    }
    return g_steal_pointer(&changes);
}

void commit_info_free(gpointer data)
{
    CommitInfo *info = data;

    g_free(info->id);
    g_free(info->author);
    g_free(info->author_mail);
    g_free(info->committer);
    g_free(info->committer_mail);
    g_free(info->comment);
    g_strfreev(info->parents);
    g_free(info);
}

static CommitInfo *commit_info_of(const char *record)
{
    g_auto(GStrv) fields = g_strsplit(record, "\x1f", 9);
    CommitInfo *info;

    if (g_strv_length(fields) != 9)
        return NULL;
    info = g_new0(CommitInfo, 1);
    info->id = g_strdup(fields[0]);
    info->parents = g_strsplit(fields[1], " ", -1);
    info->author = g_strdup(fields[2]);
    info->author_mail = g_strdup(fields[3]);
    info->author_time = g_ascii_strtoll(fields[4], NULL, 10) * G_USEC_PER_SEC;
    info->committer = g_strdup(fields[5]);
    info->committer_mail = g_strdup(fields[6]);
    info->committer_time = g_ascii_strtoll(fields[7], NULL, 10) * G_USEC_PER_SEC;
    info->comment = g_strchomp(g_strdup(fields[8]));
    return info;
}

GPtrArray *git_log(const char *dir, const char *range, int skip, int limit, GError **error)
{
    g_autofree char *skip_arg = g_strdup_printf("--skip=%d", skip);
    g_autofree char *limit_arg = g_strdup_printf("--max-count=%d", limit);
    g_autoptr(GString) output =
        git_bytes(dir, error, "log", "-z", "--topo-order", skip_arg, limit_arg,
                  "--format=%H%x1f%P%x1f%an%x1f%ae%x1f%at%x1f%cn%x1f%ce%x1f%ct%x1f%B",
                  "--end-of-options", range, NULL);
    g_autoptr(GPtrArray) commits = g_ptr_array_new_with_free_func(commit_info_free);

    if (!output)
        return NULL;
    for (const char *at = output->str; at < output->str + output->len; at += strlen(at) + 1) {
        CommitInfo *info = commit_info_of(at);

        if (info)
            g_ptr_array_add(commits, info);
    }
    return g_steal_pointer(&commits);
}

GHashTable *git_refs(const char *dir, GError **error)
{
    g_autoptr(GHashTable) refs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text =
        git_text(dir, error, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads",
                 "refs/tags", "refs/pull", NULL);
    g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

    if (!text)
        return NULL;
    for (gsize i = 0; lines[i] && *lines[i]; i++)
        g_hash_table_insert(refs, g_strdup(lines[i] + 41), g_strndup(lines[i], 40));
    return g_steal_pointer(&refs);
}
