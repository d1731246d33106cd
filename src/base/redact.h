// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * The last line of defence of S4: secrets are kept away from everything that prints, and what slips
 * through all the same is replaced here. Any thread. Texts shorter than 6 bytes are not added: they
 * would blank out words.
 */
void redact_add(const char *secret);

/* The same for one that is replaced now and then: of each name the last few are kept. */
void redact_renew(const char *name, const char *secret);

/* Replaces every secret in text by "***", in place. */
void redact(GString *text);

/* The same for a new string; the caller frees it. */
char *redact_copy(const char *text);
