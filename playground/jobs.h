// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "state.h"

/*
 * What the service does a moment later: test merges and completions, on a thread of their own.
 * Under the state's lock, except for start and stop.
 */
typedef enum { JOB_TEST_MERGE, JOB_FINISH } JobKind;

Jobs *jobs_new(void);
void jobs_free(Jobs *jobs);
bool jobs_start(State *state, GError **error) MUST_CHECK;
void jobs_stop(State *state);
void jobs_add(State *state, JobKind kind, Pull *pull);
