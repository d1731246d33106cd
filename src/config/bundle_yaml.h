// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/yaml.h"

/* What "hadal bundle" gathers: a file of its own, read by a table as the others. */
typedef struct _BundleProvider BundleProvider;
struct _BundleProvider {
    const YamlNode *node;
    char *source;   /* "hashicorp/aws", "registry.example.com/acme/thing" */
    GStrv versions; /* constraints: of each the newest that fits is taken; at least one */
};

typedef struct _BundleYaml BundleYaml;
struct _BundleYaml {
    const YamlNode *node;
    YamlDoc *doc;
    GStrv terraform, opentofu; /* exact versions; at least one in both together */
    GStrv platforms;           /* "linux_amd64"; empty or NULL: this machine's */
    char *path;                /* where the bundle lies when it is used; NULL: where it is made */
    GPtrArray *providers;      /* of BundleProvider, owned */
};

/* INVALID with file, line and column. */
BundleYaml *bundle_yaml_parse(const char *file, const char *text, GError **error) MUST_CHECK;
void bundle_yaml_free(BundleYaml *bundle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BundleYaml, bundle_yaml_free)

/* docs/reference/bundle-yaml.md, whole; the caller frees it. */
char *bundle_yaml_reference(void);
