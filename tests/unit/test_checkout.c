// SPDX-License-Identifier: Apache-2.0
#include "git/checkout.h"

#include <sys/stat.h>
#include <unistd.h>

#include "git_repo.h"

static const Ctx ctx = { 0 };

#define PIN "refs/keep/77"

typedef struct {
    Repo *repo;
    GitCache *cache;
    char *dir;
} Place;

static void place_clear(Place *place)
{
    git_cache_free(place->cache);
    g_free(place->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static Place place_of(Repo *repo)
{
    return (Place){ repo, repo_cache(repo), g_build_filename(repo->dir, "work", "7", NULL) };
}

static void move_to(const Place *place, const char *commit, const char *const *keep)
{
    const CheckoutSpec spec = { .dir = place->dir, .pin = PIN, .commit = commit, .keep = keep };
    g_autoptr(GError) error = NULL;

    assert_ok(checkout_move(&ctx, place->cache, &spec, &error), error);
}

/* Everything of origin committed, brought and checked out. */
static char *move_to_head(const Place *place)
{
    char *commit;

    g_free(repo_commit(place->repo));
    commit = repo_fetch(place->repo, place->cache, "main");
    move_to(place, commit, NULL);
    return commit;
}

static char *in(const Place *place, const char *name)
{
    return g_build_filename(place->dir, name, NULL);
}

static bool has(const Place *place, const char *name)
{
    g_autofree char *path = in(place, name);
    GStatBuf info;

    return g_lstat(path, &info) == 0;
}

static void put(const Place *place, const char *name, const char *text)
{
    g_autofree char *path = in(place, name);
    g_autofree char *parent = g_path_get_dirname(path);

    g_mkdir_with_parents(parent, 0700);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void assert_text(const Place *place, const char *name, const char *want)
{
    g_autofree char *path = in(place, name);
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, want);
}

static void remove_in(const Place *place, const char *name)
{
    g_autofree char *path = in(place, name);
    const ProcSpec spec = { .argv = ARGV("rm", "-rf", "--", path), .max_output = 1000 };
    g_autoptr(GString) output = g_string_new(NULL);

    assert_true(proc_run(&ctx, &spec, output, NULL, NULL, NULL));
}

/* What a job would see: the git of the directory, found as git finds it. */
static char *job_git(const Place *place, const char *const *args)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    g_auto(GStrv) argv = NULL;

    g_strv_builder_add_many(list, "-C", place->dir, NULL);
    g_strv_builder_addv(list, (const char **)args);
    argv = g_strv_builder_end(list);
    repo_git(place->repo, (const char *const *)argv, output);
    return g_strdup(g_strchomp(output->str));
}

TEST(a_directory_is_made_and_moved_from_commit_to_commit)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *first = NULL, *second = NULL;

    repo_write(repo, "mod/a.tf", "a\n");
    first = move_to_head(&place);
    assert_text(&place, "mod/a.tf", "a\n");
    repo_write(repo, "main.tf", "two\n");
    REPO_GIT(repo, "rm", "--quiet", "mod/a.tf");
    repo_write(repo, "mod2/b.tf", "b\n");
    second = move_to_head(&place);

    assert_text(&place, "main.tf", "two\n");
    assert_text(&place, "mod2/b.tf", "b\n");
    assert_false(has(&place, "mod"));
    move_to(&place, first, NULL);
    assert_text(&place, "main.tf", "one\n");
    assert_false(has(&place, "mod2"));
}

TEST(local_changes_are_undone)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = NULL;

    repo_write(repo, "mod/a.tf", "a\n");
    commit = move_to_head(&place);
    put(&place, "main.tf", "own\n");
    remove_in(&place, "mod");
    put(&place, "mod", "a file now");
    put(&place, "left/over.tf", "x");
    put(&place, ".gitignore", "left\n");
    move_to(&place, commit, NULL);

    assert_text(&place, "main.tf", "one\n");
    assert_text(&place, "mod/a.tf", "a\n");
    assert_false(has(&place, "left"));
    assert_false(has(&place, ".gitignore"));
}

TEST(what_is_to_be_kept_survives_and_nothing_else)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *second = NULL;
    static const char *const keep[] = { "*.tfstate*", ".terraform", NULL };

    g_free(move_to_head(&place));
    put(&place, "terraform.tfstate", "state");
    put(&place, "deep/er/x.tfstate.backup", "state");
    put(&place, "deep/er/x.txt", "rest");
    put(&place, "mod/.terraform/providers/p", "binary");
    put(&place, "plan.out", "rest");
    repo_write(repo, "main.tf", "two\n");
    second = (g_free(repo_commit(repo)), repo_fetch(repo, place.cache, "main"));
    move_to(&place, second, keep);

    assert_text(&place, "terraform.tfstate", "state");
    assert_text(&place, "deep/er/x.tfstate.backup", "state");
    assert_text(&place, "mod/.terraform/providers/p", "binary");
    assert_false(has(&place, "deep/er/x.txt"));
    assert_false(has(&place, "plan.out"));
}

TEST(work_at_the_same_commit_goes_on_with_what_it_left)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);
    const CheckoutSpec spec = {
        .dir = place.dir, .pin = PIN, .commit = commit, .keeps_untracked = true
    };
    g_autoptr(GError) error = NULL;

    put(&place, "made/archive.zip", "x");
    put(&place, "main.tf", "changed\n");
    assert_ok(checkout_move(&ctx, place.cache, &spec, &error), error);

    assert_text(&place, "made/archive.zip", "x");
    assert_text(&place, "main.tf", "one\n");
}

TEST(the_marker_tells_where_a_directory_is)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = NULL;

    assert_false(checkout_is_at(place.dir, "0123456789012345678901234567890123456789"));
    commit = move_to_head(&place);
    assert_true(checkout_is_at(place.dir, commit));
    assert_false(checkout_is_at(place.dir, "0123456789012345678901234567890123456789"));
    remove_in(&place, "");
    assert_false(checkout_is_at(place.dir, commit));
}

TEST(a_move_that_fails_leaves_no_marker)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);
    const CheckoutSpec spec = { .dir = place.dir,
                                .pin = PIN,
                                .commit = "0123456789012345678901234567890123456789" };
    g_autoptr(GError) error = NULL;

    assert_fails(checkout_move(&ctx, place.cache, &spec, &error), error, HADAL_ERROR_FAILED);
    assert_false(checkout_is_at(place.dir, commit));
    move_to(&place, commit, NULL);
    assert_true(checkout_is_at(place.dir, commit));
}

TEST(only_ids_refs_and_absolute_paths_are_taken)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = repo_fetch(repo, place.cache, "main");
    const CheckoutSpec bad[] = {
        { .dir = place.dir, .pin = PIN, .commit = "-x" },
        { .dir = place.dir, .pin = PIN, .commit = "main" },
        { .dir = place.dir, .pin = "refs/../../config", .commit = commit },
        { .dir = place.dir, .pin = "HEAD", .commit = commit },
        { .dir = "work", .pin = PIN, .commit = commit },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(checkout_move(&ctx, place.cache, &bad[i], &error), error, HADAL_ERROR_INVALID);
    }
    assert_false(g_file_test(place.dir, G_FILE_TEST_EXISTS));
}

TEST(a_job_finds_a_clean_repository_at_the_commit)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = NULL, *head = NULL, *status = NULL, *log = NULL, *own = NULL;

    repo_write(repo, "a b/ü.tf", "x\n");
    commit = move_to_head(&place);
    head = job_git(&place, ARGV("rev-parse", "HEAD"));
    status = job_git(&place, ARGV("status", "--porcelain"));
    log = job_git(&place, ARGV("log", "--format=%s"));

    assert_string_equal(head, commit);
    assert_string_equal(status, "");
    assert_string_equal(log, "change\nchange");
    g_free(job_git(&place, ARGV("commit", "--quiet", "--allow-empty", "-m", "of the job")));
    own = job_git(&place, ARGV("rev-parse", "HEAD"));
    assert_false(git_cache_has_commit(&ctx, place.cache, own));
}

TEST(what_a_job_wrote_into_its_repository_is_gone_with_the_next_move)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);
    g_autofree char *trace = repo_path(repo, "trace");
    g_autofree char *config = g_strdup_printf("[core]\n\tfsmonitor = touch %s\n", trace);
    g_autofree char *hook = g_strdup_printf("#!/bin/sh\ntouch %s\n", trace);
    g_autofree char *hook_path = NULL;

    put(&place, ".git/config", config);
    put(&place, ".git/hooks/post-index-change", hook);
    hook_path = in(&place, ".git/hooks/post-index-change");
    g_chmod(hook_path, 0700);
    move_to(&place, commit, NULL);

    assert_false(g_file_test(trace, G_FILE_TEST_EXISTS));
    assert_false(has(&place, ".git/hooks"));
}

/* --- links that lead outside --- */

static char *outside_with_file(const Place *place)
{
    char *outside = repo_path(place->repo, "outside");
    g_autofree char *file = g_build_filename(outside, "a.tf", NULL);

    g_mkdir(outside, 0700);
    assert_true(g_file_set_contents(file, "precious", -1, NULL));
    return outside;
}

static void assert_untouched(const char *outside)
{
    g_autofree char *file = g_build_filename(outside, "a.tf", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GDir) dir = g_dir_open(outside, 0, NULL);
    guint count = 0;

    while (g_dir_read_name(dir))
        count++;
    assert_true(g_file_get_contents(file, &text, NULL, NULL));
    assert_string_equal(text, "precious");
    assert_int_equal(count, 1);
}

static void link_to(const Place *place, const char *name, const char *to)
{
    g_autofree char *path = in(place, name);

    assert_int_equal(symlink(to, path), 0);
}

TEST(a_folder_that_a_job_made_a_link_outside_is_a_folder_again)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *outside = outside_with_file(&place);
    g_autofree char *commit = NULL;
    GStatBuf info;
    g_autofree char *mod = NULL;

    repo_write(repo, "mod/a.tf", "a\n");
    commit = move_to_head(&place);
    mod = in(&place, "mod");
    remove_in(&place, "mod");
    link_to(&place, "mod", outside);
    link_to(&place, "also", outside);
    move_to(&place, commit, NULL);

    assert_untouched(outside);
    assert_int_equal(g_lstat(mod, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_text(&place, "mod/a.tf", "a\n");
    assert_false(has(&place, "also"));
}

TEST(a_file_that_goes_away_is_not_removed_through_a_link)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *outside = outside_with_file(&place);

    repo_write(repo, "mod/a.tf", "a\n");
    g_free(move_to_head(&place));
    remove_in(&place, "mod");
    link_to(&place, "mod", outside);
    REPO_GIT(repo, "rm", "--quiet", "mod/a.tf");
    g_free(move_to_head(&place));

    assert_untouched(outside);
    assert_false(has(&place, "mod"));
}

TEST(a_link_of_the_repository_may_become_a_folder_and_back)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *outside = outside_with_file(&place);
    g_autofree char *link = g_build_filename(repo->origin, "mod", NULL);
    g_autofree char *with_link = NULL, *with_folder = NULL;

    assert_int_equal(symlink(outside, link), 0);
    with_link = move_to_head(&place);
    g_unlink(link);
    repo_write(repo, "mod/a.tf", "a\n");
    with_folder = move_to_head(&place);
    assert_text(&place, "mod/a.tf", "a\n");
    assert_untouched(outside);
    move_to(&place, with_link, NULL);
    assert_text(&place, "mod/a.tf", "precious");
    move_to(&place, with_folder, NULL);

    assert_untouched(outside);
    assert_text(&place, "mod/a.tf", "a\n");
}

TEST(a_git_folder_that_a_job_made_a_link_is_not_followed)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *outside = outside_with_file(&place);
    g_autofree char *commit = move_to_head(&place);
    g_autofree char *head = NULL;

    remove_in(&place, ".git");
    link_to(&place, ".git", outside);
    move_to(&place, commit, NULL);
    head = job_git(&place, ARGV("rev-parse", "HEAD"));

    assert_untouched(outside);
    assert_string_equal(head, commit);
}

TEST(a_directory_that_is_itself_a_link_is_made_anew)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *outside = outside_with_file(&place);
    g_autofree char *commit = move_to_head(&place);

    remove_in(&place, "");
    assert_int_equal(symlink(outside, place.dir), 0);
    move_to(&place, commit, NULL);

    assert_untouched(outside);
    assert_text(&place, "main.tf", "one\n");
}

/* --- what a killed process leaves --- */

static void put_beside(const Place *place, const char *suffix, const char *text)
{
    g_autofree char *path = g_strconcat(place->dir, suffix, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
}

TEST(a_move_that_was_killed_is_done_again)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);

    put_beside(&place, ".index.lock", "half");
    put_beside(&place, ".index", "DIRC damaged");
    put(&place, "main.tf", "half");
    put(&place, ".git/index.lock", "");
    move_to(&place, commit, NULL);

    assert_text(&place, "main.tf", "one\n");
    assert_true(checkout_is_at(place.dir, commit));
}

TEST(a_repository_inside_is_removed_like_other_leftovers)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);
    g_autofree char *inner = in(&place, "inner");

    REPO_GIT(repo, "init", "--quiet", inner);
    move_to(&place, commit, NULL);

    assert_false(has(&place, "inner"));
}

/* --- pin and remove --- */

TEST(a_pinned_commit_survives_a_force_push_and_a_clean_up)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);

    REPO_GIT(repo, "commit", "--quiet", "--amend", "--allow-empty", "-m", "other");
    g_free(repo_fetch(repo, place.cache, "main"));
    REPO_GIT(repo, "--git-dir", repo->cache_dir, "gc", "--quiet", "--prune=now");
    assert_true(git_cache_has_commit(&ctx, place.cache, commit));
    g_free(job_git(&place, ARGV("status")));
}

TEST(a_removed_checkout_leaves_nothing)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autoptr(GError) error = NULL;
    g_autofree char *parent = g_path_get_dirname(place.dir);
    g_autoptr(GDir) dir = NULL;

    g_free(move_to_head(&place));
    assert_ok(checkout_remove(&ctx, place.cache, place.dir, PIN, &error), error);
    assert_ok(checkout_remove(&ctx, place.cache, place.dir, PIN, &error), error);
    dir = g_dir_open(parent, 0, NULL);

    assert_null(g_dir_read_name(dir));
    assert_null(git_cache_resolve(&ctx, place.cache, PIN, NULL));
}

TEST(a_cancelled_move_says_so)
{
    Repo *repo = *fixture;
    g_auto(Place) place = place_of(repo);
    g_autofree char *commit = move_to_head(&place);
    const CheckoutSpec spec = { .dir = place.dir, .pin = PIN, .commit = commit };
    const atomic_bool cancel = true;
    const Ctx cancelled = { .cancel = &cancel };
    g_autoptr(GError) error = NULL;

    assert_fails(checkout_move(&cancelled, place.cache, &spec, &error), error,
                 HADAL_ERROR_CANCELLED);
}

#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, repo_setup, repo_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REPO(a_directory_is_made_and_moved_from_commit_to_commit),
        WITH_REPO(local_changes_are_undone),
        WITH_REPO(what_is_to_be_kept_survives_and_nothing_else),
        WITH_REPO(work_at_the_same_commit_goes_on_with_what_it_left),
        WITH_REPO(the_marker_tells_where_a_directory_is),
        WITH_REPO(a_move_that_fails_leaves_no_marker),
        WITH_REPO(only_ids_refs_and_absolute_paths_are_taken),
        WITH_REPO(a_job_finds_a_clean_repository_at_the_commit),
        WITH_REPO(what_a_job_wrote_into_its_repository_is_gone_with_the_next_move),
        WITH_REPO(a_folder_that_a_job_made_a_link_outside_is_a_folder_again),
        WITH_REPO(a_file_that_goes_away_is_not_removed_through_a_link),
        WITH_REPO(a_link_of_the_repository_may_become_a_folder_and_back),
        WITH_REPO(a_git_folder_that_a_job_made_a_link_is_not_followed),
        WITH_REPO(a_directory_that_is_itself_a_link_is_made_anew),
        WITH_REPO(a_move_that_was_killed_is_done_again),
        WITH_REPO(a_repository_inside_is_removed_like_other_leftovers),
        WITH_REPO(a_pinned_commit_survives_a_force_push_and_a_clean_up),
        WITH_REPO(a_removed_checkout_leaves_nothing),
        WITH_REPO(a_cancelled_move_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
