// SPDX-License-Identifier: Apache-2.0
#include "engine/pool.h"

#include <stdatomic.h>

#include "engine/slots.h"
#include "test.h"

static atomic_int n_done, n_running, most_running, n_idle;

static void count(gpointer own, gpointer item, gpointer data)
{
    (void)own, (void)data;
    atomic_fetch_add(&n_done, GPOINTER_TO_INT(item));
}

static void on_idle(gpointer data)
{
    (void)data;
    atomic_fetch_add(&n_idle, 1);
}

TEST(a_pool_works_off_what_it_is_given_and_says_when_it_has_room)
{
    const PoolSpec spec = { .threads = 3, .work = count, .on_idle = on_idle };
    Pool *pool = pool_new(&spec);

    for (int given = 0; given < 100;)
        if (pool_has_room(pool)) {
            pool_give(pool, GINT_TO_POINTER(1));
            given++;
        }
    assert_true(pool_wait_idle(pool, 10000));
    pool_free(pool);
    assert_int_equal(atomic_load(&n_done), 100);
    assert_int_equal(atomic_load(&n_idle), 100);
}

static guint count_threads(void)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(tasks))
        n++;
    return n;
}

TEST(a_pool_starts_no_more_threads_than_it_has_had_work_for_at_once)
{
    const PoolSpec spec = { .threads = 3, .work = count };
    guint n_before = count_threads();
    Pool *pool = pool_new(&spec);

    assert_int_equal(count_threads(), n_before);
    for (int i = 0; i < 5; i++) {
        pool_give(pool, GINT_TO_POINTER(1));
        assert_true(pool_wait_idle(pool, 10000));
    }
    assert_int_equal(count_threads(), n_before + 1);
    pool_free(pool);
}

static void use_slot(const Ctx *ctx, guint index, gpointer data)
{
    int now = atomic_fetch_add(&n_running, 1) + 1, most = atomic_load(&most_running);
    atomic_int *calls = data;

    (void)ctx;
    while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
        ;
    atomic_fetch_add(&calls[index], 1);
    g_thread_yield();
    atomic_fetch_sub(&n_running, 1);
}

TEST(every_project_gets_its_turn_once_and_never_more_run_than_there_are_slots)
{
    atomic_int calls[50] = { 0 };
    const Ctx ctx = { 0 };

    slots_init(4);
    slots_run(&ctx, G_N_ELEMENTS(calls), 0, use_slot, calls);
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
        assert_int_equal(atomic_load(&calls[i]), 1);
    assert_in_range(atomic_load(&most_running), 1, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_works_off_what_it_is_given_and_says_when_it_has_room),
        cmocka_unit_test(a_pool_starts_no_more_threads_than_it_has_had_work_for_at_once),
        cmocka_unit_test(every_project_gets_its_turn_once_and_never_more_run_than_there_are_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
