// SPDX-License-Identifier: Apache-2.0
/* Names are in step_names.c: the crash test replaces this file alone. */
#include "base/step.h"

#include "base/log.h"

void step_reached(const Ctx *ctx, Step step)
{
    log_line(LEVEL_DEBUG, ctx, "step %s", step_name(step));
}
