// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * Cuts Markdown into parts of at most limit bytes, between sections where that wastes little, else
 * at line ends where there are any, and never inside a character. Open fences and <details> that
 * begin a line are closed at a cut and opened again with the language and caption they had; parts
 * say which they are and that they go on. Of more than most parts (0: any number) the first ones
 * are left out: how it ended counts; the first that is kept says so. Pure. NULL-terminated, at
 * least one part; limit is at least 1,000.
 */
GStrv split_markdown(const char *text, gsize limit, guint most);

/* A fence longer than any run of back-ticks in text, at least three; the caller frees it. */
char *split_fence_for(const char *text);
