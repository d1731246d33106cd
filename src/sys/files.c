// SPDX-License-Identifier: Apache-2.0
#include "sys/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DIR, closedir)

enum { MAX_DEPTH = 512 }; /* of nested directories: each holds a descriptor */

static bool remove_at(int parent, const char *name, int depth, GError **error);

static bool is_dots(const char *name)
{
    return g_str_equal(name, ".") || g_str_equal(name, "..");
}

static bool empty_directory(int parent, const char *name, int depth, GError **error)
{
    auto_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    g_autoptr(DIR) dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (!dir)
        return errno == ENOENT || hadal_throw_errno(error, "open %s", name);
    fd = -1; /* now the stream's */
    if (depth >= MAX_DEPTH)
        return hadal_throw(error, HADAL_ERROR_FAILED, "%s is nested too deeply to remove", name);
    while ((entry = readdir(dir)))
        if (!is_dots(entry->d_name) && !remove_at(dirfd(dir), entry->d_name, depth + 1, error))
            return false;
    return true;
}

static bool remove_at(int parent, const char *name, int depth, GError **error)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return hadal_throw_errno(error, "remove %s", name);
    if (!empty_directory(parent, name, depth, error))
        return false;
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return true;
    return hadal_throw_errno(error, "remove directory %s", name);
}

bool files_remove_tree(const char *path, GError **error)
{
    return remove_at(AT_FDCWD, path, 0, error) || hadal_prefix(error, "remove %s", path);
}
