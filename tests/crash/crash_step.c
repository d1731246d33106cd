// SPDX-License-Identifier: Apache-2.0
/*
 * Stands in for base/step.c in hadal-crash, the server as the crash test runs it: the process dies
 * by SIGKILL when it reaches the step that CRASH_AT names ("plan-done", or "plan-done:2" for the
 * second time). Everything else is the program that ships.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/step.h"

static atomic_int reached[STEPS];

static bool is_here(Step step, int times)
{
    const char *at = g_getenv("CRASH_AT");
    g_auto(GStrv) parts = at ? g_strsplit(at, ":", 2) : NULL;

    return parts && parts[0] && g_str_equal(parts[0], step_name(step)) &&
           times == (parts[1] ? (int)g_ascii_strtoll(parts[1], NULL, 10) : 1);
}

void step_reached(const Ctx *ctx, Step step)
{
    (void)ctx;
    if (is_here(step, atomic_fetch_add(&reached[step], 1) + 1))
        kill(getpid(), SIGKILL);
}
