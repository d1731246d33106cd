// SPDX-License-Identifier: Apache-2.0
/* What the blocks of repos.yaml come to for one repository. */
#include "config/rules.h"

static bool block_matches(const RepoBlock *block, const char *repo_name)
{
    bool is_match = false;

    if (!block->id_regex)
        return g_str_equal(block->id, repo_name);
    /* A pattern that takes too long gives its rules to nobody. */
    return regex_matches(block->id_regex, repo_name, &is_match, NULL) && is_match;
}

static RepoRules *rules_of_flags(const Settings *settings, const ReposYaml *repos)
{
    RepoRules *rules = g_new0(RepoRules, 1);

    rules->settings = settings;
    rules->repos = repos;
    rules->workflow = repos_yaml_workflow(repos, "default");
    rules->lock_mode = LOCK_ON_PLAN;
    rules->policy_check = settings->enable_policy_checks;
    rules->pre_hooks = g_ptr_array_new();
    rules->post_hooks = g_ptr_array_new();
    return rules;
}

static void fold_requirements(RepoRules *rules, const RepoBlock *block)
{
    if (KEY_NODE(block, plan_requirements))
        rules->plan_requirements = block->plan_requirements;
    if (KEY_NODE(block, apply_requirements))
        rules->apply_requirements = block->apply_requirements;
    if (KEY_NODE(block, import_requirements))
        rules->import_requirements = block->import_requirements;
    if (KEY_NODE(block, max_plan_age))
        rules->max_plan_age_ms = block->max_plan_age;
}

static void fold_workflows(RepoRules *rules, const RepoBlock *block)
{
    if (block->workflow)
        rules->workflow = repos_yaml_workflow(rules->repos, block->workflow);
    if (block->allowed_workflows)
        rules->allowed_workflows = (const char *const *)block->allowed_workflows;
    if (KEY_NODE(block, allowed_overrides))
        rules->allowed_overrides = block->allowed_overrides;
    if (KEY_NODE(block, allow_custom_workflows))
        rules->allows_custom_workflows = block->allow_custom_workflows;
}

static void fold_behaviour(RepoRules *rules, const RepoBlock *block)
{
    if (KEY_NODE(block, delete_source_branch_on_merge))
        rules->deletes_source_branch = block->delete_source_branch_on_merge;
    if (KEY_NODE(block, repo_locks))
        rules->lock_mode = block->repo_locks.mode;
    if (KEY_NODE(block, policy_check))
        rules->policy_check = block->policy_check;
    if (KEY_NODE(block, custom_policy_check))
        rules->custom_policy_check = block->custom_policy_check;
    if (KEY_NODE(block, silence_pr_comments))
        rules->silence = block->silence_pr_comments;
}

static void fold_autodiscover(RepoRules *rules, const RepoBlock *block)
{
    if (!KEY_NODE(block, autodiscover))
        return;
    rules->has_autodiscover = true;
    rules->autodiscover = block->autodiscover.mode;
    rules->ignore_paths = (const char *const *)block->autodiscover.ignore_paths;
}

static void add_all(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, from->pdata[i]);
}

static void fold(RepoRules *rules, const RepoBlock *block)
{
    fold_requirements(rules, block);
    fold_workflows(rules, block);
    fold_behaviour(rules, block);
    fold_autodiscover(rules, block);
    add_all(rules->pre_hooks, block->pre_hooks);
    add_all(rules->post_hooks, block->post_hooks);
    /* These two are those of the last matching block even when it says nothing: as Atlantis. */
    rules->branch = block->branch;
    rules->config_file = block->repo_config_file;
}

/* What holds whatever single blocks say. */
static void finish(RepoRules *rules, bool is_unlocked)
{
    if (!rules->config_file)
        rules->config_file = "atlantis.yaml";
    if (is_unlocked || rules->settings->disable_repo_locking)
        rules->lock_mode = LOCK_DISABLED;
    if (rules->policy_check && rules->settings->enable_policy_checks)
        rules->apply_requirements |= REQUIRE_POLICIES_PASSED;
}

RepoRules *repo_rules_new(const Settings *settings, const ReposYaml *repos, const char *repo_name)
{
    RepoRules *rules = rules_of_flags(settings, repos);
    const GPtrArray *blocks = repos_yaml_blocks(repos);
    bool is_unlocked = false;

    for (guint i = 0; i < blocks->len; i++) {
        const RepoBlock *block = blocks->pdata[i];

        if (!block_matches(block, repo_name))
            continue;
        fold(rules, block);
        if (KEY_NODE(block, repo_locking))
            is_unlocked = !block->repo_locking;
    }
    finish(rules, is_unlocked);
    return rules;
}

void repo_rules_free(RepoRules *rules)
{
    if (!rules)
        return;
    g_ptr_array_unref(rules->pre_hooks);
    g_ptr_array_unref(rules->post_hooks);
    g_free(rules);
}

bool repo_rules_serve_branch(const RepoRules *rules, const char *base_branch)
{
    bool is_match = false;

    return !rules->branch ||
           (regex_matches(rules->branch, base_branch, &is_match, NULL) && is_match);
}
