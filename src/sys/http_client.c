// SPDX-License-Identifier: Apache-2.0
#include "sys/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* How soon a cancel is seen: that is why it is a multi handle, with one transfer. */
enum { TICK_MS = 100 };

enum { CONNECT_MS = 10 * 1000, MAX_HEADERS = 256 << 10, MAX_CERTIFICATES = 8 << 20 };
enum { MAX_REDIRECTS = 5 };

static const char system_certificates[] = "/etc/ssl/certs";

typedef struct curl_slist CurlList;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CurlList, curl_slist_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURLU, curl_url_cleanup)

struct _HttpClient {
    CURLM *multi; /* keeps the connections */
    CURL *easy;
    GString *certificates; /* PEM; NULL: files that curl reads itself */
};

typedef struct {
    const HttpCall *call;
    gsize n_sent;
    HttpReply reply;
    gsize header_bytes;
    CURL *easy;
    int fd; /* > 0: where the body of a 200 goes */
    gsize n_received;
    bool is_too_large;
    int write_error; /* errno of fd, or 0 */
    char why[CURL_ERROR_SIZE];
} Transfer;

static void transfer_clear(Transfer *transfer)
{
    http_reply_clear(&transfer->reply);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Transfer, transfer_clear)

static void init_curl(void)
{
    g_assert(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static void add_certificates(GString *all, const char *path)
{
    g_autofree char *text = NULL;

    /* Of the operator; what is no certificate there, is not meant. */
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && g_file_get_contents(path, &text, NULL, NULL) &&
        all->len + strlen(text) < MAX_CERTIFICATES && strstr(text, "-----BEGIN CERTIFICATE-----"))
        g_string_append_printf(all, "%s\n", text);
}

static void add_directory(GString *all, const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        add_certificates(all, file);
    }
}

/*
 * SSL_CERT_DIR for those who know it from Go programs: every file there counts, as a mounted secret
 * has it. OpenSSL would only look for names made of hashes. NULL without a directory.
 */
static GString *read_directories(void)
{
    const char *file = g_getenv("SSL_CERT_FILE"), *list = g_getenv("SSL_CERT_DIR");
    g_auto(GStrv) dirs = g_strsplit(list ? list : "", ":", -1);
    g_autoptr(GString) all = NULL;

    for (gsize i = 0; dirs[i]; i++) {
        if (!*dirs[i] || g_str_equal(dirs[i], system_certificates))
            continue;
        if (!all)
            all = g_string_new(NULL);
        add_directory(all, dirs[i]);
    }
    if (all)
        add_certificates(all, file && *file ? file : curl_version_info(CURLVERSION_NOW)->cainfo);
    return g_steal_pointer(&all);
}

HttpClient *http_client_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    HttpClient *http = g_new0(HttpClient, 1);

    pthread_once(&once, init_curl);
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    http->certificates = read_directories();
    g_assert(http->multi && http->easy);
    return http;
}

void http_client_free(HttpClient *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
    if (http->certificates)
        g_string_free(http->certificates, TRUE);
    g_free(http);
}

/* --- in and out --- */

static size_t on_send(char *out, size_t size, size_t n, void *data)
{
    Transfer *transfer = data;
    gsize rest = transfer->call->body_length - transfer->n_sent, length = MIN(size * n, rest);

    memcpy(out, transfer->call->body + transfer->n_sent, length);
    transfer->n_sent += length;
    return length;
}

static int on_seek(void *data, curl_off_t offset, int origin)
{
    Transfer *transfer = data;

    if (origin != SEEK_SET || offset < 0 || (gsize)offset > transfer->call->body_length)
        return CURL_SEEKFUNC_FAIL;
    transfer->n_sent = (gsize)offset;
    return CURL_SEEKFUNC_OK;
}

static bool write_out(Transfer *transfer, const char *bytes, gsize length)
{
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    while (status == 200 && length > 0) {
        ssize_t n = write(transfer->fd, bytes, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            transfer->write_error = errno;
            return false;
        }
        bytes += n;
        length -= (gsize)n;
    }
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *transfer = data;

    if (size * n > transfer->call->max_reply - transfer->n_received) {
        transfer->is_too_large = true;
        return 0; /* curl gives up */
    }
    transfer->n_received += size * n;
    if (transfer->fd > 0)
        return write_out(transfer, bytes, size * n) ? size * n : 0;
    g_string_append_len(transfer->reply.body, bytes, (gssize)(size * n));
    return size * n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *transfer = data;
    g_autofree char *line = g_strndup(bytes, size * n);
    char *colon = strchr(line, ':');

    transfer->header_bytes += size * n;
    if (transfer->header_bytes > MAX_HEADERS) {
        transfer->is_too_large = true;
        return 0;
    }
    /* Of several answers ("100 Continue" comes first) the last one counts. */
    if (g_str_has_prefix(line, "HTTP/"))
        g_hash_table_remove_all(transfer->reply.headers);
    else if (colon) {
        *colon = '\0';
        g_hash_table_insert(transfer->reply.headers, g_ascii_strdown(g_strstrip(line), -1),
                            g_utf8_make_valid(g_strstrip(colon + 1), -1));
    }
    return size * n;
}

/* --- options --- */

static const char *first_env(const char *name, const char *other)
{
    const char *value = g_getenv(name);

    return value && *value ? value : g_getenv(other);
}

static bool is_loopback(const char *host)
{
    return g_ascii_strcasecmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") ||
           g_str_equal(host, "[::1]");
}

/*
 * curl knows the variables, but not HTTP_PROXY, because of CGI programs; and it would ask a proxy
 * for this very machine, which those who have set the variables for Go programs do not expect.
 */
static void set_proxy(CURL *easy, const HttpCall *call, const char *scheme, const char *host)
{
    const char *proxy = first_env("http_proxy", "HTTP_PROXY");

    if (call->is_direct || is_loopback(host))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    else if (g_str_equal(scheme, "http") && proxy && *proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
}

static bool set_url(CURL *easy, const HttpCall *call, GError **error)
{
    g_autoptr(CURLU) url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool is_url = curl_url_set(url, CURLUPART_URL, call->url, 0) == CURLUE_OK &&
                  curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                  curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                  (g_str_equal(scheme, "http") || g_str_equal(scheme, "https"));

    if (is_url) {
        curl_easy_setopt(easy, CURLOPT_URL, call->url);
        set_proxy(easy, call, scheme, host);
    }
    curl_free(scheme);
    curl_free(host);
    return is_url || hadal_throw(error, HADAL_ERROR_INVALID, "not a URL: %.200s", call->url);
}

static void set_certificates(const HttpClient *http)
{
    const char *file = g_getenv("SSL_CERT_FILE");

    curl_easy_setopt(http->easy, CURLOPT_CAPATH, system_certificates);
    if (http->certificates) {
        struct curl_blob blob = { .data = http->certificates->str,
                                  .len = http->certificates->len,
                                  .flags = CURL_BLOB_NOCOPY };

        curl_easy_setopt(http->easy, CURLOPT_CAINFO_BLOB, &blob);
    } else if (file && *file) {
        curl_easy_setopt(http->easy, CURLOPT_CAINFO, file);
    }
}

static bool is_repeatable(const char *method)
{
    return !g_str_equal(method, "POST") && !g_str_equal(method, "PATCH");
}

/*
 * When a kept connection breaks without an answer, curl would send the request again by itself. Of
 * what must not be sent twice it gets no way to begin anew.
 */
static void set_body(CURL *easy, Transfer *transfer)
{
    const HttpCall *call = transfer->call;
    bool wants_body =
        call->body || !is_repeatable(call->method) || g_str_equal(call->method, "PUT");

    if (g_str_equal(call->method, "HEAD"))
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (wants_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
        curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    if (is_repeatable(call->method)) {
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
    } else if (call->body_length == 0) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
}

static long time_left(const Ctx *ctx, const HttpCall *call)
{
    gint64 left = call->timeout_ms;

    if (ctx->deadline)
        left = MIN(left, (ctx->deadline - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND + 1);
    return (long)CLAMP(left, 1, G_MAXINT);
}

static bool prepare(const Ctx *ctx, const HttpClient *http, Transfer *transfer,
                    const CurlList *headers, GError **error)
{
    CURL *easy = http->easy;
    long time = time_left(ctx, transfer->call);

    curl_easy_reset(easy); /* connections stay */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "hadal/" HADAL_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, MIN(time, (long)CONNECT_MS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, time);
    set_certificates(http);
    set_body(easy, transfer);
    return set_url(easy, transfer->call, error);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if (g_ascii_iscntrl(*text) && *text != '\t')
            return true;
    return false;
}

static void add_header(CurlList **headers, const char *line)
{
    *headers = curl_slist_append(*headers, line);
    g_assert(*headers);
}

/* The two without value are those that curl would add by itself; the caller's come on top. */
static bool list_headers(const HttpCall *call, CurlList **out, GError **error)
{
    g_autoptr(CurlList) headers = NULL;

    add_header(&headers, "Expect:");
    add_header(&headers, "Content-Type:");
    for (gsize i = 0; call->headers && call->headers[i]; i++) {
        if (has_control(call->headers[i]))
            return hadal_throw(error, HADAL_ERROR_INVALID, "a header has a control character");
        add_header(&headers, call->headers[i]);
    }
    *out = g_steal_pointer(&headers);
    return true;
}

/* --- the call --- */

/* False when the context ended it. */
static bool drive(const Ctx *ctx, CURLM *multi, CURLcode *result, GError **error)
{
    int n_running = 1, n_messages;
    const CURLMsg *message;

    for (;;) {
        if (curl_multi_perform(multi, &n_running) != CURLM_OK)
            return hadal_throw(error, HADAL_ERROR_INTERNAL, "curl: perform failed");
        if (n_running == 0)
            break;
        if (!ctx_check(ctx, error))
            return false;
        if (curl_multi_poll(multi, NULL, 0, TICK_MS, NULL) != CURLM_OK)
            return hadal_throw(error, HADAL_ERROR_INTERNAL, "curl: poll failed");
    }
    message = curl_multi_info_read(multi, &n_messages);
    g_assert(message && message->msg == CURLMSG_DONE);
    *result = message->data.result;
    return true;
}

static bool check_result(const Ctx *ctx, const Transfer *transfer, CURLcode result, GError **error)
{
    const char *why = *transfer->why ? transfer->why : curl_easy_strerror(result);

    if (result == CURLE_OK)
        return true;
    if (transfer->is_too_large)
        return hadal_throw(error, HADAL_ERROR_FAILED, "the reply is larger than %zu bytes",
                           transfer->call->max_reply);
    if (transfer->write_error) {
        errno = transfer->write_error;
        return hadal_throw_errno(error, "write");
    }
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s", why);
    /* The context's time may have come to an end a little earlier in curl. */
    if (!ctx_check(ctx, error))
        return false;
    return hadal_throw(error, HADAL_ERROR_RETRY, "%s", why);
}

static bool perform(const Ctx *ctx, HttpClient *http, Transfer *transfer, GError **error)
{
    g_autoptr(CurlList) headers = NULL;
    CURLcode result = CURLE_OK;
    long status = 0;
    bool is_ok;

    if (!ctx_check(ctx, error) || !list_headers(transfer->call, &headers, error) ||
        !prepare(ctx, http, transfer, headers, error))
        return false;
    g_assert(curl_multi_add_handle(http->multi, http->easy) == CURLM_OK);
    is_ok = drive(ctx, http->multi, &result, error) && check_result(ctx, transfer, result, error);
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(http->multi, http->easy);
    curl_easy_reset(http->easy); /* it points to what ends here */
    transfer->reply.status = (int)status;
    return is_ok;
}

/* fd > 0: the body of a 200 goes there, that of another status nowhere. */
static bool call_once(const Ctx *ctx, HttpClient *http, const HttpCall *call, int fd,
                      HttpReply *reply, GError **error)
{
    g_auto(Transfer) one = {
        .call = call,
        .easy = http->easy,
        .fd = fd,
        .reply = { .body = g_string_new(NULL),
                   .headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) },
    };

    g_assert(call->timeout_ms > 0);
    if (!perform(ctx, http, &one, error))
        return false;
    *reply = one.reply;
    one.reply = (HttpReply){ 0 };
    return true;
}

bool http_client_call(const Ctx *ctx, HttpClient *http, const HttpCall *call, HttpReply *reply,
                      GError **error)
{
    return call_once(ctx, http, call, 0, reply, error) ||
           hadal_prefix(error, "%s %.200s", call->method, call->url);
}

/* --- what may have moved --- */

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool get_part(CURLU *url, CURLUPart part, char **value)
{
    char *theirs = NULL;

    if (curl_url_get(url, part, &theirs, 0) != CURLUE_OK)
        return false;
    *value = g_strdup(theirs);
    curl_free(theirs);
    return true;
}

/* Where the answer says it is; the caller frees it. */
static char *new_place(const char *old, const char *location, GError **error)
{
    g_autoptr(CURLU) url = curl_url();
    g_autofree char *place = NULL, *scheme = NULL;

    if (!location || curl_url_set(url, CURLUPART_URL, old, 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_URL, location, 0) != CURLUE_OK ||
        !get_part(url, CURLUPART_URL, &place) || !get_part(url, CURLUPART_SCHEME, &scheme))
        return hadal_throw_null(error, HADAL_ERROR_FAILED, "moved to no URL");
    if (!g_str_equal(scheme, "https") &&
        (!g_str_equal(scheme, "http") || g_ascii_strncasecmp(old, "https:", 6) == 0))
        return hadal_throw_null(error, HADAL_ERROR_FAILED,
                                "moved to %s, which is not followed from here", scheme);
    return g_steal_pointer(&place);
}

static bool check_status(int status, GError **error)
{
    if (status == 200)
        return true;
    if (status == 404 || status == 410)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND, "status %d", status);
    if (status == 429 || status >= 500)
        return hadal_throw(error, HADAL_ERROR_RETRY, "status %d", status);
    return hadal_throw(error, HADAL_ERROR_FAILED, "status %d", status);
}

static bool fetch_from(const Ctx *ctx, HttpClient *http, const HttpFetch *fetch, HttpReply *reply,
                       GError **error)
{
    g_autofree char *place = g_strdup(fetch->url);
    gint64 end = g_get_monotonic_time() + fetch->timeout_ms * G_TIME_SPAN_MILLISECOND;

    for (int i = 0; i <= MAX_REDIRECTS; i++) {
        gint64 left = (end - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
        const HttpCall call = {
            .method = "GET", .url = place, .timeout_ms = MAX(left, 1), .max_reply = fetch->max_reply
        };
        g_auto(HttpReply) answer = { 0 };
        char *next;

        if (!call_once(ctx, http, &call, fetch->fd, &answer, error))
            return false;
        if (!is_redirect(answer.status)) {
            *reply = answer;
            answer = (HttpReply){ 0 };
            return check_status(reply->status, error);
        }
        next = new_place(place, http_reply_header(&answer, "location"), error);
        if (!next)
            return false;
        g_free(place);
        place = next;
    }
    return hadal_throw(error, HADAL_ERROR_FAILED, "moved more than %d times", MAX_REDIRECTS);
}

/* S4: without user and password; NULL for what is no URL of ours. The caller frees it. */
static char *shown_url(const char *text)
{
    g_autoptr(CURLU) url = curl_url();
    g_autofree char *shown = NULL, *scheme = NULL;

    curl_url_set(url, CURLUPART_URL, text, 0);
    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
    if (!get_part(url, CURLUPART_URL, &shown) || !get_part(url, CURLUPART_SCHEME, &scheme) ||
        (!g_str_equal(scheme, "https") && !g_str_equal(scheme, "http")))
        return NULL;
    return g_steal_pointer(&shown);
}

bool http_client_fetch(const Ctx *ctx, HttpClient *http, const HttpFetch *fetch, HttpReply *reply,
                       GError **error)
{
    g_autofree char *shown = shown_url(fetch->url);
    g_auto(HttpReply) own = { 0 };

    if (!shown)
        return hadal_throw(error, HADAL_ERROR_INVALID, "that is no address of http or https");
    if (!fetch_from(ctx, http, fetch, &own, error))
        return hadal_prefix(error, "GET %.200s", shown);
    *reply = own;
    own = (HttpReply){ 0 };
    return true;
}

const char *http_reply_header(const HttpReply *reply, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);

    return g_hash_table_lookup(reply->headers, lower);
}

void http_reply_clear(HttpReply *reply)
{
    if (reply->body)
        g_string_free(reply->body, TRUE);
    g_clear_pointer(&reply->headers, g_hash_table_unref);
    reply->body = NULL;
    reply->status = 0;
}

char *http_basic_auth(const char *user, const char *password)
{
    g_autofree char *pair = g_strconcat(user, ":", password, NULL);
    g_autofree char *code = g_base64_encode((const guchar *)pair, strlen(pair));

    return g_strconcat("Basic ", code, NULL);
}
