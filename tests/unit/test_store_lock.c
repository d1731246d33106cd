// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

TEST(I6_locks_are_taken_all_or_none)
{
    g_autoptr(Command) first = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) second = command_of(STORE, 2, "c2", COMMAND_PLAN);
    g_autoptr(GArray) ids = take_locks(STORE, first, DIRS("b"), false);
    g_autoptr(GArray) none = take_locks(STORE, second, DIRS("a", "b", "c"), false);

    assert_non_null(ids);
    assert_null(none);
    assert_false(is_locked(STORE, second->pull_id, "a"));
    assert_false(is_locked(STORE, second->pull_id, "c"));
    assert_true(is_locked(STORE, first->pull_id, "b"));
    assert_count("SELECT COUNT(*) FROM project", 1);
}

TEST(who_holds_a_lock_is_told_with_name_pull_request_and_time)
{
    g_autoptr(Command) first = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) second = command_of(STORE, 2, "c2", COMMAND_PLAN);
    g_autoptr(GArray) ours = take_locks(STORE, first, DIRS("net", "app"), false);
    g_autoptr(GPtrArray) wanted = refs_of(DIRS("app", "free", "net")), held = NULL;
    g_autoptr(GError) error = NULL;
    GArray *ids = (GArray *)1;
    const Lock *lock;

    assert_non_null(ours);
    assert_ok(store_locks_take(STORE, second, wanted, NULL, false, &ids, &held, &error), error);

    assert_null(ids);
    assert_int_equal(held->len, 2);
    lock = held->pdata[0];
    assert_string_equal(lock->dir, "app");
    assert_string_equal(lock->workspace, "default");
    assert_string_equal(lock->name, "");
    assert_int_equal(lock->pull_id, first->pull_id);
    assert_int_equal(lock->pull.number, 1);
    assert_string_equal(lock->pull.url, "https://host/pull");
    assert_string_equal(lock->pull.repo.full_name, "org/project/infra");
    assert_string_equal(lock->actor.name, "Ada");
    assert_true(lock->since > 0 && lock->since <= clock_now());
    assert_string_equal(((const Lock *)held->pdata[1])->dir, "net");
}

TEST(ids_come_in_the_order_of_the_projects)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GArray) ids = take_locks(STORE, command, DIRS("z", "a", "m"), false);
    g_autoptr(GArray) again = take_locks(STORE, command, DIRS("a", "m", "z"), false);

    assert_int_equal(ids->len, 3);
    assert_int_equal(g_array_index(ids, gint64, 0), g_array_index(again, gint64, 2));
    assert_int_equal(g_array_index(ids, gint64, 1), g_array_index(again, gint64, 0));
    assert_int_equal(g_array_index(ids, gint64, 2), g_array_index(again, gint64, 1));
}

TEST(a_lock_that_is_ours_stays_ours_since_then)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GArray) first = take_locks(STORE, command, DIRS("net"), false), second = NULL;

    change(fixture, "UPDATE lock SET since = 12345");
    second = take_locks(STORE, command, DIRS("net"), false);

    assert_non_null(second);
    assert_count("SELECT since FROM lock", 12345);
    assert_int_equal(g_array_index(first, gint64, 0), g_array_index(second, gint64, 0));
}

TEST(another_workspace_and_another_repository_are_other_locks)
{
    g_autoptr(Command) first = command_of(STORE, 1, "c1", COMMAND_PLAN), second = NULL;
    g_autoptr(GPtrArray) projects = refs_of(DIRS("net")), held = NULL;
    g_autoptr(GArray) ours = NULL, theirs = NULL;
    const NewCommand plan = { .kind = COMMAND_PLAN };
    Event event = event_of(EVENT_COMMENT, 1, "elsewhere");
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(projects, project_ref_new("net", "blue", ""));
    assert_ok(store_locks_take(STORE, first, projects, NULL, false, &ours, &held, &error), error);
    assert_count("SELECT COUNT(*) FROM lock", 2);
    event.pull.repo.host_id = (char *)"other";
    intake(STORE, &event, &plan, 1, false);
    second = claim(STORE);
    theirs = take_locks(STORE, second, DIRS("net"), false);
    assert_non_null(theirs);
}

/* A separator within a part does not make it another set of parts. */
TEST(parts_of_a_lock_are_not_mixed_up)
{
    g_autoptr(Command) first = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) second = command_of(STORE, 2, "c2", COMMAND_PLAN);
    g_autoptr(GPtrArray) projects =
        g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_autoptr(GPtrArray) held = NULL;
    g_autoptr(GArray) ours = take_locks(STORE, first, DIRS("a:b"), false), theirs = NULL;
    g_autoptr(GError) error = NULL;

    assert_non_null(ours);
    g_ptr_array_add(projects, project_ref_new("a", "b:default", ""));
    assert_ok(store_locks_take(STORE, second, projects, NULL, false, &theirs, &held, &error),
              error);
    assert_null(held);
}

/* Each thread is a pull request that wants everything, each in another order. */
static void take_everything(Racer *racer)
{
    Command *const *commands = racer->data;
    g_autoptr(GPtrArray) projects =
        g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_autoptr(GPtrArray) held = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 10; i++) {
        g_autofree char *dir = g_strdup_printf("d%d", (i + racer->index) % 10);

        g_ptr_array_add(projects, project_ref_new(dir, NULL, NULL));
    }
    assert_ok(store_locks_take(racer->store, commands[racer->index], projects, NULL, false, &ids,
                               &held, &error),
              error);
}

TEST(I6_of_pull_requests_that_want_the_same_one_wins_everything)
{
    Command *commands[N_THREADS];

    for (int i = 0; i < N_THREADS; i++) {
        g_autofree char *ref = g_strdup_printf("c%d", i);

        commands[i] = command_of(STORE, i + 1, ref, COMMAND_PLAN);
    }
    race(STORE, take_everything, commands);

    assert_count("SELECT COUNT(*) FROM lock", 10);
    assert_count("SELECT COUNT(DISTINCT pull_id) FROM lock", 1);
    assert_count("SELECT COUNT(*) FROM project", 10);
    for (int i = 0; i < N_THREADS; i++)
        command_free(commands[i]);
}

TEST(I6_a_lock_outlives_a_restart)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    Fixture *own = *fixture;
    g_autoptr(GError) error = NULL;

    project_of(STORE, command, "net");
    store_close(own->store);
    own->store = store_open(own->url, &error);
    assert_ok(own->store, error);
    assert_true(is_locked(STORE, command->pull_id, "net"));
}

TEST(a_project_whose_lock_is_taken_again_stays_as_it_was)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(GPtrArray) projects = NULL;
    g_autoptr(GError) error = NULL;
    const Project *project;

    make_plan(STORE, command, net, "/net.plan");
    assert_int_equal(project_of(STORE, command, "net"), net);

    projects = store_projects(STORE, command->pull_id, &error);
    assert_ok(projects, error);
    project = projects->pdata[0];
    assert_int_equal(project->status, PROJECT_PLANNED);
    assert_int_equal(project->counts.add, 1);
    assert_string_equal(project->head, "h1");
}

/* -------------------------------------------------------- a plan of everything */

TEST(a_plan_of_everything_forgets_the_other_projects_with_plan_and_lock)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net"), app = project_of(STORE, command, "app");
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GPtrArray) projects = NULL;
    g_autoptr(Plan) gone = NULL, kept = NULL;
    g_autoptr(GError) error = NULL;

    make_plan(STORE, command, net, "/net.plan");
    make_plan(STORE, command, app, "/app.plan");
    ids = take_locks(STORE, command, DIRS("app", "new"), true);

    assert_int_equal(g_array_index(ids, gint64, 0), app);
    assert_false(is_locked(STORE, command->pull_id, "net"));
    assert_true(is_locked(STORE, command->pull_id, "app"));
    assert_true(is_locked(STORE, command->pull_id, "new"));
    gone = find_plan(STORE, net);
    assert_null(gone);
    kept = find_plan(STORE, app);
    assert_non_null(kept);
    projects = store_projects(STORE, command->pull_id, &error);
    assert_ok(projects, error);
    assert_int_equal(projects->len, 2);
    assert_string_equal(((Project *)projects->pdata[0])->ref->dir, "app");
    assert_string_equal(((Project *)projects->pdata[1])->ref->dir, "new");
}

TEST(I6_a_plan_of_everything_that_is_refused_forgets_nothing)
{
    g_autoptr(Command) first = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) second = command_of(STORE, 2, "c2", COMMAND_PLAN);
    gint64 net = project_of(STORE, second, "net");
    g_autoptr(GArray) none = NULL;
    g_autoptr(Plan) kept = NULL;

    make_plan(STORE, second, net, "/net.plan");
    project_of(STORE, first, "app");
    none = take_locks(STORE, second, DIRS("app"), true);

    assert_null(none);
    assert_true(is_locked(STORE, second->pull_id, "net"));
    kept = find_plan(STORE, net);
    assert_non_null(kept);
}

TEST(a_plan_of_nothing_forgets_everything)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    project_of(STORE, command, "net");
    assert_ok(store_locks_take(STORE, command, none, NULL, true, NULL, NULL, &error), error);

    assert_count("SELECT COUNT(*) FROM project WHERE is_forgotten = 0", 0);
    assert_count("SELECT COUNT(*) FROM lock", 0);
}

TEST(a_project_that_was_forgotten_starts_anew)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(GArray) none = NULL;
    g_autoptr(GPtrArray) projects = NULL;
    g_autoptr(GError) error = NULL;
    const Project *project;

    make_plan(STORE, command, net, "/net.plan");
    none = take_locks(STORE, command, DIRS(NULL), true);
    assert_non_null(none);
    assert_int_equal(project_of(STORE, command, "net"), net);

    projects = store_projects(STORE, command->pull_id, &error);
    assert_ok(projects, error);
    assert_int_equal(projects->len, 1);
    project = projects->pdata[0];
    assert_int_equal(project->status, PROJECT_NONE);
    assert_false(project->counts.is_known);
    assert_null(project->head);
}

/* ------------------------------------------------------------------ one lock */

#define release(pull_id, project)                                            \
    do {                                                                     \
        g_autoptr(GPtrArray) only = g_ptr_array_new();                       \
                                                                             \
        g_ptr_array_add(only, project);                                      \
        assert_ok(store_locks_release(STORE, pull_id, only, &error), error); \
    } while (0)

TEST(a_single_lock_can_be_given_up)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(ProjectRef) net = project_ref_new("net", NULL, NULL);
    g_autoptr(GArray) ids = take_locks(STORE, command, DIRS("net", "app"), false);
    g_autoptr(GError) error = NULL;

    assert_non_null(ids);
    release(command->pull_id + 1, net);
    assert_true(is_locked(STORE, command->pull_id, "net")); /* not another's */
    release(command->pull_id, net);
    assert_false(is_locked(STORE, command->pull_id, "net"));
    assert_true(is_locked(STORE, command->pull_id, "app"));
}

TEST(a_lock_stays_while_a_project_of_that_directory_has_a_plan)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GPtrArray) projects =
        g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_autoptr(GPtrArray) held = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(Run) run = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(projects, project_ref_new("net", NULL, "a"));
    g_ptr_array_add(projects, project_ref_new("net", NULL, "b"));
    assert_ok(store_locks_take(STORE, command, projects, NULL, false, &ids, &held, &error), error);
    make_plan(STORE, command, g_array_index(ids, gint64, 1), "/b.plan");

    release(command->pull_id, projects->pdata[0]);
    assert_true(is_locked(STORE, command->pull_id, "net"));
    release(command->pull_id, projects->pdata[1]);
    assert_true(is_locked(STORE, command->pull_id, "net"));
    run = begin(STORE, command, g_array_index(ids, gint64, 1), 0);
    end_run(STORE, run, RUN_FAILED, PROJECT_PLAN_FAILED, NULL);
    release(command->pull_id, projects->pdata[1]);
    assert_false(is_locked(STORE, command->pull_id, "net"));
}

/* ------------------------------------------- what an apply may have changed */

/* A claimed plan of a pull request, whose project net an apply of it was once begun for. */
static Command *once_applied(void **fixture, RunState state, ProjectStatus status)
{
    g_autoptr(Command) plan = command_of(STORE, 1, "plan", COMMAND_PLAN), apply = NULL;
    gint64 net = project_of(STORE, plan, "net");
    g_autoptr(Plan) made = NULL;
    g_autoptr(Run) run = NULL;

    make_plan(STORE, plan, net, "/net.plan");
    finish(STORE, plan, COMMAND_DONE);
    apply = command_of(STORE, 1, "apply", COMMAND_APPLY);
    made = find_plan(STORE, net);
    run = begin(STORE, apply, net, made->id);
    assert_non_null(run);
    end_run(STORE, run, state, status, NULL);
    finish(STORE, apply, COMMAND_DONE);
    return command_of(STORE, 1, "again", COMMAND_PLAN);
}

static void fail_plan(void **fixture, const Command *command, const char *dir)
{
    g_autoptr(ProjectRef) project = project_ref_new(dir, NULL, NULL);
    g_autoptr(Run) run = begin(STORE, command, project_of(STORE, command, dir), 0);
    g_autoptr(GError) error = NULL;

    end_run(STORE, run, RUN_FAILED, PROJECT_PLAN_FAILED, NULL);
    release(command->pull_id, project);
}

TEST(I6_an_apply_that_failed_half_way_keeps_its_lock_when_the_next_plan_fails)
{
    g_autoptr(Command) command = once_applied(fixture, RUN_FAILED, PROJECT_APPLY_FAILED);

    fail_plan(fixture, command, "net");
    fail_plan(fixture, command, "app");
    assert_true(is_locked(STORE, command->pull_id, "net"));
    assert_false(is_locked(STORE, command->pull_id, "app"));
}

TEST(I6_an_apply_in_a_directory_keeps_its_lock_for_each_of_its_projects)
{
    g_autoptr(Command) command = once_applied(fixture, RUN_INTERRUPTED, PROJECT_APPLY_INTERRUPTED);
    g_autoptr(ProjectRef) named = project_ref_new("net", NULL, "named");
    g_autoptr(ProjectRef) blue = project_ref_new("net", "blue", NULL);
    g_autoptr(GPtrArray) projects = g_ptr_array_new(), held = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(projects, named);
    g_ptr_array_add(projects, blue);
    assert_ok(store_locks_take(STORE, command, projects, NULL, false, &ids, &held, &error), error);
    release(command->pull_id, named);
    release(command->pull_id, blue);

    assert_count("SELECT COUNT(*) FROM lock WHERE workspace = 'default'", 1);
    assert_count("SELECT COUNT(*) FROM lock WHERE workspace = 'blue'", 0);
}

TEST(an_apply_of_another_pull_request_keeps_no_lock)
{
    g_autoptr(Command) first = once_applied(fixture, RUN_OK, PROJECT_APPLIED), second = NULL;
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(store_pull_release(STORE, first, true, &released, &paths, &error), error);
    change(fixture, "UPDATE project SET was_applied = 1"); /* the closed one's */
    second = command_of(STORE, 2, "c2", COMMAND_PLAN);
    fail_plan(fixture, second, "net");
    assert_false(is_locked(STORE, second->pull_id, "net"));
}

TEST(I6_an_applied_project_that_leaves_the_change_stays_locked_and_listed)
{
    g_autoptr(Command) command = once_applied(fixture, RUN_OK, PROJECT_APPLIED);
    g_autoptr(GPtrArray) projects = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;
    const Project *project;

    project_of(STORE, command, "old");
    ids = take_locks(STORE, command, DIRS("app"), true);

    assert_non_null(ids);
    assert_true(is_locked(STORE, command->pull_id, "net"));
    assert_true(is_locked(STORE, command->pull_id, "app"));
    assert_false(is_locked(STORE, command->pull_id, "old"));
    projects = store_projects(STORE, command->pull_id, &error);
    assert_ok(projects, error);
    assert_int_equal(projects->len, 2);
    project = projects->pdata[1];
    assert_string_equal(project->ref->dir, "net");
    assert_int_equal(project->status, PROJECT_APPLIED);
    assert_string_equal(project->head, "h1");
}

TEST(an_applied_project_that_leaves_the_change_loses_the_plan_made_since)
{
    g_autoptr(Command) command = once_applied(fixture, RUN_OK, PROJECT_APPLIED);
    gint64 net = project_of(STORE, command, "net");
    g_autoptr(GArray) ids = NULL;
    g_autoptr(Plan) gone = NULL;

    make_plan(STORE, command, net, "/again.plan");
    ids = take_locks(STORE, command, DIRS("app"), true);

    gone = find_plan(STORE, net);
    assert_null(gone);
    assert_true(is_locked(STORE, command->pull_id, "net"));
}

TEST(I6_after_an_unlock_an_earlier_apply_keeps_nothing)
{
    g_autoptr(Command) command = once_applied(fixture, RUN_FAILED, PROJECT_APPLY_FAILED);
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    g_autoptr(GArray) none = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(store_pull_release(STORE, command, false, &released, &paths, &error), error);
    assert_int_equal(released->len, 1);
    fail_plan(fixture, command, "net");
    assert_false(is_locked(STORE, command->pull_id, "net"));
    none = take_locks(STORE, command, DIRS(NULL), true);
    assert_non_null(none);
    assert_count("SELECT COUNT(*) FROM project WHERE is_forgotten = 0", 0);
}

/* ------------------------------------------------ projects that were not planned */

TEST(I10_projects_that_a_head_is_about_are_known_whether_they_can_be_planned_or_not)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GPtrArray) found = refs_of(DIRS("net")), projects = NULL;
    g_autoptr(GError) error = NULL;
    const Project *project;

    assert_ok(store_projects_select(STORE, command->pull_id, found, "h1", &error), error);
    assert_ok(store_projects_select(STORE, command->pull_id, found, "h2", &error), error);
    projects = store_projects(STORE, command->pull_id, &error);

    assert_int_equal(projects->len, 1);
    project = projects->pdata[0];
    assert_string_equal(project->ref->dir, "net");
    assert_int_equal(project->status, PROJECT_NONE);
    assert_null(project->head);
    assert_string_equal(project->selected_head, "h2");
    assert_false(is_locked(STORE, command->pull_id, "net"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(I6_locks_are_taken_all_or_none),
        STORE_TEST(who_holds_a_lock_is_told_with_name_pull_request_and_time),
        STORE_TEST(ids_come_in_the_order_of_the_projects),
        STORE_TEST(a_lock_that_is_ours_stays_ours_since_then),
        STORE_TEST(another_workspace_and_another_repository_are_other_locks),
        STORE_TEST(parts_of_a_lock_are_not_mixed_up),
        STORE_TEST(I6_of_pull_requests_that_want_the_same_one_wins_everything),
        STORE_TEST(a_project_whose_lock_is_taken_again_stays_as_it_was),
        STORE_TEST(I6_a_lock_outlives_a_restart),
        STORE_TEST(a_plan_of_everything_forgets_the_other_projects_with_plan_and_lock),
        STORE_TEST(I6_a_plan_of_everything_that_is_refused_forgets_nothing),
        STORE_TEST(a_plan_of_nothing_forgets_everything),
        STORE_TEST(a_project_that_was_forgotten_starts_anew),
        STORE_TEST(a_single_lock_can_be_given_up),
        STORE_TEST(a_lock_stays_while_a_project_of_that_directory_has_a_plan),
        STORE_TEST(I6_an_apply_that_failed_half_way_keeps_its_lock_when_the_next_plan_fails),
        STORE_TEST(I6_an_apply_in_a_directory_keeps_its_lock_for_each_of_its_projects),
        STORE_TEST(an_apply_of_another_pull_request_keeps_no_lock),
        STORE_TEST(I6_an_applied_project_that_leaves_the_change_stays_locked_and_listed),
        STORE_TEST(an_applied_project_that_leaves_the_change_loses_the_plan_made_since),
        STORE_TEST(I6_after_an_unlock_an_earlier_apply_keeps_nothing),
        STORE_TEST(I10_projects_that_a_head_is_about_are_known_whether_they_can_be_planned_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
