// SPDX-License-Identifier: Apache-2.0
/* Dispatch, and everything that is not about pull requests. */
#include "control.h"

#include <string.h>

#include "entra.h"
#include "faults.h"
#include "hooks.h"
#include "journal.h"
#include "pull.h"
#include "routes.h"
#include "scopes.h"
#include "sys/js.h"
#include "visit.h"

json_t *control_error(Call *call, unsigned status, const char *format, ...)
{
    json_t *object = json_object();
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    call->status = status;
    g_free(call->why);
    call->why = g_strdup(text);
    js_set(object, "error", text);
    return object;
}

json_t *control_fail(Call *call, const GError *error)
{
    return control_error(call, (unsigned)hadal_error_class(error)->http_status, "%s",
                         error->message);
}

const User *control_user(Call *call, const char *fallback, json_t **refusal)
{
    const char *name = js_get(call->body, "user", fallback);
    const User *user = user_by_key(name) ? user_by_key(name) : user_by_id(name);

    if (!user)
        *refusal = control_error(call, 400, "no such user: %s", name);
    return user;
}

static json_t *list_users(Call *call)
{
    json_t *array = json_array();

    for (gsize i = 0; i < users_count(); i++) {
        json_t *user = wire_user(call->state, &users[i]);

        js_set(user, "key", users[i].key);
        js_set(user, "pat", users[i].pat);
        json_array_append_new(array, user);
    }
    return array;
}

static json_t *about(Call *call)
{
    json_t *object = json_object();

    js_set(object, "organisation", call->state->settings.org);
    js_set(object, "url", call->state->settings.base_url);
    return object;
}

static json_t *list_requests(Call *call)
{
    return journal_list(call->state, false);
}

static json_t *count_requests(Call *call)
{
    return journal_counts(call->state);
}

static json_t *clear_requests(Call *call)
{
    journal_clear(call->state, false);
    return NULL;
}

static json_t *list_unexpected(Call *call)
{
    return journal_list(call->state, true);
}

static json_t *clear_unexpected(Call *call)
{
    journal_clear(call->state, true);
    return NULL;
}

static json_t *list_faults(Call *call)
{
    return faults_list(call->state);
}

static json_t *add_fault(Call *call)
{
    g_autoptr(GError) error = NULL;
    int id = 0;

    if (!faults_add(call->state, call->body, &id, &error))
        return control_fail(call, error);
    call->status = 201;
    return json_pack("{s:i}", "id", id);
}

static json_t *clear_faults(Call *call)
{
    faults_clear(call->state);
    return NULL;
}

static json_t *list_deliveries(Call *call)
{
    return hooks_deliveries(call->state, NULL);
}

static json_t *redeliver(Call *call)
{
    if (!hooks_redeliver(call->state, call_param_int(call, "deliveryId")))
        return control_error(call, 404, "no such delivery");
    return NULL;
}

static json_t *hold(Call *call)
{
    hooks_hold(call->state, json_is_true(json_object_get(call->body, "held")));
    return NULL;
}

static json_t *subscribe(Call *call)
{
    g_autoptr(GError) error = NULL;

    if (!hooks_subscribe_all(call->state, js_get(call->body, "url", ""), &error))
        return control_fail(call, error);
    call->status = 201;
    return NULL;
}

static json_t *list_subscriptions(Call *call)
{
    const GPtrArray *all = hooks_subscriptions(call->state);
    json_t *array = json_array();

    for (guint i = 0; i < all->len; i++) {
        const Subscription *subscription = all->pdata[i];

        json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "id", subscription->id,
                                               "eventType", event_type_names[subscription->type],
                                               "status", subscription->status));
    }
    return array;
}

/* An object is sent as JSON, a string as it is. */
static json_t *send_raw(Call *call)
{
    const json_t *event = json_object_get(call->body, "event");
    g_autofree char *text = json_is_string(event) ? g_strdup(json_string_value(event))
                                                  : json_dumps(event, JSON_COMPACT);
    g_autoptr(GError) error = NULL;
    int id = 0;

    if (!text)
        return control_error(call, 400, "event is missing");
    if (!hooks_send_raw(call->state, js_get(call->body, "subscription", ""), text, &id, &error))
        return control_fail(call, error);
    call->status = 201;
    return json_pack("{s:i}", "id", id);
}

#define PULL    "pulls/{pullRequestId}"
#define COMMENT PULL "/threads/{threadId}/comments/{commentId}"

// clang-format off
const Route control_routes[] = {
    { "GET",    "about", SCOPE_ANY, false, NULL, about },
    { "GET",    "users", SCOPE_ANY, false, NULL, list_users },
    { "POST",   "users/{userKey}/limits", SCOPE_ANY, false, NULL, control_user_limits },
    { "POST",   "users/{userKey}/pat", SCOPE_ANY, false, NULL, control_user_pat },
    { "POST",   "applications", SCOPE_ANY, false, NULL, control_application },
    { "POST",   "tokens/life", SCOPE_ANY, false, NULL, control_token_life },
    { "POST",   "tokens/end", SCOPE_ANY, false, NULL, control_tokens_end },
    { "GET",    "teams", SCOPE_ANY, false, NULL, control_teams },
    { "POST",   "teams", SCOPE_ANY, false, NULL, control_team_create },
    { "GET",    "repositories", SCOPE_ANY, false, NULL, control_repositories },
    { "POST",   "repositories", SCOPE_ANY, false, NULL, control_repository_create },
    { "POST",   "repositories/{repositoryId}/fork", SCOPE_ANY, false, NULL, control_fork },
    { "POST",   "repositories/{repositoryId}/commits", SCOPE_ANY, false, NULL, control_commit },
    { "GET",    "repositories/{repositoryId}/files", SCOPE_ANY, false, NULL, control_files },
    { "GET",    "pulls", SCOPE_ANY, false, NULL, control_pulls },
    { "POST",   "pulls", SCOPE_ANY, false, NULL, control_pull_open },
    { "GET",    PULL, SCOPE_ANY, false, NULL, control_pull },
    { "GET",    PULL "/diff", SCOPE_ANY, false, NULL, control_pull_diff },
    { "POST",   PULL "/push", SCOPE_ANY, false, NULL, control_pull_push },
    { "POST",   PULL "/comment", SCOPE_ANY, false, NULL, control_pull_comment },
    { "POST",   COMMENT "/edit", SCOPE_ANY, false, NULL, control_comment_edit },
    { "POST",   COMMENT "/delete", SCOPE_ANY, false, NULL, control_comment_delete },
    { "POST",   PULL "/threads/{threadId}/status", SCOPE_ANY, false, NULL, control_thread_status },
    { "POST",   PULL "/vote", SCOPE_ANY, false, NULL, control_pull_vote },
    { "POST",   PULL "/complete", SCOPE_ANY, false, NULL, control_pull_complete },
    { "POST",   PULL "/abandon", SCOPE_ANY, false, NULL, control_pull_abandon },
    { "POST",   PULL "/reactivate", SCOPE_ANY, false, NULL, control_pull_reactivate },
    { "POST",   PULL "/draft", SCOPE_ANY, false, NULL, control_pull_draft },
    { "POST",   PULL "/texts", SCOPE_ANY, false, NULL, control_pull_texts },
    { "POST",   PULL "/slow", SCOPE_ANY, false, NULL, control_pull_slow },
    { "POST",   PULL "/stale", SCOPE_ANY, false, NULL, control_pull_stale },
    { "POST",   PULL "/lag", SCOPE_ANY, false, NULL, control_pull_lag },
    { "GET",    "requests", SCOPE_ANY, false, NULL, list_requests },
    { "GET",    "requests/counts", SCOPE_ANY, false, NULL, count_requests },
    { "DELETE", "requests", SCOPE_ANY, false, NULL, clear_requests },
    { "GET",    "unexpected", SCOPE_ANY, false, NULL, list_unexpected },
    { "DELETE", "unexpected", SCOPE_ANY, false, NULL, clear_unexpected },
    { "GET",    "faults", SCOPE_ANY, false, NULL, list_faults },
    { "POST",   "faults", SCOPE_ANY, false, NULL, add_fault },
    { "DELETE", "faults", SCOPE_ANY, false, NULL, clear_faults },
    { "GET",    "subscriptions", SCOPE_ANY, false, NULL, list_subscriptions },
    { "POST",   "subscriptions", SCOPE_ANY, false, NULL, subscribe },
    { "GET",    "deliveries", SCOPE_ANY, false, NULL, list_deliveries },
    { "POST",   "deliveries", SCOPE_ANY, false, NULL, send_raw },
    { "POST",   "deliveries/hold", SCOPE_ANY, false, NULL, hold },
    { "POST",   "deliveries/{deliveryId}/redeliver", SCOPE_ANY, false, NULL, redeliver },
};
// clang-format on

gsize control_routes_count(void)
{
    return G_N_ELEMENTS(control_routes);
}

/* A page of another site can make a browser post a form, but not JSON. */
static bool is_json(const HttpRequest *request)
{
    const char *type = http_request_header(request, "Content-Type");

    return g_str_equal(http_request_method(request), "GET") ||
           (type && g_str_has_prefix(type, "application/json"));
}

static json_t *find_objects(Call *call)
{
    const char *repo = call_param(call, "repositoryId");

    if (repo && !(call->repo = state_repo(call->state, NULL, repo)))
        return control_error(call, 404, "no such repository");
    if (call_param(call, "pullRequestId") &&
        !(call->pull = state_pull(call->state, call_param_int(call, "pullRequestId"))))
        return control_error(call, 404, "no such pull request");
    if (call_param(call, "threadId") &&
        !(call->thread = pull_thread(call->pull, call_param_int(call, "threadId"))))
        return control_error(call, 404, "no such thread");
    if (call_param(call, "commentId") &&
        !(call->comment = thread_comment(call->thread, call_param_int(call, "commentId"))))
        return control_error(call, 404, "no such comment");
    return NULL;
}

static json_t *read_body(Call *call)
{
    gsize length = 0;
    const char *text = http_request_body(call->request, &length);
    json_error_t error;

    if (!is_json(call->request))
        return control_error(call, 415, "Content-Type has to be application/json");
    call->body = length ? json_loadb(text, length, 0, &error) : json_object();
    return json_is_object(call->body) ? NULL : control_error(call, 400, "not a JSON object");
}

static json_t *run(Call *call)
{
    json_t *refusal = read_body(call);

    if (!refusal)
        refusal = find_objects(call);
    return refusal ? refusal : call->route->run(call);
}

HttpResponse *control_handle(Visit *visit)
{
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    g_autoptr(GHashTable) params = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Call call = {
        .state = visit->state, .request = visit->request, .params = params, .status = 200
    };
    json_t *answer;

    for (guint i = 1; i < visit->segments->len; i++)
        g_ptr_array_add(rest, visit->segments->pdata[i]);
    g_ptr_array_add(rest, NULL);
    call.route =
        route_find(control_routes, control_routes_count(), http_request_method(visit->request),
                   (const char *const *)rest->pdata, false, params);
    if (!call.route)
        return visit_refuse(visit, 404, "no such control");
    state_lock();
    answer = run(&call);
    pull_complete_asked(call.state);
    state_unlock();
    visit->why = call.why;
    json_decref(call.body);
    return visit_json(visit, call.status, "application/json", answer);
}
