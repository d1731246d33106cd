// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli/cli.h"
#include "config/settings.h"

int cmd_reference(int argc, char **argv)
{
    g_autofree char *page = NULL;

    if (argc != 3 || !g_str_equal(argv[2], "server")) {
        fputs("usage: hadal reference server\n", stderr);
        return 2;
    }
    page = settings_reference();
    fputs(page, stdout);
    return 0;
}
