// SPDX-License-Identifier: Apache-2.0
#include "engine/require.h"

#include "test.h"

static char *text_of(unsigned requirements, const RequireFacts *facts)
{
    g_autoptr(GPtrArray) reasons = require_check(requirements, facts);

    return require_text(reasons);
}

#define ALL (REQUIRE_APPROVED | REQUIRE_MERGEABLE | REQUIRE_UNDIVERGED | REQUIRE_POLICIES_PASSED)

TEST(what_holds_gives_no_reason)
{
    const RequireFacts facts = { .has_review = true };
    g_autofree char *text = text_of(ALL, &facts);

    assert_null(text);
}

TEST(every_reason_is_named_with_its_requirement)
{
    g_autoptr(GPtrArray) blocked = g_ptr_array_new();
    const RequireFacts facts = {
        .has_review = true,
        .not_approved_why = "nobody has approved",
        .not_mergeable_why = blocked,
        .diverged_why = "main changed net",
        .policies_why = "the set cost failed",
    };
    g_autofree char *text = NULL;

    g_ptr_array_add(blocked, (gpointer) "it has conflicts");
    g_ptr_array_add(blocked, (gpointer) "a build is missing");
    text = text_of(ALL, &facts);

    assert_non_null(strstr(text, "`approved`: nobody has approved"));
    assert_non_null(strstr(text, "`mergeable`: it has conflicts"));
    assert_non_null(strstr(text, "`mergeable`: a build is missing"));
    assert_non_null(strstr(text, "`undiverged`: main changed net"));
    assert_non_null(strstr(text, "`policies_passed`: the set cost failed"));
}

TEST(what_is_not_required_is_not_asked)
{
    const RequireFacts facts = { .not_approved_why = "x", .diverged_why = "y" };
    g_autofree char *text = text_of(0, &facts);

    assert_null(text);
}

TEST(what_is_not_known_does_not_hold)
{
    const RequireFacts facts = { .has_review = false };
    g_autofree char *approved = text_of(REQUIRE_APPROVED, &facts);
    g_autofree char *mergeable = text_of(REQUIRE_MERGEABLE, &facts);

    assert_non_null(approved);
    assert_non_null(mergeable);
}

TEST(only_votes_and_completion_ask_the_host)
{
    assert_true(require_needs_review(REQUIRE_APPROVED));
    assert_true(require_needs_review(REQUIRE_MERGEABLE | REQUIRE_UNDIVERGED));
    assert_false(require_needs_review(REQUIRE_UNDIVERGED | REQUIRE_POLICIES_PASSED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_gives_no_reason),
        cmocka_unit_test(every_reason_is_named_with_its_requirement),
        cmocka_unit_test(what_is_not_required_is_not_asked),
        cmocka_unit_test(what_is_not_known_does_not_hold),
        cmocka_unit_test(only_votes_and_completion_ask_the_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
