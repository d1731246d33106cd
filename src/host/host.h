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

/* How git reaches repositories of the host. */
typedef struct _GitAuth GitAuth;
struct _GitAuth {
    char *authorization; /* value of the header; NULL: none */
    GStrv headers;       /* further headers, "Name: value"; NULL: none */
};
void git_auth_clear(GitAuth *auth);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GitAuth, git_auth_clear)

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
    bool (*status_post)(const Ctx *ctx, Host *host, const PullRef *pull, const StatusPost *post,
                        PostResult *result, GError **error) MUST_CHECK;
    bool (*git_auth)(const Ctx *ctx, Host *host, GitAuth *auth, GError **error) MUST_CHECK;
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
bool host_status_post(const Ctx *ctx, Host *host, const PullRef *pull, const StatusPost *post,
                      PostResult *result, GError **error) MUST_CHECK;
bool host_git_auth(const Ctx *ctx, Host *host, GitAuth *auth, GError **error) MUST_CHECK;
/* Milliseconds that the host's last answer asked to wait; 0 when it did not. */
gint64 host_retry_after(const Host *host);
void post_result_clear(PostResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PostResult, post_result_clear)
