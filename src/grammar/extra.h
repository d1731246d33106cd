// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

#include "model/command.h"

/*
 * The words behind "--" that go to terraform. What would write elsewhere, read outside of the
 * repository or take away the meaning of the command is refused here. Pure.
 */

/*
 * dir is the clean one that the command names, NULL when it names none. blocked (may be NULL) is
 * the operator's list. Returns what is wrong, as text with `code`; the caller frees it. NULL:
 * nothing.
 */
char *extra_check(const CommandInfo *info, const char *dir, char *const *words,
                  const char *const *blocked);
