// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/project.h"

/*
 * Counts from the text that terraform prints ("Plan: 1 to add ...", "No changes.", "Apply complete!
 * Resources: 1 added ..."): for an apply, whose result is told nowhere else. is_known is false when
 * no such line is there. The last one counts. Pure.
 */
ChangeCounts summary_read(const char *output);
