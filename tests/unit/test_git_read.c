// SPDX-License-Identifier: Apache-2.0
/* git_cache_diff, git_cache_list, git_cache_read. */
#include "git_repo.h"

static const Ctx ctx = { 0 };

/* "R old > new" lines, in git's order. */
static char *changes_text(const GPtrArray *changes)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < changes->len; i++) {
        const GitChange *change = changes->pdata[i];

        g_string_append_printf(text, "%c %s%s%s\n", change->status,
                               change->old_path ? change->old_path : "",
                               change->old_path ? " > " : "", change->path);
    }
    return g_string_free(text, FALSE);
}

static char *paths_text(const GPtrArray *paths)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < paths->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)paths->pdata[i]);
    return g_string_free(text, FALSE);
}

static char *diff_text(GitCache *cache, const char *base, const char *head)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = git_cache_diff(&ctx, cache, base, head, &error);

    assert_ok(changes, error);
    return changes_text(changes);
}

TEST(a_diff_is_from_the_merge_base_to_the_head)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = NULL, *head = NULL, *text = NULL;

    REPO_GIT(repo, "branch", "topic");
    repo_write(repo, "later.tf", "only in main\n");
    g_free(repo_commit(repo));
    REPO_GIT(repo, "checkout", "--quiet", "topic");
    repo_write(repo, "new.tf", "x\n");
    repo_write(repo, "main.tf", "changed\n");
    g_free(repo_commit(repo));
    base = repo_fetch(repo, cache, "main");
    head = repo_fetch(repo, cache, "topic");
    text = diff_text(cache, base, head);

    assert_string_equal(text, "M main.tf\nA new.tf\n");
}

TEST(a_diff_of_two_commits_is_between_exactly_these)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = NULL, *head = NULL, *text = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GError) error = NULL;

    REPO_GIT(repo, "branch", "topic");
    repo_write(repo, "later.tf", "only in main\n");
    g_free(repo_commit(repo));
    base = repo_fetch(repo, cache, "main");
    head = repo_fetch(repo, cache, "topic");
    changes = git_cache_diff_commits(&ctx, cache, base, head, &error);
    assert_ok(changes, error);
    text = changes_text(changes);

    assert_string_equal(text, "D later.tf\n");
}

TEST(a_rename_names_both_ends)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = NULL, *head = NULL, *text = NULL;

    repo_write(repo, "a/one.tf", "1\n2\n3\n4\n5\n6\n7\n8\n");
    g_free(repo_commit(repo));
    REPO_GIT(repo, "branch", "old");
    REPO_GIT(repo, "rm", "--quiet", "a/one.tf");
    repo_write(repo, "b/two.tf", "1\n2\n3\n4\n5\n6\n7\n9\n");
    g_free(repo_commit(repo));
    base = repo_fetch(repo, cache, "old");
    head = repo_fetch(repo, cache, "main");
    text = diff_text(cache, base, head);

    assert_string_equal(text, "R a/one.tf > b/two.tf\n");
}

TEST(names_may_hold_any_character)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = repo_fetch(repo, cache, "main");
    g_autofree char *head = NULL, *text = NULL, *list = NULL;
    g_autoptr(GPtrArray) paths = NULL, files = NULL;
    g_autoptr(GError) error = NULL;
    static const char *const names[] = { "a b/\"c\".tf", "line\nbreak missing",
                                         "ünï/β.tf",     "-x.tf",
                                         ":(glob)*",     NULL };

    for (gsize i = 0; names[i]; i++)
        repo_write(repo, names[i], names[i]);
    head = (g_free(repo_commit(repo)), repo_fetch(repo, cache, "main"));
    text = diff_text(cache, base, head);
    paths = git_cache_list(&ctx, cache, head, &error);
    assert_ok(paths, error);
    list = paths_text(paths);
    files = git_cache_read(&ctx, cache, head, names, 1000, &error);
    assert_ok(files, error);

    assert_string_equal(text, "A -x.tf\nA :(glob)*\nA a b/\"c\".tf\nA line\nbreak missing\n"
                              "A ünï/β.tf\n");
    assert_string_equal(list, "-x.tf\n:(glob)*\na b/\"c\".tf\nline\nbreak missing\nmain.tf\n"
                              "ünï/β.tf\n");
    for (gsize i = 0; names[i]; i++)
        assert_string_equal(((GString *)files->pdata[i])->str, names[i]);
}

TEST(commits_without_a_common_ancestor_have_no_diff)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = repo_fetch(repo, cache, "main");
    g_autofree char *head = NULL;
    g_autoptr(GError) error = NULL;

    REPO_GIT(repo, "checkout", "--quiet", "--orphan", "other");
    repo_write(repo, "main.tf", "unrelated\n");
    g_free(repo_commit(repo));
    head = repo_fetch(repo, cache, "other");

    assert_fails(git_cache_diff(&ctx, cache, base, head, &error), error, HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "no merge base"));
}

TEST(only_full_ids_are_given_to_git)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *commit = repo_fetch(repo, cache, "main");
    const char *const paths[] = { "main.tf", NULL };
    g_autoptr(GError) error = NULL;

    assert_fails(git_cache_diff(&ctx, cache, commit, "--output=/tmp/x", &error), error,
                 HADAL_ERROR_INVALID);
    g_clear_error(&error);
    assert_fails(git_cache_diff_commits(&ctx, cache, "HEAD", commit, &error), error,
                 HADAL_ERROR_INVALID);
    g_clear_error(&error);
    assert_fails(git_cache_list(&ctx, cache, "-r", &error), error, HADAL_ERROR_INVALID);
    g_clear_error(&error);
    assert_fails(git_cache_read(&ctx, cache, "main", paths, 10, &error), error,
                 HADAL_ERROR_INVALID);
}

TEST(links_and_submodules_are_not_on_the_list)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *link = g_build_filename(repo->origin, "link", NULL);
    g_autofree char *first = repo_id(repo, "HEAD");
    g_autofree char *entry = g_strdup_printf("160000,%s,sub", first);
    g_autofree char *head = NULL, *text = NULL;
    g_autoptr(GPtrArray) paths = NULL;
    g_autoptr(GError) error = NULL;

    assert_int_equal(symlink("main.tf", link), 0);
    REPO_GIT(repo, "add", "--all");
    REPO_GIT(repo, "update-index", "--add", "--cacheinfo", entry);
    REPO_GIT(repo, "commit", "--quiet", "-m", "x");
    head = repo_fetch(repo, cache, "main");
    paths = git_cache_list(&ctx, cache, head, &error);
    assert_ok(paths, error);
    text = paths_text(paths);

    assert_string_equal(text, "main.tf\n");
}

TEST(many_files_read_as_few_do)
{
    enum { N = 100, LARGE = 2000 };
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *inside = g_build_filename(repo->origin, "inside", NULL);
    g_autofree char *large = g_strnfill(LARGE, 'x'), *head = NULL;
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_auto(GStrv) paths = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < N; i++) {
        g_autofree char *path = g_strdup_printf("d%d/blob \t%d.tf", i, i);
        g_autofree char *text = g_strdup_printf("text %d\n", i);

        repo_write(repo, path, text);
        g_strv_builder_add(names, path);
    }
    repo_write(repo, "large", large);
    assert_int_equal(symlink("main.tf", inside), 0);
    g_strv_builder_add_many(names, "inside", "no", "large", "d1", "./main.tf", "main.tf", NULL);
    paths = g_strv_builder_end(names);
    head = (g_free(repo_commit(repo)), repo_fetch(repo, cache, "main"));
    files = git_cache_read(&ctx, cache, head, (const char *const *)paths, 1000, &error);
    assert_ok(files, error);

    assert_int_equal(files->len, N + 6);
    for (int i = 0; i < N; i++) {
        g_autofree char *text = g_strdup_printf("text %d\n", i);

        assert_string_equal(((GString *)files->pdata[i])->str, text);
    }
    assert_string_equal(((GString *)files->pdata[N])->str, "one\n");
    for (int i = N + 1; i < N + 5; i++)
        assert_null(files->pdata[i]);
    assert_string_equal(((GString *)files->pdata[N + 5])->str, "one\n");
}

TEST(what_is_not_a_file_there_reads_as_nothing)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *inside = g_build_filename(repo->origin, "inside", NULL);
    g_autofree char *outside = g_build_filename(repo->origin, "outside", NULL);
    g_autofree char *head = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(GError) error = NULL;
    static const char *const paths[] = { "no",         "outside", "dir",      "./main.tf",
                                         "../main.tf", "",        "/main.tf", "main.tf/x",
                                         "inside",     "main.tf", NULL };

    repo_write(repo, "dir/x", "x");
    assert_int_equal(symlink("main.tf", inside), 0);
    assert_int_equal(symlink("/etc/passwd", outside), 0);
    head = (g_free(repo_commit(repo)), repo_fetch(repo, cache, "main"));
    files = git_cache_read(&ctx, cache, head, paths, 1000, &error);
    assert_ok(files, error);

    assert_int_equal(files->len, 10);
    for (gsize i = 0; i < 8; i++)
        if (files->pdata[i])
            fail_msg("%s is %s", paths[i], ((GString *)files->pdata[i])->str);
    assert_string_equal(((GString *)files->pdata[8])->str, "one\n");
    assert_string_equal(((GString *)files->pdata[9])->str, "one\n");
}

TEST(bytes_come_as_they_are)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *path = g_build_filename(repo->origin, "bytes", NULL);
    g_autofree char *head = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(GError) error = NULL;
    static const char *const paths[] = { "bytes", "empty", NULL };

    g_file_set_contents(path, "a\0b\xff\n", 5, NULL);
    repo_write(repo, "empty", "");
    head = (g_free(repo_commit(repo)), repo_fetch(repo, cache, "main"));
    files = git_cache_read(&ctx, cache, head, paths, 1000, &error);
    assert_ok(files, error);

    assert_int_equal(((GString *)files->pdata[0])->len, 5);
    assert_memory_equal(((GString *)files->pdata[0])->str, "a\0b\xff\n", 5);
    assert_int_equal(((GString *)files->pdata[1])->len, 0);
}

TEST(I8_a_file_that_is_too_large_is_left_out_and_the_others_come)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *large = g_strnfill(1 << 20, 'x');
    g_autofree char *medium = g_strnfill(101, 'x');
    g_autofree char *head = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(GError) error = NULL;
    static const char *const paths[] = { "large", "no\nsuch", "main.tf", "medium", "exact", NULL };

    repo_write(repo, "large", large);
    repo_write(repo, "medium", medium);
    repo_write(repo, "exact", medium + 1);
    head = (g_free(repo_commit(repo)), repo_fetch(repo, cache, "main"));
    files = git_cache_read(&ctx, cache, head, paths, 100, &error);
    assert_ok(files, error);

    assert_null(files->pdata[0]);
    assert_null(files->pdata[1]);
    assert_string_equal(((GString *)files->pdata[2])->str, "one\n");
    assert_null(files->pdata[3]);
    assert_int_equal(((GString *)files->pdata[4])->len, 100);
}

TEST(a_file_that_is_a_little_too_large_is_left_out_too)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *head = repo_fetch(repo, cache, "main");
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(GError) error = NULL;
    const char *const paths[] = { "main.tf", NULL };

    files = git_cache_read(&ctx, cache, head, paths, strlen("one\n") - 1, &error);
    assert_ok(files, error);
    assert_int_equal(files->len, 1);
    assert_null(files->pdata[0]);
}

#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, repo_setup, repo_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REPO(a_diff_is_from_the_merge_base_to_the_head),
        WITH_REPO(a_diff_of_two_commits_is_between_exactly_these),
        WITH_REPO(a_rename_names_both_ends),
        WITH_REPO(names_may_hold_any_character),
        WITH_REPO(commits_without_a_common_ancestor_have_no_diff),
        WITH_REPO(only_full_ids_are_given_to_git),
        WITH_REPO(links_and_submodules_are_not_on_the_list),
        WITH_REPO(what_is_not_a_file_there_reads_as_nothing),
        WITH_REPO(many_files_read_as_few_do),
        WITH_REPO(bytes_come_as_they_are),
        WITH_REPO(I8_a_file_that_is_too_large_is_left_out_and_the_others_come),
        WITH_REPO(a_file_that_is_a_little_too_large_is_left_out_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
