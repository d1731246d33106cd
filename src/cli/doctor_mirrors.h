// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"

/*
 * Where Terraform (program: "terraform" or "tofu") gets providers from by its own configuration,
 * which env names, and whether these places are there. Findings (model/finding.h) are added.
 */
void doctor_look_mirrors(const Ctx *ctx, const char *const *env, const char *program,
                         const char *about, GPtrArray *findings);
