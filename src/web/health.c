// SPDX-License-Identifier: Apache-2.0
#include "sys/js.h"
#include "web/web_internal.h"

static HttpResponse *json_answer(unsigned status, const json_t *body)
{
    char *text = json_dumps(body, JSON_INDENT(2));

    g_assert(text);
    g_autofree char *owned = text;
    return http_response_new(status, "application/json; charset=utf-8", owned, -1);
}

HttpResponse *health_get(const HttpRequest *request, Web *web)
{
    json_auto_t *body = json_object();

    (void)request, (void)web;
    js_set(body, "status", "ok");
    return json_answer(200, body);
}

HttpResponse *ready_get(const HttpRequest *request, Web *web)
{
    json_auto_t *body = json_object();
    g_autoptr(GError) error = NULL;
    bool is_ready = store_ping(web->spec.store, &error);

    (void)request;
    js_set(body, "status", is_ready ? "ok" : "error");
    if (!is_ready)
        js_set(body, "error", error->message);
    return json_answer(is_ready ? 200 : 503, body);
}

HttpResponse *status_get(const HttpRequest *request, Web *web)
{
    json_auto_t *body = json_object();
    g_autoptr(GError) error = NULL;
    WorkCounts counts = { 0 };

    (void)request;
    if (!store_work_counts(web->spec.store, &counts, &error))
        return http_response_text(503, "the database does not answer");
    json_object_set_new(body, "shutting_down", json_boolean(atomic_load(&web->is_draining)));
    json_object_set_new(body, "in_progress_operations", json_integer(counts.running));
    json_object_set_new(body, "queued_operations", json_integer(counts.queued));
    json_object_set_new(body, "waiting_posts", json_integer(counts.waiting_posts));
    js_set(body, "version", HADAL_VERSION);
    return json_answer(200, body);
}
