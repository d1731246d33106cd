// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

#include "base/ids.h"

static GPtrArray *runs_of(void **fixture, const Command *command)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *runs = store_runs(STORE, command->id, &error);

    assert_ok(runs, error);
    return runs;
}

/* A claimed apply, and the project it finds planned. */
static Command *planned(void **fixture, gint64 *project_id, const char *path)
{
    g_autoptr(Command) plan = command_of(STORE, 1, "plan", COMMAND_PLAN);

    *project_id = project_of(STORE, plan, "net");
    make_plan(STORE, plan, *project_id, path);
    finish(STORE, plan, COMMAND_DONE);
    return command_of(STORE, 1, "apply", COMMAND_APPLY);
}

TEST(a_run_is_known_from_its_beginning)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(Run) run = begin(STORE, command, net, 0);
    g_autoptr(GPtrArray) runs = runs_of(fixture, command);
    const Run *found = runs->pdata[0];

    assert_int_equal(runs->len, 1);
    assert_true(run->id > 0);
    assert_int_equal(run->command_id, command->id);
    assert_int_equal(run->project_id, net);
    assert_string_equal(run->project->dir, "net");
    assert_int_equal(run->state, RUN_RUNNING);
    assert_int_equal(found->id, run->id);
    assert_int_equal(found->state, RUN_RUNNING);
    assert_string_equal(found->project->dir, "net");
    assert_int_equal(found->started_at, run->started_at);
    assert_true(run->started_at > 0);
    assert_int_equal(found->ended_at, 0);
}

TEST(a_run_keeps_the_id_and_log_it_is_given)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GPtrArray) runs = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Run) run = run_new();
    bool is_taken = false;
    gint64 id = id_new();

    run->id = id;
    run->log_path = g_strdup("/logs/1");
    run->tool_version = g_strdup("1.11.4");
    assert_ok(store_run_begin(STORE, command, project_of(STORE, command, "net"), 0, run, &is_taken,
                              &error),
              error);

    assert_true(is_taken);
    runs = runs_of(fixture, command);
    assert_int_equal(((Run *)runs->pdata[0])->id, id);
    assert_string_equal(((Run *)runs->pdata[0])->log_path, "/logs/1");
    assert_string_equal(((Run *)runs->pdata[0])->tool_version, "1.11.4");
}

TEST(a_project_that_is_not_there_has_no_run)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GError) error = NULL;
    g_autoptr(Run) run = run_new();
    bool is_taken = false;

    assert_fails(store_run_begin(STORE, command, 42, 0, run, &is_taken, &error), error,
                 HADAL_ERROR_INTERNAL);
    assert_int_equal(run->id, 0);
}

TEST(the_end_of_a_run_writes_run_and_project)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Run) run = begin(STORE, command, project_of(STORE, command, "net"), 0);
    g_autoptr(GPtrArray) runs = NULL, projects = NULL;
    g_autoptr(GError) error = NULL;
    const Project *project;
    const Run *found;

    run->state = RUN_FAILED;
    run->log_path = g_strdup("/logs/1");
    run->message = g_strdup("exit 1");
    run->tool_version = g_strdup("1.11.4");
    run->counts = (ChangeCounts){ .is_known = true, .destroy = 3 };
    assert_ok(store_run_finish(STORE, run, PROJECT_PLAN_FAILED, "h7", NULL, &error), error);

    runs = runs_of(fixture, command);
    found = runs->pdata[0];
    assert_int_equal(found->state, RUN_FAILED);
    assert_string_equal(found->log_path, "/logs/1");
    assert_string_equal(found->message, "exit 1");
    assert_string_equal(found->tool_version, "1.11.4");
    assert_int_equal(found->counts.destroy, 3);
    assert_true(found->ended_at >= found->started_at);
    projects = store_projects(STORE, command->pull_id, &error);
    assert_ok(projects, error);
    project = projects->pdata[0];
    assert_int_equal(project->status, PROJECT_PLAN_FAILED);
    assert_int_equal(project->counts.destroy, 3);
    assert_string_equal(project->head, "h7");
}

TEST(the_end_of_a_run_keeps_log_and_version_that_it_does_not_tell)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(Run) run = run_new();
    g_autoptr(GError) error = NULL;
    bool is_taken = false;

    run->log_path = g_strdup("/logs/1");
    run->tool_version = g_strdup("1.11.4");
    assert_ok(store_run_begin(STORE, command, net, 0, run, &is_taken, &error), error);
    g_clear_pointer(&run->log_path, g_free);
    g_clear_pointer(&run->tool_version, g_free);
    end_run(STORE, run, RUN_FAILED, PROJECT_PLAN_FAILED, NULL);

    assert_text("SELECT state FROM run", "failed");
    assert_text("SELECT log_path FROM run", "/logs/1");
    assert_text("SELECT tool_version FROM run", "1.11.4");
}

TEST(runs_come_oldest_first_also_those_of_a_process_that_died)
{
    g_autoptr(Command) dead = NULL, command = NULL;
    g_autoptr(Run) first = NULL, second = NULL;
    g_autoptr(GPtrArray) runs = NULL;

    comment(STORE, 1, "c1", COMMAND_APPLY);
    dead = claim_as(STORE, "dead", -1);
    first = begin(STORE, dead, project_of(STORE, dead, "z"), 0);
    recover(STORE, ME, false);
    command = claim(STORE);
    second = begin(STORE, command, project_of(STORE, command, "a"), 0);
    runs = runs_of(fixture, command);

    assert_int_equal(runs->len, 2);
    assert_int_equal(((Run *)runs->pdata[0])->id, first->id);
    assert_int_equal(((Run *)runs->pdata[0])->state, RUN_RUNNING);
    assert_int_equal(((Run *)runs->pdata[1])->id, second->id);
}

TEST(a_run_ends_once)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Run) run = begin(STORE, command, project_of(STORE, command, "net"), 0);
    const Plan plan = plan_at("/late");
    g_autoptr(GError) error = NULL;

    end_run(STORE, run, RUN_INTERRUPTED, PROJECT_PLAN_FAILED, NULL);
    run->state = RUN_OK;

    assert_fails(store_run_finish(STORE, run, PROJECT_PLANNED, "h1", &plan, &error), error,
                 HADAL_ERROR_CONFLICT);
    assert_count("SELECT COUNT(*) FROM plan", 0);
    assert_text("SELECT status FROM project", "plan_failed");
    assert_text("SELECT state FROM run", "interrupted");
}

TEST(counts_of_a_project_are_those_of_its_last_plan)
{
    gint64 net = 0;
    g_autoptr(Command) command = planned(fixture, &net, "/net");
    g_autoptr(Plan) plan = find_plan(STORE, net);
    g_autoptr(Run) run = begin(STORE, command, net, plan->id);
    g_autoptr(GPtrArray) projects = NULL;
    g_autoptr(GError) error = NULL;

    run->counts = (ChangeCounts){ .is_known = true, .add = 99 };
    end_run(STORE, run, RUN_OK, PROJECT_APPLIED, NULL);

    projects = store_projects(STORE, command->pull_id, &error);
    assert_ok(projects, error);
    assert_int_equal(((Project *)projects->pdata[0])->counts.add, 1);
    assert_int_equal(((Project *)projects->pdata[0])->status, PROJECT_APPLIED);
}

/* ----------------------------------------------------------- consuming plans */

TEST(I2_an_apply_consumes_its_plan_with_its_beginning)
{
    gint64 net = 0;
    g_autoptr(Command) command = planned(fixture, &net, "/net");
    g_autoptr(Plan) plan = find_plan(STORE, net), gone = NULL;
    g_autoptr(Run) run = begin(STORE, command, net, plan->id), second = NULL;
    g_autoptr(GPtrArray) runs = NULL;

    assert_non_null(run);
    gone = find_plan(STORE, net);
    assert_null(gone);
    second = begin(STORE, command, net, plan->id);
    assert_null(second);
    runs = runs_of(fixture, command);
    assert_int_equal(runs->len, 1);
    assert_count("SELECT COUNT(*) FROM plan WHERE consumed_at > 0", 1);
}

TEST(I2_a_discarded_plan_is_not_applied)
{
    gint64 net = 0;
    g_autoptr(Command) command = planned(fixture, &net, "/net");
    g_autoptr(Plan) plan = find_plan(STORE, net);
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    g_autoptr(Run) run = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(store_pull_release(STORE, command, false, &released, &paths, &error), error);
    run = begin(STORE, command, net, plan->id);

    assert_null(run);
    assert_count("SELECT COUNT(*) FROM plan WHERE consumed_at > 0", 0);
}

TEST(I2_a_plan_is_not_applied_to_another_project)
{
    gint64 net = 0;
    g_autoptr(Command) command = planned(fixture, &net, "/net");
    g_autoptr(Plan) plan = find_plan(STORE, net), kept = NULL;
    g_autoptr(Run) run = begin(STORE, command, project_of(STORE, command, "app"), plan->id);

    assert_null(run);
    kept = find_plan(STORE, net);
    assert_non_null(kept);
}

typedef struct _Wanted Wanted;
struct _Wanted {
    const Command *command;
    gint64 project_id, plan_id;
    atomic_int n_taken;
};

static void try_to_apply(Racer *racer)
{
    Wanted *wanted = racer->data;
    g_autoptr(Run) run = begin(racer->store, wanted->command, wanted->project_id, wanted->plan_id);

    if (run)
        atomic_fetch_add(&wanted->n_taken, 1);
}

TEST(I2_of_threads_that_want_the_same_plan_one_gets_it)
{
    gint64 net = 0;
    g_autoptr(Command) command = planned(fixture, &net, "/net");
    g_autoptr(Plan) plan = find_plan(STORE, net);
    Wanted wanted = { .command = command, .project_id = net, .plan_id = plan->id };

    race(STORE, try_to_apply, &wanted);

    assert_int_equal(atomic_load(&wanted.n_taken), 1);
    assert_count("SELECT COUNT(*) FROM run r JOIN command c ON c.id = r.command_id"
                 " WHERE c.kind = 'apply'",
                 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_run_is_known_from_its_beginning),
        STORE_TEST(a_run_keeps_the_id_and_log_it_is_given),
        STORE_TEST(a_project_that_is_not_there_has_no_run),
        STORE_TEST(the_end_of_a_run_writes_run_and_project),
        STORE_TEST(the_end_of_a_run_keeps_log_and_version_that_it_does_not_tell),
        STORE_TEST(runs_come_oldest_first_also_those_of_a_process_that_died),
        STORE_TEST(a_run_ends_once),
        STORE_TEST(counts_of_a_project_are_those_of_its_last_plan),
        STORE_TEST(I2_an_apply_consumes_its_plan_with_its_beginning),
        STORE_TEST(I2_a_discarded_plan_is_not_applied),
        STORE_TEST(I2_a_plan_is_not_applied_to_another_project),
        STORE_TEST(I2_of_threads_that_want_the_same_plan_one_gets_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
