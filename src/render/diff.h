// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/*
 * Terraform's plan text as a "diff" block that hosts colour: the marker of every changed line at
 * column 0. Lines of heredocs and other text keep their place. Pure; the caller frees it.
 */
char *diff_mark(const char *text);
