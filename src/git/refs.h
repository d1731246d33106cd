// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * Refs of a bare cache as the files they are: a pin costs no process, and since no lock file is
 * made for it, every lock file in a cache belongs to a fetch. ref must be a git_is_ref_name().
 */

/* Puts commit there, durably and in one step. */
bool git_ref_write(const char *git_dir, const char *ref, const char *commit, GError **error)
    MUST_CHECK;

/* The commit id in the file of a ref, or NULL: it may still be in packed-refs. The caller's. */
char *git_ref_read(const char *git_dir, const char *ref);

/* No ref is no failure. */
bool git_ref_remove(const char *git_dir, const char *ref, GError **error) MUST_CHECK;
