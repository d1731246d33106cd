// SPDX-License-Identifier: Apache-2.0
/* What a mirror for programs of the operator's offers. */
#include "tf/plugin_mirror.h"

#include <string.h>

#include "test.h"

#define THING "registry.terraform.io/acme/thing/1.2.3/linux_amd64"

/* A block as Terraform writes it. */
#define BLOCK(provider, version, hashes)                                                  \
    "provider \"" provider "\" {\n  version     = \"" version "\"\n  constraints = \"~> " \
    "1.0\"\n  hashes = [\n" hashes "  ]\n}\n"
#define ACME  "registry.terraform.io/acme/"
#define OURS  "    \"h1:ours=\",\n"
#define OTHER "    \"h1:other=\",\n    \"zh:0123\",\n"

TEST(a_lock_file_refuses_what_it_names_with_other_digests)
{
    static const struct {
        const char *lock_file;
        bool refuses;
    } cases[] = {
        { "", false },
        { BLOCK(ACME "thing", "1.2.3", OURS), false },
        { BLOCK(ACME "thing", "1.2.3", OTHER), true },
        { BLOCK(ACME "thing", "1.2.3", OTHER OURS), false },
        { BLOCK(ACME "thing", "1.2.4", OTHER), false },
        { BLOCK(ACME "things", "1.2.3", OTHER), false },
        { BLOCK(ACME "thing", "1.2.3", OTHER) BLOCK(ACME "two", "1.0.0", OURS), true },
        { BLOCK(ACME "two", "1.2.3", OTHER) BLOCK(ACME "thing", "1.2.3", OURS), false },
        { "provider \"" ACME "thing\" {\n  version = \"1.2.3\"\n", true }, /* cut off */
        { "provider \"" ACME "thing\"", false },
        { "provider \"" ACME "thing\" {\n  version", false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        if (plugin_mirror_refuses(cases[i].lock_file, THING, "h1:ours=") != cases[i].refuses)
            fail_msg("%u: %s", i, cases[i].lock_file);
}

TEST(the_operators_own_words_stay_behind_the_mirror)
{
    static const char *const not_understood[] = {
        "plugin_cache_dir = \"/var/cache/terraform\"\n",
        "{\"provider_installation\": [{\"direct\": [{}]}]}",
    };
    static const char host[] = "host \"registry.example.com\" {}";
    static const char his[] =
        "# provider_installation {\nprovider_installation {\n  network_mirror { url = \"x\" }\n}\n";
    g_autofree char *none = plugin_mirror_config(NULL, "/data/mirror");
    g_autofree char *some = plugin_mirror_config(host, "/data/mirror");
    g_autofree char *installs = plugin_mirror_config(his, "/data/mirror");
    g_autofree char *odd = plugin_mirror_config(NULL, "/data/\"}");

    assert_non_null(strstr(none, "path = \"/data/mirror\""));
    assert_non_null(strstr(none, "direct {}"));
    assert_true(g_str_has_prefix(some, host));
    assert_non_null(strstr(some, "provider_installation"));
    assert_string_equal(installs, "# provider_installation {\nprovider_installation {\n"
                                  "  filesystem_mirror {\n    path = \"/data/mirror\"\n  }\n"
                                  "\n  network_mirror { url = \"x\" }\n}\n");
    assert_null(odd);
    for (guint i = 0; i < G_N_ELEMENTS(not_understood); i++)
        assert_null(plugin_mirror_config(not_understood[i], "/data/mirror"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_file_refuses_what_it_names_with_other_digests),
        cmocka_unit_test(the_operators_own_words_stay_behind_the_mirror),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
