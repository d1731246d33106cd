// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repo_config.h"
#include "model/command.h"

/*
 * The environment of steps and hooks: names and contents as Atlantis has them (spec
 * atlantis-config.md 4.7 and 4.9), from one table. Values from outside reach a shell only in here.
 * Pure. All borrowed.
 */
typedef struct _StepEnv StepEnv;
struct _StepEnv {
    const char *const *base; /* what tools start from: no secret of the server in it */
    const Settings *settings;
    const Command *command;
    const PullFacts *facts;
    const char *dir; /* working directory, absolute */

    /* of a project's steps; NULL in a hook */
    const ProjectConfig *project;
    const char *tool_name, *tool_version, *tool_dir; /* the last: where its program is, when that is
                                                        not on PATH; else NULL */
    const char *plan_file, *show_file, *policy_file;
    const char *is_approved, *is_mergeable; /* "true" or "false"; NULL: not known */

    /* of a hook; NULL in a step */
    const char *command_name;
    const char *status_file;
    const char *has_errors; /* "true" or "false", behind a command; else NULL */
};

/* The caller frees it. Later "env" steps are added with g_environ_setenv(). */
GStrv step_env_new(const StepEnv *env);

/* docs/reference/environment.md, whole, from the table; the caller frees it. */
char *step_env_reference(void);

/*
 * text with $NAME and ${NAME} replaced by the environment's values, as a shell would: what is not
 * set is nothing. "$$" and a lone "$" stay. The caller frees it.
 */
char *step_env_expand(const char *text, const char *const *env);

/* COMMENT_ARGS: each byte behind a backslash, words joined by commas. The caller frees it. */
char *step_env_comment_args(const CommandArgs *args);
