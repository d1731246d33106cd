// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/keyring.h"

typedef struct {
    const char *organization;
    Credentials *credentials;
} Key;

struct _Keyring {
    const Site *site;
    Credentials *usual; /* NULL: organisations that are not named have none */
    GArray *keys;       /* of Key */
};

static void clear_key(gpointer data)
{
    Key *key = data;

    g_clear_pointer(&key->credentials, credentials_free);
}

static bool add_key(Keyring *keyring, const HostSpec *spec, const HostOrganization *organization,
                    GError **error)
{
    const Key key = { organization->name,
                      credentials_open(&organization->credential, spec->timeout_ms, error) };

    if (!key.credentials)
        return hadal_prefix(error, "organization %s", organization->name);
    g_array_append_val(keyring->keys, key);
    return true;
}

Keyring *keyring_open(const HostSpec *spec, const Site *site, GError **error)
{
    g_autoptr(Keyring) keyring = g_new0(Keyring, 1);

    keyring->site = site;
    keyring->keys = g_array_new(FALSE, FALSE, sizeof(Key));
    g_array_set_clear_func(keyring->keys, clear_key);
    for (gsize i = 0; i < spec->n_organizations; i++)
        if (!add_key(keyring, spec, &spec->organizations[i], error))
            return NULL;
    if (spec->n_organizations > 0 && !host_credential_is_given(&spec->credential))
        return g_steal_pointer(&keyring);
    keyring->usual = credentials_open(&spec->credential, spec->timeout_ms, error);
    return keyring->usual ? g_steal_pointer(&keyring) : NULL;
}

void keyring_free(Keyring *keyring)
{
    if (!keyring)
        return;
    credentials_free(keyring->usual);
    g_array_unref(keyring->keys);
    g_free(keyring);
}

static Credentials *find(const Keyring *keyring, const char *organization)
{
    for (guint i = 0; i < keyring->keys->len; i++) {
        const Key *key = &g_array_index(keyring->keys, Key, i);

        if (g_ascii_strcasecmp(key->organization, organization) == 0)
            return key->credentials;
    }
    return NULL;
}

static Credentials *choose(const Keyring *keyring, const char *const *names)
{
    for (guint i = 0; names[i]; i++) {
        Credentials *own = find(keyring, names[i]);

        if (own)
            return own;
    }
    return keyring->usual;
}

CredentialKind keyring_kind(const Keyring *keyring, const char *url)
{
    g_auto(GStrv) names = site_organizations(keyring->site, url);
    const Credentials *credentials = choose(keyring, (const char *const *)names);

    return credentials ? credentials_kind(credentials) : CREDENTIAL_TOKEN;
}

bool keyring_access(const Ctx *ctx, Keyring *keyring, const char *url, const char *refused,
                    Access *access, GError **error)
{
    g_auto(GStrv) names = site_organizations(keyring->site, url);
    Credentials *credentials = choose(keyring, (const char *const *)names);

    if (!credentials)
        return hadal_throw(error, HADAL_ERROR_DENIED,
                           "there is no credential for the organisation \"%.80s\"",
                           names[0] ? names[0] : "");
    return credentials_access(ctx, credentials, refused, access, error);
}

static void add_state(GPtrArray *states, const char *organization, const Credentials *credentials)
{
    CredentialState *state = g_new0(CredentialState, 1);

    state->organization = g_strdup(organization);
    credentials_look(credentials, state);
    g_ptr_array_add(states, state);
}

GPtrArray *keyring_states(const Keyring *keyring)
{
    GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)credential_state_free);

    if (keyring->usual)
        add_state(states, NULL, keyring->usual);
    for (guint i = 0; i < keyring->keys->len; i++) {
        const Key *key = &g_array_index(keyring->keys, Key, i);

        add_state(states, key->organization, key->credentials);
    }
    return states;
}
