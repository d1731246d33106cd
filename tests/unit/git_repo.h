// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * A directory of its own for each test, with a repository "origin" to change and fetch from. The
 * git that is called here is the test's, not the program's.
 */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/cache.h"
#include "sys/proc.h"
#include "test.h"

typedef struct {
    char *dir;    /* of the test */
    char *origin; /* the repository's directory */
    char *url;    /* file:// */
    char *cache_dir;
    GStrv env;
} Repo;

static inline void repo_git(const Repo *repo, const char *const *args, GString *output)
{
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    g_autoptr(GString) own = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) argv = NULL;
    const Ctx ctx = { 0 };

    g_strv_builder_add(list, "git");
    g_strv_builder_addv(list, (const char **)args);
    argv = g_strv_builder_end(list);
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .dir = repo->origin,
        .env = (const char *const *)repo->env,
        .max_output = 16 << 20,
        .timeout_ms = 60 * 1000,
        .grace_ms = 1000,
    };
    if (!proc_run(&ctx, &spec, output ? output : own, NULL, NULL, &error))
        fail_msg("%s: %s", error->message, (output ? output : own)->str);
}

#define REPO_GIT(repo, ...) repo_git(repo, ARGV(__VA_ARGS__), NULL)

/* Full id of a revision of origin; the caller frees it. */
static inline char *repo_id(const Repo *repo, const char *revision)
{
    g_autoptr(GString) output = g_string_new(NULL);

    repo_git(repo, ARGV("rev-parse", revision), output);
    return g_strdup(g_strchomp(output->str));
}

static inline char *repo_path(const Repo *repo, const char *name)
{
    return g_build_filename(repo->dir, name, NULL);
}

static inline void repo_write(const Repo *repo, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(repo->origin, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* All that is in origin's directory as a new commit of its branch; its id. */
static inline char *repo_commit(const Repo *repo)
{
    REPO_GIT(repo, "add", "--all");
    REPO_GIT(repo, "commit", "--quiet", "--allow-empty", "--message", "change");
    return repo_id(repo, "HEAD");
}

static inline GStrv repo_env(void)
{
    GStrv env = proc_base_env();

    env = g_environ_setenv(env, "GIT_CONFIG_NOSYSTEM", "1", TRUE);
    env = g_environ_setenv(env, "GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    env = g_environ_setenv(env, "GIT_AUTHOR_NAME", "tester", TRUE);
    env = g_environ_setenv(env, "GIT_AUTHOR_EMAIL", "tester@localhost", TRUE);
    env = g_environ_setenv(env, "GIT_COMMITTER_NAME", "tester", TRUE);
    return g_environ_setenv(env, "GIT_COMMITTER_EMAIL", "tester@localhost", TRUE);
}

static inline int repo_setup(void **fixture)
{
    static char launcher[1000]; /* proc_init() borrows it */
    Repo *repo = g_new0(Repo, 1);
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "hadal-git-XXXXXX", NULL);

    g_snprintf(launcher, sizeof(launcher), "%s/src/launcher/hadal-launch",
               g_getenv("HADAL_BUILD_ROOT"));
    proc_init(launcher);
    repo->dir = g_strdup(g_mkdtemp(template));
    repo->origin = repo_path(repo, "origin");
    repo->url = g_strconcat("file://", repo->origin, NULL);
    repo->cache_dir = repo_path(repo, "cache");
    repo->env = repo_env();
    g_mkdir(repo->origin, 0700);
    REPO_GIT(repo, "init", "--quiet", "--initial-branch=main");
    repo_write(repo, "main.tf", "one\n");
    g_free(repo_commit(repo));
    *fixture = repo;
    return 0;
}

static inline int repo_teardown(void **fixture)
{
    Repo *repo = *fixture;
    const Ctx ctx = { 0 };
    const ProcSpec spec = {
        .argv = ARGV("rm", "-rf", "--", repo->dir),
        .max_output = 10000,
        .grace_ms = 1000,
    };
    g_autoptr(GString) output = g_string_new(NULL);
    bool is_removed = proc_run(&ctx, &spec, output, NULL, NULL, NULL);

    g_free(repo->dir);
    g_free(repo->origin);
    g_free(repo->url);
    g_free(repo->cache_dir);
    g_strfreev(repo->env);
    g_free(repo);
    return is_removed ? 0 : -1;
}

static inline GitCache *repo_cache_open(const Repo *repo, GError **error)
{
    const GitCacheSpec spec = {
        .dir = repo->cache_dir,
        .timeout_ms = 60 * 1000,
        .allow_file = true,
    };
    const Ctx ctx = { 0 };

    return git_cache_open(&ctx, &spec, error);
}

static inline GitCache *repo_cache(const Repo *repo)
{
    g_autoptr(GError) error = NULL;
    GitCache *cache = repo_cache_open(repo, &error);

    assert_ok(cache, error);
    return cache;
}

/* Brings a branch of origin to refs/hadal/heads/<branch>; its commit. */
static inline char *repo_fetch(const Repo *repo, GitCache *cache, const char *branch)
{
    g_autofree char *ref = g_strconcat("refs/hadal/heads/", branch, NULL);
    const GitFetch fetch = { repo->url, branch, ref };
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };
    char *commit;

    assert_ok(git_cache_fetch(&ctx, cache, &fetch, 1, &error), error);
    commit = git_cache_resolve(&ctx, cache, ref, &error);
    assert_ok(commit, error);
    return commit;
}
