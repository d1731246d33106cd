// SPDX-License-Identifier: Apache-2.0
#include "tf/summary.h"

#include "test.h"

static const struct {
    const char *output;
    ChangeCounts want;
} cases[] = {
    { "", { 0 } },
    { "Error: no\n", { 0 } },
    { "x\nPlan: 1 to add, 2 to change, 3 to destroy.\n",
      { .is_known = true, .add = 1, .change = 2, .destroy = 3 } },
    { "Plan: 4 to import, 1 to add, 0 to change, 0 to destroy, 5 to forget.\n",
      { .is_known = true, .import = 4, .add = 1, .forget = 5 } },
    { "No changes. Your infrastructure matches the configuration.\n", { .is_known = true } },
    { "Plan: 1 to add, 0 to change, 0 to destroy.\na: Creating...\n"
      "Apply complete! Resources: 1 imported, 7 added, 8 changed, 9 destroyed.\n\nOutputs:\n",
      { .is_known = true, .import = 1, .add = 7, .change = 8, .destroy = 9 } },
    { "Destroy complete! Resources: 2 destroyed.\n", { .is_known = true, .destroy = 2 } },
    { "  Plan: 1 to add, 0 to change, 0 to destroy.\n", { 0 } },
    { "Plan: some to add, -1 to change, 99999999999999999999 to destroy\n",
      { .is_known = true, .destroy = G_MAXINT64 } },
};

TEST(the_last_line_that_tells_counts)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        ChangeCounts got = summary_read(cases[i].output);
        const ChangeCounts *want = &cases[i].want;

        if (got.is_known != want->is_known || got.add != want->add || got.change != want->change ||
            got.destroy != want->destroy || got.import != want->import ||
            got.forget != want->forget)
            fail_msg("%s", cases[i].output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_line_that_tells_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
