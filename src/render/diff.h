// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/*
 * Terraform's plan text as a "diff" block that hosts colour: the marker of every changed line at
 * column 0, "~" as "!", the text behind it in its column. Only lines of a plan's shape are moved;
 * of a heredoc only those that a change of the heredoc itself marks. Doing it twice is doing it
 * once. Pure; the caller frees it.
 */
char *diff_mark(const char *text);
