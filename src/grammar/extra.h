// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

#include "model/command.h"

/*
 * The words behind "--" that go to terraform. What would write elsewhere, read outside of the
 * repository or take away the meaning of the command is refused here. Pure.
 */

/* What the operator says of them. Borrowed; each list may be NULL. */
typedef struct _ExtraRules ExtraRules;
struct _ExtraRules {
    const char *const *blocked;       /* with one dash or two */
    const char *const *var_file_dirs; /* absolute; files below them may be named by their paths */
};

/*
 * dir is the clean one that the command names, NULL when it names none. Returns what is wrong, as
 * text with `code`; the caller frees it. NULL: nothing.
 */
char *extra_check(const CommandInfo *info, const char *dir, char *const *words,
                  const ExtraRules *rules);

/* Markdown: what of them the command takes; nothing for one that takes none. */
void extra_append_reference(GString *out, CommandKind kind);
