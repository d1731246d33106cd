// SPDX-License-Identifier: Apache-2.0
#include "git_repo.h"

static const Ctx ctx = { 0 };

typedef struct {
    GitCache *cache;
    char *base, *head;
} Branches;

/* main changed base_file to text, topic changed head_file. */
static Branches diverge(const Repo *repo, const char *base_file, const char *head_file)
{
    Branches made = { .cache = repo_cache(repo) };

    REPO_GIT(repo, "branch", "topic");
    repo_write(repo, base_file, "base\n");
    g_free(repo_commit(repo));
    REPO_GIT(repo, "checkout", "--quiet", "topic");
    repo_write(repo, head_file, "head\n");
    g_free(repo_commit(repo));
    made.base = repo_fetch(repo, made.cache, "main");
    made.head = repo_fetch(repo, made.cache, "topic");
    return made;
}

static void branches_clear(Branches *branches)
{
    git_cache_free(branches->cache);
    g_free(branches->base);
    g_free(branches->head);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Branches, branches_clear)

TEST(a_merge_holds_both_sides_and_has_both_parents)
{
    Repo *repo = *fixture;
    g_auto(Branches) from = diverge(repo, "base.tf", "head.tf");
    g_autoptr(GPtrArray) conflicts = NULL, files = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) parents = g_string_new(NULL);
    const char *const paths[] = { "base.tf", "head.tf", NULL };
    g_autofree char *commit =
        git_cache_merge(&ctx, from.cache, from.base, from.head, &conflicts, &error);
    g_autofree char *want = g_strdup_printf("%s %s\n", from.base, from.head);

    assert_ok(commit, error);
    assert_null(conflicts);
    files = git_cache_read(&ctx, from.cache, commit, paths, 100, &error);
    assert_ok(files, error);
    repo_git(repo, ARGV("--git-dir", repo->cache_dir, "log", "-1", "--format=%P", commit), parents);

    assert_string_equal(((GString *)files->pdata[0])->str, "base\n");
    assert_string_equal(((GString *)files->pdata[1])->str, "head\n");
    assert_string_equal(parents->str, want);
}

TEST(the_same_merge_has_the_same_id_in_another_cache)
{
    Repo *repo = *fixture;
    g_auto(Branches) from = diverge(repo, "base.tf", "head.tf");
    g_autoptr(GPtrArray) conflicts = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *first =
        git_cache_merge(&ctx, from.cache, from.base, from.head, &conflicts, &error);
    g_autofree char *other_dir = repo_path(repo, "other-cache");
    g_autofree char *second = NULL;
    g_auto(Branches) again = { 0 };

    assert_ok(first, error);
    g_free(repo->cache_dir);
    repo->cache_dir = g_steal_pointer(&other_dir);
    again.cache = repo_cache(repo);
    again.base = repo_fetch(repo, again.cache, "main");
    again.head = repo_fetch(repo, again.cache, "topic");
    second = git_cache_merge(&ctx, again.cache, again.base, again.head, &conflicts, &error);

    assert_ok(second, error);
    assert_string_equal(first, second);
}

TEST(a_merge_is_not_older_than_what_it_merges)
{
    Repo *repo = *fixture;
    g_autoptr(GPtrArray) conflicts = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;
    g_autoptr(GString) dates = g_string_new(NULL);

    repo->env = g_environ_setenv(repo->env, "GIT_COMMITTER_DATE", "@2000000000 +0100", TRUE);
    g_auto(Branches) from = diverge(repo, "base.tf", "head.tf");
    commit = git_cache_merge(&ctx, from.cache, from.base, from.head, &conflicts, &error);
    assert_ok(commit, error);
    repo_git(repo,
             ARGV("--git-dir", repo->cache_dir, "log", "-1", "--date=raw",
                  "--format=%an <%ae> %ad %cd", commit),
             dates);

    assert_string_equal(dates->str, "hadal <hadal@localhost> 2000000000 +0000 2000000000 +0000\n");
}

TEST(a_conflict_names_its_files_and_is_no_error)
{
    Repo *repo = *fixture;
    g_auto(Branches) from = diverge(repo, "a b/ü.tf", "a b/ü.tf");
    g_autoptr(GPtrArray) conflicts = NULL;
    g_autoptr(GError) error = NULL;

    assert_null(git_cache_merge(&ctx, from.cache, from.base, from.head, &conflicts, &error));
    assert_null(error);
    assert_non_null(conflicts);
    assert_int_equal(conflicts->len, 1);
    assert_string_equal(conflicts->pdata[0], "a b/ü.tf");
}

TEST(histories_that_are_not_related_fail)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = repo_fetch(repo, cache, "main");
    g_autofree char *head = NULL;
    g_autoptr(GPtrArray) conflicts = NULL;
    g_autoptr(GError) error = NULL;

    REPO_GIT(repo, "checkout", "--quiet", "--orphan", "other");
    repo_write(repo, "main.tf", "unrelated\n");
    g_free(repo_commit(repo));
    head = repo_fetch(repo, cache, "other");

    assert_fails(git_cache_merge(&ctx, cache, base, head, &conflicts, &error), error,
                 HADAL_ERROR_FAILED);
    assert_null(conflicts);
}

TEST(what_is_no_commit_is_not_merged)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *base = repo_fetch(repo, cache, "main");
    g_autoptr(GPtrArray) conflicts = NULL;
    g_autoptr(GError) error = NULL;

    assert_fails(git_cache_merge(&ctx, cache, base, "-x", &conflicts, &error), error,
                 HADAL_ERROR_INVALID);
}

#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, repo_setup, repo_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REPO(a_merge_holds_both_sides_and_has_both_parents),
        WITH_REPO(the_same_merge_has_the_same_id_in_another_cache),
        WITH_REPO(a_merge_is_not_older_than_what_it_merges),
        WITH_REPO(a_conflict_names_its_files_and_is_no_error),
        WITH_REPO(histories_that_are_not_related_fail),
        WITH_REPO(what_is_no_commit_is_not_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
