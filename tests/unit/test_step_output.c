// SPDX-License-Identifier: Apache-2.0
#include "engine/step_output.h"

#include "test.h"

static GPtrArray *rules_of(const OutputRule *rules, guint n)
{
    GPtrArray *list = g_ptr_array_new();

    for (guint i = 0; i < n; i++)
        g_ptr_array_add(list, (gpointer)&rules[i]);
    return list;
}

static char *filtered(const OutputRule *rules, guint n, const char *text, bool has_failed)
{
    g_autoptr(GPtrArray) list = rules_of(rules, n);

    return step_output_filter(list, text, has_failed);
}

TEST(without_rules_everything_is_shown)
{
    g_autofree char *text = filtered(NULL, 0, "a\nb\n", false);
    g_autoptr(GPtrArray) none = rules_of(NULL, 0);

    assert_string_equal(text, "a\nb\n");
    assert_false(step_output_is_filtered(none));
}

TEST(hidden_output_is_shown_when_the_step_failed)
{
    static const OutputRule hide[] = { { .kind = OUTPUT_HIDE } };
    g_autofree char *good = filtered(hide, 1, "words", false);
    g_autofree char *bad = filtered(hide, 1, "words", true);
    g_autoptr(GPtrArray) list = rules_of(hide, 1);

    assert_string_equal(good, "");
    assert_string_equal(bad, "words");
    assert_true(step_output_is_filtered(list));
}

TEST(a_filter_also_holds_for_hidden_output_that_is_shown)
{
    g_autoptr(Regex) regex = regex_new("(token=)\\w+", NULL);
    const OutputRule rules[] = { { .kind = OUTPUT_HIDE },
                                 { .kind = OUTPUT_FILTER_REGEX, .regex = regex } };
    g_autofree char *bad = filtered(rules, 2, "token=abc failed", true);

    assert_string_equal(bad, "token=<redacted> failed");
}

TEST(sequences_for_terminals_are_taken_out)
{
    static const struct {
        const char *text, *plain;
    } cases[] = {
        { "plain", "plain" },
        { "\033[32m+\033[0m create", "+ create" },
        { "\033[1;4mbold\033[22;24m\n", "bold\n" },
        { "a\033[2Kb\033[1Ac", "abc" },
        { "\033]0;title\aword", "word" },
        { "\033]8;;http://x\033\\link\033]8;;\033\\", "link" },
        { "\033(Bx", "x" },
        { "end\033", "end" },
        { "end\033[3", "end" },
        { "end\033]0;x", "end" },
        { "end\033]0;x\033", "end" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(cases[i].text);

        step_output_strip(text);
        assert_string_equal(text->str, cases[i].plain);
    }
}

TEST(refreshing_is_stripped)
{
    static const OutputRule rules[] = { { .kind = OUTPUT_STRIP_REFRESHING } };
    g_autofree char *text = filtered(
        rules, 1, "terraform_data.a: Refreshing state... [id=1]\n\nPlan: 1 to add\n", false);

    assert_null(strstr(text, "Refreshing"));
    assert_non_null(strstr(text, "Plan: 1 to add"));
}

TEST(a_filter_that_takes_too_long_withholds_the_output)
{
    g_autoptr(Regex) regex = regex_new("(a+)+$", NULL);
    const OutputRule rules[] = { { .kind = OUTPUT_FILTER_REGEX, .regex = regex } };
    g_autofree char *text =
        filtered(rules, 1, "secret aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false);

    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "withheld"));
}

TEST(several_variables_are_read_as_they_are_quoted)
{
    g_auto(GStrv) env = g_strdupv((GStrv)(const char *const[]){ "A=old", NULL });
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    assert_ok(step_output_multienv("A=bare,B=\"with \\\"quotes\\\", and \\\\\",C='a,b',D=\n", &env,
                                   names, &error),
              error);

    assert_string_equal(g_environ_getenv(env, "A"), "bare");
    assert_string_equal(g_environ_getenv(env, "B"), "with \"quotes\", and \\");
    assert_string_equal(g_environ_getenv(env, "C"), "a,b");
    assert_string_equal(g_environ_getenv(env, "D"), "");
    assert_int_equal(names->len, 4);
}

TEST(nothing_is_no_variable)
{
    g_auto(GStrv) env = g_new0(char *, 1);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    assert_ok(step_output_multienv(" \n", &env, names, &error), error);
    assert_null(env[0]);
}

TEST(variables_that_are_none_change_nothing)
{
    static const char *const texts[] = {
        "A", "=x", "A B=x", "A=\"x", "A='x", "A=\"x\"y", "A=1,=2", "A=1, B=2",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(GStrv) env = g_strdupv((GStrv)(const char *const[]){ "K=1", NULL });
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;

        assert_fails(step_output_multienv(texts[i], &env, names, &error), error,
                     HADAL_ERROR_INVALID);
        assert_int_equal(g_strv_length(env), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_everything_is_shown),
        cmocka_unit_test(hidden_output_is_shown_when_the_step_failed),
        cmocka_unit_test(a_filter_also_holds_for_hidden_output_that_is_shown),
        cmocka_unit_test(sequences_for_terminals_are_taken_out),
        cmocka_unit_test(refreshing_is_stripped),
        cmocka_unit_test(a_filter_that_takes_too_long_withholds_the_output),
        cmocka_unit_test(several_variables_are_read_as_they_are_quoted),
        cmocka_unit_test(nothing_is_no_variable),
        cmocka_unit_test(variables_that_are_none_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
