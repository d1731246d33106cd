// SPDX-License-Identifier: Apache-2.0
#include "config/bundle_yaml.h"

#include "page.h"
#include "test.h"

TEST(a_file_is_read)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BundleYaml) bundle = bundle_yaml_parse(
        "bundle.yaml",
        "terraform: [1.11.4, v1.9.5]\nopentofu: [1.9.0]\nplatforms: [linux_amd64]\n"
        "path: /opt/bundle\nproviders:\n"
        "- source: registry.example.com:8443/acme/thing\n"
        "  versions: ['~> 1.2, != 1.2.7', 2.0.0-rc.1]\n",
        &error);
    const BundleProvider *provider;

    assert_ok(bundle, error);
    assert_string_equal(bundle->terraform[1], "v1.9.5");
    assert_string_equal(bundle->opentofu[0], "1.9.0");
    assert_string_equal(bundle->platforms[0], "linux_amd64");
    assert_string_equal(bundle->path, "/opt/bundle");
    assert_int_equal(bundle->providers->len, 1);
    provider = bundle->providers->pdata[0];
    assert_string_equal(provider->source, "registry.example.com:8443/acme/thing");
    assert_string_equal(provider->versions[0], "~> 1.2, != 1.2.7");
}

TEST(what_could_not_be_gathered_is_refused)
{
    static const char *const files[] = {
        "",
        "providers: []\n",
        "terraform: []\n",
        "terraform: [latest]\n",
        "terraform: [1.9.5]\npath: here\n",
        "terraform: [1.9.5]\npath: '/a\"b'\n",
        "terraform: [1.9.5]\nplatforms: [linux]\n",
        "terraform: [1.9.5]\nproviders: [{source: thing, versions: [1.0.0]}]\n",
        "terraform: [1.9.5]\nproviders: [{source: a/b/c/d, versions: [1.0.0]}]\n",
        "terraform: [1.9.5]\nproviders: [{source: a//c, versions: [1.0.0]}]\n",
        "terraform: [1.9.5]\nproviders: [{source: a/b, versions: ['1.0.0\"']}]\n",
        "terraform: [1.9.5]\nproviders: [{source: a/b, versions: ['${x}']}]\n",
        "terraform: [1.9.5]\nproviders: [{source: a/b, versions: []}]\n",
        "terraform: [1.9.5]\nproviders: [{source: a/b}]\n",
        "terraform: [1.9.5]\nother: 1\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(BundleYaml) bundle = bundle_yaml_parse("bundle.yaml", files[i], &error);

        if (bundle)
            fail_msg("taken: %s", files[i]);
        assert_fails(bundle, error, HADAL_ERROR_INVALID);
        assert_true(g_str_has_prefix(error->message, "bundle.yaml:"));
    }
}

TEST(the_reference_is_what_the_table_says)
{
    assert_page_is_fresh("docs/reference/bundle-yaml.md", bundle_yaml_reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(what_could_not_be_gathered_is_refused),
        cmocka_unit_test(the_reference_is_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
