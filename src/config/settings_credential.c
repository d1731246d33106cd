// SPDX-License-Identifier: Apache-2.0
#include "config/settings_credential.h"

#include <string.h>

#include "config/url_setting.h"

#define refuse(error, ...) hadal_throw(error, HADAL_ERROR_INVALID, __VA_ARGS__)

#define BY(kind)    (1u << CREDENTIAL_##kind)
#define APPLICATION (BY(CLIENT_SECRET) | BY(CLIENT_CERTIFICATE) | BY(WORKLOAD_IDENTITY))

typedef struct {
    const char *name;
    unsigned used_by, needed_by; /* kinds */
    const char *instead;         /* another setting that says the same */
    const char *variable;        /* AKS: what it puts into the environment of a pod */
} Rule;

static const Rule rules[] = {
    {
        .name = "azuredevops-token",
        .used_by = BY(TOKEN),
        .instead = "azuredevops-token-file",
    },
    { .name = "azuredevops-token-file", .used_by = BY(TOKEN) },
    { .name = "azuredevops-credential-ends", .used_by = BY(TOKEN) | BY(CLIENT_SECRET) },
    {
        .name = "azuredevops-tenant-id",
        .used_by = APPLICATION,
        .needed_by = APPLICATION,
        .variable = "AZURE_TENANT_ID",
    },
    {
        .name = "azuredevops-client-id",
        .used_by = APPLICATION | BY(MANAGED_IDENTITY),
        .needed_by = APPLICATION,
        .variable = "AZURE_CLIENT_ID",
    },
    {
        .name = "azuredevops-client-secret",
        .used_by = BY(CLIENT_SECRET),
        .needed_by = BY(CLIENT_SECRET),
        .instead = "azuredevops-client-secret-file",
    },
    { .name = "azuredevops-client-secret-file", .used_by = BY(CLIENT_SECRET) },
    {
        .name = "azuredevops-client-certificate-file",
        .used_by = BY(CLIENT_CERTIFICATE),
        .needed_by = BY(CLIENT_CERTIFICATE),
    },
    {
        .name = "azuredevops-federated-token-file",
        .used_by = BY(WORKLOAD_IDENTITY),
        .needed_by = BY(WORKLOAD_IDENTITY),
        .variable = "AZURE_FEDERATED_TOKEN_FILE",
    },
    {
        .name = "azuredevops-authority-url",
        .used_by = APPLICATION,
        .variable = "AZURE_AUTHORITY_HOST",
    },
    { .name = "azuredevops-metadata-url", .used_by = BY(MANAGED_IDENTITY) },
};

static char **field_of(Settings *settings, const char *name)
{
    return &G_STRUCT_MEMBER(char *, settings, option_find(&settings_table, name)->offset);
}

static bool is_set(const char *text)
{
    return text && *text;
}

static bool is_given(Settings *settings, const char *name)
{
    const char *value = *field_of(settings, name);

    return is_set(value) && g_strcmp0(value, option_find(&settings_table, name)->def) != 0;
}

static void take_environment(const char *const *env, Settings *settings)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        const char *name = rules[i].variable;
        const char *value = name ? g_environ_getenv((GStrv)env, name) : NULL;
        char **field = field_of(settings, rules[i].name);

        if (!is_set(value) || is_given(settings, rules[i].name))
            continue;
        g_free(*field);
        *field = g_strdup(value);
    }
}

/* Kinds that use it, for people. */
static char *kinds_of(unsigned kinds)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_auto(GStrv) list = NULL;

    for (CredentialKind kind = CREDENTIAL_TOKEN; kind < CREDENTIAL_KINDS; kind++)
        if (kinds & (1u << kind))
            g_strv_builder_add(names, credential_kind_names[kind]);
    list = g_strv_builder_end(names);
    return g_strjoinv(" or ", list);
}

static bool refuse_needless(const Rule *rule, CredentialKind kind, GError **error)
{
    g_autofree char *kinds = kinds_of(rule->used_by);

    return refuse(error, "--%s is for --azuredevops-auth=%s, and not for %s", rule->name, kinds,
                  credential_kind_names[kind]);
}

static bool refuse_missing(const Rule *rule, CredentialKind kind, GError **error)
{
    const char *variable = kind == CREDENTIAL_WORKLOAD_IDENTITY ? rule->variable : NULL;

    return refuse(error, "--azuredevops-auth=%s needs --%s%s%s%s%s", credential_kind_names[kind],
                  rule->name, rule->instead ? " or --" : "", rule->instead ? rule->instead : "",
                  variable ? ", or in the environment " : "", variable ? variable : "");
}

static bool check_rule(const Rule *rule, CredentialKind kind, Settings *settings, GError **error)
{
    bool is_here = is_given(settings, rule->name);
    bool is_there = rule->instead && is_given(settings, rule->instead);

    if (is_here && !(rule->used_by & (1u << kind)))
        return refuse_needless(rule, kind, error);
    if (is_here && is_there)
        return refuse(error, "--%s and --%s exclude each other: which of them holds?", rule->name,
                      rule->instead);
    if (!is_here && !is_there && rule->needed_by & (1u << kind))
        return refuse_missing(rule, kind, error);
    return true;
}

/* Both become parts of an address. */
static bool check_id(const char *name, const char *id, GError **error)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

    return !id || strspn(id, letters) == strlen(id) ||
           refuse(error, "--%s must be an id of letters, digits, - and ., not \"%s\"", name, id);
}

/* Unix milliseconds of the end of a day like "2027-03-31"; 0: it is none. */
static gint64 end_of_day(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 3);
    guint64 number[3] = { 0 };
    g_autoptr(GDateTime) end = NULL;

    for (int i = 0; i < 3; i++)
        if (!parts[i] || strlen(parts[i]) != (i ? 2 : 4) ||
            !g_ascii_string_to_unsigned(parts[i], 10, 1, 9999, &number[i], NULL))
            return 0;
    end = g_date_time_new_utc((int)number[0], (int)number[1], (int)number[2], 23, 59, 59);
    return end ? g_date_time_to_unix(end) * 1000 : 0;
}

static bool check_day(const char *day, GError **error)
{
    return !is_set(day) || end_of_day(day) > 0 ||
           refuse(error, "--azuredevops-credential-ends must be a day like 2027-03-31, not \"%s\"",
                  day);
}

bool settings_credential_check(const char *const *env, Settings *settings, GError **error)
{
    CredentialKind kind = credential_kind_of(settings->azuredevops_auth);

    if (kind == CREDENTIAL_WORKLOAD_IDENTITY)
        take_environment(env, settings);
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (!check_rule(&rules[i], kind, settings, error))
            return false;
    return check_day(settings->azuredevops_credential_ends, error) &&
           check_id("azuredevops-tenant-id", settings->azuredevops_tenant_id, error) &&
           check_id("azuredevops-client-id", settings->azuredevops_client_id, error) &&
           url_setting_check_safe("azuredevops-authority-url", settings->azuredevops_authority_url,
                                  error) &&
           url_setting_check("azuredevops-metadata-url", settings->azuredevops_metadata_url, error);
}

HostCredential settings_credential(const Settings *settings)
{
    return (HostCredential){
        .kind = credential_kind_of(settings->azuredevops_auth),
        .token = settings->azuredevops_token,
        .token_file = settings->azuredevops_token_file,
        .ends = is_set(settings->azuredevops_credential_ends)
                    ? end_of_day(settings->azuredevops_credential_ends)
                    : 0,
        .tenant = settings->azuredevops_tenant_id,
        .client = settings->azuredevops_client_id,
        .secret = settings->azuredevops_client_secret,
        .secret_file = settings->azuredevops_client_secret_file,
        .certificate_file = settings->azuredevops_client_certificate_file,
        .assertion_file = settings->azuredevops_federated_token_file,
        .authority = settings->azuredevops_authority_url,
        .metadata_url = settings->azuredevops_metadata_url,
    };
}
