// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/site.h"
#include "model/event.h"

/*
 * A service hook's payload as an event. Pure. INVALID, with the reason, for what is no event or
 * lacks what it must say; EVENT_IGNORED, with the reason, for what is understood and not acted on:
 * answering it with an error would make the service switch the subscription off.
 */
bool azuredevops_event_parse(const Site *site, const char *body, gsize length, Event *event,
                             GError **error) MUST_CHECK;
