// SPDX-License-Identifier: Apache-2.0
#include "tf/version.h"

#include <string.h>

#include "test.h"

static TfVersion *version_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    TfVersion *version = tf_version_parse(text, &error);

    assert_ok(version, error);
    return version;
}

static TfConstraints *constraints_of(const char *list)
{
    g_autoptr(GError) error = NULL;
    TfConstraints *constraints = tf_constraints_new();

    assert_ok(tf_constraints_add(constraints, list, &error), error);
    return constraints;
}

TEST(a_version_is_written_in_one_way)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "1.9.5", "1.9.5" },
        { "v1.9.5", "1.9.5" },
        { "1.9", "1.9.0" },
        { "1", "1.0.0" },
        { "1.2.3.4", "1.2.3.4" },
        { "01.2.003", "1.2.3" },
        { "1.10.0-beta2", "1.10.0-beta2" },
        { "1.10.0beta2", "1.10.0-beta2" },
        { "1.10.0-rc.1+linux.5", "1.10.0-rc.1" },
        { "1.10.0+build", "1.10.0" },
        { "9223372036854775807.0.0", "9223372036854775807.0.0" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TfVersion) version = version_of(cases[i].text);
        g_autofree char *text = tf_version_text(version);

        assert_string_equal(text, cases[i].want);
    }
}

TEST(what_is_no_version_is_named)
{
    static const char *const texts[] = {
        "",
        "v",
        "x",
        "1.",
        ".1",
        "1..2",
        "1.x",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-a.",
        "1.2.3 ",
        " 1.2.3",
        "1.2/3",
        "1.2.3-ä",
        "-1.2.3",
        "vv1.2.3",
        "../1.2.3",
        "9223372036854775808.0.0",
        "+1.2",
        "1.-2",
        "1.2.3_4",
        "1.2.3-a/b",
        "1.2.3.4.5.6.7.8.9",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *want = g_strdup_printf("\"%s\" is not a version", texts[i]);
        g_autoptr(GError) error = NULL;

        assert_fails(tf_version_parse(texts[i], &error), error, HADAL_ERROR_INVALID);
        assert_true(g_str_has_prefix(error->message, want));
    }
}

static int sign_of(int order)
{
    return (order > 0) - (order < 0);
}

/* From the lowest to the highest; equal ones in a row of the table. */
static const char *const ordered[][3] = {
    { "0.0.0" },
    { "0.12.31" },
    { "1.0.0-1" },
    { "1.0.0-2", "1.0.0-02", "1.0.0-2+x" },
    { "1.0.0-10" },
    { "1.0.0-99999999999999999999999999" },
    { "1.0.0-alpha", "1.0.0alpha" },
    { "1.0.0-alpha.1" },
    { "1.0.0-alpha.beta" },
    { "1.0.0-beta" },
    { "1.0.0-beta.2" },
    { "1.0.0-beta.11" },
    { "1.0.0-rc1" },
    { "1.0.0", "1", "v1.0+meta" },
    { "1.0.0.1" },
    { "1.9.5", "1.9.5.0" },
    { "1.10.0-alpha20241023" },
    { "1.10.0" },
    { "2.0.0" },
};

TEST(the_order_of_versions_is_total)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ordered) * 3; i++)
        for (gsize j = 0; j < G_N_ELEMENTS(ordered) * 3; j++) {
            const char *a = ordered[i / 3][i % 3], *b = ordered[j / 3][j % 3];
            g_autoptr(TfVersion) version_a = a ? version_of(a) : NULL;
            g_autoptr(TfVersion) version_b = b ? version_of(b) : NULL;
            int want = (i / 3 > j / 3) - (i / 3 < j / 3);

            if (a && b && sign_of(tf_version_compare(version_a, version_b)) != want)
                fail_msg("%s and %s are not in order", a, b);
        }
}

TEST(a_version_that_was_written_is_read_as_the_same)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ordered); i++) {
        g_autoptr(TfVersion) version = version_of(ordered[i][0]);
        g_autofree char *text = tf_version_text(version);
        g_autoptr(TfVersion) again = version_of(text);
        g_autofree char *text_again = tf_version_text(again);

        assert_int_equal(tf_version_compare(version, again), 0);
        assert_string_equal(text, text_again);
    }
}

TEST(the_core_of_a_pre_release_is_its_release)
{
    g_autoptr(TfVersion) beta = version_of("1.10.0-beta2");
    g_autoptr(TfVersion) core = tf_version_core(beta);
    g_autofree char *text = tf_version_text(core);

    assert_string_equal(text, "1.10.0");
}

static bool allows(const char *list, const char *text)
{
    g_autoptr(TfConstraints) constraints = constraints_of(list);
    g_autoptr(TfVersion) version = version_of(text);

    return tf_constraints_allow(constraints, version);
}

TEST(constraints_allow_what_terraform_says_they_do)
{
    static const struct {
        const char *list, *allowed, *refused; /* several, with blanks between them */
    } cases[] = {
        { "1.9.5", "1.9.5 v1.9.5 1.9.5+x", "1.9.4 1.9.6 1.9.5-rc1" },
        { "= 1.9.5", "1.9.5", "1.9.6" },
        { "=1.9", "1.9.0", "1.9.1" },
        { "v1.9.5", "1.9.5", "1.9.6" },
        { "!= 1.9.5", "1.9.4 1.9.6", "1.9.5 1.10.0-beta1" },
        { "> 1.9.5", "1.9.6 2.0.0", "1.9.5 1.9.4 1.10.0-beta1" },
        { ">= 1.9.5", "1.9.5 1.9.6", "1.9.4 1.9.5-rc1" },
        { "< 1.9.5", "1.9.4 0.12.0", "1.9.5 1.9.6 1.9.5-rc1" },
        { "<= 1.9.5", "1.9.5 1.9.4", "1.9.6" },
        { "~> 1", "1.0.0 1.9.0 2.0.0", "0.15.0" },
        { "~> 1.9", "1.9.0 1.9.5 1.10.0", "1.8.9 2.0.0 1.10.0-beta1" },
        { "~> 1.9.2", "1.9.2 1.9.3", "1.9.1 1.10.0" },
        { "~>1.9.2.1", "1.9.2.1 1.9.2.5", "1.9.2 1.9.3 1.9.2.0" },
        { ">= 1.5, != 1.6.2,<2", "1.5.0 1.6.1 1.9.5", "1.4.9 1.6.2 2.0.0" },
        { "  >=   1.5  ,\t< 1.6 ", "1.5.0 1.5.9", "1.6.0" },
        { "1.10.0-beta1", "1.10.0-beta1", "1.10.0 1.10.0-beta2" },
        { ">= 1.10.0-beta1", "1.10.0-beta1 1.10.0-rc1 1.10.0 1.11.0",
          "1.10.0-alpha1 1.11.0-beta1 1.9.0" },
        { "~> 1.10.0-beta1", "1.10.0-beta1 1.10.0-rc1", "1.10.0 1.11.0-beta1" },
        { ">= 1.9, 1.10.0-beta1", "", "1.10.0-beta1 1.10.0" },
        { "1.10.0-beta1, != 1.9.0", "1.10.0-beta1", "1.10.0" },
        { "!= 1.10.0-beta1", "1.10.0", "1.10.0-beta1 1.10.0-beta2" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) allowed = g_strsplit(cases[i].allowed, " ", -1);
        g_auto(GStrv) refused = g_strsplit(cases[i].refused, " ", -1);

        for (gsize j = 0; allowed[j]; j++)
            if (!allows(cases[i].list, allowed[j]))
                fail_msg("\"%s\" refuses %s", cases[i].list, allowed[j]);
        for (gsize j = 0; refused[j]; j++)
            if (allows(cases[i].list, refused[j]))
                fail_msg("\"%s\" allows %s", cases[i].list, refused[j]);
    }
}

/* "~> a.b.c" is ">= a.b.c, < a.(b+1)". */
TEST(the_pessimistic_sign_is_a_pair_of_bounds)
{
    static const struct {
        const char *short_form, *long_form;
    } cases[] = {
        { "~> 1", ">= 1" },
        { "~> 1.9", ">= 1.9, < 2" },
        { "~> 1.9.0", ">= 1.9.0, < 1.10" },
        { "~> 0.12.31", ">= 0.12.31, < 0.13" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(ordered); j++)
            if (allows(cases[i].short_form, ordered[j][0]) !=
                allows(cases[i].long_form, ordered[j][0]))
                fail_msg("%s: \"%s\"", ordered[j][0], cases[i].short_form);
}

TEST(several_lists_must_all_hold)
{
    g_autoptr(TfConstraints) constraints = constraints_of(">= 1.5");
    g_autoptr(TfVersion) inside = version_of("1.8.0"), outside = version_of("1.9.0");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(tf_constraints_add(constraints, "<1.9 , !=1.7.0", &error), error);
    text = tf_constraints_text(constraints);

    assert_true(tf_constraints_allow(constraints, inside));
    assert_false(tf_constraints_allow(constraints, outside));
    assert_string_equal(text, ">= 1.5, < 1.9, != 1.7.0");
}

TEST(no_constraint_allows_every_release)
{
    g_autoptr(TfConstraints) constraints = tf_constraints_new();
    g_autoptr(TfVersion) release = version_of("0.1.0"), beta = version_of("1.10.0-beta1");

    assert_true(tf_constraints_allow(constraints, release));
    assert_false(tf_constraints_allow(constraints, beta));
}

TEST(only_a_single_equals_is_exact)
{
    static const struct {
        const char *list, *want;
    } cases[] = {
        { "1.9.5", "1.9.5" }, { "= 1.9", "1.9.0" }, { "~> 1.9.5", NULL },
        { ">= 1.9.5", NULL }, { "!= 1.9.5", NULL }, { "1.9.5, 1.9.5", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TfConstraints) constraints = constraints_of(cases[i].list);
        const TfVersion *exact = tf_constraints_exact(constraints);
        g_autofree char *text = exact ? tf_version_text(exact) : NULL;

        assert_int_equal(g_strcmp0(text, cases[i].want), 0);
    }
}

TEST(what_is_no_constraint_is_named_and_adds_nothing)
{
    static const char *const lists[] = {
        "",    " ",     ">=",     "=> 1.5", ">= 1.5,", ", 1.5",  "1.5 1.6",
        "1.*", "~ 1.5", "== 1.5", "^1.5",   "> = 1.5", "latest", ">= 1.5 || 2",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(TfConstraints) constraints = constraints_of(">= 1.0");
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;

        assert_fails(tf_constraints_add(constraints, lists[i], &error), error, HADAL_ERROR_INVALID);
        text = tf_constraints_text(constraints);
        assert_string_equal(text, ">= 1.0");
    }
}

TEST(a_version_that_would_be_written_too_long_is_refused)
{
    g_autofree char *pre = g_strnfill(256 - 3, 'r');
    g_autofree char *long_one = g_strconcat("1.1", pre, NULL);
    g_autofree char *short_one = g_strndup(long_one, 253);
    g_autoptr(TfVersion) refused = tf_version_parse(long_one, NULL);
    g_autoptr(TfVersion) taken = tf_version_parse(short_one, NULL);
    g_autofree char *text = taken ? tf_version_text(taken) : NULL;
    g_autoptr(TfVersion) again = text ? tf_version_parse(text, NULL) : NULL;

    assert_null(refused);
    assert_non_null(again);
}

TEST(a_long_list_is_refused)
{
    g_autoptr(TfConstraints) constraints = tf_constraints_new();
    g_autofree char *list = g_strnfill(4097, '1');
    g_autoptr(GError) error = NULL;

    assert_fails(tf_constraints_add(constraints, list, &error), error, HADAL_ERROR_INVALID);
    assert_true(strlen(error->message) < 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_written_in_one_way),
        cmocka_unit_test(what_is_no_version_is_named),
        cmocka_unit_test(the_order_of_versions_is_total),
        cmocka_unit_test(a_version_that_was_written_is_read_as_the_same),
        cmocka_unit_test(the_core_of_a_pre_release_is_its_release),
        cmocka_unit_test(constraints_allow_what_terraform_says_they_do),
        cmocka_unit_test(the_pessimistic_sign_is_a_pair_of_bounds),
        cmocka_unit_test(several_lists_must_all_hold),
        cmocka_unit_test(no_constraint_allows_every_release),
        cmocka_unit_test(only_a_single_equals_is_exact),
        cmocka_unit_test(what_is_no_constraint_is_named_and_adds_nothing),
        cmocka_unit_test(a_version_that_would_be_written_too_long_is_refused),
        cmocka_unit_test(a_long_list_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
