// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * The last line of every comment of ours: an HTML comment, which the page does not show, with the
 * key of the post. By it a comment is known as ours, also where the token belongs to a person who
 * types commands himself, and a post is found again whose answer got lost.
 */
enum { MARKER_ROOM = 512, MARKER_KEY_MAX = 128 }; /* bytes a comment must leave free; of a key */

/* The comment as it is posted; the caller frees it. */
char *marker_add(const char *markdown, const char *key);

/* Whether content ends in a marker: of any key, of this key. */
bool marker_is_ours(const char *content);
bool marker_has_key(const char *content, const char *key);
