// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/* Compares in a time that depends on neither text. NULL equals nothing. */
bool crypto_equal(const char *a, const char *b);

/* Random bytes as lower-case hexadecimal text; the caller frees it. */
char *crypto_random_hex(gsize bytes);

/* SHA-256 as lower-case hexadecimal text; the caller frees it. */
char *crypto_sha256(const char *bytes, gsize length);

/* The same of a file, read piece by piece. */
char *crypto_sha256_file(const char *path, GError **error) MUST_CHECK;
