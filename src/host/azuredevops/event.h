// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "host/azuredevops/site.h"
#include "model/event.h"

/*
 * A service hook's payload as an event. Pure. INVALID, with the reason, for what is no event or
 * lacks what it must say; EVENT_IGNORED, with the reason, for what is understood and not acted on:
 * answering it with an error would make the service switch the subscription off.
 */
bool azuredevops_event_parse(const Site *site, const char *body, gsize length, Event *event,
                             GError **error) MUST_CHECK;

/* What events have in common with lists. */

/* Number, repository and page of a pull request; the collection is as in Place. INVALID. */
bool azuredevops_pull_ref(const Site *site, const char *collection, const json_t *pull,
                          PullRef *ref, GError **error) MUST_CHECK;
/* Why nobody's command can be in a comment; NULL when it may be one. */
const char *azuredevops_comment_why_not(const json_t *comment);
/* Milliseconds UTC at object.key; 0 when it is no time. */
gint64 azuredevops_time(const json_t *object, const char *key);
/* "5/1": of a comment in a thread; and what it was made of, INVALID when it is none. */
char *azuredevops_comment_ref(gint64 thread, gint64 comment);
bool azuredevops_comment_of_ref(const char *ref, gint64 *thread, gint64 *comment, GError **error)
    MUST_CHECK;
