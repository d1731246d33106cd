// SPDX-License-Identifier: Apache-2.0
/*
 * Not g_spawn: it has no process group, no deadline and no bound on output, it waits through a
 * SIGCHLD handler and a main loop, and with a child_setup it forks a process that has threads.
 * What a child leaves behind is hadal-launch's work; here is what it writes, and when it has to
 * stop.
 */
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/redact.h"
#include "sys/launch.h"

/* How soon a cancel is seen. The end of a child is seen at once, by its pipes. */
enum { TICK_MS = 100 };

/* What the launcher may need to collect a tree after the grace, or after the child's own end. */
enum { LEAVE_MS = 5000 };

enum { CHUNK = 32 << 10, MAX_LOG_LINE = 64 << 10, LOG_TAIL = 4 << 10 };

/* Above what posix_spawn puts in place, so that no dup2 overwrites a source that is still needed.
 */
enum { FIRST_FREE_FD = 10 };

G_STATIC_ASSERT((int)PROC_SECRET_FD == (int)LAUNCH_SECRET_FD);

static const char *launcher_path; /* set before threads exist */

typedef struct {
    int fd;        /* -1 at its end */
    GString *kept; /* borrowed */
    GString *line; /* the part of a line that is not in the log yet; NULL without a log */
} Stream;

typedef struct {
    const ProcSpec *spec;
    pid_t launcher;
    int lifeline; /* its end asks the launcher to stop; -1 then */
    int reports;  /* -1 when the launcher is gone */
    Stream out, err;
    bool has_report;
    LaunchReport report; /* the first */
    gint64 leave_at;     /* 0 until it ended or was asked to; then wait no longer than this */
    bool is_log_broken;
    GError *why; /* the first reason to stop it */
} Child;

static void stream_clear(Stream *stream)
{
    close_fd(&stream->fd);
    if (stream->line)
        g_string_free(stream->line, TRUE);
}

static void child_clear(Child *child)
{
    close_fd(&child->lifeline);
    close_fd(&child->reports);
    stream_clear(&child->out);
    stream_clear(&child->err);
    g_clear_error(&child->why);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Child, child_clear)

void proc_init(const char *launcher)
{
    launcher_path = launcher;
}

/*
 * curl, and with it git, looks at HTTP_PROXY in lower case only: in a CGI program the other is text
 * of a client. Here it is the operator's.
 */
static GStrv with_http_proxy(GStrv env)
{
    const char *proxy = g_environ_getenv(env, "HTTP_PROXY");

    return proxy ? g_environ_setenv(env, "http_proxy", proxy, FALSE) : env;
}

GStrv proc_base_env(void)
{
    static const char *const names[] = {
        "PATH",         "HOME",        "LANG",        "TMPDIR",    "SSL_CERT_FILE",
        "SSL_CERT_DIR", "http_proxy",  "https_proxy", "all_proxy", "no_proxy",
        "HTTP_PROXY",   "HTTPS_PROXY", "ALL_PROXY",   "NO_PROXY",
    };
    g_autoptr(GStrvBuilder) env = g_strv_builder_new();

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_getenv(names[i]);
        g_autofree char *line = value ? g_strdup_printf("%s=%s", names[i], value) : NULL;

        if (line)
            g_strv_builder_add(env, line);
    }
    return with_http_proxy(g_strv_builder_end(env));
}

/* --- start --- */

typedef struct {
    int in, out, err, lifeline, reports; /* the child's ends */
    int out_reader, err_reader;          /* for the time when this process is gone */
    int secret;
} Ends;

static void ends_clear(Ends *ends)
{
    close_fd(&ends->in);
    close_fd(&ends->out);
    close_fd(&ends->err);
    close_fd(&ends->lifeline);
    close_fd(&ends->reports);
    close_fd(&ends->out_reader);
    close_fd(&ends->err_reader);
    close_fd(&ends->secret);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ends, ends_clear)

/* Takes fd. */
static bool move_up(int fd, int *out, GError **error)
{
    auto_fd int low = fd;

    if (low < 0)
        return hadal_throw_errno(error, "open for a child");
    *out = fcntl(low, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    return *out >= 0 || hadal_throw_errno(error, "open for a child");
}

static bool open_pipe(int *theirs, int *ours, bool is_ours_to_read, GError **error)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return hadal_throw_errno(error, "pipe");
    *ours = ends[is_ours_to_read ? 0 : 1];
    return move_up(ends[is_ours_to_read ? 1 : 0], theirs, error);
}

/* A pipe that the launcher, too, can read. */
static bool open_output(int *theirs, int *ours, int *reader, GError **error)
{
    if (!open_pipe(theirs, ours, true, error))
        return false;
    *reader = fcntl(*ours, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    return *reader >= 0 || hadal_throw_errno(error, "open for a child");
}

/* A file in memory, not a pipe: nothing to poll, no SIGPIPE when the child does not read it. */
static bool open_input(const ProcSpec *spec, int *in, GError **error)
{
    gsize done = 0;

    if (!spec->input)
        return move_up(open("/dev/null", O_RDONLY | O_CLOEXEC), in, error);
    if (!move_up(memfd_create("input", MFD_CLOEXEC), in, error))
        return false;
    while (done < spec->input_length) {
        ssize_t n = write(*in, spec->input + done, spec->input_length - done);

        if (n < 0 && errno != EINTR)
            return hadal_throw_errno(error, "write input");
        done += (gsize)MAX(n, 0);
    }
    return lseek(*in, 0, SEEK_SET) == 0 || hadal_throw_errno(error, "rewind input");
}

/* All of it is on its way when this returns: a child that does not read it holds up nobody. */
static bool open_secret(const char *secret, int *theirs, GError **error)
{
    gsize length = secret ? strlen(secret) : 0;
    int ends[2];

    if (!secret)
        return true;
    if (length > PROC_MAX_SECRET)
        return hadal_throw(error, HADAL_ERROR_INVALID, "a secret of %zu bytes", length);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return hadal_throw_errno(error, "socketpair");
    auto_fd int ours = ends[0];
    if (!move_up(ends[1], theirs, error))
        return false;
    if (send(ours, secret, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
        return hadal_throw_errno(error, "hand over a secret");
    return true;
}

static bool open_ends(Child *child, Ends *ends, bool has_errors, GError **error)
{
    if (!open_input(child->spec, &ends->in, error) ||
        !open_output(&ends->out, &child->out.fd, &ends->out_reader, error) ||
        !open_pipe(&ends->lifeline, &child->lifeline, false, error) ||
        !open_pipe(&ends->reports, &child->reports, true, error) ||
        !open_secret(child->spec->secret, &ends->secret, error))
        return false;
    return !has_errors || open_output(&ends->err, &child->err.fd, &ends->err_reader, error);
}

static GStrv launcher_argv(const ProcSpec *spec)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *grace = g_strdup_printf("%" G_GINT64_FORMAT, spec->grace_ms);

    g_strv_builder_add_many(argv, launcher_path, grace, "--", NULL);
    g_strv_builder_addv(argv, (const char **)spec->argv);
    return g_strv_builder_end(argv);
}

static void put_or_close(posix_spawn_file_actions_t *files, int fd, int place)
{
    if (fd >= 0)
        posix_spawn_file_actions_adddup2(files, fd, place);
    else
        posix_spawn_file_actions_addclose(files, place); /* one that is not open is no failure */
}

static void put_in_place(posix_spawn_file_actions_t *files, const ProcSpec *spec, const Ends *ends)
{
    posix_spawn_file_actions_adddup2(files, ends->in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(files, ends->out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(files, ends->err >= 0 ? ends->err : ends->out, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(files, ends->lifeline, LAUNCH_LIFELINE_FD);
    posix_spawn_file_actions_adddup2(files, ends->reports, LAUNCH_REPORT_FD);
    put_or_close(files, ends->out_reader, LAUNCH_OUTPUT_FD);
    put_or_close(files, ends->err_reader, LAUNCH_ERRORS_FD);
    put_or_close(files, ends->secret, LAUNCH_SECRET_FD);
    posix_spawn_file_actions_addclosefrom_np(files, LAUNCH_SECRET_FD + 1);
    if (spec->dir)
        posix_spawn_file_actions_addchdir_np(files, spec->dir);
}

/* What the server ignores. What it blocks, the launcher sets right. */
static void reset_signals(posix_spawnattr_t *attr)
{
    sigset_t all;

    sigfillset(&all);
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
}

static bool spawn(Child *child, const Ends *ends, GError **error)
{
    const ProcSpec *spec = child->spec;
    g_auto(GStrv) argv = launcher_argv(spec);
    g_auto(GStrv) base_env = spec->env ? NULL : proc_base_env();
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    int number;

    posix_spawn_file_actions_init(&files);
    put_in_place(&files, spec, ends);
    posix_spawnattr_init(&attr);
    reset_signals(&attr);
    number = posix_spawn(&child->launcher, launcher_path, &files, &attr, argv,
                         spec->env ? (char *const *)spec->env : base_env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    if (number == 0)
        return true;
    if (access(launcher_path, X_OK) < 0)
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "start %s: %s", launcher_path,
                           g_strerror(errno));
    errno = number;
    return hadal_throw_errno(error, "start %s in %s", spec->argv[0], spec->dir ? spec->dir : ".");
}

static bool child_start(Child *child, bool has_errors, GError **error)
{
    g_auto(Ends) ends = { -1, -1, -1, -1, -1, -1, -1, -1 };

    return open_ends(child, &ends, has_errors, error) && spawn(child, &ends, error);
}

/* --- output --- */

/* A full disk or a reader that went away costs the log, never the run. */
static void write_log(const Ctx *ctx, Child *child, const GString *text)
{
    gsize done = 0;

    while (done < text->len && !child->is_log_broken) {
        ssize_t n = write(child->spec->log_fd, text->str + done, text->len - done);

        if (n < 0 && errno != EINTR) {
            child->is_log_broken = true;
            log_line(LEVEL_WARN, ctx, "%s: its log ends here: %s", child->spec->argv[0],
                     g_strerror(errno));
        }
        done += (gsize)MAX(n, 0);
    }
}

/* Moves the first length bytes of what waits to the log. */
static void log_first(const Ctx *ctx, Child *child, Stream *stream, gsize length)
{
    g_autoptr(GString) text = g_string_new_len(stream->line->str, (gssize)length);

    g_string_erase(stream->line, 0, (gssize)length);
    redact(text);
    write_log(ctx, child, text);
}

/*
 * Whole lines, because a secret may come in two pieces. Of a line without end a tail is held back
 * that is longer than secrets are.
 */
static void log_lines(const Ctx *ctx, Child *child, Stream *stream)
{
    const char *end = memrchr(stream->line->str, '\n', stream->line->len);

    if (end)
        log_first(ctx, child, stream, (gsize)(end - stream->line->str) + 1);
    if (stream->line->len > MAX_LOG_LINE)
        log_first(ctx, child, stream, stream->line->len - LOG_TAIL);
}

static void log_rest(const Ctx *ctx, Child *child, Stream *stream)
{
    if (stream->line && stream->line->len > 0)
        log_first(ctx, child, stream, stream->line->len);
}

/* Goes on reading after the limit: a child that is asked to stop must not block on its output. */
static void read_some(const Ctx *ctx, Child *child, Stream *stream)
{
    const ProcSpec *spec = child->spec;
    char chunk[CHUNK];
    ssize_t n = TEMP_FAILURE_RETRY(read(stream->fd, chunk, sizeof(chunk)));
    gsize room = spec->max_output - stream->kept->len;

    if (n <= 0) {
        close_fd(&stream->fd);
        return;
    }
    g_string_append_len(stream->kept, chunk, (gssize)MIN((gsize)n, room));
    if ((gsize)n > room && !child->why && (spec->ends_at_limit || !stream->line))
        hadal_set_error(&child->why, HADAL_ERROR_FAILED, "more than %zu bytes of output",
                        spec->max_output);
    if (!stream->line)
        return;
    g_string_append_len(stream->line, chunk, n);
    log_lines(ctx, child, stream);
}

/* --- end --- */

static void leave_in(Child *child, gint64 ms)
{
    gint64 at = g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;

    if (!child->leave_at || at < child->leave_at)
        child->leave_at = at;
}

static void read_report(Child *child)
{
    LaunchReport report;

    if (TEMP_FAILURE_RETRY(read(child->reports, &report, sizeof(report))) != sizeof(report)) {
        close_fd(&child->reports);
    } else if (!child->has_report) {
        child->report = report;
        child->has_report = true;
    }
    leave_in(child, LEAVE_MS + (child->lifeline < 0 ? child->spec->grace_ms : 0));
}

static void ask_to_stop(Child *child)
{
    if (child->lifeline < 0)
        return;
    close_fd(&child->lifeline);
    leave_in(child, child->spec->grace_ms + LEAVE_MS);
}

static bool is_over(const Child *child)
{
    if (child->leave_at && g_get_monotonic_time() >= child->leave_at)
        return true;
    return child->reports < 0 && child->out.fd < 0 && child->err.fd < 0;
}

static int time_to_wait(const Ctx *ctx, const Child *child)
{
    gint64 until = child->leave_at ? child->leave_at : ctx->deadline, left;

    if (!until)
        return TICK_MS;
    /* One more, because poll() counts whole milliseconds. */
    left = (until - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND + 1;
    return (int)CLAMP(left, 0, TICK_MS);
}

static void watch(const Ctx *ctx, Child *child)
{
    while (!is_over(child)) {
        struct pollfd fds[] = {
            { .fd = child->out.fd, .events = POLLIN },
            { .fd = child->err.fd, .events = POLLIN },
            { .fd = child->reports, .events = POLLIN },
        };

        if (child->why || (!child->has_report && !ctx_check(ctx, &child->why)))
            ask_to_stop(child);
        if (poll(fds, G_N_ELEMENTS(fds), time_to_wait(ctx, child)) <= 0)
            continue;
        if (fds[0].revents)
            read_some(ctx, child, &child->out);
        if (fds[1].revents)
            read_some(ctx, child, &child->err);
        if (fds[2].revents)
            read_report(child);
    }
    log_rest(ctx, child, &child->out);
    log_rest(ctx, child, &child->err);
}

/* It has ended, or it cannot and must. Its child dies with it. */
static void reap_launcher(Child *child)
{
    if (child->reports >= 0)
        kill(child->launcher, SIGKILL);
    TEMP_FAILURE_RETRY(waitpid(child->launcher, NULL, 0));
}

static bool check_report(const Child *child, int *exit_status, GError **error)
{
    const char *name = child->spec->argv[0];
    int value = child->report.value;

    if (!child->has_report)
        return hadal_throw(error, HADAL_ERROR_FAILED, "%s: its launcher was killed", name);
    switch ((LaunchEnd)child->report.end) {
    case LAUNCH_KILLED:
        return hadal_throw(error, HADAL_ERROR_FAILED, "%s: killed by signal %d", name, value);
    case LAUNCH_NOT_STARTED:
        if (value == ENOENT)
            return hadal_throw(error, HADAL_ERROR_NOT_FOUND, "no program \"%s\"", name);
        errno = value;
        return hadal_throw_errno(error, "start %s", name);
    case LAUNCH_EXITED:
        break;
    }
    if (exit_status)
        *exit_status = value;
    return value == 0 || hadal_throw(error, HADAL_ERROR_FAILED, "%s: exit %d", name, value);
}

static GString *log_buffer(const ProcSpec *spec)
{
    return spec->log_fd > 0 ? g_string_new(NULL) : NULL;
}

static bool out_of_time(const ProcSpec *spec, GError **error)
{
    g_autofree char *limit = clock_duration_text(spec->timeout_ms);

    return hadal_throw(error, HADAL_ERROR_FAILED, "%s: timed out after %s", spec->argv[0], limit);
}

bool proc_run(const Ctx *ctx, const ProcSpec *spec, GString *output, GString *errors,
              int *exit_status, GError **error)
{
    g_auto(Child) child = {
        .spec = spec,
        .lifeline = -1,
        .reports = -1,
        .out = { .fd = -1, .kept = output, .line = log_buffer(spec) },
        .err = { .fd = -1, .kept = errors, .line = errors ? log_buffer(spec) : NULL },
    };
    Ctx limits = *ctx;
    gint64 end = g_get_monotonic_time() + spec->timeout_ms * G_TIME_SPAN_MILLISECOND;
    bool is_own_limit = spec->timeout_ms > 0 && (!limits.deadline || end < limits.deadline);

    g_assert(launcher_path && spec->max_output > 0);
    if (is_own_limit)
        limits.deadline = end;
    g_string_truncate(output, 0);
    if (errors)
        g_string_truncate(errors, 0);
    if (!child_start(&child, errors, error))
        return false;
    if (spec->hatch)
        hatch_begin(spec->hatch, &limits, child.launcher);
    watch(&limits, &child);
    if (spec->hatch)
        hatch_end(spec->hatch);
    reap_launcher(&child);
    if (child.why && is_own_limit && ctx_check(ctx, NULL) && !ctx_check(&limits, NULL))
        return out_of_time(spec, error);
    if (child.why) {
        g_propagate_error(error, g_steal_pointer(&child.why));
        return hadal_prefix(error, "%s", spec->argv[0]);
    }
    return check_report(&child, exit_status, error);
}
