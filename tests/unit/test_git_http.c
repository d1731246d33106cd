// SPDX-License-Identifier: Apache-2.0
/* What goes over the wire, and what a host's answers mean. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "git_repo.h"

/* user:secret-token */
#define SECRET "Basic dXNlcjpzZWNyZXQtdG9rZW4="

#define CHALLENGE                                                                            \
    "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nWWW-Authenticate: Basic realm=\"x\"\r\n" \
    "Content-Length: 0\r\nConnection: close\r\n\r\n"

/* Gives every request with a credential the same answer and keeps what was asked. */
typedef struct {
    int listener, port;
    const char *answer; /* NULL: says nothing */
    atomic_bool stop;
    pthread_t thread;
    GString *asked;
} Host;

static bool is_challenged(const char *request)
{
    return !strstr(request, "\r\nAuthorization: ");
}

static void answer_one(Host *host)
{
    auto_fd int fd = accept4(host->listener, NULL, NULL, SOCK_CLOEXEC);
    char request[8192] = "";
    ssize_t n = fd < 0 ? -1 : read(fd, request, sizeof(request) - 1);
    const char *answer = host->answer && is_challenged(request) ? CHALLENGE : host->answer;

    if (n > 0)
        g_string_append_len(host->asked, request, n);
    if (n > 0 && answer)
        assert_true(write(fd, answer, strlen(answer)) > 0);
    while (n > 0 && !host->answer && !atomic_load(&host->stop))
        n = recv(fd, request, 1, MSG_PEEK | MSG_DONTWAIT) == 0 ? 0 : 1;
}

static void *host_thread(void *data)
{
    Host *host = data;

    while (!atomic_load(&host->stop)) {
        struct pollfd ready = { .fd = host->listener, .events = POLLIN };

        if (poll(&ready, 1, 20) > 0)
            answer_one(host);
    }
    return NULL;
}

static void host_start(Host *host, const char *answer)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *host = (Host){ .answer = answer, .asked = g_string_new(NULL) };
    host->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(host->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(host->listener, 10), 0);
    assert_int_equal(getsockname(host->listener, (struct sockaddr *)&address, &length), 0);
    host->port = ntohs(address.sin_port);
    pthread_create(&host->thread, NULL, host_thread, host);
}

static void host_stop(Host *host)
{
    atomic_store(&host->stop, true);
    pthread_join(host->thread, NULL);
    close(host->listener);
    g_string_free(host->asked, TRUE);
}

static bool fetch_from(const Repo *repo, int port, const char *user, gint64 timeout_ms,
                       GError **error)
{
    const GitCacheSpec spec = {
        .dir = repo->cache_dir,
        .authorization = SECRET,
        .headers = (const char *const[]){ "X-Extra: value-of-extra", NULL },
        .timeout_ms = timeout_ms,
    };
    g_autofree char *url = g_strdup_printf("http://%s127.0.0.1:%d/org/_git/repo", user, port);
    const GitFetch fetch = { url, "main", "refs/hadal/heads/main" };
    const Ctx ctx = { 0 };
    g_autoptr(GitCache) cache = git_cache_open(&ctx, &spec, error);

    return cache && git_cache_fetch(&ctx, cache, &fetch, 1, error);
}

static const struct {
    const char *answer;
    HadalError code;
} cases[] = {
    { "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
      HADAL_ERROR_RETRY },
    { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", HADAL_ERROR_DENIED },
    { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", HADAL_ERROR_NOT_FOUND },
    { "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", HADAL_ERROR_RETRY },
    { "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", HADAL_ERROR_RETRY },
    { "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", HADAL_ERROR_RETRY },
    { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 22\r\n\r\n<html>Sign "
      "in</html>\n\n",
      HADAL_ERROR_FAILED },
};

TEST(an_answer_says_what_can_be_done)
{
    Repo *repo = *fixture;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        Host host;
        bool is_ok;

        host_start(&host, cases[i].answer);
        is_ok = fetch_from(repo, host.port, "", 20000, &error);
        host_stop(&host);
        if (is_ok || error->code != (int)cases[i].code)
            fail_msg("%.12s: %s", cases[i].answer, is_ok ? "ok" : error->message);
        assert_null(strstr(error->message, "secret-token"));
    }
}

TEST(the_credential_is_sent_when_asked_and_is_nowhere_else)
{
    Repo *repo = *fixture;
    g_autofree char *real = g_find_program_in_path("git");
    g_autofree char *bin = repo_path(repo, "bin");
    g_autofree char *script = g_build_filename(bin, "git", NULL);
    g_autofree char *old_path = g_strdup(g_getenv("PATH"));
    g_autofree char *path = g_strconcat(bin, ":", old_path, NULL);
    g_autofree char *log = repo_path(repo, "started");
    g_autofree char *config = g_build_filename(repo->cache_dir, "config", NULL);
    g_autofree char *text = g_strdup_printf(
        "#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ | tr '\\0' ' ' >>%s\nexec %s \"$@\"\n",
        log, real);
    g_autofree char *started = NULL, *kept = NULL;
    g_autoptr(GError) error = NULL;
    Host host;
    bool is_ok;

    g_mkdir(bin, 0700);
    g_file_set_contents_full(script, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
    g_setenv("PATH", path, TRUE);
    host_start(&host, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    is_ok = fetch_from(repo, host.port, "org@", 20000, &error);
    g_setenv("PATH", old_path, TRUE);

    assert_false(is_ok);
    assert_non_null(strstr(host.asked->str, "Authorization: " SECRET "\r\n"));
    assert_non_null(strstr(host.asked->str, "X-Extra: value-of-extra\r\n"));
    assert_true(g_file_get_contents(log, &started, NULL, NULL));
    assert_non_null(strstr(started, "fetch"));
    assert_null(strstr(started, "dXNlcjp"));
    assert_null(strstr(started, "secret-token"));
    assert_null(strstr(started, "org@")); /* so that it is one URL with and without it */
    assert_true(g_file_get_contents(config, &kept, NULL, NULL));
    assert_null(strstr(kept, "secret-token"));
    host_stop(&host);
}

TEST(a_redirect_does_not_get_the_credential)
{
    Repo *repo = *fixture;
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;
    Host host, other;

    host_start(&other, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    answer = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: "
                             "http://127.0.0.1:%d/x/info/refs\r\nContent-Length: 0\r\n\r\n",
                             other.port);
    host_start(&host, answer);
    assert_fails(fetch_from(repo, host.port, "", 20000, &error), error, HADAL_ERROR_FAILED);
    assert_int_equal(other.asked->len, 0);
    host_stop(&host);
    host_stop(&other);
}

TEST(a_host_that_is_not_there_may_be_there_later)
{
    Repo *repo = *fixture;
    g_autoptr(GError) error = NULL;
    Host host;

    host_start(&host, "");
    host_stop(&host);
    assert_fails(fetch_from(repo, host.port, "", 20000, &error), error, HADAL_ERROR_RETRY);
}

TEST(a_host_that_says_nothing_is_given_up)
{
    Repo *repo = *fixture;
    g_autoptr(GError) error = NULL;
    Host host;

    host_start(&host, NULL);
    assert_fails(fetch_from(repo, host.port, "", 300, &error), error, HADAL_ERROR_RETRY);
    host_stop(&host);
}

#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, repo_setup, repo_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REPO(an_answer_says_what_can_be_done),
        WITH_REPO(the_credential_is_sent_when_asked_and_is_nowhere_else),
        WITH_REPO(a_redirect_does_not_get_the_credential),
        WITH_REPO(a_host_that_is_not_there_may_be_there_later),
        WITH_REPO(a_host_that_says_nothing_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
