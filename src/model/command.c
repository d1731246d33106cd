// SPDX-License-Identifier: Apache-2.0
#include "model/command.h"

#define TARGETS (COMMAND_TAKES_DIR | COMMAND_TAKES_WORKSPACE | COMMAND_TAKES_PROJECT)

static const CommandInfo infos[COMMAND_KINDS] = {
    [COMMAND_PLAN] = {
        .name = "plan",
        .title = "Plan",
        .takes = TARGETS | COMMAND_TAKES_VERBOSE | COMMAND_TAKES_EXTRA | COMMAND_FROM_COMMENT,
        .help = "Plans the projects this pull request changes, or the one that is named.",
    },
    [COMMAND_APPLY] = {
        .name = "apply",
        .title = "Apply",
        .takes = TARGETS | COMMAND_TAKES_VERBOSE | COMMAND_TAKES_EXTRA | COMMAND_FROM_COMMENT |
                 COMMAND_TAKES_MERGE | COMMAND_NEVER_REPEATED,
        .help = "Applies all plans of this pull request, or the one that is named.",
    },
    [COMMAND_UNLOCK] = {
        .name = "unlock",
        .title = "Unlock",
        .takes = TARGETS | COMMAND_FROM_COMMENT | COMMAND_ON_CLOSED_PULL,
        .help = "Gives up this pull request's locks and discards its plans, or those of one "
                "project.",
    },
    [COMMAND_APPROVE_POLICIES] = {
        .name = "approve_policies",
        .title = "Approve policies",
        .takes = TARGETS | COMMAND_TAKES_VERBOSE | COMMAND_TAKES_POLICY_SET | COMMAND_FROM_COMMENT,
        .help = "Approves what policies found in this pull request's plans, for their owners.",
    },
    [COMMAND_IMPORT] = {
        .name = "import",
        .title = "Import",
        .takes = TARGETS | COMMAND_TAKES_VERBOSE | COMMAND_TAKES_EXTRA | COMMAND_FROM_COMMENT |
                 COMMAND_NEVER_REPEATED,
        .operands = "ADDRESS ID",
        .least_operands = 2,
        .most_operands = 2,
        .help = "Takes what exists already into the state of a project.",
    },
    [COMMAND_STATE_RM] = {
        .name = "state",
        .word = "rm",
        .title = "State rm",
        .takes = TARGETS | COMMAND_TAKES_VERBOSE | COMMAND_TAKES_EXTRA | COMMAND_FROM_COMMENT |
                 COMMAND_NEVER_REPEATED,
        .operands = "ADDRESS...",
        .least_operands = 1,
        .most_operands = G_MAXUINT,
        .help = "Takes resources out of the states of projects; they go on existing.",
    },
    [COMMAND_CANCEL] = {
        .name = "cancel",
        .title = "Cancel",
        .takes = COMMAND_FROM_COMMENT | COMMAND_ON_CLOSED_PULL,
        .help = "Ends this pull request's commands that wait, and stops the one that runs.",
    },
    [COMMAND_VERSION] = {
        .name = "version",
        .title = "Version",
        .takes = TARGETS | COMMAND_TAKES_VERBOSE | COMMAND_TAKES_EXTRA | COMMAND_FROM_COMMENT,
        .help = "Tells which versions of the server and its tools are at work.",
    },
    [COMMAND_HELP] = {
        .name = "help",
        .title = "Help",
        .takes = COMMAND_FROM_COMMENT | COMMAND_ON_CLOSED_PULL,
        .help = "Shows what can be typed here.",
    },
    [COMMAND_REPLY] = {
        .name = "reply",
        .title = "Reply",
        .takes = COMMAND_ON_CLOSED_PULL,
        .help = "Answers a comment that could not be carried out.",
    },
    [COMMAND_CLOSE] = {
        .name = "close",
        .title = "Close",
        .takes = COMMAND_ON_CLOSED_PULL,
        .help = "Releases everything of a pull request that was completed or abandoned.",
    },
};

const CommandInfo *command_info(CommandKind kind)
{
    g_assert(kind < COMMAND_KINDS);
    return &infos[kind];
}

bool command_kind_find(const char *name, CommandKind *kind)
{
    for (int i = 0; i < COMMAND_KINDS; i++)
        if (g_str_equal(infos[i].name, name)) {
            *kind = (CommandKind)i;
            return true;
        }
    return false;
}

#define TO(state) (1u << COMMAND_##state)

// clang-format off
static const struct {
    const char *name; /* as stored, and in the API */
    unsigned next;
} states[COMMAND_STATES] = {
    [COMMAND_QUEUED]      = { "queued",      TO(RUNNING) | TO(CANCELLED) | TO(SUPERSEDED) },
    [COMMAND_RUNNING]     = { "running",     TO(DONE) | TO(FAILED) | TO(CANCELLED) | TO(SUPERSEDED) |
                                             TO(QUEUED) /* put off, or its process died */ |
                                             TO(INTERRUPTED) /* an apply whose process died midway */ },
    [COMMAND_DONE]        = { "done",        0 },
    [COMMAND_FAILED]      = { "failed",      0 },
    [COMMAND_CANCELLED]   = { "cancelled",   0 },
    [COMMAND_SUPERSEDED]  = { "superseded",  0 },
    [COMMAND_INTERRUPTED] = { "interrupted", 0 },
};
// clang-format on

const char *command_state_name(CommandState state)
{
    g_assert(state < COMMAND_STATES);
    return states[state].name;
}

bool command_state_find(const char *name, CommandState *state)
{
    for (int i = 0; i < COMMAND_STATES; i++)
        if (g_str_equal(states[i].name, name)) {
            *state = (CommandState)i;
            return true;
        }
    return false;
}

bool command_state_can_become(CommandState from, CommandState to)
{
    return states[from].next & (1u << to);
}

static const char *const source_names[SOURCES] = {
    [SOURCE_PUSH] = "push",
    [SOURCE_COMMENT] = "comment",
    [SOURCE_API] = "api",
};

const char *command_source_name(CommandSource source)
{
    g_assert(source < SOURCES);
    return source_names[source];
}

bool command_source_find(const char *name, CommandSource *source)
{
    for (int i = 0; i < SOURCES; i++)
        if (g_str_equal(source_names[i], name)) {
            *source = (CommandSource)i;
            return true;
        }
    return false;
}

void command_args_clear(CommandArgs *args)
{
    g_clear_pointer(&args->dir, g_free);
    g_clear_pointer(&args->workspace, g_free);
    g_clear_pointer(&args->project, g_free);
    g_clear_pointer(&args->extra, g_strfreev);
    g_clear_pointer(&args->operands, g_strfreev);
    g_clear_pointer(&args->policy_set, g_free);
    g_clear_pointer(&args->auto_merge_method, g_free);
    g_clear_pointer(&args->reply, g_free);
}

void command_args_copy(CommandArgs *to, const CommandArgs *from)
{
    to->dir = g_strdup(from->dir);
    to->workspace = g_strdup(from->workspace);
    to->project = g_strdup(from->project);
    to->is_verbose = from->is_verbose;
    to->extra = g_strdupv(from->extra);
    to->operands = g_strdupv(from->operands);
    to->policy_set = g_strdup(from->policy_set);
    to->clears_approval = from->clears_approval;
    to->auto_merge_disabled = from->auto_merge_disabled;
    to->auto_merge_method = g_strdup(from->auto_merge_method);
    to->reply = g_strdup(from->reply);
}

bool command_args_is_targeted(const CommandArgs *args)
{
    return args->dir || args->workspace || args->project;
}

Command *command_new(void)
{
    return g_new0(Command, 1);
}

void command_clear(Command *command)
{
    pull_ref_clear(&command->pull);
    command_args_clear(&command->args);
    actor_clear(&command->actor);
    g_clear_pointer(&command->head, g_free);
    g_clear_pointer(&command->cancel_asked_by, g_free);
}

void command_free(Command *command)
{
    if (!command)
        return;
    command_clear(command);
    g_free(command);
}
