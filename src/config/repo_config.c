// SPDX-License-Identifier: Apache-2.0
/* The repository's file under the rules of the server: every project with all that holds for it. */
#include "config/repo_config.h"

#include <string.h>

#include "base/glob.h"
#include "base/path.h"
#include "config/atlantis_yaml.h"
#include "config/dependency.h"
#include "config/version_text.h"
#include "config/workflow_yaml.h"

enum {
    DEFAULT_FRESH_MS = 30 * 60 * 1000,
    MOST_WORK = 1000 * 1000 * 1000, /* for patterns in dir, in one file: under a second */
    MOST_ALTERNATIVES = 64,         /* that one pattern may open */
};

/* A file that makes its directory one that a pattern in dir stands for. */
static const char *const configuration_ends[] = { ".tf", ".tf.json", ".tofu", ".tofu.json" };

/* What resolving one file shares. */
typedef struct {
    const RepoConfigSpec *spec;
    const SchemaReader *reader;
    const AtlantisYaml *yaml;
    RepoConfig *config;
    GPtrArray *kept;       /* of const ProjectYaml: those of the base branch */
    GHashTable *by_name;   /* char * -> const ProjectYaml, of kept */
    GHashTable *names;     /* char *: of all projects of the file */
    GHashTable *workflows; /* char * -> const Workflow: the file's own */
    GHashTable *places;    /* char *, owned: "workspace dir" that a project has */
    GPtrArray *dirs;       /* of char *, owned: those with configuration; NULL: not yet looked */
    gsize dirs_length;     /* of all their names */
    guint64 work;          /* that patterns have taken so far, about: bytes held against bytes */
} Resolver;

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

/* What the rules, and the file for all its projects, say. Takes ref. */
static ProjectConfig *project_of_rules(const RepoConfig *config, ProjectRef *ref)
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

/* From the second project of a directory and workspace on each needs a name. */
static bool check_place(Resolver *r, const ProjectYaml *yaml, const ProjectRef *ref, GError **error)
{
    char *place = g_strconcat(ref->workspace, " ", ref->dir, NULL);

    if (g_hash_table_add(r->places, place) || yaml->name)
        return true;
    g_autofree char *shown = schema_shown(ref->dir);

    return schema_refuse(error, r->reader, yaml->node,
                         "project: another one has the directory \"%s\" and the workspace \"%s\" "
                         "too: give this one a name",
                         shown, ref->workspace);
}

/* dir: clean, and no pattern any more. */
static bool add_project(Resolver *r, const ProjectYaml *yaml, const char *dir, GError **error)
{
    const char *workspace = yaml->workspace && *yaml->workspace ? yaml->workspace : "default";
    ProjectConfig *project =
        project_of_rules(r->config, project_ref_new(dir, workspace, yaml->name));

    g_ptr_array_add(r->config->projects, project);
    project->is_configured = true;
    project->line = yaml->node->line;
    set_workflow(r, project, yaml);
    set_tool(r, project, yaml);
    set_planning(project, yaml);
    set_requirements(project, yaml, r->spec->rules);
    set_dependencies(r, project, yaml);
    set_locking(project, yaml, r->spec->rules);
    set_behaviour(project, yaml);
    return check_place(r, yaml, project->ref, error);
}

static bool is_configuration(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(configuration_ends); i++)
        if (g_str_has_suffix(name, configuration_ends[i]))
            return true;
    return g_str_equal(name, "terragrunt.hcl");
}

/* Files are sorted, so equal directories may still stand apart: "a/b.tf", "a/b/c.tf", "a/d.tf". */
static GPtrArray *configuration_dirs(const GPtrArray *files)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *dirs = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; files && i < files->len; i++) {
        const char *file = files->pdata[i];
        const char *slash = strrchr(file, '/');
        char *dir;

        if (!is_configuration(slash ? slash + 1 : file))
            continue;
        dir = slash ? g_strndup(file, (gsize)(slash - file)) : g_strdup(".");
        if (g_hash_table_add(seen, dir))
            g_ptr_array_add(dirs, dir);
        else
            g_free(dir);
    }
    return dirs;
}

static bool is_pattern(const char *dir)
{
    return strpbrk(dir, "*?[");
}

static void look_for_dirs(Resolver *r)
{
    r->dirs = configuration_dirs(r->spec->files);
    for (guint i = 0; i < r->dirs->len; i++)
        r->dirs_length += strlen(r->dirs->pdata[i]) + 1;
}

/* At most: a comma in braces doubles the alternatives when each pair of braces has one. */
static guint64 work_of(const Resolver *r, const char *pattern)
{
    guint64 alternatives = 1;

    for (const char *c = pattern; *c; c++)
        if (*c == ',' && alternatives < MOST_ALTERNATIVES)
            alternatives *= 2;
    return strlen(pattern) * alternatives * r->dirs_length;
}

static bool add_matching(Resolver *r, const ProjectYaml *yaml, const GlobPath *pattern,
                         GError **error)
{
    for (guint i = 0; i < r->dirs->len; i++)
        if (glob_path_matches(pattern, r->dirs->pdata[i]) &&
            !add_project(r, yaml, r->dirs->pdata[i], error))
            return false;
    return true;
}

/* A project whose dir is a pattern stands for one in each directory that it matches. */
static bool add_pattern(Resolver *r, const ProjectYaml *yaml, const char *dir, GError **error)
{
    const YamlNode *node = KEY_NODE(yaml, dir);
    g_autoptr(GError) why = NULL;
    g_autoptr(GlobPath) pattern = NULL;

    if (yaml->name)
        return schema_refuse(error, r->reader, KEY_NODE(yaml, name),
                             "project: a name cannot stand for all directories that a pattern in "
                             "dir matches: leave it out");
    pattern = glob_path_new(dir, &why);
    if (!pattern)
        return schema_refuse(error, r->reader, node, "project: dir: %s", why->message);
    if (!r->dirs)
        look_for_dirs(r);
    r->work += work_of(r, dir);
    if (r->work > MOST_WORK)
        return schema_refuse(error, r->reader, node,
                             "project: too many patterns in dir for so many directories");
    return add_matching(r, yaml, pattern, error);
}

static bool add_projects(Resolver *r, GError **error)
{
    for (guint i = 0; i < r->kept->len; i++) {
        const ProjectYaml *yaml = r->kept->pdata[i];
        g_autofree char *dir = path_clean(yaml->dir);

        if (!(is_pattern(dir) ? add_pattern(r, yaml, dir, error)
                              : add_project(r, yaml, dir, error)))
            return false;
    }
    return true;
}

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
           dependency_check(reader, r.kept, r.by_name, error) && add_projects(&r, error);
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
    return project_of_rules(config, project_ref_new(dir, workspace, NULL));
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
