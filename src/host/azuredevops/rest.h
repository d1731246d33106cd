// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "base/ctx.h"
#include "base/error.h"
#include "host/azuredevops/keyring.h"

/*
 * Calls of the REST interface: versions, the credential, and what the many ways of saying no mean.
 * One attempt per call. Belongs to one thread.
 */
typedef struct _Rest Rest;

typedef struct _RestSpec RestSpec;
struct _RestSpec {
    Keyring *keyring; /* outlives the Rest; NULL: calls are made without any credential */
    gint64 timeout_ms;
    gint64 *retry_after_ms; /* raised to what an answer asks for; outlives the Rest */
};
Rest *rest_new(const RestSpec *spec);
void rest_free(Rest *rest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rest, rest_free)

/* For max_reply: the list of threads has no pages, and a comment up to 150 kB. */
enum { REST_ALL_THREADS = 128 * 1024 * 1024 };

typedef struct _RestCall RestCall;
struct _RestCall {
    const char *what;   /* for messages: "get threads" */
    const char *method; /* "GET" ... */
    const char *url;    /* without query; the caller answers for its host */
    const char *query;  /* escaped, "a=b&c=d"; NULL: none */
    bool is_preview;    /* a resource that is only published as a preview */
    const json_t *body; /* NULL: none */
    gsize max_reply;    /* bytes; 0: the usual */
    int *status;        /* the answer's, whatever it is, goes there; NULL: nobody asks */
    bool may_be_empty;  /* the answer says nothing but its status */
};

typedef struct _RestReply RestReply;
struct _RestReply {
    json_t *json;       /* never NULL after success; null for an answer that may be empty, and is */
    char *continuation; /* where the next page of a list begins; NULL: this is the last one */
    char *user_id; /* GUID of whom the credential belongs to; NULL when the answer does not tell */
};
void rest_reply_clear(RestReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RestReply, rest_reply_clear)

/*
 * RETRY: network, 408, 429, 5xx, and a refused credential (401, 203, a redirect or a page instead
 * of JSON), which a new one may cure: where there is one by then, the call is made again with it
 * and nothing is told. Else DENIED, NOT_FOUND, CONFLICT, INVALID (400) and FAILED,
 * with what the service says. After RETRY a POST may have had its effect.
 */
bool rest_call(const Ctx *ctx, Rest *rest, const RestCall *call, RestReply *reply, GError **error)
    MUST_CHECK;
