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

static HttpResponse *take(Web *web, const HttpRequest *request, const Event *event)
{
    g_auto(IntakePlan) plan = { 0 };
    g_autoptr(GError) error = NULL;
    IntakeOutcome outcome;
    gsize length;
    const char *body = http_request_body(request, &length);

    intake_decide(web->spec.settings, event, &plan);
    if (plan.commands->len == 0)
        return http_response_text(200, "nothing to do for %s: %s", event->type ? event->type : "it",
                                  plan.why);
    if (!intake_store(web->spec.store, event, &plan, body, length, &outcome, &error)) {
        log_line(LEVEL_ERROR, NULL, "event %s is not stored: %s", event->delivery_key,
                 error->message);
        /* 503 is what hosts try again soon. */
        return http_response_text(503, "not stored, send it again");
    }
    step_reached(NULL, STEP_EVENT_STORED);
    return answer(event, &plan, outcome);
}

HttpResponse *events_post(const HttpRequest *request, Web *web)
{
    gsize length;
    const char *body = http_request_body(request, &length);
    g_auto(Event) event = { 0 };
    g_autoptr(GError) why = NULL;

    step_reached(NULL, STEP_EVENT_RECEIVED);
    if (!host_event_parse(web->host, body, length, &event, &why)) {
        log_line(LEVEL_WARN, NULL, "webhook from %s is not an event: %s",
                 http_request_peer(request), why->message);
        return http_response_text(400, "%s", why->message);
    }
    step_reached(NULL, STEP_EVENT_PARSED);
    return take(web, request, &event);
}
