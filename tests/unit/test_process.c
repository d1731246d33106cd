// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <glib/gstdio.h>
#include <string.h>

#include "test.h"

static const char *const secrets[] = { "s3cret-token", NULL };

TEST(I4_tools_get_the_environment_without_our_settings_and_secrets)
{
    const char *const env[] = { "PATH=/bin",
                                "ATLANTIS_PORT=1",
                                "HADAL_PORT=2",
                                "AWS_REGION=eu",
                                "MINE=has s3cret-token inside",
                                NULL };
    g_auto(GStrv) tools = process_tool_env(env, secrets);

    assert_int_equal(g_strv_length(tools), 2);
    assert_string_equal(tools[0], "PATH=/bin");
    assert_string_equal(tools[1], "AWS_REGION=eu");
}

TEST(I4_arguments_and_environment_of_the_process_show_no_secret)
{
    char argument[] = "--azuredevops-token=s3cret-token";
    char variable[] = "ATLANTIS_AZUREDEVOPS_TOKEN=s3cret-token";
    char *argv[] = { argument, NULL }, *env[] = { variable, NULL };

    process_hide_secrets(argv, env, secrets);
    assert_string_equal(argument, "--azuredevops-token=************");
    assert_string_equal(variable, "ATLANTIS_AZUREDEVOPS_TOKEN=************");
}

TEST(a_short_secret_is_blanked_where_it_is_the_value_and_nowhere_else)
{
    static const char *const local[] = { "local", NULL };
    char path[] = "PATH=/usr/local/bin", password[] = "ATLANTIS_AZUREDEVOPS_WEBHOOK_PASSWORD=local";
    char argument[] = "local";
    char *argv[] = { argument, NULL }, *env[] = { path, password, NULL };
    const char *const tools_env[] = { "PATH=/usr/local/bin", "COPY=local", NULL };
    g_auto(GStrv) tools = process_tool_env(tools_env, local);

    process_hide_secrets(argv, env, local);
    assert_string_equal(argument, "*****");
    assert_string_equal(path, "PATH=/usr/local/bin");
    assert_string_equal(password, "ATLANTIS_AZUREDEVOPS_WEBHOOK_PASSWORD=*****");
    assert_int_equal(g_strv_length(tools), 1);
    assert_string_equal(tools[0], "PATH=/usr/local/bin");
}

TEST(a_data_directory_has_one_server)
{
    g_autofree char *dir = g_dir_make_tmp("hadal-process-XXXXXX", NULL);
    g_autofree char *lock = g_build_filename(dir, "hadal.lock", NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(process_own_directory(dir, &error), error);
    assert_fails(process_own_directory(dir, &error), error, HADAL_ERROR_CONFLICT);
    assert_non_null(strstr(error->message, dir));
    g_unlink(lock);
    g_rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I4_tools_get_the_environment_without_our_settings_and_secrets),
        cmocka_unit_test(I4_arguments_and_environment_of_the_process_show_no_secret),
        cmocka_unit_test(a_short_secret_is_blanked_where_it_is_the_value_and_nowhere_else),
        cmocka_unit_test(a_data_directory_has_one_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
