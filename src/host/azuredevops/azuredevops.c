// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/azuredevops.h"

#include <string.h>

#include "host/azuredevops/acknowledge.h"
#include "host/azuredevops/complete.h"
#include "host/azuredevops/event.h"
#include "host/azuredevops/examine.h"
#include "host/azuredevops/hooks_upkeep.h"
#include "host/azuredevops/list.h"
#include "host/azuredevops/marker.h"
#include "host/azuredevops/post.h"
#include "host/azuredevops/pull.h"
#include "host/azuredevops/rest.h"
#include "host/azuredevops/review.h"
#include "host/azuredevops/setup.h"
#include "host/azuredevops/site.h"
#include "host/azuredevops/teams.h"
#include "sys/crypto.h"
#include "sys/http_client.h"

enum { LONGEST_COMMENT = 150000, USUAL_TIMEOUT_MS = 30000 };

typedef struct {
    Host base;
    Site *site;
    Rest *rest;
    Keyring *keyring;
    char *webhook_user, *webhook_password;
    bool allows_unauthenticated;
    char *status_genre;
    Teams *teams;
} AzureDevops;

static AzureDevops *self_of(Host *host)
{
    return (AzureDevops *)host; /* base is the first member */
}

static const AzureDevops *const_self_of(const Host *host)
{
    return (const AzureDevops *)host;
}

/* The service marks its deliveries with headers, sometimes; servers do not. */
static bool claims(const HttpRequest *request)
{
    const char *type = http_request_header(request, "Content-Type");
    g_auto(GStrv) parts = g_strsplit(type ? type : "", ";", 2);

    return g_str_equal(http_request_method(request), "POST") && parts[0] &&
           g_ascii_strcasecmp(g_strstrip(parts[0]), "application/json") == 0;
}

static bool authenticate(const Host *host, const HttpRequest *request, GError **error)
{
    const AzureDevops *self = const_self_of(host);
    g_autofree char *user = NULL, *password = NULL;
    bool is_user, is_password;

    if (!*self->webhook_password)
        return self->allows_unauthenticated ||
               hadal_throw(error, HADAL_ERROR_DENIED,
                           "no webhook password is configured, and webhooks without one are not "
                           "allowed");
    if (!http_request_basic_auth(request, &user, &password))
        return hadal_throw(error, HADAL_ERROR_DENIED, "user and password are missing");
    /* Both are compared, whatever the first says: the time taken must tell neither. */
    is_user = crypto_equal(user, self->webhook_user);
    is_password = crypto_equal(password, self->webhook_password);
    if (!(is_user & is_password))
        return hadal_throw(error, HADAL_ERROR_DENIED, "user or password is wrong");
    return true;
}

static bool event_parse(const Host *host, const char *body, gsize length, Event *event,
                        GError **error)
{
    return azuredevops_event_parse(const_self_of(host)->site, body, length, event, error);
}

static bool pull_read(const Ctx *ctx, Host *host, const PullRef *pull, PullFacts *facts,
                      GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_pull_read(ctx, self->rest, self->site, pull, facts, error);
}

static bool comment_post(const Ctx *ctx, Host *host, const PullRef *pull, const CommentPost *post,
                         PostResult *result, GError **error)
{
    AzureDevops *self = self_of(host);

    if (strlen(post->key) > MARKER_KEY_MAX)
        return hadal_throw(error, HADAL_ERROR_INVALID, "the key of the post is too long");
    return azuredevops_comment_post(ctx, self->rest, self->site, pull, post, result, error);
}

static bool comment_replace(const Ctx *ctx, Host *host, const PullRef *pull,
                            const CommentPost *post, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_comment_replace(ctx, self->rest, self->site, pull, post, error);
}

static bool comment_react(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                          GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_comment_react(ctx, self->rest, self->site, pull, comment, error);
}

static bool thread_settle(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                          const char *const *commands, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_thread_settle(ctx, self->rest, self->site, pull, comment, commands, error);
}

static bool status_post(const Ctx *ctx, Host *host, const PullRef *pull, const StatusPost *post,
                        PostResult *result, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_status_post(ctx, self->rest, self->site, self->status_genre, pull, post,
                                   result, error);
}

static bool review_read(const Ctx *ctx, Host *host, const PullRef *pull, const PullFacts *facts,
                        const ReviewSpec *spec, PullReview *review, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_review_read(ctx, self->rest, self->site, self->status_genre, pull, facts,
                                   spec, review, error);
}

static bool labels_read(const Ctx *ctx, Host *host, const PullRef *pull, GStrv *labels,
                        GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_labels_read(ctx, self->rest, self->site, pull, labels, error);
}

static bool teams_of(const Ctx *ctx, Host *host, const PullRef *pull, const Actor *actor,
                     GStrv *teams, GError **error)
{
    AzureDevops *self = self_of(host);

    return teams_read(ctx, self->teams, self->rest, self->site, pull, actor, teams, error);
}

static bool approvals_discard(const Ctx *ctx, Host *host, const PullRef *pull, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_approvals_discard(ctx, self->rest, self->site, pull, error);
}

static bool merge(const Ctx *ctx, Host *host, const PullRef *pull, const MergeRequest *request,
                  MergeResult *result, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_merge(ctx, self->rest, self->site, pull, request, result, error);
}

static char *area_of_repo(const Host *host, const RepoRef *repo)
{
    g_auto(Place) place = { 0 };

    (void)host;
    return place_parse(repo->locator, &place, NULL) ? place_area(&place) : NULL;
}

static char *area_of_pattern(const Host *host, const char *pattern)
{
    return site_area_of_pattern(const_self_of(host)->site, pattern);
}

static bool pulls_list(const Ctx *ctx, Host *host, const char *area, PullList *list, GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_pulls_list(ctx, self->rest, self->site, area, list, error);
}

static GPtrArray *comments_list(const Ctx *ctx, Host *host, const PullRef *pull, gint64 since,
                                GError **error)
{
    AzureDevops *self = self_of(host);

    return azuredevops_comments_list(ctx, self->rest, self->site, pull, since, error);
}

static bool hooks_tend(const Ctx *ctx, Host *host, const HooksSpec *spec, HooksReport *report,
                       GError **error)
{
    AzureDevops *self = self_of(host);
    const HooksLogin login = { .user = self->webhook_user, .password = self->webhook_password };

    return azuredevops_hooks_tend(ctx, self->rest, self->site, &login, spec, report, error);
}

static GStrv git_headers(const Host *host, const RepoRef *repo)
{
    static const char *const of_bearer[] = { CREDENTIALS_BEARER_HEADER, CREDENTIALS_HONEST_HEADER,
                                             NULL };
    static const char *const none[] = { NULL };
    const AzureDevops *self = const_self_of(host);
    g_auto(Place) place = { 0 };
    g_autofree char *url = NULL;
    bool is_bearer;

    if (!place_parse(repo->locator, &place, NULL))
        return g_strdupv((char **)none);
    url = site_clone_url(self->site, &place);
    is_bearer = keyring_kind(self->keyring, url) != CREDENTIAL_TOKEN;
    return g_strdupv((char **)(is_bearer ? of_bearer : none));
}

static bool git_auth(const Ctx *ctx, Host *host, const RepoRef *repo, const char *refused,
                     GitAuth *auth, GError **error)
{
    AzureDevops *self = self_of(host);
    g_auto(Access) access = { 0 };
    g_auto(Place) place = { 0 };
    g_autofree char *url = NULL;

    if (!place_parse(repo->locator, &place, error))
        return false;
    url = site_clone_url(self->site, &place);
    if (!keyring_access(ctx, self->keyring, url, refused, &access, error))
        return false;
    auth->authorization = g_steal_pointer(&access.authorization);
    auth->headers = git_headers(host, repo);
    return true;
}

static GPtrArray *credentials(const Host *host)
{
    return keyring_states(const_self_of(host)->keyring);
}

static GStrv git_urls(const Host *host, const PullRef *pull, GError **error)
{
    g_auto(Place) place = { 0 };

    if (!place_parse(pull->repo.locator, &place, error))
        return NULL;
    return site_git_urls(self_of((Host *)host)->site, &place);
}

static bool set_up(const Ctx *ctx, Host *host, const HostSetup *setup, GPtrArray *items,
                   GError **error)
{
    AzureDevops *self = self_of(host);
    const SetupTools tools = {
        .rest = self->rest,
        .site = self->site,
        .genre = self->status_genre,
        .webhook_user = self->webhook_user,
        .webhook_password = self->webhook_password,
    };

    return azuredevops_setup(ctx, &tools, setup, items, error);
}

static void examine(const Ctx *ctx, Host *host, const HostExam *exam, GPtrArray *findings)
{
    AzureDevops *self = self_of(host);
    const ExamineTools tools = {
        .rest = self->rest,
        .site = self->site,
        .keyring = self->keyring,
        .webhook_user = self->webhook_user,
    };

    azuredevops_examine(ctx, &tools, exam, findings);
}

static void azuredevops_free(Host *host)
{
    AzureDevops *self = self_of(host);

    rest_free(self->rest);
    keyring_free(self->keyring);
    site_free(self->site);
    teams_free(self->teams);
    g_free(self->webhook_user);
    g_free(self->webhook_password);
    g_free(self->status_genre);
    g_free(self);
}

static const HostOps ops = {
    .name = "azuredevops",
    .comment_limit = LONGEST_COMMENT - MARKER_ROOM,
    .claims = claims,
    .authenticate = authenticate,
    .event_parse = event_parse,
    .pull_read = pull_read,
    .comment_post = comment_post,
    .comment_replace = comment_replace,
    .comment_react = comment_react,
    .thread_settle = thread_settle,
    .status_post = status_post,
    .review_read = review_read,
    .labels_read = labels_read,
    .teams_read = teams_of,
    .approvals_discard = approvals_discard,
    .merge = merge,
    .area_of_repo = area_of_repo,
    .area_of_pattern = area_of_pattern,
    .pulls_list = pulls_list,
    .comments_list = comments_list,
    .hooks_tend = hooks_tend,
    .git_auth = git_auth,
    .git_headers = git_headers,
    .credentials = credentials,
    .git_urls = git_urls,
    .setup = set_up,
    .examine = examine,
    .free = azuredevops_free,
};

Host *azuredevops_open(const HostSpec *spec, GError **error)
{
    g_autoptr(Site) site = site_open(spec->base_url, error);
    g_autoptr(Keyring) keyring = site ? keyring_open(spec, site, error) : NULL;
    AzureDevops *self;

    if (!keyring)
        return NULL;
    self = g_new0(AzureDevops, 1);
    self->base.ops = &ops;
    self->site = g_steal_pointer(&site);
    self->keyring = g_steal_pointer(&keyring);
    self->webhook_user = g_strdup(spec->webhook_user ? spec->webhook_user : "");
    self->webhook_password = g_strdup(spec->webhook_password ? spec->webhook_password : "");
    self->allows_unauthenticated = spec->allows_unauthenticated;
    self->status_genre = g_strdup(spec->status_genre ? spec->status_genre : "");
    self->teams = teams_new();
    self->rest = rest_new(&(RestSpec){
        .keyring = self->keyring,
        .timeout_ms = spec->timeout_ms > 0 ? spec->timeout_ms : USUAL_TIMEOUT_MS,
        .retry_after_ms = &self->base.retry_after_ms,
    });
    return &self->base;
}
