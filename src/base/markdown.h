// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * Text from outside as Markdown that shows it and nothing else: no HTML, no links, no mentions, no
 * way out of its fence or cell. Broken UTF-8 is made valid. Pure.
 */

/* A fence longer than any run of back-ticks in text, at least three; the caller frees it. */
char *markdown_fence_for(const char *text);

/*
 * A code block of its own lines. language may be "". Runs of back-ticks beyond what a fence can
 * sensibly be longer than are shortened, and say so by an ellipsis.
 */
void markdown_append_block(GString *out, const char *language, const char *text);

/* A code span on one line: line breaks become blanks. In a cell of a table the caller escapes "|".
 */
void markdown_append_code(GString *out, const char *text);

/*
 * Words. `code` between back-ticks stays code; everything else that Markdown would read is escaped.
 * Each line is a paragraph.
 */
void markdown_append_text(GString *out, const char *text);

/* [label](url), or the label alone when url is not one of a web page. label is trusted. */
void markdown_append_link(GString *out, const char *label, const char *url);
