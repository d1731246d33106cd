// SPDX-License-Identifier: Apache-2.0
#include "git/cache.h"

#include <pthread.h>
#include <signal.h>
#include <utime.h>

#include "git_repo.h"

static const Ctx ctx = { 0 };

/* --- the processes that are started, by a "git" in front of git --- */

static char *spy_on_git(const Repo *repo)
{
    g_autofree char *real = g_find_program_in_path("git");
    g_autofree char *bin = repo_path(repo, "bin");
    g_autofree char *script = g_build_filename(bin, "git", NULL);
    g_autofree char *path = g_strconcat(bin, ":", g_getenv("PATH"), NULL);
    char *log = repo_path(repo, "started");
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\nprintf '%%s\\n' \"$*\" >>%s\nexec %s \"$@\"\n", log, real);

    g_mkdir(bin, 0700);
    assert_true(g_file_set_contents_full(script, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
    g_setenv("PATH", path, TRUE);
    return log;
}

static guint count_started(const char *log, const char *word)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint count = 0;

    if (!g_file_get_contents(log, &text, NULL, NULL))
        return 0;
    lines = g_strsplit(text, "\n", -1);
    for (gsize i = 0; lines[i]; i++)
        count += g_str_has_prefix(lines[i], word) ? 1 : 0;
    return count;
}

static void stop_spying(void)
{
    const char *path = strchr(g_getenv("PATH"), ':') + 1;
    g_autofree char *copy = g_strdup(path);

    g_setenv("PATH", copy, TRUE);
}

/* --- open --- */

TEST(opening_what_exists_starts_no_process)
{
    Repo *repo = *fixture;
    g_autofree char *log = NULL;

    git_cache_free(repo_cache(repo));
    log = spy_on_git(repo);
    git_cache_free(repo_cache(repo));
    stop_spying();
    assert_int_equal(count_started(log, ""), 0);
}

TEST(a_cache_whose_making_was_killed_is_made_again)
{
    Repo *repo = *fixture;
    g_autofree char *head = g_build_filename(repo->cache_dir, "HEAD", NULL);
    g_autofree char *lock = g_build_filename(repo->cache_dir, "HEAD.lock", NULL);
    g_autofree char *config = g_build_filename(repo->cache_dir, "config", NULL);
    g_autofree char *objects = g_build_filename(repo->cache_dir, "objects", NULL);
    g_autofree char *refs = g_build_filename(repo->cache_dir, "refs", NULL);
    g_autoptr(GitCache) cache = NULL;
    g_autofree char *commit = NULL, *text = NULL;

    g_mkdir(repo->cache_dir, 0700);
    assert_true(g_file_set_contents(head, "", 0, NULL));
    assert_true(g_file_set_contents(lock, "", 0, NULL));
    assert_true(g_file_set_contents(config, "", 0, NULL));
    g_mkdir(objects, 0700);
    g_mkdir(refs, 0700);
    cache = repo_cache(repo);
    assert_true(g_file_get_contents(head, &text, NULL, NULL));
    assert_string_equal(text, "ref: refs/heads/main\n");
    commit = repo_fetch(repo, cache, "main");
    assert_int_equal(strlen(commit), 40);
}

TEST(a_header_that_would_be_two_is_refused)
{
    Repo *repo = *fixture;
    GitCacheSpec spec = { .dir = repo->cache_dir, .authorization = "Basic eDp5\r\nX-Other: 1" };
    g_autoptr(GError) error = NULL;

    assert_fails(git_cache_open(&ctx, &spec, &error), error, HADAL_ERROR_INVALID);
    g_clear_error(&error);
    spec = (GitCacheSpec){ .dir = repo->cache_dir,
                           .headers = (const char *const[]){ "no header", NULL } };
    assert_fails(git_cache_open(&ctx, &spec, &error), error, HADAL_ERROR_INVALID);
}

/* --- fetch --- */

TEST(a_branch_is_brought_and_follows_a_force_push)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *first = repo_fetch(repo, cache, "main");
    g_autofree char *second = NULL, *head = NULL;

    repo_write(repo, "main.tf", "two\n");
    REPO_GIT(repo, "commit", "--quiet", "--all", "--amend", "--message", "other");
    second = repo_fetch(repo, cache, "main");
    head = repo_id(repo, "HEAD");

    assert_string_not_equal(first, second);
    assert_string_equal(second, head);
    assert_true(git_cache_has_commit(&ctx, cache, second));
}

TEST(two_branches_of_one_url_are_one_process)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autoptr(GError) error = NULL;
    g_autofree char *log = spy_on_git(repo);
    g_autofree char *a = NULL, *b = NULL;
    const GitFetch fetches[] = {
        { repo->url, "main", "refs/hadal/heads/main" },
        { repo->url, "feature/ü-1", "refs/hadal/pull/7/head" },
    };
    bool is_ok;

    REPO_GIT(repo, "branch", "feature/ü-1");
    g_unlink(log);
    is_ok = git_cache_fetch(&ctx, cache, fetches, G_N_ELEMENTS(fetches), &error);
    stop_spying();
    assert_ok(is_ok, error);

    a = git_cache_resolve(&ctx, cache, "refs/hadal/heads/main", &error);
    b = git_cache_resolve(&ctx, cache, "refs/hadal/pull/7/head", &error);
    assert_string_equal(a, b);
    assert_int_equal(count_started(log, "fetch "), 1);
}

TEST(a_fork_is_brought_from_its_own_url)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autoptr(GError) error = NULL;
    g_autofree char *fork = repo_path(repo, "fork");
    g_autofree char *url = g_strconcat("file://", fork, NULL);
    g_autofree char *head = NULL, *want = NULL;
    const GitFetch fetches[] = {
        { repo->url, "main", "refs/hadal/heads/main" },
        { url, "topic", "refs/hadal/pull/8/head" },
    };

    REPO_GIT(repo, "clone", "--quiet", repo->url, fork);
    REPO_GIT(repo, "-C", fork, "checkout", "--quiet", "-b", "topic");
    REPO_GIT(repo, "-C", fork, "commit", "--quiet", "--allow-empty", "-m", "x");
    assert_ok(git_cache_fetch(&ctx, cache, fetches, 2, &error), error);
    head = git_cache_resolve(&ctx, cache, "refs/hadal/pull/8/head", &error);
    REPO_GIT(repo, "fetch", "--quiet", fork, "topic");
    want = repo_id(repo, "FETCH_HEAD");

    assert_string_equal(head, want);
}

TEST(a_branch_that_is_not_there_is_not_found)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autoptr(GError) error = NULL;
    const GitFetch branch = { repo->url, "no-such", "refs/hadal/heads/no-such" };
    g_autofree char *nowhere = g_strconcat(repo->url, "-not", NULL);
    const GitFetch repository = { nowhere, "main", "refs/hadal/heads/main" };

    assert_fails(git_cache_fetch(&ctx, cache, &branch, 1, &error), error, HADAL_ERROR_NOT_FOUND);
    assert_string_equal(error->message, "git fetch: couldn't find remote ref refs/heads/no-such");
    g_clear_error(&error);
    assert_fails(git_cache_fetch(&ctx, cache, &repository, 1, &error), error,
                 HADAL_ERROR_NOT_FOUND);
}

TEST(what_is_no_branch_ref_or_url_starts_no_process)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    const GitFetch bad[] = {
        { repo->url, "--upload-pack=touch pwned", "refs/hadal/x" },
        { repo->url, "a..b", "refs/hadal/x" },
        { repo->url, "-x", "refs/hadal/x" },
        { repo->url, "main:refs/heads/main", "refs/hadal/x" },
        { repo->url, "main", "hadal/x" },
        { repo->url, "main", "refs/../config" },
        { "--upload-pack=touch pwned", "main", "refs/hadal/x" },
        { "ext::sh -c id", "main", "refs/hadal/x" },
        { "ssh://host/r", "main", "refs/hadal/x" },
        { "git@host:r", "main", "refs/hadal/x" },
        { "/etc", "main", "refs/hadal/x" },
        { "https:///r", "main", "refs/hadal/x" },
        { "https://host/r\nx", "main", "refs/hadal/x" },
        { "https://user:secret1@host/r", "main", "refs/hadal/x" },
    };
    g_autofree char *log = spy_on_git(repo);

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        if (git_cache_fetch(&ctx, cache, &bad[i], 1, &error) || error->code != HADAL_ERROR_INVALID)
            fail_msg("%s %s is taken", bad[i].url, bad[i].branch);
        assert_null(strstr(error->message, "secret1"));
    }
    stop_spying();
    assert_int_equal(count_started(log, ""), 0);
}

TEST(a_file_url_needs_to_be_allowed)
{
    Repo *repo = *fixture;
    const GitCacheSpec spec = { .dir = repo->cache_dir };
    const GitFetch fetch = { repo->url, "main", "refs/hadal/heads/main" };
    g_autoptr(GError) error = NULL;
    g_autoptr(GitCache) cache = git_cache_open(&ctx, &spec, &error);

    assert_fails(git_cache_fetch(&ctx, cache, &fetch, 1, &error), error, HADAL_ERROR_INVALID);
}

TEST(hooks_of_the_cache_do_not_run)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *hooks = g_build_filename(repo->cache_dir, "hooks", NULL);
    g_autofree char *hook = g_build_filename(hooks, "reference-transaction", NULL);
    g_autofree char *trace = repo_path(repo, "trace");
    g_autofree char *text = g_strdup_printf("#!/bin/sh\ntouch %s\n", trace);

    g_mkdir(hooks, 0700);
    g_file_set_contents_full(hook, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
    g_free(repo_fetch(repo, cache, "main"));
    assert_false(g_file_test(trace, G_FILE_TEST_EXISTS));
}

/* --- at once --- */

typedef struct {
    Repo *repo;
    GitCache *cache;
    const GitFetch *fetch;
    bool is_ok;
    char *message;
} Racer;

static void *race(void *data)
{
    Racer *racer = data;
    g_autoptr(GError) error = NULL;

    racer->is_ok = git_cache_fetch(&ctx, racer->cache, racer->fetch, 1, &error);
    racer->message = error ? g_strdup(error->message) : NULL;
    return NULL;
}

static void *open_and_fetch(void *data)
{
    Racer *racer = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GitCache) own = repo_cache_open(racer->repo, &error);

    racer->is_ok = own && git_cache_fetch(&ctx, own, racer->fetch, 1, &error);
    racer->message = error ? g_strdup(error->message) : NULL;
    return NULL;
}

TEST(many_who_open_a_new_cache_at_once_all_get_it_and_it_is_made_once)
{
    enum { RACERS = 12 };
    Repo *repo = *fixture;
    const GitFetch fetch = { repo->url, "main", "refs/hadal/heads/main" };
    g_autofree char *log = spy_on_git(repo);
    pthread_t threads[RACERS];
    Racer racers[RACERS];

    for (int i = 0; i < RACERS; i++) {
        racers[i] = (Racer){ .repo = repo, .fetch = &fetch };
        pthread_create(&threads[i], NULL, open_and_fetch, &racers[i]);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    stop_spying();

    for (int i = 0; i < RACERS; i++)
        if (!racers[i].is_ok)
            fail_msg("%s", racers[i].message);
    assert_int_equal(count_started(log, "init"), 1);
}

/* Of 20 plain fetches of one moved ref 19 fail: git takes each ref's lock once. */
TEST(twenty_fetches_of_a_moved_branch_all_succeed_and_share)
{
    enum { RACERS = 20 };
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    const GitFetch fetch = { repo->url, "main", "refs/hadal/heads/main" };
    g_autofree char *log = NULL, *head = NULL, *got = NULL;
    g_autoptr(GError) error = NULL;
    pthread_t threads[RACERS];
    Racer racers[RACERS];

    g_free(repo_fetch(repo, cache, "main"));
    repo_write(repo, "main.tf", "moved\n");
    head = repo_commit(repo);
    log = spy_on_git(repo);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (Racer){ .cache = cache, .fetch = &fetch };
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    stop_spying();

    for (int i = 0; i < RACERS; i++)
        if (!racers[i].is_ok)
            fail_msg("%s", racers[i].message);
    got = git_cache_resolve(&ctx, cache, "refs/hadal/heads/main", &error);
    assert_string_equal(got, head);
    assert_in_range(count_started(log, "fetch "), 1, RACERS / 2);
}

TEST(twenty_fetches_of_different_branches_all_succeed)
{
    enum { RACERS = 20 };
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    char branches[RACERS][16], refs[RACERS][40];
    GitFetch fetches[RACERS];
    pthread_t threads[RACERS];
    Racer racers[RACERS];

    for (int i = 0; i < RACERS; i++) {
        g_snprintf(branches[i], sizeof(branches[i]), "b%d", i);
        g_snprintf(refs[i], sizeof(refs[i]), "refs/hadal/heads/b%d", i);
        REPO_GIT(repo, "branch", branches[i]);
    }
    for (int i = 0; i < RACERS; i++) {
        fetches[i] = (GitFetch){ repo->url, branches[i], refs[i] };
        racers[i] = (Racer){ .cache = cache, .fetch = &fetches[i] };
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);

    for (int i = 0; i < RACERS; i++)
        if (!racers[i].is_ok)
            fail_msg("%s", racers[i].message);
}

/* --- repair --- */

static void put_file(const Repo *repo, const char *name, const char *text, bool is_old)
{
    g_autofree char *path = g_build_filename(repo->cache_dir, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    const struct utimbuf old = { 1000000000, 1000000000 };

    g_mkdir_with_parents(parent, 0700);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    if (is_old)
        assert_int_equal(utime(path, &old), 0);
}

TEST(locks_that_a_killed_fetch_left_are_removed_at_once)
{
    Repo *repo = *fixture;
    gint64 start = g_get_monotonic_time();
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *commit = NULL, *head = repo_id(repo, "HEAD");

    put_file(repo, "refs/hadal/heads/main.lock", "", true);
    put_file(repo, "packed-refs.lock", "", true);
    put_file(repo, "HEAD.lock", "", true);
    commit = repo_fetch(repo, cache, "main");

    assert_string_equal(commit, head);
    assert_true(g_get_monotonic_time() - start < 4 * G_TIME_SPAN_SECOND);
}

TEST(a_young_lock_is_waited_for_and_then_removed)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *commit = NULL;

    put_file(repo, "refs/hadal/heads/main.lock", "", false);
    commit = repo_fetch(repo, cache, "main");

    assert_int_equal(strlen(commit), 40);
}

TEST(a_branch_may_become_a_folder_of_branches_and_back)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *a = NULL, *b = NULL;

    REPO_GIT(repo, "branch", "topic");
    g_free(repo_fetch(repo, cache, "topic"));
    REPO_GIT(repo, "branch", "--quiet", "-D", "topic");
    REPO_GIT(repo, "branch", "topic/one");
    REPO_GIT(repo, "branch", "topic/two");
    a = repo_fetch(repo, cache, "topic/one");
    g_free(repo_fetch(repo, cache, "topic/two"));
    REPO_GIT(repo, "branch", "--quiet", "-D", "topic/one", "topic/two");
    REPO_GIT(repo, "branch", "topic");
    b = repo_fetch(repo, cache, "topic");

    assert_string_equal(a, b);
}

TEST(refs_that_lost_their_contents_stop_nothing)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *first = repo_fetch(repo, cache, "main");
    g_autofree char *again = NULL, *pinned = NULL;
    g_autoptr(GError) error = NULL;

    put_file(repo, "refs/hadal/heads/main", "", false);
    put_file(repo, "refs/hadal/heads/other", "", false);
    put_file(repo, "refs/keep/1", first, false);
    again = repo_fetch(repo, cache, "main");
    pinned = git_cache_resolve(&ctx, cache, "refs/keep/1", &error);

    assert_string_equal(first, again);
    assert_ok(pinned, error);
}

static void empty_objects(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            empty_objects(child);
        else
            assert_true(g_file_set_contents(child, "", 0, NULL));
    }
}

TEST(packs_that_are_damaged_are_brought_again)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *objects = g_build_filename(repo->cache_dir, "objects", NULL);
    g_autofree char *commit = NULL, *head = NULL;

    g_free(repo_fetch(repo, cache, "main"));
    empty_objects(objects);
    repo_write(repo, "main.tf", "two\n");
    head = repo_commit(repo);
    commit = repo_fetch(repo, cache, "main");

    assert_string_equal(commit, head);
    assert_true(git_cache_has_commit(&ctx, cache, head));
}

TEST(a_config_that_is_damaged_is_made_again)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *commit = NULL;

    put_file(repo, "config", "[core\n", false);
    commit = repo_fetch(repo, cache, "main");

    assert_int_equal(strlen(commit), 40);
}

/* --- growth --- */

static guint count_packs(const Repo *repo)
{
    g_autofree char *path = g_build_filename(repo->cache_dir, "objects", "pack", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint count = 0;

    while ((name = g_dir_read_name(dir)))
        count += g_str_has_suffix(name, ".pack");
    return count;
}

TEST(many_fetches_do_not_leave_many_packs)
{
    enum { FETCHES = 60 };
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *first = repo_fetch(repo, cache, "main");

    for (int i = 0; i < FETCHES; i++) {
        g_autofree char *text = g_strdup_printf("%d\n", i);

        repo_write(repo, "main.tf", text);
        REPO_GIT(repo, "commit", "--quiet", "--all", "--amend", "--message", text);
        g_free(repo_fetch(repo, cache, "main"));
    }
    assert_in_range(count_packs(repo), 1, 51);
    assert_true(git_cache_has_commit(&ctx, cache, first)); /* though no ref leads there */
}

static char *loose_path(const Repo *repo, const char *name)
{
    return g_build_filename(repo->cache_dir, "objects", "17", name, NULL);
}

TEST(loose_objects_that_nobody_needs_go_when_they_are_old)
{
    enum { OBJECTS = 40 };
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    const struct utimbuf old = { 1000000000, 1000000000 };
    g_autofree char *dir = loose_path(repo, NULL);
    g_autoptr(GString) young = g_string_new(NULL);
    g_autofree char *first = loose_path(repo, "00000000000000000000000000000000000000");

    g_mkdir(dir, 0700);
    for (int i = 0; i < OBJECTS; i++) {
        g_autofree char *name = g_strdup_printf("%038x", (guint)i);
        g_autofree char *path = loose_path(repo, name);

        assert_true(g_file_set_contents(path, "x", 1, NULL));
        assert_int_equal(utime(path, &old), 0);
    }
    repo_write(repo, "young", "of now");
    repo_git(repo, ARGV("--git-dir", repo->cache_dir, "hash-object", "-w", "young"), young);
    g_free(repo_fetch(repo, cache, "main"));

    assert_false(g_file_test(first, G_FILE_TEST_EXISTS));
    REPO_GIT(repo, "--git-dir", repo->cache_dir, "cat-file", "-e", g_strchomp(young->str));
}

/* --- resolve --- */

TEST(a_packed_ref_is_found_too)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autofree char *before = repo_fetch(repo, cache, "main");
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;

    REPO_GIT(repo, "--git-dir", repo->cache_dir, "pack-refs", "--all");
    after = git_cache_resolve(&ctx, cache, "refs/hadal/heads/main", &error);

    assert_ok(after, error);
    assert_string_equal(before, after);
}

TEST(a_ref_that_is_not_there_is_not_found)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);
    g_autoptr(GError) error = NULL;

    assert_fails(git_cache_resolve(&ctx, cache, "refs/hadal/heads/x", &error), error,
                 HADAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
    assert_fails(git_cache_resolve(&ctx, cache, "--all", &error), error, HADAL_ERROR_INVALID);
}

TEST(a_commit_that_never_came_is_not_here)
{
    Repo *repo = *fixture;
    g_autoptr(GitCache) cache = repo_cache(repo);

    g_free(repo_fetch(repo, cache, "main"));
    assert_false(git_cache_has_commit(&ctx, cache, "0123456789012345678901234567890123456789"));
    assert_false(git_cache_has_commit(&ctx, cache, "refs/hadal/heads/main"));
}

#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, repo_setup, repo_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REPO(opening_what_exists_starts_no_process),
        WITH_REPO(a_cache_whose_making_was_killed_is_made_again),
        WITH_REPO(a_header_that_would_be_two_is_refused),
        WITH_REPO(a_branch_is_brought_and_follows_a_force_push),
        WITH_REPO(two_branches_of_one_url_are_one_process),
        WITH_REPO(a_fork_is_brought_from_its_own_url),
        WITH_REPO(a_branch_that_is_not_there_is_not_found),
        WITH_REPO(what_is_no_branch_ref_or_url_starts_no_process),
        WITH_REPO(a_file_url_needs_to_be_allowed),
        WITH_REPO(hooks_of_the_cache_do_not_run),
        WITH_REPO(many_who_open_a_new_cache_at_once_all_get_it_and_it_is_made_once),
        WITH_REPO(twenty_fetches_of_a_moved_branch_all_succeed_and_share),
        WITH_REPO(twenty_fetches_of_different_branches_all_succeed),
        WITH_REPO(locks_that_a_killed_fetch_left_are_removed_at_once),
        WITH_REPO(a_young_lock_is_waited_for_and_then_removed),
        WITH_REPO(a_branch_may_become_a_folder_of_branches_and_back),
        WITH_REPO(refs_that_lost_their_contents_stop_nothing),
        WITH_REPO(packs_that_are_damaged_are_brought_again),
        WITH_REPO(a_config_that_is_damaged_is_made_again),
        WITH_REPO(many_fetches_do_not_leave_many_packs),
        WITH_REPO(loose_objects_that_nobody_needs_go_when_they_are_old),
        WITH_REPO(a_packed_ref_is_found_too),
        WITH_REPO(a_ref_that_is_not_there_is_not_found),
        WITH_REPO(a_commit_that_never_came_is_not_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
