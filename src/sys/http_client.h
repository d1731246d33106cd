// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * HTTP out, over libcurl: one attempt per call. Retrying is for callers, who know what may be sent
 * twice; POST and PATCH are not repeated even when a kept connection breaks. Redirects are not
 * followed, but by http_client_fetch(). Proxies come from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and
 * NO_PROXY in either spelling, but are not asked for a loopback address; certificates from
 * SSL_CERT_FILE and all files of SSL_CERT_DIR, beside the system's directory. One thread at a time;
 * connections are kept and used again.
 */
typedef struct _HttpClient HttpClient;

typedef struct _HttpCall HttpCall;
struct _HttpCall {
    const char *method; /* "GET" ... */
    const char *url;    /* absolute, http or https */
    const char *const
        *headers;     /* "Name: value", NULL-terminated; may be NULL; never in a message */
    const char *body; /* may be NULL */
    gsize body_length;
    gint64 timeout_ms; /* whole call */
    gsize max_reply;   /* bytes; more fails with FAILED */
    bool is_direct;    /* no proxy is asked, whatever the environment says */
};

typedef struct _HttpReply HttpReply;
struct _HttpReply {
    int status;
    GString *body;
    GHashTable *headers; /* char * lower case -> char * value, both owned; the last of equals */
};

HttpClient *http_client_new(void);
void http_client_free(HttpClient *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/*
 * True whenever there was an answer, whatever its status. Fails with RETRY (name, connection,
 * time-out, TLS), CANCELLED, FAILED (reply too large, deadline of ctx), INVALID (not a URL, control
 * characters in a header). reply is { 0 } before, and stays so on failure.
 */
bool http_client_call(const Ctx *ctx, HttpClient *http, const HttpCall *call, HttpReply *reply,
                      GError **error) MUST_CHECK;

/* A GET without headers of the caller's, of what may have moved. */
typedef struct _HttpFetch HttpFetch;
struct _HttpFetch {
    const char *url;   /* may hold user and password: they are not in a message */
    int fd;            /* > 0: the bytes go there, as they come; 0: into the reply's body */
    gint64 timeout_ms; /* of all of it */
    gsize max_reply;   /* bytes; more fails with FAILED */
};

/*
 * Follows up to five redirects, from https only to https. Fails as http_client_call() does; any
 * other status than 200 is a failure too: NOT_FOUND for 404 and 410, RETRY for 429 and 5xx, else
 * FAILED. What stands in fd then is worth nothing.
 */
bool http_client_fetch(const Ctx *ctx, HttpClient *http, const HttpFetch *fetch, HttpReply *reply,
                       GError **error) MUST_CHECK;

/* Borrowed, or NULL. */
const char *http_reply_header(const HttpReply *reply, const char *name);
void http_reply_clear(HttpReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpReply, http_reply_clear)

/* Value of "Authorization" for basic authentication; the caller frees it. */
char *http_basic_auth(const char *user, const char *password);
