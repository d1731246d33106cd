// SPDX-License-Identifier: Apache-2.0
#include "grammar/flags.h"

static const Flag flags[] = {
    {
        .name = "dir",
        .letter = 'd',
        .takes = COMMAND_TAKES_DIR,
        .value = "DIR",
        .help = "Only this directory, from the top of the repository.",
    },
    {
        .name = "workspace",
        .letter = 'w',
        .takes = COMMAND_TAKES_WORKSPACE,
        .value = "WORKSPACE",
        .help = "Only this workspace.",
    },
    {
        .name = "project",
        .letter = 'p',
        .takes = COMMAND_TAKES_PROJECT,
        .value = "NAME",
        .help = "Only the project of this name; without -d and -w.",
    },
    {
        .name = "verbose",
        .takes = COMMAND_TAKES_VERBOSE,
        .help = "Show the log of the command as well.",
    },
};

GPtrArray *flags_of(unsigned takes)
{
    GPtrArray *found = g_ptr_array_new();

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        if (takes & flags[i].takes)
            g_ptr_array_add(found, (gpointer)&flags[i]);
    return found;
}
