// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * What git's standard error says. Lines that begin with "remote:" are the other side's words: they
 * decide nothing. Pure.
 */

/* git's first meaningful line without its "fatal: ", bounded and valid UTF-8; the caller frees it.
 */
char *git_words_first(const char *words);

/* DENIED, NOT_FOUND, RETRY, or FAILED when nothing better is known. */
HadalError git_words_class(const char *words);

/* The ref whose contents are of no use, or NULL; not checked to be a name. The caller's. */
char *git_words_bad_ref(const char *words);

/* The cache itself is damaged: only making it again helps. */
bool git_words_say_corrupt(const char *words);

/* Damage, or a lock file or another ref's name in the way: something in the cache can be put right.
 */
bool git_words_say_repair(const char *words);

/* The host did not take the credential, which is a RETRY: another one may be taken at once. */
bool git_words_say_refused(const char *words);
