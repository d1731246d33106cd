// SPDX-License-Identifier: Apache-2.0
#include "engine/conftest.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sys/files.h"
#include "sys/proc.h"
#include "test.h"

#define PASS "1 test, 1 passed, 0 warnings, 0 failures, 0 exceptions"

/* A directory with a "bin" for programs that stand in for conftest. */
typedef struct {
    char *dir, *bin, *show, *config;
    GStrv env;
    PolicySet set;
    ConftestSpec spec;
} World;

static void world_init(World *world)
{
    world->dir = g_dir_make_tmp("hadal-conftest-XXXXXX", NULL);
    world->bin = g_build_filename(world->dir, "bin", NULL);
    world->show = g_build_filename(world->dir, "default.json", NULL);
    world->config = g_build_filename(world->dir, "empty.toml", NULL);
    assert_int_equal(g_mkdir(world->bin, 0700), 0);
    g_autofree char *path = g_strconcat(world->bin, ":/usr/bin:/bin", NULL);
    world->env = g_environ_setenv(proc_base_env(), "PATH", path, TRUE);
    world->set = (PolicySet){ .name = (char *)"tags", .path = (char *)"rules", .approve_count = 1 };
    world->spec = (ConftestSpec){
        .dir = world->dir,
        .env = (const char *const *)world->env,
        .show_file = world->show,
        .config_file = world->config,
        .timeout_ms = 20 * 1000,
        .grace_ms = 100,
    };
}

static void world_clear(World *world)
{
    g_autoptr(GError) error = NULL;

    assert_ok(files_remove_tree(world->dir, &error), error);
    g_free(world->dir);
    g_free(world->bin);
    g_free(world->show);
    g_free(world->config);
    g_strfreev(world->env);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static void set_env(World *world, const char *name, const char *value)
{
    world->env = g_environ_setenv(world->env, name, value, TRUE);
    world->spec.env = (const char *const *)world->env;
}

static void install(const World *world, const char *name, const char *body)
{
    g_autofree char *path = g_build_filename(world->bin, name, NULL);
    g_autofree char *text = g_strconcat("#!/bin/sh\n", body, "\n", NULL);

    assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static PolicyResult *run(const World *world)
{
    const Ctx ctx = { 0 };
    g_autoptr(GError) error = NULL;
    PolicyResult *result = conftest_run(&ctx, &world->spec, &world->set, &error);

    assert_ok(result, error);
    return result;
}

#define assert_has(text, part)                    \
    do {                                          \
        if (!strstr(text, part))                  \
            fail_msg("no %s in: %s", part, text); \
    } while (0)

TEST(a_set_passes_when_conftest_says_so)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) result = NULL;

    world_init(&world);
    install(&world, "conftest", "echo; echo '" PASS "'");
    result = run(&world);

    assert_true(result->has_passed);
    assert_string_equal(result->set, "tags");
    assert_string_equal(result->output, "\n" PASS);
}

TEST(a_set_fails_when_conftest_does)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) result = NULL;

    world_init(&world);
    install(&world, "conftest", "echo '" PASS "'; echo 'Error: rego_parse_error' >&2; exit 1");
    result = run(&world);

    assert_false(result->has_passed);
    assert_has(result->output, "rego_parse_error");
}

TEST(the_command_line_is_the_one_that_scripts_know)
{
    g_auto(World) world = { 0 };
    const char *const extra[] = { "--data '$DATA/a b' # not this", "--all-namespaces $NOTHING",
                                  NULL };
    g_autoptr(PolicyResult) result = NULL;

    world_init(&world);
    set_env(&world, "RULES", "/etc/rules here");
    set_env(&world, "DATA", "/data");
    set_env(&world, "NOTHING", "");
    world.set.path = (char *)"${RULES}/tags";
    world.spec.extra_args = extra;
    install(&world, "conftest", "for word; do echo \"[$word]\"; done; pwd; echo '" PASS "'");
    result = run(&world);

    assert_has(result->output, "[test]\n[-p]\n[/etc/rules here/tags]\n[<redacted plan file>]\n"
                               "[--no-color]\n[--data]\n[/data/a b]\n[--all-namespaces]\n/");
    assert_has(result->output, world.dir);
    assert_true(result->has_passed);
}

TEST(a_configuration_in_the_project_has_no_say)
{
    g_auto(World) world = { 0 };
    g_autofree char *empty = NULL;
    g_autoptr(PolicyResult) ours = NULL, theirs = NULL;

    world_init(&world);
    install(&world, "conftest", "echo \"config=$CONFTEST_CONFIG_FILE\"; echo '" PASS "'");
    ours = run(&world);
    assert_has(ours->output, world.config);
    assert_true(g_file_get_contents(world.config, &empty, NULL, NULL));
    assert_string_equal(empty, "");

    set_env(&world, "CONFTEST_CONFIG_FILE", "/etc/conftest.toml");
    theirs = run(&world);
    assert_has(theirs->output, "config=/etc/conftest.toml\n");
}

TEST(a_missing_program_is_a_failed_check_that_says_what_to_do)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) result = NULL;

    world_init(&world);
    set_env(&world, "PATH", world.bin);
    world.spec.version = "0.46.0";
    result = run(&world);

    assert_false(result->has_passed);
    assert_has(result->output, "not installed");
    assert_has(result->output, "`conftest0.46.0`");
}

TEST(a_program_of_the_version_goes_first)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) plain = NULL, by_env = NULL, by_file = NULL;

    world_init(&world);
    install(&world, "conftest", "echo plain; echo '" PASS "'");
    world.spec.version = "9.9.9";
    plain = run(&world);
    assert_has(plain->output, "plain");

    world.spec.version = NULL;
    set_env(&world, "DEFAULT_CONFTEST_VERSION", "1.0.0");
    install(&world, "conftest1.0.0", "echo one; echo '" PASS "'");
    install(&world, "conftest2.0.0", "echo two; echo '" PASS "'");
    by_env = run(&world);
    assert_has(by_env->output, "one");

    world.spec.version = "2.0.0";
    by_file = run(&world);
    assert_has(by_file->output, "two");
}

TEST(a_program_of_the_checkout_is_never_run)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) result = NULL;

    world_init(&world);
    g_autofree char *before = g_get_current_dir();
    install(&world, "conftest", "echo '" PASS "'");
    set_env(&world, "PATH", "bin:.:");
    assert_int_equal(g_chdir(world.dir), 0);
    result = run(&world);
    assert_int_equal(g_chdir(before), 0);

    assert_false(result->has_passed);
    assert_has(result->output, "not installed");
}

TEST(a_path_that_is_none_fails_the_set)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) empty = NULL, open = NULL, argument = NULL;
    const char *const extra[] = { "'open", NULL };

    world_init(&world);
    install(&world, "conftest", "echo '" PASS "'");
    world.set.path = (char *)"$NOT_SET";
    empty = run(&world);
    world.set.path = (char *)"\"open";
    open = run(&world);
    world.set.path = (char *)"rules";
    world.spec.extra_args = extra;
    argument = run(&world);

    assert_false(empty->has_passed);
    assert_has(empty->output, "`$NOT_SET`");
    assert_false(open->has_passed);
    assert_has(open->output, "quotation mark");
    assert_false(argument->has_passed);
    assert_has(argument->output, "`'open`");
}

TEST(a_check_that_takes_too_long_fails)
{
    g_auto(World) world = { 0 };
    g_autoptr(PolicyResult) result = NULL;

    world_init(&world);
    world.spec.timeout_ms = 50;
    install(&world, "conftest", "echo '" PASS "'; exec sleep 600");
    result = run(&world);

    assert_false(result->has_passed);
}

TEST(a_check_that_is_cancelled_has_no_result)
{
    g_auto(World) world = { 0 };
    atomic_bool cancel = true;
    const Ctx ctx = { .cancel = &cancel };
    g_autoptr(GError) error = NULL;

    world_init(&world);
    install(&world, "conftest", "echo '" PASS "'");

    assert_fails(conftest_run(&ctx, &world.spec, &world.set, &error), error, HADAL_ERROR_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_passes_when_conftest_says_so),
        cmocka_unit_test(a_set_fails_when_conftest_does),
        cmocka_unit_test(the_command_line_is_the_one_that_scripts_know),
        cmocka_unit_test(a_configuration_in_the_project_has_no_say),
        cmocka_unit_test(a_missing_program_is_a_failed_check_that_says_what_to_do),
        cmocka_unit_test(a_program_of_the_version_goes_first),
        cmocka_unit_test(a_program_of_the_checkout_is_never_run),
        cmocka_unit_test(a_path_that_is_none_fails_the_set),
        cmocka_unit_test(a_check_that_takes_too_long_fails),
        cmocka_unit_test(a_check_that_is_cancelled_has_no_result),
    };
    g_autofree char *launcher =
        g_build_filename(g_getenv("HADAL_BUILD_ROOT"), "src", "launcher", "hadal-launch", NULL);

    proc_init(launcher);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
