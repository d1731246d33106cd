// SPDX-License-Identifier: Apache-2.0
#include "grammar/flags.h"

#define PLACE(field) .place = G_STRUCT_OFFSET(CommandArgs, field)

static const Flag flags[] = {
    {
        .name = "dir",
        PLACE(dir),
        .letter = 'd',
        .takes = COMMAND_TAKES_DIR,
        .value = "DIR",
        .help = "Only this directory, from the top of the repository.",
    },
    {
        .name = "workspace",
        PLACE(workspace),
        .letter = 'w',
        .takes = COMMAND_TAKES_WORKSPACE,
        .value = "WORKSPACE",
        .help = "Only this workspace.",
    },
    {
        .name = "project",
        PLACE(project),
        .letter = 'p',
        .takes = COMMAND_TAKES_PROJECT,
        .value = "NAME",
        .help = "Only the project of this name; without -d and -w.",
    },
    {
        .name = "verbose",
        PLACE(is_verbose),
        .takes = COMMAND_TAKES_VERBOSE,
        .help = "Show the log of the command as well.",
    },
    {
        .name = "auto-merge-disabled",
        PLACE(auto_merge_disabled),
        .takes = COMMAND_TAKES_MERGE,
        .help = "Do not complete the pull request afterwards.",
    },
    {
        .name = "auto-merge-method",
        PLACE(auto_merge_method),
        .takes = COMMAND_TAKES_MERGE,
        .value = "METHOD",
        .help = "Complete it by merge, rebase, squash or semi-linear.",
    },
    {
        .name = "policy-set",
        PLACE(policy_set),
        .takes = COMMAND_TAKES_POLICY_SET,
        .value = "NAME",
        .help = "Only this set of policies.",
    },
    {
        .name = "clear-policy-approval",
        PLACE(clears_approval),
        .takes = COMMAND_TAKES_POLICY_SET,
        .help = "Take approvals back.",
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
