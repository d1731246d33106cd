// SPDX-License-Identifier: Apache-2.0
#include "host/host.h"

#include <string.h>

#include "host/azuredevops/azuredevops.h"

/* One line per host: its name, by which its constructor is called too. */
#define HOSTS(host) host(azuredevops)

#define NAME(name)        #name,
#define CONSTRUCTOR(name) name##_open,

static const char *const names[] = { HOSTS(NAME) NULL };
static Host *(*const constructors[])(const HostSpec *spec, GError **error) = { HOSTS(CONSTRUCTOR) };

const char *const *host_names(void)
{
    return names;
}

Host *host_open(const char *name, const HostSpec *spec, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(constructors); i++)
        if (g_str_equal(names[i], name)) {
            Host *host = constructors[i](spec, error);

            return host ? host : hadal_prefix_null(error, "%s", name);
        }
    return hadal_throw_null(error, HADAL_ERROR_INVALID, "no host is called \"%.40s\"", name);
}

void host_free(Host *host)
{
    if (host)
        host->ops->free(host);
}

const char *host_name(const Host *host)
{
    return host->ops->name;
}

gsize host_comment_limit(const Host *host)
{
    return host->ops->comment_limit;
}

bool host_claims(const Host *host, const HttpRequest *request)
{
    return host->ops->claims(request);
}

bool host_authenticate(const Host *host, const HttpRequest *request, GError **error)
{
    return host->ops->authenticate(host, request, error) ||
           hadal_prefix(error, "%s: webhook", host->ops->name);
}

bool host_event_parse(const Host *host, const char *body, gsize length, Event *event,
                      GError **error)
{
    return host->ops->event_parse(host, body, length, event, error) ||
           hadal_prefix(error, "%s: event", host->ops->name);
}

/* "azuredevops: comment on org/project/repo!7" in front of what went wrong. */
static bool prefix_pull(const Host *host, const char *what, const PullRef *pull, GError **error)
{
    return hadal_prefix(error, "%s: %s %s!%" G_GINT64_FORMAT, host->ops->name, what,
                        pull->repo.full_name, pull->number);
}

bool host_pull_read(const Ctx *ctx, Host *host, const PullRef *pull, PullFacts *facts,
                    GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->pull_read(ctx, host, pull, facts, error) ||
           prefix_pull(host, "read", pull, error);
}

static bool check_comment(const Host *host, const CommentPost *post, GError **error)
{
    if (!post->key || !*post->key)
        return hadal_throw(error, HADAL_ERROR_INVALID, "the comment has no key");
    if (!post->markdown || !*post->markdown)
        return hadal_throw(error, HADAL_ERROR_INVALID, "the comment has no text");
    if (strlen(post->markdown) > host->ops->comment_limit)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "the comment has %" G_GSIZE_FORMAT " bytes, more than %" G_GSIZE_FORMAT,
                           strlen(post->markdown), host->ops->comment_limit);
    return true;
}

bool host_comment_post(const Ctx *ctx, Host *host, const PullRef *pull, const CommentPost *post,
                       PostResult *result, GError **error)
{
    host->retry_after_ms = 0;
    return (check_comment(host, post, error) &&
            host->ops->comment_post(ctx, host, pull, post, result, error)) ||
           prefix_pull(host, "comment on", pull, error);
}

bool host_comment_replace(const Ctx *ctx, Host *host, const PullRef *pull, const CommentPost *post,
                          GError **error)
{
    host->retry_after_ms = 0;
    return (check_comment(host, post, error) &&
            host->ops->comment_replace(ctx, host, pull, post, error)) ||
           prefix_pull(host, "replace a comment on", pull, error);
}

bool host_comment_react(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                        GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->comment_react(ctx, host, pull, comment, error) ||
           prefix_pull(host, "react to a comment on", pull, error);
}

bool host_thread_settle(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                        const char *const *commands, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->thread_settle(ctx, host, pull, comment, commands, error) ||
           prefix_pull(host, "close a thread on", pull, error);
}

static bool check_status(const Status *status, GError **error)
{
    if (!status->name || !*status->name)
        return hadal_throw(error, HADAL_ERROR_INVALID, "the status has no name");
    if (status->url && !g_str_has_prefix(status->url, "https://") &&
        !g_str_has_prefix(status->url, "http://"))
        return hadal_throw(error, HADAL_ERROR_INVALID, "the status links to no web page: %.80s",
                           status->url);
    return true;
}

bool host_status_post(const Ctx *ctx, Host *host, const PullRef *pull, const StatusPost *post,
                      PostResult *result, GError **error)
{
    host->retry_after_ms = 0;
    return (check_status(post->status, error) &&
            host->ops->status_post(ctx, host, pull, post, result, error)) ||
           prefix_pull(host, "set status of", pull, error);
}

bool host_review_read(const Ctx *ctx, Host *host, const PullRef *pull, const PullFacts *facts,
                      const ReviewSpec *spec, PullReview *review, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->review_read(ctx, host, pull, facts, spec, review, error) ||
           prefix_pull(host, "read votes of", pull, error);
}

bool host_labels_read(const Ctx *ctx, Host *host, const PullRef *pull, GStrv *labels,
                      GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->labels_read(ctx, host, pull, labels, error) ||
           prefix_pull(host, "read labels of", pull, error);
}

bool host_teams_read(const Ctx *ctx, Host *host, const PullRef *pull, const Actor *actor,
                     GStrv *teams, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->teams_read(ctx, host, pull, actor, teams, error) ||
           hadal_prefix(error, "%s: read groups of %s", host->ops->name, actor->name);
}

bool host_approvals_discard(const Ctx *ctx, Host *host, const PullRef *pull, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->approvals_discard(ctx, host, pull, error) ||
           prefix_pull(host, "take approvals back of", pull, error);
}

bool host_merge(const Ctx *ctx, Host *host, const PullRef *pull, const MergeRequest *request,
                MergeResult *result, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->merge(ctx, host, pull, request, result, error) ||
           prefix_pull(host, "complete", pull, error);
}

char *host_area_of_repo(const Host *host, const RepoRef *repo)
{
    return host->ops->area_of_repo(host, repo);
}

char *host_area_of_pattern(const Host *host, const char *pattern)
{
    return host->ops->area_of_pattern(host, pattern);
}

bool host_pulls_list(const Ctx *ctx, Host *host, const char *area, PullList *list, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->pulls_list(ctx, host, area, list, error) ||
           hadal_prefix(error, "%s: list pull requests of %s", host->ops->name, area);
}

GPtrArray *host_comments_list(const Ctx *ctx, Host *host, const PullRef *pull, gint64 since,
                              GError **error)
{
    GPtrArray *list;

    host->retry_after_ms = 0;
    list = host->ops->comments_list(ctx, host, pull, since, error);
    if (!list)
        prefix_pull(host, "read comments of", pull, error);
    return list;
}

bool host_hooks_tend(const Ctx *ctx, Host *host, const HooksSpec *spec, HooksReport *report,
                     GError **error)
{
    host->retry_after_ms = 0;
    *report = (HooksReport){
        .mended = g_ptr_array_new_with_free_func(g_free),
        .troubles = g_ptr_array_new_with_free_func(g_free),
        .missed = g_ptr_array_new_with_free_func(g_free),
    };
    return host->ops->hooks_tend(ctx, host, spec, report, error) ||
           hadal_prefix(error, "%s: look after subscriptions", host->ops->name);
}

bool host_git_auth(const Ctx *ctx, Host *host, const RepoRef *repo, const char *refused,
                   GitAuth *auth, GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->git_auth(ctx, host, repo, refused, auth, error) ||
           hadal_prefix(error, "%s: credential for git", host->ops->name);
}

GStrv host_git_headers(const Host *host, const RepoRef *repo)
{
    return host->ops->git_headers(host, repo);
}

GStrv host_git_urls(const Host *host, const PullRef *pull, GError **error)
{
    GStrv urls = host->ops->git_urls(host, pull, error);

    return urls ? urls
                : hadal_prefix_null(error, "%s: URLs of %s", host->ops->name, pull->repo.full_name);
}

bool host_setup(const Ctx *ctx, Host *host, const HostSetup *setup, GPtrArray *items,
                GError **error)
{
    host->retry_after_ms = 0;
    return host->ops->setup(ctx, host, setup, items, error) ||
           hadal_prefix(error, "%s", host->ops->name);
}

void host_examine(const Ctx *ctx, Host *host, const HostExam *exam, GPtrArray *findings)
{
    host->retry_after_ms = 0;
    host->ops->examine(ctx, host, exam, findings);
}

GPtrArray *host_credentials(const Host *host)
{
    return host->ops->credentials(host);
}

gint64 host_retry_after(const Host *host)
{
    return host->retry_after_ms;
}

void pull_review_clear(PullReview *review)
{
    g_clear_pointer(&review->not_approved_why, g_free);
    g_clear_pointer(&review->not_mergeable_why, g_ptr_array_unref);
    g_clear_pointer(&review->untried_base, g_free);
}

void merge_result_clear(MergeResult *result)
{
    g_clear_pointer(&result->reason, g_free);
}

void pull_list_clear(PullList *list)
{
    g_clear_pointer(&list->events, g_ptr_array_unref);
}

void hooks_report_clear(HooksReport *report)
{
    g_clear_pointer(&report->mended, g_ptr_array_unref);
    g_clear_pointer(&report->troubles, g_ptr_array_unref);
    g_clear_pointer(&report->missed, g_ptr_array_unref);
}

void git_auth_clear(GitAuth *auth)
{
    g_clear_pointer(&auth->authorization, g_free);
    g_clear_pointer(&auth->headers, g_strfreev);
}

void post_result_clear(PostResult *result)
{
    g_clear_pointer(&result->reference, g_free);
}
