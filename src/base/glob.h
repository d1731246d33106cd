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

/*
 * One pattern that has to match a whole path, with the meaning of doublestar (bmatcuk/doublestar
 * v4, which Atlantis uses for directories): "*", "?", "[..]" within a segment, "**" as a segment
 * for any number of them, none as well, "{a,b}" for either, backslash before a
 * sign that means itself. Immutable; bounded like a list, and what would need more does not match.
 */
typedef struct _GlobPath GlobPath;

/* INVALID names the pattern and why; "{" may open at most 64 alternatives in all. */
GlobPath *glob_path_new(const char *pattern, GError **error) MUST_CHECK;
void glob_path_free(GlobPath *glob);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GlobPath, glob_path_free)
bool glob_path_matches(const GlobPath *glob, const char *path);

/* Whether text has a sign of a pattern, and so is not just a path. */
bool glob_is_pattern(const char *text);
