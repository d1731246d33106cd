// SPDX-License-Identifier: Apache-2.0
#include "engine/gate.h"

#include "test.h"

static const Settings strict = { 0 };

static Gate check(const Settings *settings, CommandKind kind, CommandSource source,
                  const PullFacts *facts)
{
    const Command command = { .kind = kind, .source = source };

    return gate_check(settings, &command, facts);
}

TEST(an_open_pull_request_may_be_planned)
{
    const PullFacts open = { .state = PULL_ACTIVE };

    assert_int_equal(check(&strict, COMMAND_PLAN, SOURCE_PUSH, &open).kind, GATE_GO);
}

TEST(a_person_is_told_that_the_pull_request_is_closed_and_a_push_is_not)
{
    const PullFacts closed = { .state = PULL_COMPLETED };

    assert_int_equal(check(&strict, COMMAND_APPLY, SOURCE_COMMENT, &closed).kind, GATE_REFUSE);
    assert_int_equal(check(&strict, COMMAND_PLAN, SOURCE_PUSH, &closed).kind, GATE_SKIP);
    assert_int_equal(check(&strict, COMMAND_UNLOCK, SOURCE_COMMENT, &closed).kind, GATE_GO);
}

TEST(I12_a_fork_is_refused_unless_forks_are_allowed)
{
    const PullFacts fork = { .state = PULL_ACTIVE, .is_fork = true };
    const Settings allowing = { .allow_fork_prs = true };
    const Settings silent = { .silence_fork_pr_errors = true };

    assert_int_equal(check(&strict, COMMAND_PLAN, SOURCE_PUSH, &fork).kind, GATE_REFUSE);
    assert_int_equal(check(&strict, COMMAND_APPLY, SOURCE_COMMENT, &fork).kind, GATE_REFUSE);
    assert_int_equal(check(&silent, COMMAND_PLAN, SOURCE_PUSH, &fork).kind, GATE_SKIP);
    assert_int_equal(check(&allowing, COMMAND_PLAN, SOURCE_PUSH, &fork).kind, GATE_GO);
}

TEST(a_draft_waits_until_it_is_published_but_obeys_comments)
{
    const PullFacts draft = { .state = PULL_ACTIVE, .is_draft = true };
    const Settings allowing = { .allow_draft_prs = true };
    Gate gate = check(&strict, COMMAND_PLAN, SOURCE_PUSH, &draft);

    assert_int_equal(gate.kind, GATE_SKIP);
    assert_true(gate.forgets_queued);
    assert_int_equal(check(&strict, COMMAND_PLAN, SOURCE_COMMENT, &draft).kind, GATE_GO);
    assert_int_equal(check(&allowing, COMMAND_PLAN, SOURCE_PUSH, &draft).kind, GATE_GO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_pull_request_may_be_planned),
        cmocka_unit_test(a_person_is_told_that_the_pull_request_is_closed_and_a_push_is_not),
        cmocka_unit_test(I12_a_fork_is_refused_unless_forks_are_allowed),
        cmocka_unit_test(a_draft_waits_until_it_is_published_but_obeys_comments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
