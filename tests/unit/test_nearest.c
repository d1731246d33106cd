// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include "test.h"

static const char *const words[] = { "plan", "apply", "unlock", "approve_policies", NULL };

TEST(a_slip_finds_the_word_that_was_meant)
{
    assert_string_equal(nearest_word("pln", words), "plan");
    assert_string_equal(nearest_word("aplly", words), "apply");
    assert_string_equal(nearest_word("unlokc", words), "unlock");
    assert_string_equal(nearest_word("approve-policy", words), "approve_policies");
    assert_string_equal(nearest_word("plan", words), "plan");
}

TEST(what_resembles_nothing_finds_nothing)
{
    static const char *const texts[] = { "destroy", "zzzz", "", "x" };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_null(nearest_word(texts[i], words));
}

TEST(very_long_texts_are_not_compared)
{
    g_autofree char *text = g_strnfill(100000, 'p');

    assert_null(nearest_word(text, words));
}

TEST(very_long_words_are_passed_over)
{
    g_autofree char *word = g_strnfill(65, 'p');
    const char *const long_words[] = { word, "plan", NULL };

    assert_string_equal(nearest_word("plna", long_words), "plan");
}

TEST(distance_is_counted_in_slips)
{
    g_autofree char *text = g_strnfill(100000, 'p');

    assert_int_equal(nearest_distance("atlantis", "atlantis"), 0);
    assert_int_equal(nearest_distance("atlantsi", "atlantis"), 2);
    assert_int_equal(nearest_distance("", "ab"), 2);
    assert_true(nearest_distance(text, "p") == G_MAXSIZE);
    assert_true(nearest_distance("p", text) == G_MAXSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_finds_the_word_that_was_meant),
        cmocka_unit_test(what_resembles_nothing_finds_nothing),
        cmocka_unit_test(very_long_texts_are_not_compared),
        cmocka_unit_test(very_long_words_are_passed_over),
        cmocka_unit_test(distance_is_counted_in_slips),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
