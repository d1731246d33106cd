// SPDX-License-Identifier: Apache-2.0
#include "model/host_credential.h"

const char *const credential_kind_names[] = {
    [CREDENTIAL_TOKEN] = "token",
    [CREDENTIAL_CLIENT_SECRET] = "client-secret",
    [CREDENTIAL_CLIENT_CERTIFICATE] = "client-certificate",
    [CREDENTIAL_WORKLOAD_IDENTITY] = "workload-identity",
    [CREDENTIAL_MANAGED_IDENTITY] = "managed-identity",
    [CREDENTIAL_KINDS] = NULL,
};

bool host_credential_is_given(const HostCredential *credential)
{
    return credential->kind != CREDENTIAL_TOKEN || (credential->token && *credential->token) ||
           (credential->token_file && *credential->token_file);
}

void credential_state_free(CredentialState *state)
{
    if (!state)
        return;
    g_free(state->organization);
    g_free(state);
}

CredentialKind credential_kind_of(const char *name)
{
    for (CredentialKind kind = CREDENTIAL_TOKEN; kind < CREDENTIAL_KINDS; kind++)
        if (g_strcmp0(credential_kind_names[kind], name) == 0)
            return kind;
    return CREDENTIAL_TOKEN;
}
