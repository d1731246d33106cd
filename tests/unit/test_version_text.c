// SPDX-License-Identifier: Apache-2.0
#include "config/version_text.h"

#include <glib.h>

#include "test.h"

TEST(exact_versions_are_taken_in_one_form)
{
    static const struct {
        const char *text, *exact;
    } cases[] = {
        { "1.9.5", "1.9.5" },
        { "v1.9.5", "1.9.5" },
        { "1.9", "1.9.0" },
        { "1", "1.0.0" },
        { "1.10.0-rc1", "1.10.0-rc1" },
        { "v1.10-beta.2+linux", "1.10.0-beta.2+linux" },
        { "", NULL },
        { "v", NULL },
        { "vv1", NULL },
        { "1.", NULL },
        { "1..2", NULL },
        { "1.2.3.4", NULL },
        { ".1", NULL },
        { "-1", NULL },
        { "1.2.3-", NULL },
        { "1.2.3 ", NULL },
        { "1.2.3x", NULL },
        { "1.2.3-a/b", NULL },
        { ">= 1.2", NULL },
        { "~> 1.2", NULL },
        { "latest", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *exact = version_text_exact(cases[i].text);

        if (g_strcmp0(exact, cases[i].exact))
            fail_msg("\"%s\" is \"%s\", not \"%s\"", cases[i].text, exact, cases[i].exact);
    }
}

TEST(no_version_is_longer_than_any_that_exists)
{
    g_autofree char *tail = g_strnfill(100, 'a');
    g_autofree char *text = g_strconcat("1.2.3-", tail, NULL);

    assert_null(version_text_exact(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_versions_are_taken_in_one_form),
        cmocka_unit_test(no_version_is_longer_than_any_that_exists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
