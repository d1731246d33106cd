// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

static ProjectStatus status_of(void **fixture, gint64 pull_id, const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) projects = store_projects(STORE, pull_id, &error);

    assert_ok(projects, error);
    for (guint i = 0; i < projects->len; i++) {
        const Project *project = projects->pdata[i];

        if (g_str_equal(project->ref->dir, dir))
            return project->status;
    }
    return PROJECT_STATUSES;
}

TEST(projects_of_a_pull_request_come_sorted)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GPtrArray) refs = refs_of(DIRS("b", "a")), held = NULL, projects = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(refs, project_ref_new("a", "Blue", "n"));
    g_ptr_array_add(refs, project_ref_new("B", "default", "n"));
    assert_ok(store_locks_take(STORE, command, refs, NULL, false, &ids, &held, &error), error);
    projects = store_projects(STORE, command->pull_id, &error);

    assert_ok(projects, error);
    assert_int_equal(projects->len, 4);
    assert_int_equal(((Project *)projects->pdata[0])->id, g_array_index(ids, gint64, 3));
    assert_int_equal(((Project *)projects->pdata[1])->id, g_array_index(ids, gint64, 2));
    assert_int_equal(((Project *)projects->pdata[2])->id, g_array_index(ids, gint64, 1));
    assert_int_equal(((Project *)projects->pdata[3])->id, g_array_index(ids, gint64, 0));
    assert_string_equal(((Project *)projects->pdata[1])->ref->workspace, "Blue");
    assert_string_equal(((Project *)projects->pdata[1])->ref->name, "n");
    assert_int_equal(((Project *)projects->pdata[0])->status, PROJECT_NONE);
}

TEST(a_pull_request_without_projects_has_none)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) projects = store_projects(STORE, 1, &error);

    assert_ok(projects, error);
    assert_int_equal(projects->len, 0);
}

/* One planned, one without changes, one whose plan failed, one applied. */
static void make_all_kinds(void **fixture, const Command *command)
{
    const struct {
        const char *dir;
        ProjectStatus status;
    } cases[] = {
        { "no_changes", PROJECT_NO_CHANGES },
        { "plan_failed", PROJECT_PLAN_FAILED },
        { "applied", PROJECT_APPLIED },
    };

    make_plan(STORE, command, project_of(STORE, command, "planned"), "/planned");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Run) run = begin(STORE, command, project_of(STORE, command, cases[i].dir), 0);

        end_run(STORE, run, RUN_OK, cases[i].status, NULL);
    }
}

static void release(void **fixture, const Command *command, bool is_closed, GPtrArray **released,
                    GPtrArray **paths)
{
    g_autoptr(GError) error = NULL;

    assert_ok(store_pull_release(STORE, command, is_closed, released, paths, &error), error);
}

TEST(I6_unlock_gives_up_locks_and_plans_and_leaves_the_projects_as_discarded)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) other = command_of(STORE, 2, "c2", COMMAND_PLAN);
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    gint64 pull_id = command->pull_id;

    make_all_kinds(fixture, command);
    make_plan(STORE, other, project_of(STORE, other, "theirs"), "/theirs");
    release(fixture, command, false, &released, &paths);

    assert_int_equal(released->len, 4);
    assert_int_equal(((Lock *)released->pdata[0])->pull.number, 1);
    assert_int_equal(paths->len, 1);
    assert_string_equal(paths->pdata[0], "/planned");
    assert_int_equal(status_of(fixture, pull_id, "planned"), PROJECT_DISCARDED);
    assert_int_equal(status_of(fixture, pull_id, "no_changes"), PROJECT_DISCARDED);
    assert_int_equal(status_of(fixture, pull_id, "plan_failed"), PROJECT_DISCARDED);
    assert_int_equal(status_of(fixture, pull_id, "applied"), PROJECT_APPLIED);
    assert_false(is_locked(STORE, pull_id, "planned"));
    assert_count("SELECT COUNT(*) FROM plan WHERE discarded_at = 0", 1);
    assert_true(is_locked(STORE, other->pull_id, "theirs"));
    assert_int_equal(status_of(fixture, other->pull_id, "theirs"), PROJECT_PLANNED);
    assert_text("SELECT state FROM pull WHERE number = 1", "active");
}

static guint release_some(void **fixture, const Command *command, const char *dir, const char *name)
{
    g_autoptr(GPtrArray) projects =
        g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(projects, project_ref_new(dir, NULL, name));
    assert_ok(store_projects_release(STORE, command, projects, &released, &paths, &error), error);
    return released->len;
}

TEST(I6_unlock_of_one_project_leaves_the_others)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    gint64 pull_id = command->pull_id;

    make_all_kinds(fixture, command);
    assert_int_equal(release_some(fixture, command, "planned", NULL), 1);

    assert_int_equal(status_of(fixture, pull_id, "planned"), PROJECT_DISCARDED);
    assert_false(is_locked(STORE, pull_id, "planned"));
    assert_int_equal(status_of(fixture, pull_id, "no_changes"), PROJECT_NO_CHANGES);
    assert_true(is_locked(STORE, pull_id, "no_changes"));
    assert_true(is_locked(STORE, pull_id, "applied"));
    assert_count("SELECT COUNT(*) FROM plan WHERE discarded_at = 0", 0);
}

TEST(I6_unlock_of_one_that_was_applied_gives_up_its_lock)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);

    make_all_kinds(fixture, command);
    change(fixture, "UPDATE project SET was_applied = 1 WHERE dir = 'applied'");
    assert_int_equal(release_some(fixture, command, "applied", NULL), 1);

    assert_false(is_locked(STORE, command->pull_id, "applied"));
}

TEST(I6_a_lock_that_another_project_needs_stays)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(GPtrArray) named = g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);
    g_autoptr(GPtrArray) held = NULL;
    g_autoptr(GArray) ids = NULL;
    g_autoptr(GError) error = NULL;

    make_plan(STORE, command, project_of(STORE, command, "net"), "/net");
    g_ptr_array_add(named, project_ref_new("net", NULL, "second"));
    assert_ok(store_locks_take(STORE, command, named, NULL, false, &ids, &held, &error), error);
    assert_int_equal(release_some(fixture, command, "net", "second"), 0);

    assert_true(is_locked(STORE, command->pull_id, "net"));
    assert_int_equal(status_of(fixture, command->pull_id, "net"), PROJECT_PLANNED);
}

TEST(I6_closing_releases_everything_and_knows_no_project_any_more)
{
    g_autoptr(Command) command = NULL;
    g_autoptr(GPtrArray) released = NULL, paths = NULL;

    push(STORE, 1, "d1", "h1");
    command = claim(STORE);
    make_all_kinds(fixture, command);
    release(fixture, command, true, &released, &paths);

    assert_int_equal(released->len, 4);
    assert_int_equal(paths->len, 1);
    assert_int_equal(status_of(fixture, command->pull_id, "planned"), PROJECT_STATUSES);
    assert_int_equal(status_of(fixture, command->pull_id, "applied"), PROJECT_STATUSES);
    assert_count("SELECT COUNT(*) FROM lock", 0);
    assert_text("SELECT state FROM pull", "closed");
    assert_int_equal(push(STORE, 1, "d2", "h1"), INTAKE_STORED); /* opened again */
}

TEST(a_closing_that_comes_late_does_not_undo_a_reopening)
{
    g_autoptr(Command) command = NULL;
    g_autoptr(GPtrArray) released = NULL, paths = NULL;

    close_pull(STORE, 1, "d1");
    push(STORE, 1, "d2", "h1");
    command = claim(STORE);
    assert_int_equal(command->kind, COMMAND_CLOSE);
    release(fixture, command, true, &released, &paths);

    assert_text("SELECT state FROM pull", "active");
    assert_int_equal(push(STORE, 1, "d3", "h1"), INTAKE_UNCHANGED);
}

/* What a lock tells, but for when. */
static char *text_of_lock(const Lock *lock)
{
    const RepoRef *repo = &lock->pull.repo;

    return g_strdup_printf(
        "%s|%" G_GINT64_FORMAT "|%s|%s|%s|%s|%s|%" G_GINT64_FORMAT "|%s|%s|%s|%s|%s|%s", lock->key,
        lock->pull_id, repo->host, repo->host_id, repo->locator, repo->full_name, repo->allow_name,
        lock->pull.number, lock->pull.url, lock->dir, lock->workspace, lock->name, lock->actor.id,
        lock->actor.name);
}

static void assert_same_locks(const GPtrArray *first, const GPtrArray *second)
{
    assert_int_equal(first->len, second->len);
    for (guint i = 0; i < first->len; i++) {
        const Lock *a = first->pdata[i], *b = second->pdata[i];
        g_autofree char *text_a = text_of_lock(a), *text_b = text_of_lock(b);

        assert_string_equal(text_a, text_b);
        assert_int_equal(a->since, b->since);
    }
}

/* Its process dies after the release; another one does the command again. */
static void release_twice(void **fixture, CommandKind kind)
{
    g_autoptr(Command) plan = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) dead = NULL, command = NULL;
    g_autoptr(GPtrArray) first = NULL, second = NULL, first_paths = NULL, second_paths = NULL;
    bool is_closed = kind == COMMAND_CLOSE;

    project_of(STORE, plan, "net");
    make_plan(STORE, plan, project_of(STORE, plan, "app"), "/app");
    finish(STORE, plan, COMMAND_DONE);
    comment(STORE, 1, "c2", kind);
    dead = claim_as(STORE, "dead", -1);
    release(fixture, dead, is_closed, &first, &first_paths);
    assert_int_equal(first->len, 2);
    recover(STORE, ME, false);
    command = claim(STORE);
    assert_int_equal(command->id, dead->id);
    release(fixture, command, is_closed, &second, &second_paths);

    assert_same_locks(first, second);
    assert_int_equal(second_paths->len, 1);
    assert_string_equal(second_paths->pdata[0], "/app");
}

TEST(I7_an_unlock_that_is_done_again_tells_the_same)
{
    release_twice(fixture, COMMAND_UNLOCK);
}

TEST(I7_a_close_that_is_done_again_tells_the_same)
{
    release_twice(fixture, COMMAND_CLOSE);
}

TEST(the_next_unlock_tells_only_what_it_released_itself)
{
    g_autoptr(Command) first = command_of(STORE, 1, "c1", COMMAND_UNLOCK), second = NULL;
    g_autoptr(GPtrArray) locks = NULL, none = NULL, paths = NULL, more_paths = NULL;

    project_of(STORE, first, "net");
    release(fixture, first, false, &locks, &paths);
    assert_int_equal(locks->len, 1);
    finish(STORE, first, COMMAND_DONE);
    second = command_of(STORE, 1, "c2", COMMAND_UNLOCK);
    release(fixture, second, false, &none, &more_paths);
    assert_int_equal(none->len, 0);
}

TEST(a_release_whose_claim_was_lost_releases_nothing)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_UNLOCK);
    g_autoptr(GPtrArray) locks = NULL, paths = NULL;
    g_autoptr(GError) error = NULL;

    project_of(STORE, command, "net");
    recover(STORE, "other", true);

    assert_fails(store_pull_release(STORE, command, false, &locks, &paths, &error), error,
                 HADAL_ERROR_CONFLICT);
    assert_true(is_locked(STORE, command->pull_id, "net"));
}

TEST(a_pull_request_that_holds_nothing_can_be_released)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_UNLOCK);
    g_autoptr(GPtrArray) released = NULL, paths = NULL;

    release(fixture, command, false, &released, &paths);

    assert_int_equal(released->len, 0);
    assert_int_equal(paths->len, 0);
}

/* What the pull request was last planned for; "-" stands for nothing. */
static void assert_planned(void **fixture, gint64 pull_id, const char *head, const char *base)
{
    g_autofree char *has_head = NULL, *has_base = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(store_pull_planned(STORE, pull_id, &has_head, &has_base, &error), error);
    assert_string_equal(has_head ? has_head : "-", head);
    assert_string_equal(has_base ? has_base : "-", base);
}

TEST(what_a_pull_request_was_planned_for_is_known_until_it_lets_go_of_its_plans)
{
    g_autoptr(Command) command = command_of(STORE, 1, "c1", COMMAND_PLAN);
    g_autoptr(Command) other = command_of(STORE, 2, "c2", COMMAND_PLAN);
    const CommandEnd end = {
        .command = command,
        .state = COMMAND_DONE,
        .planned_head = "h1",
        .planned_base = "main",
    };
    const CommandEnd other_end = {
        .command = other,
        .state = COMMAND_DONE,
        .planned_head = "h2",
        .planned_base = "release",
    };
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    g_autoptr(Command) unlock = NULL;
    g_autoptr(GError) error = NULL;

    assert_planned(fixture, command->pull_id, "-", "-");
    assert_ok(store_command_finish(STORE, &other_end, &error), error);
    assert_ok(store_command_finish(STORE, &end, &error), error);
    assert_planned(fixture, command->pull_id, "h1", "main");
    unlock = command_of(STORE, 1, "c3", COMMAND_UNLOCK);
    release(fixture, unlock, false, &released, &paths);
    assert_planned(fixture, command->pull_id, "-", "-");
    assert_planned(fixture, other->pull_id, "h2", "release");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(projects_of_a_pull_request_come_sorted),
        STORE_TEST(a_pull_request_without_projects_has_none),
        STORE_TEST(I6_unlock_of_one_project_leaves_the_others),
        STORE_TEST(I6_unlock_of_one_that_was_applied_gives_up_its_lock),
        STORE_TEST(I6_a_lock_that_another_project_needs_stays),
        STORE_TEST(I6_unlock_gives_up_locks_and_plans_and_leaves_the_projects_as_discarded),
        STORE_TEST(I6_closing_releases_everything_and_knows_no_project_any_more),
        STORE_TEST(a_closing_that_comes_late_does_not_undo_a_reopening),
        STORE_TEST(what_a_pull_request_was_planned_for_is_known_until_it_lets_go_of_its_plans),
        STORE_TEST(a_pull_request_that_holds_nothing_can_be_released),
        STORE_TEST(I7_an_unlock_that_is_done_again_tells_the_same),
        STORE_TEST(I7_a_close_that_is_done_again_tells_the_same),
        STORE_TEST(the_next_unlock_tells_only_what_it_released_itself),
        STORE_TEST(a_release_whose_claim_was_lost_releases_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
