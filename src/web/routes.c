// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "web/web_internal.h"

typedef HttpResponse *(*RouteHandler)(const HttpRequest *request, Web *web);

typedef struct {
    const char *method;
    const char *path;
    bool and_below;           /* and each path with one more part */
    RouteHandler before_body; /* NULL: anybody may */
    RouteHandler handler;
    const char *help;
} Route;

static const Route routes[] = {
    {
        .method = "POST",
        .path = "/events",
        .and_below = true,
        .before_body = events_before_body,
        .handler = events_post,
        .help =
            "Webhooks of hosts, \"/events/push\" and the like too. 200 means committed to disk.",
    },
    {
        .method = "GET",
        .path = "/healthz",
        .handler = health_get,
        .help = "The process is alive.",
    },
    {
        .method = "GET",
        .path = "/readyz",
        .handler = ready_get,
        .help = "The database answers.",
    },
    {
        .method = "GET",
        .path = "/status",
        .handler = status_get,
        .help = "Version, running commands, and whether the server is shutting down.",
    },
};

/* At a path that the operator chooses. */
static const Route metrics_route = {
    .method = "GET",
    .handler = metrics_get,
    .help = "Metrics for Prometheus.",
};

static bool is_method(const Route *route, const char *method)
{
    return g_str_equal(route->method, method) ||
           (g_str_equal(method, "HEAD") && g_str_equal(route->method, "GET"));
}

static bool is_path(const Route *route, const char *path)
{
    gsize length = strlen(route->path);

    if (g_str_equal(route->path, path))
        return true;
    return route->and_below && g_str_has_prefix(path, route->path) && path[length] == '/' &&
           path[length + 1] && !strchr(path + length + 1, '/');
}

bool routes_has(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(routes); i++)
        if (is_path(&routes[i], path))
            return true;
    return false;
}

static const Route *take_if(const Route *route, const HttpRequest *request, const char **allowed)
{
    if (is_method(route, http_request_method(request)))
        return route;
    *allowed = route->method;
    return NULL;
}

static const Route *find(const Web *web, const HttpRequest *request, const char **allowed)
{
    const char *path = http_request_path(request);
    const char *metrics = web->spec.metrics_path;

    if (metrics && g_str_equal(path, metrics))
        return take_if(&metrics_route, request, allowed);
    for (gsize i = 0; i < G_N_ELEMENTS(routes); i++) {
        const Route *found =
            is_path(&routes[i], path) ? take_if(&routes[i], request, allowed) : NULL;

        if (found)
            return found;
    }
    return NULL;
}

HttpResponse *routes_before_body(const HttpRequest *request, gpointer data)
{
    const char *allowed = NULL;
    const Route *route = find(data, request, &allowed);
    HttpResponse *response;

    if (route)
        return route->before_body ? route->before_body(request, data) : NULL;
    if (!allowed)
        return http_response_text(404, "not found");
    response = http_response_text(405, "%s only", allowed);
    http_response_header(response, "Allow", allowed);
    return response;
}

HttpResponse *routes_handle(const HttpRequest *request, gpointer data)
{
    const char *allowed = NULL;
    const Route *route = find(data, request, &allowed);

    return route->handler(request, data);
}
