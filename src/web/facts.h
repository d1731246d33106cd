// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "web/web_internal.h"

/* What there is to tell of the server, for /status and the metrics. Owns all of it. */
typedef struct _CacheFacts CacheFacts;
struct _CacheFacts {
    gint64 bytes; /* when it was last looked at; -1: never */
    gint64 limit; /* bytes; 0: none */
};

typedef struct _Facts Facts;
struct _Facts {
    bool is_draining;
    WorkCounts counts;
    gint64 last_event_ms;   /* 0: never */
    json_t *findings;       /* as watch/findings.h stores them; NULL: nobody has looked yet */
    GPtrArray *credentials; /* of CredentialState */
    CacheFacts plugins, repositories;
};
void facts_clear(Facts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Facts, facts_clear)

/* *facts is all zeros before, and to be cleared in either case. Any thread. */
bool facts_read(Web *web, Facts *facts, GError **error) MUST_CHECK;

/* Of the credentials that say when they end, the first to do so; 0: none says it. */
gint64 facts_first_end(const Facts *facts);
