// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "control.h"
#include "git.h"
#include "hooks.h"
#include "policy.h"
#include "pull.h"
#include "sys/js.h"

json_t *control_repositories(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->state->repos->len; i++)
        json_array_append_new(array, wire_repo(call->state, call->state->repos->pdata[i]));
    return array;
}

static Project *project_named(Call *call, const char *name)
{
    Project *project = state_project(call->state, name);

    return project ? project : state_add_project(call->state, name);
}

/* Files are text by path; null deletes. */
static bool are_files(const json_t *files)
{
    const char *path;
    json_t *content;

    if (!json_is_object(files))
        return false;
    json_object_foreach((json_t *)files, path, content) if (!json_is_string(content) &&
                                                            !json_is_null(content)) return false;
    return true;
}

static char *commit_files(Call *call, Repo *repo, const char *branch, const char *base,
                          const User *user, GError **error)
{
    const CommitSpec spec = {
        .branch = branch,
        .base = base,
        .files = json_object_get(call->body, "files"),
        .message = js_get(call->body, "message", "Change files\n"),
        .author = user,
    };

    if (!are_files(spec.files))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "files: text by path");
    return git_commit(repo->dir, &spec, error);
}

json_t *control_repository_create(Call *call)
{
    const char *project_name = js_get(call->body, "project", NULL);
    const char *name = js_get(call->body, "name", NULL);
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;
    Project *project;
    Repo *repo;

    if (refusal)
        return refusal;
    if (!project_name || !*project_name || !name || !*name)
        return control_error(call, 400, "project and name are missing");
    project = project_named(call, project_name);
    if (state_repo(call->state, project, name))
        return control_error(call, 409, "there is such a repository");
    repo = state_add_repo(call->state, project, name, NULL);
    if (!git_init(repo->dir, &error))
        return control_fail(call, error);
    commit = commit_files(call, repo, "refs/heads/main", NULL, user, &error);
    if (!commit)
        return control_fail(call, error);
    call->status = 201;
    return wire_repo(call->state, repo);
}

json_t *control_fork(Call *call)
{
    const char *project_name = js_get(call->body, "project", call->repo->project->name);
    g_autofree char *default_name = g_strconcat(call->repo->name, ".fork", NULL);
    const char *name = js_get(call->body, "name", default_name);
    Project *project = project_named(call, project_name);
    g_autoptr(GError) error = NULL;
    Repo *repo;

    if (state_repo(call->state, project, name))
        return control_error(call, 409, "there is such a repository");
    repo = state_add_repo(call->state, project, name, call->repo);
    if (!git_fork(repo->dir, call->repo->dir, &error))
        return control_fail(call, error);
    call->status = 201;
    return wire_repo(call->state, repo);
}

/* A commit and all that follows from the branch having moved. */
static char *push_files(Call *call, Repo *repo, const char *branch, const char *base,
                        const User *user, GError **error)
{
    g_autofree char *before = git_rev(repo->dir, branch, NULL);
    char *after = commit_files(call, repo, branch, base, user, error);

    if (after)
        pull_branch_moved(call->state, repo, branch, before ? before : GIT_ZERO, after, user);
    return after;
}

static char *branch_ref(const char *name)
{
    return g_str_has_prefix(name, "refs/") ? g_strdup(name)
                                           : g_strconcat("refs/heads/", name, NULL);
}

json_t *control_commit(Call *call)
{
    g_autofree char *branch = branch_ref(js_get(call->body, "branch", "main"));
    g_autofree char *base = branch_ref(js_get(call->body, "base", "main"));
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;

    if (refusal)
        return refusal;
    commit = push_files(call, call->repo, branch, base, user, &error);
    if (!commit)
        return control_fail(call, error);
    call->status = 201;
    return json_pack("{s:s}", "commit", commit);
}

/* Text by path, of a branch. */
json_t *control_files(Call *call)
{
    g_autofree char *given = call_query(call, "branch");
    g_autofree char *branch = branch_ref(given ? given : "main");
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = git_rev(call->repo->dir, branch, &error);
    g_autofree char *names =
        commit ? git_text(call->repo->dir, &error, "ls-tree", "-r", "--name-only", commit, NULL)
               : NULL;
    g_auto(GStrv) lines = names ? g_strsplit(names, "\n", -1) : NULL;
    json_t *files;

    if (!lines)
        return control_fail(call, error);
    files = json_object();
    for (gsize i = 0; lines[i] && *lines[i]; i++) {
        g_autofree char *what = g_strdup_printf("%s:%s", commit, lines[i]);
        g_autoptr(GString) bytes = git_bytes(call->repo->dir, NULL, "cat-file", "blob", what, NULL);

        js_set(files, lines[i], bytes ? bytes->str : "");
    }
    return files;
}

static json_t *pull_row(Call *call, const Pull *pull)
{
    json_t *row = json_object();

    json_object_set_new(row, "number", json_integer(pull->id));
    js_set(row, "title", pull->title);
    js_set(row, "state", pull_state_names[pull->state]);
    json_object_set_new(row, "draft", json_boolean(pull->draft));
    js_set(row, "project", pull->repo->project->name);
    js_set(row, "repository", pull->repo->name);
    js_set(row, "repositoryId", pull->repo->id);
    js_set(row, "source", short_ref(pull->source_ref));
    js_set(row, "target", short_ref(pull->target_ref));
    json_object_set_new(row, "author", wire_user(call->state, pull->author));
    wire_set_time(row, "created", pull->created);
    return row;
}

json_t *control_pulls(Call *call)
{
    json_t *array = json_array();

    for (guint i = call->state->pulls->len; i > 0; i--)
        json_array_append_new(array, pull_row(call, call->state->pulls->pdata[i - 1]));
    return array;
}

static json_t *evaluations(Call *call, const Pull *pull)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->state->policies->len; i++) {
        const Policy *policy = call->state->policies->pdata[i];

        if (policy_applies(policy, pull))
            json_array_append_new(array, json_pack("{s:s, s:s, s:b}", "policy", policy->type->name,
                                                   "status",
                                                   evaluation_names[policy_evaluate(policy, pull)],
                                                   "blocking", policy->blocking));
    }
    return array;
}

/* Everything there is to see of it. */
static json_t *whole_pull(Call *call, const Pull *pull)
{
    json_t *object = pull_row(call, pull);
    json_t *iterations = json_array(), *threads = json_array(), *statuses = json_array();
    json_t *labels = json_array();

    for (guint i = 0; i < pull->iterations->len; i++)
        json_array_append_new(iterations, wire_iteration(call->state, pull->iterations->pdata[i]));
    for (guint i = 0; i < pull->threads->len; i++)
        json_array_append_new(threads, wire_thread(call->state, pull, pull->threads->pdata[i]));
    for (guint i = 0; i < pull->statuses->len; i++)
        json_array_append_new(statuses, wire_status(call->state, pull, pull->statuses->pdata[i]));
    for (guint i = 0; i < pull->labels->len; i++)
        json_array_append_new(labels, wire_label(call->state, pull, pull->labels->pdata[i]));
    json_object_set_new(object, "pullRequest", wire_pull(call->state, pull, PULL_FORM_REPO));
    js_set(object, "sourceRepositoryId", pull->source_repo->id);
    json_object_set_new(object, "iterations", iterations);
    json_object_set_new(object, "threads", threads);
    json_object_set_new(object, "statuses", statuses);
    json_object_set_new(object, "labels", labels);
    json_object_set_new(object, "evaluations", evaluations(call, pull));
    json_object_set_new(object, "completing",
                        json_boolean(pull->completion_queued != 0 && pull->state == PULL_ACTIVE));
    return object;
}

json_t *control_pull(Call *call)
{
    return whole_pull(call, call->pull);
}

json_t *control_pull_diff(Call *call)
{
    const Iteration *last = pull_last_iteration(call->pull);
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) diff =
        git_bytes(call->pull->repo->dir, &error, "diff", "-M", last->base, last->source, NULL);
    json_t *object;

    if (!diff)
        return control_fail(call, error);
    object = json_object();
    js_set(object, "diff", diff->str);
    return object;
}

/* With files, they are committed to the source branch first; without, the branch is there. */
json_t *control_pull_open(Call *call)
{
    const char *repo_id = js_get(call->body, "repository", "");
    Repo *repo = state_repo(call->state, NULL, repo_id);
    Repo *source_repo = state_repo(call->state, NULL, js_get(call->body, "fork", repo_id));
    g_autofree char *source = branch_ref(js_get(call->body, "source", ""));
    g_autofree char *target = branch_ref(js_get(call->body, "target", "main"));
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;
    Pull *pull;

    if (refusal)
        return refusal;
    if (!repo || !source_repo)
        return control_error(call, 404, "no such repository");
    if (json_object_get(call->body, "files")) {
        commit = push_files(call, source_repo, source, target, user, &error);
        if (!commit)
            return control_fail(call, error);
    }
    const PullSpec spec = {
        .repo = repo,
        .source_repo = source_repo,
        .source_ref = source,
        .target_ref = target,
        .title = js_get(call->body, "title", "A pull request"),
        .description = js_get(call->body, "description", NULL),
        .draft = json_is_true(json_object_get(call->body, "draft")),
        .author = user,
    };

    pull = pull_open(call->state, &spec, &error);
    if (!pull)
        return control_fail(call, error);
    call->status = 201;
    return whole_pull(call, pull);
}

json_t *control_pull_push(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, call->pull->author->key, &refusal);
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;

    if (refusal)
        return refusal;
    commit = push_files(call, call->pull->source_repo, call->pull->source_ref, NULL, user, &error);
    if (!commit)
        return control_fail(call, error);
    return json_pack("{s:s, s:i}", "commit", commit, "iteration", (int)call->pull->iterations->len);
}

json_t *control_pull_comment(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);
    int thread_id = (int)json_integer_value(json_object_get(call->body, "thread"));
    Thread *thread = thread_id ? pull_thread(call->pull, thread_id) : NULL;
    const char *text = js_get(call->body, "text", "");
    const Comment *comment;

    if (refusal)
        return refusal;
    if (!*text)
        return control_error(call, 400, "text is missing");
    if (thread_id && !thread)
        return control_error(call, 404, "no such thread");
    hooks_pass(call->state, json_is_true(json_object_get(call->body, "deliver")));
    comment = pull_comment(call->state, call->pull, thread, user, text, thread ? 1 : 0);
    hooks_pass(call->state, false);
    if (!thread)
        thread = call->pull->threads->pdata[call->pull->threads->len - 1];
    call->status = 201;
    return json_pack("{s:i, s:i}", "thread", thread->id, "comment", comment->id);
}

json_t *control_comment_edit(Call *call)
{
    const char *text = js_get(call->body, "text", "");

    if (!*text || call->comment->deleted)
        return control_error(call, 400, "text is missing, or the comment is deleted");
    pull_edit_comment(call->state, call->pull, call->thread, call->comment, text);
    return NULL;
}

json_t *control_comment_delete(Call *call)
{
    if (call->comment->deleted)
        return control_error(call, 409, "it is deleted already");
    pull_delete_comment(call->state, call->pull, call->thread, call->comment);
    return NULL;
}

json_t *control_thread_status(Call *call)
{
    int state = enum_read(json_object_get(call->body, "status"), thread_state_names, THREAD_STATES);

    if (state < 0)
        return control_error(call, 400, "not a status of a thread");
    call->thread->state = (ThreadState)state;
    call->thread->updated = time_now();
    return NULL;
}

json_t *control_pull_vote(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "reviewer", &refusal);
    json_int_t vote = json_integer_value(json_object_get(call->body, "vote"));

    if (refusal)
        return refusal;
    if (vote != 10 && vote != 5 && vote != 0 && vote != -5 && vote != -10)
        return control_error(call, 400, "vote: 10, 5, 0, -5 or -10");
    pull_vote(call->state, call->pull, user, (int)vote, user);
    return NULL;
}

/* Like a person at the page: with the head that is there, and stopped by policies. */
json_t *control_pull_complete(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);
    json_t *options = json_object_get(call->body, "options");
    const Policy *unmet;

    if (refusal)
        return refusal;
    if (call->pull->state != PULL_ACTIVE || call->pull->draft)
        return control_error(call, 409, "it is not open for completion");
    unmet = policy_unmet(call->state, call->pull, pull_strategy(options));
    if (unmet)
        return control_error(call, 403, "a policy is not satisfied: %s", unmet->type->name);
    pull_complete(call->state, call->pull, options ? json_deep_copy(options) : json_object(), user);
    return NULL;
}

json_t *control_pull_abandon(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);

    if (refusal)
        return refusal;
    if (call->pull->state != PULL_ACTIVE)
        return control_error(call, 409, "it is not active");
    pull_abandon(call->state, call->pull, user);
    return NULL;
}

json_t *control_pull_reactivate(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);
    g_autoptr(GError) error = NULL;

    if (refusal)
        return refusal;
    if (call->pull->state != PULL_ABANDONED)
        return control_error(call, 409, "it is not abandoned");
    return pull_reactivate(call->state, call->pull, user, &error) ? NULL
                                                                  : control_fail(call, error);
}

json_t *control_pull_draft(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);

    if (refusal)
        return refusal;
    pull_set_draft(call->state, call->pull, json_is_true(json_object_get(call->body, "draft")),
                   user);
    return NULL;
}

json_t *control_pull_texts(Call *call)
{
    json_t *refusal = NULL;
    const User *user = control_user(call, "author", &refusal);

    if (refusal)
        return refusal;
    pull_set_texts(call->state, call->pull, js_get(call->body, "title", NULL),
                   js_get(call->body, "description", NULL), user);
    return NULL;
}

/* The next completion goes on being queued until a client has looked at it so often. */
json_t *control_pull_slow(Call *call)
{
    json_int_t looks = json_integer_value(json_object_get(call->body, "looks"));

    if (looks < 1 || looks > 100)
        return control_error(call, 400, "looks: 1 to 100");
    call->pull->slow_looks = (int)looks;
    return NULL;
}

/* Evaluations of its policies are told as they are now until clients have looked at them so often.
 */
json_t *control_pull_lag(Call *call)
{
    json_int_t looks = json_integer_value(json_object_get(call->body, "looks"));
    Pull *pull = call->pull;

    if (looks < 1 || looks > 100)
        return control_error(call, 400, "looks: 1 to 100");
    json_decref(pull->kept_evaluations);
    pull->kept_evaluations = json_object();
    for (guint i = 0; i < call->state->policies->len; i++) {
        const Policy *policy = call->state->policies->pdata[i];
        g_autofree char *id = g_strdup_printf("%d", policy->id);

        json_object_set_new(pull->kept_evaluations, id,
                            json_integer(policy_evaluate(policy, pull)));
    }
    pull->lag_looks = (int)looks;
    return NULL;
}

/* Its test merge stays what it is when the target branch moves, as if nobody looked at its page. */
json_t *control_pull_stale(Call *call)
{
    call->pull->stale_merge = true;
    return NULL;
}
