// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.h"
#include "sys/http_server.h"
#include "wire.h"

/* One REST or control request on its way through a handler. */

typedef struct _Route Route;
typedef struct _Call Call;

/*
 * Answers with a new reference to what goes out as JSON, NULL for an empty body. The status is 200
 * unless the handler set call->status. Runs under the state's lock.
 */
typedef json_t *(*RouteHandler)(Call *call);

typedef enum {
    SCOPE_ANY,          /* with or without a project in front of _apis */
    SCOPE_PROJECT,      /* only with one */
    SCOPE_ORGANISATION, /* only without */
} RouteScope;

struct _Route {
    const char *method;
    const char *path; /* behind "_apis/"; "{name}" catches one segment */
    RouteScope scope;
    bool preview;      /* answers only preview versions */
    const char *query; /* the parameters it knows, with blanks around each; NULL: none */
    RouteHandler run;
};

struct _Call {
    State *state;
    const HttpRequest *request;
    const Route *route;
    const User *user;
    GHashTable *params; /* char * -> char *, both owned */
    json_t *body;       /* NULL when there was none */

    /* What the path names, found before the handler runs; NULL when the route has no such part. */
    Project *project;
    Repo *repo;
    Pull *pull;
    Thread *thread;
    Comment *comment;
    Iteration *iteration;

    unsigned status;
    char *why;    /* of a refusal, for the journal */
    GString *raw; /* an answer that is not JSON; takes the place of the result */
    const char *raw_type;
    char *continuation; /* x-ms-continuationtoken */
};

/* Borrowed; NULL when the path has no such part. */
const char *call_param(const Call *call, const char *name);
int call_param_int(const Call *call, const char *name); /* -1 when it is not a number */
/* Of the query; the caller frees it. */
char *call_query(const Call *call, const char *name);
int call_query_int(const Call *call, const char *name, int fallback);
bool call_query_bool(const Call *call, const char *name);

/* A member of the body, whatever the case of its name; borrowed. */
json_t *call_member(const json_t *object, const char *name);
const char *call_text(const Call *call, const char *name); /* NULL when missing or not a string */

/* Why the service says no: status and type; the message is the caller's. */
typedef enum {
    REFUSE_ARGUMENT,
    REFUSE_COMMENT_ARGUMENT,
    REFUSE_NO_VERSION,
    REFUSE_VERSION,
    REFUSE_NOT_PREVIEW,
    REFUSE_UNAUTHORIZED,
    REFUSE_PERMISSION,
    REFUSE_NO_PROJECT,
    REFUSE_NO_REPOSITORY,
    REFUSE_NO_PULL,
    REFUSE_NO_ITEM,
    REFUSE_NO_COMMIT,
    REFUSE_NO_THREAD,
    REFUSE_NO_ITERATION,
    REFUSE_NO_STATUS,
    REFUSE_NO_POLICY,
    REFUSE_NO_SUBSCRIPTION,
    REFUSE_NO_IDENTITY,
    REFUSE_NO_LABEL,
    REFUSE_PULL_EXISTS,
    REFUSE_REPOSITORY_EXISTS,
    REFUSE_PULL_UPDATE,
    REFUSE_STALE,
    REFUSE_POLICY,
    REFUSE_STATUS_POLICY,
    REFUSE_REVIEWER,
    REFUSE_THROTTLED,
    REFUSE_INTERNAL,
    REFUSALS,
} Refusal;

json_t *call_refuse(Call *call, Refusal refusal, const char *format, ...) G_GNUC_PRINTF(3, 4);
json_t *call_fail(Call *call, const GError *error); /* whatever git or the state said */
/* A refusal as it goes over the wire, without a call. */
json_t *refusal_body(Refusal refusal, const char *message);
unsigned refusal_status(Refusal refusal);
