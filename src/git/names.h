// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/* A full ref name ("refs/...") that git accepts and that is a safe relative path below the git
 * directory. git_is_commit_id() and git_is_branch_name() are declared in git/checkout.h. */
bool git_is_ref_name(const char *text);
