// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "golden.h"
#include "render/comment.h"
#include "test.h"

static const RenderStyle usual = { .executable = "atlantis", .folds = true };
static ProjectRef network = { (char *)"network", (char *)"default", (char *)"" };
static ProjectRef named = { (char *)"live/dns", (char *)"prod", (char *)"dns" };

static char *rendered(const char *title, const ProjectResult *results, gsize n)
{
    const CommandReport report = { .title = title, .results = results, .n_results = n };

    return render_state_report(&usual, &report);
}

TEST(an_import_says_that_the_plan_is_gone)
{
    const ProjectResult result = {
        .project = &network,
        .kind = RESULT_OK,
        .output = "terraform_data.a: Importing from ID \"x\"...\n\nImport successful!\n",
    };
    g_autofree char *text = rendered("Import", &result, 1);

    assert_golden("import.md", text);
}

TEST(an_import_that_was_refused_changed_nothing)
{
    const ProjectResult result = {
        .project = &named,
        .kind = RESULT_REFUSED,
        .message = "What is required does not hold: `approved`: nobody has approved.",
    };
    g_autofree char *text = rendered("Import", &result, 1);

    assert_golden("import_refused.md", text);
    assert_null(strstr(text, "discarded"));
}

TEST(each_project_of_a_removal_has_its_part)
{
    const ProjectResult results[] = {
        { .project = &network,
          .kind = RESULT_OK,
          .output = "Removed terraform_data.a\nSuccessfully removed 1 resource instance(s).\n" },
        { .project = &named,
          .kind = RESULT_FAILED,
          .message = "terraform state: exit 1",
          .output = "Error: Invalid target address\n" },
    };
    g_autofree char *text = rendered("State rm", results, 2);

    assert_golden("state_rm_many.md", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_says_that_the_plan_is_gone),
        cmocka_unit_test(an_import_that_was_refused_changed_nothing),
        cmocka_unit_test(each_project_of_a_removal_has_its_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
