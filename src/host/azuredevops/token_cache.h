// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * Access tokens of this process, by the name of the credential that they were got with. Each is
 * renewed well before it ends, by one thread for all that want it; while that does not work, the
 * one at hand is used as long as it is valid. Any thread. In memory only.
 */
typedef struct _Token Token;
struct _Token {
    char *text;
    gint64 expires_ms; /* as clock_now(); 0: not known */
    gint64 renew_ms;   /* from when on a new one is wanted; 0: when it is about to end */
};
void token_clear(Token *token);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Token, token_clear)

/* Brings a new one; *token is all zeros before. */
typedef bool (*TokenFetch)(const Ctx *ctx, gpointer data, Token *token, GError **error);

/*
 * *text, the caller's, is a token that is valid now. One that equals refused, which the host did
 * not take, is not given again unless fetch brings nothing else, or brought it a moment ago in
 * place of another that was refused: then it is not asked for a while. Fails as fetch does, or with
 * CANCELLED.
 */
bool token_cache_get(const Ctx *ctx, const char *name, const char *refused, TokenFetch fetch,
                     gpointer data, char **text, GError **error) MUST_CHECK;

/* For what needs no fetch: keeps a text without an end, and gives what is kept, or NULL. */
void token_cache_put(const char *name, const char *text);
char *token_cache_text(const char *name);

/* When the token ends; 0: there is none, or nobody knows. */
gint64 token_cache_end(const char *name);
