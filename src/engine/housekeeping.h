// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"
#include "store/store.h"

/*
 * Removes what nobody needs any more: files of plans that were used or discarded (they hold
 * secrets in clear text), and with is_thorough, seldom, deliveries and logs that are old, and what
 * the caches of git and of plugins have beyond their bounds. What cannot be removed is logged and
 * tried again next time. The database's failure is the caller's.
 */
bool housekeeping_run(const Settings *settings, Store *store, bool is_thorough, GError **error)
    MUST_CHECK;

/* Removes a plan's file and all that was made of it; what cannot be removed is logged. */
bool housekeeping_remove_plan(const char *path);
