// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the server looks at around itself (src/watch). */
typedef enum {
    WATCH_DISK,
    WATCH_HOST,
    WATCH_SUBSCRIPTIONS,
    WATCH_CREDENTIAL,
    WATCH_EVENTS,
    WATCH_CHECKS,
} WatchCheck;

/* As /status and the metrics call them, in the order of the enum. */
extern const char *const watch_check_names[WATCH_CHECKS];
