// SPDX-License-Identifier: Apache-2.0
#include "engine/authorize.h"

#include "test.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char *const nobody[] = { NULL };

TEST(without_a_list_everybody_may_do_everything)
{
    assert_true(authorize_by_teams(NULL, nobody, "apply"));
    assert_true(authorize_by_teams(nobody, nobody, "import"));
}

TEST(a_list_allows_what_it_says_and_nothing_else)
{
    static const struct {
        const char *entry, *team, *command;
        bool is_allowed;
    } cases[] = {
        { "ops:apply", "ops", "apply", true },
        { "ops:apply", "ops", "plan", false },
        { "ops:apply", "dev", "apply", false },
        { "ops:apply", NULL, "apply", false },
        { "ops:*", "ops", "import", true },
        { "*:plan", "dev", "plan", true },
        { "*:plan", NULL, "plan", true },
        { "*:plan", NULL, "apply", false },
        { "*:*", NULL, "state", true },
        { "Platform Ops:Apply", "platform ops", "apply", true },
        { " ops : apply ", "ops", "apply", true },
        { "[One]\\Ops:apply", "[one]\\ops", "apply", true },
        { "a:b:apply", "a:b", "apply", true },
        { "ops", "ops", "apply", false },
        { ":apply", NULL, "apply", false },
        { "ops:apply", "ops:apply", "apply", false },
        { "op:apply", "ops", "apply", false },
        { "MÜLLER:apply", "müller", "apply", true },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const entries[] = { "other:version", cases[i].entry, NULL };
        const char *const teams[] = { cases[i].team, NULL };

        if (authorize_by_teams(entries, teams, cases[i].command) != cases[i].is_allowed)
            fail_msg("%s for %s: %s", cases[i].entry, cases[i].team, cases[i].command);
    }
}

TEST(each_team_counts)
{
    assert_true(authorize_by_teams(WORDS("dev:plan", "ops:apply"), WORDS("dev", "ops"), "apply"));
    assert_false(authorize_by_teams(WORDS("dev:plan", "ops:apply"), WORDS("dev"), "apply"));
}

TEST(the_last_line_of_a_program_decides)
{
    static const char *const yes[] = { "pass", "pass\n", "PASS\n\n", "checked\n Pass \r\n" };
    static const char *const no[] = { "",          "fail",       "pass\nfail", "passed",
                                      "pass\nx\n", "not pass\n", "\n",         "pass fail" };

    for (gsize i = 0; i < G_N_ELEMENTS(yes); i++)
        if (!authorize_is_pass(yes[i]))
            fail_msg("%s", yes[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(no); i++)
        if (authorize_is_pass(no[i]))
            fail_msg("%s", no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_everybody_may_do_everything),
        cmocka_unit_test(a_list_allows_what_it_says_and_nothing_else),
        cmocka_unit_test(each_team_counts),
        cmocka_unit_test(the_last_line_of_a_program_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
