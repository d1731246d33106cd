// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"

/* What "hadal check" is asked. Owns everything. */
typedef struct _CheckOptions CheckOptions;
struct _CheckOptions {
    char *path; /* the top of the repository; never NULL */
    char *file; /* NULL: what the rules of the repository say */
    char *repo; /* never NULL */
    char *base_branch;
    bool explain;
    GPtrArray *changed; /* of char *, owned: clean paths */
    Settings settings;  /* of the server */
};

/*
 * argv is without the names of program and command. "-" among the changed files reads more of them
 * from the standard input. INVALID names what is wrong and what would be right; *options is then
 * untouched.
 */
bool check_options_load(const char *const *argv, const char *const *env, CheckOptions *options,
                        GError **error) MUST_CHECK;
void check_options_clear(CheckOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CheckOptions, check_options_clear)

/* All of --help, and the table of its own flags for the reference; the caller frees them. */
char *check_options_help(void);
char *check_options_markdown(void);
