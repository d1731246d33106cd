// SPDX-License-Identifier: Apache-2.0
/* What is read of Terraform's own configuration. */
#include "tf/cli_config.h"

#include "test.h"

TEST(mirrors_are_found_wherever_blanks_and_comments_stand)
{
    static const char text[] =
        "# provider_installation { filesystem_mirror { path = \"/no\" } }\n"
        "// provider_installation {\n/* { */\n"
        "credentials \"app.terraform.io\" {\n  token = \"provider_installation {\"\n}\n"
        "provider_installation {\n"
        "  filesystem_mirror {\n    path    = \"/one \\\"x\\\"\"\n    include = [\"a/b\", "
        "\"c/d\"]\n  }\n"
        "  network_mirror { url = \"https://mirror.example.com/\" } # path = \"/no\"\n"
        "  filesystem_mirror {path=\"/two\"}\n"
        "  dev_overrides {\n    \"acme/thing\" = \"/dev\"\n  }\n"
        "  direct {\n    exclude = [\"acme/*\"]\n  }\n"
        "}\n"
        "other {\n  filesystem_mirror { path = \"/no\" }\n}\n";
    g_auto(ProviderSources) sources = { 0 };

    provider_sources_parse(text, &sources);
    assert_true(sources.is_said && sources.has_direct);
    assert_int_equal(sources.dirs->len, 2);
    assert_string_equal(sources.dirs->pdata[0], "/one \"x\"");
    assert_string_equal(sources.dirs->pdata[1], "/two");
    assert_int_equal(sources.urls->len, 1);
    assert_string_equal(sources.urls->pdata[0], "https://mirror.example.com/");
}

TEST(what_is_no_configuration_says_nothing)
{
    static const char *const texts[] = {
        "",
        "}}}}",
        "\"",
        "provider_installation",
        "/*",
        "plugin_cache_dir = \"/x\"",
        "{{{{{{{{{{{{{{{{{{{{",
        "direct {}\nfilesystem_mirror { path = \"/x\" }",
    };

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(ProviderSources) sources = { 0 };

        provider_sources_parse(texts[i], &sources);
        if (sources.is_said || sources.has_direct || sources.dirs->len || sources.urls->len)
            fail_msg("%s", texts[i]);
    }
}

TEST(a_variable_names_the_file_or_it_lies_at_home)
{
    static const char *const named[] = { "HOME=/nowhere", "TF_CLI_CONFIG_FILE=/etc/x.tfrc", NULL };
    static const char *const home[] = { "HOME=/nowhere", NULL };
    g_autofree char *first = cli_config_path(named, "tofu");
    g_autofree char *second = cli_config_path(home, "tofu");

    assert_string_equal(first, "/etc/x.tfrc");
    assert_string_equal(second, "/nowhere/.terraformrc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mirrors_are_found_wherever_blanks_and_comments_stand),
        cmocka_unit_test(what_is_no_configuration_says_nothing),
        cmocka_unit_test(a_variable_names_the_file_or_it_lies_at_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
