// SPDX-License-Identifier: Apache-2.0
/* The tables of the operator's file. What its blocks come to for a repository: repo_rules.c. */
#include "config/repos_yaml.h"
#include "config/metrics_yaml.h"

#include <string.h>

#include "base/glob.h"
#include "config/metrics_yaml.h"
#include "config/rules.h"
#include "config/version_text.h"
#include "config/workflow_yaml.h"

#define DAYS(n) ((n)*G_GINT64_CONSTANT(86400000))

const gint64 longest_plan_age = DAYS(366);

const KeyWord requirement_words[] = {
    { "approved", REQUIRE_APPROVED },
    { "mergeable", REQUIRE_MERGEABLE },
    { "undiverged", REQUIRE_UNDIVERGED },
    { NULL, 0 },
};
const KeyWord apply_requirement_words[] = {
    { "approved", REQUIRE_APPROVED },
    { "mergeable", REQUIRE_MERGEABLE },
    { "undiverged", REQUIRE_UNDIVERGED },
    { "plan_fresh", REQUIRE_PLAN_FRESH },
    { NULL, 0 },
};
const KeyWord lock_mode_words[] = {
    { "on_plan", LOCK_ON_PLAN },
    { "on_apply", LOCK_ON_APPLY },
    { "disabled", LOCK_DISABLED },
    { NULL, 0 },
};
const KeyWord autodiscover_words[] = {
    { "auto", AUTODISCOVER_AUTO },
    { "enabled", AUTODISCOVER_ENABLED },
    { "disabled", AUTODISCOVER_DISABLED },
    { NULL, 0 },
};
const KeyWord silence_words[] = {
    { "plan", SILENCE_PLAN },
    { "apply", SILENCE_APPLY },
    { NULL, 0 },
};
static const KeyWord override_words[] = {
    { "plan_requirements", OVERRIDE_PLAN_REQUIREMENTS },
    { "apply_requirements", OVERRIDE_APPLY_REQUIREMENTS },
    { "import_requirements", OVERRIDE_IMPORT_REQUIREMENTS },
    { "workflow", OVERRIDE_WORKFLOW },
    { "delete_source_branch_on_merge", OVERRIDE_DELETE_SOURCE_BRANCH },
    { "repo_locking", OVERRIDE_REPO_LOCKING },
    { "repo_locks", OVERRIDE_REPO_LOCKS },
    { "policy_check", OVERRIDE_POLICY_CHECK },
    { "custom_policy_check", OVERRIDE_CUSTOM_POLICY_CHECK },
    { "silence_pr_comments", OVERRIDE_SILENCE },
    { "max_plan_age", OVERRIDE_MAX_PLAN_AGE },
    { NULL, 0 },
};

#define LOCKS(field) KEY_FIELD(RepoLocksYaml, field)

static const Key repo_locks_keys[] = {
    {
        LOCKS(mode),
        .name = "mode",
        .def = "on_plan",
        .words = lock_mode_words,
        .help = "When a project is locked for its pull request.",
    },
};
const Schema repo_locks_schema = {
    .what = "repo_locks",
    SCHEMA(RepoLocksYaml, repo_locks_keys),
};

static char *check_ignore_path(const char *path)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GlobPath) pattern = glob_path_new(path, &why);

    if (*path == '/')
        return g_strdup("must hold patterns from the top of the repository, without a slash in "
                        "front");
    return pattern ? NULL
                   : g_strdup_printf("must hold patterns that can be read (%s)", why->message);
}

#define AUTODISCOVER(field) KEY_FIELD(AutodiscoverYaml, field)

static const Key autodiscover_keys[] = {
    {
        AUTODISCOVER(mode),
        .name = "mode",
        .def = "auto",
        .words = autodiscover_words,
        .help = "Whether directories that no configuration names become projects: auto is only "
                "where it names none.",
    },
    {
        AUTODISCOVER(ignore_paths),
        .name = "ignore_paths",
        .check = check_ignore_path,
        .pattern = "^[^/]",
        .help = "Patterns of directories that never become projects of themselves; `**` stands for "
                "any directories.",
    },
};
const Schema autodiscover_schema = {
    .what = "autodiscover",
    SCHEMA(AutodiscoverYaml, autodiscover_keys),
};

static char *check_config_file(const char *path)
{
    bool is_good = *path && *path != '/' && !strstr(path, "../") && !strstr(path, "..\\");

    return is_good ? NULL : g_strdup("must be a path below the top of the repository");
}

#define REPO(field)          KEY_FIELD(RepoBlock, field)
#define REPO_CHOICES(field)  KEY_FIELD_AS(RepoBlock, field, unsigned, CHOICES)
#define REPO_DURATION(field) KEY_FIELD_AS(RepoBlock, field, gint64, DURATION)

static const Key repo_keys[] = {
    {
        REPO(id),
        .name = "id",
        .flags = KEY_REQUIRED | KEY_NOT_EMPTY,
        .help = "Whole name as host/owner/repo, or a pattern between slashes that is searched in "
                "it; letter case counts.",
    },
    {
        REPO(branch),
        .name = "branch",
        .says = "any",
        .flags = KEY_SLASHED,
        .help = "Pattern of the base branches whose pull requests are served. Only the last "
                "matching entry counts.",
    },
    {
        REPO(repo_config_file),
        .name = "repo_config_file",
        .says = "atlantis.yaml",
        .check = check_config_file,
        .pattern = "^[^/]",
        .help = "Path of the repository's own file. Only the last matching entry counts.",
    },
    {
        REPO_CHOICES(plan_requirements),
        .name = "plan_requirements",
        .words = requirement_words,
        .help = "What must hold before a plan; an empty list takes back what earlier entries say.",
    },
    {
        REPO_CHOICES(apply_requirements),
        .name = "apply_requirements",
        .words = apply_requirement_words,
        .help = "What must hold before an apply; an empty list takes back what earlier entries "
                "say. Where policies are checked, that they passed always belongs to it.",
    },
    {
        REPO_CHOICES(import_requirements),
        .name = "import_requirements",
        .words = requirement_words,
        .help = "What must hold before an import; an empty list takes back what earlier entries "
                "say.",
    },
    {
        REPO_DURATION(max_plan_age),
        .name = "max_plan_age",
        .min = 0,
        .max = DAYS(366),
        .flags = KEY_OURS,
        .says = "30m with plan_fresh",
        .help = "Older plans are not applied. The stricter of this and --max-plan-age counts; 0 "
                "takes back what earlier entries say.",
    },
    {
        REPO(workflow),
        .name = "workflow",
        .says = "default",
        .flags = KEY_NOT_EMPTY,
        .help = "Workflow of projects that name none.",
    },
    {
        REPO(allowed_workflows),
        .name = "allowed_workflows",
        .says = "all",
        .help = "Workflows that projects may name.",
    },
    {
        REPO_CHOICES(allowed_overrides),
        .name = "allowed_overrides",
        .words = override_words,
        .help = "Keys that the repository's own file may set.",
    },
    {
        REPO(allow_custom_workflows),
        .name = "allow_custom_workflows",
        .def = "false",
        .help = "Whether the repository's own file may define workflows: its authors then run "
                "what they like on the server.",
    },
    {
        REPO(delete_source_branch_on_merge),
        .name = "delete_source_branch_on_merge",
        .def = "false",
        .help = "Delete the branch when its pull request is completed by automerge.",
    },
    {
        REPO(repo_locking),
        .name = "repo_locking",
        .says = "true",
        .help = "Older form of repo_locks: false is the mode disabled, whatever repo_locks says.",
    },
    {
        REPO(repo_locks),
        .name = "repo_locks",
        .of = &repo_locks_schema,
        .help = "Locks of projects.",
    },
    {
        REPO(policy_check),
        .name = "policy_check",
        .says = "--enable-policy-checks",
        .help = "Whether plans are checked; true does nothing without --enable-policy-checks.",
    },
    {
        REPO(custom_policy_check),
        .name = "custom_policy_check",
        .def = "false",
        .help = "Whether the steps of policy_check are programs other than conftest.",
    },
    {
        REPO(autodiscover),
        .name = "autodiscover",
        .of = &autodiscover_schema,
        .says = "--autodiscover-mode",
        .help = "Which directories become projects of themselves; wins over the repository's own "
                "file.",
    },
    {
        REPO_CHOICES(silence_pr_comments),
        .name = "silence_pr_comments",
        .words = silence_words,
        .help = "Commands whose results are not commented.",
    },
    {
        REPO(pre_workflow_hooks),
        .name = "pre_workflow_hooks",
        .of = &hook_schema,
        .help = "Commands that run before a command; those of all matching entries.",
    },
    {
        REPO(post_workflow_hooks),
        .name = "post_workflow_hooks",
        .of = &hook_schema,
        .help = "Commands that run after a command; those of all matching entries.",
    },
};
static const Schema repo_schema = {
    .what = "repo",
    .about = "The entries whose id matches are folded: each key has the value of the last entry "
             "that sets it.",
    SCHEMA(RepoBlock, repo_keys),
};

typedef struct {
    const YamlNode *node;
    GStrv users, teams;
} OwnersYaml;

#define OWNERS(field) KEY_FIELD(OwnersYaml, field)

static const Key owners_keys[] = {
    { OWNERS(users), .name = "users", .help = "Users; letter case does not matter." },
    { OWNERS(teams), .name = "teams", .help = "Teams; letter case does not matter." },
};
static const Schema owners_schema = {
    .what = "owners",
    .about = "Who may approve what a policy refuses.",
    SCHEMA(OwnersYaml, owners_keys),
};

typedef struct {
    const YamlNode *node;
    char *name, *path, *source;
    OwnersYaml owners;
    gint64 approve_count;
    bool prevent_self_approve;
    bool sticky_policy_approvals;
    Regex *policy_item_regex;
} PolicySetYaml;

#define SET(field) KEY_FIELD(PolicySetYaml, field)

static char *check_source(const char *source)
{
    return g_str_equal(source, "local") ? NULL : g_strdup("must be local");
}

static const Key set_keys[] = {
    {
        SET(name),
        .name = "name",
        .flags = KEY_REQUIRED | KEY_NOT_EMPTY,
        .help = "Name for --policy-set and in comments; unique.",
    },
    {
        SET(path),
        .name = "path",
        .flags = KEY_REQUIRED | KEY_NOT_EMPTY,
        .help = "Directory or file with the policies.",
    },
    {
        SET(source),
        .name = "source",
        .flags = KEY_REQUIRED,
        .check = check_source,
        .pattern = "^local$",
        .help = "Where path is: local, on the server.",
    },
    {
        SET(owners),
        .name = "owners",
        .of = &owners_schema,
        .help = "Who may approve this set, besides the owners of all.",
    },
    {
        SET(approve_count),
        .name = "approve_count",
        .min = G_MININT32,
        .max = 1000,
        .says = "that of all",
        .help = "Approvals that it takes; less than 1 is 1.",
    },
    {
        SET(prevent_self_approve),
        .name = "prevent_self_approve",
        .def = "false",
        .help = "Whether the author of the pull request cannot approve.",
    },
    {
        SET(sticky_policy_approvals),
        .name = "sticky_policy_approvals",
        .says = "that of all",
        .help = "Whether approvals hold for a new plan that is refused for the same reasons.",
    },
    {
        SET(policy_item_regex),
        .name = "policy_item_regex",
        .says = "that of all",
        .help = "Pattern of one reason in the output of a check.",
    },
};
static const Schema set_schema = {
    .what = "policy set",
    SCHEMA(PolicySetYaml, set_keys),
};

typedef struct {
    const YamlNode *node;
    char *conftest_version;
    OwnersYaml owners;
    gint64 approve_count;
    bool sticky_policy_approvals;
    Regex *policy_item_regex;
    GPtrArray *policy_sets; /* of PolicySetYaml */
} PoliciesYaml;

#define POLICIES(field) KEY_FIELD(PoliciesYaml, field)

static char *check_version(const char *text)
{
    g_autofree char *version = version_text_exact(text);

    return version ? NULL : g_strdup("must be an exact version like 0.56.0");
}

static const Key policies_keys[] = {
    {
        POLICIES(conftest_version),
        .name = "conftest_version",
        .check = check_version,
        .help = "Version of conftest; without it the program on PATH.",
    },
    {
        POLICIES(owners),
        .name = "owners",
        .of = &owners_schema,
        .help = "Who may approve every set.",
    },
    {
        POLICIES(approve_count),
        .name = "approve_count",
        .def = "1",
        .min = G_MININT32,
        .max = 1000,
        .help = "Approvals that a set takes, where it says nothing.",
    },
    {
        POLICIES(sticky_policy_approvals),
        .name = "sticky_policy_approvals",
        .def = "false",
        .help = "Whether approvals hold for new plans, where the set says nothing.",
    },
    {
        POLICIES(policy_item_regex),
        .name = "policy_item_regex",
        .says = "the whole output",
        .help = "Pattern of one reason, where the set says nothing.",
    },
    {
        POLICIES(policy_sets),
        .name = "policy_sets",
        .flags = KEY_REQUIRED,
        .of = &set_schema,
        .help = "Sets of policies, each checked and approved for itself.",
    },
};
static const Schema policies_schema = {
    .what = "policies",
    SCHEMA(PoliciesYaml, policies_keys),
};

typedef struct {
    const YamlNode *node;
    char *command;
    GStrv args;
} TeamAuthzYaml;

#define AUTHZ(field) KEY_FIELD(TeamAuthzYaml, field)

static const Key authz_keys[] = {
    {
        AUTHZ(command),
        .name = "command",
        .flags = KEY_REQUIRED | KEY_NOT_EMPTY,
        .help = "Program that is asked whether somebody may give a command, in place of "
                "--gh-team-allowlist. It is started without a shell.",
    },
    { AUTHZ(args), .name = "args", .help = "Its first arguments." },
};
static const Schema authz_schema = {
    .what = "team_authz",
    SCHEMA(TeamAuthzYaml, authz_keys),
};

typedef struct {
    const YamlNode *node;
    GPtrArray *repos;     /* of RepoBlock */
    GPtrArray *workflows; /* of WorkflowYaml */
    PoliciesYaml policies;
    TeamAuthzYaml team_authz;
    MetricsYaml metrics;
} TopYaml;

#define TOP(field) KEY_FIELD(TopYaml, field)

static const Key top_keys[] = {
    { TOP(repos), .name = "repos", .of = &repo_schema, .help = "Rules of repositories." },
    {
        KEY_FIELD_AS(TopYaml, workflows, GPtrArray *, MAP),
        .name = "workflows",
        .of = &workflow_schema,
        .help = "Workflows by name; one called default takes the place of the built-in one.",
    },
    {
        TOP(policies),
        .name = "policies",
        .of = &policies_schema,
        .help = "What plans are checked against.",
    },
    {
        TOP(team_authz),
        .name = "team_authz",
        .of = &authz_schema,
        .help = "Who may give commands.",
    },
    {
        TOP(metrics),
        .name = "metrics",
        .of = &metrics_schema,
        .help = "Whether metrics are told, and where.",
    },
    {
        .type = KEY_REFUSED,
        .name = "external_stores",
        .help = "Not supported yet.",
    },
};
const Schema repos_schema = {
    .what = "repos.yaml",
    SCHEMA(TopYaml, top_keys),
};

struct _ReposYaml {
    YamlDoc *doc; /* the nodes of the blocks; NULL: there is no file */
    TopYaml top;
    GPtrArray *workflows; /* of Workflow, owned */
    Policies policies;
    TeamAuthz team_authz;
};

static void policy_set_free(gpointer data)
{
    PolicySet *set = data;

    g_free(set->name);
    g_free(set->path);
    g_strfreev(set->owners.users);
    g_strfreev(set->owners.teams);
    regex_free(set->item_regex);
    g_free(set);
}

static const GPtrArray *list_of(const GPtrArray *list)
{
    static const GPtrArray none = { .pdata = NULL, .len = 0 };

    return list ? list : &none;
}

const GPtrArray *repos_yaml_blocks(const ReposYaml *repos)
{
    return list_of(repos->top.repos);
}

const Workflow *repos_yaml_workflow(const ReposYaml *repos, const char *name)
{
    for (guint i = 0; i < repos->workflows->len; i++) {
        const Workflow *workflow = repos->workflows->pdata[i];

        if (g_str_equal(workflow->name, name))
            return workflow;
    }
    return NULL;
}

bool repos_yaml_has_workflow(const ReposYaml *repos, const char *name)
{
    return g_str_equal(name, "default") || repos_yaml_workflow(repos, name);
}

static bool refuse_workflow(const SchemaReader *reader, const YamlNode *node, GError **error)
{
    g_autofree char *shown = schema_shown(node->text);

    return schema_refuse(error, reader, node,
                         "repo: there is no workflow \"%s\": workflows of this file and default "
                         "can be named",
                         shown);
}

static bool check_workflows(const SchemaReader *reader, const ReposYaml *repos,
                            const RepoBlock *block, GError **error)
{
    const YamlNode *allowed = KEY_NODE(block, allowed_workflows);

    if (block->workflow && !repos_yaml_has_workflow(repos, block->workflow))
        return refuse_workflow(reader, KEY_NODE(block, workflow), error);
    for (guint i = 0; allowed && i < allowed->items->len; i++)
        if (!repos_yaml_has_workflow(repos, block->allowed_workflows[i]))
            return refuse_workflow(reader, allowed->items->pdata[i], error);
    return true;
}

static bool compile_id(const SchemaReader *reader, RepoBlock *block, GError **error)
{
    gsize length = strlen(block->id);
    g_autofree char *pattern = NULL;
    g_autoptr(GError) why = NULL;

    if (length < 2 || *block->id != '/' || block->id[length - 1] != '/')
        return true;
    pattern = g_strndup(block->id + 1, length - 2);
    block->id_regex = regex_new(pattern, &why);
    return block->id_regex ||
           schema_refuse(error, reader, KEY_NODE(block, id), "repo: id is %s", why->message);
}

/* NULL: keeps the hooks that are there. */
static GPtrArray *take_hooks(GPtrArray *yaml)
{
    GPtrArray *hooks = g_ptr_array_new_with_free_func((GDestroyNotify)hook_free);

    for (guint i = 0; yaml && i < yaml->len; i++)
        g_ptr_array_add(hooks, hook_take(yaml->pdata[i]));
    return hooks;
}

static bool finish_block(const SchemaReader *reader, ReposYaml *repos, RepoBlock *block,
                         GError **error)
{
    if (!compile_id(reader, block, error) || !check_workflows(reader, repos, block, error))
        return false;
    block->pre_hooks = take_hooks(block->pre_workflow_hooks);
    block->post_hooks = take_hooks(block->post_workflow_hooks);
    return true;
}

static GStrv take_texts(GStrv *from)
{
    return *from ? g_steal_pointer(from) : g_new0(char *, 1);
}

static PolicyOwners take_owners(OwnersYaml *from)
{
    return (PolicyOwners){ .users = take_texts(&from->users), .teams = take_texts(&from->teams) };
}

static PolicySet *take_set(const PoliciesYaml *all, PolicySetYaml *from)
{
    PolicySet *set = g_new0(PolicySet, 1);
    gint64 count = KEY_NODE(from, approve_count) ? from->approve_count : all->approve_count;
    const Regex *item = from->policy_item_regex ? from->policy_item_regex : all->policy_item_regex;
    const char *pattern = item ? regex_pattern(item) : "";

    set->name = g_steal_pointer(&from->name);
    set->path = g_steal_pointer(&from->path);
    set->owners = take_owners(&from->owners);
    set->approve_count = MAX(count, 1);
    set->prevent_self_approve = from->prevent_self_approve;
    set->is_sticky = KEY_NODE(from, sticky_policy_approvals) ? from->sticky_policy_approvals
                                                             : all->sticky_policy_approvals;
    /* Each set has its own, and both have been compiled once. */
    set->item_regex = *pattern ? regex_new(pattern, NULL) : NULL;
    return set;
}

static bool check_set_names(const SchemaReader *reader, const GPtrArray *sets, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < sets->len; i++) {
        const PolicySetYaml *set = sets->pdata[i];
        g_autofree char *shown = schema_shown(set->name);

        if (!g_hash_table_add(names, set->name))
            return schema_refuse(error, reader, KEY_NODE(set, name),
                                 "policy set: the name \"%s\" is there twice", shown);
    }
    return true;
}

static bool take_policies(const SchemaReader *reader, ReposYaml *repos, GError **error)
{
    PoliciesYaml *yaml = &repos->top.policies;
    const GPtrArray *sets = list_of(yaml->policy_sets);
    Policies *policies = &repos->policies;

    if (yaml->node && sets->len == 0)
        return schema_refuse(
            error, reader, yaml->node,
            "policies: policy_sets is empty: without a set nothing can be checked");
    if (!check_set_names(reader, sets, error))
        return false;
    policies->conftest_version =
        yaml->conftest_version ? version_text_exact(yaml->conftest_version) : NULL;
    policies->owners = take_owners(&yaml->owners);
    for (guint i = 0; i < sets->len; i++)
        g_ptr_array_add(policies->sets, take_set(yaml, sets->pdata[i]));
    return true;
}

/* From what the tables have read to what others use. */
static bool finish(const SchemaReader *reader, ReposYaml *repos, GError **error)
{
    const GPtrArray *workflows = list_of(repos->top.workflows);
    const GPtrArray *blocks = repos_yaml_blocks(repos);

    for (guint i = 0; i < workflows->len; i++) {
        if (!workflow_check(reader, workflows->pdata[i], error))
            return false;
        g_ptr_array_add(repos->workflows, workflow_take(workflows->pdata[i]));
    }
    for (guint i = 0; i < blocks->len; i++)
        if (!finish_block(reader, repos, blocks->pdata[i], error))
            return false;
    repos->team_authz.command = g_steal_pointer(&repos->top.team_authz.command);
    repos->team_authz.args = take_texts(&repos->top.team_authz.args);
    return take_policies(reader, repos, error);
}

static ReposYaml *repos_new(void)
{
    ReposYaml *repos = g_new0(ReposYaml, 1);

    repos->workflows = g_ptr_array_new_with_free_func((GDestroyNotify)workflow_free);
    repos->policies.sets = g_ptr_array_new_with_free_func(policy_set_free);
    return repos;
}

ReposYaml *repos_yaml_parse(const char *file, const char *text, GError **error)
{
    g_autoptr(ReposYaml) repos = repos_new();
    const SchemaReader reader = { .file = file };

    repos->doc = yaml_doc_parse(file, text, error);
    if (!repos->doc ||
        !schema_read(&repos_schema, &reader, yaml_doc_root(repos->doc), &repos->top, error) ||
        !finish(&reader, repos, error))
        return NULL;
    return g_steal_pointer(&repos);
}

ReposYaml *repos_yaml_load(const Settings *settings, GError **error)
{
    const char *file = settings->repo_config;
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;

    if (settings->repo_config_json)
        return repos_yaml_parse("--repo-config-json", settings->repo_config_json, error);
    if (!file)
        return repos_yaml_parse("--repo-config", "{}", error);
    if (!g_file_get_contents(file, &text, NULL, &why))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "--repo-config: %s", why->message);
    return repos_yaml_parse(file, text, error);
}

static void free_block_extras(RepoBlock *block)
{
    g_clear_pointer(&block->id_regex, regex_free);
    g_clear_pointer(&block->pre_hooks, g_ptr_array_unref);
    g_clear_pointer(&block->post_hooks, g_ptr_array_unref);
}

void repos_yaml_free(ReposYaml *repos)
{
    const GPtrArray *blocks;

    if (!repos)
        return;
    blocks = repos_yaml_blocks(repos);
    for (guint i = 0; i < blocks->len; i++)
        free_block_extras(blocks->pdata[i]);
    schema_clear(&repos_schema, &repos->top);
    g_ptr_array_unref(repos->workflows);
    g_ptr_array_unref(repos->policies.sets);
    g_free(repos->policies.conftest_version);
    g_strfreev(repos->policies.owners.users);
    g_strfreev(repos->policies.owners.teams);
    g_free(repos->team_authz.command);
    g_strfreev(repos->team_authz.args);
    yaml_doc_free(repos->doc);
    g_free(repos);
}

const Policies *repos_yaml_policies(const ReposYaml *repos)
{
    return &repos->policies;
}

const char *repos_yaml_metrics_path(const ReposYaml *repos)
{
    return repos->top.metrics.prometheus.endpoint;
}

const TeamAuthz *repos_yaml_team_authz(const ReposYaml *repos)
{
    return &repos->team_authz;
}

char *repos_yaml_reference(void)
{
    g_autoptr(GString) out =
        g_string_new("<!-- Printed by `hadal reference repos-yaml`; change src/config/repos_yaml.c "
                     "instead. -->\n"
                     "# `repos.yaml`: the rules of the server\n\n"
                     "The file that `--repo-config` names, or the same as JSON in "
                     "`--repo-config-json`. It is read once, at start; an error in it, also a key "
                     "that is not known, stops the start with file, line and column. How to write "
                     "it: [configuration](../guides/configuration.md). Its JSON Schema: "
                     "[repos.schema.json](repos.schema.json).\n\n");

    schema_add_markdown(&repos_schema, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *repos_yaml_json_schema(void)
{
    return schema_json_document(&repos_schema, "urn:hadal:repos.schema.json", "repos.yaml");
}
