// SPDX-License-Identifier: Apache-2.0
#include "sys/regex.h"

#include "test.h"

static bool matches(const char *pattern, const char *text)
{
    g_autoptr(Regex) regex = regex_new(pattern, NULL);
    bool is_match = false;

    assert_non_null(regex);
    assert_true(regex_matches(regex, text, &is_match, NULL));
    return is_match;
}

static bool matches_whole(const char *pattern, const char *text)
{
    g_autoptr(Regex) regex = regex_new_whole(pattern, NULL);
    bool is_match = false;

    assert_non_null(regex);
    assert_true(regex_matches(regex, text, &is_match, NULL));
    return is_match;
}

static char *replaced(const char *pattern, const char *text)
{
    g_autoptr(Regex) regex = regex_new(pattern, NULL);

    assert_non_null(regex);
    return regex_replace_between(regex, text, "<redacted>", NULL);
}

TEST(a_pattern_is_found_anywhere_in_the_text)
{
    assert_true(matches("ver", "dev.azure.com/server"));
    assert_false(matches("^ver", "dev.azure.com/server"));
}

TEST(a_whole_pattern_is_anchored_at_both_ends_of_every_alternative)
{
    assert_true(matches_whole("a|b", "b"));
    assert_false(matches_whole("a|b", "ax"));
    assert_false(matches_whole("a|b", "xb"));
    assert_false(matches_whole("a", "a\n"));
}

TEST(what_is_no_pattern_is_refused_with_its_place)
{
    g_autoptr(GError) error = NULL;

    assert_null(regex_new("ab(c", &error));
    assert_true(g_error_matches(error, HADAL_ERROR, HADAL_ERROR_INVALID));
    assert_non_null(strstr(error->message, "at character 5"));
}

TEST(a_whole_pattern_cannot_leave_the_anchors)
{
    assert_null(regex_new_whole("a)|(?:b", NULL));
}

TEST(I8_a_match_that_takes_too_long_is_an_error)
{
    g_autoptr(Regex) regex = regex_new("(a+)+$", NULL);
    g_autoptr(GError) error = NULL;
    bool is_match;

    assert_false(
        regex_matches(regex, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &is_match, &error));
    assert_true(g_error_matches(error, HADAL_ERROR, HADAL_ERROR_INVALID));
}

TEST(a_replacement_keeps_the_groups_around_what_it_hides)
{
    g_autofree char *both = replaced("(key = )\\S+(;)", "a key = x; b key = y;");
    g_autofree char *none = replaced("secret", "a secret, no secret");
    g_autofree char *empty = replaced("x*", "ab");

    assert_string_equal(both, "a key = <redacted>; b key = <redacted>;");
    assert_string_equal(none, "a <redacted>, no <redacted>");
    assert_string_equal(empty, "<redacted>a<redacted>b<redacted>");
}

TEST(all_matches_are_found_in_order)
{
    g_autoptr(Regex) regex = regex_new("[a-z]+\\d", NULL);
    g_autoptr(GPtrArray) found = regex_find_all(regex, "ab1 c2 D e3", NULL);

    assert_int_equal(found->len, 3);
    assert_string_equal(found->pdata[0], "ab1");
    assert_string_equal(found->pdata[2], "e3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_found_anywhere_in_the_text),
        cmocka_unit_test(a_whole_pattern_is_anchored_at_both_ends_of_every_alternative),
        cmocka_unit_test(what_is_no_pattern_is_refused_with_its_place),
        cmocka_unit_test(a_whole_pattern_cannot_leave_the_anchors),
        cmocka_unit_test(I8_a_match_that_takes_too_long_is_an_error),
        cmocka_unit_test(a_replacement_keeps_the_groups_around_what_it_hides),
        cmocka_unit_test(all_matches_are_found_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
