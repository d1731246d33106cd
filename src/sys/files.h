// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * Removes a file or a whole directory, never following a link out of it, whatever others put in
 * there. What is not there is no failure.
 */
bool files_remove_tree(const char *path, GError **error) MUST_CHECK;

/* Adds what a file or a whole directory takes on the disk to *bytes, following no link. */
bool files_measure_tree(const char *path, gint64 *bytes, GError **error) MUST_CHECK;

/*
 * Reads a file below dir that others may have written: path is relative, and no link on the way is
 * followed, so that nothing outside of dir can be read. *text (the caller's) is NULL when there is
 * no such file. INVALID when it is larger than most bytes, or not a plain file.
 */
bool files_read_beneath(const char *dir, const char *path, gsize most, char **text, GError **error)
    MUST_CHECK;
