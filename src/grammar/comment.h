// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "grammar/extra.h"

/*
 * The language of comments: text of a comment in, commands out. Pure. Grammar as Atlantis has it
 * (shell-like words, flags and positionals mixed, "--" before extra arguments); more than one
 * command per comment when every line that is not blank is one. Text is taken as the user wrote it.
 */
typedef struct _CommentRules CommentRules;
struct _CommentRules {
    const char *executable;            /* --executable-name; compared without letter case */
    const char *user;                  /* the host's user for "@user plan"; NULL: none */
    const char *const *allow_commands; /* names that may be used, or "all"; help always may */
    ExtraRules extra;                  /* what may stand behind "--" */
};

typedef enum {
    COMMENT_NOT_FOR_US, /* no answer */
    COMMENT_COMMANDS,   /* at least one */
} CommentKind;

typedef struct _CommentCommand CommentCommand;
struct _CommentCommand {
    CommandKind kind; /* COMMAND_HELP and COMMAND_REPLY carry args.reply */
    CommandArgs args;
};
void comment_command_free(CommentCommand *command);

/*
 * *commands gets CommentCommand, owned. A comment for us that is wrong (unknown command or flag,
 * bad quoting, a near-miss of the name such as "atlantsi plan" or "terraform plan") is one
 * COMMAND_REPLY that names the word, says what is wrong and what would be right; nothing of such a
 * comment runs. Comments of more than 64 kB are not for us; one of more than 20 commands is such a
 * reply. *commands is untouched when the comment is not for us.
 */
CommentKind comment_parse(const CommentRules *rules, const char *text, GPtrArray **commands);

/* Markdown: what can be typed here, from the command table. */
char *comment_help(const CommentRules *rules);

/*
 * "atlantis plan -d net -w prod -- -target=x": what brings this project's command again. Any of the
 * names may be NULL or empty; a project's name makes directory and workspace needless, and the
 * workspace "default" is not named. Words are quoted so that they are read back as they are.
 */
char *comment_command_line(const char *executable, CommandKind kind, const char *dir,
                           const char *workspace, const char *project, const char *const *extra);
