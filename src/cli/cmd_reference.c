// SPDX-License-Identifier: Apache-2.0
/* What is printed from tables: pages for people, schemas for editors. */
#include <stdio.h>

#include "cli/cli.h"
#include "config/bundle_yaml.h"
#include "config/repo_config.h"
#include "config/settings_organizations.h"
#include "engine/step_env.h"
#include "grammar/reference.h"
#include "web/metrics.h"

typedef struct {
    const char *name;
    char *(*print)(void);
} Document;

static const Document pages[] = {
    { "server", settings_reference },
    { "repos-yaml", repos_yaml_reference },
    { "atlantis-yaml", atlantis_yaml_reference },
    { "bundle-yaml", bundle_yaml_reference },
    { "organizations-yaml", settings_organizations_reference },
    { "metrics", metrics_reference },
    { "commands", comment_reference },
    { "environment", step_env_reference },
};
static const Document schemas[] = {
    { "repos", repos_yaml_json_schema },
    { "atlantis", atlantis_yaml_json_schema },
};

static int print_document(const Document *documents, gsize n_documents, int argc, char **argv)
{
    for (gsize i = 0; argc == 3 && i < n_documents; i++)
        if (g_str_equal(documents[i].name, argv[2])) {
            g_autofree char *text = documents[i].print();

            fputs(text, stdout);
            return 0;
        }
    fprintf(stderr, "usage: hadal %s ", argv[1]);
    for (gsize i = 0; i < n_documents; i++)
        fprintf(stderr, "%s%s", i ? "|" : "", documents[i].name);
    fputc('\n', stderr);
    return 2;
}

int cmd_reference(int argc, char **argv)
{
    return print_document(pages, G_N_ELEMENTS(pages), argc, argv);
}

int cmd_schema(int argc, char **argv)
{
    return print_document(schemas, G_N_ELEMENTS(schemas), argc, argv);
}
