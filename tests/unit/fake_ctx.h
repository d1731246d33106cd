// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * Stands in for base/ctx.c in a test program: pauses end at once and are counted, or cancelled.
 * Include it once per program, after test.h.
 */
#include "base/ctx.h"
#include "base/error.h"

static int pauses;
static bool is_pause_cancelled;

bool ctx_check(const Ctx *ctx, GError **error)
{
    (void)ctx;
    (void)error;
    return true;
}

bool ctx_pause(const Ctx *ctx, gint64 ms, GError **error)
{
    (void)ctx;
    assert_true(ms > 0);
    pauses++;
    return !is_pause_cancelled || hadal_throw(error, HADAL_ERROR_CANCELLED, "cancelled");
}
