// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * Stands in for sys/http_client.c in a test program: gives the answers that the test lined up and
 * remembers what was asked. Include it once per program, after test.h.
 */
#include <string.h>

#include "sys/http_client.h"

struct _HttpClient {
    int unused;
};

enum { MOST_CALLS = 32, FAKE_CANCELLED = -1 };

typedef struct {
    int status;         /* 0: the network fails; FAKE_CANCELLED */
    const char *header; /* "Name: value", or NULL */
    const char *body;
} FakeAnswer;

static struct {
    FakeAnswer answers[MOST_CALLS];
    guint n_answers, n_calls;
    char *requests[MOST_CALLS], *bodies[MOST_CALLS];
    GStrv headers; /* of the last call */
    gsize max_reply;
    bool is_direct;
} fake;

static inline void fake_reset(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(fake.requests); i++) {
        g_free(fake.requests[i]);
        g_free(fake.bodies[i]);
    }
    g_strfreev(fake.headers);
    memset(&fake, 0, sizeof fake);
}

static inline void fake_answer(int status, const char *body)
{
    fake.answers[fake.n_answers++] = (FakeAnswer){ status, NULL, body };
}

static inline void fake_answer_with(int status, const char *header, const char *body)
{
    fake.answers[fake.n_answers++] = (FakeAnswer){ status, header, body };
}

static inline void fake_no_network(void)
{
    fake.answers[fake.n_answers++] = (FakeAnswer){ 0 };
}

HttpClient *http_client_new(void)
{
    return g_new0(HttpClient, 1);
}

void http_client_free(HttpClient *http)
{
    g_free(http);
}

bool http_client_call(const Ctx *ctx, HttpClient *http, const HttpCall *call, HttpReply *reply,
                      GError **error)
{
    const FakeAnswer *answer = &fake.answers[fake.n_calls];
    g_auto(GStrv) parts = NULL;

    assert_non_null(ctx);
    assert_non_null(http);
    assert_true(call->timeout_ms > 0 && call->max_reply > 0);
    if (fake.n_calls >= fake.n_answers)
        fail_msg("not expected: %s %s", call->method, call->url);
    fake.requests[fake.n_calls] = g_strdup_printf("%s %s", call->method, call->url);
    fake.bodies[fake.n_calls] = g_strndup(call->body, call->body_length);
    g_strfreev(fake.headers);
    fake.headers = g_strdupv((char **)call->headers);
    fake.max_reply = call->max_reply;
    fake.is_direct = call->is_direct;
    fake.n_calls++;
    if (answer->status == 0)
        return hadal_throw(error, HADAL_ERROR_RETRY, "connection refused");
    if (answer->status == FAKE_CANCELLED)
        return hadal_throw(error, HADAL_ERROR_CANCELLED, "cancelled");
    reply->status = answer->status;
    reply->body = g_string_new(answer->body);
    reply->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    parts = g_strsplit(answer->header ? answer->header : "", ": ", 2);
    if (parts[0])
        g_hash_table_insert(reply->headers, g_ascii_strdown(parts[0], -1), g_strdup(parts[1]));
    return true;
}

const char *http_reply_header(const HttpReply *reply, const char *name)
{
    g_autofree char *low = g_ascii_strdown(name, -1);

    return g_hash_table_lookup(reply->headers, low);
}

void http_reply_clear(HttpReply *reply)
{
    if (reply->body)
        g_string_free(g_steal_pointer(&reply->body), TRUE);
    g_clear_pointer(&reply->headers, g_hash_table_unref);
}

char *http_basic_auth(const char *user, const char *password)
{
    return g_strdup_printf("Basic of %s:%s", user, password);
}
