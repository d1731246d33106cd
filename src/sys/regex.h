// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * Patterns of users: PCRE2 with limits on the pattern and on the work of a match, so that no
 * pattern can keep a thread. What Atlantis's files hold (RE2) means the same here. Immutable once
 * made; any number of threads may match at a time.
 */
typedef struct _Regex Regex;

/* INVALID with the reason and the place in the pattern. */
Regex *regex_new(const char *pattern, GError **error) MUST_CHECK;
/* The same, and only a whole text matches: `\A(?:pattern)\z`. */
Regex *regex_new_whole(const char *pattern, GError **error) MUST_CHECK;
void regex_free(Regex *regex);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Regex, regex_free)

/* As it was given. */
const char *regex_pattern(const Regex *regex);

/*
 * Whether the pattern is found in text. Fails with INVALID when the match would take more work than
 * is allowed: the caller decides what is safe then.
 */
bool regex_matches(const Regex *regex, const char *text, bool *is_match, GError **error) MUST_CHECK;

/*
 * text with every match replaced by its first group, between, and its second group (groups that do
 * not exist or took no part are nothing). The caller frees it. Fails as regex_matches() does.
 */
char *regex_replace_between(const Regex *regex, const char *text, const char *between,
                            GError **error) MUST_CHECK;

/* Every match as a text (char *, owned), in order. Fails as regex_matches() does. */
GPtrArray *regex_find_all(const Regex *regex, const char *text, GError **error) MUST_CHECK;
