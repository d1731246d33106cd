// SPDX-License-Identifier: Apache-2.0
#include "git/words.h"

#include <string.h>

#include "test.h"

static const struct {
    const char *words, *first;
    HadalError code;
} cases[] = {
    { "fatal: Authentication failed for 'https://host/r'\n",
      "Authentication failed for 'https://host/r'", HADAL_ERROR_RETRY },
    { "fatal: unable to access 'https://h/r/': The requested URL returned error: 401\n",
      "unable to access 'https://h/r/': The requested URL returned error: 401", HADAL_ERROR_RETRY },
    { "fatal: could not read Username for 'https://host': terminal prompts disabled\n",
      "could not read Username for 'https://host': terminal prompts disabled", HADAL_ERROR_DENIED },
    { "fatal: unable to access 'https://h/r/': The requested URL returned error: 403\n",
      "unable to access 'https://h/r/': The requested URL returned error: 403",
      HADAL_ERROR_DENIED },
    { "remote: TF401019: The Git repository does not exist.\nfatal: repository 'https://h/r/' not "
      "found\n",
      "repository 'https://h/r/' not found", HADAL_ERROR_NOT_FOUND },
    { "fatal: couldn't find remote ref refs/heads/x\n", "couldn't find remote ref refs/heads/x",
      HADAL_ERROR_NOT_FOUND },
    { "fatal: unable to access 'https://h/r/': The requested URL returned error: 503\n",
      "unable to access 'https://h/r/': The requested URL returned error: 503", HADAL_ERROR_RETRY },
    { "fatal: unable to access 'https://h/r/': Could not resolve host: h\n",
      "unable to access 'https://h/r/': Could not resolve host: h", HADAL_ERROR_RETRY },
    { "error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403\nfatal: expected "
      "flush\n",
      "RPC failed; HTTP 403 curl 22 The requested URL returned error: 403", HADAL_ERROR_DENIED },
    { "warning: something\n\nfatal: early EOF\n", "early EOF", HADAL_ERROR_RETRY },
    { "fatal: server certificate verification failed\n", "server certificate verification failed",
      HADAL_ERROR_FAILED },
    { "", "", HADAL_ERROR_FAILED },
};

TEST(gits_words_have_a_first_line_and_a_class)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *first = git_words_first(cases[i].words);

        assert_string_equal(first, cases[i].first);
        if (git_words_class(cases[i].words) != cases[i].code)
            fail_msg("%s is %d", first, git_words_class(cases[i].words));
    }
}

TEST(what_the_remote_says_decides_nothing)
{
    const char *words = "remote: fatal: couldn't find remote ref x\n"
                        "remote: not a git repository\n"
                        "remote: cannot lock ref\n"
                        "error: something else\n";
    g_autofree char *first = git_words_first(words);

    assert_string_equal(first, "something else");
    assert_int_equal(git_words_class(words), HADAL_ERROR_FAILED);
    assert_false(git_words_say_corrupt(words));
    assert_false(git_words_say_repair(words));
}

TEST(damage_is_told_from_what_is_in_the_way)
{
    const char *lock =
        "error: cannot lock ref 'refs/x': Unable to create '/c/x.lock': File exists.";
    const char *damage = "fatal: loose object 85d1 (stored in ./objects/85/d1) is corrupt";
    const char *bad_ref = "fatal: bad object refs/hadal/heads/a b\nerror: did not send all";
    g_autofree char *ref = git_words_bad_ref(bad_ref);

    assert_true(git_words_say_repair(lock));
    assert_false(git_words_say_corrupt(lock));
    assert_true(git_words_say_repair(damage));
    assert_true(git_words_say_corrupt(damage));
    assert_null(git_words_bad_ref(damage));
    assert_string_equal(ref, "refs/hadal/heads/a b");
}

TEST(a_line_is_bounded_and_valid_text)
{
    g_autofree char *long_line = g_strnfill(10000, 'x');
    g_autofree char *words = g_strconcat("fatal: \xff", long_line, NULL);
    g_autofree char *first = git_words_first(words);

    assert_true(g_utf8_validate(first, -1, NULL));
    assert_in_range(strlen(first), 100, 600);
}

TEST(a_credential_that_was_not_taken_is_told_from_what_is_forbidden_with_it)
{
    assert_true(git_words_say_refused("git fetch: Authentication failed for 'https://host/r'"));
    assert_true(git_words_say_refused("fatal: The requested URL returned error: 401\n"));
    assert_false(git_words_say_refused("fatal: The requested URL returned error: 403\n"));
    assert_false(git_words_say_refused("remote: Authentication failed\nfatal: early EOF\n"));
    assert_false(git_words_say_refused(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gits_words_have_a_first_line_and_a_class),
        cmocka_unit_test(what_the_remote_says_decides_nothing),
        cmocka_unit_test(damage_is_told_from_what_is_in_the_way),
        cmocka_unit_test(a_line_is_bounded_and_valid_text),
        cmocka_unit_test(a_credential_that_was_not_taken_is_told_from_what_is_forbidden_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
