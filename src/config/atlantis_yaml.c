// SPDX-License-Identifier: Apache-2.0
/* The tables of the repository's file. What it comes to under the server's rules: repo_config.c. */
#include "config/atlantis_yaml.h"

#include <string.h>

#include "base/glob.h"
#include "config/repo_config.h"
#include "config/version_text.h"
#include "config/workflow_yaml.h"

#define DAYS(n) ((n)*G_GINT64_CONSTANT(86400000))

static char *check_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("-_.~/", *c))
            return g_strdup("must be of letters, digits and - _ . ~ /");
    return NULL;
}

static char *check_dir(const char *dir)
{
    return strstr(dir, "..") ? g_strdup("must not contain \"..\"") : NULL;
}

static char *check_workspace(const char *name)
{
    return !*name || project_is_workspace(name)
               ? NULL
               : g_strdup("must be a workspace without blanks, /, \\, $ and \"..\", "
                          "and not begin with - or ~");
}

static char *check_version(const char *text)
{
    g_autofree char *version = version_text_exact(text);

    return version ? NULL : g_strdup("must be an exact version like 1.9.5");
}

static char *check_distribution(const char *name)
{
    bool is_known = g_str_equal(name, "terraform") || g_str_equal(name, "opentofu");

    return is_known ? NULL : g_strdup("must be terraform or opentofu");
}

static char *check_modified(const char *pattern)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GlobList) list = glob_list_new((const char *[]){ pattern, NULL }, &why);

    return list ? NULL : g_strdup_printf("must hold patterns that can be read (%s)", why->message);
}

#define AUTOPLAN(field) KEY_FIELD(AutoplanYaml, field)

static const Key autoplan_keys[] = {
    {
        AUTOPLAN(enabled),
        .name = "enabled",
        .def = "true",
        .help = "Whether it is planned without being asked; a plain plan comment plans it either "
                "way.",
    },
    {
        AUTOPLAN(when_modified),
        .name = "when_modified",
        .says = DEFAULT_WHEN_MODIFIED,
        .check = check_modified,
        .help = "Patterns from dir, as in a .dockerignore, of the files whose change makes it a "
                "project to plan; `../` climbs, `!` excludes, an empty list is never.",
    },
};
static const Schema autoplan_schema = {
    .what = "autoplan",
    SCHEMA(AutoplanYaml, autoplan_keys),
};

#define PROJECT(field)          KEY_FIELD(ProjectYaml, field)
#define PROJECT_CHOICES(field)  KEY_FIELD_AS(ProjectYaml, field, unsigned, CHOICES)
#define PROJECT_DURATION(field) KEY_FIELD_AS(ProjectYaml, field, gint64, DURATION)
#define ONLY_ALLOWED            " Only where allowed_overrides of the server lists it."

static const Key project_keys[] = {
    {
        PROJECT(name),
        .name = "name",
        .flags = KEY_NOT_EMPTY,
        .check = check_name,
        .pattern = "^[A-Za-z0-9_.~/-]+$",
        .help = "Name for -p, statuses and depends_on; unique.",
    },
    {
        PROJECT(branch),
        .name = "branch",
        .says = "any",
        .flags = KEY_SLASHED,
        .help = "Pattern of the base branches for which it is there.",
    },
    {
        PROJECT(dir),
        .name = "dir",
        .flags = KEY_REQUIRED,
        .check = check_dir,
        .help = "Directory from the top of the repository. With `*`, `?` or `[` it stands "
                "for every directory with configuration that it matches, `**` for any directories.",
    },
    {
        PROJECT(workspace),
        .name = "workspace",
        .says = "default",
        .check = check_workspace,
        .help = "Workspace of the tool.",
    },
    {
        PROJECT(workflow),
        .name = "workflow",
        .flags = KEY_NOT_EMPTY,
        .help = "Workflow, of this file or of the server." ONLY_ALLOWED,
    },
    {
        PROJECT(terraform_distribution),
        .name = "terraform_distribution",
        .says = "--default-tf-distribution",
        .check = check_distribution,
        .pattern = "^(terraform|opentofu)$",
        .help = "Program that plans and applies: terraform or opentofu.",
    },
    {
        PROJECT(terraform_version),
        .name = "terraform_version",
        .check = check_version,
        .pattern = "^v?[0-9]+(\\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?$",
        .help = "Exact version of that program.",
    },
    {
        PROJECT(autoplan),
        .name = "autoplan",
        .of = &autoplan_schema,
        .help = "When it is planned without being asked.",
    },
    {
        PROJECT_CHOICES(plan_requirements),
        .name = "plan_requirements",
        .words = requirement_words,
        .help = "What must hold before a plan; an empty list is nothing." ONLY_ALLOWED,
    },
    {
        PROJECT_CHOICES(apply_requirements),
        .name = "apply_requirements",
        .words = apply_requirement_words,
        .help = "What must hold before an apply; an empty list is nothing." ONLY_ALLOWED,
    },
    {
        PROJECT_CHOICES(import_requirements),
        .name = "import_requirements",
        .words = requirement_words,
        .help = "What must hold before an import; an empty list is nothing." ONLY_ALLOWED,
    },
    {
        PROJECT_DURATION(max_plan_age),
        .name = "max_plan_age",
        .min = 1000,
        .max = DAYS(366),
        .flags = KEY_OURS,
        .help = "Older plans are not applied; the stricter of this and --max-plan-age "
                "counts." ONLY_ALLOWED,
    },
    {
        PROJECT(depends_on),
        .name = "depends_on",
        .help = "Names of projects that must be applied before.",
    },
    {
        PROJECT(delete_source_branch_on_merge),
        .name = "delete_source_branch_on_merge",
        .help = "Delete the branch when its pull request is completed by automerge." ONLY_ALLOWED,
    },
    {
        PROJECT(repo_locking),
        .name = "repo_locking",
        .help = "Older form of repo_locks: false is the mode disabled." ONLY_ALLOWED,
    },
    {
        PROJECT(repo_locks),
        .name = "repo_locks",
        .of = &repo_locks_schema,
        .help = "When it is locked for its pull request." ONLY_ALLOWED,
    },
    {
        PROJECT(execution_order_group),
        .name = "execution_order_group",
        .says = "0",
        .min = G_MININT32,
        .max = G_MAXINT32,
        .help = "Projects of a smaller number run before.",
    },
    {
        PROJECT(policy_check),
        .name = "policy_check",
        .help = "Whether its plans are checked. Without effect where allowed_overrides of the "
                "server does not list it.",
    },
    {
        PROJECT(custom_policy_check),
        .name = "custom_policy_check",
        .help = "Whether the steps of policy_check are programs other than conftest." ONLY_ALLOWED,
    },
    {
        PROJECT_CHOICES(silence_pr_comments),
        .name = "silence_pr_comments",
        .words = silence_words,
        .help = "Commands whose results are not commented." ONLY_ALLOWED,
    },
};
static const Schema project_schema = {
    .what = "project",
    SCHEMA(ProjectYaml, project_keys),
};

#define TOP(field) KEY_FIELD(AtlantisYaml, field)
#define IF_ALLOWED " Without effect where allowed_overrides of the server does not list it."

static const Key top_keys[] = {
    {
        TOP(version),
        .name = "version",
        .flags = KEY_REQUIRED,
        .min = 2,
        .max = 3,
        .help = "Version of the format: 3. In 2 the commands of run steps of plan and apply are "
                "split into words and joined by single blanks.",
    },
    {
        TOP(projects),
        .name = "projects",
        .of = &project_schema,
        .help = "Root modules of this repository.",
    },
    {
        KEY_FIELD_AS(AtlantisYaml, workflows, GPtrArray *, MAP),
        .name = "workflows",
        .of = &workflow_schema,
        .help = "Workflows by name, before those of the server. Only where the server has "
                "allow_custom_workflows.",
    },
    {
        .type = KEY_UNUSED,
        .name = "policies",
        .help = "Accepted and not used, as in Atlantis: policies are the server's.",
    },
    {
        TOP(autodiscover),
        .name = "autodiscover",
        .of = &autodiscover_schema,
        .help = "Which directories become projects of themselves, where the server says nothing.",
    },
    {
        TOP(automerge),
        .name = "automerge",
        .says = "--automerge",
        .help = "Complete a pull request once everything in it is applied.",
    },
    {
        TOP(parallel_plan),
        .name = "parallel_plan",
        .says = "--parallel-plan",
        .help = "Plan projects at the same time.",
    },
    {
        TOP(parallel_apply),
        .name = "parallel_apply",
        .says = "--parallel-apply",
        .help = "Apply projects at the same time.",
    },
    {
        .type = KEY_UNUSED,
        .name = "parallel_policy_check",
        .help = "Accepted and not used, as in Atlantis: parallel_plan counts.",
    },
    {
        TOP(delete_source_branch_on_merge),
        .name = "delete_source_branch_on_merge",
        .help = "Delete the branch when a pull request is completed by automerge." IF_ALLOWED,
    },
    {
        TOP(repo_locks),
        .name = "repo_locks",
        .of = &repo_locks_schema,
        .help = "When projects are locked for their pull request." IF_ALLOWED,
    },
    {
        KEY_FIELD_AS(AtlantisYaml, silence_pr_comments, unsigned, CHOICES),
        .name = "silence_pr_comments",
        .words = silence_words,
        .help = "Commands whose results are not commented." IF_ALLOWED,
    },
    {
        .type = KEY_UNUSED,
        .name = "emoji_reaction",
        .help = "Accepted and not used, as in Atlantis.",
    },
    {
        TOP(allowed_regexp_prefixes),
        .name = "allowed_regexp_prefixes",
        .says = "any",
        .help = "How the pattern after -p must begin, with --enable-regexp-cmd.",
    },
    {
        TOP(abort_on_execution_order_fail),
        .name = "abort_on_execution_order_fail",
        .def = "false",
        .help = "Do not run the later groups once a project of an earlier one has failed.",
    },
};
const Schema atlantis_schema = {
    .what = "atlantis.yaml",
    SCHEMA(AtlantisYaml, top_keys),
};

char *atlantis_yaml_reference(void)
{
    g_autoptr(GString) out =
        g_string_new("<!-- Printed by `hadal reference atlantis-yaml`; change "
                     "src/config/atlantis_yaml.c instead. -->\n"
                     "# `atlantis.yaml`: what a repository says\n\n"
                     "The file at the top of the repository, or where `repo_config_file` of the "
                     "server says. It is read from the commit that is planned; an error in it, "
                     "also a key that is not known, is told with line and column. How to write it: "
                     "[configuration](../guides/configuration.md). Its JSON Schema: "
                     "[atlantis.schema.json](atlantis.schema.json).\n\n");

    schema_add_markdown(&atlantis_schema, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *atlantis_yaml_json_schema(void)
{
    return schema_json_document(&atlantis_schema, "urn:hadal:atlantis.schema.json",
                                "atlantis.yaml");
}
