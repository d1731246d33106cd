// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * What a credential helper of git says, "username=...\npassword=...\n", for the value of an
 * Authorization header. Basic as it is, but a user that is empty gets a name, without which git
 * would send nothing; Bearer as a password, which hosts that know personal tokens take. NULL for
 * anything else, and for what does not fit in lines. The caller frees it. Pure.
 */
char *git_credential_lines(const char *authorization);

/* What git asks of a helper (git-credential(1)); what is not said is NULL. Owns its text. */
typedef struct _GitQuestion GitQuestion;
struct _GitQuestion {
    char *protocol, *host; /* host: with the port, when the URL has one */
    char *path;            /* decoded, without the first slash */
};
void git_question_clear(GitQuestion *question);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GitQuestion, git_question_clear)

/* INVALID for what git would not say. Pure. */
bool git_question_parse(const char *text, GitQuestion *question, GError **error) MUST_CHECK;

/*
 * Whether what is asked for lies below one of the URLs ("https://dev.azure.com/fabrikam", without
 * user and slash at the end): same scheme, same host and port, and a path that goes on where the
 * URL's ends. Letters' case counts in neither, for hosts do not care. A path with ".", "..", an
 * empty or a missing part is below nothing; and so is everything over http, but where the URL's
 * host is a loopback address by its number: a request there leaves no machine. Pure.
 */
bool git_question_is_below(const GitQuestion *question, const char *const *urls);

/*
 * The environment of a program whose own git gets credentials for these URLs' hosts from the
 * helper, a command line for a shell, and from no other helper: another could keep what it is told.
 * It sends them the headers ("Name: value", no secrets), too. What env has as configuration of git
 * stays. Takes env and returns it. Pure.
 */
GStrv git_credential_env(GStrv env, const char *const *urls, const char *const *headers,
                         const char *helper);
