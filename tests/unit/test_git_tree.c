// SPDX-License-Identifier: Apache-2.0
#include "git/tree.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "test.h"

static const Ctx ctx = { 0 };

static int make_dir(void **fixture)
{
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "hadal-tree-XXXXXX", NULL);

    *fixture = g_strdup(g_mkdtemp(template));
    return *fixture ? 0 : -1;
}

static int remove_dir(void **fixture)
{
    g_autofree char *dir = *fixture;

    return tree_remove(&ctx, dir, NULL) ? 0 : -1;
}

TEST(files_directories_and_links_go)
{
    const char *dir = *fixture;
    g_autofree char *sub = g_build_filename(dir, "a", "b", "c", NULL);
    g_autofree char *file = g_build_filename(sub, "f", NULL);
    g_autofree char *link = g_build_filename(sub, "l", NULL);
    g_autoptr(GError) error = NULL;

    g_mkdir_with_parents(sub, 0700);
    assert_true(g_file_set_contents(file, "x", 1, NULL));
    assert_int_equal(symlink("nowhere", link), 0);
    assert_ok(tree_remove(&ctx, dir, &error), error);
    assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

TEST(what_a_link_points_to_stays)
{
    const char *dir = *fixture;
    g_autofree char *outside = g_build_filename(dir, "outside", NULL);
    g_autofree char *file = g_build_filename(outside, "f", NULL);
    g_autofree char *inside = g_build_filename(dir, "inside", NULL);
    g_autofree char *link = g_build_filename(inside, "l", NULL);
    g_autofree char *top_link = g_build_filename(dir, "top", NULL);
    g_autoptr(GError) error = NULL;

    g_mkdir(outside, 0700);
    g_mkdir(inside, 0700);
    assert_true(g_file_set_contents(file, "x", 1, NULL));
    assert_int_equal(symlink(outside, link), 0);
    assert_int_equal(symlink(outside, top_link), 0);
    assert_ok(tree_remove(&ctx, inside, &error), error);
    assert_ok(tree_remove(&ctx, top_link, &error), error);

    assert_false(g_file_test(inside, G_FILE_TEST_EXISTS));
    assert_false(g_file_test(top_link, G_FILE_TEST_IS_SYMLINK));
    assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
}

TEST(a_tree_deeper_than_any_path_goes)
{
    enum { DEPTH = 3000 };
    const char *dir = *fixture;
    auto_fd int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr(GError) error = NULL;
    struct rlimit before;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < DEPTH; i++) {
        int next;

        assert_int_equal(mkdirat(at, "d", 0700), 0);
        next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
    }
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 256, before.rlim_max });
    assert_ok(tree_remove(&ctx, dir, &error), error);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

TEST(nothing_is_removed_already)
{
    g_autofree char *path = g_build_filename(*fixture, "no", "such", NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(tree_remove(&ctx, path, &error), error);
}

TEST(a_closed_directory_is_opened_up)
{
    const char *dir = *fixture;
    g_autofree char *closed = g_build_filename(dir, "closed", NULL);
    g_autofree char *below = g_build_filename(closed, "below", NULL);
    g_autoptr(GError) error = NULL;
    GStatBuf info;

    g_mkdir_with_parents(below, 0700);
    g_chmod(below, 0);
    g_chmod(closed, 0500);
    assert_ok(tree_open_up(&ctx, dir, &error), error);

    assert_int_equal(g_stat(below, &info), 0);
    assert_int_equal(info.st_mode & 0700, 0700);
}

TEST(a_cancel_stops_it)
{
    const atomic_bool cancel = true;
    const Ctx cancelled = { .cancel = &cancel };
    g_autoptr(GError) error = NULL;

    assert_fails(tree_remove(&cancelled, *fixture, &error), error, HADAL_ERROR_CANCELLED);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(files_directories_and_links_go),   WITH_DIR(what_a_link_points_to_stays),
        WITH_DIR(a_tree_deeper_than_any_path_goes), WITH_DIR(nothing_is_removed_already),
        WITH_DIR(a_closed_directory_is_opened_up),  WITH_DIR(a_cancel_stops_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
