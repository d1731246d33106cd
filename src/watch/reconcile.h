// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "config/settings.h"
#include "host/host.h"
#include "store/store.h"
#include "watch/findings.h"

/*
 * Looks at the host itself, instead of waiting for what it sends: open pull requests, comments,
 * subscriptions. What no event told of goes the way of an event: decided by src/intake, committed
 * by the store, and so done once, whether the event comes late or never. Belongs to one thread.
 */
typedef struct _Reconcile Reconcile;

/* Borrowed; must outlive it. */
typedef struct _ReconcileSpec ReconcileSpec;
struct _ReconcileSpec {
    const Settings *settings;
    Store *store;
    Findings *findings;
};
/* Fails as host_open() and the store do. */
Reconcile *reconcile_open(const ReconcileSpec *spec, GError **error) MUST_CHECK;
/* What it reads the host with, as host_credentials(). */
GPtrArray *reconcile_credentials(const Reconcile *reconcile);
void reconcile_free(Reconcile *reconcile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reconcile, reconcile_free)

/*
 * One look. The first one reads failed deliveries, and what no look has read yet of the
 * conversations of open pull requests; later ones a few conversations each, in turn. What the host
 * refuses is a finding, and what may pass is tried again soon; after several of these nothing more
 * is asked of it. *again_ms is when to look again; 0: as usual.
 * Fails with CANCELLED, and as the store does.
 */
bool reconcile_look(const Ctx *ctx, Reconcile *reconcile, gint64 *again_ms, GError **error)
    MUST_CHECK;
