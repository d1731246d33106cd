// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.h"

static char *hashes_12[] = { (char *)"1", (char *)"2", NULL };

/* Borrows its texts; not to be freed. */
static PolicyResult result_of(const char *set, bool has_passed)
{
    return (PolicyResult){
        .set = (char *)set,
        .has_passed = has_passed,
        .output = (char *)"output",
        .item_regex = (char *)"",
        .item_hashes = hashes_12,
        .needed = 1,
    };
}

static bool check(Store *store, const Command *command, const Plan *plan, PolicyResult *results,
                  guint n, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (guint i = 0; i < n; i++)
        g_ptr_array_add(list, &results[i]);
    return store_policy_check(store, command, plan, list, error);
}

#define assert_checked(command, plan, results)                                                 \
    do {                                                                                       \
        g_autoptr(GError) error = NULL;                                                        \
                                                                                               \
        assert_ok(check(STORE, command, plan, results, G_N_ELEMENTS(results), &error), error); \
    } while (0)

static PolicyRecord *record_of(void **fixture, const Plan *plan)
{
    g_autoptr(GError) error = NULL;
    PolicyRecord *record = NULL;

    assert_ok(store_policy_read(STORE, plan, &record, &error), error);
    return record;
}

static bool decide(Store *store, const Command *command, const Plan *plan, const char *set,
                   bool clears, GError **error)
{
    const char *const sets[] = { set, NULL };
    const PolicyChoice choice = { .plan = plan, .sets = sets };
    const PolicyDecision decision = {
        .command = command,
        .choices = &choice,
        .n_choices = 1,
        .clears = clears,
        .evidence = "net: tags",
    };

    return store_policy_decide(store, &decision, error);
}

#define assert_decided(command, plan, set, clears)                           \
    do {                                                                     \
        g_autoptr(GError) error = NULL;                                      \
                                                                             \
        assert_ok(decide(STORE, command, plan, set, clears, &error), error); \
    } while (0)

typedef struct {
    Command *command;
    Plan *plan;
} World;

/* A planned project "net", and the command that planned it. */
static World world_new(void **fixture)
{
    World world = { .command = command_of(STORE, 1, "c1", COMMAND_PLAN) };
    gint64 net = project_of(STORE, world.command, "net");

    make_plan(STORE, world.command, net, "/1");
    world.plan = find_plan(STORE, net);
    assert_non_null(world.plan);
    return world;
}

static void replan(void **fixture, World *world)
{
    gint64 net = world->plan->project_id;

    plan_free(world->plan);
    make_plan(STORE, world->command, net, "/2");
    world->plan = find_plan(STORE, net);
}

static void world_clear(World *world)
{
    command_free(world->command);
    plan_free(world->plan);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

TEST(a_plan_that_was_not_checked_has_no_results)
{
    g_auto(World) world = world_new(fixture);
    g_autoptr(PolicyRecord) record = record_of(fixture, world.plan);

    assert_int_equal(record->plan_id, world.plan->id);
    assert_string_equal(record->head, "h1");
    assert_int_equal(record->results->len, 0);
    assert_int_equal(record->approvals->len, 0);
}

TEST(results_come_back_whole_and_in_order)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false), result_of("cost", true) };
    g_autoptr(PolicyRecord) record = NULL;
    const PolicyResult *found;

    results[0].item_regex = (char *)"FAIL.*";
    results[0].needed = 2;
    results[0].keeps_approved = true;
    assert_checked(world.command, world.plan, results);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->results->len, 2);
    found = record->results->pdata[0];
    assert_string_equal(found->set, "tags");
    assert_false(found->has_passed);
    assert_string_equal(found->output, "output");
    assert_string_equal(found->item_regex, "FAIL.*");
    assert_int_equal(g_strv_length(found->item_hashes), 2);
    assert_string_equal(found->item_hashes[1], "2");
    assert_int_equal(found->needed, 2);
    assert_true(found->keeps_approved);
    found = record->results->pdata[1];
    assert_string_equal(found->set, "cost");
    assert_true(found->has_passed);
    assert_false(found->keeps_approved);
}

TEST(a_second_check_takes_the_place_of_the_first)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult first[] = { result_of("tags", true), result_of("cost", true) };
    PolicyResult second[] = { result_of("tags", false) };
    g_autoptr(PolicyRecord) record = NULL;

    assert_checked(world.command, world.plan, first);
    assert_checked(world.command, world.plan, second);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->results->len, 1);
    assert_false(((PolicyResult *)record->results->pdata[0])->has_passed);
}

TEST(results_do_not_go_on_to_the_next_plan)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", true) };
    g_autoptr(PolicyRecord) record = NULL;

    assert_checked(world.command, world.plan, results);
    replan(fixture, &world);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->results->len, 0);
}

TEST(a_plan_that_is_gone_is_not_checked)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", true) };
    g_autoptr(GError) error = NULL;
    g_autoptr(PolicyRecord) record = NULL;

    make_plan(STORE, world.command, world.plan->project_id, "/2");

    assert_fails(check(STORE, world.command, world.plan, results, 1, &error), error,
                 HADAL_ERROR_CONFLICT);
    record = record_of(fixture, world.plan);
    assert_null(record->head);
    assert_int_equal(record->results->len, 0);
}

TEST(a_command_that_lost_its_lease_writes_nothing)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", true) };
    g_autoptr(GError) error = NULL, other = NULL;

    recover(STORE, "another", true);

    assert_fails(check(STORE, world.command, world.plan, results, 1, &error), error,
                 HADAL_ERROR_CONFLICT);
    assert_fails(decide(STORE, world.command, world.plan, "tags", false, &other), other,
                 HADAL_ERROR_CONFLICT);
    assert_count("SELECT COUNT(*) FROM policy_result", 0);
    assert_count("SELECT COUNT(*) FROM policy_approval", 0);
}

TEST(an_approval_covers_what_was_found_and_is_audited)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false) };
    g_autoptr(PolicyRecord) record = NULL;
    const PolicyApproval *approval;
    gint64 before = clock_now();

    results[0].item_regex = (char *)"FAIL.*";
    assert_checked(world.command, world.plan, results);
    assert_decided(world.command, world.plan, "tags", false);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->approvals->len, 1);
    approval = record->approvals->pdata[0];
    assert_string_equal(approval->set, "tags");
    assert_string_equal(approval->actor.id, "ada-id");
    assert_string_equal(approval->actor.name, "Ada");
    assert_string_equal(approval->actor.login, "ada@example.com");
    assert_string_equal(approval->item_regex, "FAIL.*");
    assert_string_equal(approval->item_hashes[0], "1");
    assert_true(approval->made_at >= before);
    assert_text("SELECT decision FROM audit", "approved");
    assert_text("SELECT evidence FROM audit", "net: tags");
    assert_text("SELECT actor_id FROM audit", "ada-id");
}

TEST(the_same_command_approves_once)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false) };

    assert_checked(world.command, world.plan, results);
    assert_decided(world.command, world.plan, "tags", false);
    assert_decided(world.command, world.plan, "tags", false);

    assert_count("SELECT COUNT(*) FROM policy_approval", 1);
    assert_count("SELECT COUNT(*) FROM audit", 1);
}

TEST(what_was_not_checked_cannot_be_approved)
{
    g_auto(World) world = world_new(fixture);
    g_autoptr(GError) error = NULL;

    assert_fails(decide(STORE, world.command, world.plan, "tags", false, &error), error,
                 HADAL_ERROR_CONFLICT);
    assert_count("SELECT COUNT(*) FROM policy_approval", 0);
    assert_count("SELECT COUNT(*) FROM audit", 0);
}

TEST(an_approval_of_a_set_that_does_not_keep_them_ends_with_the_next_check)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false) };
    g_autoptr(PolicyRecord) record = NULL;

    assert_checked(world.command, world.plan, results);
    assert_decided(world.command, world.plan, "tags", false);
    replan(fixture, &world);
    assert_checked(world.command, world.plan, results);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->approvals->len, 0);
    assert_count("SELECT COUNT(*) FROM policy_approval WHERE cleared_at > 0", 1);
}

TEST(a_sticky_approval_goes_on_unless_items_are_found_in_another_way)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false) };
    g_autoptr(PolicyRecord) kept = NULL, ended = NULL;

    results[0].keeps_approved = true;
    assert_checked(world.command, world.plan, results);
    assert_decided(world.command, world.plan, "tags", false);
    replan(fixture, &world);
    assert_checked(world.command, world.plan, results);
    kept = record_of(fixture, world.plan);
    assert_int_equal(kept->approvals->len, 1);

    results[0].item_regex = (char *)"WARN.*";
    assert_checked(world.command, world.plan, results);
    ended = record_of(fixture, world.plan);
    assert_int_equal(ended->approvals->len, 0);
}

TEST(a_sticky_approval_ends_when_its_set_is_not_checked_any_more)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false) }, others[] = { result_of("cost", true) };
    g_autoptr(PolicyRecord) record = NULL;

    results[0].keeps_approved = true;
    assert_checked(world.command, world.plan, results);
    assert_decided(world.command, world.plan, "tags", false);
    assert_checked(world.command, world.plan, others);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->approvals->len, 0);
}

TEST(clearing_ends_the_approvals_of_the_named_set_alone)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false), result_of("cost", false) };
    g_autoptr(Command) approve = NULL, other = NULL, clear = NULL;
    g_autoptr(PolicyRecord) record = NULL;

    assert_checked(world.command, world.plan, results);
    finish(STORE, world.command, COMMAND_DONE);
    approve = command_of(STORE, 1, "c2", COMMAND_PLAN);
    assert_decided(approve, world.plan, "tags", false);
    finish(STORE, approve, COMMAND_DONE);
    other = command_of(STORE, 1, "c3", COMMAND_PLAN);
    assert_decided(other, world.plan, "cost", false);
    finish(STORE, other, COMMAND_DONE);
    clear = command_of(STORE, 1, "c4", COMMAND_PLAN);
    assert_decided(clear, world.plan, "tags", true);
    record = record_of(fixture, world.plan);

    assert_int_equal(record->approvals->len, 1);
    assert_string_equal(((PolicyApproval *)record->approvals->pdata[0])->set, "cost");
    assert_count("SELECT COUNT(*) FROM policy_approval", 2);
    assert_count("SELECT COUNT(*) FROM audit WHERE decision = 'cleared'", 1);
}

TEST(output_that_is_no_text_is_kept_as_far_as_it_is)
{
    g_auto(World) world = world_new(fixture);
    PolicyResult results[] = { result_of("tags", false) };
    g_autoptr(PolicyRecord) record = NULL;

    results[0].output = (char *)"a\xff"
                                "b";
    assert_checked(world.command, world.plan, results);
    record = record_of(fixture, world.plan);

    assert_string_equal(((PolicyResult *)record->results->pdata[0])->output, "a\xef\xbf\xbd"
                                                                             "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_plan_that_was_not_checked_has_no_results),
        STORE_TEST(results_come_back_whole_and_in_order),
        STORE_TEST(a_second_check_takes_the_place_of_the_first),
        STORE_TEST(results_do_not_go_on_to_the_next_plan),
        STORE_TEST(a_plan_that_is_gone_is_not_checked),
        STORE_TEST(a_command_that_lost_its_lease_writes_nothing),
        STORE_TEST(an_approval_covers_what_was_found_and_is_audited),
        STORE_TEST(the_same_command_approves_once),
        STORE_TEST(what_was_not_checked_cannot_be_approved),
        STORE_TEST(an_approval_of_a_set_that_does_not_keep_them_ends_with_the_next_check),
        STORE_TEST(a_sticky_approval_goes_on_unless_items_are_found_in_another_way),
        STORE_TEST(a_sticky_approval_ends_when_its_set_is_not_checked_any_more),
        STORE_TEST(clearing_ends_the_approvals_of_the_named_set_alone),
        STORE_TEST(output_that_is_no_text_is_kept_as_far_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
