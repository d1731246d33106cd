// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/* The files of web/playground/, made into C by embed.py. */
typedef struct _Asset Asset;
struct _Asset {
    const char *name, *type;
    const unsigned char *bytes;
    gsize length;
};
extern const Asset assets[];
extern const gsize assets_count;
