// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

#include "test.h"

/* Texts as files in tests/golden. UPDATE_GOLDEN=1 writes them anew: look at the difference. */
static inline char *golden_path(const char *name)
{
    return g_build_filename(g_getenv("HADAL_SOURCE_ROOT"), "tests", "golden", name, NULL);
}

static inline void assert_golden(const char *name, const char *text)
{
    g_autofree char *path = golden_path(name);
    g_autofree char *want = NULL;

    if (g_getenv("UPDATE_GOLDEN"))
        assert_true(g_file_set_contents(path, text, -1, NULL));
    if (!g_file_get_contents(path, &want, NULL, NULL))
        fail_msg("%s is missing: UPDATE_GOLDEN=1 writes it", path);
    assert_string_equal(text, want);
}
