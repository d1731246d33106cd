// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include "test.h"

TEST(each_id_is_greater_than_the_one_before)
{
    gint64 last = 0;

    for (int i = 0; i < 10000; i++) {
        gint64 id = id_new();

        assert_true(id > last);
        last = id;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_id_is_greater_than_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
