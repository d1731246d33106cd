// SPDX-License-Identifier: Apache-2.0
#include "sys/disk.h"

#include "test.h"

#define MIB(n) ((gint64)(n) << 20)

TEST(room_is_judged_by_what_is_left_and_what_there_is)
{
    static const struct {
        gint64 free_mib, all_mib;
        DiskRoom room;
    } cases[] = {
        { 0, 0, DISK_IS_FULL },       { 99, 100, DISK_IS_FULL },
        { 100, 500, DISK_HAS_ROOM }, /* a small disk that is mostly empty */
        { 100, 1001, DISK_IS_LOW },   { 1023, 10230, DISK_HAS_ROOM },
        { 1023, 10240, DISK_IS_LOW }, { 1024, 1 << 20, DISK_HAS_ROOM },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        if (disk_judge(MIB(cases[i].free_mib), MIB(cases[i].all_mib)) != cases[i].room)
            fail_msg("%u", i);
}

TEST(a_file_system_is_looked_at)
{
    gint64 free_bytes = -1;
    DiskRoom room = DISK_HAS_ROOM;

    assert_true(disk_look("/proc", &free_bytes, &room)); /* it has no blocks at all */
    assert_int_equal(free_bytes, 0);
    assert_int_equal(room, DISK_IS_FULL);
    assert_false(disk_look("/nowhere/at/all", &free_bytes, &room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_judged_by_what_is_left_and_what_there_is),
        cmocka_unit_test(a_file_system_is_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
