// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * HTTP/1.1 in, over libmicrohttpd's epoll pool. What a handler sees is a whole request, bounded and
 * unambiguous: requests that proxies could read differently (several Content-Length, Content-Length
 * with Transfer-Encoding, blanks before a colon, an unknown coding; RFC 9112 section 6.3) are
 * answered 400 and the connection closed; a client that needs longer than request_timeout_ms for
 * one request is cut off. Handlers run on the server's threads, which are few, and must not block:
 * what takes longer is answered later, see http_request_suspend().
 */
typedef struct _HttpServer HttpServer;

typedef struct _HttpRequest HttpRequest;
typedef struct _HttpResponse HttpResponse;

/*
 * Answers a request. Called once per request, on one of the server's threads. NULL closes the
 * connection without an answer, unless the request was suspended (before_body apart, see there).
 */
typedef HttpResponse *(*HttpHandler)(const HttpRequest *request, gpointer data);

typedef struct _HttpServerSpec HttpServerSpec;
struct _HttpServerSpec {
    const char *address;            /* NULL: all, IPv4 and IPv6 */
    guint16 port;                   /* 0: any free one, see http_server_port() */
    unsigned threads;               /* of the pool */
    gsize max_body;                 /* bytes; more is answered 413 */
    gint64 request_timeout_ms;      /* to receive one whole request */
    const char *cert_pem, *key_pem; /* both or neither: TLS */
    /* Sees method, path and headers before the body is read; NULL means go on. May be NULL. */
    HttpHandler before_body;
    HttpHandler handler;
    gpointer data;
};

/* Fails with CONFLICT when the port is taken, INVALID for a bad certificate, else INTERNAL. */
HttpServer *http_server_open(const HttpServerSpec *spec, GError **error) MUST_CHECK;
guint16 http_server_port(const HttpServer *server);

/*
 * Stops listening, lets handlers that run finish, waits for suspended requests to be answered,
 * closes every connection. Accepts NULL.
 */
void http_server_close(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_close)

/*
 * For a handler that cannot answer yet: it returns NULL behind this, and the connection waits
 * without a thread. The result is the same request, valid until http_request_answer(), which must
 * be called for it once, by any thread. NULL while the server closes: answer at once.
 */
HttpRequest *http_request_suspend(const HttpRequest *request);

/* Takes response; NULL closes the connection. request is gone with it. */
void http_request_answer(HttpRequest *request, HttpResponse *response);

/* Borrowed, valid during the handler, or until the answer of one that is suspended. */
const char *http_request_method(const HttpRequest *request); /* HEAD is shown as GET */
const char *http_request_path(
    const HttpRequest *request); /* as sent, still percent-encoded, without query */
const char *http_request_query(const HttpRequest *request); /* raw, without "?"; "" when absent */
const char *http_request_header(const HttpRequest *request,
                                const char *name); /* NULL when absent; any case */
const char *http_request_body(const HttpRequest *request, gsize *length); /* NUL-terminated */
const char *http_request_peer(const HttpRequest *request);                /* "192.0.2.1" */

/* Decoded value of one query parameter (name in any case), or NULL; the caller frees it. */
char *http_request_param(const HttpRequest *request, const char *name);

/* User and password of basic Authorization; false when absent or malformed. The caller frees both.
 */
bool http_request_basic_auth(const HttpRequest *request, char **user, char **password);

/* take_: the response owns it. Text answers are "text/plain; charset=utf-8". */
HttpResponse *http_response_new(unsigned status, const char *content_type, const char *body,
                                gssize length);
HttpResponse *http_response_take(unsigned status, const char *content_type, GString *body);
HttpResponse *http_response_text(unsigned status, const char *format, ...) G_GNUC_PRINTF(2, 3);
void http_response_header(HttpResponse *response, const char *name, const char *value);
void http_response_free(HttpResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpResponse, http_response_free)
