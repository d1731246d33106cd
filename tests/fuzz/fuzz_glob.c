// SPDX-License-Identifier: Apache-2.0
/* Path patterns: the first line is a pattern, or several with commas; the second is a path. */
#include <string.h>

#include "base/glob.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_list(const char *const *patterns, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GlobList) list = glob_list_new(patterns, &error);

    g_assert_true((list == NULL) == (error != NULL));
    if (list)
        glob_list_matches(list, path);
}

static void check_path(const char *pattern, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GlobPath) glob = glob_path_new(pattern, &error);

    g_assert_true((glob == NULL) == (error != NULL));
    if (!glob)
        return;
    /* A pattern without signs is itself. */
    if (!glob_is_pattern(pattern) && !strchr(pattern, '\\'))
        g_assert_true(glob_path_matches(glob, path) == g_str_equal(pattern, path));
    glob_path_matches(glob, path);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char *newline = strchr(text, '\n');
    const char *path = newline ? newline + 1 : "a/b/c.tf";
    g_auto(GStrv) patterns = NULL;

    if (newline)
        *newline = '\0';
    patterns = g_strsplit(text, ",", -1);
    check_list((const char *const *)patterns, path);
    check_path(text, path);
    glob_allows((const char *const *)patterns, path);
    return 0;
}
