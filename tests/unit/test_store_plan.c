// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

static GPtrArray *discarded(void **fixture)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *paths = NULL;

    assert_ok(store_plans_discarded(STORE, &paths, &error), error);
    return paths;
}

TEST(a_project_without_a_plan_has_none)
{
    g_autoptr(Plan) plan = find_plan(STORE, 1);

    assert_null(plan);
}

TEST(a_plan_record_comes_back_whole)
{
    char *extra[] = { (char *)"-target=a", NULL };
    const Plan made = {
        .head = (char *)"head",
        .base_branch = (char *)"main",
        .base = (char *)"base",
        .merge_commit = (char *)"merge",
        .config_digest = (char *)"config",
        .tool = (char *)"terraform",
        .tool_version = (char *)"1.11.4",
        .backend = (char *)"azurerm",
        .lineage = (char *)"lineage",
        .serial = 17,
        .tf_workspace = (char *)"blue",
        .tf_data_dir = (char *)"/data",
        .digest = (char *)"sha",
        .path = (char *)"/plans/1",
        .counts = { .is_known = true, .add = 4, .outputs = 2 },
        .extra = extra,
        .created_at = 1234,
    };
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(Run) run = begin(STORE, command, net, 0);
    g_autoptr(Plan) plan = NULL;

    end_run(STORE, run, RUN_OK, PROJECT_PLANNED, &made);
    plan = find_plan(STORE, net);

    assert_non_null(plan);
    assert_true(plan->id > 0);
    assert_int_equal(plan->project_id, net);
    assert_int_equal(plan->run_id, run->id);
    assert_string_equal(plan->project->dir, "net");
    assert_string_equal(plan->project->workspace, "default");
    assert_string_equal(plan->project->name, "");
    assert_string_equal(plan->head, "head");
    assert_string_equal(plan->base_branch, "main");
    assert_string_equal(plan->base, "base");
    assert_string_equal(plan->merge_commit, "merge");
    assert_string_equal(plan->config_digest, "config");
    assert_string_equal(plan->tool, "terraform");
    assert_string_equal(plan->tool_version, "1.11.4");
    assert_string_equal(plan->backend, "azurerm");
    assert_string_equal(plan->lineage, "lineage");
    assert_int_equal(plan->serial, 17);
    assert_string_equal(plan->tf_workspace, "blue");
    assert_string_equal(plan->tf_data_dir, "/data");
    assert_string_equal(plan->digest, "sha");
    assert_string_equal(plan->path, "/plans/1");
    assert_int_equal(plan->counts.add, 4);
    assert_int_equal(plan->counts.outputs, 2);
    assert_int_equal(g_strv_length(plan->extra), 1);
    assert_string_equal(plan->extra[0], "-target=a");
    assert_int_equal(plan->created_at, 1234);
    assert_int_equal(plan->consumed_at, 0);
}

TEST(what_a_plan_does_not_know_stays_unknown)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net"), before = clock_now();
    g_autoptr(Plan) plan = NULL;

    make_plan(STORE, command, net, "/net");
    plan = find_plan(STORE, net);

    assert_null(plan->backend);
    assert_null(plan->lineage);
    assert_int_equal(plan->serial, -1);
    assert_non_null(plan->extra);
    assert_null(plan->extra[0]);
    assert_true(plan->created_at >= before);
}

TEST(I2_a_newer_plan_discards_the_older_one)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net"), app = project_of(STORE, command, "app");
    g_autoptr(Plan) plan = NULL, other = NULL;

    make_plan(STORE, command, app, "/app");
    make_plan(STORE, command, net, "/1");
    make_plan(STORE, command, net, "/2");

    plan = find_plan(STORE, net);
    assert_string_equal(plan->path, "/2");
    other = find_plan(STORE, app);
    assert_string_equal(other->path, "/app");
    assert_count("SELECT COUNT(*) FROM plan WHERE discarded_at > 0", 1);
}

TEST(I2_a_plan_that_failed_discards_the_older_one)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(Run) run = NULL;
    g_autoptr(Plan) plan = NULL;

    make_plan(STORE, command, net, "/1");
    run = begin(STORE, command, net, 0);
    end_run(STORE, run, RUN_FAILED, PROJECT_PLAN_FAILED, NULL);

    plan = find_plan(STORE, net);
    assert_null(plan);
}

TEST(a_run_that_plans_nothing_leaves_the_plan_alone)
{
    g_autoptr(Command) plan_command = command_of(STORE, 1, "c1", COMMAND_PLAN), version = NULL;
    gint64 net = project_of(STORE, plan_command, "net");
    g_autoptr(Run) run = NULL;
    g_autoptr(Plan) plan = NULL;

    make_plan(STORE, plan_command, net, "/1");
    finish(STORE, plan_command, COMMAND_DONE);
    version = command_of(STORE, 1, "c2", COMMAND_VERSION);
    run = begin(STORE, version, net, 0);
    end_run(STORE, run, RUN_OK, PROJECT_PLANNED, NULL);

    plan = find_plan(STORE, net);
    assert_non_null(plan);
    assert_text("SELECT counts FROM project WHERE counts LIKE '%\"add\":1%'",
                "{\"add\":1,\"change\":0,\"destroy\":0,\"import\":0,\"forget\":0,\"outputs\":0,"
                "\"move\":0,\"drift\":0,\"other\":0}");
}

/* ------------------------------------------------------------------- files */

TEST(files_of_discarded_plans_are_named_until_they_are_removed)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(GPtrArray) none = NULL, paths = NULL, again = NULL, after = NULL;
    g_autoptr(GError) error = NULL;

    make_plan(STORE, command, net, "/1");
    none = discarded(fixture);
    assert_int_equal(none->len, 0);
    make_plan(STORE, command, net, "/2");
    paths = discarded(fixture);
    assert_int_equal(paths->len, 1);
    assert_string_equal(paths->pdata[0], "/1");
    again = discarded(fixture);
    assert_int_equal(again->len, 1);

    assert_ok(store_plans_removed(STORE, paths, &error), error);
    after = discarded(fixture);
    assert_int_equal(after->len, 0);
}

TEST(a_file_is_kept_while_its_apply_runs)
{
    g_autoptr(Command) plan_command = command_of(STORE, 1, "c1", COMMAND_PLAN), apply = NULL;
    gint64 net = project_of(STORE, plan_command, "net");
    g_autoptr(GPtrArray) during = NULL, after = NULL;
    g_autoptr(Plan) plan = NULL;
    g_autoptr(Run) run = NULL;

    make_plan(STORE, plan_command, net, "/1");
    finish(STORE, plan_command, COMMAND_DONE);
    apply = command_of(STORE, 1, "c2", COMMAND_APPLY);
    plan = find_plan(STORE, net);
    run = begin(STORE, apply, net, plan->id);

    during = discarded(fixture);
    assert_int_equal(during->len, 0);
    end_run(STORE, run, RUN_OK, PROJECT_APPLIED, NULL);
    after = discarded(fixture);
    assert_int_equal(after->len, 1);
    assert_string_equal(after->pdata[0], "/1");
}

TEST(a_file_of_an_apply_whose_command_is_over_is_not_kept_for_ever)
{
    g_autoptr(Command) plan_command = command_of(STORE, 1, "c1", COMMAND_PLAN), apply = NULL;
    gint64 net = project_of(STORE, plan_command, "net");
    g_autoptr(GPtrArray) paths = NULL;
    g_autoptr(Plan) plan = NULL;
    g_autoptr(Run) run = NULL;

    make_plan(STORE, plan_command, net, "/1");
    finish(STORE, plan_command, COMMAND_DONE);
    apply = command_of(STORE, 1, "c2", COMMAND_APPLY);
    plan = find_plan(STORE, net);
    run = begin(STORE, apply, net, plan->id);
    assert_non_null(run);
    finish(STORE, apply, COMMAND_INTERRUPTED);

    paths = discarded(fixture);
    assert_int_equal(paths->len, 1);
}

TEST(a_file_that_a_live_plan_uses_is_not_named)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(GPtrArray) paths = NULL;

    make_plan(STORE, command, net, "/same");
    make_plan(STORE, command, net, "/same");
    paths = discarded(fixture);
    assert_int_equal(paths->len, 0);
}

TEST(files_that_a_release_named_are_named_again_until_they_are_gone)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(GPtrArray) released = NULL, paths = NULL, again = NULL, after = NULL;
    g_autoptr(GError) error = NULL;

    make_plan(STORE, command, net, "/1");
    make_plan(STORE, command, net, "/2");
    assert_ok(store_pull_release(STORE, command, true, &released, &paths, &error), error);
    assert_int_equal(paths->len, 2);
    assert_string_equal(paths->pdata[0], "/1");
    assert_string_equal(paths->pdata[1], "/2");

    again = discarded(fixture);
    assert_int_equal(again->len, 2);
    assert_ok(store_plans_removed(STORE, paths, &error), error);
    after = discarded(fixture);
    assert_int_equal(after->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_project_without_a_plan_has_none),
        STORE_TEST(a_plan_record_comes_back_whole),
        STORE_TEST(what_a_plan_does_not_know_stays_unknown),
        STORE_TEST(I2_a_newer_plan_discards_the_older_one),
        STORE_TEST(I2_a_plan_that_failed_discards_the_older_one),
        STORE_TEST(a_run_that_plans_nothing_leaves_the_plan_alone),
        STORE_TEST(files_of_discarded_plans_are_named_until_they_are_removed),
        STORE_TEST(a_file_is_kept_while_its_apply_runs),
        STORE_TEST(a_file_of_an_apply_whose_command_is_over_is_not_kept_for_ever),
        STORE_TEST(a_file_that_a_live_plan_uses_is_not_named),
        STORE_TEST(files_that_a_release_named_are_named_again_until_they_are_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
