// SPDX-License-Identifier: Apache-2.0
#include "git/refs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ids.h"
#include "git/checkout.h"

enum { MAX_REF_FILE = 100 };

/* Not beside the ref: what a killed process leaves in refs/ would be a broken ref to git. */
static char *temporary(const char *git_dir)
{
    return g_strdup_printf("%s/hadal-ref.%" G_GINT64_FORMAT, git_dir, id_new());
}

static bool put(const char *from, const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0700) < 0)
        return hadal_throw_errno(error, "create %s", parent);
    return g_rename(from, path) == 0 || hadal_throw_errno(error, "rename to %s", path);
}

bool git_ref_write(const char *git_dir, const char *ref, const char *commit, GError **error)
{
    g_autofree char *path = g_build_filename(git_dir, ref, NULL);
    g_autofree char *from = temporary(git_dir);
    g_autofree char *line = g_strconcat(commit, "\n", NULL);

    if (!g_file_set_contents_full(from, line, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, error))
        return false;
    if (put(from, path, error))
        return true;
    g_unlink(from);
    return false;
}

char *git_ref_read(const char *git_dir, const char *ref)
{
    g_autofree char *path = g_build_filename(git_dir, ref, NULL);
    char line[MAX_REF_FILE + 1];
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : TEMP_FAILURE_RETRY(read(fd, line, MAX_REF_FILE));

    if (n <= 0)
        return NULL;
    line[n] = '\0';
    return git_is_commit_id(g_strchomp(line)) ? g_strdup(line) : NULL;
}

bool git_ref_remove(const char *git_dir, const char *ref, GError **error)
{
    g_autofree char *path = g_build_filename(git_dir, ref, NULL);

    if (g_unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
        return true;
    return hadal_throw_errno(error, "remove %s", path);
}
