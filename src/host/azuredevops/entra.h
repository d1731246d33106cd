// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/token_cache.h"
#include "model/host_credential.h"
#include "sys/http_client.h"

/*
 * Access tokens of Entra ID for Azure DevOps, by client credentials (OAuth 2.0, RFC 6749 section
 * 4.4; assertions by RFC 7523) or of a managed identity from the machine's metadata service. What
 * is in files is read anew for each: clusters and people replace them.
 */

/* Asks for one. RETRY when it cannot be had now: also for what is refused, which a new secret, or a
 * setting of Entra ID, may cure. */
bool entra_fetch(const Ctx *ctx, HttpClient *http, const HostCredential *credential,
                 gint64 timeout_ms, Token *token, GError **error) MUST_CHECK;

/* Whether the files of the credential can be read and are of use. Fails with what is wrong. */
bool entra_check(const HostCredential *credential, GError **error) MUST_CHECK;

/* When the credential's certificate ends; 0: there is none, or it cannot be read now. */
gint64 entra_ends(const HostCredential *credential);

/* The claims that a certificate's assertion makes, as JSON; the caller frees it. Pure. */
char *entra_claims(const char *client, const char *audience, const char *id, gint64 now_s);
/* What a token endpoint answered. now_ms as clock_now(). Pure. */
bool entra_read_answer(int status, const char *body, gsize length, gint64 now_ms, Token *token,
                       GError **error) MUST_CHECK;
