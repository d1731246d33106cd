// SPDX-License-Identifier: Apache-2.0
#include "config/repos_yaml.h"

#include <glib/gstdio.h>

#include "config/rules.h"
#include "key_cases.h"
#include "page.h"

#define REPO "dev.azure.com/org/project/repo"

static const Settings plain = { 0 };
static const Settings checks = { .enable_policy_checks = true };

static ReposYaml *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    ReposYaml *repos = repos_yaml_parse("repos.yaml", text, &error);

    assert_ok(repos, error);
    return repos;
}

static void add_hooks(GString *out, const char *name, const GPtrArray *hooks)
{
    for (guint i = 0; i < hooks->len; i++)
        g_string_append_printf(out, "%s=%s\n", name, ((const Hook *)hooks->pdata[i])->command);
}

static void add_rules(GString *out, const RepoRules *rules)
{
    g_autofree char *allowed =
        rules->allowed_workflows ? g_strjoinv(",", (GStrv)rules->allowed_workflows) : g_strdup("");
    g_autofree char *ignored =
        rules->ignore_paths ? g_strjoinv(",", (GStrv)rules->ignore_paths) : g_strdup("");

    g_string_append_printf(out, "branch=%s\nfile=%s\nplan=%x\napply=%x\nimport=%x\n",
                           rules->branch ? regex_pattern(rules->branch) : "", rules->config_file,
                           rules->plan_requirements, rules->apply_requirements,
                           rules->import_requirements);
    g_string_append_printf(out, "age=%ld\nworkflow=%s\nallowed=%s\noverrides=%x\ncustom=%d\n",
                           (long)rules->max_plan_age_ms,
                           rules->workflow ? rules->workflow->name : "built-in", allowed,
                           rules->allowed_overrides, rules->allows_custom_workflows);
    g_string_append_printf(out, "delete=%d\nlock=%d\npolicy=%d\ncustom_policy=%d\nsilence=%x\n",
                           rules->deletes_source_branch, (int)rules->lock_mode, rules->policy_check,
                           rules->custom_policy_check, rules->silence);
    g_string_append_printf(out, "discover=%d,%d\nignored=%s\n", rules->has_autodiscover,
                           (int)rules->autodiscover, ignored);
    add_hooks(out, "pre", rules->pre_hooks);
    add_hooks(out, "post", rules->post_hooks);
}

static void add_owners(GString *out, const char *name, const PolicyOwners *owners)
{
    g_autofree char *users = g_strjoinv(",", owners->users);
    g_autofree char *teams = g_strjoinv(",", owners->teams);

    g_string_append_printf(out, "%s_users=%s\n%s_teams=%s\n", name, users, name, teams);
}

static void add_policies(GString *out, const Policies *policies)
{
    g_string_append_printf(out, "conftest=%s\n", policies->conftest_version);
    add_owners(out, "all", &policies->owners);
    for (guint i = 0; i < policies->sets->len; i++) {
        const PolicySet *set = policies->sets->pdata[i];

        g_string_append_printf(out, "set=%s\npath=%s\ncount=%ld\nself=%d\nsticky=%d\nitem=%s\n",
                               set->name, set->path, (long)set->approve_count,
                               set->prevent_self_approve, set->is_sticky,
                               set->item_regex ? regex_pattern(set->item_regex) : "");
        add_owners(out, "set", &set->owners);
    }
}

static char *dump(const char *text)
{
    g_autoptr(ReposYaml) repos = parse(text);
    g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, REPO);
    g_autoptr(GString) out = g_string_new(NULL);
    const TeamAuthz *authz = repos_yaml_team_authz(repos);
    g_autofree char *args = g_strjoinv(",", authz->args);

    add_rules(out, rules);
    add_policies(out, repos_yaml_policies(repos));
    g_string_append_printf(out, "authz=%s\nargs=%s\n", authz->command, args);
    g_string_append_printf(out, "metrics=%s\n", repos_yaml_metrics_path(repos));
    return g_string_free(g_steal_pointer(&out), FALSE);
}

#define BLOCK(keys)    "repos:\n- id: /.*/\n  " keys "\n"
#define POLICIES(keys) "policies:\n  " keys "\n  policy_sets: [{name: n, path: p, source: local}]\n"
#define METRICS(path)  "metrics: {prometheus: {endpoint: " path "}}\n"
#define SET(keys)      "policies:\n  policy_sets:\n  - {name: n1, path: p1, source: local, " keys "}\n"

static const KeyCase cases[] = {
    { "repos.yaml.repos", BLOCK("branch: /a/"), "branch=a" },
    { "repos.yaml.workflows", "workflows: {default: {}}", "workflow=default" },
    { "repos.yaml.policies", POLICIES("approve_count: 2"), "count=2" },
    { "repos.yaml.team_authz", "team_authz: {command: /bin/ask}", "authz=/bin/ask" },
    { "repos.yaml.metrics", METRICS("/m"), "metrics=/m" },
    { "metrics.prometheus", METRICS("/n"), "metrics=/n" },
    { "prometheus.endpoint", METRICS("/a/b"), "metrics=/a/b" },
    { "repo.id", "repos: [{id: " REPO ", branch: /b/}]", "branch=b" },
    { "repo.branch", BLOCK("branch: /^main$/"), "branch=^main$" },
    { "repo.repo_config_file", BLOCK("repo_config_file: a/b.yaml"), "file=a/b.yaml" },
    { "repo.plan_requirements", BLOCK("plan_requirements: [approved, undiverged]"), "\nplan=5" },
    { "repo.apply_requirements", BLOCK("apply_requirements: [mergeable, plan_fresh]"),
      "\napply=12" },
    { "repo.import_requirements", BLOCK("import_requirements: [mergeable]"), "\nimport=2" },
    { "repo.max_plan_age", BLOCK("max_plan_age: 1h30m"), "age=5400000" },
    { "repo.workflow", BLOCK("workflow: w\nworkflows: {w: {}}"), "workflow=w" },
    { "repo.allowed_workflows", BLOCK("allowed_workflows: [default]"), "allowed=default" },
    { "repo.allowed_overrides", BLOCK("allowed_overrides: [workflow, max_plan_age]"),
      "overrides=408" },
    { "repo.allow_custom_workflows", BLOCK("allow_custom_workflows: yes"), "custom=1" },
    { "repo.delete_source_branch_on_merge", BLOCK("delete_source_branch_on_merge: true"),
      "delete=1" },
    { "repo.repo_locking", BLOCK("repo_locking: false"), "lock=2" },
    { "repo.repo_locks", BLOCK("repo_locks: {mode: on_apply}"), "lock=1" },
    { "repo_locks.mode", BLOCK("repo_locks: {mode: disabled}"), "lock=2" },
    { "repo.policy_check", BLOCK("policy_check: true"), "policy=1" },
    { "repo.custom_policy_check", BLOCK("custom_policy_check: true"), "custom_policy=1" },
    { "repo.autodiscover", BLOCK("autodiscover: {}"), "discover=1,0" },
    { "autodiscover.mode", BLOCK("autodiscover: {mode: disabled}"), "discover=1,2" },
    { "autodiscover.ignore_paths", BLOCK("autodiscover: {ignore_paths: [a/**, b]}"),
      "ignored=a/**,b" },
    { "repo.silence_pr_comments", BLOCK("silence_pr_comments: [apply]"), "silence=2" },
    { "repo.pre_workflow_hooks", BLOCK("pre_workflow_hooks: [{run: one}]"), "pre=one" },
    { "repo.post_workflow_hooks", BLOCK("post_workflow_hooks: [{run: two}]"), "post=two" },
    { "policies.conftest_version", POLICIES("conftest_version: v0.56.0"), "conftest=0.56.0" },
    { "policies.owners", POLICIES("owners: {users: [ann]}"), "all_users=ann" },
    { "owners.users", SET("owners: {users: [ann, bob]}"), "set_users=ann,bob" },
    { "owners.teams", SET("owners: {teams: [ops]}"), "set_teams=ops" },
    { "policies.approve_count", POLICIES("approve_count: 3"), "count=3" },
    { "policies.sticky_policy_approvals", POLICIES("sticky_policy_approvals: true"), "sticky=1" },
    { "policies.policy_item_regex", POLICIES("policy_item_regex: a+"), "item=a+" },
    { "policies.policy_sets", POLICIES("approve_count: 1"), "set=n\n" },
    { "policy set.name", SET(""), "set=n1\n" },
    { "policy set.path", SET(""), "path=p1\n" },
    { "policy set.source", SET(""), "set=n1\n" },
    { "policy set.owners", SET("owners: {users: [cy]}"), "set_users=cy" },
    { "policy set.approve_count", SET("approve_count: 4"), "count=4" },
    { "policy set.prevent_self_approve", SET("prevent_self_approve: true"), "self=1" },
    { "policy set.sticky_policy_approvals", SET("sticky_policy_approvals: true"), "sticky=1" },
    { "policy set.policy_item_regex", SET("policy_item_regex: b"), "item=b" },
    { "team_authz.command", "team_authz: {command: c}", "authz=c\n" },
    { "team_authz.args", "team_authz: {command: c, args: [a, b]}", "args=a,b" },
};

/* Their cases are in test_workflow.c; the refused ones below. */
static const char *const elsewhere[] = {
    "workflow", "stage", "built-in step", "run step", "env step", "multienv step", "hook", NULL,
};
static const KeyCases all = { cases, G_N_ELEMENTS(cases), elsewhere };

static void assert_covered(const Schema *schema, const Key *key, gpointer data)
{
    if (key->type != KEY_REFUSED)
        assert_key_has_case(schema, key, data);
}

TEST(every_key_does_what_it_says)
{
    assert_cases(&all, "{}", dump);
    schema_walk(&repos_schema, assert_covered, (gpointer)&all);
}

TEST(without_a_file_the_flags_hold)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ReposYaml) repos = repos_yaml_load(&checks, &error);
    g_autoptr(RepoRules) rules = NULL;

    assert_ok(repos, error);
    rules = repo_rules_new(&checks, repos, REPO);
    assert_int_equal(rules->apply_requirements, REQUIRE_POLICIES_PASSED);
    assert_true(rules->policy_check);
    assert_int_equal(rules->lock_mode, LOCK_ON_PLAN);
    assert_string_equal(rules->config_file, "atlantis.yaml");
    assert_null(rules->workflow);
    assert_true(repo_rules_serve_branch(rules, "any"));
    assert_non_null(repos_yaml_team_authz(repos)->args);
    assert_non_null(repos_yaml_policies(repos)->owners.users);
}

TEST(rules_come_from_a_file_or_as_JSON)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("repos-XXXXXX.yaml", &path, NULL);
    g_autoptr(GError) error = NULL;
    const Settings file = { .repo_config = path };
    const Settings json = { .repo_config_json =
                                (char *)"{\"repos\":[{\"id\":\"/.*/\",\"branch\":\"/j/\"}]}" };
    g_autoptr(ReposYaml) from_file = NULL;
    g_autoptr(ReposYaml) from_json = NULL;

    assert_true(g_close(fd, NULL));
    assert_true(g_file_set_contents(path, BLOCK("branch: /f/"), -1, NULL));
    from_file = repos_yaml_load(&file, &error);
    assert_ok(from_file, error);
    from_json = repos_yaml_load(&json, &error);
    assert_ok(from_json, error);
    g_unlink(path);
    g_autoptr(RepoRules) of_file = repo_rules_new(&file, from_file, REPO);
    g_autoptr(RepoRules) of_json = repo_rules_new(&json, from_json, REPO);

    assert_true(repo_rules_serve_branch(of_file, "f"));
    assert_false(repo_rules_serve_branch(of_file, "j"));
    assert_true(repo_rules_serve_branch(of_json, "j"));
}

TEST(a_file_that_is_missing_is_named)
{
    const Settings settings = { .repo_config = (char *)"/nowhere/repos.yaml" };
    g_autoptr(GError) error = NULL;

    assert_fails(repos_yaml_load(&settings, &error), error, HADAL_ERROR_INVALID);
    assert_true(g_str_has_prefix(error->message, "--repo-config: "));
    assert_non_null(strstr(error->message, "/nowhere/repos.yaml"));
}

TEST(JSON_is_named_in_messages)
{
    const Settings settings = { .repo_config_json = (char *)"{\"repo\": []}" };
    g_autoptr(GError) error = NULL;

    assert_fails(repos_yaml_load(&settings, &error), error, HADAL_ERROR_INVALID);
    assert_string_equal(error->message, "--repo-config-json:1:2: repos.yaml: unknown key \"repo\": "
                                        "did you mean \"repos\"?");
}

/* How two blocks that match fold: what the second says, and what then holds. */
static const struct {
    const char *what, *first, *second, *holds;
} folds[] = {
    { "a later value wins", "plan_requirements: [approved]", "plan_requirements: [mergeable]",
      "\nplan=2" },
    { "silence keeps the earlier value", "plan_requirements: [approved]", "policy_check: false",
      "\nplan=1" },
    { "an empty list resets", "plan_requirements: [approved]", "plan_requirements: []",
      "\nplan=0" },
    { "an empty list resets apply", "apply_requirements: [approved]", "apply_requirements: []",
      "\napply=0" },
    { "an empty list resets import", "import_requirements: [approved]", "import_requirements: []",
      "\nimport=0" },
    { "a block that does not speak of apply takes nothing away",
      "apply_requirements: [approved, mergeable]", "workflow: default", "\napply=3" },
    { "branch is the last block's", "branch: /a/", "workflow: default", "branch=\n" },
    { "the file is the last block's", "repo_config_file: a.yaml", "workflow: default",
      "file=atlantis.yaml" },
    { "hooks are those of all", "pre_workflow_hooks: [{run: one}]",
      "pre_workflow_hooks: [{run: two}]", "pre=one\npre=two" },
    { "autodiscover is one whole", "autodiscover: {mode: disabled, ignore_paths: [a]}",
      "autodiscover: {mode: enabled}", "discover=1,1\nignored=\n" },
    { "repo_locking false wins over repo_locks", "repo_locking: false",
      "repo_locks: {mode: on_apply}", "lock=2" },
    { "repo_locking true takes false back", "repo_locking: false", "repo_locking: true", "lock=0" },
    { "allowed_workflows can be opened again", "allowed_workflows: [default]",
      "allowed_workflows: []", "allowed=\n" },
    { "max_plan_age can be taken back", "max_plan_age: 1h", "max_plan_age: 0", "age=0" },
    { "silence can be taken back", "silence_pr_comments: [plan]", "silence_pr_comments: []",
      "silence=0" },
};

TEST(matching_blocks_are_folded)
{
    for (gsize i = 0; i < G_N_ELEMENTS(folds); i++) {
        g_autofree char *text =
            g_strdup_printf("repos:\n- id: /.*/\n  %s\n- id: /repo$/\n  %s\n- id: other\n"
                            "  plan_requirements: [undiverged]\n  branch: /never/\n",
                            folds[i].first, folds[i].second);
        g_autofree char *held = dump(text);

        if (!strstr(held, folds[i].holds))
            fail_msg("%s: no \"%s\" in\n%s", folds[i].what, folds[i].holds, held);
    }
}

/* apply_requirements under --enable-policy-checks. */
static const struct {
    const char *text;
    unsigned apply;
} policies[] = {
    { "{}", REQUIRE_POLICIES_PASSED },
    { BLOCK("apply_requirements: [approved]"), REQUIRE_APPROVED | REQUIRE_POLICIES_PASSED },
    { BLOCK("apply_requirements: [approved]\n- id: /repo/\n  workflow: default"),
      REQUIRE_APPROVED | REQUIRE_POLICIES_PASSED },
    { BLOCK("apply_requirements: []"), REQUIRE_POLICIES_PASSED },
    { BLOCK("policy_check: false"), 0 },
    { BLOCK("policy_check: false\n  apply_requirements: [approved]"), REQUIRE_APPROVED },
    { BLOCK("policy_check: false\n- id: /repo/\n  policy_check: true"), REQUIRE_POLICIES_PASSED },
};

TEST(that_policies_passed_is_added_to_whatever_the_blocks_say)
{
    for (gsize i = 0; i < G_N_ELEMENTS(policies); i++) {
        g_autoptr(ReposYaml) repos = parse(policies[i].text);
        g_autoptr(RepoRules) rules = repo_rules_new(&checks, repos, REPO);

        assert_int_equal(rules->apply_requirements, policies[i].apply);
    }
}

TEST(policies_are_required_only_where_the_server_checks_them)
{
    g_autoptr(ReposYaml) repos = parse(BLOCK("policy_check: true"));
    g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, REPO);

    assert_int_equal(rules->apply_requirements, 0);
}

TEST(disable_repo_locking_beats_every_block)
{
    const Settings settings = { .disable_repo_locking = true };
    g_autoptr(ReposYaml) repos = parse(BLOCK("repo_locks: {mode: on_apply}"));
    g_autoptr(RepoRules) rules = repo_rules_new(&settings, repos, REPO);

    assert_int_equal(rules->lock_mode, LOCK_DISABLED);
}

TEST(an_id_is_a_whole_name_or_a_pattern_that_is_searched)
{
    static const struct {
        const char *id;
        bool is_match;
    } ids[] = {
        { REPO, true },
        { "dev.azure.com/org", false },
        { "/project.repo/", true },
        { "/^project/", false },
        { "/PROJECT/", false },
        { "dev.azure.com/ORG/project/repo", false },
        { "/", false },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *text =
            g_strdup_printf("repos: [{id: '%s', delete_source_branch_on_merge: true}]", ids[i].id);
        g_autoptr(ReposYaml) repos = parse(text);
        g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, REPO);

        assert_int_equal(rules->deletes_source_branch, ids[i].is_match);
    }
}

TEST(a_workflow_named_default_is_that_of_who_names_default)
{
    g_autoptr(ReposYaml) repos =
        parse("repos: [{id: /.*/, workflow: w}, {id: /repo/, workflow: default}]\n"
              "workflows: {w: {}, default: {plan: {steps: []}}}\n");
    g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, REPO);
    g_autoptr(RepoRules) other = repo_rules_new(&plain, repos, "host/x");

    assert_string_equal(rules->workflow->name, "default");
    assert_string_equal(other->workflow->name, "w");
}

TEST(a_set_inherits_what_it_does_not_say)
{
    g_autoptr(ReposYaml) repos =
        parse("policies:\n"
              "  approve_count: 2\n"
              "  sticky_policy_approvals: true\n"
              "  policy_item_regex: x\n"
              "  policy_sets:\n"
              "  - {name: a, path: p, source: local}\n"
              "  - {name: b, path: p, source: local, approve_count: 0,\n"
              "     sticky_policy_approvals: false, policy_item_regex: y}\n");
    const PolicySet *a = repos_yaml_policies(repos)->sets->pdata[0];
    const PolicySet *b = repos_yaml_policies(repos)->sets->pdata[1];

    assert_int_equal(a->approve_count, 2);
    assert_true(a->is_sticky);
    assert_string_equal(regex_pattern(a->item_regex), "x");
    assert_int_equal(b->approve_count, 1);
    assert_false(b->is_sticky);
    assert_string_equal(regex_pattern(b->item_regex), "y");
}

static const struct {
    const char *text, *message;
} wrong[] = {
    { "", "repos.yaml:1:1: the file is empty" },
    { "[]", "repos.yaml:1:1: repos.yaml: must be a mapping, \"key: value\"" },
    { "repos: {}", "repos.yaml:1:8: repos.yaml: repos must be a list" },
    { "repos: [a]",
      "repos.yaml:1:9: repos.yaml: repos must be a list of mappings, \"- key: value\"" },
    { "repos:\n- branch: /a/", "repos.yaml:2:3: repo: id is missing" },
    { "repos: [{id: ''}]", "repos.yaml:1:14: repo: id must not be empty" },
    { "repos: [{id: /(/}]", "repos.yaml:1:14: repo: id is not a regular expression: missing "
                            "closing parenthesis, at character 2" },
    { BLOCK("branch: main"),
      "repos.yaml:3:11: repo: branch must be a pattern between slashes, /.../, not \"main\"" },
    { BLOCK("branch: /[/"), "repos.yaml:3:11: repo: branch is not a regular expression: missing "
                            "terminating ] for character class, at character 2" },
    { BLOCK("repo_config_file: /etc/x"), "repos.yaml:3:21: repo: repo_config_file must be a path "
                                         "below the top of the repository, not \"/etc/x\"" },
    { BLOCK("repo_config_file: a/../x"), "repos.yaml:3:21: repo: repo_config_file must be a path "
                                         "below the top of the repository, not \"a/../x\"" },
    { BLOCK("plan_requirements: [plan_fresh]"),
      "repos.yaml:3:23: repo: plan_requirements must be a list of approved, mergeable or "
      "undiverged, not \"plan_fresh\"" },
    { BLOCK("apply_requirements: [policies_passed]"),
      "repos.yaml:3:24: repo: apply_requirements must be a list of approved, mergeable, undiverged "
      "or plan_fresh, not \"policies_passed\"" },
    { BLOCK("apply_requirements: approved"),
      "repos.yaml:3:23: repo: apply_requirements must be a list of texts, \"- text\"" },
    { BLOCK("max_plan_age: soon"), "repos.yaml:3:17: repo: max_plan_age must be a duration like "
                                   "90s, 30m or 1h30m, from 0 s to 366 d, not \"soon\"" },
    { BLOCK("workflow: w"), "repos.yaml:3:13: repo: there is no workflow \"w\": workflows of this "
                            "file and default can be named" },
    { BLOCK("allowed_workflows: [default, w]"),
      "repos.yaml:3:32: repo: there is no workflow \"w\": workflows of this file and default can "
      "be named" },
    { BLOCK("allowed_overrides: [automerge]"),
      "repos.yaml:3:23: repo: allowed_overrides must be a list of plan_requirements, "
      "apply_requirements, import_requirements, workflow, delete_source_branch_on_merge, "
      "repo_locking, repo_locks, policy_check, custom_policy_check, silence_pr_comments or "
      "max_plan_age, not \"automerge\"" },
    { BLOCK("policy_check: maybe"),
      "repos.yaml:3:17: repo: policy_check must be true or false, not \"maybe\"" },
    { BLOCK("repo_locks: {mode: never}"), "repos.yaml:3:22: repo_locks: mode must be on_plan, "
                                          "on_apply or disabled, not \"never\"" },
    { BLOCK("repo_locks: on_plan"),
      "repos.yaml:3:15: repo: repo_locks must be a mapping, \"key: value\"" },
    { BLOCK("autodiscover: {ignore_paths: [/a]}"),
      "repos.yaml:3:33: autodiscover: ignore_paths must hold patterns from the top of the "
      "repository, without a slash in front, not \"/a\"" },
    { BLOCK("pre_workflow_hooks: [{command: x}]"),
      "repos.yaml:3:25: hook: unknown key \"command\": did you mean \"commands\"?" },
    { BLOCK("pre_workflow_hooks: [{}]"), "repos.yaml:3:24: hook: run is missing" },
    { BLOCK("autodiscover: {ignore_paths: ['[a']}"),
      "repos.yaml:3:33: autodiscover: ignore_paths must hold patterns that can be read (path "
      "pattern \"[a\": a \"[\" needs characters and a \"]\", ranges go upwards, and nothing ends "
      "in a backslash), not \"[a\"" },
    { "policies: {}", "repos.yaml:1:11: policies: policy_sets is missing" },
    { "team_authz: {args: [x]}", "repos.yaml:1:13: team_authz: command is missing" },
    { "policies: {policy_sets: []}",
      "repos.yaml:1:11: policies: policy_sets is empty: without a set nothing can be checked" },
    { "policies: {policy_sets: [{path: p, source: local}]}",
      "repos.yaml:1:26: policy set: name is missing" },
    { "policies: {policy_sets: [{name: n, source: local}]}",
      "repos.yaml:1:26: policy set: path is missing" },
    { "policies: {policy_sets: [{name: n, path: p}]}",
      "repos.yaml:1:26: policy set: source is missing" },
    { "policies: {policy_sets: [{name: n, path: p, source: github}]}",
      "repos.yaml:1:53: policy set: source must be local, not \"github\"" },
    { "policies:\n  policy_sets:\n  - {name: n, path: p, source: local}\n"
      "  - {name: n, path: q, source: local}\n",
      "repos.yaml:4:12: policy set: the name \"n\" is there twice" },
    { SET("policy_item_regex: '('"),
      "repos.yaml:3:60: policy set: policy_item_regex is not a regular expression: missing closing "
      "parenthesis, at character 2" },
    { POLICIES("conftest_version: latest"),
      "repos.yaml:2:21: policies: conftest_version must be an exact version like 0.56.0, not "
      "\"latest\"" },
    { "metrics: {statsd: {host: 127.0.0.1, port: 8125}}",
      "repos.yaml:1:19: metrics: statsd is not supported yet: see docs/compatibility.md" },
    { "metrics: {}", "repos.yaml:1:10: metrics: prometheus is missing" },
    { "metrics: {prometheus: {endpoint: metrics}}",
      "repos.yaml:1:34: prometheus: endpoint must be the path of a URL, like /metrics, not "
      "\"metrics\"" },
    { "metrics: {prometheus: {endpoint: '/a?b'}}",
      "repos.yaml:1:34: prometheus: endpoint must be the path of a URL, like /metrics, not "
      "\"/a?b\"" },
    { "external_stores: {}", "repos.yaml:1:18: repos.yaml: external_stores is not supported yet: "
                             "see docs/compatibility.md" },
    { "repos: [{id: a, id: b}]", "repos.yaml:1:17: the key is there twice" },
    { "a: 1\n", "repos.yaml:1:1: repos.yaml: unknown key \"a\"; known are repos, workflows, "
                "policies, team_authz, metrics, external_stores" },
};

TEST(what_is_wrong_is_told_with_its_place)
{
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ReposYaml) repos = repos_yaml_parse("repos.yaml", wrong[i].text, &error);

        if (repos)
            fail_msg("%s: is taken", wrong[i].text);
        assert_string_equal(error->message, wrong[i].message);
        assert_int_equal(error->code, HADAL_ERROR_INVALID);
    }
}

TEST(the_generated_pages_are_fresh)
{
    assert_page_is_fresh("docs/reference/repos-yaml.md", repos_yaml_reference);
    assert_page_is_fresh("docs/reference/repos.schema.json", repos_yaml_json_schema);
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
        g_autoptr(GError) error = NULL;

        if (!g_str_has_prefix(name, "repos"))
            continue;
        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_autoptr(ReposYaml) repos = repos_yaml_parse(name, text, &error);

        if ((repos != NULL) != are_good)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_what_it_says),
        cmocka_unit_test(without_a_file_the_flags_hold),
        cmocka_unit_test(rules_come_from_a_file_or_as_JSON),
        cmocka_unit_test(a_file_that_is_missing_is_named),
        cmocka_unit_test(JSON_is_named_in_messages),
        cmocka_unit_test(matching_blocks_are_folded),
        cmocka_unit_test(that_policies_passed_is_added_to_whatever_the_blocks_say),
        cmocka_unit_test(policies_are_required_only_where_the_server_checks_them),
        cmocka_unit_test(disable_repo_locking_beats_every_block),
        cmocka_unit_test(an_id_is_a_whole_name_or_a_pattern_that_is_searched),
        cmocka_unit_test(a_workflow_named_default_is_that_of_who_names_default),
        cmocka_unit_test(a_set_inherits_what_it_does_not_say),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(the_generated_pages_are_fresh),
        cmocka_unit_test(samples_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
