// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Lists of paths in the order of their bytes, as git gives them. Of char *. */

/* Where in list the paths that begin with prefix are, if there are any. */
guint sorted_first(const GPtrArray *list, const char *prefix);
bool sorted_has(const GPtrArray *list, const char *path);
bool sorted_has_prefix(const GPtrArray *list, const char *prefix);
void sorted_sort(GPtrArray *list);
