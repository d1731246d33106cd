// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the server proves itself with to a code host. */
typedef enum {
    CREDENTIAL_TOKEN,              /* a personal access token, as text or in a file */
    CREDENTIAL_CLIENT_SECRET,      /* an application of Entra ID, with a secret */
    CREDENTIAL_CLIENT_CERTIFICATE, /* with the key of a certificate */
    CREDENTIAL_WORKLOAD_IDENTITY,  /* with a token that the cluster keeps in a file */
    CREDENTIAL_MANAGED_IDENTITY,   /* of the machine: asked of its metadata service */
    CREDENTIAL_KINDS,
} CredentialKind;

/* Names of the kinds, in the order of the enum; the values of a setting. NULL-terminated. */
extern const char *const credential_kind_names[];
/* The kind of that name; NULL and what is unknown are TOKEN. */
CredentialKind credential_kind_of(const char *name);

/* A view of the settings. What a kind does not use is NULL. */
typedef struct _HostCredential HostCredential;
struct _HostCredential {
    CredentialKind kind;
    const char *token, *token_file;   /* TOKEN: one of them, or neither for none at all */
    gint64 ends;                      /* TOKEN, CLIENT_SECRET: Unix milliseconds; 0: not said */
    const char *tenant, *client;      /* of Entra ID; MANAGED_IDENTITY: client alone, or neither */
    const char *secret, *secret_file; /* CLIENT_SECRET: one of them */
    const char *certificate_file;     /* CLIENT_CERTIFICATE: PEM with certificate and key */
    const char *assertion_file;       /* WORKLOAD_IDENTITY */
    const char *authority;            /* "https://login.microsoftonline.com", no trailing slash */
    const char *metadata_url;         /* MANAGED_IDENTITY, no trailing slash */
    const char *identity_endpoint;    /* asked in its place, in App Service; NULL: it is not */
    const char *identity_header;      /* with this secret */
};

/* Whether there is anything to prove oneself with. */
bool host_credential_is_given(const HostCredential *credential);

/* What is known of a credential that is in use. Owns its text. */
typedef struct _CredentialState CredentialState;
struct _CredentialState {
    char *organization; /* whose it is; NULL: of all that have none of their own */
    gint64 ends;       /* when somebody has to replace it, Unix milliseconds; 0: not known, never */
    gint64 token_ends; /* of the token that it gave last, which is renewed by itself; 0: none */
};
void credential_state_free(CredentialState *state);

/* An organisation of the host with a credential of its own. A view, too. */
typedef struct _HostOrganization HostOrganization;
struct _HostOrganization {
    const char *name; /* letter case does not matter */
    HostCredential credential;
};
