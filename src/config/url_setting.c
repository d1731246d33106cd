// SPDX-License-Identifier: Apache-2.0
#include "config/url_setting.h"

#include <string.h>

#define refuse(error, ...) hadal_throw(error, HADAL_ERROR_INVALID, __VA_ARGS__)

static bool has_host(GUri *uri)
{
    return uri && g_uri_get_host(uri) && *g_uri_get_host(uri);
}

bool url_setting_check(const char *name, char *url, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : "";
    bool is_http = g_str_equal(scheme, "https") || g_str_equal(scheme, "http");

    if (!is_http || !has_host(uri))
        return refuse(error, "%s must be a URL with http:// or https://, not \"%s\"", name, url);
    if (g_uri_get_userinfo(uri) || g_uri_get_query(uri) || g_uri_get_fragment(uri))
        return refuse(error, "%s must be a URL without user, query and fragment", name);
    while (g_str_has_suffix(url, "/"))
        url[strlen(url) - 1] = '\0';
    return true;
}

/* By number: a name may stand for anything. */
static bool is_loopback(const char *host)
{
    return g_str_equal(host, "::1") ||
           (g_str_has_prefix(host, "127.") && strspn(host, "0123456789.") == strlen(host));
}

bool url_setting_check_safe(const char *name, char *url, GError **error)
{
    if (!url_setting_check(name, url, error))
        return false;
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

    return g_str_equal(g_uri_get_scheme(uri), "https") || is_loopback(g_uri_get_host(uri)) ||
           refuse(error, "%s must be a URL with https://, not \"%s\": secrets are sent there", name,
                  url);
}
