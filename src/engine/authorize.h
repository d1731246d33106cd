// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/project_run.h"

/*
 * Whether who asked for a command may give it: by --gh-team-allowlist, or, in its place, by the
 * operator's program (team_authz of --repo-config). What cannot be found out is a no, and says so.
 */

/*
 * Pure: one of entries ("team:command", either may be "*", compared without letter case) allows the
 * command to a member of teams. No entries: everybody may do everything. Who is in no team has only
 * what "*" has.
 */
bool authorize_by_teams(const char *const *entries, const char *const *teams, const char *command);

/*
 * Pure: the program, its own arguments, the command's name, the repository, and each team behind
 * the repository's owner, in an element of its own: a name from outside is never an option or a
 * word of a shell. The caller frees it.
 */
GStrv authorize_argv(const TeamAuthz *authz, const char *command, const char *full_name,
                     const char *const *teams);

/* Pure: what the program printed ends in a line "pass", in any case. */
bool authorize_is_pass(const char *output);

/*
 * Of a command as a whole; help, answers and the end of a pull request are everybody's. *why_not
 * (the caller's) is NULL when it may be given, else a text for who asked. Fails with RETRY when the
 * host does not answer now, or CANCELLED.
 */
bool authorize_command(const Ctx *ctx, Work *work, const Command *command, char **why_not,
                       GError **error) MUST_CHECK;

/* A project that a typed command is about. Borrowed. */
typedef struct _AuthorizeProject AuthorizeProject;
struct _AuthorizeProject {
    const PullFacts *facts;
    const ProjectRef *project;
    const char *checkout; /* absolute, the top directory; NULL: it has no files yet */
};

/*
 * The same of one project: only the operator's program knows projects, and only what somebody typed
 * is asked about. Any thread that has a Work of its own.
 */
bool authorize_project(const Ctx *ctx, Work *work, const Command *command,
                       const AuthorizeProject *about, char **why_not, GError **error) MUST_CHECK;
/* The same of a project's run: one that may not go on is RESULT_REFUSED, with the reason. */
bool authorize_run(const Ctx *ctx, Work *work, ProjectRun *run, GError **error) MUST_CHECK;
