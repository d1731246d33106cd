// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether checkouts, providers and plans have room: they stop working long before the last byte. */
typedef enum {
    DISK_HAS_ROOM,
    DISK_IS_LOW,  /* less than 1 GiB and less than a tenth of it all */
    DISK_IS_FULL, /* less than 100 MiB: not one provider */
} DiskRoom;
DiskRoom disk_judge(gint64 free_bytes, gint64 all_bytes);

/* Of the file system of path. False, with errno, when it cannot be told. */
bool disk_look(const char *path, gint64 *free_bytes, DiskRoom *room);
