// SPDX-License-Identifier: Apache-2.0
#include "sys/http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "test.h"

enum { MAX_BODY = 1000, TIMEOUT_MS = 20 * 1000, SHORT_MS = 300, LONGER_MS = 900 };

#define CLOSE "Host: h\r\nConnection: close\r\n"

static atomic_int n_handled;

/* Says what it was given. */
static HttpResponse *echo(const HttpRequest *request, gpointer data)
{
    gsize length;
    const char *body = http_request_body(request, &length);

    (void)data;
    atomic_fetch_add(&n_handled, 1);
    return http_response_text(200, "[%s %s ? %s : %zu %s]", http_request_method(request),
                              http_request_path(request), http_request_query(request), length,
                              length > 100 ? "..." : body);
}

static HttpServer *open_with(HttpHandler handler, HttpHandler before_body, gint64 timeout_ms)
{
    const HttpServerSpec spec = {
        .address = "127.0.0.1",
        .threads = 2,
        .max_body = MAX_BODY,
        .request_timeout_ms = timeout_ms,
        .handler = handler,
        .before_body = before_body,
    };
    g_autoptr(GError) error = NULL;
    HttpServer *server = http_server_open(&spec, &error);

    assert_ok(server, error);
    atomic_store(&n_handled, 0);
    return server;
}

static int connect_to(const HttpServer *server)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = g_htons(http_server_port(server)),
                                         .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void send_all(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

        if (n < 0)
            return; /* the server may have had enough; what it said is what counts */
        bytes += n;
        length -= (gsize)n;
    }
}

/* All it sends until it closes; "(still open)" at the end when it does not. */
static char *read_all(int fd)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char chunk[4096];
    ssize_t n = 1;

    while (n > 0) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };

        if (poll(&ready, 1, TIMEOUT_MS / 2) <= 0) {
            g_string_append(text, "(still open)");
            break;
        }
        n = read(fd, chunk, sizeof(chunk));
        if (n > 0)
            g_string_append_len(text, chunk, n);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *ask(const HttpServer *server, const char *text)
{
    auto_fd int fd = connect_to(server);

    send_all(fd, text, strlen(text));
    return read_all(fd);
}

static bool has_status(const char *answer, int status)
{
    g_autofree char *start = g_strdup_printf("HTTP/1.1 %d ", status);

    return g_str_has_prefix(answer, start);
}

#define assert_has(text, part)                           \
    do {                                                 \
        if (!strstr(text, part))                         \
            fail_msg("no \"%s\" in \"%s\"", part, text); \
    } while (0)

TEST(a_handler_sees_the_request_as_it_was_sent)
{
    static const struct {
        const char *request, *answer;
    } cases[] = {
        { "GET /a%2Fb%20c/?x=%26&y HTTP/1.1\r\n" CLOSE "\r\n", "[GET /a%2Fb%20c/ ? x=%26&y : 0 ]" },
        { "GET / HTTP/1.1\r\n" CLOSE "\r\n", "[GET / ?  : 0 ]" },
        { "GET http://other:80/p?q HTTP/1.1\r\n" CLOSE "\r\n", "[GET /p ? q : 0 ]" },
        { "GET http://other HTTP/1.1\r\n" CLOSE "\r\n", "[GET / ?  : 0 ]" },
        { "POST /e HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\nhello", "[POST /e ?  : 5 hello]" },
        { "POST /e HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
          "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
          "[POST /e ?  : 5 hello]" },
        { "DELETE /x HTTP/1.1\r\n" CLOSE "\r\n", "[DELETE /x ?  : 0 ]" },
    };
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = ask(server, cases[i].request);

        assert_true(has_status(answer, 200));
        assert_has(answer, cases[i].answer);
    }
}

TEST(head_is_a_get_without_the_body)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    g_autofree char *answer = ask(server, "HEAD / HTTP/1.1\r\n" CLOSE "\r\n");

    assert_true(has_status(answer, 200));
    assert_has(answer, "Content-Length: 15\r\n");
    assert_true(g_str_has_suffix(answer, "\r\n\r\n"));
    assert_int_equal(n_handled, 1);
}

/* Each is followed by what a front end could have taken for a part of it, or not. */
TEST(requests_of_which_the_end_is_ambiguous_are_refused_and_nothing_after_them_is_heard)
{
    static const char *const cases[] = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "content-length: 5\r\nCONTENT-LENGTH: 0\r\n\r\nhello",
        "Content-Length : 2\r\n\r\nhe",
        "Content-Length\t: 2\r\n\r\nhe",
        "Content-Length: +2\r\n\r\nhe",
        "Content-Length: 2, 2\r\n\r\nhe",
        "Content-Length: -1\r\n\r\nhe",
        "Content-Length: 99999999999999999999\r\n\r\nhe",
        "Content-Length:\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\nhe",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Host: other\r\nContent-Length: 0\r\n\r\n",
        "A\001b: c\r\nContent-Length: 0\r\n\r\n",
        "(x): c\r\nContent-Length: 0\r\n\r\n",
    };
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request = g_strconcat("POST /first HTTP/1.1\r\nHost: h\r\n", cases[i],
                                               "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", NULL);
        g_autofree char *answer = ask(server, request);

        if (!has_status(answer, 400) && !has_status(answer, 413))
            fail_msg("%s: %s", cases[i], answer);
        if (strstr(answer, "HTTP/1.1 2") || strstr(answer, "(still open)"))
            fail_msg("%s: it went on: %s", cases[i], answer);
    }
    assert_int_equal(n_handled, 0);
}

TEST(malformed_request_lines_are_refused)
{
    static const char *const cases[] = {
        "GET / HTTP/1.1\r\n\r\n", /* no Host */
        "GET /a b HTTP/1.1\r\n" CLOSE "\r\n",
        "GET /a\x01 HTTP/1.1\r\n" CLOSE "\r\n",
        "G(T / HTTP/1.1\r\n" CLOSE "\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = ask(server, cases[i]);

        /* Some libmicrohttpd only closes. */
        if (!has_status(answer, 400) && !g_str_equal(answer, ""))
            fail_msg("%s: %s", cases[i], answer);
    }
    assert_int_equal(n_handled, 0);
}

static char *request_with_body(const char *headers, gsize size)
{
    g_autofree char *body = g_strnfill(size, 'x');

    return g_strdup_printf("POST / HTTP/1.1\r\n" CLOSE "%sContent-Length: %zu\r\n\r\n%s", headers,
                           size, body);
}

static char *request_in_chunks(gsize n_chunks)
{
    g_autoptr(GString) text =
        g_string_new("POST / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n");
    g_autofree char *chunk = g_strnfill(100, 'x');

    for (gsize i = 0; i < n_chunks; i++)
        g_string_append_printf(text, "64\r\n%s\r\n", chunk);
    g_string_append(text, "0\r\n\r\n");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

TEST(I8_a_body_may_have_the_limit_and_not_one_byte_more)
{
    const struct {
        char *request;
        int status;
    } cases[] = {
        { request_with_body("", MAX_BODY), 200 }, { request_with_body("", MAX_BODY + 1), 413 },
        { request_with_body("", 2 << 20), 413 }, /* answered after it, or the answer were lost */
        { request_in_chunks(10), 200 },           { request_in_chunks(11), 413 },
        { request_in_chunks(20000), 413 },
    };
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = ask(server, cases[i].request);

        if (!has_status(answer, cases[i].status))
            fail_msg("case %zu: %s", i, answer);
        g_free(cases[i].request);
    }
    assert_int_equal(n_handled, 2);
}

TEST(I8_a_body_far_too_large_is_not_read)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    g_autofree char *announced =
        ask(server, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
    g_autofree char *request = request_in_chunks(60000);
    g_autofree char *in_chunks = ask(server, request);

    assert_true(has_status(announced, 413));
    assert_null(strstr(announced, "(still open)"));
    assert_string_equal(in_chunks, ""); /* cut off: 6 MB */
    assert_int_equal(n_handled, 0);
}

TEST(I8_headers_too_large_are_refused)
{
    g_autofree char *large = g_strnfill(60 * 1000, 'x');
    g_autofree char *request = g_strconcat("GET / HTTP/1.1\r\nX: ", large, "\r\n\r\n", NULL);
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    g_autofree char *answer = ask(server, request);

    assert_true(has_status(answer, 431) || g_str_equal(answer, ""));
    assert_int_equal(n_handled, 0);
}

static HttpResponse *wants_token(const HttpRequest *request, gpointer data)
{
    gsize length;

    (void)data;
    http_request_body(request, &length);
    assert_int_equal(length, 0);
    return http_request_header(request, "x-token") ? NULL : http_response_text(401, "who are you?");
}

TEST(a_request_may_be_answered_before_its_body)
{
    g_autoptr(HttpServer) server = open_with(echo, wants_token, TIMEOUT_MS);
    g_autofree char *with_body = request_with_body("", 900);
    g_autofree char *with_token = request_with_body("X-Token: 1\r\n", 900);
    g_autofree char *refused = ask(server, with_body), *taken = ask(server, with_token);
    g_autofree char *waiting = ask(server, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                                           "Content-Length: 900\r\n\r\n");
    g_autofree char *without = ask(server, "GET / HTTP/1.1\r\n" CLOSE "\r\n");

    assert_true(has_status(refused, 401) && has_status(without, 401) && has_status(waiting, 401));
    assert_null(strstr(waiting, "(still open)"));
    assert_true(has_status(taken, 200));
    assert_int_equal(n_handled, 1);
}

/* An answer that comes while a client still sends is lost with the reset of the connection. */
TEST(a_refused_client_may_finish_its_body)
{
    g_autoptr(HttpServer) server = open_with(echo, wants_token, TIMEOUT_MS);
    auto_fd int fd = connect_to(server);
    struct pollfd answered = { .fd = fd, .events = POLLIN };
    const char *start = "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 10\r\n\r\nhello";
    g_autofree char *answer = NULL;

    send_all(fd, start, strlen(start));
    assert_int_equal(poll(&answered, 1, 200), 0);
    send_all(fd, "hello", 5);
    answer = read_all(fd);
    assert_true(has_status(answer, 401));
    assert_int_equal(n_handled, 0);
}

TEST(a_client_that_waits_for_our_consent_gets_it)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    g_autofree char *answer = ask(server, "POST / HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\n"
                                          "Content-Length: 5\r\n\r\nhello");

    assert_true(has_status(answer, 100));
    assert_has(answer, "HTTP/1.1 200 ");
    assert_has(answer, "5 hello]");
}

TEST(one_connection_serves_many_requests)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    g_autofree char *answer =
        ask(server, "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhe"
                    "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
                    "GET /3 HTTP/1.1\r\n" CLOSE "\r\n");

    assert_has(answer, "[POST /1 ?  : 2 he]");
    assert_has(answer, "[GET /2 ?  : 0 ]");
    assert_has(answer, "[GET /3 ?  : 0 ]");
    assert_int_equal(n_handled, 3);
}

/* Sends a byte, again and again, until it is cut off. In milliseconds. */
static gint64 drip(const HttpServer *server, const char *start)
{
    auto_fd int fd = connect_to(server);
    struct pollfd gone = { .fd = fd, .events = POLLIN };
    gint64 begin = g_get_monotonic_time();
    char byte;

    send_all(fd, start, strlen(start));
    while (poll(&gone, 1, 20) == 0) {
        send_all(fd, "x", 1);
        assert_true(g_get_monotonic_time() - begin < TIMEOUT_MS * G_TIME_SPAN_MILLISECOND);
    }
    while (read(fd, &byte, 1) > 0)
        ;
    return (g_get_monotonic_time() - begin) / G_TIME_SPAN_MILLISECOND;
}

TEST(a_client_that_does_not_finish_is_cut_off)
{
    static const char *const cases[] = {
        "",
        "G",
        "GET / HTTP/1.1\r\nHost: ",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3E8\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\r\nG", /* after a good one */
    };
    g_autoptr(HttpServer) server = open_with(echo, NULL, SHORT_MS);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_in_range(drip(server, cases[i]), i == 5 ? 0 : SHORT_MS, TIMEOUT_MS);
}

TEST(a_connection_that_says_nothing_is_closed)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, SHORT_MS);
    g_autofree char *silent = ask(server, "");
    g_autofree char *idle = ask(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assert_string_equal(silent, "");
    assert_has(idle, "[GET / ?  : 0 ]");
    assert_null(strstr(idle, "(still open)"));
}

static HttpResponse *slow(const HttpRequest *request, gpointer data)
{
    (void)data;
    g_usleep(LONGER_MS * G_TIME_SPAN_MILLISECOND);
    return echo(request, NULL);
}

TEST(the_time_of_the_handler_is_not_the_clients)
{
    g_autoptr(HttpServer) server = open_with(slow, NULL, SHORT_MS);
    g_autofree char *answer = ask(server, "GET / HTTP/1.1\r\n" CLOSE "\r\n");

    assert_true(has_status(answer, 200));
}

static HttpResponse *nothing(const HttpRequest *request, gpointer data)
{
    (void)request, (void)data;
    return NULL;
}

TEST(a_handler_may_close_without_an_answer)
{
    g_autoptr(HttpServer) server = open_with(nothing, NULL, TIMEOUT_MS);
    g_autofree char *answer = ask(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assert_string_equal(answer, "");
}

static HttpResponse *details(const HttpRequest *request, gpointer data)
{
    g_autofree char *user = NULL, *password = NULL;
    g_autofree char *a = http_request_param(request, "A"), *b = http_request_param(request, "b");
    bool has_auth = http_request_basic_auth(request, &user, &password);
    HttpResponse *response =
        http_response_text(200, "peer=%s x=%s missing=%s a=%s b=%s auth=%d %s %s",
                           http_request_peer(request), http_request_header(request, "X-LETTERS"),
                           http_request_header(request, "missing") ? "?" : "no", a ? a : "no",
                           b ? b : "no", has_auth, user ? user : "-", password ? password : "-");

    (void)data;
    http_response_header(response, "X-Good", "yes");
    http_response_header(response, "X-Evil", "a\r\nX-Injected: b");
    return response;
}

TEST(headers_parameters_and_credentials_are_read)
{
    static const struct {
        const char *target, *authorization, *answer;
    } cases[] = {
        { "/", "Basic dXNlcjpwYTpzcw==", "a=no b=no auth=1 user pa:ss" },
        { "/", "basic dXNlcjo=", "auth=1 user " },
        { "/", "Basic Og==", "auth=1  " },
        { "/", "Bearer dXNlcjpwYXNz", "auth=0 - -" },
        { "/", "Basic", "auth=0 - -" },
        { "/", "Basic dXNlcg==", "auth=0 - -" },
        { "/", "Basic dQB1OnA=", "auth=0 - -" }, /* "u\0u:p" */
        { "/", "Basic ????", "auth=0 - -" },
        { "/?a=1&b=x%20y+z%26", "", "a=1 b=x y z& " },
        { "/?flag&%61=1&b", "", "a=1 b= " },
        { "/?a=%zz&b=%00", "", "a=no b=no " },
        { "/?ab=1&a=%ff", "", "a=\xef\xbf\xbd b=no " },
    };
    g_autoptr(HttpServer) server = open_with(details, NULL, TIMEOUT_MS);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request =
            g_strdup_printf("GET %s HTTP/1.1\r\n" CLOSE "x-letters: v\r\nAuthorization: %s\r\n\r\n",
                            cases[i].target, cases[i].authorization);
        g_autofree char *answer = ask(server, request);

        assert_has(answer, "peer=127.0.0.1 x=v missing=no ");
        assert_has(answer, cases[i].answer);
        assert_has(answer, "X-Good: yes\r\n");
        assert_null(strstr(answer, "X-Injected"));
    }
}

TEST(a_port_that_is_taken_is_a_conflict)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    const HttpServerSpec spec = { .address = "127.0.0.1",
                                  .port = http_server_port(server),
                                  .threads = 1,
                                  .request_timeout_ms = 1,
                                  .handler = echo };
    g_autoptr(GError) error = NULL;
    g_autofree char *message =
        g_strdup_printf("listen on port %u: it is taken", http_server_port(server));

    assert_fails(http_server_open(&spec, &error), error, HADAL_ERROR_CONFLICT);
    assert_string_equal(error->message, message);
}

TEST(what_cannot_be_listened_on_or_served_with_is_invalid)
{
    HttpServerSpec spec = {
        .address = "not an address", .threads = 1, .request_timeout_ms = 1, .handler = echo
    };
    g_autoptr(GError) error = NULL;

    assert_fails(http_server_open(&spec, &error), error, HADAL_ERROR_INVALID);
    assert_string_equal(error->message, "listen on not an address: not an address");
    g_clear_error(&error);
    spec.address = NULL;
    spec.cert_pem = spec.key_pem = "not a certificate";
    assert_fails(http_server_open(&spec, &error), error, HADAL_ERROR_INVALID);
}

TEST(without_an_address_it_listens_on_all)
{
    const HttpServerSpec spec = { .threads = 1,
                                  .request_timeout_ms = TIMEOUT_MS,
                                  .handler = details };
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpServer) server = http_server_open(&spec, &error);
    g_autofree char *answer = NULL;

    assert_ok(server, error);
    answer = ask(server, "GET / HTTP/1.1\r\nx-letters: v\r\n" CLOSE "\r\n");
    assert_has(answer, "peer=127.0.0.1 ");
}

typedef struct {
    HttpServer *server;
    char *answer;
    atomic_bool is_in_handler;
} Closing;

static HttpResponse *lingering(const HttpRequest *request, gpointer data)
{
    atomic_store((atomic_bool *)data, true);
    return slow(request, NULL);
}

static void *ask_in_thread(void *data)
{
    Closing *closing = data;

    closing->answer = ask(closing->server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    return NULL;
}

TEST(what_is_being_answered_is_answered_before_the_server_closes)
{
    Closing closing = { 0 };
    const HttpServerSpec spec = { .address = "127.0.0.1",
                                  .threads = 2,
                                  .request_timeout_ms = TIMEOUT_MS,
                                  .handler = lingering,
                                  .data = &closing.is_in_handler };
    g_autoptr(GError) error = NULL;
    auto_fd int idle = -1;
    g_autofree char *silence = NULL;
    pthread_t thread;

    closing.server = http_server_open(&spec, &error);
    assert_ok(closing.server, error);
    idle = connect_to(closing.server);
    assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, &closing), 0);
    while (!atomic_load(&closing.is_in_handler))
        sched_yield();
    http_server_close(closing.server);
    pthread_join(thread, NULL);
    silence = read_all(idle);
    assert_true(has_status(closing.answer, 200));
    assert_has(closing.answer, "[GET / ?  : 0 ]");
    assert_string_equal(silence, "");
    g_free(closing.answer);
}

/* ------------------------------------------------------ suspended requests */

static pthread_mutex_t kept_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t kept_changed = PTHREAD_COND_INITIALIZER;
static GQueue kept = G_QUEUE_INIT; /* of HttpRequest */

/* Answers at once what is for "/now", and when there is no suspending any more. */
static HttpResponse *keep(const HttpRequest *request, gpointer data)
{
    HttpRequest *mine;

    if (g_str_equal(http_request_path(request), "/now"))
        return echo(request, data);
    mine = http_request_suspend(request);
    if (!mine)
        return http_response_text(503, "closing");
    pthread_mutex_lock(&kept_mutex);
    g_queue_push_tail(&kept, mine);
    pthread_cond_broadcast(&kept_changed);
    pthread_mutex_unlock(&kept_mutex);
    return NULL;
}

static void wait_for_kept(guint n)
{
    pthread_mutex_lock(&kept_mutex);
    while (kept.length < n)
        pthread_cond_wait(&kept_changed, &kept_mutex);
    pthread_mutex_unlock(&kept_mutex);
}

static void answer_kept(void)
{
    HttpRequest *request;

    pthread_mutex_lock(&kept_mutex);
    while ((request = g_queue_pop_head(&kept)))
        http_request_answer(request, echo(request, NULL));
    pthread_mutex_unlock(&kept_mutex);
}

TEST(suspended_requests_take_no_thread_and_are_answered_by_another)
{
    static const char *const request =
        "POST /e HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\nhello";
    g_autoptr(HttpServer) server = open_with(keep, NULL, TIMEOUT_MS);
    g_autofree char *now = NULL;
    int fds[10];

    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = connect_to(server);
        send_all(fds[i], request, strlen(request));
    }
    wait_for_kept(G_N_ELEMENTS(fds));
    now = ask(server, "GET /now HTTP/1.1\r\n" CLOSE "\r\n");
    answer_kept();

    assert_true(has_status(now, 200));
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        g_autofree char *answer = read_all(fds[i]);

        assert_true(has_status(answer, 200));
        assert_has(answer, "[POST /e ?  : 5 hello]");
        close(fds[i]);
    }
}

TEST(a_suspended_request_has_all_the_time_of_its_handler)
{
    g_autoptr(HttpServer) server = open_with(keep, NULL, SHORT_MS);
    g_autofree char *silence = NULL, *answer = NULL;
    auto_fd int idle = connect_to(server), fd = connect_to(server);

    send_all(fd, "GET / HTTP/1.1\r\n" CLOSE "\r\n", strlen("GET / HTTP/1.1\r\n" CLOSE "\r\n"));
    wait_for_kept(1);
    silence = read_all(idle); /* until the watchdog has ended what is late */
    answer_kept();
    answer = read_all(fd);
    assert_true(has_status(answer, 200));
}

static HttpResponse *keep_and_answer(const HttpRequest *request, gpointer data)
{
    HttpRequest *mine = http_request_suspend(request);
    bool says_nothing = g_str_equal(http_request_path(request), "/nothing");

    http_request_answer(mine, says_nothing ? NULL : echo(request, data));
    return NULL;
}

TEST(a_suspended_request_may_be_answered_before_its_handler_ends)
{
    g_autoptr(HttpServer) server = open_with(keep_and_answer, NULL, TIMEOUT_MS);
    g_autofree char *answer = ask(server, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
                                          "GET /b HTTP/1.1\r\n" CLOSE "\r\n");
    g_autofree char *nothing = ask(server, "GET /nothing HTTP/1.1\r\n" CLOSE "\r\n");

    assert_has(answer, "[GET /a ");
    assert_has(answer, "[GET /b ");
    assert_string_equal(nothing, "");
}

static void *close_in_thread(void *server)
{
    http_server_close(server);
    return NULL;
}

/* Asks on a connection that stays, and says whether it is to end with this answer. */
static bool is_last(int fd)
{
    static const char request[] = "GET /now HTTP/1.1\r\nHost: h\r\n\r\n";
    g_autoptr(GString) answer = g_string_new(NULL);
    char chunk[4096];

    send_all(fd, request, strlen(request));
    while (!strchr(answer->str, ']')) {
        ssize_t n = read(fd, chunk, sizeof(chunk));

        assert_true(n > 0);
        g_string_append_len(answer, chunk, n);
    }
    return strstr(answer->str, "Connection: close") != NULL;
}

TEST(a_server_that_closes_waits_for_suspended_requests_and_suspends_no_more)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    HttpServer *server = open_with(keep, NULL, TIMEOUT_MS);
    auto_fd int early = connect_to(server), late = connect_to(server), probe = connect_to(server);
    g_autofree char *early_answer = NULL, *late_answer = NULL;
    pthread_t thread;

    assert_false(is_last(late));
    send_all(early, request, strlen(request));
    wait_for_kept(1);
    assert_int_equal(pthread_create(&thread, NULL, close_in_thread, server), 0);
    while (!is_last(probe))
        sched_yield();
    send_all(late, request, strlen(request));
    late_answer = read_all(late);
    answer_kept();
    pthread_join(thread, NULL);
    early_answer = read_all(early);

    assert_true(has_status(late_answer, 503));
    assert_true(has_status(early_answer, 200));
}

static void *ask_often(void *data)
{
    int n_wrong = 0;

    for (int i = 0; i < 200; i++) {
        g_autofree char *answer = ask(data, "GET / HTTP/1.1\r\n" CLOSE "\r\n");

        n_wrong += !has_status(answer, 200);
    }
    return GINT_TO_POINTER(n_wrong);
}

TEST(many_clients_are_served_at_once)
{
    g_autoptr(HttpServer) server = open_with(echo, NULL, TIMEOUT_MS);
    pthread_t threads[8];
    void *n_wrong;

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, server), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        pthread_join(threads[i], &n_wrong);
        assert_int_equal(GPOINTER_TO_INT(n_wrong), 0);
    }
    assert_int_equal(n_handled, 1600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_sees_the_request_as_it_was_sent),
        cmocka_unit_test(head_is_a_get_without_the_body),
        cmocka_unit_test(
            requests_of_which_the_end_is_ambiguous_are_refused_and_nothing_after_them_is_heard),
        cmocka_unit_test(malformed_request_lines_are_refused),
        cmocka_unit_test(I8_a_body_may_have_the_limit_and_not_one_byte_more),
        cmocka_unit_test(I8_a_body_far_too_large_is_not_read),
        cmocka_unit_test(I8_headers_too_large_are_refused),
        cmocka_unit_test(a_request_may_be_answered_before_its_body),
        cmocka_unit_test(a_refused_client_may_finish_its_body),
        cmocka_unit_test(a_client_that_waits_for_our_consent_gets_it),
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(a_client_that_does_not_finish_is_cut_off),
        cmocka_unit_test(a_connection_that_says_nothing_is_closed),
        cmocka_unit_test(the_time_of_the_handler_is_not_the_clients),
        cmocka_unit_test(a_handler_may_close_without_an_answer),
        cmocka_unit_test(headers_parameters_and_credentials_are_read),
        cmocka_unit_test(a_port_that_is_taken_is_a_conflict),
        cmocka_unit_test(what_cannot_be_listened_on_or_served_with_is_invalid),
        cmocka_unit_test(without_an_address_it_listens_on_all),
        cmocka_unit_test(what_is_being_answered_is_answered_before_the_server_closes),
        cmocka_unit_test(suspended_requests_take_no_thread_and_are_answered_by_another),
        cmocka_unit_test(a_suspended_request_has_all_the_time_of_its_handler),
        cmocka_unit_test(a_suspended_request_may_be_answered_before_its_handler_ends),
        cmocka_unit_test(a_server_that_closes_waits_for_suspended_requests_and_suspends_no_more),
        cmocka_unit_test(many_clients_are_served_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
