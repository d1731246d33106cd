// SPDX-License-Identifier: Apache-2.0
/* The repository's file, which anybody may write, under rules that allow everything. */
#include <string.h>

#include "config/repo_config.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const char rules_text[] =
    "repos: [{id: /.*/, allow_custom_workflows: true, allowed_overrides: [plan_requirements, "
    "apply_requirements, import_requirements, workflow, delete_source_branch_on_merge, "
    "repo_locking, repo_locks, policy_check, custom_policy_check, silence_pr_comments, "
    "max_plan_age]}]";

static char *const file_names[] = {
    (char *)"a/b/main.tf",
    (char *)"a/terragrunt.hcl",
    (char *)"main.tofu",
    (char *)"x/y/z.tf.json",
};
static const GPtrArray files = { .pdata = (gpointer *)file_names, .len = G_N_ELEMENTS(file_names) };

static void check(const ProjectConfig *project, GHashTable *names)
{
    g_assert_nonnull(project->ref->dir);
    g_assert_null(strstr(project->ref->dir, ".."));
    g_assert_true(*project->ref->dir != '/');
    g_assert_true(*project->ref->workspace && !strpbrk(project->ref->workspace, "/\\$ \n"));
    if (*project->ref->name)
        g_assert_true(g_hash_table_add(names, project->ref->name));
    g_assert_true(project->apply_requirements & REQUIRE_POLICIES_PASSED || !project->policy_check);
    g_assert_true(project->max_plan_age_ms || !(project->apply_requirements & REQUIRE_PLAN_FRESH));
    for (gsize i = 0; project->depends_on[i]; i++)
        g_assert_cmpstr(project->depends_on[i], !=, project->ref->name);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const Settings settings = {
        .enable_policy_checks = true,
        .autodiscover_mode = (char *)"auto",
        .default_tf_distribution = (char *)"terraform",
    };
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(ReposYaml) repos = repos_yaml_parse("repos.yaml", rules_text, NULL);
    g_autoptr(RepoRules) rules = repo_rules_new(&settings, repos, "host/repo");
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GError) error = NULL;
    const RepoConfigSpec spec = {
        .rules = rules,
        .base_branch = "main",
        .text = text,
        .files = &files,
    };
    g_autoptr(RepoConfig) config = repo_config_new(&spec, &error);

    g_assert_true((config == NULL) == (error != NULL));
    for (guint i = 0; config && i < config->projects->len; i++)
        check(config->projects->pdata[i], names);
    return 0;
}
