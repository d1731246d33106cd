// SPDX-License-Identifier: Apache-2.0
#include "watch/missed.h"

#include <string.h>

#include "test.h"

#define MINUTE ((gint64)60 * 1000)
#define DAY    (24 * 60 * MINUTE)
#define NOW    (1000 * DAY)

static const MissedRules rules = { .now = NOW, .first_start = NOW - 30 * DAY };

/* Borrows everything, as everywhere here. */
static Event seen(const char *head)
{
    return (Event){ .kind = EVENT_PULL_UPDATED,
                    .head_commit = (char *)head,
                    .base_branch = (char *)"main",
                    .made_at = NOW - MINUTE };
}

static KnownPull known(const char *queued, const char *planned)
{
    return (KnownPull){ .id = 1,
                        .queued_head = (char *)queued,
                        .queued_base = (char *)"main",
                        .planned_head = (char *)planned,
                        .planned_base = (char *)"main",
                        .was_offered = true };
}

TEST(I5_a_head_that_was_queued_or_planned_is_not_missed)
{
    const Event event = seen("h2");
    const KnownPull queued = known("h2", "h1"), planned = known("h1", "h2");
    const KnownPull behind = known("h1", "h1");

    assert_false(missed_plan(&rules, &event, &queued));
    assert_false(missed_plan(&rules, &event, &planned));
    assert_true(missed_plan(&rules, &event, &behind));
}

TEST(another_base_branch_is_missed_like_another_head)
{
    const KnownPull same = known("h1", "h1");
    Event event = seen("h1");

    event.base_branch = (char *)"release";
    assert_true(missed_plan(&rules, &event, &same));
}

TEST(what_was_closed_and_is_open_again_is_planned_again)
{
    const Event event = seen("h1");
    KnownPull closed = known(NULL, "h1");

    closed.is_closed = true;
    assert_true(missed_plan(&rules, &event, &closed));
}

TEST(a_draft_waits_unless_drafts_are_planned)
{
    const KnownPull behind = known("h1", "h1");
    MissedRules generous = rules;
    Event event = seen("h2");

    event.is_draft = true;
    generous.plans_drafts = true;
    assert_false(missed_plan(&rules, &event, &behind));
    assert_true(missed_plan(&generous, &event, &behind));
}

TEST(a_stranger_is_planned_when_it_is_younger_than_the_server_and_than_a_week)
{
    const KnownPull stranger = { 0 };
    MissedRules fresh = rules;
    Event event = seen("h1");

    fresh.first_start = NOW - MINUTE / 2;
    assert_true(missed_plan(&rules, &event, &stranger));
    assert_false(missed_plan(&fresh, &event, &stranger));
    event.made_at = NOW - 8 * DAY;
    assert_false(missed_plan(&rules, &event, &stranger));
}

TEST(a_list_that_does_not_tell_the_head_tells_nothing)
{
    const Event event = seen(NULL);
    const KnownPull behind = known("h1", "h1");

    assert_false(missed_plan(&rules, &event, &behind));
}

TEST(comments_of_a_day_are_looked_at_but_none_from_before_the_server)
{
    MissedRules fresh = rules;

    fresh.first_start = NOW - MINUTE;
    assert_int_equal(missed_comments_since(&rules), NOW - DAY);
    assert_int_equal(missed_comments_since(&fresh), NOW - MINUTE);
}

/* What becomes of one command in a comment that is so old. */
static CommandKind judged(CommandKind kind, gint64 age, gint64 last_command_at, guint *n)
{
    const Event event = { .kind = EVENT_COMMENT, .made_at = NOW - age };
    const KnownPull pull = { .id = 1, .last_command_at = last_command_at };
    g_auto(IntakePlan) plan = { .commands = g_ptr_array_new_with_free_func(
                                    (GDestroyNotify)comment_command_free) };

    for (guint i = 0; i < *n; i++) {
        CommentCommand *command = g_new0(CommentCommand, 1);

        command->kind = kind;
        g_ptr_array_add(plan.commands, command);
    }
    missed_comment_judge(&rules, &event, &pull, &plan);
    *n = plan.commands->len;
    return ((CommentCommand *)plan.commands->pdata[0])->kind;
}

TEST(an_apply_of_just_now_is_done_and_an_old_one_is_answered)
{
    guint n = 1;

    assert_int_equal(judged(COMMAND_APPLY, 5 * MINUTE, NOW - 6 * MINUTE, &n), COMMAND_APPLY);
    assert_int_equal(judged(COMMAND_APPLY, 31 * MINUTE, NOW - DAY, &n), COMMAND_REPLY);
}

TEST(what_was_overtaken_is_answered_when_it_could_hit_something_else)
{
    static const CommandKind with_effects[] = { COMMAND_APPLY,    COMMAND_UNLOCK,
                                                COMMAND_CANCEL,   COMMAND_IMPORT,
                                                COMMAND_STATE_RM, COMMAND_APPROVE_POLICIES };
    static const CommandKind harmless[] = { COMMAND_PLAN, COMMAND_VERSION, COMMAND_HELP };
    guint n = 1;

    for (guint i = 0; i < G_N_ELEMENTS(with_effects); i++)
        assert_int_equal(judged(with_effects[i], 5 * MINUTE, NOW - MINUTE, &n), COMMAND_REPLY);
    for (guint i = 0; i < G_N_ELEMENTS(harmless); i++)
        assert_int_equal(judged(harmless[i], 5 * MINUTE, NOW - MINUTE, &n), harmless[i]);
}

TEST(a_comment_of_many_commands_gets_one_answer)
{
    guint n = 3;

    assert_int_equal(judged(COMMAND_APPLY, DAY / 2, 0, &n), COMMAND_REPLY);
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I5_a_head_that_was_queued_or_planned_is_not_missed),
        cmocka_unit_test(another_base_branch_is_missed_like_another_head),
        cmocka_unit_test(what_was_closed_and_is_open_again_is_planned_again),
        cmocka_unit_test(a_draft_waits_unless_drafts_are_planned),
        cmocka_unit_test(a_stranger_is_planned_when_it_is_younger_than_the_server_and_than_a_week),
        cmocka_unit_test(a_list_that_does_not_tell_the_head_tells_nothing),
        cmocka_unit_test(comments_of_a_day_are_looked_at_but_none_from_before_the_server),
        cmocka_unit_test(an_apply_of_just_now_is_done_and_an_old_one_is_answered),
        cmocka_unit_test(what_was_overtaken_is_answered_when_it_could_hit_something_else),
        cmocka_unit_test(a_comment_of_many_commands_gets_one_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
