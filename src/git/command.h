// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "sys/proc.h"

/*
 * One git process: the environment of all of them is built here and nowhere else. No system or user
 * configuration, no hooks, no prompts, no helpers but the one that hands over secret, no automatic
 * maintenance, and no protocol but the ones for which a call asks. Borrowed for the call.
 */
typedef struct _GitCommand GitCommand;
struct _GitCommand {
    const char *const *args;   /* what follows "git" */
    const char *git_dir;       /* also the directory it runs in, unless work_tree is given */
    const char *work_tree;     /* NULL: none */
    const char *index;         /* NULL: none; must lie outside work_tree */
    const char *const *config; /* key, value, key, value, NULL: in the environment only; or NULL */
    const char *secret;        /* NULL, or a credential as its helpers say it, in lines */
    const char *secret_origin; /* "https://host:port": what else asks does not get it */
    const char *const *env;    /* further NAME=VALUE, or NULL */
    const char *input;         /* or NULL */
    gsize input_length;
    gsize max_output;
    gint64 timeout_ms; /* 0: ten minutes */
};

/*
 * Runs it. words (may be NULL) gets its standard error, also on failure; exit_status (may be NULL)
 * is -1 when it did not exit by itself. FAILED with git's first meaningful line, CANCELLED, or
 * NOT_FOUND without a git program.
 */
bool git_command_run(const Ctx *ctx, const GitCommand *command, GString *output, GString *words,
                     int *exit_status, GError **error) MUST_CHECK;
