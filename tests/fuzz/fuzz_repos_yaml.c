// SPDX-License-Identifier: Apache-2.0
/* The operator's file, and the rules that it gives a repository. */
#include "config/repos_yaml.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_rules(const RepoRules *rules)
{
    g_autoptr(GString) digest = g_string_new(NULL);

    g_assert_nonnull(rules->config_file);
    g_assert_cmpint(rules->lock_mode, <=, LOCK_DISABLED);
    g_assert_true(rules->apply_requirements & REQUIRE_POLICIES_PASSED || !rules->policy_check);
    repo_rules_serve_branch(rules, "main");
    workflow_add_digest_text(rules->workflow, digest);
    for (guint i = 0; i < rules->pre_hooks->len; i++)
        g_assert_nonnull(((const Hook *)rules->pre_hooks->pdata[i])->shell_args);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const Settings settings = { .enable_policy_checks = true };
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(ReposYaml) repos = repos_yaml_parse("repos.yaml", text, &error);

    g_assert_true((repos == NULL) == (error != NULL));
    if (!repos)
        return 0;
    g_autoptr(RepoRules) rules = repo_rules_new(&settings, repos, "dev.azure.com/org/project/repo");

    check_rules(rules);
    return 0;
}
