// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * Whole directory trees that others wrote into: links are never followed, directories without
 * permissions are opened up, any depth is fine.
 */

/* Removes what is at path, whatever it is. Nothing there is no failure. */
bool tree_remove(const Ctx *ctx, const char *path, GError **error) MUST_CHECK;

/* Lets the owner write and enter all directories below path. Best effort. */
bool tree_open_up(const Ctx *ctx, const char *path, GError **error) MUST_CHECK;
