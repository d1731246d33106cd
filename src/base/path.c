// SPDX-License-Identifier: Apache-2.0
#include "base/path.h"

#include <glib.h>
#include <string.h>

char *path_clean(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new(); /* borrowed from parts */

    for (char **part = parts; *part; part++) {
        const char *last = kept->len ? kept->pdata[kept->len - 1] : "..";

        if (!**part || g_str_equal(*part, "."))
            continue;
        if (g_str_equal(*part, "..") && !g_str_equal(last, ".."))
            g_ptr_array_set_size(kept, (gint)kept->len - 1);
        else
            g_ptr_array_add(kept, *part);
    }
    if (kept->len == 0)
        return g_strdup(".");
    g_ptr_array_add(kept, NULL);
    return g_strjoinv("/", (char **)kept->pdata);
}
