// SPDX-License-Identifier: Apache-2.0
#include "engine/waves.h"

#include "test.h"

typedef struct {
    const char *name;
    gint64 group;
    const char *const *after;
    guint wave;
} Row;

static void assert_waves(const Row *rows, guint n, bool by_dependency)
{
    ProjectRef *refs = g_new0(ProjectRef, n);
    ProjectConfig *configs = g_new0(ProjectConfig, n);
    const ProjectConfig **list = g_new0(const ProjectConfig *, n);
    g_auto(Waves) waves = { 0 };

    for (guint i = 0; i < n; i++) {
        refs[i].name = (char *)rows[i].name;
        configs[i] = (ProjectConfig){ .ref = &refs[i],
                                      .order_group = rows[i].group,
                                      .depends_on = (GStrv)rows[i].after };
        list[i] = &configs[i];
    }
    waves_init(&waves, list, n, by_dependency);
    for (guint i = 0; i < n; i++)
        if (waves.wave_of[i] != rows[i].wave)
            fail_msg("%s is in wave %u, not %u", rows[i].name, waves.wave_of[i], rows[i].wave);
    g_free(refs);
    g_free(configs);
    g_free(list);
}

#define AFTER(...) ((const char *const[]){ __VA_ARGS__, NULL })

TEST(groups_follow_each_other_in_order)
{
    const Row rows[] = {
        { "last", 10, NULL, 2 }, { "first", -1, NULL, 0 }, { "a", 0, NULL, 1 }, { "b", 0, NULL, 1 }
    };

    assert_waves(rows, G_N_ELEMENTS(rows), false);
}

TEST(dependencies_order_the_projects_of_a_group)
{
    const Row rows[] = {
        { "app", 0, AFTER("net", "dns"), 2 },
        { "dns", 0, AFTER("net"), 1 },
        { "net", 0, NULL, 0 },
        { "", 0, NULL, 0 },
        { "other", 1, AFTER("net"), 3 },
    };

    assert_waves(rows, G_N_ELEMENTS(rows), true);
}

TEST(dependencies_do_not_order_plans)
{
    const Row rows[] = { { "app", 0, AFTER("net"), 0 }, { "net", 0, NULL, 0 } };

    assert_waves(rows, G_N_ELEMENTS(rows), false);
}

TEST(a_dependency_that_is_not_there_orders_nothing)
{
    const Row rows[] = { { "app", 0, AFTER("absent"), 0 } };

    assert_waves(rows, G_N_ELEMENTS(rows), true);
}

TEST(a_ring_comes_to_an_end)
{
    const Row rows[] = { { "a", 0, AFTER("b"), 0 }, { "b", 0, AFTER("a"), 1 } };
    g_auto(Waves) waves = { 0 };
    ProjectRef a = { .name = (char *)"a" }, b = { .name = (char *)"b" };
    const ProjectConfig first = { .ref = &a, .depends_on = (GStrv)rows[0].after };
    const ProjectConfig second = { .ref = &b, .depends_on = (GStrv)rows[1].after };

    waves_init(&waves, (const ProjectConfig *const[]){ &first, &second }, 2, true);
    assert_true(waves.n_waves >= 1);
}

static void note(const Ctx *ctx, guint index, gpointer data)
{
    (void)ctx;
    g_array_append_val((GArray *)data, index);
}

static bool says_no(gpointer data)
{
    (void)data;
    return false;
}

TEST(nothing_of_a_later_wave_is_called_after_a_no)
{
    ProjectRef ref = { .name = (char *)"" };
    const ProjectConfig first = { .ref = &ref }, second = { .ref = &ref, .order_group = 1 };
    g_auto(Waves) waves = { 0 };
    g_autoptr(GArray) called = g_array_new(FALSE, FALSE, sizeof(guint));
    const Ctx ctx = { 0 };

    slots_init(2);
    waves_init(&waves, (const ProjectConfig *const[]){ &second, &first }, 2, false);
    waves_run(&ctx, &waves, 1, note, says_no, called);

    assert_int_equal(called->len, 1);
    assert_int_equal(g_array_index(called, guint, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_follow_each_other_in_order),
        cmocka_unit_test(dependencies_order_the_projects_of_a_group),
        cmocka_unit_test(dependencies_do_not_order_plans),
        cmocka_unit_test(a_dependency_that_is_not_there_orders_nothing),
        cmocka_unit_test(a_ring_comes_to_an_end),
        cmocka_unit_test(nothing_of_a_later_wave_is_called_after_a_no),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
