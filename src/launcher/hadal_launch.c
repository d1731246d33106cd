// SPDX-License-Identifier: Apache-2.0
/*
 * Starts one program and sees to it that nothing of it stays behind: not when it ends, not when it
 * has to stop, and not when the server is gone. It is a process of its own because the server's
 * SIGKILL must not be the end of it, because a sub-reaper is per process (orphans of several jobs
 * would mix), and because posix_spawn cannot set what is set here. Small and without libraries: it
 * is started for every git command.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/launch.h"

enum { NOT_FOUND_STATUS = 127, NOT_STARTED_STATUS = 126, SIGNAL_STATUS = 128 };

/* While killing: how soon the list of children is read again, for those that came meanwhile. */
enum { KILL_TICK_MS = 20 };

typedef struct {
    pid_t child;
    int status;     /* of the child, once has_ended */
    bool has_ended; /* the child */
    bool is_alone;  /* no descendant is left */
    bool is_stopping;
    bool is_terminated;
    long long term_at, kill_at; /* once is_stopping: SIGTERM, SIGKILL */
    bool is_orphan;             /* the server is gone */
    int output[2];              /* what is to be read then; -1: nothing */
} Tree;

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void report(LaunchEnd end, int value)
{
    const LaunchReport record = { .end = end, .value = value };

    /* Nobody reads it when the server is gone. */
    if (write(LAUNCH_REPORT_FD, &record, sizeof(record)) < 0)
        return;
}

static void report_status(int status)
{
    if (WIFSIGNALED(status))
        report(LAUNCH_KILLED, WTERMSIG(status));
    else
        report(LAUNCH_EXITED, WEXITSTATUS(status));
}

static int exit_status(int status)
{
    return WIFSIGNALED(status) ? SIGNAL_STATUS + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Not for the child. -1 when the server gave none. */
static int keep(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

/* Nothing but the server may end this process, so all signals stay blocked; SIGCHLD is polled. */
static bool prepare(void)
{
    const struct rlimit no_core = { 0, 0 };
    sigset_t all;

    sigfillset(&all);
    return keep(LAUNCH_LIFELINE_FD) >= 0 && keep(LAUNCH_REPORT_FD) >= 0 &&
           prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0 &&
           sigprocmask(SIG_SETMASK, &all, NULL) == 0;
}

/* In the child: its own group, for SIGINT; dead as soon as this process is killed. */
static void become(char **argv, pid_t launcher)
{
    sigset_t none;
    int number;

    sigemptyset(&none);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != launcher)
        _exit(NOT_STARTED_STATUS);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    number = errno;
    report(LAUNCH_NOT_STARTED, number);
    _exit(number == ENOENT ? NOT_FOUND_STATUS : NOT_STARTED_STATUS);
}

static pid_t start(char **argv)
{
    pid_t launcher = getpid(), child = fork();

    if (child == 0)
        become(argv, launcher);
    if (child > 0)
        setpgid(child, child); /* both do it: whoever comes first */
    close(LAUNCH_SECRET_FD);   /* the program's alone, if there is one */
    return child;
}

static void reap(Tree *tree)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != tree->child)
            continue;
        tree->has_ended = true;
        tree->status = status;
        report_status(status);
    }
    tree->is_alone = pid < 0;
}

/*
 * Direct children only: nobody but this process can reap them, so a pid of the list cannot have
 * become somebody else's. Their children become ours when they die. False when there is no list.
 */
static bool signal_children(int signal)
{
    static char list[1 << 16];
    int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t n = file < 0 ? -1 : read(file, list, sizeof(list) - 1);
    char *at = list, *end;

    if (file >= 0)
        close(file);
    if (n < 0)
        return false;
    list[n] = '\0';
    for (long pid = strtol(at, &end, 10); end != at && *end; pid = strtol(at, &end, 10)) {
        kill((pid_t)pid, signal);
        at = end;
    }
    return true;
}

static void kill_all(Tree *tree)
{
    const struct timespec tick = { .tv_nsec = KILL_TICK_MS * 1000000L };
    sigset_t death;

    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    for (reap(tree); !tree->is_alone; reap(tree)) {
        /* Once the child is reaped, its group may be somebody else's. */
        if (!tree->has_ended)
            kill(-tree->child, SIGKILL);
        if (!signal_children(SIGKILL) && tree->has_ended)
            return;
        sigtimedwait(&death, NULL, &tick);
    }
}

static void stop(Tree *tree, long grace_ms)
{
    tree->is_stopping = true;
    tree->kill_at = now_ms() + grace_ms;
    tree->term_at = tree->kill_at - grace_ms / 4;
    if (!tree->has_ended)
        kill(-tree->child, SIGINT);
}

/* For what ignores SIGINT, as shells have their background do. Late: to Terraform, a second signal
 * means to leave everything at once. */
static void terminate_when_due(Tree *tree)
{
    if (!tree->is_stopping || tree->is_terminated || now_ms() < tree->term_at)
        return;
    tree->is_terminated = true;
    if (!tree->has_ended)
        kill(-tree->child, SIGTERM);
    else
        signal_children(SIGTERM);
}

static int time_left(const Tree *tree)
{
    long long left = (tree->is_terminated ? tree->kill_at : tree->term_at) - now_ms();

    if (!tree->is_stopping)
        return -1;
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/*
 * When it ends by itself, the rest ends with it. When it was asked to stop, all of them have the
 * grace: a shell may die of the SIGINT before the program it runs has put its things in order.
 */
static bool is_over(const Tree *tree)
{
    if (tree->is_alone)
        return true;
    return tree->is_stopping ? now_ms() >= tree->kill_at : tree->has_ended;
}

/* In the server's place. */
static void discard(int *fd)
{
    static char rest[1 << 16];

    if (read(*fd, rest, sizeof(rest)) <= 0)
        *fd = -1;
}

static void watch(Tree *tree, int deaths, long grace_ms)
{
    struct signalfd_siginfo info;

    for (reap(tree); !is_over(tree); reap(tree)) {
        terminate_when_due(tree);
        struct pollfd fds[] = {
            { .fd = deaths, .events = POLLIN },
            { .fd = tree->is_stopping ? -1 : LAUNCH_LIFELINE_FD, .events = POLLIN },
            { .fd = tree->is_orphan ? -1 : LAUNCH_REPORT_FD }, /* POLLERR: nobody reads it */
            { .fd = tree->is_orphan ? tree->output[0] : -1, .events = POLLIN },
            { .fd = tree->is_orphan ? tree->output[1] : -1, .events = POLLIN },
        };

        if (poll(fds, sizeof(fds) / sizeof(*fds), time_left(tree)) <= 0)
            continue;
        /* What died is asked of waitpid; this only takes the signal. */
        while (fds[0].revents && read(deaths, &info, sizeof(info)) > 0)
            ;
        if (fds[1].revents)
            stop(tree, grace_ms);
        if (fds[2].revents)
            tree->is_orphan = true;
        for (int i = 0; i < 2; i++)
            if (fds[3 + i].revents)
                discard(&tree->output[i]);
    }
}

/* Not with a number that means something else here when it is given. */
static int open_above(int fd)
{
    int above = fcntl(fd, F_DUPFD_CLOEXEC, LAUNCH_SECRET_FD + 1);

    close(fd);
    return above;
}

int main(int argc, char **argv)
{
    Tree tree = { .output = { keep(LAUNCH_OUTPUT_FD), keep(LAUNCH_ERRORS_FD) } };
    sigset_t death;
    int deaths;

    if (argc < 4 || strcmp(argv[2], "--") != 0) {
        fputs("usage: hadal-launch GRACE_MS -- program argument...\n", stderr);
        return NOT_STARTED_STATUS;
    }
    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    deaths = open_above(signalfd(-1, &death, SFD_CLOEXEC | SFD_NONBLOCK));
    if (deaths < 0 || !prepare() || (tree.child = start(argv + 3)) < 0) {
        report(LAUNCH_NOT_STARTED, errno);
        return NOT_STARTED_STATUS;
    }
    watch(&tree, deaths, strtol(argv[1], NULL, 10));
    kill_all(&tree);
    return exit_status(tree.status);
}
