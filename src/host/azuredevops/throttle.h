// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * How hard the process presses an organization: some calls at a time, and none while it has asked
 * to wait. All threads share it, since the service counts all calls of an account together. An
 * organization is the beginning of a URL: its host and the first part of its path.
 */

/* For max: calls to one organization at a time. */
enum { THROTTLE_CALLS = 6 };

/* Waits for a turn, as long as ctx lets it; then throttle_leave() is owed. CANCELLED, or FAILED at
 * the deadline of ctx. */
bool throttle_enter(const Ctx *ctx, const char *url, GError **error) MUST_CHECK;
void throttle_leave(const char *url);

/* No call begins for so long. */
void throttle_hold(const char *url, gint64 ms);
