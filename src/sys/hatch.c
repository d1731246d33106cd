// SPDX-License-Identifier: Apache-2.0
#include "sys/hatch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "sys/crypto.h"

enum {
    BACKLOG = 64,
    QUESTION_MS = 5 * 1000, /* a client says it at once */
    ANSWER_MS = 60 * 1000,  /* it may have to be asked of somebody else */
    NAME_BYTES = 16,
    MOST_ANCESTORS = 1000,
    LOOKS = 3, /* at a tree that changes while it is looked at */
};

struct _Hatch {
    char *name;
    HatchAnswer answer;
    gpointer data;
    int listener, over; /* over: an eventfd that becomes readable */
    pid_t ancestor;
    Ctx ctx;
    atomic_bool is_over;
    bool has_thread;
    pthread_t thread;
};

static bool address_of(const char *name, struct sockaddr_un *address, socklen_t *length)
{
    gsize n = strlen(name);

    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (n == 0 || n >= sizeof(address->sun_path))
        return false;
    memcpy(address->sun_path + 1, name, n); /* a NUL in front: abstract */
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
    return true;
}

/* --- who asks --- */

/* The parent's number in "PID (name) S PARENT ..."; the name may hold anything. 0: not known. */
static pid_t parent_of(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *text = NULL;
    const char *behind;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    behind = strrchr(text, ')');
    return behind && strlen(behind) > 4 ? (pid_t)g_ascii_strtoll(behind + 4, NULL, 10) : 0;
}

static bool is_below(pid_t pid, pid_t ancestor)
{
    for (int i = 0; i < MOST_ANCESTORS && pid > 1; i++) {
        if (pid == ancestor)
            return true;
        pid = parent_of(pid);
    }
    return false;
}

static bool may_ask(const Hatch *hatch, int client)
{
    struct ucred who = { 0 };
    socklen_t length = sizeof(who);

    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0 || who.uid != getuid())
        return false;
    for (int i = 0; i < LOOKS; i++)
        if (is_below(who.pid, hatch->ancestor))
            return true;
    return false;
}

/* --- texts over a socket --- */

/* Whether there is something on fd, or it is at its end, before over and until (monotonic). */
static bool wait_for(int fd, short events, int over, gint64 until)
{
    struct pollfd fds[] = {
        { .fd = fd, .events = events },
        { .fd = over, .events = POLLIN },
    };
    gint64 left = (until - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;

    return left > 0 && TEMP_FAILURE_RETRY(poll(fds, G_N_ELEMENTS(fds), (int)left)) > 0 &&
           !fds[1].revents;
}

/* Up to the end that the other side sets; NULL when it does not, or says more than most. */
static char *read_text(int fd, gsize most, int over, gint64 until)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char chunk[4096];

    while (wait_for(fd, POLLIN, over, until)) {
        ssize_t n = TEMP_FAILURE_RETRY(recv(fd, chunk, sizeof(chunk), 0));

        if (n == 0)
            return strlen(text->str) == text->len ? g_string_free(g_steal_pointer(&text), FALSE)
                                                  : NULL;
        if (n < 0 || text->len + (gsize)n > most)
            return NULL;
        g_string_append_len(text, chunk, n);
    }
    return NULL;
}

static bool write_text(int fd, const char *text, int over, gint64 until)
{
    gsize length = strlen(text), done = 0;

    while (done < length && wait_for(fd, POLLOUT, over, until)) {
        ssize_t n = TEMP_FAILURE_RETRY(send(fd, text + done, length - done, MSG_NOSIGNAL));

        if (n < 0 && errno != EAGAIN)
            return false;
        done += (gsize)MAX(n, 0);
    }
    return done == length && shutdown(fd, SHUT_WR) == 0;
}

static gint64 in_ms(gint64 ms)
{
    return g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;
}

/* --- serving --- */

static void blank(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

/* A foreigner is gone before anything of it is read: it cannot keep the others waiting. */
static void serve_one(Hatch *hatch)
{
    auto_fd int client = accept4(hatch->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    g_autofree char *question = NULL;
    Ctx ctx = hatch->ctx;
    gint64 until = in_ms(ANSWER_MS);
    char *answer;

    if (client < 0 || !may_ask(hatch, client))
        return;
    question = read_text(client, HATCH_MAX_QUESTION, hatch->over, in_ms(QUESTION_MS));
    if (!question)
        return;
    ctx.deadline = ctx.deadline ? MIN(ctx.deadline, until) : until;
    answer = hatch->answer(&ctx, question, hatch->data);
    if (answer)
        (void)!write_text(client, answer, hatch->over, in_ms(QUESTION_MS)); /* it went away */
    blank(answer);
}

static void *serve(void *data)
{
    Hatch *hatch = data;
    struct pollfd fds[] = {
        { .fd = hatch->listener, .events = POLLIN },
        { .fd = hatch->over, .events = POLLIN },
    };

    while (TEMP_FAILURE_RETRY(poll(fds, G_N_ELEMENTS(fds), -1)) > 0 && !fds[1].revents)
        serve_one(hatch);
    return NULL;
}

void hatch_begin(Hatch *hatch, const Ctx *ctx, pid_t ancestor)
{
    hatch->ancestor = ancestor;
    hatch->ctx = *ctx;
    hatch->ctx.cancel = &hatch->is_over;
    hatch->has_thread = true;
    g_assert(pthread_create(&hatch->thread, NULL, serve, hatch) == 0);
}

void hatch_end(Hatch *hatch)
{
    if (!hatch->has_thread)
        return;
    atomic_store(&hatch->is_over, true);
    g_assert(eventfd_write(hatch->over, 1) == 0);
    pthread_join(hatch->thread, NULL);
    hatch->has_thread = false;
    close_fd(&hatch->listener); /* who comes now is told that there is nobody */
}

/* --- life --- */

static bool listen_on(Hatch *hatch, GError **error)
{
    struct sockaddr_un address;
    socklen_t length;

    g_assert(address_of(hatch->name, &address, &length));
    hatch->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    hatch->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (hatch->listener < 0 || hatch->over < 0 ||
        bind(hatch->listener, (const struct sockaddr *)&address, length) < 0 ||
        listen(hatch->listener, BACKLOG) < 0)
        return hadal_throw_errno(error, "open a socket for a child");
    return true;
}

Hatch *hatch_open(HatchAnswer answer, gpointer data, GError **error)
{
    g_autoptr(Hatch) hatch = g_new0(Hatch, 1);
    g_autofree char *random = crypto_random_hex(NAME_BYTES);

    hatch->name = g_strconcat("hadal-", random, NULL);
    hatch->answer = answer;
    hatch->data = data;
    hatch->listener = hatch->over = -1;
    return listen_on(hatch, error) ? g_steal_pointer(&hatch) : NULL;
}

void hatch_close(Hatch *hatch)
{
    if (!hatch)
        return;
    hatch_end(hatch);
    close_fd(&hatch->listener);
    close_fd(&hatch->over);
    g_free(hatch->name);
    g_free(hatch);
}

const char *hatch_name(const Hatch *hatch)
{
    return hatch->name;
}

/* --- asking --- */

char *hatch_ask(const char *name, const char *question, GError **error)
{
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;
    socklen_t length;
    char *answer;

    if (fd < 0)
        return hadal_throw_errno_null(error, "socket");
    if (!address_of(name, &address, &length))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not a name: %.80s", name);
    if (connect(fd, (const struct sockaddr *)&address, length) < 0)
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND,
                                "the step that may ask has ended, or the server has");
    if (!write_text(fd, question, -1, in_ms(QUESTION_MS)))
        return hadal_throw_null(error, HADAL_ERROR_DENIED,
                                "the server does not answer this process");
    answer = read_text(fd, HATCH_MAX_ANSWER, -1, in_ms(ANSWER_MS + QUESTION_MS));
    if (answer && *answer)
        return answer;
    g_free(answer);
    return hadal_throw_null(error, HADAL_ERROR_DENIED, "the server does not answer this process");
}
