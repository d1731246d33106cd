// SPDX-License-Identifier: Apache-2.0
#include "engine/pull_work.h"

#include <string.h>

#include "base/log.h"
#include "base/sorted.h"
#include "base/step.h"
#include "engine/gate.h"
#include "engine/paths.h"
#include "engine/settle.h"
#include "git/checkout.h"
#include "git/words.h"
#include "sys/files.h"
#include "sys/proc.h"

enum {
    GIT_TIMEOUT_MS = 10 * 60 * 1000,
    MAX_CONFIG = 1 << 20, /* bytes of a repository's configuration */
};

/* How long what the host said may stand before something is begun on it. */
enum { FACTS_STAY_FRESH_US = 2 * 1000 * 1000 };
enum { MOST_CONFLICTS = 20 }; /* that a comment names */

/* What a run leaves in the checkout and a later one needs: local state and Terragrunt's cache. */
static const char *const kept[] = { "*.tfstate", "*.tfstate.*", "terraform.tfstate.d",
                                    ".terragrunt-cache", NULL };

bool pull_work_read(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                    GError **error)
{
    Host *host = work_host(work, command->pull.repo.host, error);

    if (!host || !host_pull_read(ctx, host, &command->pull, &pull->facts, error))
        return false;
    pull->read_at = g_get_monotonic_time();
    step_reached(ctx, STEP_PULL_READ);
    g_clear_pointer(&pull->rules, repo_rules_free);
    pull->rules = repo_rules_new(work->settings, work->repos, command->pull.repo.allow_name);
    return true;
}

static GitCache *open_cache(const Ctx *ctx, Work *work, const Command *command, const GitAuth *auth,
                            GError **error)
{
    g_autofree char *dir = paths_cache(work->settings->data_dir, command->pull.repo.host_id);
    const GitCacheSpec spec = {
        .dir = dir,
        .authorization = auth->authorization,
        .headers = (const char *const *)auth->headers,
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

static char *base_ref_of(const PullFacts *facts)
{
    return g_strconcat("refs/hadal/heads/", facts->base_branch, NULL);
}

/* With the credential as it is now. NULL, without an error, when that is what was refused: auth has
 * it, or nothing. */
static GitCache *fetch_as(const Ctx *ctx, Work *work, const Command *command,
                          const GitFetch *fetches, gsize n_fetches, GitAuth *auth, GError **error)
{
    Host *host = work_host(work, command->pull.repo.host, error);
    g_autofree char *refused = g_steal_pointer(&auth->authorization);
    g_autoptr(GitCache) cache = NULL;

    git_auth_clear(auth);
    if (!host || !host_git_auth(ctx, host, &command->pull.repo, refused, auth, error))
        return NULL;
    if (refused && g_strcmp0(auth->authorization, refused) == 0)
        return NULL;
    cache = open_cache(ctx, work, command, auth, error);
    if (!cache || !git_cache_fetch(ctx, cache, fetches, n_fetches, error))
        return NULL;
    return g_steal_pointer(&cache);
}

/* A credential may be replaced, or end, between two calls: refused, it is tried as it is by then.
 */
static GitCache *fetch(const Ctx *ctx, Work *work, const Command *command, const GitFetch *fetches,
                       gsize n_fetches, GError **error)
{
    g_auto(GitAuth) auth = { 0 };
    g_autoptr(GError) why = NULL, again = NULL;
    GitCache *cache = fetch_as(ctx, work, command, fetches, n_fetches, &auth, &why);

    if (!cache && git_words_say_refused(why->message) && auth.authorization)
        cache = fetch_as(ctx, work, command, fetches, n_fetches, &auth, &again);
    if (!cache)
        g_propagate_error(error, again ? g_steal_pointer(&again) : g_steal_pointer(&why));
    return cache;
}

bool pull_work_fetch(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                     GError **error)
{
    const PullFacts *facts = &pull->facts;
    g_autofree char *base_ref = base_ref_of(facts);
    g_autofree char *head_ref =
        g_strdup_printf("refs/hadal/pull/%" G_GINT64_FORMAT "/head", command->pull.number);
    const GitFetch fetches[] = {
        { .url = facts->base_clone_url, .branch = facts->base_branch, .ref = base_ref },
        { .url = facts->head_clone_url, .branch = facts->head_branch, .ref = head_ref },
    };

    pull->cache = fetch(ctx, work, command, fetches, G_N_ELEMENTS(fetches), error);
    if (!pull->cache)
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

bool pull_work_has_file(const PullWork *pull, const char *path)
{
    return sorted_has(pull->files, path);
}

/* ------------------------------------------------------------- configuration */

static bool read_committed(const Ctx *ctx, PullWork *pull, const char *file, char **text,
                           GError **error)
{
    g_autoptr(GPtrArray) found = NULL;
    const GString *content;

    if (!pull_work_has_file(pull, file))
        return true;
    found = git_cache_read(ctx, pull->cache, pull->commit, ARGV(file), MAX_CONFIG, error);
    if (!found)
        return false;
    content = found->pdata[0];
    if (!content)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "%s: larger than %d bytes, or a link that leads out of the repository",
                           file, MAX_CONFIG);
    if (memchr(content->str, 0, content->len))
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s: not a text", file);
    *text = g_strndup(content->str, content->len);
    return true;
}

static bool read_generated(const Ctx *ctx, PullWork *pull, const char *checkout, char **text,
                           GError **error)
{
    const char *file = pull->rules->config_file;
    g_autofree char *committed = NULL;

    if (!files_read_beneath(checkout, file, MAX_CONFIG, text, error))
        return false;
    /* One that cannot be read is not what was found in the checkout. */
    pull->is_generated =
        !read_committed(ctx, pull, file, &committed, NULL) || g_strcmp0(committed, *text) != 0;
    return true;
}

bool pull_work_config(const Ctx *ctx, PullWork *pull, const char *checkout, GError **error)
{
    g_autofree char *text = NULL;
    bool is_read;

    pull->is_generated = false;
    if (!pull_work_files(ctx, pull, error))
        return false;
    is_read = checkout ? read_generated(ctx, pull, checkout, &text, error)
                       : read_committed(ctx, pull, pull->rules->config_file, &text, error);
    if (!is_read)
        return false;
    const RepoConfigSpec spec = {
        .rules = pull->rules,
        .base_branch = pull->facts.base_branch,
        .text = text,
        .files = pull->files,
    };

    g_clear_pointer(&pull->config, repo_config_free);
    pull->config = repo_config_new(&spec, error);
    return pull->config != NULL;
}

/* Whether a plan of this head was made from what is in dir. */
static bool is_planned_from(Work *work, const PullWork *pull, const Project *project,
                            const char *dir, bool *is, GError **error)
{
    g_autoptr(Plan) plan = NULL;

    if (!store_plan_find(work->store, project->id, &plan, error))
        return false;
    *is = plan && g_str_equal(plan->head, pull->facts.head_commit) &&
          checkout_is_at(dir, plan->merge_commit);
    return true;
}

/* *dir (the caller's) is NULL when no plan's files are there any more, or no hook wrote any. */
static bool find_planned(Work *work, const Command *command, const PullWork *pull, char **dir,
                         GError **error)
{
    g_autofree char *checkout =
        paths_checkout(work->settings->data_dir, command->pull_id, "default");
    g_autoptr(GPtrArray) projects = NULL;
    bool is_there = false;

    *dir = NULL;
    if (!pull->rules->pre_hooks->len)
        return true;
    projects = store_projects(work->store, command->pull_id, error);
    for (guint i = 0; projects && i < projects->len && !is_there; i++)
        if (!is_planned_from(work, pull, projects->pdata[i], checkout, &is_there, error))
            return false;
    if (is_there)
        *dir = g_steal_pointer(&checkout);
    return projects != NULL;
}

bool pull_work_config_planned(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                              GError **error)
{
    g_autofree char *checkout = NULL;

    return find_planned(work, command, pull, &checkout, error) &&
           pull_work_config(ctx, pull, checkout, error);
}

void pull_work_config_none(PullWork *pull)
{
    const RepoConfigSpec spec = { .rules = pull->rules, .base_branch = pull->facts.base_branch };

    pull->config = repo_config_new(&spec, NULL);
    g_assert(pull->config); /* nothing in it can be wrong */
}

/* The tip of the base branch as it is now; the caller frees it. */
static char *fetch_tip(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                       GError **error)
{
    const PullFacts *facts = &pull->facts;
    g_autofree char *ref = base_ref_of(facts);
    const GitFetch of_base = { .url = facts->base_clone_url,
                               .branch = facts->base_branch,
                               .ref = ref };
    g_autoptr(GitCache) cache = fetch(ctx, work, command, &of_base, 1, error);

    return cache ? git_cache_resolve(ctx, cache, ref, error) : NULL;
}

void pull_work_append_conflicts(GString *text, const GPtrArray *conflicts)
{
    guint n_shown = MIN(conflicts->len, MOST_CONFLICTS);

    for (guint i = 0; i < n_shown; i++)
        g_string_append_printf(text, "%s`%s`", i ? ", " : "", (const char *)conflicts->pdata[i]);
    if (n_shown < conflicts->len)
        g_string_append_printf(text, " and %u more", conflicts->len - n_shown);
}

static void add_conflicts(const PullWork *pull, const GPtrArray *conflicts, PullReview *review)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(
        text, "it has merge conflicts with `%s` as that is by now: ", pull->facts.base_branch);
    pull_work_append_conflicts(text, conflicts);
    review->is_mergeable = false;
    g_ptr_array_add(review->not_mergeable_why, g_strdup(text->str));
}

/* What the host has not tried is tried here. */
static bool try_merge(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                      PullReview *review, GError **error)
{
    g_autofree char *tip = review->untried_base ? fetch_tip(ctx, work, command, pull, error) : NULL;
    g_autofree char *merge = NULL;
    g_autoptr(GPtrArray) conflicts = NULL;
    g_autoptr(GError) why = NULL;

    if (!tip)
        return !review->untried_base;
    merge = git_cache_merge(ctx, pull->cache, tip, pull->facts.head_commit, &conflicts, &why);
    if (conflicts)
        add_conflicts(pull, conflicts, review);
    if (merge || conflicts)
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

/* What the command was typed in must not stand against it. That is on its way anyhow, but the host
 * is asked for its view right now. One that it does not let us close is for its policies to judge.
 */
static bool settle_own_thread(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                              GError **error)
{
    g_autoptr(GError) why = NULL;

    pull->is_settled =
        pull->is_settled || settle_thread(ctx, work, &command->pull, command->id, &why);
    if (pull->is_settled)
        return true;
    if (hadal_error_class(why)->retry || g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    log_line(LEVEL_WARN, ctx, "the thread of the command stays open: %s", why->message);
    pull->is_settled = true;
    return true;
}

bool pull_work_review(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                      GError **error)
{
    Host *host = work_host(work, command->pull.repo.host, error);
    g_auto(PullReview) review = { 0 };
    const ReviewSpec spec = {
        .own_status_name = work->settings->vcs_status_name,
        .other_status_names = (const char *const *)work->settings->ignore_vcs_status_names,
    };

    if (!host || !settle_own_thread(ctx, work, command, pull, error) ||
        !host_review_read(ctx, host, &command->pull, &pull->facts, &spec, &review, error) ||
        !try_merge(ctx, work, command, pull, &review, error))
        return false;
    pull_review_clear(&pull->review);
    pull->review = review;
    review = (PullReview){ 0 };
    pull->has_review = true;
    return true;
}

/* ------------------------------------------------------------- looking again */

static char *moved_why(const Work *work, const Command *command, const PullFacts *before,
                       const PullFacts *now)
{
    Gate gate = gate_check(work->settings, command, now);

    if (gate.kind != GATE_GO)
        return g_strdup(gate.reason);
    if (g_strcmp0(now->head_commit, before->head_commit) != 0)
        return g_strdup_printf("A commit was pushed meanwhile: the pull request is at `%.10s` now. "
                               "Plan again.",
                               now->head_commit);
    if (g_strcmp0(now->base_branch, before->base_branch) != 0)
        return g_strdup_printf("The pull request goes into `%s` now. Plan again.",
                               now->base_branch);
    return NULL;
}

static bool fetch_base(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                       GError **error)
{
    char *base = fetch_tip(ctx, work, command, pull, error);

    if (!base)
        return false;
    g_free(pull->base);
    pull->base = base;
    return true;
}

bool pull_work_look_again(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                          bool needs_base, char **why_not, GError **error)
{
    g_auto(PullFacts) now = { 0 };
    Host *host;

    *why_not = NULL;
    if (g_get_monotonic_time() - pull->read_at < FACTS_STAY_FRESH_US)
        return true;
    host = work_host(work, command->pull.repo.host, error);
    if (!host || !host_pull_read(ctx, host, &command->pull, &now, error) ||
        (pull->has_review && !pull_work_review(ctx, work, command, pull, error)) ||
        (needs_base && !fetch_base(ctx, work, command, pull, error)))
        return false;
    pull->read_at = g_get_monotonic_time();
    *why_not = moved_why(work, command, &pull->facts, &now);
    return true;
}

/* ------------------------------------------------------------------- files */

static GPtrArray *paths_of(const GPtrArray *changes)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < changes->len; i++) {
        const GitChange *change = changes->pdata[i];

        g_ptr_array_add(paths, g_strdup(change->path));
        if (change->old_path)
            g_ptr_array_add(paths, g_strdup(change->old_path));
    }
    return paths;
}

GPtrArray *pull_work_changed(const Ctx *ctx, Work *work, PullWork *pull, const char *checkout,
                             GError **error)
{
    g_autoptr(GPtrArray) changes =
        git_cache_diff(ctx, pull->cache, pull->base, pull->facts.head_commit, error);
    g_autoptr(GPtrArray) paths = changes ? paths_of(changes) : NULL;

    if (!paths)
        return NULL;
    if (!checkout || !work->settings->include_git_untracked_files)
        return g_steal_pointer(&paths);
    g_autoptr(GPtrArray) made = checkout_untracked(ctx, pull->cache, checkout, kept, error);

    if (!made)
        return NULL;
    for (guint i = 0; i < made->len; i++)
        g_ptr_array_add(paths, g_strdup(made->pdata[i]));
    return g_steal_pointer(&paths);
}

GPtrArray *pull_work_base_moved(const Ctx *ctx, PullWork *pull, GError **error)
{
    g_autoptr(GPtrArray) changes =
        git_cache_diff(ctx, pull->cache, pull->facts.head_commit, pull->base, error);

    return changes ? paths_of(changes) : NULL;
}

GPtrArray *pull_work_base_moved_since(const Ctx *ctx, PullWork *pull, const char *base,
                                      GError **error)
{
    g_autoptr(GPtrArray) changes =
        git_cache_diff_commits(ctx, pull->cache, base, pull->base, error);

    return changes ? paths_of(changes) : NULL;
}

/* ------------------------------------------------------------------ modules */

typedef struct {
    const Ctx *ctx;
    const PullWork *pull;
} ModuleSource;

static GPtrArray *read_modules(gpointer data, const char *const *paths, GError **error)
{
    const ModuleSource *source = data;

    return git_cache_read(source->ctx, source->pull->cache, source->pull->commit, paths,
                          MODULE_MOST_BYTES, error);
}

bool pull_work_modules(const Ctx *ctx, Work *work, PullWork *pull, GError **error)
{
    ModuleSource source = { ctx, pull };
    g_autoptr(GlobList) patterns = NULL;

    if (pull->modules || !select_follows_modules(work->settings))
        return true;
    patterns = select_watched(work->settings, error);
    if (!patterns || !pull_work_files(ctx, pull, error))
        return false;
    pull->modules = module_index_read(pull->files, patterns, read_modules, &source, error);
    return pull->modules != NULL;
}

bool pull_work_read_hcl(const Ctx *ctx, PullWork *pull, const GPtrArray *dirs, GError **error)
{
    ModuleSource source = { ctx, pull };

    g_clear_pointer(&pull->hcl, g_hash_table_unref);
    pull->hcl = modules_read(pull->files, dirs, read_modules, &source, error);
    return pull->hcl && modules_read_used(pull->hcl, pull->files, read_modules, &source, error);
}

bool pull_work_target(const Ctx *ctx, PullWork *pull, const CommandArgs *args, GError **error)
{
    ModuleSource source = { ctx, pull };
    g_autoptr(GPtrArray) dirs = g_ptr_array_new();
    g_autoptr(GHashTable) modules = NULL;

    if (!args->dir || args->workspace)
        return true;
    g_ptr_array_add(dirs, args->dir);
    modules = modules_read(pull->files, dirs, read_modules, &source, error);
    if (!modules)
        return false;
    pull->target_workspace = g_strdup(
        select_default_workspace(pull->config, args->dir, g_hash_table_lookup(modules, args->dir)));
    return true;
}

GPtrArray *pull_work_known_targets(const Work *work, const Command *command, const GPtrArray *known)
{
    g_autoptr(RepoRules) rules =
        repo_rules_new(work->settings, work->repos, command->pull.repo.allow_name);
    g_auto(PullWork) pull = { .rules = g_steal_pointer(&rules) };
    GPtrArray *targets = g_ptr_array_new();

    pull_work_config_none(&pull);
    for (guint i = 0; i < known->len; i++) {
        ProjectRef *project = ((const Project *)known->pdata[i])->ref;

        if (select_matches_target(work->settings, pull.config, &command->args, NULL, project))
            g_ptr_array_add(targets, project);
    }
    return targets;
}

/* ---------------------------------------------------------------- selecting */

static bool read_selected(const Ctx *ctx, PullWork *pull, const SelectInput *input,
                          Selection *selection, GError **error)
{
    g_autoptr(GPtrArray) dirs = g_ptr_array_new();

    for (guint i = 0; i < selection->projects->len; i++)
        g_ptr_array_add(dirs, ((const Selected *)selection->projects->pdata[i])->config->ref->dir);
    if (!pull_work_read_hcl(ctx, pull, dirs, error))
        return false;
    select_set_cloud_workspaces(input, selection, pull->hcl);
    return true;
}

/* Files of the commit, and what hooks made in checkout (may be NULL): of char *, owned, sorted. */
static GPtrArray *files_there(const Ctx *ctx, const PullWork *pull, const char *checkout,
                              GError **error)
{
    GPtrArray *files;

    if (!checkout)
        return g_ptr_array_ref(pull->files);
    files = checkout_untracked(ctx, pull->cache, checkout, kept, error);
    for (guint i = 0; files && i < pull->files->len; i++)
        g_ptr_array_add(files, g_strdup(pull->files->pdata[i]));
    if (files)
        sorted_sort(files);
    return files;
}

Selection *pull_work_select(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                            const char *checkout, GError **error)
{
    g_autoptr(GPtrArray) changed = pull_work_changed(ctx, work, pull, checkout, error);
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(Selection) selection = NULL;

    if (!changed || !pull_work_modules(ctx, work, pull, error))
        return NULL;
    files = files_there(ctx, pull, checkout, error);
    if (!files)
        return NULL;
    const SelectInput input = {
        .settings = work->settings,
        .config = pull->config,
        .changed = changed,
        .files = files,
        .modules = pull->modules,
        .is_automatic = command->source == SOURCE_PUSH,
        .is_plan_comment = command->kind == COMMAND_PLAN && command->source == SOURCE_COMMENT,
        .args = &command->args,
    };

    selection = command_args_is_targeted(&command->args) ? select_target(&input, error)
                                                         : select_changed(&input, error);
    if (!selection || !read_selected(ctx, pull, &input, selection, error))
        return NULL;
    return g_steal_pointer(&selection);
}

const ProjectConfig *pull_work_project(PullWork *pull, const ProjectRef *ref)
{
    const ProjectConfig *named = repo_config_find(pull->config, ref);
    ProjectConfig *made;

    if (named)
        return named;
    if (!pull->defaults)
        pull->defaults = g_ptr_array_new_with_free_func((GDestroyNotify)project_config_free);
    made = repo_config_default_project(pull->config, ref->dir, ref->workspace);
    g_ptr_array_add(pull->defaults, made);
    return made;
}

/* Where a command has the files of one workspace. */
typedef struct {
    char *dir, *commit;
} PullCheckout;

static void pull_checkout_free(gpointer data)
{
    PullCheckout *checkout = data;

    g_free(checkout->dir);
    g_free(checkout->commit);
    g_free(checkout);
}

static PullCheckout *checkout_of(PullWork *pull, const Work *work, const Command *command,
                                 const char *workspace)
{
    PullCheckout *checkout;

    if (!pull->checkouts)
        pull->checkouts =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, pull_checkout_free);
    checkout = g_hash_table_lookup(pull->checkouts, workspace);
    if (checkout)
        return checkout;
    checkout = g_new0(PullCheckout, 1);
    checkout->dir = paths_checkout(work->settings->data_dir, command->pull_id, workspace);
    g_hash_table_insert(pull->checkouts, g_strdup(workspace), checkout);
    return checkout;
}

const char *pull_work_checkout(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                               const char *workspace, const char *commit, GError **error)
{
    PullCheckout *checkout = checkout_of(pull, work, command, workspace);
    g_autofree char *pin = paths_pin(command->pull_id, workspace);
    bool plans_all = command->kind == COMMAND_PLAN && !command_args_is_targeted(&command->args);
    bool is_there;

    if (g_strcmp0(checkout->commit, commit) == 0)
        return checkout->dir;
    is_there = checkout_is_at(checkout->dir, commit);
    const CheckoutSpec spec = {
        .dir = checkout->dir,
        .pin = pin,
        .commit = commit,
        .keep = kept,
        .keeps_untracked = !plans_all && is_there,
        .branch = pull->facts.head_branch,
        .base_branch = pull->base ? pull->facts.base_branch : NULL,
        .base = pull->base,
    };

    g_clear_pointer(&checkout->commit, g_free);
    if (!is_there || command->kind != COMMAND_APPLY) {
        if (!checkout_move(ctx, pull->cache, &spec, error))
            return NULL;
        step_reached(ctx, STEP_CHECKED_OUT);
    }
    checkout->commit = g_strdup(commit);
    return checkout->dir;
}

void pull_work_clear(PullWork *pull)
{
    pull_facts_clear(&pull->facts);
    g_clear_pointer(&pull->cache, git_cache_free);
    g_clear_pointer(&pull->checkouts, g_hash_table_unref);
    g_clear_pointer(&pull->base, g_free);
    g_clear_pointer(&pull->commit, g_free);
    g_clear_pointer(&pull->conflicts, g_ptr_array_unref);
    g_clear_pointer(&pull->defaults, g_ptr_array_unref);
    g_clear_pointer(&pull->config, repo_config_free);
    g_clear_pointer(&pull->rules, repo_rules_free);
    g_clear_pointer(&pull->files, g_ptr_array_unref);
    g_clear_pointer(&pull->modules, module_index_free);
    g_clear_pointer(&pull->target_workspace, g_free);
    g_clear_pointer(&pull->hcl, g_hash_table_unref);
    pull_review_clear(&pull->review);
}
