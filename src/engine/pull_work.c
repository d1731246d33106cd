// SPDX-License-Identifier: Apache-2.0
#include "engine/pull_work.h"

#include "base/step.h"
#include "engine/paths.h"
#include "git/checkout.h"

enum { GIT_TIMEOUT_MS = 10 * 60 * 1000 };

/* What a run leaves in the checkout and a later one needs: local state and Terragrunt's cache. */
static const char *const kept[] = { "*.tfstate", "*.tfstate.*", "terraform.tfstate.d",
                                    ".terragrunt-cache", NULL };

bool pull_work_read(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                    GError **error)
{
    Host *host = work_host(work, command->pull.repo.host, error);

    if (!host || !host_pull_read(ctx, host, &command->pull, &pull->facts, error))
        return false;
    step_reached(ctx, STEP_PULL_READ);
    return true;
}

static GitCache *open_cache(const Ctx *ctx, Work *work, const Command *command, GError **error)
{
    Host *host = work_host(work, command->pull.repo.host, error);
    g_auto(GitAuth) auth = { 0 };
    g_autofree char *dir = paths_cache(work->settings->data_dir, command->pull.repo.host_id);

    if (!host || !host_git_auth(ctx, host, &auth, error))
        return NULL;
    const GitCacheSpec spec = {
        .dir = dir,
        .authorization = auth.authorization,
        .headers = (const char *const *)auth.headers,
        .timeout_ms = GIT_TIMEOUT_MS,
    };

    return git_cache_open(ctx, &spec, error);
}

static bool settle_commit(const Ctx *ctx, Work *work, PullWork *pull, GError **error)
{
    g_autoptr(GError) own = NULL;

    if (!g_str_equal(work->settings->checkout_strategy, "merge")) {
        pull->commit = g_strdup(pull->facts.head_commit);
        return true;
    }
    pull->commit = git_cache_merge(ctx, pull->cache, pull->base, pull->facts.head_commit,
                                   &pull->conflicts, &own);
    if (!pull->commit && !pull->conflicts) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    return true;
}

bool pull_work_fetch(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                     GError **error)
{
    const PullFacts *facts = &pull->facts;
    g_autofree char *base_ref = g_strconcat("refs/hadal/heads/", facts->base_branch, NULL);
    g_autofree char *head_ref =
        g_strdup_printf("refs/hadal/pull/%" G_GINT64_FORMAT "/head", command->pull.number);
    const GitFetch fetches[] = {
        { .url = facts->base_clone_url, .branch = facts->base_branch, .ref = base_ref },
        { .url = facts->head_clone_url, .branch = facts->head_branch, .ref = head_ref },
    };

    pull->cache = open_cache(ctx, work, command, error);
    if (!pull->cache || !git_cache_fetch(ctx, pull->cache, fetches, G_N_ELEMENTS(fetches), error))
        return false;
    pull->base = git_cache_resolve(ctx, pull->cache, base_ref, error);
    if (!pull->base)
        return false;
    /* A push between the host's answer and the fetch: the next look sees the new head. */
    if (!git_cache_has_commit(ctx, pull->cache, facts->head_commit))
        return hadal_throw(error, HADAL_ERROR_RETRY, "commit %s is not on branch %s any more",
                           facts->head_commit, facts->head_branch);
    step_reached(ctx, STEP_COMMITS_FETCHED);
    return settle_commit(ctx, work, pull, error);
}

bool pull_work_files(const Ctx *ctx, PullWork *pull, GError **error)
{
    if (!pull->files)
        pull->files = git_cache_list(ctx, pull->cache, pull->commit, error);
    return pull->files != NULL;
}

GPtrArray *pull_work_changed(const Ctx *ctx, PullWork *pull, GError **error)
{
    g_autoptr(GPtrArray) changes =
        git_cache_diff(ctx, pull->cache, pull->base, pull->facts.head_commit, error);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    if (!changes)
        return NULL;
    for (guint i = 0; i < changes->len; i++) {
        const GitChange *change = changes->pdata[i];

        g_ptr_array_add(paths, g_strdup(change->path));
        if (change->old_path)
            g_ptr_array_add(paths, g_strdup(change->old_path));
    }
    return g_steal_pointer(&paths);
}

char *pull_work_checkout(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                         const char *commit, GError **error)
{
    g_autofree char *dir = paths_checkout(work->settings->data_dir, command->pull_id);
    g_autofree char *pin = paths_pin(command->pull_id);
    const CheckoutSpec spec = { .dir = dir, .pin = pin, .commit = commit, .keep = kept };

    if (!checkout_move(ctx, pull->cache, &spec, error))
        return NULL;
    step_reached(ctx, STEP_CHECKED_OUT);
    return g_steal_pointer(&dir);
}

void pull_work_clear(PullWork *pull)
{
    pull_facts_clear(&pull->facts);
    g_clear_pointer(&pull->cache, git_cache_free);
    g_clear_pointer(&pull->base, g_free);
    g_clear_pointer(&pull->commit, g_free);
    g_clear_pointer(&pull->conflicts, g_ptr_array_unref);
    g_clear_pointer(&pull->files, g_ptr_array_unref);
}
