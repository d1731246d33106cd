// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/rest.h"

#include <string.h>

#include "base/redact.h"
#include "host/azuredevops/throttle.h"
#include "host/azuredevops/wire.h"
#include "sys/http_client.h"
#include "sys/js.h"

enum {
    USUAL_REPLY = 8 * 1024 * 1024,
    LONGEST_SAYING = 300, /* bytes of the service's text in a message */
    LONGEST_TAG = 80,
    LONGEST_WAIT_S = 3600,
    LONGEST_PAUSE_MS = 30000, /* as long as the service itself holds calls back */
};

/* Newest first: a server of 2019 knows 5.0, of 2020 6.0, of 2022 7.0, the service and 2022.1 7.1.
 */
static const char *const versions[] = { "7.1", "7.0", "6.0", "5.0" };

struct _Rest {
    HttpClient *http;
    Keyring *keyring; /* NULL: none */
    guint version;    /* index of what the server is known to take */
    gint64 timeout_ms;
    gint64 *retry_after_ms;
};

Rest *rest_new(const RestSpec *spec)
{
    Rest *rest = g_new0(Rest, 1);

    rest->keyring = spec->keyring;
    rest->http = http_client_new();
    rest->timeout_ms = spec->timeout_ms;
    rest->retry_after_ms = spec->retry_after_ms;
    return rest;
}

void rest_free(Rest *rest)
{
    if (!rest)
        return;
    http_client_free(rest->http);
    g_free(rest);
}

void rest_reply_clear(RestReply *reply)
{
    g_clear_pointer(&reply->json, json_decref);
    g_clear_pointer(&reply->user_id, g_free);
    g_clear_pointer(&reply->continuation, g_free);
}

/* The caller frees it. */
static GStrv headers_of(const Access *access)
{
    g_autoptr(GStrvBuilder) headers = g_strv_builder_new();
    g_autofree char *authorization =
        access->authorization ? g_strdup_printf("Authorization: %s", access->authorization) : NULL;

    if (authorization)
        g_strv_builder_add(headers, authorization);
    if (access->is_bearer)
        g_strv_builder_add(headers, CREDENTIALS_BEARER_HEADER);
    g_strv_builder_add(headers, "Accept: application/json");
    g_strv_builder_add(headers, "Content-Type: application/json; charset=utf-8");
    g_strv_builder_add(headers, CREDENTIALS_HONEST_HEADER);
    return g_strv_builder_end(headers);
}

/* What is tried, and how often. */
typedef struct {
    Access access;
    bool was_renewed;
    bool is_preview; /* older servers have as a preview what newer ones have published */
    bool is_again;   /* it was refused before anything was done, and may be sent once more */
} Attempt;

static void attempt_clear(Attempt *attempt)
{
    access_clear(&attempt->access);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Attempt, attempt_clear)

static const char *preview_of(const RestCall *call, const Attempt *attempt)
{
    if (call->is_preview)
        return "-preview.1";
    return attempt->is_preview ? "-preview" : "";
}

static bool send(const Ctx *ctx, Rest *rest, const RestCall *call, const Attempt *attempt,
                 HttpReply *answer, GError **error)
{
    g_auto(GStrv) headers = headers_of(&attempt->access);
    g_autofree char *url = g_strdup_printf("%s?api-version=%s%s%s%s", call->url,
                                           versions[rest->version], preview_of(call, attempt),
                                           call->query ? "&" : "", call->query ? call->query : "");
    g_autofree char *body = call->body ? json_dumps(call->body, JSON_COMPACT) : NULL;
    const HttpCall http = {
        .method = call->method,
        .url = url,
        .headers = (const char *const *)headers,
        .body = body,
        .body_length = body ? strlen(body) : 0,
        .timeout_ms = rest->timeout_ms,
        .max_reply = call->max_reply ? call->max_reply : USUAL_REPLY,
    };

    return http_client_call(ctx, rest->http, &http, answer, error);
}

/* Throttled calls that were let through carry Retry-After too: the next one is held back here, of
 * whichever thread, or it would be refused. */
static void note_wait(Rest *rest, const RestCall *call, const HttpReply *answer)
{
    const char *text = http_reply_header(answer, "Retry-After");
    double seconds = text ? g_ascii_strtod(text, NULL) : 0;
    gint64 wait_ms = seconds > 0 ? (gint64)(MIN(seconds, LONGEST_WAIT_S) * 1000) : 0;

    *rest->retry_after_ms = MAX(*rest->retry_after_ms, wait_ms);
    if (wait_ms)
        throttle_hold(call->url, MIN(wait_ms, LONGEST_PAUSE_MS));
}

static bool send_in_turn(const Ctx *ctx, Rest *rest, const RestCall *call, const Attempt *attempt,
                         HttpReply *answer, GError **error)
{
    bool is_answered;

    if (!throttle_enter(ctx, call->url, error))
        return false;
    is_answered = send(ctx, rest, call, attempt, answer, error);
    if (is_answered)
        note_wait(rest, call, answer);
    throttle_leave(call->url);
    return is_answered;
}

static const char *type_of(const json_t *json)
{
    return js_get(json, "typeKey", "");
}

/* The reason as the service words it, from the body or, where that is no JSON, from a header. */
static char *saying_of(const HttpReply *answer, const json_t *json)
{
    const char *header = http_reply_header(answer, "X-TFS-ServiceError");
    g_autofree char *decoded = header ? g_uri_unescape_string(header, NULL) : NULL;
    const char *text = js_get(json, "message", decoded ? decoded : "no reason given");
    g_autofree char *safe = redact_copy(text);

    return wire_excerpt(safe, LONGEST_SAYING);
}

/* " (GitNeedsPermissionException, activity 5f1c…)": for people who search, and for support. */
static char *tags_of(const HttpReply *answer, const json_t *json)
{
    const char *activity = http_reply_header(answer, "ActivityId");
    g_autofree char *type = wire_excerpt(type_of(json), LONGEST_TAG);
    g_autofree char *tag = wire_excerpt(activity ? activity : "", LONGEST_TAG);

    if (!*type && !*tag)
        return g_strdup("");
    return g_strdup_printf(" (%s%s%s%s)", type, *type && *tag ? ", " : "", *tag ? "activity " : "",
                           tag);
}

/* The pull request was completed or abandoned meanwhile: not the call's fault, whatever 400 says.
 */
static bool is_closed_pull(const json_t *json)
{
    return g_str_equal(type_of(json), "GitPullRequestNotEditableException");
}

static HadalError code_of(int status)
{
    static const struct {
        int status;
        HadalError code;
    } codes[] = {
        { 400, HADAL_ERROR_INVALID },   { 401, HADAL_ERROR_RETRY }, { 403, HADAL_ERROR_DENIED },
        { 404, HADAL_ERROR_NOT_FOUND }, { 408, HADAL_ERROR_RETRY }, { 409, HADAL_ERROR_CONFLICT },
        { 413, HADAL_ERROR_INVALID },   { 429, HADAL_ERROR_RETRY },
    };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++)
        if (codes[i].status == status)
            return codes[i].code;
    return status >= 500 ? HADAL_ERROR_RETRY : HADAL_ERROR_FAILED;
}

static bool is_page(const HttpReply *answer)
{
    const char *type = http_reply_header(answer, "Content-Type");

    return type && g_ascii_strncasecmp(type, "text/html", strlen("text/html")) == 0;
}

/* A bad credential is answered with the sign-in page, or sent there, as if that were success. */
static bool is_sign_in(const HttpReply *answer)
{
    bool is_success = answer->status >= 200 && answer->status < 300;
    bool is_redirect = answer->status >= 300 && answer->status < 400;

    return answer->status == 203 || is_redirect || (is_success && is_page(answer));
}

static bool refuse(const HttpReply *answer, const json_t *json, GError **error)
{
    g_autofree char *saying = saying_of(answer, json);
    g_autofree char *tags = tags_of(answer, json);

    if (answer->status == 401)
        return hadal_throw(error, HADAL_ERROR_RETRY, "the credential was refused: status 401: %s%s",
                           saying, tags);
    return hadal_throw(error, is_closed_pull(json) ? HADAL_ERROR_CONFLICT : code_of(answer->status),
                       "status %d: %s%s", answer->status, saying, tags);
}

static char *user_of(const HttpReply *answer)
{
    const char *text = http_reply_header(answer, "X-VSS-UserData");
    g_auto(GStrv) parts = g_strsplit(text ? text : "", ":", 2);

    return wire_is_guid(parts[0]) ? g_ascii_strdown(parts[0], -1) : NULL;
}

/* In public projects a credential that is not known is passed over, and everybody may read. */
static bool is_nobody(const char *user_id)
{
    return g_strcmp0(user_id, "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa") == 0;
}

static bool judge(const RestCall *call, const HttpReply *answer, json_t *json, RestReply *reply,
                  GError **error)
{
    g_autofree char *user = user_of(answer);

    if (is_sign_in(answer)) {
        g_autofree char *tags = tags_of(answer, NULL);

        return hadal_throw(error, HADAL_ERROR_RETRY,
                           "the credential was refused: status %d with a sign-in page%s",
                           answer->status, tags);
    }
    if (answer->status < 200 || answer->status >= 300)
        return refuse(answer, json, error);
    if (is_nobody(user))
        return hadal_throw(error, HADAL_ERROR_RETRY,
                           "the credential was refused: status %d as anybody would get it",
                           answer->status);
    if (!json && !(call->may_be_empty && answer->body->len == 0))
        return hadal_throw(error, HADAL_ERROR_RETRY, "status %d without JSON", answer->status);
    reply->json = json ? json_incref(json) : json_null();
    reply->user_id = g_steal_pointer(&user);
    reply->continuation = g_strdup(http_reply_header(answer, "x-ms-continuationtoken"));
    return true;
}

/* Refused before anything was done: it may be sent again as another version. */
static bool steps_down(Rest *rest, const HttpReply *answer, const json_t *json)
{
    if (answer->status != 400 || !g_str_equal(type_of(json), "VssVersionOutOfRangeException") ||
        rest->version + 1 >= G_N_ELEMENTS(versions))
        return false;
    rest->version++;
    return true;
}

/* The same: without the mark of a preview. */
static bool asks_for_preview(const RestCall *call, Attempt *attempt, const HttpReply *answer,
                             const json_t *json)
{
    if (answer->status != 400 || call->is_preview || attempt->is_preview ||
        !g_str_equal(type_of(json), "VssInvalidPreviewVersionException"))
        return false;
    attempt->is_preview = true;
    return true;
}

static bool authorize(const Ctx *ctx, Rest *rest, const RestCall *call, const char *refused,
                      Access *access, GError **error)
{
    return !rest->keyring || keyring_access(ctx, rest->keyring, call->url, refused, access, error);
}

/* Once: a token that was replaced or has ended meanwhile is nobody's failure. */
static bool renews(const Ctx *ctx, Rest *rest, const RestCall *call, Attempt *attempt)
{
    g_auto(Access) newer = { 0 };
    g_autoptr(GError) why = NULL;

    if (attempt->was_renewed || !attempt->access.authorization)
        return false;
    attempt->was_renewed = true;
    if (!authorize(ctx, rest, call, attempt->access.authorization, &newer, &why)) {
        log_line(LEVEL_WARN, ctx, "%s: %s", call->what, why->message);
        return false;
    }
    if (g_strcmp0(newer.authorization, attempt->access.authorization) == 0)
        return false;
    log_line(LEVEL_INFO, ctx, "%s: the credential was refused, and is tried again as it is now",
             call->what);
    access_clear(&attempt->access);
    attempt->access = newer;
    newer = (Access){ 0 };
    return true;
}

static bool call_once(const Ctx *ctx, Rest *rest, const RestCall *call, Attempt *attempt,
                      RestReply *reply, GError **error)
{
    g_auto(HttpReply) answer = { 0 };

    attempt->is_again = false;
    if (!send_in_turn(ctx, rest, call, attempt, &answer, error))
        return false;
    /* Not every answer is JSON; what that means is for judge() to say. */
    json_auto_t *json = wire_parse(answer.body->str, answer.body->len, NULL);

    if (call->status)
        *call->status = answer.status;
    attempt->is_again =
        steps_down(rest, &answer, json) || asks_for_preview(call, attempt, &answer, json) ||
        ((answer.status == 401 || is_sign_in(&answer)) && renews(ctx, rest, call, attempt));
    return judge(call, &answer, json, reply, error);
}

bool rest_call(const Ctx *ctx, Rest *rest, const RestCall *call, RestReply *reply, GError **error)
{
    g_auto(Attempt) attempt = { 0 };

    if (!authorize(ctx, rest, call, NULL, &attempt.access, error))
        return hadal_prefix(error, "%s", call->what);
    do {
        g_autoptr(GError) why = NULL;

        if (call_once(ctx, rest, call, &attempt, reply, &why))
            return true;
        if (!attempt.is_again)
            g_propagate_error(error, g_steal_pointer(&why));
    } while (attempt.is_again);
    return hadal_prefix(error, "%s", call->what);
}
