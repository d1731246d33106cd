// SPDX-License-Identifier: Apache-2.0
#pragma once

/* docs/reference/commands.md, whole, from the tables; the caller frees it. */
char *comment_reference(void);
