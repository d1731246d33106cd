// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tf/tool.h"

/*
 * What a person can do about a failure that Terraform or OpenTofu explained at length: one or two
 * sentences, or NULL when the output has none of the failures known here. Pure; the caller frees
 * it.
 */
char *tf_advice(const TfTool *tool, const char *output);
