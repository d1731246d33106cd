// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/credentials.h"
#include "host/azuredevops/site.h"
#include "model/host_spec.h"

/*
 * Which credential is for which organisation: a token is never sent to another one. One per thread;
 * borrows from spec and site what outlives it.
 */
typedef struct _Keyring Keyring;

/* Fails as credentials_open() does, naming the organisation. */
Keyring *keyring_open(const HostSpec *spec, const Site *site, GError **error) MUST_CHECK;
void keyring_free(Keyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keyring, keyring_free)

/*
 * For the organisation that url lies in: see credentials_access(). DENIED when others have
 * credentials and it has none. Without any credential at all access is for everybody.
 */
bool keyring_access(const Ctx *ctx, Keyring *keyring, const char *url, const char *refused,
                    Access *access, GError **error) MUST_CHECK;

/* Of what is used there; TOKEN where there is nothing. */
CredentialKind keyring_kind(const Keyring *keyring, const char *url);

/* Of CredentialState, owned: each credential once, that of all others first. Any thread. */
GPtrArray *keyring_states(const Keyring *keyring);
