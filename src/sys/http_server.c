// SPDX-License-Identifier: Apache-2.0
/*
 * libmicrohttpd with what it leaves open: its time-out counts only silence, so a watchdog of ours
 * ends whoever does not finish; its limits and its reading of ambiguous requests are in
 * http_message.c and here. It aborts when it is stopped with a suspended connection, so they are
 * counted, and none is suspended once the server closes.
 */
#include "sys/http_server.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "sys/http_message.h"

/* Per connection: headers, and one piece of a body. */
enum { CONNECTION_MEMORY = 16 << 10 };

enum { MAX_CONNECTIONS = 512, MAX_CONNECTIONS_PER_PEER = 256 };

/* A body that is refused is still taken, up to this: a client reads an answer after it has sent. */
enum { MAX_THROWN_AWAY = 4 << 20 };

/* To send an answer: this, and a millisecond for so many bytes. */
enum { SEND_MS = 60 * 1000, SEND_BYTES_PER_MS = 10 };

enum { LAST_ANSWERS_MS = 2000 };
enum { LONGEST_TICK_MS = 1000, TICKS_PER_TIMEOUT = 8 };

typedef struct addrinfo AddrInfo;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AddrInfo, freeaddrinfo)

struct _HttpServer {
    HttpServerSpec spec; /* its texts are NULL but for these copies */
    char *cert_pem, *key_pem;
    struct MHD_Daemon *daemon;
    guint16 port;
    pthread_t watchdog;
    bool has_watchdog;
    pthread_mutex_t lock; /* guards what follows, and every Connection */
    pthread_cond_t changed;
    GQueue connections; /* of Connection, linked by their own link */
    guint n_busy;       /* requests that are complete and not yet answered */
    guint n_suspended;  /* of these, who wait for http_request_answer() */
    bool is_closing;
};

typedef struct {
    GList link;
    int fd;
    gint64 deadline; /* what is under way must be done; 0 while a handler runs */
} Connection;

static gint64 in_ms(gint64 ms)
{
    return g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;
}

static void wait_changed(HttpServer *server, gint64 until)
{
    const struct timespec time = { .tv_sec = until / G_TIME_SPAN_SECOND,
                                   .tv_nsec = until % G_TIME_SPAN_SECOND * 1000 };

    pthread_cond_timedwait(&server->changed, &server->lock, &time);
}

/* --- connections and their deadlines --- */

/* shutdown(), because libmicrohttpd owns the descriptor: it sees the end and closes it. */
static void end_the_late(HttpServer *server, gint64 now)
{
    for (const GList *at = server->connections.head; at; at = at->next) {
        Connection *connection = at->data;

        if (!connection->deadline || now < connection->deadline)
            continue;
        connection->deadline = 0;
        shutdown(connection->fd, SHUT_RDWR);
    }
}

static void *watch(void *data)
{
    HttpServer *server = data;
    gint64 tick = CLAMP(server->spec.request_timeout_ms / TICKS_PER_TIMEOUT, 1, LONGEST_TICK_MS);

    pthread_mutex_lock(&server->lock);
    while (!server->is_closing) {
        end_the_late(server, g_get_monotonic_time());
        wait_changed(server, in_ms(tick));
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void connection_start(HttpServer *server, int fd, void **context)
{
    Connection *connection = g_new0(Connection, 1);

    connection->link.data = connection;
    connection->fd = fd;
    connection->deadline = in_ms(server->spec.request_timeout_ms);
    *context = connection;
    pthread_mutex_lock(&server->lock);
    g_queue_push_tail_link(&server->connections, &connection->link);
    pthread_mutex_unlock(&server->lock);
}

static void connection_end(HttpServer *server, Connection *connection)
{
    pthread_mutex_lock(&server->lock);
    g_queue_unlink(&server->connections, &connection->link);
    pthread_mutex_unlock(&server->lock);
    g_free(connection);
}

static void on_connection(void *data, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        connection_end(data, *context);
    else
        connection_start(
            data, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
            context);
}

static void set_deadline(HttpServer *server, const HttpRequest *request, gint64 deadline,
                         bool is_busy)
{
    Connection *connection =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;

    pthread_mutex_lock(&server->lock);
    connection->deadline = deadline;
    server->n_busy += is_busy;
    server->n_busy -= request->is_busy;
    if (server->is_closing)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void mark(HttpServer *server, HttpRequest *request, gint64 deadline, bool is_busy)
{
    set_deadline(server, request, deadline, is_busy);
    request->is_busy = is_busy;
}

static bool is_closing(HttpServer *server)
{
    bool result;

    pthread_mutex_lock(&server->lock);
    result = server->is_closing;
    pthread_mutex_unlock(&server->lock);
    return result;
}

/* --- a request --- */

/* The first libmicrohttpd tells of a request: its line, as it was sent. */
static void *on_target(void *data, const char *target, struct MHD_Connection *connection)
{
    HttpServer *server = data;
    HttpRequest *request = http_request_new(connection, target);

    request->server = server;
    mark(server, request, in_ms(server->spec.request_timeout_ms), false);
    return request;
}

/* Answered, or its connection lost. The next one has to come in time. */
static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    HttpServer *server = data;
    HttpRequest *request = *context;

    (void)connection, (void)how;
    if (!request)
        return;
    mark(server, request, in_ms(server->spec.request_timeout_ms), false);
    http_request_free(request);
    *context = NULL;
}

/* Takes response; NULL closes the connection. */
static enum MHD_Result answer(HttpServer *server, HttpRequest *request, HttpResponse *response,
                              bool does_close)
{
    gint64 send_ms =
        SEND_MS + (response ? (gint64)http_response_length(response) / SEND_BYTES_PER_MS : 0);
    struct MHD_Response *out;
    enum MHD_Result result;
    unsigned status;

    if (!response)
        return MHD_NO;
    mark(server, request, in_ms(send_ms), true);
    out = http_response_for_mhd(response, does_close || is_closing(server), &status);
    result = MHD_queue_response(request->connection, status, out);
    MHD_destroy_response(out);
    return result;
}

static HttpResponse *too_large(const HttpServer *server)
{
    return http_response_text(MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than %zu bytes\n",
                              server->spec.max_body);
}

static HttpResponse *refuse(const HttpServer *server, const HttpRequest *request, guint64 announced)
{
    HttpResponse *refusal = NULL;

    if (server->spec.before_body)
        refusal = server->spec.before_body(request, server->spec.data);
    if (!refusal && announced != G_MAXUINT64 && announced > server->spec.max_body)
        refusal = too_large(server);
    return refusal;
}

/*
 * Headers are known. Of a request one cannot trust the end, nothing more is read. What is refused
 * otherwise is answered at once when its body does not come or is far too large, and else after its
 * body: a client that is still sending would not see the answer.
 */
static enum MHD_Result begin(HttpServer *server, HttpRequest *request, const char *method,
                             const char *version)
{
    HttpResponse *ambiguous = http_request_begin(request, method, version);
    guint64 announced;
    bool waits_for_us;

    request->is_begun = true;
    if (ambiguous)
        return answer(server, request, ambiguous, true);
    announced = http_request_announced(request);
    waits_for_us = http_request_header(request, MHD_HTTP_HEADER_EXPECT);
    request->refusal = refuse(server, request, announced);
    if (!request->refusal)
        return MHD_YES;
    if (announced > 0 && !waits_for_us &&
        (announced == G_MAXUINT64 || announced <= server->spec.max_body + MAX_THROWN_AWAY))
        return MHD_YES;
    return answer(server, request, g_steal_pointer(&request->refusal), announced > 0);
}

/* The announced length was checked; this is for bodies that do not announce it. */
static enum MHD_Result take(HttpServer *server, HttpRequest *request, const char *bytes,
                            gsize *length)
{
    gsize limit = server->spec.max_body;

    request->n_received += *length;
    if (request->n_received > limit + MAX_THROWN_AWAY)
        return MHD_NO;
    if (request->n_received > limit && !request->refusal)
        request->refusal = too_large(server);
    if (!request->refusal)
        g_string_append_len(request->body, bytes, (gssize)*length);
    *length = 0;
    return MHD_YES;
}

HttpRequest *http_request_suspend(const HttpRequest *request)
{
    HttpRequest *kept = (HttpRequest *)request; /* a handler only reads; who answers writes */
    HttpServer *server = kept->server;

    pthread_mutex_lock(&server->lock);
    kept->is_suspended = !server->is_closing;
    server->n_suspended += kept->is_suspended;
    pthread_mutex_unlock(&server->lock);
    if (!kept->is_suspended)
        return NULL;
    MHD_suspend_connection(kept->connection);
    return kept;
}

void http_request_answer(HttpRequest *request, HttpResponse *response)
{
    HttpServer *server = request->server;

    pthread_mutex_lock(&server->lock);
    request->late = response;
    pthread_mutex_unlock(&server->lock);
    MHD_resume_connection(request->connection);
    pthread_mutex_lock(&server->lock);
    server->n_suspended--;
    if (server->is_closing)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result answer_late(HttpServer *server, HttpRequest *request)
{
    HttpResponse *response;

    pthread_mutex_lock(&server->lock);
    response = g_steal_pointer(&request->late);
    pthread_mutex_unlock(&server->lock);
    return answer(server, request, response, false);
}

static enum MHD_Result handle(HttpServer *server, HttpRequest *request)
{
    HttpResponse *response;

    mark(server, request, 0, true);
    response = server->spec.handler(request, server->spec.data);
    return request->is_suspended ? MHD_YES : answer(server, request, response, false);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    HttpServer *server = data;
    HttpRequest *request = *context;

    (void)connection, (void)url;
    if (!request->is_begun)
        return begin(server, request, method, version);
    if (*upload_size > 0)
        return take(server, request, upload, upload_size);
    if (request->refusal)
        return answer(server, request, g_steal_pointer(&request->refusal), false);
    return request->is_suspended ? answer_late(server, request) : handle(server, request);
}

/* --- start and stop --- */

static void on_mhd_log(void *data, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void on_mhd_log(void *data, const char *format, va_list args)
{
    g_autofree char *message = g_strdup_vprintf(format, args);

    (void)data;
    log_line(LEVEL_DEBUG, NULL, "http: %s", g_strchomp(message));
}

static int bind_to(const AddrInfo *address)
{
    const int on = 1, off = 0;
    auto_fd int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
        return -1;
    if (address->ai_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
        return -1;
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
        return -1;
    return g_steal_fd(&fd);
}

static int listen_on(const char *host, guint16 port, GError **error)
{
    const AddrInfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM };
    g_autofree char *service = g_strdup_printf("%u", port);
    g_autoptr(AddrInfo) address = NULL;
    int fd;

    if (getaddrinfo(host ? host : "::", service, &hints, &address) != 0) {
        hadal_set_error(error, HADAL_ERROR_INVALID, "listen on %s: not an address", host);
        return -1;
    }
    fd = bind_to(address);
    /* A machine may be without IPv6. */
    if (fd < 0 && !host && errno == EAFNOSUPPORT)
        return listen_on("0.0.0.0", port, error);
    if (fd < 0 && errno == EADDRINUSE)
        hadal_set_error(error, HADAL_ERROR_CONFLICT, "listen on port %u: it is taken", port);
    else if (fd < 0)
        hadal_set_error_errno(error, "listen on port %u", port);
    return fd;
}

static guint16 port_of(int fd)
{
    union {
        struct sockaddr_in6 v6;
        struct sockaddr_in v4;
        struct sockaddr any;
    } address = { 0 };
    socklen_t size = sizeof(address);

    g_assert(getsockname(fd, &address.any, &size) == 0);
    return g_ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* Paths stay as they were sent: what %2F means is for the handler to say. */
static size_t leave_as_it_is(void *data, struct MHD_Connection *connection, char *text)
{
    (void)data, (void)connection;
    return strlen(text);
}

/* Takes fd, also when it fails. */
static struct MHD_Daemon *start_daemon(HttpServer *server, int fd)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
    const struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert_pem },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, server->key_pem },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
        { MHD_OPTION_END, 0, NULL },
    };
    const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

    if (server->cert_pem)
        flags |= MHD_USE_TLS;
    // clang-format off
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
                            MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
                            MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_THREAD_POOL_SIZE, server->spec.threads,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS_PER_PEER,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
                            MHD_OPTION_ARRAY, server->cert_pem ? tls : none,
                            MHD_OPTION_END);
    // clang-format on
}

static HttpServer *server_new(const HttpServerSpec *spec)
{
    HttpServer *server = g_new0(HttpServer, 1);
    pthread_condattr_t attr;

    server->spec = *spec;
    server->cert_pem = g_strdup(spec->cert_pem);
    server->key_pem = g_strdup(spec->key_pem);
    server->spec.address = server->spec.cert_pem = server->spec.key_pem = NULL;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attr);
    pthread_condattr_destroy(&attr);
    return server;
}

HttpServer *http_server_open(const HttpServerSpec *spec, GError **error)
{
    g_autoptr(HttpServer) server = server_new(spec);
    auto_fd int fd = listen_on(spec->address, spec->port, error);

    g_assert(spec->threads > 0 && spec->request_timeout_ms > 0 && spec->handler);
    g_assert(!spec->cert_pem == !spec->key_pem);
    if (fd < 0)
        return NULL;
    server->port = port_of(fd);
    server->daemon = start_daemon(server, g_steal_fd(&fd));
    if (!server->daemon && spec->cert_pem)
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "the certificate or its key cannot be used");
    if (!server->daemon)
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "cannot start the HTTP server");
    server->has_watchdog = pthread_create(&server->watchdog, NULL, watch, server) == 0;
    g_assert(server->has_watchdog);
    return g_steal_pointer(&server);
}

guint16 http_server_port(const HttpServer *server)
{
    return server->port;
}

/* What was committed should also be told, else it is sent again. */
static void wait_for_answers(HttpServer *server)
{
    gint64 until = in_ms(LAST_ANSWERS_MS);

    pthread_mutex_lock(&server->lock);
    server->is_closing = true;
    pthread_cond_broadcast(&server->changed);
    while (server->n_busy > 0 && g_get_monotonic_time() < until)
        wait_changed(server, until);
    while (server->n_suspended > 0)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

void http_server_close(HttpServer *server)
{
    auto_fd int fd = -1;

    if (!server)
        return;
    if (server->daemon) {
        fd = MHD_quiesce_daemon(server->daemon);
        if (fd >= 0)
            shutdown(fd, SHUT_RDWR);
        wait_for_answers(server);
        MHD_stop_daemon(server->daemon);
    }
    if (server->has_watchdog)
        pthread_join(server->watchdog, NULL);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    g_free(server->cert_pem);
    g_free(server->key_pem);
    g_free(server);
}
