// SPDX-License-Identifier: Apache-2.0
/* The slow half of pull.h: test merges, and completions with their four strategies. */
#include "git.h"
#include "hooks.h"
#include "jobs.h"
#include "policy.h"
#include "pull.h"
#include "sys/js.h"
#include "wire.h"

static void set_text(char **field, const char *text)
{
    char *copy = g_strdup(text);

    g_free(*field);
    *field = copy;
}

static void set_merge(Pull *pull, const char *commit, const char *comment, const User *author)
{
    set_text(&pull->merge_commit, commit);
    set_text(&pull->merge_comment, comment);
    pull->merge_author = author;
    pull->merge_time = time_now();
}

static char *merged(const Pull *pull, const User *author, const char *message, bool with_source,
                    bool *conflicts, GError **error)
{
    const char *dir = pull->repo->dir;
    g_autofree char *tree =
        git_merge_trees(dir, pull->target_commit, pull->source_commit, conflicts, error);

    if (!tree)
        return NULL;
    return git_commit_tree(dir, tree, pull->target_commit, with_source ? pull->source_commit : NULL,
                           author, message, error);
}

static bool test_merge(Pull *pull, GError **error)
{
    g_autofree char *ref = g_strdup_printf("refs/pull/%d/merge", pull->id);
    g_autofree char *target = git_rev(pull->repo->dir, pull->target_ref, error);
    g_autofree char *message =
        g_strdup_printf("Merge pull request %d from %s into %s", pull->id,
                        short_ref(pull->source_ref), short_ref(pull->target_ref));
    g_autofree char *commit = NULL;
    bool conflicts = false;

    if (!target)
        return false;
    set_text(&pull->target_commit, target);
    commit = merged(pull, pull->author, message, true, &conflicts, error);
    if (conflicts) {
        pull->merge_state = MERGE_CONFLICTS;
        set_merge(pull, NULL, NULL, NULL);
        return git_set_ref(pull->repo->dir, ref, NULL, NULL, error);
    }
    if (!commit || !git_set_ref(pull->repo->dir, ref, commit, NULL, error))
        return false;
    pull->merge_state = MERGE_SUCCEEDED;
    set_merge(pull, commit, message, pull->author);
    return true;
}

void pull_test_merge(State *state, Pull *pull)
{
    g_autoptr(GError) error = NULL;

    /* Closed meanwhile, or about to be completed: that job decides. */
    if (pull->state != PULL_ACTIVE || pull->completion_queued)
        return;
    if (!test_merge(pull, &error)) {
        pull->merge_state = MERGE_FAILURE;
        log_line(LEVEL_WARN, NULL, "test merge of %d: %s", pull->id, error->message);
    }
    hooks_pull_event(state, EVENT_PULL_MERGED, NOTIFY_OTHER, pull, pull->author, "");
}

static char *completion_message(const Pull *pull)
{
    const char *given = js_get(pull->completion_options, "mergeCommitMessage", NULL);

    if (given && *given)
        return g_strdup(given);
    return g_strdup_printf("Merged PR %d: %s%s%s", pull->id, pull->title,
                           pull->description ? "\n\n" : "",
                           pull->description ? pull->description : "");
}

static char *rebased(Pull *pull, const User *actor, const char *message, bool with_merge,
                     bool *conflicts, GError **error)
{
    const char *dir = pull->repo->dir;
    g_autofree char *top =
        git_rebase(dir, pull->target_commit, pull->source_commit, actor, conflicts, error);
    g_autofree char *tree = NULL;

    if (!top || !with_merge)
        return g_steal_pointer(&top);
    tree = git_text(dir, error, "log", "-1", "--format=%T", top, NULL);
    return tree ? git_commit_tree(dir, tree, pull->target_commit, top, actor, message, error)
                : NULL;
}

static char *completion_commit(Pull *pull, const char *message, bool *conflicts, GError **error)
{
    switch (pull_strategy(pull->completion_options)) {
    case STRATEGY_SQUASH:
        return merged(pull, pull->author, message, false, conflicts, error);
    case STRATEGY_REBASE:
        return rebased(pull, pull->closed_by, message, false, conflicts, error);
    case STRATEGY_REBASE_MERGE:
        return rebased(pull, pull->closed_by, message, true, conflicts, error);
    default:
        return merged(pull, pull->closed_by, message, true, conflicts, error);
    }
}

static bool finish(Pull *pull, char **old, GError **error)
{
    g_autofree char *message = completion_message(pull);
    g_autofree char *target = git_rev(pull->repo->dir, pull->target_ref, error);
    g_autofree char *commit = NULL;
    bool conflicts = false;

    if (!target)
        return false;
    set_text(&pull->target_commit, target);
    commit = completion_commit(pull, message, &conflicts, error);
    if (conflicts)
        return hadal_throw(error, HADAL_ERROR_CONFLICT, "conflicts");
    if (!commit || !git_set_ref(pull->repo->dir, pull->target_ref, commit, target, error))
        return false;
    *old = g_steal_pointer(&target);
    set_merge(pull, commit, message, pull->closed_by);
    return true;
}

static void close_unfinished(Pull *pull, MergeState why)
{
    pull->merge_state = why;
    pull->completion_queued = 0;
    pull->closed_by = NULL;
}

static void drop_source(State *state, const Pull *pull)
{
    g_autoptr(GError) error = NULL;

    if (!json_is_true(json_object_get(pull->completion_options, "deleteSourceBranch")))
        return;
    if (!git_set_ref(pull->source_repo->dir, pull->source_ref, NULL, pull->source_commit, &error)) {
        log_line(LEVEL_INFO, NULL, "source branch of %d stays: %s", pull->id, error->message);
        return;
    }
    pull_branch_moved(state, pull->source_repo, pull->source_ref, pull->source_commit, GIT_ZERO,
                      pull->closed_by);
}

/* Policies are asked again: between the request and now a push may have taken votes back. */
void pull_finish(State *state, Pull *pull)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *old = NULL;

    if (pull->state != PULL_ACTIVE || !pull->completion_queued)
        return;
    if (policy_unmet(state, pull, pull_strategy(pull->completion_options))) {
        close_unfinished(pull, MERGE_REJECTED_BY_POLICY);
    } else if (!finish(pull, &old, &error)) {
        close_unfinished(pull,
                         error->code == HADAL_ERROR_CONFLICT ? MERGE_CONFLICTS : MERGE_FAILURE);
        log_line(LEVEL_INFO, NULL, "completion of %d: %s", pull->id, error->message);
    }
    if (!old) {
        hooks_pull_event(state, EVENT_PULL_MERGED, NOTIFY_OTHER, pull, pull->author, "");
        return;
    }
    pull->state = PULL_COMPLETED;
    pull->merge_state = MERGE_SUCCEEDED;
    pull->closed = time_now();
    pull_note_status(state, pull, "Completed", pull->closed_by);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_STATUS, pull, pull->closed_by, "completed");
    hooks_pull_event(state, EVENT_PULL_MERGED, NOTIFY_OTHER, pull, pull->closed_by, "");
    pull_branch_moved(state, pull->repo, pull->target_ref, old, pull->merge_commit,
                      pull->closed_by);
    drop_source(state, pull);
}
