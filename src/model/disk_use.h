// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/* What a cache has on the disk after it was brought below its bound. */
typedef struct _DiskUse DiskUse;
struct _DiskUse {
    gint64 bytes;
    guint n_removed; /* entries */
};
