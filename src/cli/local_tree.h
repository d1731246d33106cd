// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * A directory of this machine as if it were a commit: what "hadal check" looks at. Links are
 * neither listed nor followed.
 */

/*
 * Paths of all files below dir, of char *, owned, sorted. In a working tree of git those that are
 * tracked or would be added; elsewhere all but what git, Terraform and Terragrunt keep for
 * themselves. FAILED with git's words; INVALID when there are too many.
 */
GPtrArray *local_tree_list(const Ctx *ctx, const char *dir, GError **error) MUST_CHECK;

/* ModuleRead (engine/modules.h) over a directory: data is a const char *. */
GPtrArray *local_tree_read(gpointer data, const char *const *paths, GError **error) MUST_CHECK;
