// SPDX-License-Identifier: Apache-2.0
#include "config/repo_config.h"

#include <time.h>

#include "config/atlantis_yaml.h"
#include "key_cases.h"
#include "page.h"

/* Rules made of a repos.yaml, a file, and what they come to. */
typedef struct {
    Settings settings;
    ReposYaml *repos;
    RepoRules *rules;
    GPtrArray *files; /* of const char * */
    const char *base_branch;
} World;

static void world_clear(World *world)
{
    repo_rules_free(world->rules);
    repos_yaml_free(world->repos);
    g_ptr_array_unref(world->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static World world_of(const Settings *settings, const char *repos_yaml)
{
    World world = { .base_branch = "main", .files = g_ptr_array_new() };
    g_autoptr(GError) error = NULL;

    if (settings)
        world.settings = *settings;
    world.settings.autodiscover_mode = (char *)"auto";
    world.settings.default_tf_distribution = (char *)"terraform";
    world.repos = repos_yaml_parse("repos.yaml", repos_yaml, &error);
    assert_ok(world.repos, error);
    return world;
}

static RepoConfig *read_file(World *world, const char *text, GError **error)
{
    repo_rules_free(world->rules);
    world->rules = repo_rules_new(&world->settings, world->repos, "host/org/repo");
    const RepoConfigSpec spec = {
        .rules = world->rules,
        .base_branch = world->base_branch,
        .text = text,
        .files = world->files,
    };

    return repo_config_new(&spec, error);
}

static RepoConfig *read_ok(World *world, const char *text)
{
    g_autoptr(GError) error = NULL;
    RepoConfig *config = read_file(world, text, &error);

    if (!config)
        fail_msg("%s\n%s", error->message, text);
    return config;
}

#define ALLOW_ALL                                                                              \
    "repos: [{id: /.*/, allow_custom_workflows: true, allowed_overrides: [plan_requirements, " \
    "apply_requirements, import_requirements, workflow, delete_source_branch_on_merge, "       \
    "repo_locking, repo_locks, policy_check, custom_policy_check, silence_pr_comments, "       \
    "max_plan_age]}]\nworkflows: {server: {}}\n"

static void add_list(GString *out, const char *name, const char *const *list)
{
    g_autofree char *all = g_strjoinv(",", (GStrv)list);

    g_string_append_printf(out, " %s=[%s]", name, all);
}

static void add_project(GString *out, const ProjectConfig *project)
{
    g_string_append_printf(out, "%s|%s|%s wf=%s tool=%s:%s auto=%d", project->ref->dir,
                           project->ref->workspace, project->ref->name,
                           project->workflow ? project->workflow->name : "built-in",
                           project->distribution, project->version, project->autoplan);
    add_list(out, "when", (const char *const *)project->when_modified);
    add_list(out, "after", (const char *const *)project->depends_on);
    g_string_append_printf(out, " plan=%x apply=%x import=%x age=%ld group=%ld lock=%d",
                           project->plan_requirements, project->apply_requirements,
                           project->import_requirements, (long)project->max_plan_age_ms,
                           (long)project->order_group, (int)project->lock_mode);
    g_string_append_printf(out, " delete=%d policy=%d custom=%d silence=%x line=%u\n",
                           project->deletes_source_branch, project->policy_check,
                           project->custom_policy_check, project->silence, project->line);
}

static char *dump_of(const RepoConfig *config)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(ProjectConfig) other = repo_config_default_project(config, "else/where", "w");

    g_string_append_printf(out, "discover=%d merge=%d parallel=%d,%d abort=%d",
                           (int)config->autodiscover, config->automerge, config->parallel_plan,
                           config->parallel_apply, config->aborts_on_failure);
    add_list(out, "ignore", (const char *const *)config->ignore_paths);
    add_list(out, "prefixes", (const char *const *)config->regexp_prefixes);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < config->projects->len; i++)
        add_project(out, config->projects->pdata[i]);
    add_project(out, other);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *dump(const char *text)
{
    const Settings settings = { .enable_policy_checks = true };
    g_auto(World) world = world_of(&settings, ALLOW_ALL);
    g_autoptr(RepoConfig) config = read_ok(&world, text);

    return dump_of(config);
}

#define TOP(keys)     "version: 3\n" keys
#define PROJECT(keys) "version: 3\nprojects:\n- dir: d\n  " keys "\n- {name: b, dir: b}\n"

static const KeyCase cases[] = {
    { "atlantis.yaml.version", "version: 2\nprojects: [{dir: v}]", "v|default|" },
    { "atlantis.yaml.projects", TOP("projects: [{dir: v}]"), "v|default| wf=built-in" },
    { "atlantis.yaml.workflows", TOP("projects: [{dir: d, workflow: w}]\nworkflows: {w: {}}"),
      "wf=w" },
    { "atlantis.yaml.autodiscover", TOP("autodiscover: {mode: enabled}"), "discover=1" },
    { "atlantis.yaml.automerge", TOP("automerge: true"), "merge=1" },
    { "atlantis.yaml.parallel_plan", TOP("parallel_plan: true"), "parallel=1,0" },
    { "atlantis.yaml.parallel_apply", TOP("parallel_apply: true"), "parallel=0,1" },
    { "atlantis.yaml.delete_source_branch_on_merge", TOP("delete_source_branch_on_merge: true"),
      "delete=1" },
    { "atlantis.yaml.repo_locks", TOP("repo_locks: {mode: on_apply}"), "lock=1" },
    { "atlantis.yaml.silence_pr_comments", TOP("silence_pr_comments: [plan, apply]"), "silence=3" },
    { "atlantis.yaml.allowed_regexp_prefixes", TOP("allowed_regexp_prefixes: [a, b]"),
      "prefixes=[a,b]" },
    { "atlantis.yaml.abort_on_execution_order_fail", TOP("abort_on_execution_order_fail: true"),
      "abort=1" },
    { "autodiscover.mode", TOP("autodiscover: {mode: disabled}"), "discover=2" },
    { "autodiscover.ignore_paths", TOP("autodiscover: {ignore_paths: [a/*]}"), "ignore=[a/*]" },
    { "repo_locks.mode", TOP("repo_locks: {mode: disabled}"), "lock=2" },
    { "project.name", PROJECT("name: a/n_1"), "d|default|a/n_1" },
    { "project.branch", PROJECT("branch: /ma.n/"), "d|default" },
    { "project.dir", PROJECT("name: x"), "d|default|x" },
    { "project.workspace", PROJECT("workspace: prod"), "d|prod|" },
    { "project.workflow", PROJECT("workflow: server"), "wf=server" },
    { "project.terraform_distribution", PROJECT("terraform_distribution: opentofu"),
      "tool=opentofu" },
    { "project.terraform_version", PROJECT("terraform_version: v1.9"), "tool=terraform:1.9.0" },
    { "project.autoplan", PROJECT("autoplan: {enabled: false}"), "auto=0" },
    { "autoplan.enabled", PROJECT("autoplan: {enabled: no}"), "auto=0" },
    { "autoplan.when_modified", PROJECT("autoplan: {when_modified: ['*.tf', '!../m/*', ' ./x ']}"),
      "when=[d/*.tf,!m/*,d/x]" },
    { "project.plan_requirements", PROJECT("plan_requirements: [approved]"), " plan=1" },
    { "project.apply_requirements", PROJECT("apply_requirements: [undiverged]"), " apply=c" },
    { "project.import_requirements", PROJECT("import_requirements: [mergeable]"), " import=2" },
    { "project.max_plan_age", PROJECT("max_plan_age: 10m"), "age=600000" },
    { "project.depends_on", PROJECT("depends_on: [b]"), "after=[b]" },
    { "project.delete_source_branch_on_merge", PROJECT("delete_source_branch_on_merge: true"),
      "delete=1" },
    { "project.repo_locking", PROJECT("repo_locking: false"), "lock=2" },
    { "project.repo_locks", PROJECT("repo_locks: {mode: on_apply}"), "lock=1" },
    { "project.execution_order_group", PROJECT("execution_order_group: -3"), "group=-3" },
    { "project.policy_check", PROJECT("policy_check: false"), "policy=0" },
    { "project.custom_policy_check", PROJECT("custom_policy_check: true"), "custom=1" },
    { "project.silence_pr_comments", PROJECT("silence_pr_comments: [apply]"), "silence=2" },
};

/* Their cases are in test_workflow.c. */
static const char *const elsewhere[] = {
    "workflow", "stage", "built-in step", "run step", "env step", "multienv step", NULL,
};
static const KeyCases all = { cases, G_N_ELEMENTS(cases), elsewhere };

static void assert_covered(const Schema *schema, const Key *key, gpointer data)
{
    if (key->type != KEY_UNUSED)
        assert_key_has_case(schema, key, data);
}

TEST(every_key_does_what_it_says)
{
    assert_cases(&all, "version: 3", dump);
    schema_walk(&atlantis_schema, assert_covered, (gpointer)&all);
}

TEST(what_is_accepted_and_not_used_changes_nothing)
{
    g_autofree char *with = dump("version: 3\nemoji_reaction: eyes\npolicies: {a: [b]}\n"
                                 "parallel_policy_check: true\n");
    g_autofree char *without = dump("version: 3\n");

    assert_string_equal(with, without);
}

TEST(without_a_file_the_rules_and_flags_hold)
{
    const Settings settings = { .automerge = true, .parallel_plan = true, .max_plan_age = 1000 };
    g_auto(World) world = world_of(&settings, "repos: [{id: /.*/, workflow: w, "
                                              "plan_requirements: [approved]}]\n"
                                              "workflows: {w: {}}\n");
    g_autoptr(RepoConfig) config = read_ok(&world, NULL);
    g_autoptr(ProjectConfig) project = repo_config_default_project(config, "a/b", "prod");

    assert_false(config->has_file);
    assert_int_equal(config->projects->len, 0);
    assert_true(config->automerge && config->parallel_plan && !config->parallel_apply);
    assert_false(project->is_configured);
    assert_string_equal(project->ref->dir, "a/b");
    assert_string_equal(project->ref->workspace, "prod");
    assert_string_equal(project->ref->name, "");
    assert_string_equal(project->workflow->name, "w");
    assert_string_equal(project->when_modified[0], "a/b/**/*.tf*");
    assert_int_equal(g_strv_length(project->when_modified), 5);
    assert_int_equal(project->plan_requirements, REQUIRE_APPROVED);
    assert_int_equal(project->max_plan_age_ms, 1000);
    assert_true(project->autoplan);
    assert_int_equal(project->line, 0);
}

/* Where the file is read at all, and what the server does not let it do. */
static const struct {
    const char *rules, *text, *message;
} wrong[] = {
    { "{}", "", "1:1: the file is empty" },
    { "{}", "# nothing\n", "2:1: the file is empty" },
    { "{}", "projects: []", "1:1: atlantis.yaml: version is missing" },
    { "{}", "version: 4", "1:10: atlantis.yaml: version must be a number from 2 to 3, not \"4\"" },
    { "{}", "version: 3\nproject: []",
      "2:1: atlantis.yaml: unknown key \"project\": did you mean \"projects\"?" },
    { "{}", PROJECT("workfow: w"),
      "4:3: project: unknown key \"workfow\": did you mean \"workflow\"?" },
    { "{}", "version: 3\nprojects: [{name: a}]", "2:12: project: dir is missing" },
    { "{}", PROJECT("name: 'a b'"),
      "4:9: project: name must be of letters, digits and - _ . ~ /, not \"a b\"" },
    { "{}", PROJECT("name: ''"), "4:9: project: name must not be empty" },
    { "{}", PROJECT("name: b"), "5:10: project: the name \"b\" is there twice" },
    { "{}", "version: 3\nprojects: [{dir: a/../b}]",
      "2:18: project: dir must not contain \"..\", not \"a/../b\"" },
    { "{}", "version: 3\nprojects: [{dir: a}, {dir: ./a/}]",
      "2:22: project: another one has the directory \"a\" and the workspace \"default\" too: give "
      "this one a name" },
    { "{}", "version: 3\nprojects: [{dir: a*, name: n}]",
      "2:28: project: a name cannot stand for all directories that a pattern in dir matches: leave "
      "it out" },
    { "{}", PROJECT("branch: main"),
      "4:11: project: branch must be a pattern between slashes, /.../, not \"main\"" },
    { "{}", PROJECT("terraform_version: '>= 1.5'"),
      "4:22: project: terraform_version must be an exact version like 1.9.5, not \">= 1.5\"" },
    { "{}", PROJECT("terraform_distribution: tofu"),
      "4:27: project: terraform_distribution must be terraform or opentofu, not \"tofu\"" },
    { "{}", PROJECT("autoplan: {when_modified: ['*.tf', '[a']}"),
      "4:38: autoplan: when_modified must hold patterns that can be read (path pattern "
      "\"[a\": a \"[\" needs characters and a \"]\", ranges go upwards, and nothing ends in a "
      "backslash), not \"[a\"" },
    { "{}", PROJECT("depends_on: [c]"),
      "4:16: project: depends_on names \"c\", and no project has that name" },
    { "{}",
      "version: 3\nprojects:\n- {name: a, dir: a, depends_on: [b]}\n"
      "- {name: b, dir: b, depends_on: [c]}\n- {name: c, dir: c, depends_on: [b]}\n",
      "4:33: project: depends_on goes in a circle: b -> c -> b" },
    { "{}", "version: 3\nprojects:\n- {name: a, dir: a, depends_on: [a]}\n",
      "3:33: project: depends_on goes in a circle: a -> a" },
    { "{}", "version: 3\nworkflows: {w: {}}",
      "2:12: atlantis.yaml: workflows may not be defined here: the server has not set "
      "allow_custom_workflows" },
    { "repos: [{id: /.*/, allowed_overrides: [workflow]}]", PROJECT("workflow: w"),
      "4:13: project: there is no workflow \"w\", neither here nor on the server" },
    { "repos: [{id: /.*/, allowed_overrides: [workflow], allowed_workflows: [a, b]}]\n"
      "workflows: {a: {}, b: {}, c: {}}",
      PROJECT("workflow: c"),
      "4:13: project: workflow \"c\" is not one that the server allows here: a, b" },
    { "repos: [{id: /.*/, allowed_overrides: [workflow], allowed_workflows: [a]}]\n"
      "workflows: {a: {}}",
      PROJECT("workflow: default"),
      "4:13: project: workflow \"default\" is not one that the server allows here: a" },
    { "repos: [{id: /.*/, allow_custom_workflows: true, allowed_overrides: [workflow], "
      "allowed_workflows: [a]}]\nworkflows: {a: {}, c: {}}",
      "version: 3\nprojects: [{dir: a, workflow: own}, {dir: b, workflow: c}]\n"
      "workflows: {own: {}}",
      "2:56: project: workflow \"c\" is not one that the server allows here: a" },
    { ALLOW_ALL, "version: 2\nworkflows: {w: {plan: {steps: [run: \"a 'b\"]}}}",
      "2:23: run step: version 2 splits the command into words, and cannot: Text ended before "
      "matching quote was found for '. (The text was \u201ca 'b\u201d)" },
};

TEST(what_is_wrong_is_told_with_its_place)
{
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_auto(World) world = world_of(NULL, wrong[i].rules);
        g_autoptr(GError) error = NULL;
        g_autoptr(RepoConfig) config = read_file(&world, wrong[i].text, &error);
        g_autofree char *message = g_strconcat("atlantis.yaml:", wrong[i].message, NULL);

        if (config)
            fail_msg("%s: is taken", wrong[i].text);
        assert_string_equal(error->message, message);
        assert_int_equal(error->code, HADAL_ERROR_INVALID);
    }
}

TEST(a_key_that_the_server_does_not_list_is_an_error)
{
    static const char *const keys[] = {
        "plan_requirements: []",   "apply_requirements: []", "import_requirements: []",
        "max_plan_age: 1m",        "workflow: default",      "delete_source_branch_on_merge: false",
        "repo_locking: true",      "repo_locks: {}",         "custom_policy_check: false",
        "silence_pr_comments: []",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_auto(World) world = world_of(NULL, "{}");
        g_autofree char *text = g_strdup_printf("version: 3\nprojects:\n- dir: d\n  %s\n", keys[i]);
        g_autofree char *name = g_strndup(keys[i], strcspn(keys[i], ":"));
        g_autofree char *says = g_strdup_printf(
            "project: %s may not be set here: the server's allowed_overrides does not list it",
            name);
        g_autoptr(GError) error = NULL;

        assert_fails(read_file(&world, text, &error), error, HADAL_ERROR_INVALID);
        assert_non_null(strstr(error->message, says));
    }
}

TEST(keys_at_the_top_do_nothing_unless_the_server_lists_them)
{
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(RepoConfig) config =
        read_ok(&world, "version: 3\nrepo_locks: {mode: disabled}\nsilence_pr_comments: [plan]\n"
                        "delete_source_branch_on_merge: true\n"
                        "projects: [{dir: a, policy_check: false}]\n");
    const ProjectConfig *project = config->projects->pdata[0];

    assert_int_equal(project->lock_mode, LOCK_ON_PLAN);
    assert_int_equal(project->silence, 0);
    assert_false(project->deletes_source_branch);
}

/* What is most specific wins: project, top of the file, server. */
TEST(a_project_wins_over_the_top_of_the_file)
{
    g_autofree char *held =
        dump("version: 3\nrepo_locks: {mode: on_apply}\nsilence_pr_comments: [plan]\n"
             "delete_source_branch_on_merge: true\n"
             "projects: [{dir: a, repo_locks: {mode: disabled}, silence_pr_comments: [apply], "
             "delete_source_branch_on_merge: false}, {dir: b}]\n");

    assert_non_null(strstr(held, "lock=2 delete=0 policy=1 custom=0 silence=2 line=5\n"));
    assert_non_null(strstr(held, "lock=1 delete=1 policy=1 custom=0 silence=1 line=5\nelse"));
}

static const struct {
    const char *rules, *project;
    LockMode mode;
} locks[] = {
    { "repo_locks: {mode: on_apply}", "dir: a", LOCK_ON_APPLY },
    { "repo_locking: false", "dir: a", LOCK_DISABLED },
    { "repo_locking: false", "repo_locking: true", LOCK_ON_PLAN },
    { "repo_locks: {mode: on_apply}", "repo_locking: true", LOCK_ON_APPLY },
    { "repo_locks: {mode: on_apply}", "repo_locking: false", LOCK_DISABLED },
    { "repo_locking: false", "repo_locks: {mode: on_apply}", LOCK_ON_APPLY },
    { "repo_locking: true", "repo_locking: false, repo_locks: {mode: on_apply}", LOCK_DISABLED },
};

TEST(locks_follow_the_most_specific_word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(locks); i++) {
        g_autofree char *rules = g_strdup_printf(
            "repos: [{id: /.*/, allowed_overrides: [repo_locks, repo_locking], %s}]",
            locks[i].rules);
        g_autofree char *text =
            g_strdup_printf("version: 3\nprojects: [{%s%s}]",
                            strstr(locks[i].project, "dir") ? "" : "dir: a, ", locks[i].project);
        g_auto(World) world = world_of(NULL, rules);
        g_autoptr(RepoConfig) config = read_ok(&world, text);

        assert_int_equal(((ProjectConfig *)config->projects->pdata[0])->lock_mode, locks[i].mode);
        world.settings.disable_repo_locking = true;
        g_autoptr(RepoConfig) off = read_ok(&world, text);

        assert_int_equal(((ProjectConfig *)off->projects->pdata[0])->lock_mode, LOCK_DISABLED);
    }
}

/* flag, rules, project, and the age that holds; in minutes, 0: not said. */
static const struct {
    int flag, rules, project;
    const char *requirements;
    int holds;
} ages[] = {
    { 0, 0, 0, "approved", 0 },      { 0, 0, 0, "plan_fresh", 30 },
    { 60, 0, 0, "approved", 60 },    { 60, 0, 0, "plan_fresh", 60 },
    { 0, 90, 0, "plan_fresh", 90 },  { 0, 90, 0, "approved", 90 },
    { 60, 90, 0, "plan_fresh", 60 }, { 60, 20, 0, "plan_fresh", 20 },
    { 0, 20, 45, "plan_fresh", 45 }, { 30, 20, 45, "plan_fresh", 30 },
    { 120, 20, 45, "approved", 45 },
};

TEST(the_age_of_plans_is_the_stricter_of_the_flag_and_what_is_most_specific)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ages); i++) {
        const Settings settings = { .max_plan_age = ages[i].flag * G_GINT64_CONSTANT(60000) };
        g_autofree char *rules = g_strdup_printf(
            "repos: [{id: /.*/, allowed_overrides: [max_plan_age], apply_requirements: [%s], "
            "max_plan_age: %dm}]",
            ages[i].requirements, ages[i].rules);
        g_autofree char *text =
            ages[i].project ? g_strdup_printf("version: 3\nprojects: [{dir: a, max_plan_age: %dm}]",
                                              ages[i].project)
                            : g_strdup("version: 3\nprojects: [{dir: a}]");
        g_auto(World) world = world_of(&settings, rules);
        g_autoptr(RepoConfig) config = read_ok(&world, text);
        const ProjectConfig *project = config->projects->pdata[0];

        assert_int_equal(project->max_plan_age_ms, ages[i].holds * G_GINT64_CONSTANT(60000));
    }
}

/* In both orders of allowed_overrides: what a project says of policies, and its requirements. */
static const struct {
    bool is_checking, rules_check;
    const char *project;
    unsigned apply;
    bool policy_check;
} policies[] = {
    { true, true, "dir: a", REQUIRE_MERGEABLE | REQUIRE_POLICIES_PASSED, true },
    { true, true, "dir: a, apply_requirements: []", REQUIRE_POLICIES_PASSED, true },
    { true, true, "dir: a, apply_requirements: [approved]",
      REQUIRE_APPROVED | REQUIRE_POLICIES_PASSED, true },
    { true, true, "dir: a, policy_check: false", REQUIRE_MERGEABLE, false },
    { true, true, "dir: a, policy_check: false, apply_requirements: [approved]", REQUIRE_APPROVED,
      false },
    { true, false, "dir: a, policy_check: true, apply_requirements: []", REQUIRE_POLICIES_PASSED,
      true },
    { true, false, "dir: a", REQUIRE_MERGEABLE, false },
    { false, true, "dir: a, policy_check: true", REQUIRE_MERGEABLE, false },
};

TEST(that_policies_passed_belongs_to_whoever_is_checked)
{
    static const char *const orders[] = { "apply_requirements, policy_check",
                                          "policy_check, apply_requirements" };

    for (gsize i = 0; i < 2 * G_N_ELEMENTS(policies); i++) {
        const Settings settings = { .enable_policy_checks = policies[i / 2].is_checking };
        g_autofree char *rules =
            g_strdup_printf("repos: [{id: /.*/, allowed_overrides: [%s], policy_check: %s, "
                            "apply_requirements: [mergeable]}]",
                            orders[i % 2], policies[i / 2].rules_check ? "true" : "false");
        g_autofree char *text =
            g_strdup_printf("version: 3\nprojects: [{%s}]", policies[i / 2].project);
        g_auto(World) world = world_of(&settings, rules);
        g_autoptr(RepoConfig) config = read_ok(&world, text);
        const ProjectConfig *project = config->projects->pdata[0];

        assert_int_equal(project->apply_requirements, policies[i / 2].apply);
        assert_int_equal(project->policy_check, policies[i / 2].policy_check);
    }
}

TEST(a_file_cannot_take_policies_away_where_it_may_not_speak_of_them)
{
    const Settings settings = { .enable_policy_checks = true };
    g_auto(World) world =
        world_of(&settings, "repos: [{id: /.*/, allowed_overrides: [apply_requirements]}]");
    g_autoptr(RepoConfig) config = read_ok(
        &world, "version: 3\nprojects: [{dir: a, apply_requirements: [], policy_check: false}]");
    const ProjectConfig *project = config->projects->pdata[0];

    assert_int_equal(project->apply_requirements, REQUIRE_POLICIES_PASSED);
    assert_true(project->policy_check);
}

TEST(a_workflow_of_the_file_stands_before_one_of_the_server)
{
    g_auto(World) world = world_of(NULL, ALLOW_ALL);
    g_autoptr(RepoConfig) config = read_ok(
        &world, "version: 3\nprojects: [{dir: a, workflow: server}, {dir: b, workflow: default}]\n"
                "workflows: {server: {plan: {steps: []}}}\n");
    const ProjectConfig *own = config->projects->pdata[0], *builtin = config->projects->pdata[1];

    assert_int_equal(workflow_actions(own->workflow, STAGE_PLAN)->len, 0);
    assert_null(builtin->workflow);
}

TEST(version_2_joins_the_words_of_commands)
{
    static const char text[] = "projects: [{dir: a, workflow: w}]\n"
                               "workflows:\n  w:\n    plan:\n      steps:\n"
                               "      - run: echo  'a b'   \"c\" d\\ e\n"
                               "    policy_check:\n      steps:\n      - run: echo  'a'\n";
    g_autofree char *two = g_strconcat("version: 2\n", text, NULL);
    g_autofree char *three = g_strconcat("version: 3\n", text, NULL);
    g_auto(World) world = world_of(NULL, ALLOW_ALL);
    g_autoptr(RepoConfig) joined = read_ok(&world, two);
    g_autoptr(RepoConfig) kept = read_ok(&world, three);
    const Workflow *in_two = joined->workflows->pdata[0], *in_three = kept->workflows->pdata[0];
    const Action *plan = in_two->stages[STAGE_PLAN]->pdata[0];
    const Action *check = in_two->stages[STAGE_POLICY_CHECK]->pdata[0];
    const Action *as_written = in_three->stages[STAGE_PLAN]->pdata[0];

    assert_string_equal(plan->command, "echo a b c d e");
    assert_string_equal(check->command, "echo  'a'");
    assert_string_equal(as_written->command, "echo  'a b'   \"c\" d\\ e");
}

TEST(a_workspace_follows_the_rules)
{
    static const char *const good[] = { "default", "prod-1", "a.b", "a~", "\u00fc" };
    static const char *const bad[] = { "a/b", "a\\\\b", "a..b",  ".",         "-a",      "~a",
                                       "a$b", "a b",    "a\\tb", "a\\u00a0b", "a\\u0001" };
    g_auto(World) world = world_of(NULL, "{}");

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *text =
            g_strdup_printf("version: 3\nprojects: [{dir: a, workspace: '%s'}]", good[i]);
        g_autoptr(RepoConfig) config = read_ok(&world, text);

        assert_string_equal(((ProjectConfig *)config->projects->pdata[0])->ref->workspace, good[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text =
            g_strdup_printf("version: 3\nprojects: [{dir: a, workspace: \"%s\"}]", bad[i]);
        g_autoptr(GError) error = NULL;

        assert_fails(read_file(&world, text, &error), error, HADAL_ERROR_INVALID);
        assert_non_null(strstr(error->message, "workspace must be"));
    }
}

TEST(projects_of_other_base_branches_are_not_there)
{
    g_auto(World) world = world_of(NULL, "{}");
    static const char text[] = "version: 3\nprojects:\n"
                               "- {name: n, dir: a, branch: /^main$/}\n"
                               "- {name: n, dir: b, branch: /^release/}\n"
                               "- {name: other, dir: c, branch: /^release/}\n"
                               "- {name: last, dir: d, depends_on: [other, n]}\n";
    g_autoptr(RepoConfig) config = read_ok(&world, text);
    const ProjectConfig *last = config->projects->pdata[1];

    assert_int_equal(config->projects->len, 2);
    assert_string_equal(((ProjectConfig *)config->projects->pdata[0])->ref->dir, "a");
    assert_int_equal(g_strv_length(last->depends_on), 1);
    assert_string_equal(last->depends_on[0], "n");
    assert_true(config->names_projects);
}

TEST(a_branch_pattern_that_takes_too_long_is_told)
{
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(GError) error = NULL;

    world.base_branch = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_fails(read_file(&world, PROJECT("branch: /^(a+|a)*[bc]$/"), &error), error,
                 HADAL_ERROR_INVALID);
    assert_true(g_str_has_prefix(error->message, "atlantis.yaml:4:11: project: branch: "));
}

static void add_files(World *world, const char *const *files)
{
    for (; *files; files++)
        g_ptr_array_add(world->files, (gpointer)*files);
}

TEST(a_pattern_in_dir_stands_for_the_directories_with_configuration)
{
    static const char *const files[] = {
        "README.md",
        "main.tf",
        "net/.hidden/x.tf",
        "net/a/main.tf",
        "net/a/sub/m.tf",
        "net/b/docs.md",
        "net/c/m.tofu.json",
        "net/d/terragrunt.hcl",
        "net/e/other.hcl",
        "net/f/m.tf.json",
        "net/g/m.tofu",
        "other/a/main.tf",
        NULL,
    };
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(GString) dirs = g_string_new(NULL);

    add_files(&world, files);
    g_autoptr(RepoConfig) config = read_ok(
        &world, "version: 3\nprojects: [{dir: ./net/*, workspace: w}, {name: n, dir: net/a}]\n");

    for (guint i = 0; i < config->projects->len; i++) {
        const ProjectConfig *project = config->projects->pdata[i];

        g_string_append_printf(dirs, "%s|%s|%s|%s ", project->ref->dir, project->ref->workspace,
                               project->ref->name, project->when_modified[1]);
    }
    assert_string_equal(dirs->str, "net/.hidden|w||net/.hidden/**/*.tofu "
                                   "net/a|w||net/a/**/*.tofu net/c|w||net/c/**/*.tofu "
                                   "net/d|w||net/d/**/*.tofu net/f|w||net/f/**/*.tofu "
                                   "net/g|w||net/g/**/*.tofu net/a|default|n|net/a/**/*.tofu ");
}

TEST(patterns_in_dir_that_meet_are_refused)
{
    static const char *const files[] = { "a/main.tf", NULL };
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(GError) error = NULL;

    add_files(&world, files);
    assert_fails(read_file(&world, "version: 3\nprojects: [{dir: '*'}, {dir: '**'}]", &error),
                 error, HADAL_ERROR_INVALID);
    assert_non_null(strstr(error->message, "another one has the directory \"a\""));
}

TEST(patterns_in_dir_are_bounded)
{
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(GString) text = g_string_new("version: 3\nprojects:\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < 3000; i++) {
        g_ptr_array_add(names, g_strdup_printf("directory-%d/main.tf", i));
        g_ptr_array_add(world.files, names->pdata[i]);
        g_string_append(text, "- dir: '**/x*x*x*{a,b}{c,d}'\n");
    }
    assert_fails(read_file(&world, text->str, &error), error, HADAL_ERROR_INVALID);
    assert_non_null(strstr(error->message, "too many patterns in dir for so many directories"));
}

TEST(a_hundred_patterns_in_dir_are_not_too_many)
{
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(GString) text = g_string_new("version: 3\nprojects:\n");
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < 3000; i++) {
        g_ptr_array_add(names, g_strdup_printf("team-%d/live/%d/main.tf", i % 100, i));
        g_ptr_array_add(world.files, names->pdata[i]);
    }
    for (int i = 0; i < 100; i++)
        g_string_append_printf(text, "- dir: team-%d/{live,test}/*\n", i);
    g_autoptr(RepoConfig) config = read_ok(&world, text->str);

    assert_int_equal(config->projects->len, 3000);
}

TEST(atlantis_yml_is_told_to_be_renamed)
{
    static const char *const files[] = { "a/atlantis.yml", "atlantis.yml", NULL };
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(GError) error = NULL;

    add_files(&world, files);
    assert_fails(read_file(&world, NULL, &error), error, HADAL_ERROR_INVALID);
    assert_string_equal(error->message,
                        "atlantis.yml: this name is not read: rename it to atlantis.yaml");
}

/* server, file, flag; the mode and the paths that hold. */
static const struct {
    const char *rules, *text, *flag;
    AutodiscoverMode mode;
    const char *ignored;
} discoveries[] = {
    { "{}", "version: 3", "auto", AUTODISCOVER_AUTO, "" },
    { "{}", "version: 3", "enabled", AUTODISCOVER_ENABLED, "" },
    { "{}", "version: 3\nautodiscover: {mode: disabled, ignore_paths: [f]}", "enabled",
      AUTODISCOVER_DISABLED, "f" },
    { "{}", "version: 3\nautodiscover: {}", "enabled", AUTODISCOVER_AUTO, "" },
    { "repos: [{id: /.*/, autodiscover: {mode: enabled}}]",
      "version: 3\nautodiscover: {mode: disabled, ignore_paths: [f]}", "auto", AUTODISCOVER_ENABLED,
      "f" },
    { "repos: [{id: /.*/, autodiscover: {mode: enabled, ignore_paths: [s]}}]",
      "version: 3\nautodiscover: {ignore_paths: [f]}", "auto", AUTODISCOVER_ENABLED, "s" },
    { "repos: [{id: /.*/, autodiscover: {mode: disabled}}]", NULL, "auto", AUTODISCOVER_DISABLED,
      "" },
};

TEST(discovery_is_the_servers_word_then_the_files_then_the_flags)
{
    for (gsize i = 0; i < G_N_ELEMENTS(discoveries); i++) {
        g_auto(World) world = world_of(NULL, discoveries[i].rules);
        g_autofree char *ignored = NULL;

        world.settings.autodiscover_mode = (char *)discoveries[i].flag;
        g_autoptr(RepoConfig) config = read_ok(&world, discoveries[i].text);

        ignored = g_strjoinv(",", config->ignore_paths);
        assert_int_equal(config->autodiscover, discoveries[i].mode);
        assert_string_equal(ignored, discoveries[i].ignored);
    }
}

TEST(a_project_is_found_by_directory_workspace_and_name)
{
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(RepoConfig) config =
        read_ok(&world, "version: 3\nprojects: [{dir: a}, {dir: a, name: n}, {dir: a, workspace: "
                        "w}]\n");
    g_autoptr(ProjectRef) named = project_ref_new("a", "default", "n");
    g_autoptr(ProjectRef) other = project_ref_new("a", "other", NULL);

    assert_ptr_equal(repo_config_find(config, named), config->projects->pdata[1]);
    assert_null(repo_config_find(config, other));
}

TEST(the_file_may_have_another_name)
{
    g_auto(World) world = world_of(NULL, "repos: [{id: /.*/, repo_config_file: ops/a.yaml}]");
    g_autoptr(GError) error = NULL;

    assert_fails(read_file(&world, "version: 1", &error), error, HADAL_ERROR_INVALID);
    assert_true(g_str_has_prefix(error->message, "ops/a.yaml:1:10: "));
}

enum { MANY = 1000, MOST_MS = 50 };

/* Measured as the time of the processor, so that others on the machine do not count; the fastest of
 * some runs, and with room for sanitizers, which the budget does not speak of. */
TEST(a_thousand_projects_are_read_within_the_budget)
{
    g_auto(World) world = world_of(NULL, ALLOW_ALL);
    g_autoptr(GString) text = g_string_new("version: 3\nprojects:\n");
    clock_t least = G_MAXLONG;

    /* The first depends on a project of its own, so that the chain has an end. */
    g_string_append(text, "- {name: project--1, dir: base}\n");
    for (int i = 0; i < MANY - 1; i++)
        g_string_append_printf(text,
                               "- name: project-%d\n  dir: stacks/%d\n  workspace: prod\n"
                               "  workflow: server\n  apply_requirements: [approved, mergeable]\n"
                               "  autoplan: {when_modified: ['*.tf', '../modules/**/*.tf']}\n"
                               "  depends_on: [project-%d]\n",
                               i, i, i - 1);
    for (int run = 0; run < 5; run++) {
        clock_t begin = clock();
        g_autoptr(RepoConfig) config = read_ok(&world, text->str);

        least = MIN(least, clock() - begin);
        assert_int_equal(config->projects->len, MANY);
    }
    print_message("%d projects: %ld us\n", MANY, (long)(least * 1000000 / CLOCKS_PER_SEC));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(least * 1000 / CLOCKS_PER_SEC < MOST_MS);
#endif
}

TEST(the_generated_pages_are_fresh)
{
    assert_page_is_fresh("docs/reference/atlantis-yaml.md", atlantis_yaml_reference);
    assert_page_is_fresh("docs/reference/atlantis.schema.json", atlantis_yaml_json_schema);
}

/* The same files are held against the JSON Schema by tests/e2e/test_schemas.py. */
static void assert_samples(const char *folder, bool are_good)
{
    g_autofree char *path =
        g_build_filename(g_getenv("HADAL_SOURCE_ROOT"), "tests/fixtures/config", folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    int count = 0;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *text = NULL;
        g_auto(World) world = world_of(NULL, ALLOW_ALL);
        g_autoptr(GError) error = NULL;

        if (!g_str_has_prefix(name, "atlantis"))
            continue;
        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_autoptr(RepoConfig) config = read_file(&world, text, &error);

        if ((config != NULL) != are_good)
            fail_msg("%s: %s", name, error ? error->message : "is taken");
        count++;
    }
    assert_true(count > 2);
}

TEST(samples_are_read_or_refused)
{
    assert_samples("good", true);
    assert_samples("bad", false);
}

/* Of the blocks of the guide that begin with that line; each must be read. */
static void assert_guide(const char *first_line, bool (*is_read)(const char *text, GError **error))
{
    g_autofree char *path =
        g_build_filename(g_getenv("HADAL_SOURCE_ROOT"), "docs/guides/configuration.md", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) blocks = NULL;
    int count = 0;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    blocks = g_strsplit(text, "```", -1);
    for (gsize i = 1; blocks[i] && blocks[i + 1]; i += 2) {
        const char *block = strchr(blocks[i], '\n') + 1;
        g_autoptr(GError) error = NULL;

        if (!g_str_has_prefix(block, first_line))
            continue;
        assert_ok(is_read(block, &error), error);
        count++;
    }
    assert_true(count > 0);
}

static bool reads_rules(const char *text, GError **error)
{
    g_autofree char *own = g_strconcat(
        text, strstr(text, "\nworkflows:") ? "" : "workflows: {terragrunt: {}}\n", NULL);
    g_autoptr(ReposYaml) repos = repos_yaml_parse("repos.yaml", own, error);

    return repos != NULL;
}

static bool reads_projects(const char *text, GError **error)
{
    g_auto(World) world = world_of(NULL, "{}");
    g_autoptr(RepoConfig) config = read_file(&world, text, error);

    return config != NULL;
}

static bool reads_steps(const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *indented = g_strjoinv("\n   ", lines);
    g_autofree char *own =
        g_strconcat("repos:\nworkflows:\n w:\n  plan:\n   steps:\n   ", indented, NULL);

    return reads_rules(own, error);
}

TEST(the_examples_of_the_guide_are_read)
{
    assert_guide("# repos.yaml\n", reads_rules);
    assert_guide("# atlantis.yaml\n", reads_projects);
    assert_guide("- init", reads_steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_what_it_says),
        cmocka_unit_test(what_is_accepted_and_not_used_changes_nothing),
        cmocka_unit_test(without_a_file_the_rules_and_flags_hold),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_key_that_the_server_does_not_list_is_an_error),
        cmocka_unit_test(keys_at_the_top_do_nothing_unless_the_server_lists_them),
        cmocka_unit_test(a_project_wins_over_the_top_of_the_file),
        cmocka_unit_test(locks_follow_the_most_specific_word),
        cmocka_unit_test(the_age_of_plans_is_the_stricter_of_the_flag_and_what_is_most_specific),
        cmocka_unit_test(that_policies_passed_belongs_to_whoever_is_checked),
        cmocka_unit_test(a_file_cannot_take_policies_away_where_it_may_not_speak_of_them),
        cmocka_unit_test(a_workflow_of_the_file_stands_before_one_of_the_server),
        cmocka_unit_test(version_2_joins_the_words_of_commands),
        cmocka_unit_test(a_workspace_follows_the_rules),
        cmocka_unit_test(projects_of_other_base_branches_are_not_there),
        cmocka_unit_test(a_branch_pattern_that_takes_too_long_is_told),
        cmocka_unit_test(a_pattern_in_dir_stands_for_the_directories_with_configuration),
        cmocka_unit_test(patterns_in_dir_that_meet_are_refused),
        cmocka_unit_test(patterns_in_dir_are_bounded),
        cmocka_unit_test(a_hundred_patterns_in_dir_are_not_too_many),
        cmocka_unit_test(atlantis_yml_is_told_to_be_renamed),
        cmocka_unit_test(discovery_is_the_servers_word_then_the_files_then_the_flags),
        cmocka_unit_test(a_project_is_found_by_directory_workspace_and_name),
        cmocka_unit_test(the_file_may_have_another_name),
        cmocka_unit_test(a_thousand_projects_are_read_within_the_budget),
        cmocka_unit_test(the_generated_pages_are_fresh),
        cmocka_unit_test(samples_are_read_or_refused),
        cmocka_unit_test(the_examples_of_the_guide_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
