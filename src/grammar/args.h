// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "grammar/extra.h"

/*
 * What follows a command's name in a comment, read as Atlantis's flags are: long and short forms,
 * in any order, the last of several counts, "--" before arguments for terraform, which are held
 * against rules. Pure.
 */

/*
 * Returns what is wrong, as text with `code`; the caller frees it. NULL: args is filled, or help is
 * wanted. args is the caller's to clear in any case.
 */
char *args_read(const CommandInfo *info, char **words, const ExtraRules *rules, CommandArgs *args,
                bool *wants_help);
