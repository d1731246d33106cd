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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_authorization_becomes_the_lines_of_a_helper_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
