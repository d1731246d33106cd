// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * The word of words that somebody who wrote text most likely meant, or NULL when none is near.
 * words ends in NULL; the result is borrowed from it.
 */
const char *nearest_word(const char *text, const char *const *words);

/*
 * How many bytes must be put in, taken out or replaced to make one of the other; G_MAXSIZE when one
 * is longer than any word that is meant to be typed.
 */
gsize nearest_distance(const char *a, const char *b);
