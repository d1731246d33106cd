// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdatomic.h>

#include "host/host.h"
#include "intake/inbox.h"
#include "sys/http_server.h"
#include "web/web.h"

struct _Web {
    WebSpec spec;
    HttpServer *server;
    Inbox *inbox;
    /* For pure work alone (authenticate, parse), so that the server's threads may share it. */
    Host *host;
    atomic_bool is_draining;
};

/* Handlers of the route table (routes.c). */
HttpResponse *events_before_body(const HttpRequest *request, Web *web);
HttpResponse *events_post(const HttpRequest *request, Web *web);
HttpResponse *health_get(const HttpRequest *request, Web *web);
HttpResponse *ready_get(const HttpRequest *request, Web *web);
HttpResponse *status_get(const HttpRequest *request, Web *web);
HttpResponse *metrics_get(const HttpRequest *request, Web *web);

/* Whether the path belongs to a handler of the table, whatever the method. */
bool routes_has(const char *path);

HttpResponse *routes_before_body(const HttpRequest *request, gpointer web);
HttpResponse *routes_handle(const HttpRequest *request, gpointer web);
