// SPDX-License-Identifier: Apache-2.0
#include "engine/step_env.h"

#include "page.h"
#include "test.h"

static const char *const base[] = { "PATH=/usr/bin", "HOME=/home/me", "PLANFILE=/outer", NULL };
static const char *const words[] = { "-var", "a=b c", NULL };

static ProjectRef ref = { (char *)"net/prod", (char *)"blue", (char *)"net-prod" };
static const ProjectConfig project = { .ref = &ref };
static Settings settings = { .data_dir = (char *)"/data" };
static PullFacts facts = {
    .head_commit = (char *)"0123",
    .head_branch = (char *)"topic",
    .base_branch = (char *)"main",
    .author = { (char *)"id-1", (char *)"Ada", (char *)"ada@example.com" },
};
static Command command = {
    .pull = { .repo = { .full_name = (char *)"org/project/infra" },
              .number = 7,
              .url = (char *)"https://host/pull/7" },
    .actor = { (char *)"id-2", (char *)"Bob", (char *)"bob@example.com" },
    .args = { .extra = (char **)words },
};

static StepEnv of_step(void)
{
    return (StepEnv){
        .base = base,
        .settings = &settings,
        .command = &command,
        .facts = &facts,
        .dir = "/checkout/net/prod",
        .project = &project,
        .tool_name = "tofu",
        .tool_version = "1.9.0",
        .plan_file = "/plans/1/net-prod-blue.tfplan",
        .show_file = "/plans/1/net-prod-blue.json",
        .policy_file = "/plans/1/net-prod-blue-policyout.json",
        .is_approved = "true",
        .is_mergeable = "false",
    };
}

static void assert_env(GStrv env, const char *name, const char *value)
{
    const char *found = g_environ_getenv(env, name);

    if (g_strcmp0(found, value) != 0)
        fail_msg("%s is %s, not %s", name, found ? found : "not set", value ? value : "not set");
}

TEST(a_step_gets_every_variable_that_atlantis_gives)
{
    static const char *const expected[][2] = {
        { "ATLANTIS_TERRAFORM_DISTRIBUTION", "tofu" },
        { "ATLANTIS_TERRAFORM_VERSION", "1.9.0" },
        { "BASE_BRANCH_NAME", "main" },
        { "HEAD_BRANCH_NAME", "topic" },
        { "BASE_REPO_NAME", "infra" },
        { "BASE_REPO_OWNER", "org/project" },
        { "HEAD_REPO_NAME", "infra" },
        { "HEAD_REPO_OWNER", "org/project" },
        { "COMMENT_ARGS", "\\-\\v\\a\\r,\\a\\=\\b\\ \\c" },
        { "DIR", "/checkout/net/prod" },
        { "HEAD_COMMIT", "0123" },
        { "PATH", "/usr/bin:/data/bin" },
        { "PLANFILE", "/plans/1/net-prod-blue.tfplan" },
        { "SHOWFILE", "/plans/1/net-prod-blue.json" },
        { "POLICYCHECKFILE", "/plans/1/net-prod-blue-policyout.json" },
        { "PROJECT_NAME", "net-prod" },
        { "PULL_AUTHOR", "ada@example.com" },
        { "PULL_NUM", "7" },
        { "PULL_URL", "https://host/pull/7" },
        { "REPO_REL_DIR", "net/prod" },
        { "USER_NAME", "bob@example.com" },
        { "WORKSPACE", "blue" },
        { "ATLANTIS_PR_APPROVED", "true" },
        { "ATLANTIS_PR_MERGEABLE", "false" },
        { "HOME", "/home/me" },
        { "COMMAND_NAME", NULL },
        { "OUTPUT_STATUS_FILE", NULL },
    };
    const StepEnv spec = of_step();
    g_auto(GStrv) env = step_env_new(&spec);

    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_env(env, expected[i][0], expected[i][1]);
}

TEST(a_hook_gets_its_own_and_nothing_of_a_project)
{
    StepEnv spec = of_step();
    g_auto(GStrv) env = NULL;

    spec.project = NULL;
    spec.command_name = "plan";
    spec.status_file = "/hooks/OUTPUT_STATUS_FILE";
    spec.has_errors = "true";
    env = step_env_new(&spec);

    assert_env(env, "COMMAND_NAME", "plan");
    assert_env(env, "OUTPUT_STATUS_FILE", "/hooks/OUTPUT_STATUS_FILE");
    assert_env(env, "COMMAND_HAS_ERRORS", "true");
    assert_env(env, "PULL_NUM", "7");
    assert_env(env, "PATH", "/usr/bin");
    assert_env(env, "WORKSPACE", NULL);
    assert_env(env, "PROJECT_NAME", "");
}

TEST(what_is_not_known_is_not_what_an_outer_server_says)
{
    StepEnv spec = of_step();
    g_auto(GStrv) env = NULL;

    spec.plan_file = NULL;
    env = step_env_new(&spec);

    assert_env(env, "PLANFILE", NULL);
}

TEST(a_push_by_somebody_unknown_is_the_authors)
{
    Command push = command;
    StepEnv spec = of_step();
    g_auto(GStrv) env = NULL;

    push.actor = (Actor){ 0 };
    spec.command = &push;
    env = step_env_new(&spec);

    assert_env(env, "USER_NAME", "ada@example.com");
}

TEST(a_fork_is_named)
{
    PullFacts fork = facts;
    StepEnv spec = of_step();
    g_auto(GStrv) env = NULL;

    fork.head_full_name = (char *)"org/other/copy";
    spec.facts = &fork;
    env = step_env_new(&spec);

    assert_env(env, "HEAD_REPO_OWNER", "org/other");
    assert_env(env, "HEAD_REPO_NAME", "copy");
    assert_env(env, "BASE_REPO_NAME", "infra");
}

TEST(the_projects_own_tool_is_found_first)
{
    StepEnv spec = of_step();
    g_auto(GStrv) env = NULL;

    spec.tool_dir = "/data/bin/opentofu/1.9.0";
    env = step_env_new(&spec);

    assert_env(env, "PATH", "/data/bin/opentofu/1.9.0:/usr/bin:/data/bin");
}

TEST(names_in_arguments_become_their_values)
{
    static const char *const env[] = { "A=one", "B_2=two words", NULL };
    static const char *const cases[][2] = {
        { "-var=x=$A", "-var=x=one" },
        { "${A}${B_2}", "onetwo words" },
        { "$NONE.", "." },
        { "a$", "a$" },
        { "$$A", "$one" },
        { "${A", "${A" },
        { "$2", "$2" },
        { "${}", "${}" },
        { "", "" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *expanded = step_env_expand(cases[i][0], env);

        assert_string_equal(expanded, cases[i][1]);
    }
}

TEST(the_reference_page_is_fresh)
{
    assert_page_is_fresh("docs/reference/environment.md", step_env_reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_gets_every_variable_that_atlantis_gives),
        cmocka_unit_test(a_hook_gets_its_own_and_nothing_of_a_project),
        cmocka_unit_test(what_is_not_known_is_not_what_an_outer_server_says),
        cmocka_unit_test(a_push_by_somebody_unknown_is_the_authors),
        cmocka_unit_test(a_fork_is_named),
        cmocka_unit_test(the_projects_own_tool_is_found_first),
        cmocka_unit_test(names_in_arguments_become_their_values),
        cmocka_unit_test(the_reference_page_is_fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
