// SPDX-License-Identifier: Apache-2.0
#include "tf/advice.h"

#include <string.h>

#include "test.h"

static char terraform_name[] = "terraform", tofu_name[] = "tofu";
static char version[] = "1.11.4";
static const TfTool terraform = { .name = terraform_name, .version = version };
static const TfTool tofu = { .name = tofu_name, .version = version };

static void assert_says(const TfTool *tool, const char *output, const char *const *words)
{
    g_autofree char *advice = tf_advice(tool, output);

    assert_non_null(advice);
    for (gsize i = 0; words[i]; i++)
        if (!strstr(advice, words[i]))
            fail_msg("\"%s\" is not in: %s", words[i], advice);
}

#define SAYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The fixtures are what Terraform 1.11.4 prints. */
TEST(what_terraform_prints_is_understood)
{
    const struct {
        const char *file;
        const char *const *says;
    } cases[] = {
        { "newer_state.txt",
          SAYS("written by Terraform 99.0.0, and this ran 1.11.4", "`terraform_version: 99.0.0`") },
        { "required_version.txt", SAYS("`required_version`", "does not allow Terraform 1.11.4") },
        { "backend_changed.txt", SAYS("-reconfigure", "`terraform init -migrate-state`") },
        { "backend_block_changed.txt", SAYS("-reconfigure") },
        { "backend_initial.txt", SAYS("not initialised") },
        { "locked.txt", SAYS("locked by root@vm since 2026-11-27 00:35:13.275077251 +0000 UTC",
                             "`terraform force-unlock 18ff28fc-845d-2e4d-9bf5-15d8d8ca92e2`") },
        { "stale.txt", SAYS("Plan again") },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_build_filename(g_getenv("HADAL_SOURCE_ROOT"),
                                                 "tests/fixtures/tool", cases[i].file, NULL);
        g_autofree char *output = NULL;

        assert_true(g_file_get_contents(path, &output, NULL, NULL));
        assert_says(&terraform, output, cases[i].says);
    }
}

TEST(older_programs_and_the_other_one_are_understood_too)
{
    assert_says(&terraform,
                "Error: Error refreshing state: state snapshot was created by Terraform\n"
                "v1.12.0, which is newer than current v1.11.4; upgrade to Terraform v1.12.0 or\n"
                "greater to work with this state\n",
                SAYS("written by Terraform 1.12.0, and this ran 1.11.4"));
    assert_says(&tofu, "Error: Unsupported OpenTofu Core version\n",
                SAYS("does not allow OpenTofu 1.11.4"));
    assert_says(&tofu,
                "│ Error: Unsupported state file format\n│\n│ The state file uses format version "
                "5, which is not supported by OpenTofu\n│ 1.11.4. This state file was created by\n"
                "│ OpenTofu 2.0.0-rc1.\n",
                SAYS("written by OpenTofu 2.0.0-rc1", "`terraform_version: 2.0.0-rc1`"));
    assert_says(&tofu,
                "Error: Can't ask approval for state migration when interactive input is disabled.",
                SAYS("-reconfigure", "`tofu init -migrate-state`"));
    assert_says(&tofu, "Error: Unsupported state file format\n", SAYS("by a newer version"));
}

TEST(other_failures_get_no_advice)
{
    static const char *const outputs[] = {
        "",
        "Error: Reference to undeclared input variable\n",
        "Error: Error acquiring the state lock\n\nError message: AccessDenied\n",
        "terraform_data.x: Creating...\n",
        "a value, which is new\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(outputs); i++) {
        g_autofree char *advice = tf_advice(&terraform, outputs[i]);

        assert_null(advice);
    }
}

TEST(long_output_is_read_from_its_end)
{
    g_autofree char *noise = g_strnfill(1 << 20, 'x');
    g_autofree char *output = g_strconcat("Error: ", noise, "\nError: Saved plan is stale\n", NULL);

    assert_says(&terraform, output, SAYS("Plan again"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_terraform_prints_is_understood),
        cmocka_unit_test(older_programs_and_the_other_one_are_understood_too),
        cmocka_unit_test(other_failures_get_no_advice),
        cmocka_unit_test(long_output_is_read_from_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
