// SPDX-License-Identifier: Apache-2.0
/* Requests and responses; their way in and out is in http_server.c. */
#include "sys/http_message.h"

#include <arpa/inet.h>
#include <string.h>

static const char token_chars[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "!#$%&'*+-.^_`|~";

struct _HttpResponse {
    unsigned status;
    GString *body;
    GPtrArray *headers; /* of char *, owned: name, value, name, value ... */
};

/* --- request --- */

/* A client may also send the whole address; what matters here is the path. */
static const char *skip_authority(const char *target)
{
    static const char *const schemes[] = { "http://", "https://" };

    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        gsize length = strlen(schemes[i]);

        if (g_ascii_strncasecmp(target, schemes[i], length) == 0) {
            const char *path = target + length + strcspn(target + length, "/?");

            return *path == '/' ? path : "/";
        }
    }
    return target;
}

HttpRequest *http_request_new(struct MHD_Connection *connection, const char *target)
{
    HttpRequest *request = g_new0(HttpRequest, 1);
    const char *path = skip_authority(target), *mark = strchr(path, '?');

    request->connection = connection;
    request->path = mark ? g_strndup(path, (gsize)(mark - path)) : g_strdup(path);
    request->query = g_strdup(mark ? mark + 1 : "");
    request->body = g_string_new(NULL);
    return request;
}

void http_request_free(HttpRequest *request)
{
    if (!request)
        return;
    g_free(request->method);
    g_free(request->path);
    g_free(request->query);
    g_free(request->peer);
    g_string_free(request->body, TRUE);
    http_response_free(request->refusal);
    http_response_free(request->late);
    g_free(request);
}

static char *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    char text[INET6_ADDRSTRLEN] = "";

    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
                  sizeof(text));
    if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
                  sizeof(text));
    return g_strdup(g_str_has_prefix(text, "::ffff:") ? text + strlen("::ffff:") : text);
}

/* What decides where a request ends; libmicrohttpd itself takes what is there several times. */
typedef struct {
    guint n_lengths, n_codings, n_hosts;
    const char *coding;
    const char *wrong; /* NULL, or why the request is refused */
} Framing;

static enum MHD_Result look_at(void *data, enum MHD_ValueKind kind, const char *name, size_t size,
                               const char *value, size_t value_size)
{
    Framing *framing = data;

    (void)kind;
    /* Also "Content-Length : 2", of which others may see the length. */
    if (size == 0 || strspn(name, token_chars) != size)
        framing->wrong = "malformed header name";
    if (value && strlen(value) != value_size)
        framing->wrong = "malformed header value";
    if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
        framing->n_lengths++;
        if (!value || !*value || value[strspn(value, G_CSET_DIGITS)])
            framing->wrong = "malformed Content-Length";
    }
    if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->n_codings++;
        framing->coding = value;
    }
    if (g_ascii_strcasecmp(name, "Host") == 0)
        framing->n_hosts++;
    return MHD_YES;
}

static const char *what_is_ambiguous(const HttpRequest *request, const char *version)
{
    Framing framing = { 0 };

    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, look_at, &framing);
    if (framing.wrong)
        return framing.wrong;
    if (framing.n_lengths > 1)
        return "several Content-Length";
    if (framing.n_lengths > 0 && framing.n_codings > 0)
        return "both Content-Length and Transfer-Encoding";
    if (framing.n_codings > 1)
        return "several Transfer-Encoding";
    if (framing.n_codings > 0 && g_ascii_strcasecmp(framing.coding, "chunked") != 0)
        return "unknown Transfer-Encoding";
    if (framing.n_codings > 0 && !g_str_equal(version, MHD_HTTP_VERSION_1_1))
        return "Transfer-Encoding is of HTTP/1.1";
    if (framing.n_hosts > 1)
        return "several Host";
    return NULL;
}

static bool is_plain_target(const HttpRequest *request)
{
    for (const char *c = request->path; *c; c++)
        if ((guchar)*c <= ' ' || *c == 0x7f)
            return false;
    for (const char *c = request->query; *c; c++)
        if ((guchar)*c <= ' ' || *c == 0x7f)
            return false;
    return true;
}

HttpResponse *http_request_begin(HttpRequest *request, const char *method, const char *version)
{
    const char *wrong = what_is_ambiguous(request, version);

    request->method = g_strdup(g_str_equal(method, "HEAD") ? "GET" : method);
    request->peer = peer_of(request->connection);
    if (!wrong && strspn(method, token_chars) != strlen(method))
        wrong = "malformed method";
    if (!wrong && !is_plain_target(request))
        wrong = "malformed request target";
    return wrong ? http_response_text(MHD_HTTP_BAD_REQUEST, "%s\n", wrong) : NULL;
}

guint64 http_request_announced(const HttpRequest *request)
{
    const char *length = http_request_header(request, "Content-Length");

    if (http_request_header(request, "Transfer-Encoding"))
        return G_MAXUINT64;
    return length ? g_ascii_strtoull(length, NULL, 10) : 0;
}

const char *http_request_method(const HttpRequest *request)
{
    return request->method;
}

const char *http_request_path(const HttpRequest *request)
{
    return request->path;
}

const char *http_request_query(const HttpRequest *request)
{
    return request->query;
}

const char *http_request_header(const HttpRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_body(const HttpRequest *request, gsize *length)
{
    *length = request->body->len;
    return request->body->str;
}

const char *http_request_peer(const HttpRequest *request)
{
    return request->peer;
}

/* NULL when it is not properly encoded, or holds a NUL. */
static char *decode(const char *part)
{
    g_autofree char *blanks = g_strdelimit(g_strdup(part), "+", ' ');
    g_autofree char *bytes = g_uri_unescape_string(blanks, NULL);

    return bytes ? g_utf8_make_valid(bytes, -1) : NULL;
}

/* Not g_uri_parse_params(): to that one "?a&b=1" is an error as a whole. */
char *http_request_param(const HttpRequest *request, const char *name)
{
    g_auto(GStrv) pairs = g_strsplit(request->query, "&", -1);

    for (gsize i = 0; pairs[i]; i++) {
        char *mark = strchr(pairs[i], '=');
        const char *value = mark ? mark + 1 : "";
        g_autofree char *key = NULL;

        if (mark)
            *mark = '\0';
        key = decode(pairs[i]);
        if (key && g_ascii_strcasecmp(key, name) == 0)
            return decode(value);
    }
    return NULL;
}

bool http_request_basic_auth(const HttpRequest *request, char **user, char **password)
{
    static const char scheme[] = "Basic ";
    const char *value = http_request_header(request, "Authorization");
    g_autofree char *pair = NULL;
    const char *colon;
    gsize length;

    if (!value || g_ascii_strncasecmp(value, scheme, strlen(scheme)) != 0)
        return false;
    value += strlen(scheme);
    if (!*value) /* GLib does not like to decode nothing */
        return false;
    pair = (char *)g_base64_decode(value, &length);
    colon = memchr(pair, ':', length);
    if (!colon || memchr(pair, '\0', length))
        return false;
    *user = g_strndup(pair, (gsize)(colon - pair));
    *password = g_strndup(colon + 1, length - (gsize)(colon - pair) - 1);
    return true;
}

/* --- response --- */

HttpResponse *http_response_take(unsigned status, const char *content_type, GString *body)
{
    HttpResponse *response = g_new0(HttpResponse, 1);

    response->status = status;
    response->body = body;
    response->headers = g_ptr_array_new_with_free_func(g_free);
    if (content_type)
        http_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    return response;
}

HttpResponse *http_response_new(unsigned status, const char *content_type, const char *body,
                                gssize length)
{
    return http_response_take(status, content_type, g_string_new_len(body, length));
}

HttpResponse *http_response_text(unsigned status, const char *format, ...)
{
    g_autoptr(GString) body = g_string_new(NULL);
    va_list args;

    va_start(args, format);
    g_string_vprintf(body, format, args);
    va_end(args);
    return http_response_take(status, "text/plain; charset=utf-8", g_steal_pointer(&body));
}

void http_response_header(HttpResponse *response, const char *name, const char *value)
{
    g_ptr_array_add(response->headers, g_strdup(name));
    g_ptr_array_add(response->headers, g_strdup(value));
}

gsize http_response_length(const HttpResponse *response)
{
    return response->body->len;
}

struct MHD_Response *http_response_for_mhd(HttpResponse *response, bool does_close,
                                           unsigned *status)
{
    GPtrArray *headers = response->headers;
    gsize length = response->body->len;
    char *bytes = g_string_free(g_steal_pointer(&response->body), FALSE);
    struct MHD_Response *out =
        MHD_create_response_from_buffer_with_free_callback_cls(length, bytes, g_free, bytes);

    g_assert(out);
    /* What would make two headers of one is refused, and left out. */
    for (guint i = 0; i < headers->len; i += 2)
        MHD_add_response_header(out, headers->pdata[i], headers->pdata[i + 1]);
    if (does_close)
        MHD_add_response_header(out, MHD_HTTP_HEADER_CONNECTION, "close");
    *status = response->status;
    http_response_free(response);
    return out;
}

void http_response_free(HttpResponse *response)
{
    if (!response)
        return;
    if (response->body)
        g_string_free(response->body, TRUE);
    g_ptr_array_unref(response->headers);
    g_free(response);
}
