// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * Cuts Markdown into parts of at most limit bytes, at line ends where there are any and never
 * inside a character. Open fences and <details> are closed at a cut and opened again with the
 * language and caption they had; parts after the first say which they are. Pure. NULL-terminated,
 * at least one part; limit is at least 1,000.
 */
GStrv split_markdown(const char *text, gsize limit);

/* A fence longer than any run of back-ticks in text, at least three; the caller frees it. */
char *split_fence_for(const char *text);
