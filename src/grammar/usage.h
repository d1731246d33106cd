// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "grammar/comment.h"

/* What can be typed, as text from the tables. comment_help() is here too. */

/* Whether people may type it, and may use it here. */
bool usage_is_offered(const CommentRules *rules, CommandKind kind);

/* "atlantis plan [-d DIR] [--verbose]" and a line break; the caller frees it. */
char *usage_synopsis(const char *executable, const CommandInfo *info);

/* A code block about one command, or the list of all when info is NULL. */
void usage_append_block(GString *out, const CommentRules *rules, const CommandInfo *info);

/* What "plan --help" answers; the caller frees it. */
char *usage_of_command(const CommentRules *rules, const CommandInfo *info);
