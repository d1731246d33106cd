// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/watch_check.h"
#include "store/store.h"

/*
 * What the server found wrong with its surroundings, look by look. A finding is logged as a warning
 * when it is new and once more when it is gone, never in between; all that hold now are kept in the
 * store, where /status reads them.
 */
typedef struct _Findings Findings;

Findings *findings_new(void);
void findings_free(Findings *findings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Findings, findings_free)

/* Begins a look: nothing is found yet. */
void findings_begin(Findings *findings);
/* text: a sentence without its dot. What stands before the first
 * ": " says which finding it is, what follows may differ from look to look. */
void findings_add(Findings *findings, WatchCheck check, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Ends it: logs what changed and stores the rest. */
bool findings_end(Findings *findings, Store *store, gint64 now, GError **error) MUST_CHECK;
