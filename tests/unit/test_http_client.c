// SPDX-License-Identifier: Apache-2.0
#include "sys/http_client.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "sys/http_server.h"
#include "sys/proc.h"
#include "test.h"

enum { LONG_MS = 20 * 1000, MAX_REPLY = 1000 };

static const Ctx no_limits = { 0 };
static atomic_int n_handled;

/* "/moved3" is three steps away from "/". */
static HttpResponse *moved(const HttpRequest *request, const char *path)
{
    HttpResponse *response = http_response_text(302, "a page that says where it is");
    gint64 steps = g_ascii_strtoll(path + strlen("/moved"), NULL, 10);
    g_autofree char *next = steps > 1 ? g_strdup_printf("/moved%d", (int)steps - 1)
                                      : g_strdup(http_request_query(request));

    http_response_header(response, "Location", *next ? next : "/");
    return response;
}

static HttpResponse *serve(const HttpRequest *request, gpointer data)
{
    const char *path = http_request_path(request), *type, *token;
    g_autofree char *large = NULL;
    HttpResponse *response;
    gsize length;

    (void)data;
    atomic_fetch_add(&n_handled, 1);
    if (g_str_equal(path, "/limit") || g_str_equal(path, "/large")) {
        large = g_strnfill(MAX_REPLY + g_str_equal(path, "/large"), 'x');
        return http_response_new(200, NULL, large, -1);
    }
    if (g_str_equal(path, "/slow"))
        g_usleep(500 * G_TIME_SPAN_MILLISECOND);
    if (g_str_equal(path, "/busy")) {
        response = http_response_text(503, "busy");
        http_response_header(response, "Retry-After", " 7 ");
        http_response_header(response, "X-Twice", "1");
        http_response_header(response, "x-twice", "2");
        return response;
    }
    if (g_str_equal(path, "/missing") || g_str_equal(path, "/forbidden"))
        return http_response_text(g_str_equal(path, "/missing") ? 404 : 403, "no");
    if (g_str_equal(path, "/elsewhere")) {
        response = http_response_text(302, "moved");
        http_response_header(response, "Location", "/");
        return response;
    }
    if (g_str_has_prefix(path, "/moved"))
        return moved(request, path);
    if (g_str_equal(path, "/expect"))
        return http_response_text(200, "%s", http_request_header(request, "Expect") ? "yes" : "no");
    type = http_request_header(request, "Content-Type");
    token = http_request_header(request, "X-Token");
    return http_response_text(200, "%s %s type=%s token=%s agent=%s : %s",
                              http_request_method(request), path, type ? type : "-",
                              token ? token : "-", http_request_header(request, "User-Agent"),
                              http_request_body(request, &length));
}

static HttpServer *server_with(const char *cert, const char *key)
{
    const HttpServerSpec spec = { .threads = 2,
                                  .max_body = 4 << 20,
                                  .request_timeout_ms = LONG_MS,
                                  .cert_pem = cert,
                                  .key_pem = key,
                                  .handler = serve };
    g_autoptr(GError) error = NULL;
    HttpServer *server = http_server_open(&spec, &error);

    assert_ok(server, error);
    atomic_store(&n_handled, 0);
    return server;
}

static char *url_of(const HttpServer *server, const char *path)
{
    return g_strdup_printf("http://127.0.0.1:%u%s", http_server_port(server), path);
}

static HttpCall get(const char *url)
{
    return (HttpCall){ .method = "GET", .url = url, .timeout_ms = LONG_MS, .max_reply = MAX_REPLY };
}

static void assert_calls(HttpClient *http, const HttpCall *call, const char *answer)
{
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_call(&no_limits, http, call, &reply, &error), error);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body->str, answer);
}

TEST(a_request_arrives_as_it_was_given)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/a%2Fb");
    const char *const headers[] = { "X-Token: t", "Content-Type: application/json", NULL };
#define AGENT "agent=hadal/" HADAL_VERSION " : "
    const struct {
        const char *method, *body;
        const char *const *headers;
        const char *answer;
    } cases[] = {
        { "GET", NULL, NULL, "GET /a%2Fb type=- token=- " AGENT },
        { "POST", "hello", headers, "POST /a%2Fb type=application/json token=t " AGENT "hello" },
        { "POST", "hello", NULL, "POST /a%2Fb type=- token=- " AGENT "hello" },
        { "POST", NULL, NULL, "POST /a%2Fb type=- token=- " AGENT },
        { "PATCH", "x", headers, "PATCH /a%2Fb type=application/json token=t " AGENT "x" },
        { "PUT", "x", headers, "PUT /a%2Fb type=application/json token=t " AGENT "x" },
        { "DELETE", NULL, NULL, "DELETE /a%2Fb type=- token=- " AGENT },
        { "HEAD", NULL, NULL, "" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HttpCall call = get(url);

        call.method = cases[i].method;
        call.headers = cases[i].headers;
        call.body = cases[i].body;
        call.body_length = cases[i].body ? strlen(cases[i].body) : 0;
        assert_calls(http, &call, cases[i].answer);
    }
}

/* Some servers let one wait a second for nothing. */
TEST(a_large_body_is_sent_without_asking)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/expect"), *body = g_strnfill(2 << 20, 'x');
    HttpCall call = get(url);

    call.method = "POST";
    call.body = body;
    call.body_length = 2 << 20;
    assert_calls(http, &call, "no");
}

TEST(any_status_is_an_answer_and_its_headers_are_kept)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/busy");
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply.body->str, "busy");
    assert_string_equal(http_reply_header(&reply, "RETRY-after"), "7");
    assert_string_equal(http_reply_header(&reply, "X-Twice"), "2");
    assert_null(http_reply_header(&reply, "missing"));
}

TEST(redirects_are_not_followed)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/elsewhere");
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
    assert_int_equal(reply.status, 302);
    assert_string_equal(http_reply_header(&reply, "location"), "/");
    assert_int_equal(n_handled, 1);
}

TEST(I8_a_reply_may_have_the_limit_and_not_one_byte_more)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *fits = url_of(server, "/limit"), *large = url_of(server, "/large");
    HttpCall call = get(fits);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
    assert_int_equal(reply.body->len, MAX_REPLY);
    http_reply_clear(&reply);
    call.url = large;
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "/large: the reply is larger than 1000 bytes"));
    assert_null(reply.body);
}

static HttpFetch fetch_of(const char *url)
{
    return (HttpFetch){ .url = url, .timeout_ms = LONG_MS, .max_reply = MAX_REPLY };
}

TEST(a_fetch_goes_where_the_answer_says_it_is)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *near = url_of(server, "/moved5"), *far = url_of(server, "/moved6");
    HttpFetch fetch = fetch_of(near);
    g_auto(HttpReply) reply = { 0 }, none = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_fetch(&no_limits, http, &fetch, &reply, &error), error);
    assert_true(g_str_has_prefix(reply.body->str, "GET / "));
    fetch.url = far;
    assert_fails(http_client_fetch(&no_limits, http, &fetch, &none, &error), error,
                 HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "/moved6: moved more than 5 times"));
}

TEST(a_fetch_leaves_http_for_nothing_but_https)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/moved1?file:///etc/passwd");
    const HttpFetch fetch = fetch_of(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(http_client_fetch(&no_limits, http, &fetch, &reply, &error), error,
                 HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "moved to file"));
}

TEST(I8_a_fetch_into_a_file_has_a_limit_and_only_what_was_asked_for)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *fits = url_of(server, "/moved1?/limit"), *large = url_of(server, "/large");
    g_autofree char *path = NULL, *text = NULL;
    auto_fd int fd = g_file_open_tmp("hadal-fetch-XXXXXX", &path, NULL);
    HttpFetch fetch = fetch_of(fits);
    g_auto(HttpReply) reply = { 0 }, none = { 0 };
    g_autoptr(GError) error = NULL;

    fetch.fd = fd;
    assert_ok(http_client_fetch(&no_limits, http, &fetch, &reply, &error), error);
    assert_int_equal(reply.body->len, 0);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_int_equal(strlen(text), MAX_REPLY);
    assert_int_equal(text[0], 'x');
    fetch.url = large;
    assert_fails(http_client_fetch(&no_limits, http, &fetch, &none, &error), error,
                 HADAL_ERROR_FAILED);
    g_unlink(path);
}

TEST(a_fetch_fails_with_the_status_and_without_credentials)
{
    static const struct {
        const char *path;
        HadalError code;
        const char *message;
    } cases[] = {
        { "/busy", HADAL_ERROR_RETRY, "/busy: status 503" },
        { "/missing", HADAL_ERROR_NOT_FOUND, "/missing: status 404" },
        { "/forbidden", HADAL_ERROR_FAILED, "/forbidden: status 403" },
    };
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *url = g_strdup_printf("http://user:secret@127.0.0.1:%u%s",
                                               http_server_port(server), cases[i].path);
        const HttpFetch fetch = fetch_of(url);
        g_auto(HttpReply) reply = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(http_client_fetch(&no_limits, http, &fetch, &reply, &error), error,
                     cases[i].code);
        assert_non_null(strstr(error->message, cases[i].message));
        assert_null(strstr(error->message, "secret"));
        assert_null(reply.body);
    }
}

TEST(a_fetch_of_no_url_tells_nothing_of_it)
{
    static const char *const urls[] = { "", "/path", "ftp://user:secret@h/", "user:secret@" };
    g_autoptr(HttpClient) http = http_client_new();

    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        const HttpFetch fetch = fetch_of(urls[i]);
        g_auto(HttpReply) reply = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(http_client_fetch(&no_limits, http, &fetch, &reply, &error), error,
                     HADAL_ERROR_INVALID);
        assert_null(strstr(error->message, "secret"));
    }
}

TEST(what_is_not_a_url_of_ours_is_invalid)
{
    static const char *const urls[] = {
        "",        "/path",        "file:///etc/passwd", "ftp://host/",
        "http://", "http://h/a b", "http://h/\r\nx"
    };
    g_autoptr(HttpClient) http = http_client_new();

    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        const HttpCall call = get(urls[i]);
        g_auto(HttpReply) reply = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                     HADAL_ERROR_INVALID);
    }
}

TEST(a_header_cannot_bring_another_one_and_is_never_shown)
{
    g_autoptr(HttpClient) http = http_client_new();
    const char *const headers[] = { "X-Token: secret\r\nX-Other: x", NULL };
    HttpCall call = get("http://127.0.0.1:1/");
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    call.headers = headers;
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_INVALID);
    assert_null(strstr(error->message, "secret"));
}

TEST(a_refused_connection_may_be_tried_again)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/"), *start = g_strdup_printf("GET %s: ", url);
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&server, http_server_close);
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    assert_true(g_str_has_prefix(error->message, start));
}

TEST(a_call_that_takes_too_long_may_be_tried_again)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/slow");
    HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    call.timeout_ms = 50;
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    assert_non_null(strstr(error->message, "timed out"));
}

TEST(I8_the_deadline_of_the_work_is_its_end)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = url_of(server, "/slow");
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { .deadline = g_get_monotonic_time() + 50 * G_TIME_SPAN_MILLISECOND };

    assert_fails(http_client_call(&ctx, http, &call, &reply, &error), error, HADAL_ERROR_FAILED);
    assert_true(g_str_has_suffix(error->message, "/slow: timed out"));
}

static HttpResponse *cancel(const HttpRequest *request, gpointer data)
{
    (void)request;
    atomic_store((atomic_bool *)data, true);
    g_usleep(500 * G_TIME_SPAN_MILLISECOND);
    return http_response_text(200, "late");
}

TEST(a_cancelled_call_ends_before_its_answer)
{
    atomic_bool flag = false;
    const HttpServerSpec spec = {
        .threads = 1, .request_timeout_ms = LONG_MS, .handler = cancel, .data = &flag
    };
    const Ctx ctx = { .cancel = &flag };
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpServer) server = http_server_open(&spec, &error);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = NULL;
    g_auto(HttpReply) reply = { 0 };

    assert_ok(server, error);
    url = url_of(server, "/");
    const HttpCall call = get(url);
    assert_fails(http_client_call(&ctx, http, &call, &reply, &error), error, HADAL_ERROR_CANCELLED);
}

/* --- a server by hand --- */

/* Answers request after request with the next of answers, "" closes; then it is over. */
typedef struct {
    const char *const *answers;
    int listener;
    int n_connections;
    GString *heard;
    pthread_t thread;
} Raw;

/* Up to the end of its headers, and "hello" when it is not a GET. False at the end. */
static bool hear(Raw *raw, int fd)
{
    gsize start = raw->heard->len;
    char byte;

    while (!g_str_has_suffix(raw->heard->str + start, "\r\n\r\n") &&
           !g_str_has_suffix(raw->heard->str + start, "\r\n\r\nhello")) {
        if (read(fd, &byte, 1) != 1)
            return false;
        g_string_append_c(raw->heard, byte);
        if (g_str_has_prefix(raw->heard->str + start, "POST") && byte == '\n' &&
            g_str_has_suffix(raw->heard->str + start, "\r\n\r\n"))
            for (int i = 0; i < 5 && read(fd, &byte, 1) == 1; i++)
                g_string_append_c(raw->heard, byte);
    }
    return true;
}

static void *answer_all(void *data)
{
    Raw *raw = data;

    while (*raw->answers) {
        auto_fd int fd = accept(raw->listener, NULL, NULL);

        if (fd < 0)
            return NULL;
        raw->n_connections++;
        while (*raw->answers && hear(raw, fd)) {
            const char *answer = *raw->answers++;

            if (!*answer || send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
                break;
        }
    }
    return NULL;
}

static int raw_start(Raw *raw)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);

    raw->heard = g_string_new(NULL);
    raw->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(raw->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(raw->listener, 8), 0);
    assert_int_equal(getsockname(raw->listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&raw->thread, NULL, answer_all, raw), 0);
    return g_ntohs(address.sin_port);
}

/* Afterwards it is known how often it heard what. */
static void raw_stop(Raw *raw)
{
    shutdown(raw->listener, SHUT_RDWR);
    pthread_join(raw->thread, NULL);
    close(raw->listener);
}

static int times_heard(const Raw *raw, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(raw->heard->str, text, -1);

    return (int)g_strv_length(parts) - 1;
}

static void raw_end(Raw *raw)
{
    raw_stop(raw);
    g_string_free(raw->heard, TRUE);
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

TEST(a_connection_is_used_again)
{
    const char *const answers[] = { OK_ANSWER, OK_ANSWER, NULL };
    Raw raw = { .answers = answers };
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", raw_start(&raw));
    g_autoptr(HttpClient) http = http_client_new();
    const HttpCall call = get(url);

    assert_calls(http, &call, "ok");
    assert_calls(http, &call, "ok");
    g_clear_pointer(&http, http_client_free);
    raw_stop(&raw);
    assert_int_equal(raw.n_connections, 1);
    g_string_free(raw.heard, TRUE);
}

/* Left to itself curl sends it once more, and the comment is there twice. */
TEST(a_post_without_an_answer_is_not_sent_again)
{
    const char *const answers[] = { OK_ANSWER, "", OK_ANSWER, NULL };
    Raw raw = { .answers = answers };
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", raw_start(&raw));
    g_autoptr(HttpClient) http = http_client_new();
    HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    call.method = "POST";
    call.body = "hello";
    call.body_length = 5;
    assert_calls(http, &call, "ok");
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    g_clear_pointer(&http, http_client_free);
    raw_stop(&raw);
    assert_int_equal(times_heard(&raw, "POST / HTTP/1.1"), 2);
    g_string_free(raw.heard, TRUE);
}

TEST(a_get_on_a_connection_that_broke_is_sent_again)
{
    const char *const answers[] = { OK_ANSWER, "", OK_ANSWER, NULL };
    Raw raw = { .answers = answers };
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", raw_start(&raw));
    g_autoptr(HttpClient) http = http_client_new();
    const HttpCall call = get(url);

    assert_calls(http, &call, "ok");
    assert_calls(http, &call, "ok");
    g_clear_pointer(&http, http_client_free);
    raw_stop(&raw);
    assert_int_equal(raw.n_connections, 2);
    g_string_free(raw.heard, TRUE);
}

TEST(only_the_headers_of_the_last_answer_count)
{
    const char *const answers[] = { "HTTP/1.1 100 Continue\r\nX-First: 1\r\n\r\n" OK_ANSWER, NULL };
    Raw raw = { .answers = answers };
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", raw_start(&raw));
    g_autoptr(HttpClient) http = http_client_new();
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
    assert_int_equal(reply.status, 200);
    assert_null(http_reply_header(&reply, "x-first"));
    assert_string_equal(http_reply_header(&reply, "content-length"), "2");
    raw_end(&raw);
}

TEST(headers_without_end_are_cut_off)
{
    g_autofree char *much = g_strnfill(50 * 1000, 'x');
    g_autofree char *answer =
        g_strconcat("HTTP/1.1 200 OK\r\nA: ", much, "\r\nB: ", much, "\r\nC: ", much,
                    "\r\nD: ", much, "\r\nE: ", much, "\r\nF: ", much, "\r\n\r\n", NULL);
    const char *const answers[] = { answer, NULL };
    Raw raw = { .answers = answers };
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", raw_start(&raw));
    g_autoptr(HttpClient) http = http_client_new();
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_FAILED);
    raw_end(&raw);
}

TEST(a_proxy_is_asked_in_either_spelling)
{
    static const char *const names[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *const answers[] = { OK_ANSWER, NULL };
        Raw raw = { .answers = answers };
        g_autofree char *proxy = g_strdup_printf("http://127.0.0.1:%d", raw_start(&raw));
        g_autoptr(HttpClient) http = http_client_new();
        const HttpCall call = get("http://host.example/path");

        g_setenv(names[i], proxy, TRUE);
        assert_calls(http, &call, "ok");
        g_unsetenv(names[i]);
        assert_true(g_str_has_prefix(raw.heard->str, "GET http://host.example/path HTTP/1.1\r\n"));
        raw_end(&raw);
    }
}

TEST(a_proxy_makes_a_tunnel_for_https)
{
    const char *const answers[] = { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", NULL };
    Raw raw = { .answers = answers };
    g_autofree char *proxy = g_strdup_printf("http://127.0.0.1:%d", raw_start(&raw));
    g_autoptr(HttpClient) http = http_client_new();
    const char *const headers[] = { "Authorization: Basic c2VjcmV0", NULL };
    HttpCall call = get("https://host.example/path");
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    call.headers = headers;
    g_setenv("HTTPS_PROXY", proxy, TRUE);
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    g_unsetenv("HTTPS_PROXY");
    assert_true(g_str_has_prefix(raw.heard->str, "CONNECT host.example:443 HTTP/1.1\r\n"));
    assert_null(strstr(raw.heard->str, "c2VjcmV0"));
    raw_end(&raw);
}

/* 0.0.0.0 is this machine too, but nobody's exception. */
TEST(hosts_that_are_excepted_and_this_machine_are_asked_directly)
{
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *here = url_of(server, "/limit");
    g_autofree char *other = g_strdup_printf("http://0.0.0.0:%u/limit", http_server_port(server));
    const HttpCall to_here = get(here), to_other = get(other);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    g_setenv("HTTP_PROXY", "http://127.0.0.1:1", TRUE);
    assert_ok(http_client_call(&no_limits, http, &to_here, &reply, &error), error);
    http_reply_clear(&reply);
    assert_fails(http_client_call(&no_limits, http, &to_other, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    g_clear_error(&error);
    g_setenv("NO_PROXY", "x.example,0.0.0.0", TRUE);
    assert_ok(http_client_call(&no_limits, http, &to_other, &reply, &error), error);
    g_unsetenv("NO_PROXY");
    g_unsetenv("HTTP_PROXY");
}

TEST(a_direct_call_goes_past_every_proxy)
{
    static const char *const names[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY" };
    g_autoptr(HttpServer) server = server_with(NULL, NULL);
    g_autofree char *url = g_strdup_printf("http://0.0.0.0:%u/limit", http_server_port(server));
    HttpCall call = get(url);

    call.is_direct = true;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(HttpClient) http = http_client_new();
        g_auto(HttpReply) reply = { 0 };
        g_autoptr(GError) error = NULL;

        g_setenv(names[i], "http://127.0.0.1:1", TRUE);
        assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
        g_unsetenv(names[i]);
    }
}

/* --- TLS --- */

static char *dir, *ca, *cas, *cert, *key;

static void openssl(const char *arguments)
{
    g_autofree char *line = g_strconcat("openssl ", arguments, NULL);
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    const ProcSpec spec = {
        .argv = (const char *const *)argv, .dir = dir, .max_output = 1 << 20, .timeout_ms = LONG_MS
    };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (!proc_run(&no_limits, &spec, output, NULL, NULL, &error))
        fail_msg("%s: %s", error->message, output->str);
}

static char *contents(const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static int make_certificates(void **fixture)
{
    (void)fixture;
    dir = g_dir_make_tmp("http-XXXXXX", NULL);
    g_autofree char *ext = g_build_filename(dir, "ext", NULL);
    assert_true(g_file_set_contents(ext, "subjectAltName=IP:127.0.0.1\n", -1, NULL));
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=ca "
            "-keyout ca.key -out ca.pem");
    openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server "
            "-keyout key.pem -out server.csr");
    openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 "
            "-extfile ext -out cert.pem");
    ca = g_build_filename(dir, "ca.pem", NULL);
    cas = g_build_filename(dir, "cas", NULL);
    g_autofree char *mounted = g_build_filename(cas, "ca.crt", NULL);
    g_autofree char *other = g_build_filename(cas, "README", NULL), *text = contents("ca.pem");
    assert_int_equal(g_mkdir(cas, 0700), 0);
    assert_true(g_file_set_contents(mounted, text, -1, NULL));
    assert_true(g_file_set_contents(other, "not a certificate", -1, NULL));
    cert = contents("cert.pem");
    key = contents("key.pem");
    return 0;
}

static int remove_certificates(void **fixture)
{
    static const char *const names[] = { "ca.pem",     "ca.key",   "ca.srl",  "ext",
                                         "server.csr", "cert.pem", "key.pem", "cas/ca.crt",
                                         "cas/README", "cas" };

    (void)fixture;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);

        g_remove(path);
    }
    assert_int_equal(g_rmdir(dir), 0);
    g_free(dir);
    g_free(ca);
    g_free(cas);
    g_free(cert);
    g_free(key);
    return 0;
}

TEST(a_private_authority_is_trusted_when_its_certificate_is_given)
{
    g_autoptr(HttpServer) server = server_with(cert, key);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = g_strdup_printf("https://127.0.0.1:%u/limit", http_server_port(server));
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    assert_non_null(strstr(error->message, "certificate"));
    assert_int_equal(n_handled, 0);
    g_clear_error(&error);
    g_setenv("SSL_CERT_FILE", ca, TRUE);
    assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
    g_unsetenv("SSL_CERT_FILE");
    assert_int_equal(reply.body->len, MAX_REPLY);
}

/* As a secret is mounted: any name, and not only certificates. */
TEST(every_file_of_the_directory_of_certificates_counts)
{
    g_autoptr(HttpServer) server = server_with(cert, key);
    g_autoptr(HttpClient) http = NULL;
    g_autofree char *url = g_strdup_printf("https://127.0.0.1:%u/limit", http_server_port(server));
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    g_setenv("SSL_CERT_DIR", cas, TRUE);
    http = http_client_new();
    g_unsetenv("SSL_CERT_DIR");
    assert_ok(http_client_call(&no_limits, http, &call, &reply, &error), error);
    assert_int_equal(reply.body->len, MAX_REPLY);
}

TEST(a_certificate_for_another_name_is_refused)
{
    g_autoptr(HttpServer) server = server_with(cert, key);
    g_autoptr(HttpClient) http = http_client_new();
    g_autofree char *url = g_strdup_printf("https://localhost:%u/", http_server_port(server));
    const HttpCall call = get(url);
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    g_setenv("SSL_CERT_FILE", ca, TRUE);
    assert_fails(http_client_call(&no_limits, http, &call, &reply, &error), error,
                 HADAL_ERROR_RETRY);
    g_unsetenv("SSL_CERT_FILE");
    assert_int_equal(n_handled, 0);
}

TEST(basic_authentication_is_user_and_password_in_base64)
{
    g_autofree char *value = http_basic_auth("", "to:ken");

    assert_string_equal(value, "Basic OnRvOmtlbg==");
}

TEST(a_fetch_by_https_stays_there)
{
    g_autoptr(HttpServer) server = server_with(cert, key);
    g_autoptr(HttpClient) http = NULL;
    g_autofree char *near =
        g_strdup_printf("https://127.0.0.1:%u/moved1", http_server_port(server));
    g_autofree char *away = g_strdup_printf("%s?http://127.0.0.1:1/", near);
    HttpFetch fetch = fetch_of(near);
    g_auto(HttpReply) reply = { 0 }, none = { 0 };
    g_autoptr(GError) error = NULL;
    bool is_fetched, is_away;

    g_setenv("SSL_CERT_FILE", ca, TRUE);
    http = http_client_new();
    is_fetched = http_client_fetch(&no_limits, http, &fetch, &reply, NULL);
    fetch.url = away;
    is_away = http_client_fetch(&no_limits, http, &fetch, &none, &error);
    g_unsetenv("SSL_CERT_FILE");

    assert_true(is_fetched);
    assert_fails(is_away, error, HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "moved to http, which is not followed from here"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_it_was_given),
        cmocka_unit_test(a_large_body_is_sent_without_asking),
        cmocka_unit_test(any_status_is_an_answer_and_its_headers_are_kept),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(I8_a_reply_may_have_the_limit_and_not_one_byte_more),
        cmocka_unit_test(a_fetch_goes_where_the_answer_says_it_is),
        cmocka_unit_test(a_fetch_leaves_http_for_nothing_but_https),
        cmocka_unit_test(I8_a_fetch_into_a_file_has_a_limit_and_only_what_was_asked_for),
        cmocka_unit_test(a_fetch_fails_with_the_status_and_without_credentials),
        cmocka_unit_test(a_fetch_of_no_url_tells_nothing_of_it),
        cmocka_unit_test(a_fetch_by_https_stays_there),
        cmocka_unit_test(what_is_not_a_url_of_ours_is_invalid),
        cmocka_unit_test(a_header_cannot_bring_another_one_and_is_never_shown),
        cmocka_unit_test(a_refused_connection_may_be_tried_again),
        cmocka_unit_test(a_call_that_takes_too_long_may_be_tried_again),
        cmocka_unit_test(I8_the_deadline_of_the_work_is_its_end),
        cmocka_unit_test(a_cancelled_call_ends_before_its_answer),
        cmocka_unit_test(a_connection_is_used_again),
        cmocka_unit_test(a_post_without_an_answer_is_not_sent_again),
        cmocka_unit_test(a_get_on_a_connection_that_broke_is_sent_again),
        cmocka_unit_test(only_the_headers_of_the_last_answer_count),
        cmocka_unit_test(headers_without_end_are_cut_off),
        cmocka_unit_test(a_proxy_is_asked_in_either_spelling),
        cmocka_unit_test(a_proxy_makes_a_tunnel_for_https),
        cmocka_unit_test(hosts_that_are_excepted_and_this_machine_are_asked_directly),
        cmocka_unit_test(a_direct_call_goes_past_every_proxy),
        cmocka_unit_test(a_private_authority_is_trusted_when_its_certificate_is_given),
        cmocka_unit_test(every_file_of_the_directory_of_certificates_counts),
        cmocka_unit_test(a_certificate_for_another_name_is_refused),
        cmocka_unit_test(basic_authentication_is_user_and_password_in_base64),
    };
    static const char *const names[] = { "http_proxy",  "HTTP_PROXY", "https_proxy",
                                         "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                         "no_proxy",    "NO_PROXY",   "SSL_CERT_FILE",
                                         "SSL_CERT_DIR" };
    g_autofree char *launcher =
        g_build_filename(g_getenv("HADAL_BUILD_ROOT"), "src/launcher/hadal-launch", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_unsetenv(names[i]);
    proc_init(launcher);
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
