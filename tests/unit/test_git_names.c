// SPDX-License-Identifier: Apache-2.0
#include "git/names.h"

#include "git/checkout.h"
#include "test.h"

#define HEX "0123456789abcdef0123456789abcdef01234567"

TEST(a_full_id_is_a_commit_id)
{
    assert_true(git_is_commit_id(HEX));
    assert_true(git_is_commit_id(HEX "0123456789abcdef01234567"));
}

TEST(nothing_else_is_a_commit_id)
{
    static const char *const texts[] = {
        "",        "HEAD",  "main",  "-x",     "--upload-pack=touch",
        "0123456", HEX "0", HEX "^", HEX "\n", "0123456789ABCDEF0123456789ABCDEF01234567",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (git_is_commit_id(texts[i]))
            fail_msg("%s is taken", texts[i]);
}

TEST(names_that_git_accepts_are_branches)
{
    static const char *const names[] = {
        "main", "feature/x", "a.b", "a-b",   "a@b", "über/straße", "refs/heads/x",
        "a{b}", "#7",        "a%b", "$(id)", "a;b", "HEAD/x",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (!git_is_branch_name(names[i]))
            fail_msg("%s is refused", names[i]);
}

TEST(I3_options_patterns_and_broken_names_are_no_branches)
{
    static const char *const names[] = {
        "",       "-x",       "--upload-pack=touch /tmp/x",
        "a..b",   "/a",       "a/",
        "a//b",   ".a",       "a/.b",
        "a.lock", "a.lock/b", "a b",
        "a\tb",   "a\nb",     "a\x7f",
        "a~1",    "a^",       "a:b",
        "a?",     "a*",       "[a",
        "a\\b",   "a.",       "a@{1}",
        "@",      "HEAD",     "..",
        "*",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (git_is_branch_name(names[i]))
            fail_msg("%s is taken", names[i]);
}

TEST(a_name_that_does_not_fit_a_file_system_is_no_branch)
{
    g_autofree char *component = g_strnfill(251, 'a');
    GString *path = g_string_new("a");

    while (path->len < 1001)
        g_string_append(path, "/a");
    assert_false(git_is_branch_name(component));
    assert_false(git_is_branch_name(path->str));
    component[250] = '\0';
    assert_true(git_is_branch_name(component));
    g_string_free(path, TRUE);
}

TEST(a_ref_is_below_refs_and_leaves_it_nowhere)
{
    assert_true(git_is_ref_name("refs/hadal/pull/7/head"));
    assert_false(git_is_ref_name("HEAD"));
    assert_false(git_is_ref_name("heads/main"));
    assert_false(git_is_ref_name("refs/"));
    assert_false(git_is_ref_name("refs/../config"));
    assert_false(git_is_ref_name("refs/keep/../../config"));
    assert_false(git_is_ref_name("/refs/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_id_is_a_commit_id),
        cmocka_unit_test(nothing_else_is_a_commit_id),
        cmocka_unit_test(names_that_git_accepts_are_branches),
        cmocka_unit_test(I3_options_patterns_and_broken_names_are_no_branches),
        cmocka_unit_test(a_name_that_does_not_fit_a_file_system_is_no_branch),
        cmocka_unit_test(a_ref_is_below_refs_and_leaves_it_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
