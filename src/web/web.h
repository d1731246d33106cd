// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"
#include "store/store.h"

/*
 * The half of the server that answers HTTP: webhooks in, health and status out. It never calls the
 * engine: what it takes in it commits to the store, and what it shows it reads there.
 */
typedef struct _Web Web;

/* Borrowed; must outlive the web. */
typedef struct _WebSpec WebSpec;
struct _WebSpec {
    const Settings *settings;
    Store *store;
    const char *metrics_path; /* NULL: metrics are not told */
};

/* Listens on settings->port. Fails as http_server_open() does, and with INVALID for metrics at a
 * path that is taken. */
Web *web_open(const WebSpec *spec, GError **error) MUST_CHECK;
guint16 web_port(const Web *web);
/* From now on /status says that the server is shutting down; events are still taken. */
void web_set_draining(Web *web);
void web_close(Web *web);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Web, web_close)
