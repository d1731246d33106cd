// SPDX-License-Identifier: Apache-2.0
/*
 * The repository's file under the rules of the server: checks, and what holds for all projects.
 * What holds for each is in project_config.c, where they are in project_dirs.c.
 */
#include "config/repo_config.h"

#include "config/dependency.h"
#include "config/resolve.h"
#include "config/workflow_yaml.h"

static void resolver_clear(Resolver *r)
{
    g_ptr_array_unref(r->kept);
    g_hash_table_unref(r->by_name);
    g_hash_table_unref(r->names);
    g_hash_table_unref(r->workflows);
    g_hash_table_unref(r->places);
    g_clear_pointer(&r->dirs, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Resolver, resolver_clear)

/* Whether it is there for the base branch. */
static bool is_of_branch(const Resolver *r, const ProjectYaml *project, bool *is_there,
                         GError **error)
{
    g_autoptr(GError) why = NULL;

    *is_there = true;
    return !project->branch ||
           regex_matches(project->branch, r->spec->base_branch, is_there, &why) ||
           schema_refuse(error, r->reader, KEY_NODE(project, branch), "project: branch: %s",
                         why->message);
}

static bool keep_project(Resolver *r, ProjectYaml *project, GError **error)
{
    bool is_there;

    if (!is_of_branch(r, project, &is_there, error))
        return false;
    if (project->name)
        g_hash_table_add(r->names, project->name);
    if (!is_there)
        return true;
    g_ptr_array_add(r->kept, project);
    return !project->name || g_hash_table_insert(r->by_name, project->name, project) ||
           schema_refuse(error, r->reader, KEY_NODE(project, name),
                         "project: the name \"%s\" is there twice", project->name);
}

static bool keep_projects(Resolver *r, GError **error)
{
    const GPtrArray *all = r->yaml->projects;

    r->config->names_projects = all && all->len > 0;
    for (guint i = 0; all && i < all->len; i++)
        if (!keep_project(r, all->pdata[i], error))
            return false;
    return true;
}

/* Keys of a project that are an error unless the server lists them. policy_check is not one: it is
 * without effect then, as in Atlantis. */
static const struct {
    const char *name;
    Override override;
} restricted[] = {
    { "plan_requirements", OVERRIDE_PLAN_REQUIREMENTS },
    { "apply_requirements", OVERRIDE_APPLY_REQUIREMENTS },
    { "import_requirements", OVERRIDE_IMPORT_REQUIREMENTS },
    { "max_plan_age", OVERRIDE_MAX_PLAN_AGE },
    { "workflow", OVERRIDE_WORKFLOW },
    { "delete_source_branch_on_merge", OVERRIDE_DELETE_SOURCE_BRANCH },
    { "repo_locking", OVERRIDE_REPO_LOCKING },
    { "repo_locks", OVERRIDE_REPO_LOCKS },
    { "custom_policy_check", OVERRIDE_CUSTOM_POLICY_CHECK },
    { "silence_pr_comments", OVERRIDE_SILENCE },
};

static bool check_allowed(const Resolver *r, const ProjectYaml *project, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(restricted); i++) {
        const YamlNode *value = schema_key_node(project->node, restricted[i].name);

        if (value && !(r->spec->rules->allowed_overrides & restricted[i].override))
            return schema_refuse(error, r->reader, value,
                                 "project: %s may not be set here: the server's allowed_overrides "
                                 "does not list it",
                                 restricted[i].name);
    }
    return true;
}

static bool check_workflow(const Resolver *r, const ProjectYaml *project, GError **error)
{
    const RepoRules *rules = r->spec->rules;
    const char *name = project->workflow;
    const char *const *allowed = rules->allowed_workflows;
    g_autofree char *shown = NULL;

    if (!name || g_hash_table_contains(r->workflows, name))
        return true;
    shown = schema_shown(name);
    if (!repos_yaml_has_workflow(rules->repos, name))
        return schema_refuse(error, r->reader, KEY_NODE(project, workflow),
                             "project: there is no workflow \"%s\", neither here nor on the server",
                             shown);
    if (allowed && *allowed && !g_strv_contains(allowed, name)) {
        g_autofree char *all = g_strjoinv(", ", (GStrv)allowed);

        return schema_refuse(error, r->reader, KEY_NODE(project, workflow),
                             "project: workflow \"%s\" is not one that the server allows here: %s",
                             shown, all);
    }
    return true;
}

/* A name that is there for other base branches is known, and means nothing for this one. */
static bool check_dependencies(const Resolver *r, const ProjectYaml *project, GError **error)
{
    const YamlNode *list = KEY_NODE(project, depends_on);

    for (guint i = 0; list && i < list->items->len; i++) {
        const char *name = project->depends_on[i];
        g_autofree char *shown = NULL;

        if (g_hash_table_contains(r->names, name))
            continue;
        shown = schema_shown(name);
        return schema_refuse(error, r->reader, list->items->pdata[i],
                             "project: depends_on names \"%s\", and no project has that name",
                             shown);
    }
    return true;
}

static bool check_projects(const Resolver *r, GError **error)
{
    for (guint i = 0; i < r->kept->len; i++) {
        const ProjectYaml *project = r->kept->pdata[i];

        if (!check_allowed(r, project, error) || !check_workflow(r, project, error) ||
            !check_dependencies(r, project, error))
            return false;
    }
    return true;
}

static bool take_workflows(Resolver *r, GError **error)
{
    const GPtrArray *all = r->yaml->workflows;

    if (all && all->len > 0 && !r->spec->rules->allows_custom_workflows)
        return schema_refuse(error, r->reader, KEY_NODE(r->yaml, workflows),
                             "atlantis.yaml: workflows may not be defined here: the server has not "
                             "set allow_custom_workflows");
    for (guint i = 0; all && i < all->len; i++) {
        Workflow *workflow;

        if (!workflow_check(r->reader, all->pdata[i], error))
            return false;
        if (r->yaml->version == 2 && !workflow_join_words(r->reader, all->pdata[i], error))
            return false;
        workflow = workflow_take(all->pdata[i]);
        g_ptr_array_add(r->config->workflows, workflow);
        g_hash_table_insert(r->workflows, workflow->name, workflow);
    }
    return true;
}

static AutodiscoverMode mode_of_flag(const Settings *settings)
{
    for (const KeyWord *word = autodiscover_words; word->word; word++)
        if (g_str_equal(word->word, settings->autodiscover_mode))
            return (AutodiscoverMode)word->value;
    return AUTODISCOVER_AUTO; /* the settings table allows nothing else */
}

/* yaml: NULL without a file. The server's word, then the file's, then the flag's. */
static void set_autodiscover(RepoConfig *config, const AtlantisYaml *yaml)
{
    const RepoRules *rules = config->rules;
    const AutodiscoverYaml *own = yaml && KEY_NODE(yaml, autodiscover) ? &yaml->autodiscover : NULL;
    const char *const *paths = rules->ignore_paths;

    config->autodiscover = mode_of_flag(rules->settings);
    if (rules->has_autodiscover)
        config->autodiscover = rules->autodiscover;
    else if (own)
        config->autodiscover = own->mode;
    if (!paths && own)
        paths = (const char *const *)own->ignore_paths;
    g_strfreev(config->ignore_paths);
    config->ignore_paths = paths ? g_strdupv((GStrv)paths) : g_new0(char *, 1);
}

/* Keys at the top of the file that do nothing unless the server lists them. */
static void set_for_all(RepoConfig *config, const AtlantisYaml *yaml)
{
    unsigned allowed = config->rules->allowed_overrides;

    if (allowed & OVERRIDE_REPO_LOCKS && KEY_NODE(yaml, repo_locks) &&
        !config->rules->settings->disable_repo_locking)
        config->lock_mode = yaml->repo_locks.mode;
    if (allowed & OVERRIDE_DELETE_SOURCE_BRANCH && KEY_NODE(yaml, delete_source_branch_on_merge))
        config->deletes_source_branch = yaml->delete_source_branch_on_merge;
    if (allowed & OVERRIDE_SILENCE && KEY_NODE(yaml, silence_pr_comments))
        config->silence = yaml->silence_pr_comments;
}

static void set_running(RepoConfig *config, const AtlantisYaml *yaml)
{
    if (KEY_NODE(yaml, automerge))
        config->automerge = yaml->automerge;
    if (KEY_NODE(yaml, parallel_plan))
        config->parallel_plan = yaml->parallel_plan;
    if (KEY_NODE(yaml, parallel_apply))
        config->parallel_apply = yaml->parallel_apply;
    config->aborts_on_failure = yaml->abort_on_execution_order_fail;
    if (yaml->allowed_regexp_prefixes) {
        g_strfreev(config->regexp_prefixes);
        config->regexp_prefixes = g_strdupv(yaml->allowed_regexp_prefixes);
    }
}

/* What holds without a file. */
static RepoConfig *config_of_rules(const RepoRules *rules)
{
    RepoConfig *config = g_new0(RepoConfig, 1);

    config->rules = rules;
    config->file = g_strdup(rules->config_file);
    config->projects = g_ptr_array_new_with_free_func((GDestroyNotify)project_config_free);
    config->workflows = g_ptr_array_new_with_free_func((GDestroyNotify)workflow_free);
    config->texts = g_string_chunk_new(256);
    config->regexp_prefixes = g_new0(char *, 1);
    config->automerge = rules->settings->automerge;
    config->parallel_plan = rules->settings->parallel_plan;
    config->parallel_apply = rules->settings->parallel_apply;
    config->lock_mode = rules->lock_mode;
    config->deletes_source_branch = rules->deletes_source_branch;
    config->silence = rules->silence;
    set_autodiscover(config, NULL);
    return config;
}

static bool resolve(const RepoConfigSpec *spec, const SchemaReader *reader,
                    const AtlantisYaml *yaml, RepoConfig *config, GError **error)
{
    g_auto(Resolver) r = {
        .spec = spec,
        .reader = reader,
        .yaml = yaml,
        .config = config,
        .kept = g_ptr_array_new(),
        .by_name = g_hash_table_new(g_str_hash, g_str_equal),
        .names = g_hash_table_new(g_str_hash, g_str_equal),
        .workflows = g_hash_table_new(g_str_hash, g_str_equal),
        .places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };

    config->has_file = true;
    set_autodiscover(config, yaml);
    set_for_all(config, yaml);
    set_running(config, yaml);
    return take_workflows(&r, error) && keep_projects(&r, error) && check_projects(&r, error) &&
           dependency_check(reader, r.kept, r.by_name, error) && resolver_add_projects(&r, error);
}

static bool read_file(const RepoConfigSpec *spec, RepoConfig *config, GError **error)
{
    const SchemaReader reader = { .file = config->file };
    g_autoptr(YamlDoc) doc = yaml_doc_parse(config->file, spec->text, error);
    AtlantisYaml yaml = { 0 };
    bool is_good = doc &&
                   schema_read(&atlantis_schema, &reader, yaml_doc_root(doc), &yaml, error) &&
                   resolve(spec, &reader, &yaml, config, error);

    schema_clear(&atlantis_schema, &yaml);
    return is_good;
}

static bool check_misnamed(const RepoConfigSpec *spec, GError **error)
{
    for (guint i = 0; spec->files && i < spec->files->len; i++)
        if (g_str_equal(spec->files->pdata[i], "atlantis.yml"))
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "atlantis.yml: this name is not read: rename it to %s",
                               spec->rules->config_file);
    return true;
}

RepoConfig *repo_config_new(const RepoConfigSpec *spec, GError **error)
{
    g_autoptr(RepoConfig) config = config_of_rules(spec->rules);

    if (!check_misnamed(spec, error) || (spec->text && !read_file(spec, config, error)))
        return NULL;
    return g_steal_pointer(&config);
}

void repo_config_free(RepoConfig *config)
{
    if (!config)
        return;
    g_ptr_array_unref(config->projects);
    g_ptr_array_unref(config->workflows);
    g_string_chunk_free(config->texts);
    g_strfreev(config->ignore_paths);
    g_strfreev(config->regexp_prefixes);
    g_free(config->file);
    g_free(config);
}

ProjectConfig *repo_config_default_project(const RepoConfig *config, const char *dir,
                                           const char *workspace)
{
    return project_config_of_rules(config, project_ref_new(dir, workspace, NULL));
}

const ProjectConfig *repo_config_find(const RepoConfig *config, const ProjectRef *ref)
{
    for (guint i = 0; i < config->projects->len; i++) {
        const ProjectConfig *project = config->projects->pdata[i];

        if (project_ref_equal(project->ref, ref))
            return project;
    }
    return NULL;
}
