// SPDX-License-Identifier: Apache-2.0
#include "tf/state.h"

#include <string.h>

#include "test.h"

static const struct {
    const char *text, *lineage;
    gint64 serial;
} cases[] = {
    { "{\"version\":4,\"serial\":7,\"lineage\":\"a-b\",\"outputs\":{\"lineage\":\"no\"}}", "a-b",
      7 },
    { "\n {\n \"version\": 4,\n \"lineage\": \"a,{[\\\"}\",\n \"serial\": 7,\n \"resources\": [",
      "a,{[\"}", 7 },
    { "{\"serial\":7,\"lineage\":\"a\"}", "a", 7 },
    { "{\"lineage\":\"a\",\"outputs\":{", "a", -1 },
    { "{\"serial\":0,\"lineage\":\"\",\"outputs\":{}}", NULL, -1 },
    { "{\"serial\":7,\"lineage\":\"a", NULL, -1 },
    { "{\"outputs\":{},\"serial\":7,\"lineage\":\"a\"}", NULL, -1 },
    { "{\"serial\":7,\"lineage\":8}", NULL, -1 },
    { "[1]", NULL, -1 },
    { "{", NULL, -1 },
    { "", NULL, -1 },
    { "No state.\n", NULL, -1 },
};

TEST(lineage_and_serial_come_from_the_beginning)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *lineage = NULL;
        gint64 serial = 99;

        state_head_read(cases[i].text, strlen(cases[i].text), &lineage, &serial);
        if (g_strcmp0(lineage, cases[i].lineage) != 0 || serial != cases[i].serial)
            fail_msg("%s: %s, %d", cases[i].text, lineage, (int)serial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lineage_and_serial_come_from_the_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
