// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/work.h"

/*
 * Whether the command's pull request has the label now, in any letter case. label NULL or empty:
 * nobody is asked, and it has not. Fails as host_labels_read() does: then it is not known, which is
 * neither yes nor no.
 */
bool labels_have(const Ctx *ctx, Work *work, const Command *command, const char *label, bool *has,
                 GError **error) MUST_CHECK;
