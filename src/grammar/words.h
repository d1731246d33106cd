// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * Lines of a comment as words, by the rules of a shell that knows nothing but quoting: single
 * quotes take everything as it is, double quotes and the rest know the backslash, "#" at the
 * beginning of a word ends the line. All Unicode blanks separate words. Pure.
 */

/* The lines that have text, without blanks, invisible characters and back-ticks at their ends. Of
 * char *, owned. */
GPtrArray *words_lines(const char *text);

/* NULL-terminated; NULL with *problem, a sentence about the quoting, when it does not end. */
GStrv words_split(const char *line, const char **problem);

/* Appends a blank and the word, quoted when it would not come back as it is. */
void words_append(GString *line, const char *word);
