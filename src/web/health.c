// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "sys/js.h"
#include "web/metrics.h"

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

/* Limits in bytes too, null without one; null for what was not measured yet. */
static void add_cache(json_t *caches, const char *name, const CacheFacts *facts)
{
    json_t *cache = js_set_object(caches, name);

    json_object_set_new(cache, "bytes",
                        facts->bytes >= 0 ? json_integer(facts->bytes) : json_null());
    json_object_set_new(cache, "limit", facts->limit ? json_integer(facts->limit) : json_null());
}

static json_t *status_of(const Facts *facts)
{
    json_t *body = json_object(), *caches = js_set_object(body, "caches");
    gint64 ends = facts_first_end(facts);

    add_cache(caches, "plugin_cache", &facts->plugins);
    add_cache(caches, "git_cache", &facts->repositories);
    json_object_set_new(body, "shutting_down", json_boolean(facts->is_draining));
    json_object_set_new(body, "in_progress_operations", json_integer(facts->counts.running));
    json_object_set_new(body, "queued_operations", json_integer(facts->counts.queued));
    json_object_set_new(body, "waiting_posts", json_integer(facts->counts.waiting_posts));
    json_object_set_new(body, "last_event_at", json_integer(facts->last_event_ms));
    if (facts->findings)
        json_object_set(body, "findings", facts->findings);
    if (ends)
        json_object_set_new(body, "credential_ends", json_integer(ends));
    js_set(body, "version", HADAL_VERSION);
    return body;
}

static HttpResponse *no_database(const GError *why)
{
    log_line(LEVEL_ERROR, NULL, "what there is to tell cannot be read: %s", why->message);
    return http_response_text(503, "the database does not answer");
}

HttpResponse *status_get(const HttpRequest *request, Web *web)
{
    g_auto(Facts) facts = { 0 };
    g_autoptr(GError) error = NULL;

    (void)request;
    if (!facts_read(web, &facts, &error))
        return no_database(error);
    json_auto_t *body = status_of(&facts);

    return json_answer(200, body);
}

HttpResponse *metrics_get(const HttpRequest *request, Web *web)
{
    g_auto(Facts) facts = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    (void)request;
    if (!facts_read(web, &facts, &error))
        return no_database(error);
    text = metrics_print(&facts, web->spec.settings->stats_namespace);
    return http_response_new(200, "text/plain; version=0.0.4; charset=utf-8", text, -1);
}
