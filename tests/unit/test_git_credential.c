// SPDX-License-Identifier: Apache-2.0
#include "git/credential.h"

#include "test.h"

static const struct {
    const char *authorization, *lines; /* NULL: of no use */
} cases[] = {
    { "Basic dXNlcjpwYXNz", "username=user\npassword=pass\n" },
    { "basic dXNlcjpwYXNz", "username=user\npassword=pass\n" },
    { "Basic OnBhc3M=", "username=hadal\npassword=pass\n" },
    { "Basic dXNlcjphOmI=", "username=user\npassword=a:b\n" },
    { "Bearer ey.token", "username=hadal\npassword=ey.token\n" },
    { "Basic dXNlcjo=", NULL },         /* "user:" */
    { "Basic dXNlcg==", NULL },         /* no colon */
    { "Basic dXNlcjphCmI=", NULL },     /* a line feed in the password */
    { "Basic dQ1zZXI6cGFzcw==", NULL }, /* a carriage return in the user */
    { "Basic dXNlcjphAGI=", NULL },     /* a NUL */
    { "Basic eDp5\r\nX-Other: 1", NULL },
    { "Basic ", NULL },
    { "Bearer ", NULL },
    { "Bearer a\nhost=elsewhere", NULL },
    { "Negotiate abc", NULL },
    { "", NULL },
};

TEST(an_authorization_becomes_the_lines_of_a_helper_or_nothing)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *lines = git_credential_lines(cases[i].authorization);

        if (g_strcmp0(lines, cases[i].lines) != 0)
            fail_msg("%s: %s", cases[i].authorization, lines ? lines : "nothing");
    }
}

static const char *const urls[] = {
    "https://dev.azure.com/fabrikam",
    "https://fabrikam.visualstudio.com/DefaultCollection",
    "https://tfs.example.com:8443/tfs/My%20Collection",
    "https://contoso.visualstudio.com",
    "http://127.0.0.1:4242/org",
    "http://[::1]/org",
    "http://devops.test/org",
    "http://127.0.0.1.evil.example/org",
    "http://localhost/org",
    NULL,
};

static const struct {
    const char *protocol, *host, *path;
    bool is_below;
} questions[] = {
    { "https", "dev.azure.com", "fabrikam/One/_git/infra", true },
    { "https", "DEV.azure.com", "Fabrikam/One/_git/infra", true },
    { "https", "dev.azure.com:443", "fabrikam/One/_git/infra", true },
    { "https", "fabrikam.visualstudio.com", "DefaultCollection/One/_git/infra", true },
    { "https", "tfs.example.com:8443", "tfs/My Collection/One/_git/infra", true },
    { "https", "contoso.visualstudio.com", "One/_git/infra", true },
    { "http", "127.0.0.1:4242", "org/One/_git/infra", true },
    { "http", "[::1]", "org/One/_git/infra", true },
    { "http", "dev.azure.com", "fabrikam/One/_git/infra", false },
    { "https", "dev.azure.com:8443", "fabrikam/One/_git/infra", false },
    { "https", "dev.azure.com.evil.example", "fabrikam/One/_git/infra", false },
    { "https", "evil-dev.azure.com", "fabrikam/One/_git/infra", false },
    { "https", "dev.azure.com@evil.example", "fabrikam/One/_git/infra", false },
    { "https", "evil.visualstudio.com", "DefaultCollection/One/_git/infra", false },
    { "https", "dev.azure.com", "contoso/One/_git/infra", false },
    { "https", "dev.azure.com", "fabrikam2/One/_git/infra", false },
    { "https", "dev.azure.com", "fabrikam/../contoso/_git/infra", false },
    { "https", "dev.azure.com", "fabrikam//_git/infra", false },
    { "https", "dev.azure.com", "fabrikam", false },
    { "https", "dev.azure.com", "", false },
    { "https", "dev.azure.com", NULL, false },
    { "https", "127.0.0.1:4242", "org/One/_git/infra", false },
    { "http", "127.0.0.1:4243", "org/One/_git/infra", false },
    { "http", "devops.test", "org/One/_git/infra", false },
    { "http", "127.0.0.1.evil.example", "org/One/_git/infra", false },
    { "http", "localhost", "org/One/_git/infra", false },
    { "ssh", "dev.azure.com", "fabrikam/One/_git/infra", false },
};

TEST(only_what_lies_below_the_urls_of_the_host_gets_something)
{
    for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
        const GitQuestion question = {
            .protocol = (char *)questions[i].protocol,
            .host = (char *)questions[i].host,
            .path = (char *)questions[i].path,
        };

        if (git_question_is_below(&question, urls) != questions[i].is_below)
            fail_msg("%s://%s/%s", questions[i].protocol, questions[i].host,
                     questions[i].path ? questions[i].path : "");
    }
}

TEST(what_git_asks_is_read)
{
    g_auto(GitQuestion) question = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(git_question_parse("protocol=https\nhost=dev.azure.com\npath=fabrikam/a=b\n"
                                 "username=fabrikam\nwwwauth[]=Basic realm=x\n\nhost=other\n",
                                 &question, &error),
              error);
    assert_string_equal(question.protocol, "https");
    assert_string_equal(question.host, "dev.azure.com");
    assert_string_equal(question.path, "fabrikam/a=b");
}

TEST(what_git_would_not_ask_is_refused)
{
    static const char *const texts[] = { "",
                                         "protocol=https\n",
                                         "host=dev.azure.com\n",
                                         "protocol=https\nhost=\n",
                                         "protocol\nhost=x\n",
                                         "protocol=https\nhost=dev.azure.com\rx\n" };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(GitQuestion) question = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(git_question_parse(texts[i], &question, &error), error, HADAL_ERROR_INVALID);
    }
}

TEST(the_environment_names_the_helper_for_these_hosts_alone)
{
    static const char *const before[] = { "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=a.b",
                                          "GIT_CONFIG_VALUE_0=c", NULL };
    static const char *const two[] = { "https://dev.azure.com/fabrikam",
                                       "https://tfs.example.com:8443", NULL };
    static const char *const none[] = { NULL };
    g_auto(GStrv) env = git_credential_env(g_strdupv((GStrv)before), two, none, "!helper");

    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_COUNT"), "7");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_KEY_0"), "a.b");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_KEY_1"),
                        "credential.https://dev.azure.com.helper");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_VALUE_1"), "");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_VALUE_2"), "!helper");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_KEY_3"),
                        "credential.https://dev.azure.com.useHttpPath");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_KEY_5"),
                        "credential.https://tfs.example.com:8443.helper");
}

TEST(the_hosts_get_the_headers_that_they_want_beside_a_credential)
{
    static const char *const urls_of_host[] = { "https://dev.azure.com/fabrikam", NULL };
    static const char *const headers[] = { "X-One: 1", "X-Two: 2", NULL };
    g_auto(GStrv) env = git_credential_env(NULL, urls_of_host, headers, "!helper");

    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_COUNT"), "5");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_KEY_3"),
                        "http.https://dev.azure.com/.extraHeader");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_VALUE_3"), "X-One: 1");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_KEY_4"),
                        "http.https://dev.azure.com/.extraHeader");
    assert_string_equal(g_environ_getenv(env, "GIT_CONFIG_VALUE_4"), "X-Two: 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_authorization_becomes_the_lines_of_a_helper_or_nothing),
        cmocka_unit_test(only_what_lies_below_the_urls_of_the_host_gets_something),
        cmocka_unit_test(what_git_asks_is_read),
        cmocka_unit_test(what_git_would_not_ask_is_refused),
        cmocka_unit_test(the_environment_names_the_helper_for_these_hosts_alone),
        cmocka_unit_test(the_hosts_get_the_headers_that_they_want_beside_a_credential),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
