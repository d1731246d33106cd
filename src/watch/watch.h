// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"
#include "store/store.h"

/*
 * The third part of the server: a thread that looks around, at the start and every
 * --reconcile-interval. It finds what events did not tell (reconcile.h), keeps subscriptions
 * enabled, and notes what is wrong (findings.h). Like web and engine it meets the others only in
 * the store.
 */
typedef struct _Watch Watch;

/* Borrowed; must outlive the watch. */
typedef struct _WatchSpec WatchSpec;
struct _WatchSpec {
    const Settings *settings;
    Store *store;
};

/* Starts the thread, or none when the interval is 0. */
Watch *watch_open(const WatchSpec *spec, GError **error) MUST_CHECK;
/* Stops at once: a call to the host is cut off. Accepts NULL. */
void watch_close(Watch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_close)
