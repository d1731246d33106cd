// SPDX-License-Identifier: Apache-2.0
#include "git/credential.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Hosts that know a user by the token alone take any name. */
#define SOME_USER "hadal"

static char *lines(const char *user, const char *password)
{
    if (strpbrk(user, "\r\n") || strpbrk(password, "\r\n") || !*password)
        return NULL;
    return g_strdup_printf("username=%s\npassword=%s\n", *user ? user : SOME_USER, password);
}

static bool is_base64(const char *text)
{
    return *text && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789+/=")] == '\0';
}

static char *lines_of_pair(const char *encoded)
{
    gsize length = 0;
    g_autofree char *pair = NULL;
    char *colon;

    if (!is_base64(encoded))
        return NULL;
    pair = (char *)g_base64_decode(encoded, &length); /* with a NUL after it */
    colon = strchr(pair, ':');
    if (!colon || strlen(pair) != length)
        return NULL;
    *colon = '\0';
    return lines(pair, colon + 1);
}

static const char *after(const char *text, const char *scheme)
{
    gsize length = strlen(scheme);

    return g_ascii_strncasecmp(text, scheme, length) == 0 ? text + length : NULL;
}

char *git_credential_lines(const char *authorization)
{
    const char *pair = after(authorization, "Basic "), *token = after(authorization, "Bearer ");

    if (pair)
        return lines_of_pair(pair);
    return token ? lines("", token) : NULL;
}

/* --- what git asks --- */

void git_question_clear(GitQuestion *question)
{
    g_clear_pointer(&question->protocol, g_free);
    g_clear_pointer(&question->host, g_free);
    g_clear_pointer(&question->path, g_free);
}

static char **field_of(GitQuestion *question, const char *name)
{
    const struct {
        const char *name;
        char **field;
    } fields[] = {
        { "protocol", &question->protocol },
        { "host", &question->host },
        { "path", &question->path },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_str_equal(fields[i].name, name))
            return fields[i].field;
    return NULL;
}

static bool is_printable(const char *text)
{
    for (const char *at = text; *at; at++)
        if (g_ascii_iscntrl(*at))
            return false;
    return true;
}

/* Names that we do not know are passed over, as git asks of helpers. */
static bool take_line(const char *line, GitQuestion *question, GError **error)
{
    g_auto(GStrv) pair = g_strsplit(line, "=", 2);
    char **field = pair[0] ? field_of(question, pair[0]) : NULL;

    if (!pair[0] || !pair[1] || !is_printable(line))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a question of git's: %.40s", line);
    if (field) {
        g_free(*field);
        *field = g_strdup(pair[1]);
    }
    return true;
}

bool git_question_parse(const char *text, GitQuestion *question, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_auto(GitQuestion) own = { 0 };

    for (gsize i = 0; lines[i] && *lines[i]; i++) /* an empty line is its end */
        if (!take_line(lines[i], &own, error))
            return false;
    if (!own.protocol || !own.host || !*own.host)
        return hadal_throw(error, HADAL_ERROR_INVALID, "git asks without a protocol or a host");
    *question = own;
    own = (GitQuestion){ 0 };
    return true;
}

/* Of both a host as it is and one with a port; the port of the scheme is none. */
static char *authority_of(const char *scheme, const char *host)
{
    const char *port = g_str_equal(scheme, "https") ? ":443" : ":80";
    gsize length = strlen(host) - (g_str_has_suffix(host, port) ? strlen(port) : 0);

    return g_ascii_strdown(host, (gssize)length);
}

/* By its number: a name may lead anywhere. */
static bool is_loopback(const char *host)
{
    g_autofree char *url = g_strconcat("http://", host, NULL);
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    struct in6_addr six;
    struct in_addr four;

    if (!uri)
        return false;
    if (inet_pton(AF_INET6, g_uri_get_host(uri), &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six);
    return inet_pton(AF_INET, g_uri_get_host(uri), &four) == 1 &&
           ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* Percent-encoded parts become what git makes of them. NULL when one cannot be a part of a path. */
static GPtrArray *parts_of(const char *path, bool is_encoded)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) all = g_strsplit(path, "/", -1);

    for (gsize i = 0; all[i]; i++) {
        char *part = is_encoded ? g_uri_unescape_string(all[i], "/") : g_strdup(all[i]);

        g_ptr_array_add(parts, part);
        if (!part || !*part || g_str_equal(part, ".") || g_str_equal(part, ".."))
            return NULL;
    }
    return g_steal_pointer(&parts);
}

static bool begins_with(const GPtrArray *parts, const GPtrArray *beginning)
{
    if (!parts || !beginning || parts->len <= beginning->len)
        return false;
    for (guint i = 0; i < beginning->len; i++)
        if (g_ascii_strcasecmp(parts->pdata[i], beginning->pdata[i]) != 0)
            return false;
    return true;
}

static bool is_below(const GitQuestion *question, const char *url)
{
    const char *colon = strstr(url, "://"), *host = colon ? colon + 3 : url,
               *slash = strchr(host, '/');
    g_autofree char *scheme = g_strndup(url, colon ? (gsize)(colon - url) : 0);
    g_autofree char *url_host = g_strndup(host, slash ? (gsize)(slash - host) : strlen(host));
    g_autofree char *want = authority_of(scheme, url_host);
    g_autofree char *asked = authority_of(question->protocol, question->host);
    g_autoptr(GPtrArray) below = question->path ? parts_of(question->path, false) : NULL;
    g_autoptr(GPtrArray) path = slash ? parts_of(slash + 1, true) : g_ptr_array_new();

    if (!g_str_equal(question->protocol, scheme) || !g_str_equal(asked, want))
        return false;
    if (!g_str_equal(scheme, "https") && !(g_str_equal(scheme, "http") && is_loopback(want)))
        return false;
    return begins_with(below, path);
}

bool git_question_is_below(const GitQuestion *question, const char *const *urls)
{
    for (gsize i = 0; urls[i]; i++)
        if (is_below(question, urls[i]))
            return true;
    return false;
}

/* --- git's configuration --- */

typedef struct {
    GStrv env;
    guint n;
} Config;

static void add_config(Config *to, const char *key, const char *value)
{
    g_autofree char *key_name = g_strdup_printf("GIT_CONFIG_KEY_%u", to->n);
    g_autofree char *value_name = g_strdup_printf("GIT_CONFIG_VALUE_%u", to->n);

    to->env = g_environ_setenv(to->env, key_name, key, TRUE);
    to->env = g_environ_setenv(to->env, value_name, value, TRUE);
    to->n++;
}

/* The empty helper takes back those of other files, that of this URL's host included. */
static void add_host(Config *to, const char *url, const char *const *headers, const char *helper)
{
    const char *colon = strstr(url, "://");
    gsize length = colon ? (gsize)(colon - url) + 3 + strcspn(colon + 3, "/") : strlen(url);
    g_autofree char *origin = g_strndup(url, length);
    g_autofree char *helper_key = g_strdup_printf("credential.%s.helper", origin);
    g_autofree char *path_key = g_strdup_printf("credential.%s.useHttpPath", origin);
    g_autofree char *header_key = g_strdup_printf("http.%s/.extraHeader", origin);

    add_config(to, helper_key, "");
    add_config(to, helper_key, helper);
    add_config(to, path_key, "true");
    for (gsize i = 0; headers[i]; i++)
        add_config(to, header_key, headers[i]);
}

GStrv git_credential_env(GStrv env, const char *const *urls, const char *const *headers,
                         const char *helper)
{
    const char *count = g_environ_getenv(env, "GIT_CONFIG_COUNT");
    guint64 before = 0;
    Config to = { .env = env };
    g_autofree char *now = NULL;

    /* Something else there is an error that git tells by itself; here it counts as none. */
    if (count && g_ascii_string_to_unsigned(count, 10, 0, G_MAXINT16, &before, NULL))
        to.n = (guint)before;
    for (gsize i = 0; urls[i]; i++)
        add_host(&to, urls[i], headers, helper);
    now = g_strdup_printf("%u", to.n);
    to.env = g_environ_setenv(to.env, "GIT_CONFIG_COUNT", now, TRUE);
    return g_environ_setenv(to.env, "GIT_TERMINAL_PROMPT", "0", FALSE);
}
