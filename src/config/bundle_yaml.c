// SPDX-License-Identifier: Apache-2.0
#include "config/bundle_yaml.h"

#include <string.h>

#include "config/schema.h"
#include "config/version_text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static bool consists_of(const char *text, const char *characters)
{
    return *text && !text[strspn(text, characters)];
}

/* What is checked here stands in a file for Terraform, in quotes. */
static char *check_source(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    guint n = g_strv_length(parts);
    bool is_good = n == 2 || n == 3;

    for (guint i = 0; i < n; i++)
        is_good = is_good && consists_of(parts[i], LETTERS DIGITS "._:-");
    return is_good ? NULL : g_strdup("is no provider: \"hashicorp/aws\", or with a host in front");
}

static char *check_constraint(const char *text)
{
    return consists_of(text, LETTERS DIGITS ".,<>=!~ +-")
               ? NULL
               : g_strdup("is no version of a provider: \"5.80.0\" or \"~> 5.80\"");
}

static char *check_exact(const char *text)
{
    g_autofree char *exact = version_text_exact(text);

    return exact ? NULL : g_strdup("is no exact version: 1.9.5");
}

static char *check_platform(const char *text)
{
    return consists_of(text, LETTERS DIGITS "_") && strchr(text, '_')
               ? NULL
               : g_strdup("is no platform: linux_amd64");
}

static char *check_path(const char *text)
{
    return *text == '/' && !strpbrk(text, "\"\\$%\n")
               ? NULL
               : g_strdup("is no absolute path of a directory");
}

#define PROVIDER(field) KEY_FIELD(BundleProvider, field)
#define TOP(field)      KEY_FIELD(BundleYaml, field)

static const Key provider_keys[] = {
    {
        PROVIDER(source),
        .name = "source",
        .flags = KEY_REQUIRED,
        .check = check_source,
        .help = "The provider as `required_providers` names it: `hashicorp/aws`.",
    },
    {
        PROVIDER(versions),
        .name = "versions",
        .flags = KEY_REQUIRED,
        .check = check_constraint,
        .help = "Versions or constraints; of each constraint the newest that fits is taken.",
    },
};
static const Schema provider_schema = {
    .what = "provider",
    SCHEMA(BundleProvider, provider_keys),
};

static const Key top_keys[] = {
    {
        TOP(terraform),
        .name = "terraform",
        .check = check_exact,
        .help = "Versions of Terraform.",
    },
    {
        TOP(opentofu),
        .name = "opentofu",
        .check = check_exact,
        .help = "Versions of OpenTofu.",
    },
    {
        TOP(platforms),
        .name = "platforms",
        .check = check_platform,
        .says = "this machine's",
        .help = "For which machines providers are gathered: `linux_amd64`. Programs are this "
                "machine's.",
    },
    {
        TOP(path),
        .name = "path",
        .check = check_path,
        .says = "where it is made",
        .help = "Directory in which the bundle lies when it is used.",
    },
    {
        TOP(providers),
        .name = "providers",
        .of = &provider_schema,
        .help = "Providers for the mirror.",
    },
};
static const Schema bundle_schema = {
    .what = "bundle",
    SCHEMA(BundleYaml, top_keys),
};

static bool is_empty(GStrv list)
{
    return !list || !*list;
}

static bool check(const SchemaReader *reader, const BundleYaml *bundle, GError **error)
{
    if (is_empty(bundle->terraform) && is_empty(bundle->opentofu))
        return schema_refuse(error, reader, bundle->node,
                             "bundle: a version of terraform or opentofu is missing");
    for (guint i = 0; bundle->providers && i < bundle->providers->len; i++) {
        const BundleProvider *provider = bundle->providers->pdata[i];

        if (is_empty(provider->versions))
            return schema_refuse(error, reader, provider->node, "provider: it has no versions");
    }
    return true;
}

BundleYaml *bundle_yaml_parse(const char *file, const char *text, GError **error)
{
    const SchemaReader reader = { .file = file };
    g_autoptr(BundleYaml) bundle = g_new0(BundleYaml, 1);

    bundle->doc = yaml_doc_parse(file, text, error);
    if (!bundle->doc ||
        !schema_read(&bundle_schema, &reader, yaml_doc_root(bundle->doc), bundle, error) ||
        !check(&reader, bundle, error))
        return NULL;
    return g_steal_pointer(&bundle);
}

void bundle_yaml_free(BundleYaml *bundle)
{
    if (!bundle)
        return;
    schema_clear(&bundle_schema, bundle);
    yaml_doc_free(bundle->doc);
    g_free(bundle);
}

char *bundle_yaml_reference(void)
{
    g_autoptr(GString) out =
        g_string_new("<!-- Printed by `hadal reference bundle-yaml`; change "
                     "src/config/bundle_yaml.c instead. -->\n"
                     "# The file for `hadal bundle`\n\n"
                     "How to use it: [without the internet](../guides/air-gapped.md).\n\n");

    schema_add_markdown(&bundle_schema, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
