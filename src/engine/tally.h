// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/project.h"
#include "model/status.h"
#include "store/store.h"

/*
 * The two statuses of a pull request as a function of its projects: what "plan" and "apply" say and
 * how. Pure. The caller frees what is returned in *description.
 */
StatusState tally_plan(const GPtrArray *projects, char **description);
StatusState tally_apply(const GPtrArray *projects, char **description);
