// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <string.h>

#include "sys/js.h"
#include "team.h"

enum { LISTED_DESCRIPTION = 400 };

char *wire_escape(const char *segment)
{
    return g_uri_escape_string(segment, NULL, FALSE);
}

void wire_link(json_t *links, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *href = g_strdup_vprintf(format, args);
    va_end(args);
    js_set(js_set_object(links, name), "href", href);
}

void wire_set_time(json_t *object, const char *key, gint64 time_us)
{
    g_autofree char *text = time_text(time_us);

    js_set(object, key, text);
}

G_GNUC_PRINTF(3, 4) static void set_format(json_t *object, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    js_set(object, key, text);
}

static void set_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

json_t *wire_list(json_t *values)
{
    json_t *list = json_object();

    json_object_set_new(list, "count", json_integer((json_int_t)json_array_size(values)));
    json_object_set_new(list, "value", values);
    return list;
}

static char *descriptor_of(const User *user)
{
    g_autofree char *id = g_base64_encode((const guchar *)user->id, strlen(user->id));

    return g_strconcat(user->team ? "vssgp." : "aad.", id, NULL);
}

json_t *wire_user(const State *state, const User *user)
{
    json_t *object = json_object();
    g_autofree char *descriptor = descriptor_of(user);

    js_set(object, "displayName", user->name);
    set_format(object, "url", "%s/_apis/Identities/%s", state->settings.base_url, user->id);
    wire_link(js_set_object(object, "_links"), "avatar", "%s/_apis/GraphProfile/MemberAvatars/%s",
              state->settings.base_url, descriptor);
    js_set(object, "id", user->id);
    js_set(object, "uniqueName", user->account);
    set_format(object, "imageUrl", "%s/_api/_common/identityImage?id=%s", state->settings.base_url,
               user->id);
    js_set(object, "descriptor", descriptor);
    return object;
}

json_t *wire_user_ref(const User *user)
{
    json_t *object = json_object();
    g_autofree char *descriptor = descriptor_of(user);

    js_set(object, "displayName", user->name);
    js_set(object, "id", user->id);
    js_set(object, "uniqueName", user->account);
    js_set(object, "descriptor", descriptor);
    return object;
}

json_t *wire_project(const State *state, const Project *project)
{
    json_t *object = json_object();

    js_set(object, "id", project->id);
    js_set(object, "name", project->name);
    set_format(object, "url", "%s/_apis/projects/%s", state->settings.base_url, project->id);
    js_set(object, "state", "wellFormed");
    json_object_set_new(object, "revision", json_integer(11));
    js_set(object, "visibility", "private");
    wire_set_time(object, "lastUpdateTime", project->created);
    return object;
}

static json_t *project_thin(const Project *project)
{
    json_t *object = json_object();

    js_set(object, "id", project->id);
    js_set(object, "name", project->name);
    js_set(object, "state", "unchanged");
    js_set(object, "visibility", "unchanged");
    js_set(object, "lastUpdateTime", "0001-01-01T00:00:00");
    return object;
}

char *wire_repo_url(const State *state, const Repo *repo)
{
    return g_strdup_printf("%s/%s/_apis/git/repositories/%s", state->settings.base_url,
                           repo->project->id, repo->id);
}

char *wire_repo_web(const State *state, const Repo *repo)
{
    g_autofree char *project = wire_escape(repo->project->name);
    g_autofree char *name = wire_escape(repo->name);

    return g_strdup_printf("%s/%s/_git/%s", state->settings.base_url, project, name);
}

/* With the organisation as a user, as the service does, and no server: clients have to cope. */
static char *remote_url(const State *state, const Repo *repo)
{
    g_autofree char *web = wire_repo_web(state, repo);
    g_autofree char *org = wire_escape(state->settings.org);
    const char *rest = strstr(web, "://");

    if (state->settings.server)
        return g_steal_pointer(&web);
    return g_strdup_printf("%.*s%s@%s", (int)(rest - web) + 3, web, org, rest + 3);
}

json_t *wire_repo_thin(const State *state, const Repo *repo)
{
    json_t *object = json_object();
    g_autofree char *url = wire_repo_url(state, repo);

    js_set(object, "id", repo->id);
    js_set(object, "name", repo->name);
    js_set(object, "url", url);
    json_object_set_new(object, "project", project_thin(repo->project));
    return object;
}

json_t *wire_repo(const State *state, const Repo *repo)
{
    json_t *object = json_object();
    g_autofree char *url = wire_repo_url(state, repo);
    g_autofree char *web = wire_repo_web(state, repo);
    g_autofree char *remote = remote_url(state, repo);

    js_set(object, "id", repo->id);
    js_set(object, "name", repo->name);
    js_set(object, "url", url);
    json_object_set_new(object, "project", wire_project(state, repo->project));
    js_set(object, "defaultBranch", repo->default_branch);
    json_object_set_new(object, "size", json_integer(7840));
    js_set(object, "remoteUrl", remote);
    set_format(object, "sshUrl", "git@ssh.playground.example:v3/%s/%s/%s", state->settings.org,
               repo->project->name, repo->name);
    js_set(object, "webUrl", web);
    if (repo->parent) {
        set_bool(object, "isFork", true);
        json_object_set_new(object, "parentRepository", wire_repo_thin(state, repo->parent));
    }
    set_bool(object, "isDisabled", false);
    set_bool(object, "isInMaintenance", false);
    return object;
}

static json_t *commit_ref(const State *state, const Repo *repo, const char *commit)
{
    json_t *object = json_object();
    g_autofree char *url = wire_repo_url(state, repo);

    js_set(object, "commitId", commit);
    set_format(object, "url", "%s/commits/%s", url, commit);
    return object;
}

static json_t *signature(const char *name, const char *mail, gint64 time_us)
{
    json_t *object = json_object();

    js_set(object, "name", name);
    js_set(object, "email", mail);
    wire_set_time(object, "date", time_us - time_us % G_USEC_PER_SEC);
    return object;
}

json_t *wire_commit(const State *state, const Repo *repo, const CommitInfo *info)
{
    json_t *object = commit_ref(state, repo, info->id);
    json_t *parents = json_array();
    g_autofree char *web = wire_repo_web(state, repo);

    json_object_set_new(object, "author",
                        signature(info->author, info->author_mail, info->author_time));
    json_object_set_new(object, "committer",
                        signature(info->committer, info->committer_mail, info->committer_time));
    js_set(object, "comment", info->comment);
    for (gsize i = 0; info->parents[i] && *info->parents[i]; i++)
        json_array_append_new(parents, json_string(info->parents[i]));
    json_object_set_new(object, "parents", parents);
    set_format(object, "remoteUrl", "%s/commit/%s", web, info->id);
    return object;
}

static json_t *merge_commit(const State *state, const Pull *pull, bool thin)
{
    json_t *object = commit_ref(state, pull->repo, pull->merge_commit);

    if (thin)
        return object;
    json_object_set_new(
        object, "author",
        signature(pull->merge_author->name, pull->merge_author->account, pull->merge_time));
    json_object_set_new(
        object, "committer",
        signature(pull->merge_author->name, pull->merge_author->account, pull->merge_time));
    js_set(object, "comment", pull->merge_comment);
    return object;
}

char *wire_pull_url(const State *state, const Pull *pull)
{
    g_autofree char *repo = wire_repo_url(state, pull->repo);

    return g_strdup_printf("%s/pullRequests/%d", repo, pull->id);
}

/* The groups that the person's vote is counted for, where there is one. */
static json_t *voted_for(const State *state, const Pull *pull, const Reviewer *person)
{
    json_t *array = json_array();

    for (guint i = 0; i < pull->reviewers->len; i++) {
        const Reviewer *group = pull->reviewers->pdata[i];

        if (reviewer_votes_for(person, group))
            json_array_append_new(array, wire_reviewer(state, pull, group));
    }
    return array;
}

json_t *wire_reviewer(const State *state, const Pull *pull, const Reviewer *reviewer)
{
    json_t *groups = reviewer->user->team ? NULL : voted_for(state, pull, reviewer);
    json_t *object = json_object();
    json_t *user = wire_user(state, reviewer->user);
    g_autofree char *url = wire_pull_url(state, pull);

    set_format(object, "reviewerUrl", "%s/reviewers/%s", url, reviewer->user->id);
    json_object_set_new(object, "vote", json_integer(reviewer_vote(pull, reviewer)));
    set_bool(object, "hasDeclined", reviewer->declined);
    if (reviewer->required)
        set_bool(object, "isRequired", true);
    set_bool(object, "isFlagged", reviewer->flagged);
    if (reviewer->user->team)
        set_bool(object, "isContainer", true);
    if (json_array_size(groups) > 0)
        json_object_set(object, "votedFor", groups);
    json_decref(groups);
    json_object_del(user, "descriptor");
    json_object_update(object, user);
    json_decref(user);
    return object;
}

static json_t *reviewers(const State *state, const Pull *pull)
{
    json_t *array = json_array();

    for (guint i = 0; i < pull->reviewers->len; i++)
        json_array_append_new(array, wire_reviewer(state, pull, pull->reviewers->pdata[i]));
    return array;
}

json_t *wire_label(const State *state, const Pull *pull, const Label *label)
{
    json_t *object = json_object();
    g_autofree char *url = wire_pull_url(state, pull);

    js_set(object, "id", label->id);
    js_set(object, "name", label->name);
    set_bool(object, "active", true);
    set_format(object, "url", "%s/labels/%s", url, label->id);
    return object;
}

static json_t *fork_source(const State *state, const Pull *pull)
{
    json_t *object = json_object();
    json_t *repo = wire_repo_thin(state, pull->source_repo);
    g_autofree char *url = wire_repo_url(state, pull->source_repo);
    g_autofree char *filter = wire_escape(pull->source_ref + strlen("refs/"));
    g_autofree char *remote = remote_url(state, pull->source_repo);

    js_set(object, "name", pull->source_ref);
    js_set(object, "objectId", pull->source_commit);
    json_object_set_new(object, "creator", wire_user(state, pull->author));
    set_format(object, "url", "%s/refs?filter=%s", url, filter);
    json_object_set_new(repo, "project", wire_project(state, pull->source_repo->project));
    set_bool(repo, "isFork", true);
    js_set(repo, "remoteUrl", remote);
    json_object_set_new(object, "repository", repo);
    return object;
}

static void set_source(json_t *object, const State *state, const Pull *pull)
{
    if (pull->source_repo == pull->repo) {
        js_set(object, "sourceRefName", pull->source_ref);
        return;
    }
    set_format(object, "sourceRefName", "refs/pull/%d/source", pull->id);
    json_object_set_new(object, "forkSource", fork_source(state, pull));
}

static void set_links(json_t *object, const State *state, const Pull *pull, PullForm form)
{
    g_autofree char *url = wire_pull_url(state, pull);
    g_autofree char *repo = wire_repo_url(state, pull->repo);
    g_autofree char *web = wire_repo_web(state, pull->repo);
    json_t *links = NULL;

    if (form == PULL_FORM_EVENT) {
        links = js_set_object(object, "_links");
        wire_link(links, "web", "%s/pullrequest/%d", web, pull->id);
        wire_link(links, "statuses", "%s/statuses", url);
    }
    if (form != PULL_FORM_REPO)
        return;
    links = js_set_object(object, "_links");
    wire_link(links, "self", "%s", url);
    wire_link(links, "repository", "%s", repo);
    wire_link(links, "workItems", "%s/workitems", url);
    wire_link(links, "sourceBranch", "%s/%s", repo, pull->source_ref);
    wire_link(links, "targetBranch", "%s/%s", repo, pull->target_ref);
    wire_link(links, "statuses", "%s/statuses", url);
    wire_link(links, "sourceCommit", "%s/commits/%s", repo, pull->source_commit);
    wire_link(links, "targetCommit", "%s/commits/%s", repo, pull->target_commit);
    wire_link(links, "createdBy", "%s/_apis/Identities/%s", state->settings.base_url,
              pull->author->id);
    wire_link(links, "iterations", "%s/iterations", url);
}

static void set_merge(json_t *object, const State *state, const Pull *pull, bool thin)
{
    if (pull->state != PULL_ABANDONED)
        js_set(object, "mergeStatus", merge_state_names[pull->merge_state]);
    set_bool(object, "isDraft", pull->draft);
    js_set(object, "mergeId", pull->merge_id);
    json_object_set_new(object, "lastMergeSourceCommit",
                        commit_ref(state, pull->repo, pull->source_commit));
    json_object_set_new(object, "lastMergeTargetCommit",
                        commit_ref(state, pull->repo, pull->target_commit));
    if (pull->merge_commit && pull->merge_state != MERGE_QUEUED)
        json_object_set_new(object, "lastMergeCommit", merge_commit(state, pull, thin));
}

static void set_completion(json_t *object, const State *state, const Pull *pull)
{
    if (pull->completion_options)
        json_object_set(object, "completionOptions", pull->completion_options);
    json_object_set_new(object, "supportsIterations", json_true());
    if (pull->completion_queued)
        wire_set_time(object, "completionQueueTime", pull->completion_queued);
    if (pull->closed_by)
        json_object_set_new(object, "closedBy", wire_user(state, pull->closed_by));
    if (pull->auto_complete)
        json_object_set_new(object, "autoCompleteSetBy", wire_user(state, pull->auto_complete));
}

static void set_description(json_t *object, const Pull *pull, bool thin)
{
    g_autofree char *cut = NULL;

    if (!pull->description || !*pull->description)
        return;
    if (thin && g_utf8_strlen(pull->description, -1) > LISTED_DESCRIPTION)
        cut = g_utf8_substring(pull->description, 0, LISTED_DESCRIPTION);
    js_set(object, "description", cut ? cut : pull->description);
}

json_t *wire_pull(const State *state, const Pull *pull, PullForm form)
{
    bool thin = form == PULL_FORM_LIST;
    json_t *object = json_object();
    g_autofree char *url = wire_pull_url(state, pull);

    json_object_set_new(object, "repository",
                        thin ? wire_repo_thin(state, pull->repo) : wire_repo(state, pull->repo));
    json_object_set_new(object, "pullRequestId", json_integer(pull->id));
    /* Not the same number on purpose: in old organisations they differ. */
    json_object_set_new(object, "codeReviewId", json_integer(pull->id + 1000));
    js_set(object, "status", pull_state_names[pull->state]);
    json_object_set_new(object, "createdBy", wire_user(state, pull->author));
    wire_set_time(object, "creationDate", pull->created);
    if (pull->closed)
        wire_set_time(object, "closedDate", pull->closed);
    js_set(object, "title", pull->title);
    set_description(object, pull, thin);
    set_source(object, state, pull);
    js_set(object, "targetRefName", pull->target_ref);
    set_merge(object, state, pull, thin);
    json_object_set_new(object, "reviewers", reviewers(state, pull));
    js_set(object, "url", url);
    set_links(object, state, pull, form);
    set_completion(object, state, pull);
    if (!thin)
        set_format(object, "artifactId", "vstfs:///Git/PullRequestId/%s%%2f%s%%2f%d",
                   pull->repo->project->id, pull->repo->id, pull->id);
    return object;
}

static json_t *bare_commit(const char *id)
{
    json_t *object = json_object();

    js_set(object, "commitId", id);
    return object;
}

json_t *wire_iteration(const State *state, const Iteration *iteration)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_integer(iteration->id));
    js_set(object, "description", iteration->description);
    json_object_set_new(object, "author", wire_user(state, iteration->author));
    wire_set_time(object, "createdDate", iteration->created);
    wire_set_time(object, "updatedDate", iteration->created);
    json_object_set_new(object, "sourceRefCommit", bare_commit(iteration->source));
    json_object_set_new(object, "targetRefCommit", bare_commit(iteration->target));
    json_object_set_new(object, "commonRefCommit", bare_commit(iteration->base));
    set_bool(object, "hasMoreCommits", false);
    js_set(object, "reason", iteration->reason);
    return object;
}

static char *thread_url(const State *state, const Pull *pull, const Thread *thread)
{
    /* Links of threads and comments have no project in them. */
    return g_strdup_printf("%s/_apis/git/repositories/%s/pullRequests/%d/threads/%d",
                           state->settings.base_url, pull->repo->id, pull->id, thread->id);
}

static json_t *comment_body(const State *state, const Comment *comment)
{
    json_t *object = json_object();
    json_t *likes = json_array();

    json_object_set_new(object, "id", json_integer(comment->id));
    json_object_set_new(object, "parentCommentId", json_integer(comment->parent));
    json_object_set_new(object, "author", wire_user(state, comment->author));
    js_set(object, "content", comment->content);
    wire_set_time(object, "publishedDate", comment->published);
    wire_set_time(object, "lastUpdatedDate", comment->updated);
    wire_set_time(object, "lastContentUpdatedDate", comment->content_updated);
    if (comment->deleted)
        set_bool(object, "isDeleted", true);
    js_set(object, "commentType", comment->system ? "system" : "text");
    for (guint i = 0; i < comment->likes->len; i++)
        json_array_append_new(likes, wire_user(state, comment->likes->pdata[i]));
    json_object_set_new(object, "usersLiked", likes);
    return object;
}

json_t *wire_comment(const State *state, const Pull *pull, const Thread *thread,
                     const Comment *comment)
{
    json_t *object = comment_body(state, comment);
    g_autofree char *url = thread_url(state, pull, thread);

    wire_link(js_set_object(object, "_links"), "self", "%s/comments/%d", url, comment->id);
    return object;
}

json_t *wire_comment_event(const State *state, const Pull *pull, const Thread *thread,
                           const Comment *comment)
{
    json_t *object = comment_body(state, comment);
    json_t *links = js_set_object(object, "_links");
    g_autofree char *url = thread_url(state, pull, thread);
    g_autofree char *repo = wire_repo_url(state, pull->repo);

    wire_link(links, "self", "%s/comments/%d", url, comment->id);
    wire_link(links, "repository", "%s", repo);
    wire_link(links, "threads", "%s", url);
    wire_link(links, "pullRequests", "%s/_apis/git/pullRequests/%d", state->settings.base_url,
              pull->id);
    return object;
}

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

json_t *wire_thread(const State *state, const Pull *pull, const Thread *thread)
{
    json_t *object = json_object();
    json_t *comments = json_array();
    json_t *links;
    g_autofree char *url = thread_url(state, pull, thread);
    g_autofree char *repo = wire_repo_url(state, pull->repo);

    json_object_set_new(object, "pullRequestThreadContext", or_null(thread->pull_context));
    json_object_set_new(object, "id", json_integer(thread->id));
    wire_set_time(object, "publishedDate", thread->published);
    wire_set_time(object, "lastUpdatedDate", thread->updated);
    for (guint i = 0; i < thread->comments->len; i++)
        json_array_append_new(comments,
                              wire_comment(state, pull, thread, thread->comments->pdata[i]));
    json_object_set_new(object, "comments", comments);
    if (thread->state != THREAD_UNKNOWN)
        js_set(object, "status", thread_state_names[thread->state]);
    json_object_set_new(object, "threadContext", or_null(thread->context));
    json_object_set_new(object, "properties", or_null(thread->properties));
    json_object_set_new(object, "identities", or_null(thread->identities));
    set_bool(object, "isDeleted", thread->deleted);
    links = js_set_object(object, "_links");
    wire_link(links, "self", "%s", url);
    wire_link(links, "repository", "%s", repo);
    return object;
}

json_t *wire_status(const State *state, const Pull *pull, const Status *status)
{
    json_t *object = json_object();
    json_t *context = js_set_object(object, "context");
    json_t *links = js_set_object(object, "_links");
    g_autofree char *url = wire_pull_url(state, pull);
    g_autofree char *repo = wire_repo_url(state, pull->repo);

    if (status->iteration)
        json_object_set_new(object, "iterationId", json_integer(status->iteration));
    json_object_set_new(object, "id", json_integer(status->id));
    if (status->state != STATUS_NOT_SET)
        js_set(object, "state", status_state_names[status->state]);
    js_set(object, "description", status->description);
    js_set(context, "name", status->name);
    js_set(context, "genre", status->genre);
    wire_set_time(object, "creationDate", status->created);
    wire_set_time(object, "updatedDate", status->created);
    json_object_set_new(object, "createdBy", wire_user(state, status->author));
    js_set(object, "targetUrl", status->target_url);
    wire_link(links, "self", "%s/statuses/%d", url, status->id);
    wire_link(links, "repository", "%s", repo);
    return object;
}
