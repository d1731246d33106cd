// SPDX-License-Identifier: Apache-2.0
#include "model/watch_check.h"

const char *const watch_check_names[WATCH_CHECKS] = {
    [WATCH_DISK] = "disk",
    [WATCH_HOST] = "host",
    [WATCH_SUBSCRIPTIONS] = "subscriptions",
    [WATCH_CREDENTIAL] = "credential",
    [WATCH_EVENTS] = "events",
};
