// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"

/* What "hadal setup" is asked. Owns everything. */
typedef struct _SetupOptions SetupOptions;
struct _SetupOptions {
    char *host; /* as the registry has it */
    char *organization;
    char *project; /* never NULL */
    GStrv repositories;
    char *url;      /* never NULL, no slash at the end */
    char *account;  /* NULL: the token's */
    GStrv statuses; /* "atlantis/plan" ... */
    bool apply;
    Settings settings; /* of the server */
};

/*
 * argv is without the names of program and command. INVALID names what is wrong and what would be
 * right; *options is then untouched.
 */
bool setup_options_load(const char *const *argv, const char *const *env, SetupOptions *options,
                        GError **error) MUST_CHECK;
void setup_options_clear(SetupOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SetupOptions, setup_options_clear)

/* All of --help, and the table of its own flags for the reference; the caller frees them. */
char *setup_options_help(void);
char *setup_options_markdown(void);
