// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * Removes a file or a whole directory, never following a link out of it, whatever others put in
 * there. What is not there is no failure.
 */
bool files_remove_tree(const char *path, GError **error) MUST_CHECK;
