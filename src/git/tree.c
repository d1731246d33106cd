// SPDX-License-Identifier: Apache-2.0
#include "git/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/ids.h"

/* Deeper than this a directory is first moved to the top: neither stack nor descriptors run out. */
enum { MAX_DEPTH = 100 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DIR, closedir)

typedef struct {
    const Ctx *ctx;
    int top; /* directory into which too deep ones are moved; -1: they are left out */
    bool removes;
    bool has_moved;
} Walk;

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* Never through a link. A directory that its owner closed is opened up first. */
static int open_dir(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;

    if (fd >= 0 || errno != EACCES)
        return fd;
    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(info.st_mode) ||
        fchmodat(parent, name, 0700, 0) < 0)
        return -1;
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool move_to_top(Walk *walk, int parent, const char *name, GError **error)
{
    g_autofree char *at_top = g_strdup_printf("deep.%" G_GINT64_FORMAT, id_new());

    if (walk->top < 0)
        return true;
    if (renameat(parent, name, walk->top, at_top) < 0)
        return hadal_throw_errno(error, "move %s up", name);
    walk->has_moved = true;
    return true;
}

static bool is_dir(int parent, const struct dirent *entry)
{
    struct stat info;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(parent, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

static bool walk_dir(Walk *walk, int parent, const char *name, int depth, GError **error);

static bool visit(Walk *walk, int dir, const struct dirent *entry, int depth, GError **error)
{
    if (is_dots(entry->d_name))
        return true;
    if (is_dir(dir, entry))
        return depth < MAX_DEPTH ? walk_dir(walk, dir, entry->d_name, depth + 1, error)
                                 : move_to_top(walk, dir, entry->d_name, error);
    if (!walk->removes || unlinkat(dir, entry->d_name, 0) == 0 || errno == ENOENT)
        return true;
    return hadal_throw_errno(error, "remove %s", entry->d_name);
}

/* What is added while we look stays, and then the directory cannot be removed: that is said. */
static bool walk_dir(Walk *walk, int parent, const char *name, int depth, GError **error)
{
    auto_fd int fd = open_dir(parent, name);
    g_autoptr(DIR) stream = NULL;
    const struct dirent *entry;
    struct stat info;

    if (fd < 0)
        return errno == ENOENT || hadal_throw_errno(error, "open %s", name);
    if (fstat(fd, &info) == 0 && (info.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0)
        return hadal_throw_errno(error, "open up %s", name);
    stream = fdopendir(g_steal_fd(&fd));
    while ((entry = readdir(stream)))
        if (!ctx_check(walk->ctx, error) || !visit(walk, dirfd(stream), entry, depth, error))
            return false;
    if (!walk->removes || depth == 0 || unlinkat(parent, name, AT_REMOVEDIR) == 0 ||
        errno == ENOENT)
        return true;
    return hadal_throw_errno(error, "remove directory %s", name);
}

static bool empty_dir(const Ctx *ctx, const char *path, GError **error)
{
    auto_fd int top = open_dir(AT_FDCWD, path);
    Walk walk = { .ctx = ctx, .top = top, .removes = true };

    do {
        walk.has_moved = false;
        if (!walk_dir(&walk, AT_FDCWD, path, 0, error))
            return false;
    } while (walk.has_moved);
    return true;
}

bool tree_remove(const Ctx *ctx, const char *path, GError **error)
{
    struct stat info;

    if (lstat(path, &info) < 0)
        return errno == ENOENT || errno == ENOTDIR || hadal_throw_errno(error, "remove %s", path);
    if (!S_ISDIR(info.st_mode))
        return unlinkat(AT_FDCWD, path, 0) == 0 || hadal_throw_errno(error, "remove %s", path);
    if (!empty_dir(ctx, path, error))
        return hadal_prefix(error, "remove %s", path);
    if (unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
        return true;
    return hadal_throw_errno(error, "remove %s", path);
}

bool tree_open_up(const Ctx *ctx, const char *path, GError **error)
{
    Walk walk = { .ctx = ctx, .top = -1 };

    return walk_dir(&walk, AT_FDCWD, path, 0, error) || hadal_prefix(error, "open up %s", path);
}
