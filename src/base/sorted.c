// SPDX-License-Identifier: Apache-2.0
#include "base/sorted.h"

#include <string.h>

guint sorted_first(const GPtrArray *list, const char *prefix)
{
    guint low = 0, high = list->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (strcmp(list->pdata[middle], prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool sorted_has(const GPtrArray *list, const char *path)
{
    guint i = sorted_first(list, path);

    return i < list->len && g_str_equal(list->pdata[i], path);
}

bool sorted_has_prefix(const GPtrArray *list, const char *prefix)
{
    guint i = sorted_first(list, prefix);

    return i < list->len && g_str_has_prefix(list->pdata[i], prefix);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void sorted_sort(GPtrArray *list)
{
    g_ptr_array_sort(list, compare);
}
