// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <stdatomic.h>
#include <string.h>

#include "call.h"
#include "entra.h"
#include "faults.h"
#include "git_http.h"
#include "visit.h"

static atomic_bool stopping;

void server_stop(void)
{
    atomic_store(&stopping, true);
    state_lock();
    state_changed();
    state_unlock();
}

/* Decoded; false for what cannot be a path. */
static bool split_path(const char *path, GPtrArray *segments)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (gsize i = 1; parts[i]; i++) {
        char *segment;

        if (*parts[i] == '\0' && !parts[i + 1])
            break;
        segment = g_uri_unescape_string(parts[i], NULL);
        if (!segment)
            return false;
        g_ptr_array_add(segments, segment);
        if (!g_utf8_validate(segment, -1, NULL))
            return false;
    }
    return true;
}

/* Where in /{org}[/{project}]/... the word stands: 1, 2, or 0 for nowhere. */
static guint place_of(const Visit *visit, const char *word)
{
    for (guint i = 1; i <= 2; i++)
        if (g_ascii_strcasecmp(visit_segment(visit, i), word) == 0)
            return i;
    return 0;
}

static bool is_named(const Visit *visit, const char *name)
{
    return g_ascii_strcasecmp(visit_segment(visit, 0), name) == 0;
}

/* Off the path goes the directory that a server has in front of its collections. False for a
 * collection without it. */
static bool enter_server(const Visit *visit, GPtrArray *segments)
{
    const Settings *settings = &visit->state->settings;

    if (!settings->server)
        return true;
    if (!is_named(visit, settings->server))
        return !is_named(visit, settings->org);
    g_ptr_array_remove_index(segments, 0);
    return true;
}

static Area area_of(const Visit *visit)
{
    const char *first = visit_segment(visit, 0);

    if (!visit->state->settings.server && entra_is_path(visit))
        return AREA_LOGIN;
    if (visit->segments->len == 0 || g_str_equal(first, "assets"))
        return AREA_PAGE;
    if (g_str_equal(first, "_playground"))
        return AREA_CONTROL;
    if (!is_named(visit, visit->state->settings.org))
        return AREA_UNKNOWN;
    if (place_of(visit, "_git"))
        return AREA_GIT;
    return place_of(visit, "_apis") ? AREA_REST : AREA_UNKNOWN;
}

/* A token of Entra ID is the automation user's. The organisation is run with Microsoft accounts,
 * where such a token counts only in calls that ask for that. */
static const User *user_of_token(const State *state, const HttpRequest *request, const char *token)
{
    const char *passes = http_request_header(request, "X-VSS-ForceMsaPassThrough");

    if (!entra_knows_token(state->entra, token))
        return user_by_pat(token);
    return passes && g_ascii_strcasecmp(passes, "true") == 0 ? user_bot() : NULL;
}

/* Any user name with a PAT or token, or one of them as a bearer token. */
static const User *authenticate(const State *state, const HttpRequest *request)
{
    STATE_LOCKED lock = (state_lock(), 0);
    const char *header = http_request_header(request, "Authorization");
    g_autofree char *user = NULL, *password = NULL;

    if (header && g_ascii_strncasecmp(header, "Bearer ", 7) == 0)
        return user_of_token(state, request, header + 7);
    if (!http_request_basic_auth(request, &user, &password))
        return NULL;
    return user_of_token(state, request, password);
}

static HttpResponse *challenge(Visit *visit)
{
    /* git asks without credentials first: that is how it learns that some are wanted. */
    bool is_expected = http_request_header(visit->request, "Authorization") == NULL;
    HttpResponse *response = is_expected ? visit_text(visit, 401, "%s", "")
                                         : visit_refuse(visit, 401, "wrong credentials");
    g_autofree char *realm =
        g_strdup_printf("Basic realm=\"%s/\"", visit->state->settings.base_url);

    http_response_header(response, "WWW-Authenticate", realm);
    return response;
}

/* Without a project, the repository is called like its project. */
static Repo *repo_of(const Visit *visit, guint at)
{
    STATE_LOCKED lock = (state_lock(), 0);
    const char *name = visit_segment(visit, at + 1);
    const Project *project = state_project(visit->state, at == 2 ? visit_segment(visit, 1) : name);

    return project ? state_repo(visit->state, project, name) : NULL;
}

/* The addresses that people know: of a repository, and of a pull request in it. */
static HttpResponse *browse(Visit *visit, guint at)
{
    const char *what = visit_segment(visit, at + 2);
    bool is_pull = g_ascii_strcasecmp(what, "pullrequest") == 0;
    g_autofree char *place = g_strconcat("/#/", is_pull ? "pull/" : "",
                                         is_pull ? visit_segment(visit, at + 3) : "", NULL);
    HttpResponse *response;

    if (!g_str_equal(http_request_method(visit->request), "GET") || (*what && !is_pull))
        return NULL;
    response = visit_text(visit, 302, "%s", place);
    http_response_header(response, "Location", place);
    return response;
}

HttpResponse *git_handle(Visit *visit)
{
    guint at = place_of(visit, "_git");
    g_autoptr(GString) rest = g_string_new(NULL);
    HttpResponse *page = browse(visit, at);
    Repo *repo;

    if (page)
        return page;
    if (!visit->user)
        return challenge(visit);
    repo = repo_of(visit, at);
    if (!repo)
        return visit_refuse(visit, 404,
                            "TF401019: The Git repository with name or identifier %s does not "
                            "exist or you do not have permissions for the operation you are "
                            "attempting.",
                            visit_segment(visit, at + 1));
    for (guint i = at + 2; i < visit->segments->len; i++)
        g_string_append_printf(rest, "/%s", visit_segment(visit, i));
    return git_http_handle(visit, repo, rest->str);
}

static HttpResponse *visit_area(Visit *visit)
{
    switch (visit->area) {
    case AREA_PAGE:
        return page_handle(visit);
    case AREA_CONTROL:
        return control_handle(visit);
    case AREA_REST:
        return rest_handle(visit);
    case AREA_GIT:
        return git_handle(visit);
    case AREA_LOGIN:
        return entra_handle(visit);
    default:
        return visit_refuse(visit, 404, "no such path");
    }
}

/* Without the lock; ends early when the program does. */
static void wait_ms(gint64 ms)
{
    gint64 end = g_get_monotonic_time() + ms * 1000;

    state_lock();
    while (!atomic_load(&stopping) && g_get_monotonic_time() < end)
        state_wait(end);
    state_unlock();
}

static const char sign_in[] =
    "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Azure DevOps Services | Sign In</title>"
    "</head><body>Sign in to continue.</body></html>\n";

/* With a byte order mark, as the service sends it when a collection is stopped. */
static const char stopped[] =
    "\xef\xbb\xbf{\"$id\":\"1\",\"innerException\":null,\"message\":\"TF24668: The following team "
    "project collection is stopped.\",\"typeName\":\"VssServiceException\",\"typeKey\":"
    "\"VssServiceException\",\"errorCode\":0,\"eventId\":3000}";

#define JSON_TYPE "application/json; charset=utf-8"

/* Each in the form the service has for it. */
static HttpResponse *fault_response(Visit *visit, const Fault *fault)
{
    g_autofree char *seconds = g_strdup_printf("%" G_GINT64_FORMAT, fault->retry_after_s);
    HttpResponse *response;

    switch (fault->status) {
    case 203:
        return http_response_new(203, "text/html; charset=utf-8", sign_in, -1);
    case 302:
        response = http_response_new(302, "text/html; charset=utf-8", sign_in, -1);
        http_response_header(response, "Location", "/_signin");
        break;
    case 401:
        response = visit_text(visit, 401, "%s", "");
        http_response_header(response, "WWW-Authenticate", "Basic realm=\"playground\"");
        break;
    case 429:
        response = visit_json(visit, 429, JSON_TYPE,
                              refusal_body(REFUSE_THROTTLED,
                                           "TF400733: The request has been canceled: Request was "
                                           "blocked due to exceeding usage of resource."));
        break;
    case 503:
        response = http_response_new(503, "application/json", stopped, -1);
        break;
    default:
        response =
            visit_json(visit, fault->status, JSON_TYPE,
                       refusal_body(REFUSE_INTERNAL, "TF400898: An Internal Error Occurred."));
    }
    if (fault->retry_after_s)
        http_response_header(response, "Retry-After", seconds);
    return response;
}

/* As of an identity that has nearly used up what it may. */
static void slow_down(HttpResponse *response, const Fault *fault)
{
    g_autofree char *seconds = g_strdup_printf("%" G_GINT64_FORMAT, fault->retry_after_s);

    http_response_header(response, "Retry-After", seconds);
    http_response_header(response, "X-RateLimit-Resource", "Core");
    http_response_header(response, "X-RateLimit-Delay", "1.000");
    http_response_header(response, "X-RateLimit-Limit", "200");
    http_response_header(response, "X-RateLimit-Remaining", "0");
}

static void note(Visit *visit, bool fault)
{
    /* Anything refused is unexpected, unless a test asked for it. */
    const Entry entry = {
        .area = visit->area,
        .method = http_request_method(visit->request),
        .path = http_request_path(visit->request),
        .query = http_request_query(visit->request),
        .user = visit->user,
        .status = visit->status,
        .fault = fault,
        .unexpected = fault ? NULL : visit->why,
    };

    state_lock();
    journal_add(visit->state, &entry);
    state_unlock();
}

static HttpResponse *serve(Visit *visit)
{
    State *state = visit->state;
    Fault fault = { 0 };
    HttpResponse *response;
    bool is_hit;

    state_lock();
    is_hit = faults_take(state, visit->area, http_request_method(visit->request),
                         http_request_path(visit->request), &fault);
    state_unlock();
    if (visit->area == AREA_REST)
        wait_ms(state->settings.latency_ms);
    if (is_hit && fault.kind == FAULT_STATUS) {
        visit->status = fault.status;
        note(visit, true);
        return fault_response(visit, &fault);
    }
    if (is_hit && (fault.kind == FAULT_HANG || fault.kind == FAULT_DROP)) {
        note(visit, true);
        wait_ms(fault.delay_ms);
        return NULL;
    }
    if (is_hit && fault.kind == FAULT_HOLD) {
        state_lock();
        faults_wait_cleared(state, fault.id);
        state_unlock();
    }
    response = visit_area(visit);
    if (is_hit && fault.kind == FAULT_LET_THROUGH) {
        slow_down(response, &fault);
    } else if (is_hit && fault.kind == FAULT_DROP_AFTER) {
        /* The effect has happened; the answer gets lost. */
        g_clear_pointer(&response, http_response_free);
        visit->status = 0;
    }
    note(visit, is_hit);
    return response;
}

HttpResponse *server_handle(const HttpRequest *request, gpointer data)
{
    g_autoptr(GPtrArray) segments = g_ptr_array_new_with_free_func(g_free);
    Visit visit = { .state = data, .request = request, .segments = segments };
    HttpResponse *response;

    if (split_path(http_request_path(request), segments) && enter_server(&visit, segments)) {
        visit.area = area_of(&visit);
        if (visit.area == AREA_REST || visit.area == AREA_GIT)
            visit.user = authenticate(visit.state, request);
        response = serve(&visit);
    } else {
        visit.area = AREA_UNKNOWN;
        response = visit_refuse(&visit, 400, "not a path");
        note(&visit, false);
    }
    g_free(visit.why);
    return response;
}
