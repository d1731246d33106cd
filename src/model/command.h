// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "model/pull.h"

/* What can be asked for. One table (command.c) names them and says what each accepts. */
typedef enum {
    COMMAND_PLAN,
    COMMAND_APPLY,
    COMMAND_UNLOCK,
    COMMAND_APPROVE_POLICIES,
    COMMAND_IMPORT,
    COMMAND_STATE_RM,
    COMMAND_CANCEL,
    COMMAND_VERSION,
    COMMAND_HELP,
    COMMAND_REPLY, /* says something that was decided at intake: a usage error, a refusal */
    COMMAND_CLOSE, /* the pull request was closed: release everything */
    COMMAND_KINDS,
} CommandKind;

typedef enum {
    COMMAND_TAKES_DIR = 1 << 0,
    COMMAND_TAKES_WORKSPACE = 1 << 1,
    COMMAND_TAKES_PROJECT = 1 << 2,
    COMMAND_TAKES_VERBOSE = 1 << 3,
    COMMAND_TAKES_EXTRA = 1 << 4,    /* arguments after "--" */
    COMMAND_FROM_COMMENT = 1 << 5,   /* people may type it */
    COMMAND_ON_CLOSED_PULL = 1 << 6, /* also allowed when the pull request is not open */
    COMMAND_NEVER_REPEATED = 1 << 7, /* it has effects: what was interrupted is not run again */
    COMMAND_TAKES_MERGE = 1 << 8,    /* how the pull request is completed afterwards */
    COMMAND_TAKES_POLICY_SET = 1 << 9,
} CommandTakes;

typedef struct _CommandInfo CommandInfo;
struct _CommandInfo {
    const char *name;  /* as typed, stored, measured */
    const char *title; /* in headings: "Plan" */
    const char *word;  /* that follows the name, always: "rm" behind "state"; NULL: none */
    unsigned takes;
    const char *operands; /* what follows the flags: "ADDRESS ID"; NULL: nothing */
    guint least_operands, most_operands;
    const char *help; /* one sentence */
};
const CommandInfo *command_info(CommandKind kind);
/* False when no command has that name. */
bool command_kind_find(const char *name, CommandKind *kind);

typedef enum {
    COMMAND_QUEUED,
    COMMAND_RUNNING,
    COMMAND_DONE,
    COMMAND_FAILED,
    COMMAND_CANCELLED,
    COMMAND_SUPERSEDED,
    COMMAND_INTERRUPTED,
    COMMAND_STATES,
} CommandState;

const char *command_state_name(CommandState state);
bool command_state_find(const char *name, CommandState *state);
bool command_state_can_become(CommandState from, CommandState to);

typedef enum { SOURCE_PUSH, SOURCE_COMMENT, SOURCE_API, SOURCES } CommandSource;
const char *command_source_name(CommandSource source);
bool command_source_find(const char *name, CommandSource *source);

/* What follows a command's name. Owns its text. */
typedef struct _CommandArgs CommandArgs;
struct _CommandArgs {
    char *dir;       /* clean relative path, "." for the top; NULL when not given */
    char *workspace; /* NULL when not given */
    char *project;   /* NULL when not given */
    bool is_verbose;
    GStrv extra;          /* after "--"; never NULL once parsed */
    GStrv operands;       /* what the command is about, in order; NULL: nothing */
    char *policy_set;     /* NULL: all */
    bool clears_approval; /* approve_policies: takes approvals back */
    bool auto_merge_disabled;
    char *auto_merge_method; /* "merge", "rebase", "squash"; NULL: not given */
    char *reply;             /* COMMAND_REPLY and COMMAND_HELP: Markdown to post */
};
void command_args_clear(CommandArgs *args);
void command_args_copy(CommandArgs *to, const CommandArgs *from);
bool command_args_is_targeted(const CommandArgs *args); /* any of -d -w -p */

/* A command as stored. Owns its text. */
typedef struct _Command Command;
struct _Command {
    gint64 id;
    gint64 pull_id;
    PullRef pull;
    CommandKind kind;
    CommandSource source;
    CommandState state;
    CommandArgs args;
    Actor actor;
    char *head; /* when it arrived; NULL when the event did not tell */
    int attempts;
    gint64 queued_at;
    char *cancel_asked_by; /* who asked it to stop before it was claimed; NULL: nobody */
};
void command_clear(Command *command);
Command *command_new(void);
void command_free(Command *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Command, command_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CommandArgs, command_args_clear)
