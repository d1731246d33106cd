// SPDX-License-Identifier: Apache-2.0
/* What holds for one project: the rules of the server, and what the file may change of them. */
#include <string.h>

#include "base/path.h"
#include "config/resolve.h"
#include "config/version_text.h"

enum { DEFAULT_FRESH_MS = 30 * 60 * 1000 };

void project_config_free(ProjectConfig *project)
{
    if (!project)
        return;
    project_ref_free(project->ref);
    g_strfreev(project->when_modified);
    g_strfreev(project->depends_on);
    g_free(project);
}

/* Joined with dir and cleaned; "!" stays in front. */
static char *pattern_from_top(const char *dir, const char *pattern)
{
    g_autofree char *own = g_strstrip(g_strdup(pattern));
    bool is_negated = *own == '!';
    const char *bare = is_negated ? own + 1 : own;
    g_autofree char *joined = g_strconcat(dir, "/", bare, NULL);
    g_autofree char *clean = path_clean(joined);

    return g_strconcat(is_negated ? "!" : "", clean, NULL);
}

static GStrv patterns_from_top(const char *dir, const char *const *patterns)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();

    for (gsize i = 0; patterns[i]; i++) {
        g_autofree char *pattern = pattern_from_top(dir, patterns[i]);

        g_strv_builder_add(out, pattern);
    }
    return g_strv_builder_end(out);
}

/* The shorter of two ages, where 0 is none. */
static gint64 stricter(gint64 a, gint64 b)
{
    return a && b ? MIN(a, b) : MAX(a, b);
}

/* The stricter of the flag and what the rules or the project say. */
static void set_plan_age(ProjectConfig *project, const RepoRules *rules, gint64 said)
{
    project->max_plan_age_ms = stricter(rules->settings->max_plan_age, said);
    if (project->apply_requirements & REQUIRE_PLAN_FRESH && !project->max_plan_age_ms)
        project->max_plan_age_ms = DEFAULT_FRESH_MS;
}

/* Policies count where the project is checked, whatever lists say. */
static void set_policy(ProjectConfig *project, const RepoRules *rules, bool policy_check)
{
    project->policy_check = policy_check && rules->settings->enable_policy_checks;
    project->apply_requirements &= ~(unsigned)REQUIRE_POLICIES_PASSED;
    if (project->policy_check)
        project->apply_requirements |= REQUIRE_POLICIES_PASSED;
}

ProjectConfig *project_config_of_rules(const RepoConfig *config, ProjectRef *ref)
{
    const RepoRules *rules = config->rules;
    ProjectConfig *project = g_new0(ProjectConfig, 1);
    g_auto(GStrv) patterns = g_strsplit(DEFAULT_WHEN_MODIFIED, ", ", -1);

    project->ref = ref;
    project->workflow = rules->workflow;
    project->distribution = rules->settings->default_tf_distribution;
    project->autoplan = true;
    project->when_modified = patterns_from_top(ref->dir, (const char *const *)patterns);
    project->plan_requirements = rules->plan_requirements;
    project->apply_requirements = rules->apply_requirements;
    project->import_requirements = rules->import_requirements;
    project->depends_on = g_new0(char *, 1);
    project->lock_mode = config->lock_mode;
    project->deletes_source_branch = config->deletes_source_branch;
    project->custom_policy_check = rules->custom_policy_check;
    project->silence = config->silence;
    set_policy(project, rules, rules->policy_check);
    set_plan_age(project, rules, rules->max_plan_age_ms);
    return project;
}

static void set_tool(Resolver *r, ProjectConfig *project, const ProjectYaml *yaml)
{
    g_autofree char *version =
        yaml->terraform_version ? version_text_exact(yaml->terraform_version) : NULL;

    if (yaml->terraform_distribution)
        project->distribution =
            g_str_equal(yaml->terraform_distribution, "opentofu") ? "opentofu" : "terraform";
    if (version)
        project->version = g_string_chunk_insert_const(r->config->texts, version);
}

static void set_requirements(ProjectConfig *project, const ProjectYaml *yaml,
                             const RepoRules *rules)
{
    bool may_check = rules->allowed_overrides & OVERRIDE_POLICY_CHECK;
    bool is_checked =
        may_check && KEY_NODE(yaml, policy_check) ? yaml->policy_check : rules->policy_check;

    if (KEY_NODE(yaml, plan_requirements))
        project->plan_requirements = yaml->plan_requirements;
    if (KEY_NODE(yaml, apply_requirements))
        project->apply_requirements = yaml->apply_requirements;
    if (KEY_NODE(yaml, import_requirements))
        project->import_requirements = yaml->import_requirements;
    set_policy(project, rules, is_checked);
    set_plan_age(project, rules,
                 KEY_NODE(yaml, max_plan_age) ? yaml->max_plan_age : rules->max_plan_age_ms);
}

static void set_locking(ProjectConfig *project, const ProjectYaml *yaml, const RepoRules *rules)
{
    if (KEY_NODE(yaml, repo_locks))
        project->lock_mode = yaml->repo_locks.mode;
    if (KEY_NODE(yaml, repo_locking) && !yaml->repo_locking)
        project->lock_mode = LOCK_DISABLED;
    if (KEY_NODE(yaml, repo_locking) && yaml->repo_locking && project->lock_mode == LOCK_DISABLED)
        project->lock_mode = LOCK_ON_PLAN;
    if (rules->settings->disable_repo_locking)
        project->lock_mode = LOCK_DISABLED;
}

static void set_behaviour(ProjectConfig *project, const ProjectYaml *yaml)
{
    if (KEY_NODE(yaml, delete_source_branch_on_merge))
        project->deletes_source_branch = yaml->delete_source_branch_on_merge;
    if (KEY_NODE(yaml, custom_policy_check))
        project->custom_policy_check = yaml->custom_policy_check;
    if (KEY_NODE(yaml, silence_pr_comments))
        project->silence = yaml->silence_pr_comments;
    project->order_group = yaml->execution_order_group;
}

static void set_planning(ProjectConfig *project, const ProjectYaml *yaml)
{
    if (!yaml->autoplan.node)
        return;
    project->autoplan = yaml->autoplan.enabled;
    if (!yaml->autoplan.when_modified)
        return;
    g_strfreev(project->when_modified);
    project->when_modified =
        patterns_from_top(project->ref->dir, (const char *const *)yaml->autoplan.when_modified);
}

/* The names of depends_on that are there for this base branch. */
static void set_dependencies(Resolver *r, ProjectConfig *project, const ProjectYaml *yaml)
{
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();

    for (gsize i = 0; yaml->depends_on && yaml->depends_on[i]; i++)
        if (g_hash_table_contains(r->by_name, yaml->depends_on[i]))
            g_strv_builder_add(kept, yaml->depends_on[i]);
    g_strfreev(project->depends_on);
    project->depends_on = g_strv_builder_end(kept);
}

static void set_workflow(Resolver *r, ProjectConfig *project, const ProjectYaml *yaml)
{
    if (!yaml->workflow)
        return;
    project->workflow = g_hash_table_lookup(r->workflows, yaml->workflow);
    if (!project->workflow)
        project->workflow = repos_yaml_workflow(r->spec->rules->repos, yaml->workflow);
}

ProjectConfig *project_config_of_yaml(Resolver *r, const ProjectYaml *yaml, ProjectRef *ref)
{
    ProjectConfig *project = project_config_of_rules(r->config, ref);

    project->is_configured = true;
    project->line = yaml->node->line;
    set_workflow(r, project, yaml);
    set_tool(r, project, yaml);
    set_planning(project, yaml);
    set_requirements(project, yaml, r->spec->rules);
    set_dependencies(r, project, yaml);
    set_locking(project, yaml, r->spec->rules);
    set_behaviour(project, yaml);
    return project;
}
