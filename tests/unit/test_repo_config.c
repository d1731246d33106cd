// SPDX-License-Identifier: Apache-2.0
#include "config/repo_config.h"

#include <string.h>

#include "test.h"

/* Rules made of a repos.yaml, and what they were made from. */
typedef struct {
    Settings settings;
    ReposYaml *repos;
    RepoRules *rules;
} World;

static void world_open(World *world, const char *repos_yaml)
{
    g_autoptr(GError) error = NULL;

    memset(world, 0, sizeof *world);
    world->settings.autodiscover_mode = (char *)"auto";
    world->settings.default_tf_distribution = (char *)"terraform";
    world->repos = repos_yaml_parse("repos.yaml", repos_yaml, &error);
    assert_ok(world->repos, error);
    world->rules = repo_rules_new(&world->settings, world->repos, "host/org/repo");
}

static void world_clear(World *world)
{
    repo_rules_free(world->rules);
    repos_yaml_free(world->repos);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

TEST(a_project_has_its_defaults)
{
    g_auto(World) world = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(RepoConfig) config = NULL;
    const ProjectConfig *project;

    world_open(&world, "{}");
    const RepoConfigSpec spec = {
        .rules = world.rules,
        .base_branch = "main",
        .text = "version: 3\nprojects:\n- dir: ./a//b\n",
    };
    config = repo_config_new(&spec, &error);
    assert_ok(config, error);
    assert_int_equal(config->projects->len, 1);
    project = config->projects->pdata[0];
    assert_string_equal(project->ref->dir, "a/b");
    assert_string_equal(project->ref->workspace, "default");
    assert_string_equal(project->when_modified[0], "a/b/**/*.tf*");
    assert_int_equal(project->line, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_project_has_its_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
