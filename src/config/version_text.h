// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * An exact version as people write it: "1.9.5", "v1.9", "1.10.0-rc1". Gives it without "v" and with
 * three numbers, or NULL when it is none (a constraint as ">= 1.5" is none). The caller frees it.
 */
char *version_text_exact(const char *text);
