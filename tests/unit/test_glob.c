// SPDX-License-Identifier: Apache-2.0
#include "base/glob.h"

#include <string.h>

#include "base/path.h"
#include "test.h"

typedef struct _Case Case;
struct _Case {
    const char *patterns; /* separated by commas */
    const char *path;
    bool matches;
};

static bool matches(const char *patterns, const char *path)
{
    g_auto(GStrv) list = g_strsplit(patterns, ",", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GlobList) globs = glob_list_new((const char *const *)list, &error);

    assert_ok(globs, error);
    return glob_list_matches(globs, path);
}

static void check(const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (matches(cases[i].patterns, cases[i].path) != cases[i].matches)
            fail_msg("\"%s\" and \"%s\"", cases[i].patterns, cases[i].path);
}

TEST(names_match_whole_paths)
{
    static const Case cases[] = {
        { "main.tf", "main.tf", true },
        { "main.tf", "net/main.tf", false },
        { "net/main.tf", "net/main.tf", true },
        { "abc.def", "abcZdef", false },
        { "a(b)c|d+e$f^g{h}", "a(b)c|d+e$f^g{h}", true },
        { "Main.tf", "main.tf", false },
        { "", "main.tf", false },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(one_star_and_question_marks_stay_within_a_directory)
{
    static const Case cases[] = {
        { "*.tf", "main.tf", true },
        { "*.tf", "net/main.tf", false },
        { "*.tf", ".tf", true },
        { "net/*.tf", "net/main.tf", true },
        { "net/*.tf", "net/a/b.tf", false },
        { "a*c*e", "abcde", true },
        { "a*c*e", "abcd", false },
        { "ma?n.tf", "main.tf", true },
        { "ma?n.tf", "man.tf", false },
        { "a?b", "a/b", false },
        { "a?b", "aäb", true },
        { "*/main.tf", "net/main.tf", true },
        { "*/main.tf", "main.tf", false },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(two_stars_are_any_directories)
{
    static const Case cases[] = {
        { "**", "a", true },
        { "**", "a/b/c", true },
        { "**/", "a/b", true },
        { "**/*.tf", "main.tf", true },
        { "**/*.tf", "a/b/main.tf", true },
        { "**/*.tf", "a/b/main.tfvars", false },
        { "**/*.tf*", "a/b/main.tfvars", true },
        { "**/terragrunt.hcl", "terragrunt.hcl", true },
        { "**/terragrunt.hcl", "a/b/terragrunt.hcl", true },
        { "**/terragrunt.hcl", "a/my-terragrunt.hcl", false },
        { "**file", "dir/dir/file", true },
        { "**file", "dir/myfile", true },
        { "a/**", "a/b/c", true },
        { "a/**", "a", false },
        { "a/**/b", "a/b", true },
        { "a/**/b", "a/x/y/b", true },
        { "a/**/b", "a/xb", false },
        { "a**/*.txt", "a/dir/file.txt", true },
        { "a**/*.txt", "a/file.txt", true },
        { "**/**", "a/b", true },
        { "**/a/**/b/*.tf", "x/a/y/z/b/c.tf", true },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(classes_name_characters)
{
    static const Case cases[] = {
        { "a[b-d]e", "abe", true },   { "a[b-d]e", "aee", false }, { "a[^b-d]e", "aze", true },
        { "a[^b-d]e", "ace", false }, { "a[^b]c", "a/c", false },  { "[xyz0-9]", "7", true },
        { "[ä-ü]", "ö", true },       { "a[\\]]b", "a]b", true },  { "a[\\-x]b", "a-b", true },
        { "a\\*b", "a*b", true },     { "a\\*b", "axb", false },   { "a\\\\b", "a\\b", true },
        { "a]b", "a]b", true },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(what_matches_a_directory_matches_what_is_in_it)
{
    static const Case cases[] = {
        { "net", "net/main.tf", true },
        { "net", "net/a/b/c.tf", true },
        { "net", "network/main.tf", false },
        { "n*", "net/a/main.tf", true },
        { "a/b", "a/b/c", true },
        { "a/b", "a/bc", false },
        { "**/vendor", "x/vendor/y/z", true },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(the_last_pattern_that_matches_wins)
{
    static const Case cases[] = {
        { "**/*.tf,!net/**", "net/main.tf", false },
        { "**/*.tf,!net/**", "db/main.tf", true },
        { "!net/**,**/*.tf", "net/main.tf", true },
        { "**/*.tf,!net/**,net/main.tf", "net/main.tf", true },
        { "**/*.tf,!net/**,net/main.tf", "net/other.tf", false },
        { "*.md,!README*.md,README-secret.md", "README-secret.md", true },
        { "*.md,!README*.md,README-secret.md", "README.md", false },
        { "docs,!docs/README.md", "docs/README.md", false },
        { "!main.tf", "main.tf", false },
        { "!main.tf", "other.tf", false },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(patterns_are_tidied_up)
{
    static const Case cases[] = {
        { "  **/*.tf  ", "a/main.tf", true },
        { "./net/*.tf", "net/main.tf", true },
        { "net//main.tf", "net/main.tf", true },
        { "net/", "net/main.tf", true },
        { "a/../net/*.tf", "net/main.tf", true },
        { "/net/*.tf", "net/main.tf", true },
        { "../net/*.tf", "net/main.tf", false },
        { "! net/*.tf", "net/main.tf", false },
        { " , ", "net", false },
    };

    check(cases, G_N_ELEMENTS(cases));
}

TEST(a_pattern_that_cannot_be_read_is_named)
{
    static const char *const wrong[] = { "[",     "a[",      "[]a]", "[^]", "[a-]", "[-a]",
                                         "[z-a]", "[a-b-c]", "[a",   "a\\", "!",    "\xff" };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        const char *const list[] = { "*.tf", wrong[i], NULL };
        g_autoptr(GError) error = NULL;

        assert_fails(glob_list_new(list, &error), error, HADAL_ERROR_INVALID);
        if (g_utf8_validate(wrong[i], -1, NULL) && !strstr(error->message, wrong[i]))
            fail_msg("%s does not name %s", error->message, wrong[i]);
    }
}

TEST(what_would_take_too_long_counts_as_a_match)
{
    g_autofree char *stars = g_strnfill(3000, '*');
    g_autoptr(GString) pattern = g_string_new(NULL);
    g_autofree char *path = g_strnfill(4000, 'a');

    for (int i = 0; i < 1500; i++)
        g_string_append(pattern, "*a");
    assert_true(matches(stars, path));
    g_string_append(pattern, "b");

    assert_true(matches(pattern->str, path));
    path[1000] = '\0';
    assert_false(matches(pattern->str, path));
}

TEST(paths_that_are_not_utf8_are_matched_as_bytes)
{
    assert_true(matches("a?b*", "a\xff"
                                "b\xfe"));
    assert_true(matches("a?b", "a\xe2"
                               "b"));
    assert_false(matches("a?b", "a\xff\xff"
                                "b"));
}

TEST(allowed_names_match_as_a_whole_and_without_letter_case)
{
    static const struct {
        const char *patterns, *name;
        bool is_allowed;
    } cases[] = {
        { "dev.azure.com/org/project/repo", "dev.azure.com/org/project/repo", true },
        { "dev.azure.com/org/project/repo", "dev.azure.com/Org/Project/REPO", true },
        { "dev.azure.com/org/project/repo", "dev.azure.com/org/project/repo2", false },
        { "dev.azure.com/org/*", "dev.azure.com/org/project/repo", true },
        { "dev.azure.com/org/*", "dev.azure.com/organisation/repo", false },
        { "dev.azure.com/org/*", "evil.com/dev.azure.com/org/x", false },
        { "dev.azure.com/org/*-infra", "dev.azure.com/org/p/a-infra", true },
        { "dev.azure.com/org/*-infra", "evil.example/xxx/y/z-infra", false },
        { "dev.azure.com/*/live/*", "dev.azure.com/a/b/live/c", true },
        { "dev.azure.com/*/live/*", "dev.azure.com/a/b/test/c", false },
        { "*", "anything/at/all", true },
        { "dev.azure.com/o/a?b", "dev.azure.com/o/axb", false },
        { "dev.azure.com/o/[ab]", "dev.azure.com/o/a", false },
        { "dev.azure.com/o/*,!dev.azure.com/o/secret", "dev.azure.com/o/secret", false },
        { "!dev.azure.com/o/secret,dev.azure.com/o/*", "dev.azure.com/o/secret", false },
        { "dev.azure.com/o/*,!dev.azure.com/o/secret", "dev.azure.com/o/other", true },
        { " a/* , b/* ", "b/x", true },
        { "dev.azure.com/o/Ärger", "dev.azure.com/o/ärger", true },
        { "dev.azure.com/koala", "dev.azure.com/\xe2\x84\xaaoala", false }, /* the Kelvin sign */
        { "", "a", false },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) list = g_strsplit(cases[i].patterns, ",", -1);

        if (glob_allows((const char *const *)list, cases[i].name) != cases[i].is_allowed)
            fail_msg("\"%s\" and \"%s\"", cases[i].patterns, cases[i].name);
    }
}

TEST(paths_are_cleaned_as_text)
{
    static const struct {
        const char *path, *clean;
    } cases[] = {
        { "a/b", "a/b" },
        { "a//b/", "a/b" },
        { "./a/./b", "a/b" },
        { "/a", "a" },
        { "a/../b", "b" },
        { "a/..", "." },
        { "", "." },
        { ".", "." },
        { "/", "." },
        { "..", ".." },
        { "../a", "../a" },
        { "a/../../b", "../b" },
        { "../../a", "../../a" },
        { "..a/b", "..a/b" },
        { "a/...", "a/..." },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *clean = path_clean(cases[i].path);

        assert_string_equal(clean, cases[i].clean);
    }
}

static bool path_matches(const char *pattern, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GlobPath) glob = glob_path_new(pattern, &error);

    assert_ok(glob, error);
    return glob_path_matches(glob, path);
}

TEST(a_whole_path_is_matched_as_doublestar_does)
{
    static const struct {
        const char *pattern, *path;
        bool is_match;
    } cases[] = {
        { "live/*", "live/a", true },
        { "live/*", "live/a/b", false },
        { "live/*", "live", false },
        { "live/**", "live/a/b", true },
        { "live/**", "live", true },
        { "live/**", "alive", false },
        { "**", "a/b/c", true },
        { "**/prod", "prod", true },
        { "**/prod", "a/b/prod", true },
        { "**/prod", "a/nonprod", false },
        { "a/**/b", "a/b", true },
        { "a/**/b", "a/x/y/b", true },
        { "a/**/b", "a/xb", false },
        { "a**b", "axxb", true },
        { "a**b", "ax/xb", false },
        { "?et", "net", true },
        { "?et", "/et", false },
        { "[a-c]x", "bx", true },
        { "[!a-c]x", "dx", true },
        { "[^a-c]x", "bx", false },
        { "{net,app}/x", "app/x", true },
        { "{net,app}/x", "dns/x", false },
        { "{a,b{c,d}}", "bd", true },
        { "{a,b{c,d}}", "b", false },
        { "a{,b}", "a", true },
        { "\\*", "*", true },
        { "\\*", "a", false },
        { "a\\{b", "a{b", true },
        { ".", ".", true },
        { "*", ".hidden", true },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (path_matches(cases[i].pattern, cases[i].path) != cases[i].is_match)
            fail_msg("%s and %s", cases[i].pattern, cases[i].path);
}

TEST(a_pattern_of_a_path_that_is_none_is_refused)
{
    static const char *const patterns[] = { "[a", "{a", "a\\", "[z-a]", "{a,{b}" };
    g_autoptr(GString) many = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(glob_path_new(patterns[i], &error), error, HADAL_ERROR_INVALID);
        assert_non_null(strstr(error->message, patterns[i]));
    }
    for (int i = 0; i < 20; i++)
        g_string_append(many, "{a,b}");
    g_autoptr(GError) error = NULL;

    assert_fails(glob_path_new(many->str, &error), error, HADAL_ERROR_INVALID);
}

TEST(a_path_that_would_take_too_long_does_not_match)
{
    g_autoptr(GString) pattern = g_string_new(NULL), path = g_string_new(NULL);

    for (int i = 0; i < 3000; i++)
        g_string_append(pattern, "*a");
    for (int i = 0; i < 3000; i++)
        g_string_append(path, "a");
    assert_false(path_matches(pattern->str, path->str));
}

TEST(what_is_only_a_path_is_no_pattern)
{
    assert_false(glob_is_pattern("live/net-1.2"));
    assert_true(glob_is_pattern("live/*"));
    assert_true(glob_is_pattern("{a,b}"));
    assert_true(glob_is_pattern("ne?"));
    assert_true(glob_is_pattern("[n]et"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_whole_paths),
        cmocka_unit_test(one_star_and_question_marks_stay_within_a_directory),
        cmocka_unit_test(two_stars_are_any_directories),
        cmocka_unit_test(classes_name_characters),
        cmocka_unit_test(what_matches_a_directory_matches_what_is_in_it),
        cmocka_unit_test(the_last_pattern_that_matches_wins),
        cmocka_unit_test(patterns_are_tidied_up),
        cmocka_unit_test(a_pattern_that_cannot_be_read_is_named),
        cmocka_unit_test(what_would_take_too_long_counts_as_a_match),
        cmocka_unit_test(paths_that_are_not_utf8_are_matched_as_bytes),
        cmocka_unit_test(allowed_names_match_as_a_whole_and_without_letter_case),
        cmocka_unit_test(paths_are_cleaned_as_text),
        cmocka_unit_test(a_whole_path_is_matched_as_doublestar_does),
        cmocka_unit_test(a_pattern_of_a_path_that_is_none_is_refused),
        cmocka_unit_test(a_path_that_would_take_too_long_does_not_match),
        cmocka_unit_test(what_is_only_a_path_is_no_pattern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
