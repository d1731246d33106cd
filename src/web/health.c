// SPDX-License-Identifier: Apache-2.0
#include <string.h>

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

/* What the server found when it last looked around; nothing before it has. */
static void set_findings(json_t *body, const char *text)
{
    json_t *findings = text ? js_parse(text, strlen(text), NULL) : NULL;

    if (findings)
        json_object_set_new(body, "findings", findings);
}

/* Limits in bytes too, null without one; null for what was not measured yet. */
static bool add_cache(json_t *caches, Web *web, const char *name, gint64 limit, GError **error)
{
    json_t *cache = js_set_object(caches, name);
    g_autofree char *key = g_strconcat(SETTING_DISK, name, NULL), *bytes = NULL;

    if (!store_setting_read(web->spec.store, key, &bytes, error))
        return false;
    json_object_set_new(cache, "bytes",
                        bytes ? json_integer(g_ascii_strtoll(bytes, NULL, 10)) : json_null());
    json_object_set_new(cache, "limit", limit > 0 ? json_integer(limit << 20) : json_null());
    return true;
}

/* Of those that say when they end, the first to do so; 0: none says it. */
static gint64 first_end(Web *web)
{
    g_autoptr(GPtrArray) all = host_credentials(web->host);
    gint64 first = 0;

    for (guint i = 0; i < all->len; i++) {
        const CredentialState *credential = all->pdata[i];

        if (credential->ends && (!first || credential->ends < first))
            first = credential->ends;
    }
    return first;
}

HttpResponse *status_get(const HttpRequest *request, Web *web)
{
    json_auto_t *body = json_object();
    g_autoptr(GError) error = NULL;
    g_autofree char *findings = NULL;
    Store *store = web->spec.store;
    WorkCounts counts = { 0 };
    gint64 ends = first_end(web);
    gint64 last_event = 0;
    json_t *caches = js_set_object(body, "caches");
    const Settings *settings = web->spec.settings;

    (void)request;
    if (!store_work_counts(store, &counts, &error) ||
        !store_last_delivery(store, &last_event, &error) ||
        !store_setting_read(store, SETTING_FINDINGS, &findings, &error) ||
        !add_cache(caches, web, "plugin_cache", settings->plugin_cache_limit, &error) ||
        !add_cache(caches, web, "git_cache", settings->git_cache_limit, &error))
        return http_response_text(503, "the database does not answer");
    json_object_set_new(body, "shutting_down", json_boolean(atomic_load(&web->is_draining)));
    json_object_set_new(body, "in_progress_operations", json_integer(counts.running));
    json_object_set_new(body, "queued_operations", json_integer(counts.queued));
    json_object_set_new(body, "waiting_posts", json_integer(counts.waiting_posts));
    json_object_set_new(body, "last_event_at", json_integer(last_event));
    set_findings(body, findings);
    if (ends)
        json_object_set_new(body, "credential_ends", json_integer(ends));
    js_set(body, "version", HADAL_VERSION);
    return json_answer(200, body);
}
