// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include "sys/http_server.h"

/* Inside of http_server: what a request and a response are made of. */
struct _HttpRequest {
    struct MHD_Connection *connection; /* holds the headers */
    char *method, *path, *query, *peer;
    HttpServer *server;
    GString *body;
    gsize n_received;       /* also what was thrown away */
    HttpResponse *refusal;  /* decided before the body; sent when that has passed */
    HttpResponse *late;     /* what a suspended one is answered; guarded by the server's lock */
    bool is_begun, is_busy; /* headers are known; its answer is on the way */
    bool is_suspended;      /* since its handler, of whatever was done with it then */
};

/* target is what stood in the request line. */
HttpRequest *http_request_new(struct MHD_Connection *connection, const char *target);
void http_request_free(HttpRequest *request);

/* Once headers are known. NULL when they are unambiguous, else what to answer. */
HttpResponse *http_request_begin(HttpRequest *request, const char *method, const char *version);

/* Of the body: 0 when there is none, G_MAXUINT64 when only its end will tell. */
guint64 http_request_announced(const HttpRequest *request);

gsize http_response_length(const HttpResponse *response);

/* Frees response; does_close ends the connection after it. Not NULL. */
struct MHD_Response *http_response_for_mhd(HttpResponse *response, bool does_close,
                                           unsigned *status);
