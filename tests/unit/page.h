// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "test.h"

/* That a page which is printed from tables lies in the source as it is printed now. */
static inline void assert_page_is_fresh(const char *name, char *(*print)(void))
{
    g_autofree char *path = g_build_filename(g_getenv("HADAL_SOURCE_ROOT"), name, NULL);
    g_autofree char *page = print();
    g_autofree char *committed = NULL;

    assert_true(g_file_get_contents(path, &committed, NULL, NULL));
    if (!g_str_equal(committed, page))
        fail_msg("%s is not what the tables say: make docs", name);
}
