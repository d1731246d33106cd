// SPDX-License-Identifier: Apache-2.0
#include "cli/local_tree.h"

#include <unistd.h>

#include "engine/modules.h"
#include "git_repo.h"

static const Ctx ctx;

/* "a.tf b/c.tf": as listed. The caller frees it. */
static char *listed(const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) files = local_tree_list(&ctx, dir, &error);

    assert_ok(files, error);
    g_ptr_array_add(files, NULL);
    return g_strjoinv(" ", (GStrv)files->pdata);
}

TEST(a_working_tree_is_what_git_would_commit)
{
    const Repo *repo = *fixture;
    g_autofree char *gone = g_build_filename(repo->origin, "gone.tf", NULL);
    g_autofree char *link = g_build_filename(repo->origin, "link.tf", NULL);
    g_autofree char *below = g_build_filename(repo->origin, "net", NULL);
    g_autofree char *all = NULL, *some = NULL;

    repo_write(repo, "gone.tf", "");
    repo_write(repo, "net/b.tf", "");
    assert_int_equal(symlink("main.tf", link), 0);
    g_free(repo_commit(repo));
    repo_write(repo, ".gitignore", "ignored*\n");
    repo_write(repo, "ignored.tf", "");
    repo_write(repo, "net/a b.tf", "");
    g_remove(gone);
    all = listed(repo->origin);
    some = listed(below);

    assert_string_equal(all, ".gitignore main.tf net/a b.tf net/b.tf");
    assert_string_equal(some, "a b.tf b.tf");
}

TEST(programs_that_a_repository_names_are_not_started)
{
    const Repo *repo = *fixture;
    g_autofree char *proof = repo_path(repo, "proof");
    g_autofree char *command = g_strdup_printf("touch %s; false", proof);
    g_autofree char *all = NULL;

    REPO_GIT(repo, "config", "core.fsmonitor", command);
    all = listed(repo->origin);

    assert_string_equal(all, "main.tf");
    assert_false(g_file_test(proof, G_FILE_TEST_EXISTS));
}

TEST(a_broken_repository_is_told_with_the_words_of_git)
{
    const Repo *repo = *fixture;
    g_autofree char *dir = repo_path(repo, "broken");
    g_autofree char *git = g_build_filename(dir, ".git", NULL);
    g_autoptr(GError) error = NULL;

    g_mkdir(dir, 0700);
    assert_true(g_file_set_contents(git, "nonsense", -1, NULL));
    assert_fails(local_tree_list(&ctx, dir, &error), error, HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "invalid gitfile"));
}

/* Outside of origin: a plain directory with these files. */
static char *plain_dir(const Repo *repo, const char *const *files)
{
    char *dir = repo_path(repo, "plain");

    for (; *files; files++) {
        g_autofree char *path = g_build_filename(dir, *files, NULL);
        g_autofree char *parent = g_path_get_dirname(path);

        assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
        assert_true(g_file_set_contents(path, "text", -1, NULL));
    }
    return dir;
}

TEST(a_plain_directory_is_walked_without_following_links)
{
    const Repo *repo = *fixture;
    g_autofree char *dir = plain_dir(repo, ARGV("b/x.tf", "a.tf", "b/.terraform/modules/m.tf",
                                                ".terragrunt-cache/y.tf", ".hidden/z.tf"));
    g_autofree char *link = g_build_filename(dir, "b", "up", NULL);
    g_autofree char *file_link = g_build_filename(dir, "c.tf", NULL);
    g_autofree char *all = NULL;

    assert_int_equal(symlink("..", link), 0);
    assert_int_equal(symlink("a.tf", file_link), 0);
    all = listed(dir);

    assert_string_equal(all, ".hidden/z.tf a.tf b/x.tf");
}

TEST(files_are_read_in_order_and_links_are_not_there)
{
    const Repo *repo = *fixture;
    g_autofree char *dir = plain_dir(repo, ARGV("a.tf", "b/x.tf"));
    g_autofree char *link = g_build_filename(dir, "link.tf", NULL);
    g_autofree char *large = g_build_filename(dir, "large.tf", NULL);
    g_autofree char *text = g_strnfill(MODULE_MOST_BYTES + 1, 'x');
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GError) error = NULL;

    assert_int_equal(symlink("a.tf", link), 0);
    assert_true(g_file_set_contents(large, text, -1, NULL));
    found = local_tree_read(dir, ARGV("b/x.tf", "link.tf", "../origin/main.tf", "large.tf", "none"),
                            &error);
    assert_ok(found, error);

    assert_int_equal(found->len, 5);
    assert_string_equal(((const GString *)found->pdata[0])->str, "text");
    for (guint i = 1; i < found->len; i++)
        assert_null(found->pdata[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_working_tree_is_what_git_would_commit, repo_setup,
                                        repo_teardown),
        cmocka_unit_test_setup_teardown(programs_that_a_repository_names_are_not_started,
                                        repo_setup, repo_teardown),
        cmocka_unit_test_setup_teardown(a_broken_repository_is_told_with_the_words_of_git,
                                        repo_setup, repo_teardown),
        cmocka_unit_test_setup_teardown(a_plain_directory_is_walked_without_following_links,
                                        repo_setup, repo_teardown),
        cmocka_unit_test_setup_teardown(files_are_read_in_order_and_links_are_not_there, repo_setup,
                                        repo_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
