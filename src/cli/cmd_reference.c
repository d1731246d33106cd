// SPDX-License-Identifier: Apache-2.0
/* What is printed from tables: pages for people, schemas for editors. */
#include <stdio.h>

#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/setup_options.h"
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

typedef struct {
    const char *usage, *words;
    char *(*flags)(void); /* NULL: none of its own */
} Tool;

static const Tool tools[] = {
    { "hadal setup azuredevops [FLAGS]",
      "What Azure DevOps has to be told once: [setting up](../guides/setup.md). Exit status: 0 "
      "when "
      "nothing is missing, 1 when something is, 2 when it cannot be found out or the question is "
      "wrong.",
      setup_options_markdown },
    { "hadal doctor [FLAGS]",
      "What is wrong with an installation: [setting "
      "up](../guides/setup.md#is-everything-in-order). Exit status: 0 when nothing is wrong (there "
      "may be warnings), 1 when something is, 2 when the question is.",
      doctor_options_markdown },
    { "hadal check [FLAGS] [PATH]",
      "What configuration files would do: [check](../guides/check.md). Exit status: 0 when all is "
      "well, 1 when a file is wrong, 2 when the question is.",
      check_options_markdown },
    { "hadal bundle FILE DIRECTORY [FLAGS]",
      "Programs and providers for machines without the internet: "
      "[air-gapped](../guides/air-gapped.md), [its file](bundle-yaml.md). Exit status: 0 when all "
      "of "
      "it is there, 1 when something is not, 2 when the question is wrong.",
      NULL },
};

static char *tools_reference(void)
{
    GString *out = g_string_new(
        "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
        "<!-- Printed by `hadal reference tools`: change src/cli/cmd_reference.c and the tables of "
        "src/cli. -->\n"
        "# Commands beside the server\n\n"
        "They take the flags, the environment and the file of [the server](server.md), too, so "
        "that "
        "both work with the same settings. These flags have no environment variables.\n");

    for (gsize i = 0; i < G_N_ELEMENTS(tools); i++) {
        g_autofree char *flags = tools[i].flags ? tools[i].flags() : NULL;

        g_string_append_printf(out, "\n## `%s`\n\n%s\n", tools[i].usage, tools[i].words);
        if (flags)
            g_string_append_printf(out, "\n%s", flags);
    }
    return g_string_free(out, FALSE);
}

static const Document pages[] = {
    { "server", settings_reference },
    { "repos-yaml", repos_yaml_reference },
    { "atlantis-yaml", atlantis_yaml_reference },
    { "bundle-yaml", bundle_yaml_reference },
    { "organizations-yaml", settings_organizations_reference },
    { "metrics", metrics_reference },
    { "commands", comment_reference },
    { "environment", step_env_reference },
    { "tools", tools_reference },
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
