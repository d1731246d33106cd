// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * One thing at a time per place, in this process (threads) and in others (a lock file), and one run
 * for all who wait for the same. A run that has already begun is not shared: what it reads may be
 * older than the request.
 */
typedef bool (*FlightRun)(const Ctx *ctx, gpointer data, GError **error);

/*
 * Runs run(data) alone at place (the lock file is place + ".lock"), or shares the result of another
 * caller with an equal key whose run has not begun. Fails as run does, with CANCELLED, or with
 * RETRY when another process has held the place for patience_ms. With
 * FLIGHT_HERE the place is one of this process alone, without a file: any name.
 */
enum { FLIGHT_HERE = -1 };
bool flight_run(const Ctx *ctx, const char *place, const char *key, gint64 patience_ms,
                FlightRun run, gpointer data, GError **error) MUST_CHECK;
