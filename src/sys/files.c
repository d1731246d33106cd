// SPDX-License-Identifier: Apache-2.0
#include "sys/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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

static bool measure(const char *path, int depth, gint64 *bytes, GError **error)
{
    g_autoptr(DIR) dir = NULL;
    const struct dirent *entry;
    struct stat info;

    if (lstat(path, &info) < 0)
        return errno == ENOENT || hadal_throw_errno(error, "look at %s", path);
    *bytes += (gint64)info.st_blocks * 512; /* stat(2): whatever the file system's own blocks are */
    if (!S_ISDIR(info.st_mode))
        return true;
    dir = depth < MAX_DEPTH ? opendir(path) : NULL;
    while (dir && (entry = readdir(dir))) {
        g_autofree char *child = g_build_filename(path, entry->d_name, NULL);

        if (!is_dots(entry->d_name) && !measure(child, depth + 1, bytes, error))
            return false;
    }
    return dir || hadal_throw(error, HADAL_ERROR_FAILED, "%s cannot be measured", path);
}

bool files_measure_tree(const char *path, gint64 *bytes, GError **error)
{
    return measure(path, 0, bytes, error);
}

/* There is no function for it in glibc 2.36. */
static int open_beneath(int dir, const char *path)
{
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, /* a pipe must not keep us */
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static bool is_missing(int number)
{
    return number == ENOENT || number == ENOTDIR;
}

static bool read_all(int fd, const char *path, gsize most, GString *out, GError **error)
{
    char block[16 << 10];
    ssize_t n;

    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hadal_throw_errno(error, "read %s", path);
        g_string_append_len(out, block, n);
        if (out->len > most)
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "%s is larger than %" G_GSIZE_FORMAT " bytes", path, most);
    }
    return true;
}

bool files_read_beneath(const char *dir, const char *path, gsize most, char **text, GError **error)
{
    auto_fd int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    auto_fd int fd = root >= 0 ? open_beneath(root, path) : -1;
    g_autoptr(GString) out = g_string_new(NULL);
    struct stat info;

    *text = NULL;
    if (fd < 0 && root >= 0 && errno == ELOOP)
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s is a link, or behind one", path);
    if (fd < 0)
        return is_missing(errno) || hadal_throw_errno(error, "open %s", path);
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s is not a file", path);
    if (!read_all(fd, path, most, out, error))
        return false;
    *text = g_string_free(g_steal_pointer(&out), FALSE);
    return true;
}
