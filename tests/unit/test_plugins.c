// SPDX-License-Identifier: Apache-2.0
#include "tf/plugins.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"
#include "test.h"
#include "tf/packages.h"

/* What Terraform 1.11 wrote into a lock file for a package of these two files. */
#define PROGRAM "#!/bin/sh\nexit 1\n"
#define DIGEST  "h1:MzvMqPWDvdvMVsC98AvB+e/IYsugMpunbbt7FsLVPhM="
#define LOCK \
    "provider \"registry.terraform.io/acme/thing\" {\n  hashes = [\n    \"" DIGEST "\",\n  ]\n}\n"
#define NAME "registry.terraform.io/acme/thing/1.2.3/linux_amd64"

static const Ctx ctx = { 0 };

typedef struct {
    char *top, *cache, *pulls;
} World;

static int set_up(void **fixture)
{
    World *world = g_new0(World, 1);

    world->top = g_dir_make_tmp("plugins-XXXXXX", NULL);
    world->cache = g_build_filename(world->top, "plugin-cache", NULL);
    world->pulls = g_build_filename(world->top, "pulls", NULL);
    *fixture = world;
    return 0;
}

static int tear_down(void **fixture)
{
    World *world = *fixture;

    assert_true(files_remove_tree(world->top, NULL));
    g_free(world->top);
    g_free(world->cache);
    g_free(world->pulls);
    g_free(world);
    return 0;
}

#define TEST_IN(name) static void name(void **fixture)
#define WORLD(world)  const World *world = *fixture

static char *view_dir(const World *world, const char *name)
{
    return g_build_filename(world->pulls, name, "plugins", "x", NULL);
}

static PluginView view_of(const World *world, const char *dir, const char *lock_file)
{
    /* Everything counts as taken. */
    return (PluginView){
        .cache = world->cache,
        .dir = dir,
        .taken = dir,
        .lock_file = lock_file,
    };
}

static void write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* As the tool does it. */
static void fetch(const char *root, const char *name, const char *program)
{
    g_autofree char *dir = g_build_filename(root, name, NULL);

    write_file(dir, "terraform-provider-thing_v1.2.3", program);
    write_file(dir, "README.md", "x");
}

static char *target_of(const char *root, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);

    return g_file_read_link(path, NULL);
}

static void publish(const PluginView *view, guint n_want)
{
    g_autoptr(GError) error = NULL;
    guint n_fetched = 99;

    assert_ok(plugins_publish(&ctx, view, &n_fetched, &error), error);
    assert_int_equal(n_fetched, n_want);
}

static bool link_up(const PluginView *view)
{
    g_autoptr(GError) error = NULL;
    bool is_complete = false;

    assert_ok(plugins_link(&ctx, view, &is_complete, &error), error);
    return is_complete;
}

/* In the common directory, by way of a view that is gone then. */
static void have(const World *world, const char *name, const char *program)
{
    g_autofree char *dir = g_build_filename(world->top, "maker", NULL);
    const PluginView view = view_of(world, dir, NULL);

    fetch(dir, name, program);
    publish(&view, 1);
    assert_true(files_remove_tree(dir, NULL));
}

TEST_IN(the_digest_is_the_one_of_lock_files)
{
    WORLD(world);
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_build_filename(world->top, NAME, NULL), *digest = NULL;

    fetch(world->top, NAME, PROGRAM);
    digest = package_digest(dir, &error);
    assert_ok(digest, error);
    assert_string_equal(digest, DIGEST);
}

static void assert_read_only(const char *package)
{
    g_autoptr(GPtrArray) files = package_files(package, NULL);

    assert_int_equal(files->len, 2);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *path = g_build_filename(package, files->pdata[i], NULL);
        GStatBuf info;

        assert_int_equal(g_stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0222, 0);
    }
}

TEST_IN(what_was_fetched_is_shared_and_linked)
{
    WORLD(world);
    g_autofree char *dir = view_dir(world, "1"), *want = g_build_filename(world->cache, NAME, NULL);
    const PluginView view = view_of(world, dir, NULL);

    assert_false(link_up(&view));
    fetch(dir, NAME, PROGRAM);
    publish(&view, 1);

    g_autofree char *target = target_of(dir, NAME), *digest = package_digest(want, NULL);
    assert_string_equal(target, want);
    assert_string_equal(digest, DIGEST);
    assert_read_only(want);
    publish(&view, 0);
}

TEST_IN(the_same_again_is_linked_and_anything_else_is_not_shared)
{
    WORLD(world);
    g_autofree char *same = view_dir(world, "1"), *other = view_dir(world, "2");
    const PluginView first = view_of(world, same, NULL), second = view_of(world, other, NULL);

    have(world, NAME, PROGRAM);
    fetch(same, NAME, PROGRAM);
    fetch(other, NAME, "#!/bin/sh\nexit 2\n");
    publish(&first, 1);
    publish(&second, 1);

    g_autofree char *target = target_of(same, NAME), *none = target_of(other, NAME);
    g_autofree char *path = g_build_filename(world->cache, NAME, NULL);
    g_autofree char *digest = package_digest(path, NULL);
    assert_non_null(target);
    assert_null(none);
    assert_string_equal(digest, DIGEST);
}

TEST_IN(a_lock_file_says_what_is_linked)
{
    WORLD(world);
    g_autofree char *dir = view_dir(world, "1");
    const PluginView locked = view_of(world, dir, LOCK), unlocked = view_of(world, dir, NULL);
    const PluginView others = view_of(world, dir, "provider \"a/b/c\" {\n}\n");

    assert_false(link_up(&locked));
    have(world, NAME, PROGRAM);

    assert_true(link_up(&locked));
    g_autofree char *target = target_of(dir, NAME);
    assert_non_null(target);
    assert_false(link_up(&others));
    g_autofree char *none = target_of(dir, NAME);
    assert_null(none);
    assert_false(link_up(&unlocked));
    g_autofree char *again = target_of(dir, NAME);
    assert_non_null(again);
}

TEST_IN(what_is_not_taken_is_not_linked_for_long)
{
    WORLD(world);
    static const char other[] = "registry.terraform.io/acme/other/2.0.0/linux_amd64";
    g_autofree char *dir = view_dir(world, "1"),
                    *taken = g_build_filename(world->top, "taken", NULL);
    PluginView view = view_of(world, dir, NULL);

    view.taken = taken;
    have(world, NAME, PROGRAM);
    have(world, other, PROGRAM);
    link_up(&view);
    fetch(taken, NAME, PROGRAM); /* a link as well */
    publish(&view, 0);

    g_autofree char *target = target_of(dir, NAME), *none = target_of(dir, other);
    assert_non_null(target);
    assert_null(none);
}

TEST_IN(what_an_init_that_did_not_end_has_left_is_removed)
{
    WORLD(world);
    g_autofree char *dir = view_dir(world, "1"), *half = g_build_filename(dir, NAME, NULL);
    const PluginView view = view_of(world, dir, NULL);

    fetch(dir, NAME, "half");
    link_up(&view);
    assert_false(g_file_test(half, G_FILE_TEST_EXISTS));
}

TEST_IN(links_into_a_mirror_are_the_tools)
{
    WORLD(world);
    g_autofree char *dir = view_dir(world, "1"), *link = g_build_filename(dir, NAME, NULL);
    g_autofree char *above = g_path_get_dirname(link);
    const PluginView view = view_of(world, dir, LOCK);

    assert_int_equal(g_mkdir_with_parents(above, 0700), 0);
    assert_int_equal(symlink("/mirror/thing", link), 0);
    link_up(&view);
    publish(&view, 0);
    g_autofree char *target = target_of(dir, NAME);
    assert_string_equal(target, "/mirror/thing");
}

TEST_IN(a_package_without_a_digest_is_not_used_and_replaced)
{
    WORLD(world);
    g_autofree char *dir = view_dir(world, "1"), *path = g_build_filename(world->cache, NAME, NULL);
    const PluginView view = view_of(world, dir, NULL);

    fetch(world->cache, NAME, "of an earlier release");
    link_up(&view);
    g_autofree char *none = target_of(dir, NAME);
    assert_null(none);
    fetch(dir, NAME, PROGRAM);
    publish(&view, 1);

    g_autofree char *digest = package_digest(path, NULL), *target = target_of(dir, NAME);
    assert_string_equal(digest, DIGEST);
    assert_string_equal(target, path);
}

/* --- many at a time --- */

typedef struct {
    const World *world;
    int number;
    const char *problem; /* NULL: none */
} One;

static const char *fetch_often(const One *one)
{
    g_autofree char *name = g_strdup_printf("%d", one->number), *dir = view_dir(one->world, name);
    const PluginView view = view_of(one->world, dir, NULL);

    for (int i = 0; i < 20; i++) {
        g_autofree char *package =
            g_strdup_printf("registry.terraform.io/acme/thing/1.%d.0/linux_amd64", i % 4);
        bool is_complete;
        guint n_fetched;

        if (!plugins_link(&ctx, &view, &is_complete, NULL))
            return "link";
        g_autofree char *target = target_of(dir, package);
        if (!target)
            fetch(dir, package, PROGRAM);
        if (!plugins_publish(&ctx, &view, &n_fetched, NULL))
            return "publish";
        g_autofree char *path = g_build_filename(dir, package, NULL);
        g_autofree char *digest = package_digest(path, NULL);
        if (g_strcmp0(digest, DIGEST) != 0)
            return "digest";
    }
    return NULL;
}

static void *fetch_and_publish(void *data)
{
    One *one = data;

    one->problem = fetch_often(one);
    return NULL;
}

TEST_IN(many_that_fetch_the_same_leave_whole_packages)
{
    WORLD(world);
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    One ones[THREADS];

    for (int i = 0; i < THREADS; i++) {
        ones[i] = (One){ .world = world, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, fetch_and_publish, &ones[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (ones[i].problem)
            fail_msg("%s", ones[i].problem);
    }
}

/* --- the bound --- */

static void set_used(const World *world, const char *name, time_t when)
{
    g_autofree char *path = g_build_filename(world->cache, name, NULL);
    g_autofree char *stamp = g_strconcat(path, ".h1", NULL);
    const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };

    assert_int_equal(utimensat(AT_FDCWD, stamp, times, 0), 0);
}

static bool has(const World *world, const char *name)
{
    g_autofree char *path = g_build_filename(world->cache, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

TEST_IN(the_longest_unused_go_but_never_what_is_linked_to)
{
    WORLD(world);
    static const char *const names[] = {
        "r/acme/thing/1.0.0/linux_amd64",
        "r/acme/thing/1.1.0/linux_amd64",
        "r/acme/thing/1.2.0/linux_amd64",
        "r/acme/thing/1.3.0/linux_amd64",
    };
    g_autofree char *dir = view_dir(world, "1");
    g_autofree char *link = g_build_filename(dir, names[0], NULL);
    g_autofree char *above = g_path_get_dirname(link),
                    *first = g_build_filename(world->cache, names[0], NULL);
    g_autoptr(GError) error = NULL;
    DiskUse use;
    guint before = plugins_generation();

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        have(world, names[i], PROGRAM);
        set_used(world, names[i], 1000 + i);
    }
    assert_int_equal(g_mkdir_with_parents(above, 0700), 0);
    assert_int_equal(symlink(first, link), 0);
    assert_ok(plugins_trim(&ctx, world->cache, world->pulls, G_MAXINT64, &use, &error), error);
    assert_int_equal(use.n_removed, 0);
    gint64 half = use.bytes / 2;
    assert_true(half > 0);

    assert_ok(plugins_trim(&ctx, world->cache, world->pulls, half, &use, &error), error);

    assert_int_equal(use.n_removed, 2);
    assert_true(use.bytes <= half);
    assert_true(has(world, names[0])); /* the oldest, but linked to */
    assert_false(has(world, names[1]));
    assert_false(has(world, names[2]));
    assert_true(has(world, names[3]));
    assert_true(plugins_generation() > before);
}

TEST_IN(a_directory_that_is_not_there_takes_nothing)
{
    WORLD(world);
    g_autoptr(GError) error = NULL;
    DiskUse use = { .bytes = 1 };

    assert_ok(plugins_trim(&ctx, world->cache, world->pulls, 0, &use, &error), error);
    assert_int_equal(use.bytes, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_digest_is_the_one_of_lock_files),
        CASE(what_was_fetched_is_shared_and_linked),
        CASE(the_same_again_is_linked_and_anything_else_is_not_shared),
        CASE(a_lock_file_says_what_is_linked),
        CASE(what_is_not_taken_is_not_linked_for_long),
        CASE(what_an_init_that_did_not_end_has_left_is_removed),
        CASE(links_into_a_mirror_are_the_tools),
        CASE(a_package_without_a_digest_is_not_used_and_replaced),
        CASE(many_that_fetch_the_same_leave_whole_packages),
        CASE(the_longest_unused_go_but_never_what_is_linked_to),
        CASE(a_directory_that_is_not_there_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
