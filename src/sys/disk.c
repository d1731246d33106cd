// SPDX-License-Identifier: Apache-2.0
#include "sys/disk.h"

#include <sys/statvfs.h>

#define MIB (1024 * G_GINT64_CONSTANT(1024))

DiskRoom disk_judge(gint64 free_bytes, gint64 all_bytes)
{
    if (free_bytes < 100 * MIB)
        return DISK_IS_FULL;
    return free_bytes < 1024 * MIB && free_bytes < all_bytes / 10 ? DISK_IS_LOW : DISK_HAS_ROOM;
}

bool disk_look(const char *path, gint64 *free_bytes, DiskRoom *room)
{
    struct statvfs space;

    if (statvfs(path, &space) < 0)
        return false;
    *free_bytes = (gint64)space.f_bavail * (gint64)space.f_frsize;
    *room = disk_judge(*free_bytes, (gint64)space.f_blocks * (gint64)space.f_frsize);
    return true;
}
