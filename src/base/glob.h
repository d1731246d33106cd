// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * Lists of path patterns with the meaning of .dockerignore (moby/patternmatcher): "**", "*", "?",
 * "[..]", "!" negates, the last pattern that matches wins, and a match of a parent directory is a
 * match. Immutable once made; bounded in steps, and what would need more counts as a match.
 */
typedef struct _GlobList GlobList;

/* INVALID names the pattern and why. Blanks around a pattern are not part of it. */
GlobList *glob_list_new(const char *const *patterns, GError **error) MUST_CHECK;
void glob_list_free(GlobList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GlobList, glob_list_free)
bool glob_list_matches(const GlobList *list, const char *path);

/*
 * --repo-allowlist: "*" stands for any text, also across "/"; the whole name must match, without
 * letter case. A pattern behind "!" excludes what it matches, wherever it stands.
 */
bool glob_allows(const char *const *patterns, const char *name);
