// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "sys/hatch.h"

/*
 * The only place that starts child processes. Every child is started through hadal-launch
 * (src/launcher), which makes a session of its own, collects whatever the child leaves behind, and
 * ends the whole tree (SIGINT, grace, SIGTERM in its last quarter, SIGKILL) as soon as this process
 * is gone, however it went; in that grace its output is still read, and lost. A child gets no
 * inherited descriptors, /dev/null as input unless it is given some, and only the environment it is
 * given; it ends with its deadline or when its work is cancelled.
 */
typedef struct _ProcSpec ProcSpec;
struct _ProcSpec {
    const char *const *argv; /* never a shell line; argv[0] is looked up in the child's PATH */
    const char *dir;         /* NULL: the server's */
    const char *const *env;  /* NULL: proc_base_env(); never the server's own */
    const char *input;       /* for its standard input; NULL: /dev/null */
    gsize input_length;
    const char *secret; /* NULL, or what it can read from PROC_SECRET_FD, to its end, once */
    Hatch *hatch;       /* NULL, or through which it and its own children may ask while it runs */
    gsize max_output;   /* bytes of stdout (and of stderr) that are kept */
    gint64 timeout_ms;  /* 0: only the deadline of ctx */
    gint64 grace_ms; /* from SIGINT to SIGKILL when it has to stop; SIGTERM after three quarters */
    int log_fd;      /* > 0: everything it writes is also written there, line by line, redacted */
    /*
     * true: more than max_output stops it. false, with a log_fd: the rest is only logged, and that
     * is no failure. Without a log_fd the rest would be lost in silence, so it is as if it were
     * true.
     */
    bool ends_at_limit;
};

/*
 * Where a child finds its secret: not in its environment or its arguments, which other processes of
 * the user can read, and not in a file or a pipe, which they can open (/proc/PID/fd). At most
 * PROC_MAX_SECRET bytes. The child's own children inherit it.
 */
enum { PROC_SECRET_FD = 7, PROC_MAX_SECRET = 64 << 10 };

/* A borrowed list written in place: ARGV("git", "fetch"). */
#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Where hadal-launch is. Once, in main, before any thread exists; tests give the build's. */
void proc_init(const char *launcher);

/*
 * The beginning of every child's environment: PATH, HOME, LANG, TMPDIR of the server and what a
 * network needs (proxy variables in both spellings, SSL_CERT_FILE, SSL_CERT_DIR). The caller frees
 * it.
 */
GStrv proc_base_env(void);

/*
 * Runs a command to its end. output gets stdout and stderr together, also on failure; with errors
 * not NULL stderr goes there; both are emptied first. Bytes are kept as they came. Fails with
 * FAILED (exit status, deadline, too much output), CANCELLED, or NOT_FOUND when there is no such
 * program or directory. exit_status (may be NULL) is set whenever the child exited by itself. Any
 * thread.
 */
bool proc_run(const Ctx *ctx, const ProcSpec *spec, GString *output, GString *errors,
              int *exit_status, GError **error) MUST_CHECK;
