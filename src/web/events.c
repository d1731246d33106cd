// SPDX-License-Identifier: Apache-2.0
/* Webhooks: authenticate, parse, decide, commit, answer. 2xx is said after the commit, never
 * before. */
#include <string.h>

#include "base/log.h"
#include "base/step.h"
#include "intake/intake.h"
#include "web/web_internal.h"

/* Parameters (charset and the like) may follow. */
static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    const char *rest;

    if (!content_type || g_ascii_strncasecmp(content_type, json, strlen(json)) != 0)
        return false;
    rest = content_type + strlen(json);
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

HttpResponse *events_before_body(const HttpRequest *request, Web *web)
{
    g_autoptr(GError) why = NULL;
    HttpResponse *response;

    if (!host_authenticate(web->host, request, &why)) {
        log_line(LEVEL_WARN, NULL, "webhook from %s refused: %s", http_request_peer(request),
                 why->message);
        response = http_response_text(401, "%s", why->message);
        http_response_header(response, "WWW-Authenticate", "Basic realm=\"webhooks\"");
        return response;
    }
    if (!is_json(http_request_header(request, "Content-Type")))
        return http_response_text(415, "webhooks are application/json");
    return NULL;
}

static HttpResponse *answer(const Event *event, const IntakePlan *plan, IntakeOutcome outcome)
{
    switch (outcome) {
    case INTAKE_DUPLICATE:
        return http_response_text(200, "seen before: nothing to do");
    case INTAKE_UNCHANGED:
        return http_response_text(200, "no new commit: nothing to do");
    case INTAKE_STORED:
        log_line(LEVEL_INFO, NULL, "%s of %s!%" G_GINT64_FORMAT ": %u queued", event->type,
                 event->pull.repo.full_name, event->pull.number, plan->commands->len);
        return http_response_text(200, "queued");
    }
    g_assert_not_reached();
}

/* 503 is what hosts try again soon. */
static HttpResponse *not_stored(const Event *event, const char *why)
{
    log_line(LEVEL_ERROR, NULL, "event %s is not stored: %s", event->delivery_key, why);
    return http_response_text(503, "not stored, send it again");
}

static void on_done(const InboxItem *item, IntakeOutcome outcome, const GError *error)
{
    HttpRequest *request = item->data;

    if (error) {
        http_request_answer(request, not_stored(&item->event, error->message));
        return;
    }
    step_reached(NULL, STEP_EVENT_STORED);
    http_request_answer(request, answer(&item->event, &item->plan, outcome));
}

/* NULL: it is answered by on_done(), or has been. */
static HttpResponse *put(Web *web, const HttpRequest *request, InboxItem *item)
{
    g_autoptr(InboxItem) mine = item;

    mine->body = http_request_body(request, &mine->length);
    mine->done = on_done;
    mine->data = http_request_suspend(request);
    if (!mine->data)
        return http_response_text(503, "shutting down, send it again");
    if (inbox_put(web->inbox, mine))
        g_steal_pointer(&mine);
    else
        http_request_answer(mine->data, not_stored(&mine->event, "too many wait for the disk"));
    return NULL;
}

static HttpResponse *take(Web *web, const HttpRequest *request, InboxItem *item)
{
    g_autoptr(InboxItem) mine = item;
    const Event *event = &mine->event;

    intake_decide(web->spec.settings, event, &mine->plan);
    if (mine->plan.commands->len == 0)
        return http_response_text(200, "nothing to do for %s: %s", event->type ? event->type : "it",
                                  mine->plan.why);
    return put(web, request, g_steal_pointer(&mine));
}

HttpResponse *events_post(const HttpRequest *request, Web *web)
{
    gsize length;
    const char *body = http_request_body(request, &length);
    g_autoptr(InboxItem) item = g_new0(InboxItem, 1);
    g_autoptr(GError) why = NULL;

    step_reached(NULL, STEP_EVENT_RECEIVED);
    if (!host_event_parse(web->host, body, length, &item->event, &why)) {
        log_line(LEVEL_WARN, NULL, "webhook from %s is not an event: %s",
                 http_request_peer(request), why->message);
        return http_response_text(400, "%s", why->message);
    }
    step_reached(NULL, STEP_EVENT_PARSED);
    return take(web, request, g_steal_pointer(&item));
}
