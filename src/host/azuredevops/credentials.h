// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "model/host_credential.h"

/*
 * What calls and git prove themselves with: asked before each call, because tokens are renewed and
 * files replaced while the server runs. One per thread; tokens are shared by all (token_cache.h).
 */
typedef struct _Credentials Credentials;

/* Borrows from of what outlives it; timeout_ms: of a call for a token, 0 for the usual one. INVALID
 * for a file that cannot be read, or is of no use, when the process first meets it: later it may be
 * on its way, and is a RETRY of the call. */
Credentials *credentials_open(const HostCredential *of, gint64 timeout_ms, GError **error)
    MUST_CHECK;
void credentials_free(Credentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Credentials, credentials_free)

typedef struct _Access Access;
struct _Access {
    char *authorization; /* value of the header; NULL: there is no credential at all */
    bool is_bearer;
};
void access_clear(Access *access);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Access, access_clear)

/* Beside Authorization: a token of Entra ID is refused without it where an organisation is run with
 * Microsoft accounts. */
#define CREDENTIALS_BEARER_HEADER "X-VSS-ForceMsaPassThrough: true"
/* Without it a refused credential is answered by a redirect to a sign-in page. */
#define CREDENTIALS_HONEST_HEADER "X-TFS-FedAuthRedirect: Suppress"

/*
 * refused: the authorization that the host has just not taken, or NULL; what is given then is
 * newer, or the same when there is nothing newer. RETRY when a token cannot be had now.
 */
bool credentials_access(const Ctx *ctx, Credentials *credentials, const char *refused,
                        Access *access, GError **error) MUST_CHECK;

CredentialKind credentials_kind(const Credentials *credentials);

/* When it ends, and the token that it gave last; the organisation is left as it is. Any thread. */
void credentials_look(const Credentials *credentials, CredentialState *state);
