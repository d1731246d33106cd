// SPDX-License-Identifier: Apache-2.0
#include "config/settings_credential.h"

#include <string.h>

#include "config/url_setting.h"

#define refuse(error, ...) hadal_throw(error, HADAL_ERROR_INVALID, __VA_ARGS__)

#define BY(kind)    (1u << CREDENTIAL_##kind)
#define APPLICATION (BY(CLIENT_SECRET) | BY(CLIENT_CERTIFICATE) | BY(WORKLOAD_IDENTITY))
#define FIELD(name) .offset = G_STRUCT_OFFSET(CredentialSettings, name)

typedef struct {
    const char *name;
    gsize offset;
    unsigned used_by, needed_by; /* kinds */
    const char *instead;         /* another setting that says the same */
    const char *variable;        /* AKS: what it puts into the environment of a pod */
    const char *def;
} Rule;

static const Rule rules[] = {
    { FIELD(token), .name = "token", .used_by = BY(TOKEN), .instead = "token-file" },
    { FIELD(token_file), .name = "token-file", .used_by = BY(TOKEN) },
    {
        FIELD(credential_ends),
        .name = "credential-ends",
        .used_by = BY(TOKEN) | BY(CLIENT_SECRET),
    },
    {
        FIELD(tenant_id),
        .name = "tenant-id",
        .used_by = APPLICATION,
        .needed_by = APPLICATION,
        .variable = "AZURE_TENANT_ID",
    },
    {
        FIELD(client_id),
        .name = "client-id",
        .used_by = APPLICATION | BY(MANAGED_IDENTITY),
        .needed_by = APPLICATION,
        .variable = "AZURE_CLIENT_ID",
    },
    {
        FIELD(client_secret),
        .name = "client-secret",
        .used_by = BY(CLIENT_SECRET),
        .needed_by = BY(CLIENT_SECRET),
        .instead = "client-secret-file",
    },
    { FIELD(client_secret_file), .name = "client-secret-file", .used_by = BY(CLIENT_SECRET) },
    {
        FIELD(client_certificate_file),
        .name = "client-certificate-file",
        .used_by = BY(CLIENT_CERTIFICATE),
        .needed_by = BY(CLIENT_CERTIFICATE),
    },
    {
        FIELD(federated_token_file),
        .name = "federated-token-file",
        .used_by = BY(WORKLOAD_IDENTITY),
        .needed_by = BY(WORKLOAD_IDENTITY),
        .variable = "AZURE_FEDERATED_TOKEN_FILE",
    },
    {
        FIELD(authority_url),
        .name = "authority-url",
        .used_by = APPLICATION,
        .variable = "AZURE_AUTHORITY_HOST",
        .def = CREDENTIAL_AUTHORITY,
    },
    {
        FIELD(metadata_url),
        .name = "metadata-url",
        .used_by = BY(MANAGED_IDENTITY),
        .def = CREDENTIAL_METADATA,
    },
};

/* What is being checked, and what its parts are called. */
typedef struct {
    CredentialSettings *settings;
    CredentialKind kind;
    const char *before;
} Check;

static char **field_of(CredentialSettings *settings, const Rule *rule)
{
    return &G_STRUCT_MEMBER(char *, settings, rule->offset);
}

static bool is_set(const char *text)
{
    return text && *text;
}

static bool is_given(const Check *check, const Rule *rule)
{
    const char *value = *field_of(check->settings, rule);

    return is_set(value) && g_strcmp0(value, rule->def) != 0;
}

static bool is_given_as(const Check *check, const char *name)
{
    for (gsize i = 0; name && i < G_N_ELEMENTS(rules); i++)
        if (g_str_equal(rules[i].name, name))
            return is_given(check, &rules[i]);
    return false;
}

static void put(char **field, const char *value)
{
    g_free(*field);
    *field = g_strdup(value);
}

static void take_environment(const Check *check, const char *const *env)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        const char *name = rules[i].variable;
        const char *value = name ? g_environ_getenv((GStrv)env, name) : NULL;

        if (is_set(value) && !is_given(check, &rules[i]))
            put(field_of(check->settings, &rules[i]), value);
    }
}

/* App Service and Container Apps have an address of their own for it, and a secret to ask with. */
static bool take_app_identity(const Check *check, const char *const *env, GError **error)
{
    const char *endpoint = g_environ_getenv((GStrv)env, "IDENTITY_ENDPOINT");
    const char *header = g_environ_getenv((GStrv)env, "IDENTITY_HEADER");
    g_autofree char *checked = g_strdup(endpoint); /* it is asked as it is written, slash and all */

    if (!is_set(endpoint) || !is_set(header) || is_given_as(check, "metadata-url"))
        return true;
    put(&check->settings->identity_endpoint, endpoint);
    put(&check->settings->identity_header, header);
    return url_setting_check("IDENTITY_ENDPOINT", checked, error);
}

static void take_usual(const Check *check)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        char **field = field_of(check->settings, &rules[i]);

        if (!is_set(*field) && rules[i].def)
            put(field, rules[i].def);
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

static bool refuse_needless(const Check *check, const Rule *rule, GError **error)
{
    g_autofree char *kinds = kinds_of(rule->used_by);

    return refuse(error, "%s%s is for %sauth=%s, and not for %s", check->before, rule->name,
                  check->before, kinds, credential_kind_names[check->kind]);
}

static bool refuse_missing(const Check *check, const Rule *rule, GError **error)
{
    const char *variable = check->kind == CREDENTIAL_WORKLOAD_IDENTITY ? rule->variable : NULL;
    g_autofree char *other =
        rule->instead ? g_strconcat(" or ", check->before, rule->instead, NULL) : g_strdup("");

    return refuse(error, "%sauth=%s needs %s%s%s%s%s", check->before,
                  credential_kind_names[check->kind], check->before, rule->name, other,
                  variable ? ", or in the environment " : "", variable ? variable : "");
}

static bool check_rule(const Check *check, const Rule *rule, GError **error)
{
    bool is_here = is_given(check, rule);
    bool is_there = is_given_as(check, rule->instead);

    if (is_here && !(rule->used_by & (1u << check->kind)))
        return refuse_needless(check, rule, error);
    if (is_here && is_there)
        return refuse(error, "%s%s and %s%s exclude each other: which of them holds?",
                      check->before, rule->name, check->before, rule->instead);
    if (!is_here && !is_there && rule->needed_by & (1u << check->kind))
        return refuse_missing(check, rule, error);
    return true;
}

/* Both become parts of an address. */
static bool check_id(const Check *check, const char *name, const char *id, GError **error)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

    return !id || strspn(id, letters) == strlen(id) ||
           refuse(error, "%s%s must be an id of letters, digits, - and ., not \"%s\"",
                  check->before, name, id);
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

static bool check_day(const Check *check, GError **error)
{
    const char *day = check->settings->credential_ends;

    return !is_set(day) || end_of_day(day) > 0 ||
           refuse(error, "%scredential-ends must be a day like 2027-03-31, not \"%s\"",
                  check->before, day);
}

static bool check_urls(const Check *check, GError **error)
{
    g_autofree char *authority = g_strconcat(check->before, "authority-url", NULL);
    g_autofree char *metadata = g_strconcat(check->before, "metadata-url", NULL);

    return url_setting_check_safe(authority, check->settings->authority_url, error) &&
           url_setting_check(metadata, check->settings->metadata_url, error);
}

/* What an editor, a mounted secret or habit has put around the value. */
static void tidy(CredentialSettings *settings)
{
    if (settings->token)
        g_strstrip(settings->token);
    if (settings->client_secret)
        g_strstrip(settings->client_secret);
}

bool settings_credential_check(const char *const *env, const char *before,
                               CredentialSettings *settings, GError **error)
{
    const Check check = { settings, credential_kind_of(settings->auth), before };

    tidy(settings);
    if (check.kind == CREDENTIAL_WORKLOAD_IDENTITY)
        take_environment(&check, env);
    if (check.kind == CREDENTIAL_MANAGED_IDENTITY && !take_app_identity(&check, env, error))
        return false;
    take_usual(&check);
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (!check_rule(&check, &rules[i], error))
            return false;
    return check_day(&check, error) && check_id(&check, "tenant-id", settings->tenant_id, error) &&
           check_id(&check, "client-id", settings->client_id, error) && check_urls(&check, error);
}

void settings_credential_clear_unnamed(CredentialSettings *settings)
{
    g_clear_pointer(&settings->identity_endpoint, g_free);
    g_clear_pointer(&settings->identity_header, g_free);
}

HostCredential settings_credential(const CredentialSettings *settings)
{
    return (HostCredential){
        .kind = credential_kind_of(settings->auth),
        .token = settings->token,
        .token_file = settings->token_file,
        .ends = is_set(settings->credential_ends) ? end_of_day(settings->credential_ends) : 0,
        .tenant = settings->tenant_id,
        .client = settings->client_id,
        .secret = settings->client_secret,
        .secret_file = settings->client_secret_file,
        .certificate_file = settings->client_certificate_file,
        .assertion_file = settings->federated_token_file,
        .authority = settings->authority_url,
        .metadata_url = settings->metadata_url,
        .identity_endpoint = settings->identity_endpoint,
        .identity_header = settings->identity_header,
    };
}
