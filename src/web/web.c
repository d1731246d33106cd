// SPDX-License-Identifier: Apache-2.0
#include "web/web_internal.h"

enum {
    THREADS = 2,
    MAX_BODY = 4 << 20, /* events are some kB; descriptions and comments have limits of the host */
    REQUEST_MS = 20 * 1000,
};

static Host *open_host(const Settings *settings, GError **error)
{
    const HostSpec spec = settings_host_spec(settings);

    return host_open(host_names()[0], &spec, error);
}

static bool check_metrics(const char *path, GError **error)
{
    return !path || !routes_has(path) ||
           hadal_throw(error, HADAL_ERROR_INVALID,
                       "metrics: the endpoint %s is taken: choose another one, like /metrics",
                       path);
}

static bool read_pem(const char *file, char **pem, GError **error)
{
    return !file || !*file || g_file_get_contents(file, pem, NULL, error);
}

Web *web_open(const WebSpec *spec, GError **error)
{
    const Settings *settings = spec->settings;
    g_autofree char *cert = NULL, *key = NULL;
    g_autoptr(Web) web = g_new0(Web, 1);

    web->spec = *spec;
    web->host = open_host(settings, error);
    if (!web->host || !check_metrics(spec->metrics_path, error) ||
        !read_pem(settings->ssl_cert_file, &cert, error) ||
        !read_pem(settings->ssl_key_file, &key, error))
        return NULL;
    const HttpServerSpec server = {
        .port = (guint16)settings->port,
        .threads = THREADS,
        .max_body = MAX_BODY,
        .request_timeout_ms = REQUEST_MS,
        .cert_pem = cert,
        .key_pem = key,
        .before_body = routes_before_body,
        .handler = routes_handle,
        .data = web,
    };

    web->inbox = inbox_open(spec->store);
    web->server = http_server_open(&server, error);
    return web->server ? g_steal_pointer(&web) : NULL;
}

guint16 web_port(const Web *web)
{
    return http_server_port(web->server);
}

void web_set_draining(Web *web)
{
    atomic_store(&web->is_draining, true);
}

void web_close(Web *web)
{
    if (!web)
        return;
    http_server_close(web->server); /* waits for the inbox */
    inbox_close(web->inbox);
    host_free(web->host);
    g_free(web);
}
