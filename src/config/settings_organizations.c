// SPDX-License-Identifier: Apache-2.0
#include "config/settings_organizations.h"

#include <string.h>

#include "config/schema.h"
#include "config/settings_credential.h"

typedef struct {
    const YamlNode *node;
    char *name;
    CredentialSettings credential;
} Organization;

typedef struct {
    const YamlNode *node;
    GPtrArray *organizations; /* of Organization, owned */
} Top;

struct _SettingsOrganizations {
    YamlDoc *doc;
    Top top;
    GArray *list; /* of HostOrganization: views of top */
};

static char *check_auth(const char *text)
{
    g_autofree char *all = NULL;

    if (g_strv_contains(credential_kind_names, text))
        return NULL;
    all = g_strjoinv(", ", (GStrv)credential_kind_names);
    return g_strdup_printf("must be one of %s", all);
}

#define OF(field) KEY_FIELD(Organization, credential.field)

static const Key organization_keys[] = {
    {
        OF(auth),
        .name = "auth",
        .check = check_auth,
        .says = "token",
        .help = "As `--azuredevops-auth`, and so on: each key is the flag with "
                "`--azuredevops-` in front.",
    },
    { OF(token), .name = "token", .help = "A personal access token." },
    { OF(token_file), .name = "token-file", .help = "File with one, read on each use." },
    {
        OF(credential_ends),
        .name = "credential-ends",
        .help = "Last day of the token or client secret, like 2027-03-31.",
    },
    { OF(tenant_id), .name = "tenant-id", .help = "Tenant of the application in Entra ID." },
    { OF(client_id), .name = "client-id", .help = "Client id of the application or identity." },
    { OF(client_secret), .name = "client-secret", .help = "Secret of the application." },
    {
        OF(client_secret_file),
        .name = "client-secret-file",
        .help = "File with the secret of the application, read on each use.",
    },
    {
        OF(client_certificate_file),
        .name = "client-certificate-file",
        .help = "PEM file with certificate and RSA key, read on each use.",
    },
    {
        OF(federated_token_file),
        .name = "federated-token-file",
        .help = "File with the token of the cluster, read on each use.",
    },
    {
        OF(authority_url),
        .name = "authority-url",
        .says = CREDENTIAL_AUTHORITY,
        .help = "Where tokens of Entra ID are given out.",
    },
    {
        OF(metadata_url),
        .name = "metadata-url",
        .says = CREDENTIAL_METADATA,
        .help = "The machine's metadata service.",
    },
};
static const Schema organization_schema = {
    .what = "organization",
    .about = "The key is the name of the organisation, on a server that of the collection; "
             "letter case does not matter.",
    .name_offset = G_STRUCT_OFFSET(Organization, name),
    SCHEMA(Organization, organization_keys),
};

static const Key top_keys[] = {
    {
        KEY_FIELD_AS(Top, organizations, GPtrArray *, MAP),
        .name = "organizations",
        .flags = KEY_REQUIRED,
        .of = &organization_schema,
        .help = "Organisations with a credential of their own.",
    },
};
static const Schema top_schema = {
    .what = "organizations",
    SCHEMA(Top, top_keys),
};

static bool is_name(const char *name)
{
    return *name && !strpbrk(name, "/\\?#@") && g_utf8_validate(name, -1, NULL);
}

static bool is_said_before(const Top *top, guint index)
{
    const Organization *one = top->organizations->pdata[index];

    for (guint i = 0; i < index; i++)
        if (g_ascii_strcasecmp(((Organization *)top->organizations->pdata[i])->name, one->name) ==
            0)
            return true;
    return false;
}

static bool check_one(const SchemaReader *reader, const char *const *env, Organization *one,
                      GError **error)
{
    const HostCredential credential = settings_credential(&one->credential);
    g_autofree char *shown = schema_shown(one->name);
    g_autoptr(GError) why = NULL;

    if (!is_name(one->name))
        return schema_refuse(error, reader, one->node, "\"%s\" is no organisation's name", shown);
    if (!host_credential_is_given(&credential))
        return schema_refuse(error, reader, one->node,
                             "organization %s: it has neither token nor token-file, and auth says "
                             "nothing else",
                             shown);
    return settings_credential_check(env, "", &one->credential, &why) ||
           schema_refuse(error, reader, one->node, "organization %s: %s", shown, why->message);
}

static bool check(const SchemaReader *reader, const char *const *env, const Top *top,
                  GError **error)
{
    if (!top->organizations || top->organizations->len == 0)
        return schema_refuse(error, reader, top->node, "organizations: none is named");
    for (guint i = 0; i < top->organizations->len; i++) {
        Organization *one = top->organizations->pdata[i];

        if (is_said_before(top, i))
            return schema_refuse(error, reader, one->node,
                                 "organization %s: it is there twice, letter case apart",
                                 one->name);
        if (!check_one(reader, env, one, error))
            return false;
    }
    return true;
}

static void list_all(SettingsOrganizations *yaml)
{
    yaml->list = g_array_new(FALSE, FALSE, sizeof(HostOrganization));
    for (guint i = 0; i < yaml->top.organizations->len; i++) {
        const Organization *one = yaml->top.organizations->pdata[i];
        const HostOrganization view = { one->name, settings_credential(&one->credential) };

        g_array_append_val(yaml->list, view);
    }
}

SettingsOrganizations *settings_organizations_parse(const char *file, const char *text,
                                                    const char *const *env, GError **error)
{
    const SchemaReader reader = { .file = file };
    g_autoptr(SettingsOrganizations) yaml = g_new0(SettingsOrganizations, 1);

    yaml->doc = yaml_doc_parse(file, text, error);
    if (!yaml->doc ||
        !schema_read(&top_schema, &reader, yaml_doc_root(yaml->doc), &yaml->top, error) ||
        !check(&reader, env, &yaml->top, error))
        return NULL;
    list_all(yaml);
    return g_steal_pointer(&yaml);
}

void settings_organizations_free(SettingsOrganizations *organizations)
{
    if (!organizations)
        return;
    g_clear_pointer(&organizations->list, g_array_unref);
    for (guint i = 0; organizations->top.organizations && i < organizations->top.organizations->len;
         i++)
        settings_credential_clear_unnamed(
            &((Organization *)organizations->top.organizations->pdata[i])->credential);
    schema_clear(&top_schema, &organizations->top);
    yaml_doc_free(organizations->doc);
    g_free(organizations);
}

const HostOrganization *settings_organizations_list(const SettingsOrganizations *organizations,
                                                    gsize *n)
{
    *n = organizations->list->len;
    return (const HostOrganization *)(const void *)organizations->list->data;
}

char *settings_organizations_reference(void)
{
    g_autoptr(GString) out =
        g_string_new("<!-- Printed by `hadal reference organizations-yaml`; change "
                     "src/config/settings_organizations.c instead. -->\n"
                     "# The file of `--azuredevops-organizations-file`\n\n"
                     "How to use it: [credentials](../guides/azure-devops-credentials.md).\n\n");

    schema_add_markdown(&top_schema, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
