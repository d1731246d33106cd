// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "model/host_credential.h"

/* Where Entra ID and the machine's own identities are asked unless something else is said. */
#define CREDENTIAL_AUTHORITY "https://login.microsoftonline.com"
#define CREDENTIAL_METADATA  "http://169.254.169.254"

/* What one credential is made of, as it was written; what was not is NULL. Owns its text. */
typedef struct _CredentialSettings CredentialSettings;
struct _CredentialSettings {
    char *auth; /* one of credential_kind_names; NULL: the first */
    char *token, *token_file, *credential_ends;
    char *tenant_id, *client_id;
    char *client_secret, *client_secret_file;
    char *client_certificate_file, *federated_token_file;
    char *authority_url, *metadata_url;        /* no trailing slash */
    char *identity_endpoint, *identity_header; /* of the environment, never written */
};
/* Frees what no setting has a name for. */
void settings_credential_clear_unnamed(CredentialSettings *settings);

/*
 * Takes out blanks around secrets, fills in what Azure says in the environment (AKS: workload
 * identity; App Service and Container Apps: managed identity) and the usual addresses, then refuses
 * with INVALID what is missing, what the kind does not use, and what is given twice. before: what
 * stands before each name in messages, "--azuredevops-".
 */
bool settings_credential_check(const char *const *env, const char *before,
                               CredentialSettings *settings, GError **error) MUST_CHECK;

/* A view of settings, whole once they are checked. */
HostCredential settings_credential(const CredentialSettings *settings);
