// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"
#include "model/command.h"
#include "sys/hatch.h"

/*
 * The host's credential, lent to the git that a step's program starts: to Terraform's own, which
 * fetches modules. The program's environment names "hadal git-credential" as git's helper for the
 * host's URLs, and a hatch (sys/hatch.h) through which that helper asks; the credential itself is
 * fetched when it is asked for, and lies in no environment, argument or file. It is given for https
 * URLs in the pull request's own organisation, and to one program while it runs.
 *
 * What this does not keep anybody from: whatever runs in a step that is lent the credential can ask
 * for it as git does, and may then do with it what the server's user may do. Therefore, unless
 * --git-credentials says otherwise, only Terraform's own init is lent it, which runs no code of the
 * pull request. But init fetches what the module names: who may open a pull request may read, by a
 * module's source, what the server's user may read in the organisation. And where repositories have
 * workflows of their own, an "env" step of theirs may say which git it is that init starts.
 * Pull requests from forks are lent nothing.
 */
typedef struct _GitLoan GitLoan;

typedef enum {
    GIT_LOAN_INIT, /* Terraform's own init */
    GIT_LOAN_STEP, /* every other step, and hooks */
} GitLoanUse;

/*
 * What is borrowed must outlive it. A loan of nothing, where the settings or the pull request do
 * not allow one, is a loan too.
 */
GitLoan *git_loan_open(const Settings *settings, const Command *command, bool is_fork,
                       GitLoanUse use, GError **error) MUST_CHECK;
void git_loan_close(GitLoan *loan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GitLoan, git_loan_close)

/* env with what git has to know; the caller frees it. NULL is proc_base_env(). */
GStrv git_loan_env(const GitLoan *loan, const char *const *env);
/* For ProcSpec: NULL of a loan of nothing. */
Hatch *git_loan_hatch(const GitLoan *loan);
