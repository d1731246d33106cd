// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "model/event.h"
#include "model/host_spec.h"
#include "model/pull.h"
#include "model/status.h"
#include "sys/http_server.h"

/*
 * What a code host must be able to do. A Host belongs to one thread: it keeps a connection.
 * Nothing here retries: the outbox and the worker do, which know what may be sent twice.
 */
typedef struct _Host Host;

/* Everything outbound comes back with this. */
typedef struct _PostResult PostResult;
struct _PostResult {
    char *reference; /* the host's name of what was posted, for replies; owned */
    bool was_found;  /* it had been posted before and was only found again */
};

typedef struct _CommentPost CommentPost;
struct _CommentPost {
    const char *key;      /* unique; travels with the comment so that it can be found again */
    const char *markdown; /* at most host_comment_limit() bytes with room for the marker */
    const char *thread;   /* reference of the comment to reply to, as PostResult or
                             Event.comment_ref has it; NULL: a new thread */
    ThreadState state;
    bool may_be_there; /* an earlier attempt may have succeeded: look before posting */
};

typedef struct _StatusPost StatusPost;
struct _StatusPost {
    const Status *status;
    bool may_be_there;
};

/* What the host says now of votes, and of what stands against completing. Owns its text. */
typedef struct _PullReview PullReview;
struct _PullReview {
    bool is_approved;
    char *not_approved_why; /* who has not, or who has said no; NULL when it is */
    bool is_mergeable;
    GPtrArray *not_mergeable_why; /* of char *, owned; NULL or empty when it is */
    char *untried_base; /* tip of the base branch, when the host has found no conflicts, but with
                           another commit of it; NULL: it was with this one */
};
void pull_review_clear(PullReview *review);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PullReview, pull_review_clear)

typedef struct _ReviewSpec ReviewSpec;
struct _ReviewSpec {
    const char *own_status_name; /* "atlantis": statuses of ours never stand against completing */
    const char *const *other_status_names; /* nor do those of other servers like this; or NULL */
};

/* Completing a pull request. Borrowed. */
typedef struct _MergeRequest MergeRequest;
struct _MergeRequest {
    const char *head;   /* only this commit */
    const char *method; /* of merge_methods; NULL: what the branch allows */
    bool deletes_source_branch;
    const char *message; /* of the merge; NULL: the host's own */
    bool was_asked;      /* an earlier request may have got through: what the host says now may be
                            its answer to that */
};

typedef enum {
    MERGE_DONE,
    MERGE_WAITING,              /* the host is at it: ask again soon */
    MERGE_LEFT_TO_AUTOCOMPLETE, /* somebody has asked the host to do it by itself */
    MERGE_REFUSED,
} MergeState;

typedef struct _MergeResult MergeResult;
struct _MergeResult {
    MergeState state;
    char *reason; /* of MERGE_REFUSED, for people; owned */
};
void merge_result_clear(MergeResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MergeResult, merge_result_clear)

/* Open pull requests of an area, as events: what an update of each would tell now. */
typedef struct _PullList PullList;
struct _PullList {
    GPtrArray *events; /* of Event, EVENT_PULL_UPDATED, owned */
    bool is_whole;     /* false: there are more than may be listed */
};
void pull_list_clear(PullList *list);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PullList, pull_list_clear)

/* What is looked after of the host's subscriptions: those that send events to us. Borrowed. */
typedef struct _HooksSpec HooksSpec;
struct _HooksSpec {
    const char *const *areas; /* whose subscriptions; NULL-terminated */
    const char *url;          /* where events are to go */
    bool reads_all_history;   /* of those that are well too */
    gint64 since;             /* failed deliveries before are left */
};

typedef struct _HooksReport HooksReport;
struct _HooksReport {
    guint n_ours;        /* subscriptions that send to the URL */
    GPtrArray *mended;   /* of char *, owned: what was put right, a sentence without its dot */
    GPtrArray *troubles; /* of char *, owned: what somebody has to do something about */
    GPtrArray *missed;   /* of char *, owned: bodies of deliveries that failed, oldest first */
    guint n_to_retry;    /* troubles that may pass: something was not looked at */
};
void hooks_report_clear(HooksReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HooksReport, hooks_report_clear)

/* How git reaches repositories of the host. */
typedef struct _GitAuth GitAuth;
struct _GitAuth {
    char *authorization; /* value of the header; NULL: none */
    GStrv headers;       /* host_git_headers() */
};
void git_auth_clear(GitAuth *auth);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GitAuth, git_auth_clear)

/* What the host is to be set up for. Borrowed. */
typedef struct _HostSetup HostSetup;
struct _HostSetup {
    const char *organization; /* NULL: the host's base URL has it */
    const char *project;
    const char *const *repositories; /* names or ids; none: all of the project */
    const char *url;                 /* ours, as the host reaches it; no slash at the end */
    const char *account;             /* id of whose statuses count; NULL: the credential's */
    const char *const *statuses;     /* "atlantis/plan": completing is to need them; none */
    bool applies; /* does what is to be done, and has a test event sent; else only looks */
};

/* Looking at what is there. Borrowed. */
typedef struct _HostExam HostExam;
struct _HostExam {
    const char *url;              /* ours; no slash at the end */
    const char *const *allowlist; /* patterns of repositories */
    const char *const *locators;  /* of repositories that events came from */
    bool needs_groups;            /* groups are looked up */
};

typedef struct _HostOps HostOps;
struct _HostOps {
    const char *name;
    gsize comment_limit; /* bytes of one comment */

    /* Of a delivery: whether the request is this host's, and may be believed. Pure, like
     * event_parse: these three several threads may call at a time. */
    bool (*claims)(const HttpRequest *request);
    bool (*authenticate)(const Host *host, const HttpRequest *request, GError **error) MUST_CHECK;
    /* Pure: bytes in, struct out. INVALID for what is not an event of this host. */
    bool (*event_parse)(const Host *host, const char *body, gsize length, Event *event,
                        GError **error) MUST_CHECK;

    bool (*pull_read)(const Ctx *ctx, Host *host, const PullRef *pull, PullFacts *facts,
                      GError **error) MUST_CHECK;
    bool (*comment_post)(const Ctx *ctx, Host *host, const PullRef *pull, const CommentPost *post,
                         PostResult *result, GError **error) MUST_CHECK;
    /* In place of the text of a comment that was posted; see host_comment_replace(). */
    bool (*comment_replace)(const Ctx *ctx, Host *host, const PullRef *pull,
                            const CommentPost *post, GError **error) MUST_CHECK;
    /* A sign at a comment of somebody's, once however often it is asked for; comment is as
     * Event.comment_ref has it. A host without signs has nothing to do. */
    bool (*comment_react)(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                          GError **error) MUST_CHECK;
    /* See host_thread_settle(). */
    bool (*thread_settle)(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                          const char *const *commands, GError **error) MUST_CHECK;
    bool (*status_post)(const Ctx *ctx, Host *host, const PullRef *pull, const StatusPost *post,
                        PostResult *result, GError **error) MUST_CHECK;
    /*
     * Approved: somebody else than the author has, everybody whose approval is required has, and
     * nobody says no or asks to wait. Mergeable: open, no draft, no conflicts, and every policy
     * that blocks is satisfied but for statuses of ours. Reads only.
     */
    bool (*review_read)(const Ctx *ctx, Host *host, const PullRef *pull, const PullFacts *facts,
                        const ReviewSpec *spec, PullReview *review, GError **error) MUST_CHECK;
    bool (*labels_read)(const Ctx *ctx, Host *host, const PullRef *pull, GStrv *labels,
                        GError **error) MUST_CHECK;
    /* Names of all groups that the actor is in, through others too; kept for some minutes. */
    bool (*teams_read)(const Ctx *ctx, Host *host, const PullRef *pull, const Actor *actor,
                       GStrv *teams, GError **error) MUST_CHECK;
    /* Takes back the approvals of people. DENIED with the host's words where it does not let us. */
    bool (*approvals_discard)(const Ctx *ctx, Host *host, const PullRef *pull, GError **error)
        MUST_CHECK;
    /*
     * Completes it with exactly that head. What was completed with this head before is MERGE_DONE,
     * whoever did it: it may be asked again. What stands against it is MERGE_REFUSED with the
     * reason: conflicts, another head, policies by name, a method the branch does not allow.
     */
    bool (*merge)(const Ctx *ctx, Host *host, const PullRef *pull, const MergeRequest *request,
                  MergeResult *result, GError **error) MUST_CHECK;
    /*
     * An area is what one listing covers: a project of the host. Its name is for the host's own
     * code. Pure; NULL when there is none: a locator of nothing, a pattern that is open in its
     * area. The caller frees it.
     */
    char *(*area_of_repo)(const Host *host, const RepoRef *repo);
    char *(*area_of_pattern)(const Host *host, const char *pattern);
    bool (*pulls_list)(const Ctx *ctx, Host *host, const char *area, PullList *list, GError **error)
        MUST_CHECK;
    /* Comments of people that were written since and never changed, as EVENT_COMMENT without a
     * delivery key, oldest first; of Event, owned. */
    GPtrArray *(*comments_list)(const Ctx *ctx, Host *host, const PullRef *pull, gint64 since,
                                GError **error)MUST_CHECK;
    /* Fails only with CANCELLED: what goes wrong is a trouble in the report. */
    bool (*hooks_tend)(const Ctx *ctx, Host *host, const HooksSpec *spec, HooksReport *report,
                       GError **error) MUST_CHECK;
    /* Below which URLs lie the repositories of the pull request's organisation, by all names that
     * the host has for it; no user and no slash at the end. Pure. */
    GStrv (*git_urls)(const Host *host, const PullRef *pull, GError **error) MUST_CHECK;
    /*
     * What there is, and what is missing, of what the host must be told once: items of SetupItem
     * (model/setup.h) are added. What fails with applies is told by its item; an error means that
     * it could not be found out. Deletes nothing.
     */
    bool (*setup)(const Ctx *ctx, Host *host, const HostSetup *setup, GPtrArray *items,
                  GError **error) MUST_CHECK;
    /* Whether the credential is good and enough, and events come: findings (model/finding.h) are
     * added. Changes nothing. */
    void (*examine)(const Ctx *ctx, Host *host, const HostExam *exam, GPtrArray *findings);
    /* refused: what an earlier call gave and the host has not taken, or NULL; the same is given
     * again only when there is nothing newer. */
    bool (*git_auth)(const Ctx *ctx, Host *host, const RepoRef *repo, const char *refused,
                     GitAuth *auth, GError **error) MUST_CHECK;
    /* What git has to send beside the credential, "Name: value": no secrets. */
    GStrv (*git_headers)(const Host *host, const RepoRef *repo);
    /* What is known of each credential: of CredentialState, owned. Any thread. */
    GPtrArray *(*credentials)(const Host *host);
    void (*free)(Host *host);
};

struct _Host {
    const HostOps *ops;
    gint64 retry_after_ms; /* what the last answer asked for; 0: nothing */
};

/* The registry: hosts by name. NULL-terminated names for the contract test. */
Host *host_open(const char *name, const HostSpec *spec, GError **error) MUST_CHECK;
const char *const *host_names(void);
void host_free(Host *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_free)

/* The rest of the program calls these, never ops. Errors: RETRY (network, 429, 5xx, a sign-in page
 * or 401 that a new credential may cure), DENIED, NOT_FOUND, CONFLICT, INVALID, CANCELLED, FAILED.
 */
const char *host_name(const Host *host);
gsize host_comment_limit(const Host *host);
bool host_claims(const Host *host, const HttpRequest *request);
bool host_authenticate(const Host *host, const HttpRequest *request, GError **error) MUST_CHECK;
bool host_event_parse(const Host *host, const char *body, gsize length, Event *event,
                      GError **error) MUST_CHECK;
bool host_pull_read(const Ctx *ctx, Host *host, const PullRef *pull, PullFacts *facts,
                    GError **error) MUST_CHECK;
bool host_comment_post(const Ctx *ctx, Host *host, const PullRef *pull, const CommentPost *post,
                       PostResult *result, GError **error) MUST_CHECK;
/*
 * Gives the comment that post->thread names another text, under the key it has. Its thread is
 * closed when post->state is THREAD_CLOSED, else left as it is. May be repeated.
 */
bool host_comment_replace(const Ctx *ctx, Host *host, const PullRef *pull, const CommentPost *post,
                          GError **error) MUST_CHECK;
bool host_comment_react(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                        GError **error) MUST_CHECK;
/*
 * Closes the thread that a comment with commands, or one of ours, has opened: not when somebody has
 * given it another state, and not when there is more in it than commands (references of their
 * comments) and what we said ourselves. Of a comment that opened none, of one that is gone, and
 * where threads have no state, there is nothing to do.
 */
bool host_thread_settle(const Ctx *ctx, Host *host, const PullRef *pull, const char *comment,
                        const char *const *commands, GError **error) MUST_CHECK;
bool host_status_post(const Ctx *ctx, Host *host, const PullRef *pull, const StatusPost *post,
                      PostResult *result, GError **error) MUST_CHECK;
bool host_review_read(const Ctx *ctx, Host *host, const PullRef *pull, const PullFacts *facts,
                      const ReviewSpec *spec, PullReview *review, GError **error) MUST_CHECK;
bool host_labels_read(const Ctx *ctx, Host *host, const PullRef *pull, GStrv *labels,
                      GError **error) MUST_CHECK;
bool host_teams_read(const Ctx *ctx, Host *host, const PullRef *pull, const Actor *actor,
                     GStrv *teams, GError **error) MUST_CHECK;
bool host_approvals_discard(const Ctx *ctx, Host *host, const PullRef *pull, GError **error)
    MUST_CHECK;
bool host_merge(const Ctx *ctx, Host *host, const PullRef *pull, const MergeRequest *request,
                MergeResult *result, GError **error) MUST_CHECK;
char *host_area_of_repo(const Host *host, const RepoRef *repo);
char *host_area_of_pattern(const Host *host, const char *pattern);
bool host_pulls_list(const Ctx *ctx, Host *host, const char *area, PullList *list, GError **error)
    MUST_CHECK;
GPtrArray *host_comments_list(const Ctx *ctx, Host *host, const PullRef *pull, gint64 since,
                              GError **error) MUST_CHECK;
bool host_hooks_tend(const Ctx *ctx, Host *host, const HooksSpec *spec, HooksReport *report,
                     GError **error) MUST_CHECK;
bool host_git_auth(const Ctx *ctx, Host *host, const RepoRef *repo, const char *refused,
                   GitAuth *auth, GError **error) MUST_CHECK;
GStrv host_git_headers(const Host *host, const RepoRef *repo);
GStrv host_git_urls(const Host *host, const PullRef *pull, GError **error) MUST_CHECK;
bool host_setup(const Ctx *ctx, Host *host, const HostSetup *setup, GPtrArray *items,
                GError **error) MUST_CHECK;
void host_examine(const Ctx *ctx, Host *host, const HostExam *exam, GPtrArray *findings);
GPtrArray *host_credentials(const Host *host);
/* Milliseconds that the host's last answer asked to wait; 0 when it did not. */
gint64 host_retry_after(const Host *host);
void post_result_clear(PostResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PostResult, post_result_clear)
