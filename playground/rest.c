// SPDX-License-Identifier: Apache-2.0
/* From a path to a handler: version, credentials, what the path names, and the answer's form. */
#include <string.h>

#include "pull.h"
#include "routes.h"
#include "scopes.h"
#include "sys/js.h"
#include "visit.h"

enum { NEWEST_RELEASED = 71, NEWEST_PREVIEW = 72 }; /* ten times major plus minor */

/* Of the query, or of Accept: "application/json;api-version=7.1-preview.1". */
static char *wanted_version(const HttpRequest *request)
{
    const char *accept = http_request_header(request, "Accept");
    const char *found = accept ? strstr(accept, "api-version=") : NULL;
    char *version = http_request_param(request, "api-version");

    if (version || !found)
        return version;
    found += strlen("api-version=");
    return g_strndup(found, strcspn(found, ";, "));
}

/* "7.1", "7.1-preview", "7.1-preview.2"; ten times the number, or -1. */
static int read_version(const char *text, bool *preview)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 2);
    guint64 major, minor;
    g_auto(GStrv) numbers = g_strsplit(parts[0] ? parts[0] : "", ".", 2);

    *preview = parts[0] && parts[1];
    if (*preview && g_ascii_strncasecmp(parts[1], "preview", 7) != 0)
        return -1;
    if (g_strv_length(numbers) != 2 ||
        !g_ascii_string_to_unsigned(numbers[0], 10, 1, 99, &major, NULL) ||
        !g_ascii_string_to_unsigned(numbers[1], 10, 0, 9, &minor, NULL))
        return -1;
    return (int)(major * 10 + minor);
}

static bool is_reading(const Call *call)
{
    return g_str_equal(call->route->method, "GET") || g_str_equal(call->route->method, "OPTIONS");
}

static int newest_of(const Call *call)
{
    const char *text = call->state->settings.api_version;
    bool preview;

    return text ? read_version(text, &preview) : NEWEST_PREVIEW;
}

/* Statuses and labels of pull requests were published with 7.0. */
static bool is_under_preview(const Call *call)
{
    static const char *const late[] = { "/statuses", "/labels" };
    bool is_late = call->route->preview;

    for (gsize i = 0; newest_of(call) < 70 && i < G_N_ELEMENTS(late); i++)
        is_late = is_late || strstr(call->route->path, late[i]);
    return is_late;
}

/* NULL when the version will do. */
static json_t *check_version(Call *call, const char *version)
{
    const Settings *settings = &call->state->settings;
    bool preview = false;
    int number = version ? read_version(version, &preview) : 0;

    if (!version) {
        if (is_reading(call))
            return NULL;
        return call_refuse(call, REFUSE_NO_VERSION,
                           "No api-version was supplied for the \"%s\" request. The version must "
                           "be supplied either as part of the Accept header (e.g. "
                           "\"application/json; api-version=1.0\") or as a query parameter (e.g. "
                           "\"?api-version=1.0\").",
                           call->route->method);
    }
    if (number < 10 || number > newest_of(call))
        return call_refuse(call, REFUSE_VERSION,
                           "The requested REST API version of %s is out of range for this server. "
                           "The latest REST API version this server supports is %s.",
                           version, settings->api_version ? settings->api_version : "7.1");
    if (!preview && (is_under_preview(call) || number > NEWEST_RELEASED))
        return call_refuse(call, REFUSE_NOT_PREVIEW,
                           "The requested version \"%s\" of the resource is under preview. The "
                           "-preview flag must be supplied in the api-version for such requests. "
                           "For example: \"%s-preview\"",
                           version, version);
    return NULL;
}

static json_t *find_repo(Call *call)
{
    const char *name = call_param(call, "repositoryId");

    if (!name)
        name = call_param(call, "repositoryNameOrId");
    if (!name)
        return NULL;
    call->repo = state_repo(call->state, call->project, name);
    if (call->repo)
        return NULL;
    return call_refuse(call, REFUSE_NO_REPOSITORY,
                       "TF401019: The Git repository with name or identifier %s does not exist or "
                       "you do not have permissions for the operation you are attempting.",
                       name);
}

static json_t *find_pull(Call *call)
{
    if (!call_param(call, "pullRequestId"))
        return NULL;
    call->pull = state_pull(call->state, call_param_int(call, "pullRequestId"));
    if (call->pull && (!call->repo || call->pull->repo == call->repo) &&
        (!call->project || call->pull->repo->project == call->project))
        return NULL;
    return call_refuse(call, REFUSE_NO_PULL, "TF401180: The requested pull request was not found.");
}

static json_t *find_iteration(Call *call)
{
    if (!call_param(call, "iterationId"))
        return NULL;
    call->iteration = pull_iteration(call->pull, call_param_int(call, "iterationId"));
    return call->iteration ? NULL
                           : call_refuse(call, REFUSE_NO_ITERATION,
                                         "The requested pull request iteration was not found.");
}

static json_t *find_thread(Call *call)
{
    if (!call_param(call, "threadId"))
        return NULL;
    call->thread = pull_thread(call->pull, call_param_int(call, "threadId"));
    if (!call->thread)
        return call_refuse(call, REFUSE_NO_THREAD, "The discussion thread was not found.");
    if (!call_param(call, "commentId"))
        return NULL;
    call->comment = thread_comment(call->thread, call_param_int(call, "commentId"));
    return call->comment ? NULL : call_refuse(call, REFUSE_NO_THREAD, "The comment was not found.");
}

static json_t *find_objects(Call *call)
{
    json_t *refusal = find_repo(call);

    if (!refusal)
        refusal = find_pull(call);
    if (!refusal)
        refusal = find_iteration(call);
    return refusal ? refusal : find_thread(call);
}

static json_t *read_body(Call *call)
{
    gsize length = 0;
    const char *text = http_request_body(call->request, &length);
    json_error_t error;

    if (length == 0)
        return NULL;
    call->body = json_loadb(text, length, JSON_DECODE_ANY, &error);
    if (call->body)
        return NULL;
    return call_refuse(call, REFUSE_ARGUMENT, "The body of the request is not valid JSON: %s",
                       error.text);
}

/* The service ignores parameters it does not know; here such a one is a mistake to be found. */
static char *unknown_parameter(const Call *call)
{
    g_auto(GStrv) pairs = g_strsplit(http_request_query(call->request), "&", -1);

    for (gsize i = 0; pairs[i]; i++) {
        g_auto(GStrv) sides = g_strsplit(pairs[i], "=", 2);
        g_autofree char *name = sides[0] ? g_uri_unescape_string(sides[0], NULL) : NULL;
        g_autofree char *lower = name ? g_ascii_strdown(name, -1) : NULL;
        g_autofree char *padded = g_strdup_printf(" %s ", lower ? lower : "");
        g_autofree char *known = g_ascii_strdown(call->route->query ? call->route->query : "", -1);

        if (*pairs[i] && g_strcmp0(lower, "api-version") != 0 && !strstr(known, padded))
            return g_strdup(name ? name : pairs[i]);
    }
    return NULL;
}

static json_t *run(Call *call, const char *version)
{
    json_t *refusal = check_version(call, version);

    if (!refusal)
        refusal = find_objects(call);
    if (!refusal)
        refusal = read_body(call);
    if (!refusal)
        refusal = scopes_permission(call);
    return refusal ? refusal : call->route->run(call);
}

static void sign(HttpResponse *response, const Call *call)
{
    g_autofree char *activity = new_guid();
    g_autofree char *user = g_strconcat(call->user->id, ":", call->user->account, NULL);

    http_response_header(response, "ActivityId", activity);
    http_response_header(response, "X-VSS-E2EID", activity);
    http_response_header(response, "X-VSS-UserData", user);
    if (call->continuation)
        http_response_header(response, "x-ms-continuationtoken", call->continuation);
}

static HttpResponse *respond(Visit *visit, Call *call, const char *version, json_t *answer)
{
    g_autofree char *type = g_strconcat("application/json; charset=utf-8",
                                        version ? "; api-version=" : "", version, NULL);
    HttpResponse *response;

    if (call->raw) {
        visit->status = call->status;
        response = http_response_take(call->status, call->raw_type, g_steal_pointer(&call->raw));
    } else {
        response = visit_json(visit, call->status, type, answer);
    }
    sign(response, call);
    return response;
}

static void call_clear(Call *call)
{
    g_hash_table_unref(call->params);
    json_decref(call->body);
    g_free(call->why);
    g_free(call->continuation);
    if (call->raw)
        g_string_free(call->raw, TRUE);
}

/* Lists that came to nothing are put down where they were wrong, not where they are missed. */
static void note_refusal(Visit *visit, Call *call)
{
    g_autofree char *unknown = unknown_parameter(call);

    if (call->why)
        visit->why = g_strdup(call->why);
    else if (unknown)
        visit->why = g_strdup_printf("unknown parameter %s", unknown);
}

static HttpResponse *no_controller(Visit *visit)
{
    return visit_refuse(visit, 404,
                        "The controller for path '%s' was not found or does not implement "
                        "IController.",
                        http_request_path(visit->request));
}

static HttpResponse *run_route(Visit *visit, Call *call)
{
    STATE_LOCKED lock = (state_lock(), 0);
    g_autofree char *version = wanted_version(visit->request);
    json_t *answer = run(call, version);

    pull_complete_asked(call->state);
    note_refusal(visit, call);
    return respond(visit, call, version, answer);
}

/* Bad credentials look like the sign-in page, unless the client asked for an honest answer. */
static HttpResponse *deny(Visit *visit)
{
    const char *redirect = http_request_header(visit->request, "X-TFS-FedAuthRedirect");
    HttpResponse *response;

    visit->why = g_strdup("not authenticated");
    if (g_strcmp0(redirect, "Suppress") != 0) {
        visit->status = 203;
        return http_response_new(203, "text/html; charset=utf-8",
                                 "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Azure DevOps "
                                 "Services | Sign In</title></head><body></body></html>\n",
                                 -1);
    }
    response = visit_json(visit, 401, "application/json; charset=utf-8",
                          refusal_body(REFUSE_UNAUTHORIZED, "TF400813: The user '' is not "
                                                            "authorized to access this resource."));
    http_response_header(response, "WWW-Authenticate",
                         "Bearer authorization_uri=https://login.playground.example/, "
                         "Basic realm=\"playground\", TFS-Federated");
    return response;
}

/* A valid token without the scope: nothing but the status says so. */
static HttpResponse *deny_scope(Visit *visit, const Route *route)
{
    HttpResponse *response = visit_text(visit, 401, "%s", "");

    visit->why = g_strdup_printf("the token has none of the scopes%s", scopes_needed(route));
    http_response_header(response, "WWW-Authenticate", "Basic realm=\"playground\"");
    return response;
}

static HttpResponse *run_allowed(Visit *visit, Call *call)
{
    bool is_allowed;

    state_lock();
    is_allowed = scopes_allow(call->route, call->user);
    state_unlock();
    return is_allowed ? run_route(visit, call) : deny_scope(visit, call->route);
}

static HttpResponse *unknown_project(Visit *visit)
{
    Call call = { .status = 404 };
    json_t *body = call_refuse(&call, REFUSE_NO_PROJECT,
                               "TF200016: The following project does not exist: %s. Verify that "
                               "the name of the project is correct and that the project exists on "
                               "the specified Azure DevOps Server.",
                               visit_segment(visit, 1));

    visit->why = call.why;
    return visit_json(visit, 404, "application/json; charset=utf-8", body);
}

HttpResponse *rest_handle(Visit *visit)
{
    bool with_project = g_ascii_strcasecmp(visit_segment(visit, 1), "_apis") != 0;
    guint first = with_project ? 3 : 2;
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    Call call = {
        .state = visit->state,
        .request = visit->request,
        .user = visit->user,
        .status = 200,
    };
    HttpResponse *response;

    if (!visit->user)
        return deny(visit);
    if (with_project) {
        state_lock();
        call.project = state_project(visit->state, visit_segment(visit, 1));
        state_unlock();
        if (!call.project)
            return unknown_project(visit);
    }
    for (guint i = first; i < visit->segments->len; i++)
        g_ptr_array_add(rest, visit->segments->pdata[i]);
    g_ptr_array_add(rest, NULL);
    call.params = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    call.route = route_find(rest_routes, rest_routes_count(), http_request_method(visit->request),
                            (const char *const *)rest->pdata, with_project, call.params);
    response = call.route ? run_allowed(visit, &call) : no_controller(visit);
    call_clear(&call);
    return response;
}
