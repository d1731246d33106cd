// SPDX-License-Identifier: Apache-2.0
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/redact.h"
#include "test.h"

enum { PATIENCE_MS = 20 * 1000 };

/* Only tests may call a shell with a text; it is always a constant of the test. */
static ProcSpec shell(const char *const *argv)
{
    return (ProcSpec){ .argv = argv, .max_output = 1000, .grace_ms = 200 };
}

static bool is_gone(int pid)
{
    g_autofree char *stat = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;

    return !g_file_get_contents(stat, &text, NULL, NULL) || strstr(text, ") Z ");
}

static void wait_until_gone(int pid)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

    assert_true(pid > 1);
    while (!is_gone(pid))
        assert_true(g_get_monotonic_time() < end);
}

TEST(a_child_gets_no_environment_of_ours)
{
    const char *const *argv = ARGV("env");
    const ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new("before");
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    setenv("HADAL_TOKEN", "secret", 1);
    setenv("HTTPS_PROXY", "http://proxy:3128", 1);
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    unsetenv("HTTPS_PROXY");
    assert_non_null(strstr(output->str, "PATH="));
    assert_non_null(strstr(output->str, "HTTPS_PROXY=http://proxy:3128"));
    assert_null(strstr(output->str, "secret"));
    assert_null(strstr(output->str, "before"));
}

TEST(the_program_is_looked_up_in_the_path_of_the_child)
{
    g_autofree char *dir = g_dir_make_tmp("proc-XXXXXX", NULL);
    g_autofree char *program = g_build_filename(dir, "only-here", NULL);
    g_autofree char *path = g_strconcat("PATH=", dir, NULL);
    const char *const *argv = ARGV("only-here"), *const *env = ARGV(path);
    ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_true(g_file_set_contents_full(program, "#!/bin/sh\necho found\n", -1, 0, 0755, NULL));
    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_NOT_FOUND);
    g_clear_error(&error);
    spec.env = env;
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, "found\n");
    g_unlink(program);
    g_rmdir(dir);
}

TEST(failures_are_told_apart)
{
    static const struct {
        const char *program, *script;
        HadalError code;
        const char *message;
    } cases[] = {
        { "sh", "exit 3", HADAL_ERROR_FAILED, "sh: exit 3" },
        { "sh", "exit 127", HADAL_ERROR_FAILED, "sh: exit 127" },
        { "sh", "exit 137", HADAL_ERROR_FAILED, "sh: exit 137" },
        { "sh", "kill -9 $$", HADAL_ERROR_FAILED, "sh: killed by signal 9" },
        { "sh", "yes", HADAL_ERROR_FAILED, "sh: more than 1000 bytes of output" },
        { "no-such-program", "", HADAL_ERROR_NOT_FOUND, "no program \"no-such-program\"" },
        { "/no/such/program", "", HADAL_ERROR_NOT_FOUND, "no program \"/no/such/program\"" },
        { "/etc/passwd", "", HADAL_ERROR_DENIED, "start /etc/passwd: Permission denied" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const *argv = ARGV(cases[i].program, "-c", cases[i].script);
        const ProcSpec spec = shell(argv);
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        const Ctx ctx = { 0 };

        assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, cases[i].code);
        assert_string_equal(error->message, cases[i].message);
        assert_in_range(output->len, 0, 1000);
    }
}

TEST(the_exit_status_is_told)
{
    const char *const *argv = ARGV("sh", "-c", "exit 2");
    const ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new(NULL);
    int status = -1;
    const Ctx ctx = { 0 };

    assert_false(proc_run(&ctx, &spec, output, NULL, &status, NULL));
    assert_int_equal(status, 2);
}

TEST(a_directory_that_is_not_there_is_named)
{
    const char *const *argv = ARGV("true");
    const ProcSpec spec = { .argv = argv, .max_output = 1, .dir = "/no/such/dir" };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_NOT_FOUND);
    assert_string_equal(error->message, "start true in /no/such/dir: No such file or directory");
}

TEST(a_child_runs_in_its_directory)
{
    const char *const *argv = ARGV("pwd");
    const ProcSpec spec = { .argv = argv, .max_output = 100, .dir = "/usr" };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, "/usr\n");
}

TEST(errors_go_their_own_way_when_asked)
{
    const char *const *argv = ARGV("sh", "-c", "echo out; echo err >&2");
    const ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new(NULL), errors = g_string_new("before");
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, errors, NULL, &error), error);
    assert_string_equal(output->str, "out\n");
    assert_string_equal(errors->str, "err\n");
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, "out\nerr\n");
}

TEST(input_of_any_size_arrives_whole)
{
    g_autofree char *input = g_strnfill(3 << 20, 'x');
    const char *const *argv = ARGV("cat");
    ProcSpec spec = { .argv = argv, .max_output = 4 << 20, .input = input };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    spec.input_length = strlen(input);
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, input);
}

TEST(input_that_nobody_reads_is_no_failure)
{
    g_autofree char *input = g_strnfill(3 << 20, 'x');
    const char *const *argv = ARGV("true");
    ProcSpec spec = { .argv = argv, .max_output = 1, .input = input };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    spec.input_length = strlen(input);
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
}

/* ls: its descriptors are those of the shell, and the directory's. */
TEST(a_secret_is_read_to_its_end_and_cannot_be_opened_by_others)
{
    const char *const *argv = ARGV("sh", "-c",
                                   "cat /proc/$$/fd/7; cat <&7; echo; cat <&7; "
                                   "ls /proc/self/fd; tr '\\0' '\\n' </proc/$$/environ");
    ProcSpec spec = { .argv = argv, .max_output = 10000, .secret = "hunter2", .env = ARGV("A=b") };
    g_autoptr(GString) output = g_string_new(NULL), errors = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_int_equal(PROC_SECRET_FD, 7);
    assert_ok(proc_run(&ctx, &spec, output, errors, NULL, &error), error);
    assert_string_equal(output->str, "hunter2\n0\n1\n2\n3\n7\nA=b\n");
    assert_non_null(strstr(errors->str, "/fd/7: No such device or address"));
}

TEST(a_secret_that_nobody_reads_holds_up_nobody)
{
    g_autofree char *secret = g_strnfill(PROC_MAX_SECRET + 1, 's');
    const char *const *argv = ARGV("true");
    ProcSpec spec = { .argv = argv, .max_output = 1, .secret = secret };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_INVALID);
    g_clear_error(&error);
    secret[PROC_MAX_SECRET] = '\0';
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    spec.argv = ARGV("sh", "-c", "cat <&7");
    spec.max_output = PROC_MAX_SECRET;
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, secret);
}

TEST(without_input_there_is_none)
{
    const char *const *argv = ARGV("cat");
    const ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, "");
}

static char *text_of(int fd)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char chunk[4096];
    ssize_t n;

    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        g_string_append_len(text, chunk, n);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

TEST(the_log_gets_everything_though_only_a_part_is_kept)
{
    const char *const *argv = ARGV("sh", "-c", "seq 10000; printf end");
    auto_fd int log = memfd_create("log", MFD_CLOEXEC);
    ProcSpec spec = { .argv = argv, .max_output = 10, .log_fd = log };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    text = text_of(log);
    assert_string_equal(output->str, "1\n2\n3\n4\n5\n");
    assert_int_equal(strlen(text), 48894 + 3);
    assert_true(g_str_has_suffix(text, "\n9999\n10000\nend"));
    spec.ends_at_limit = true;
    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "sh: more than 10 bytes of output");
}

TEST(a_secret_is_not_in_the_log_even_when_it_comes_in_pieces)
{
    const char *const *argv = ARGV("sh", "-c", "printf 'is hunter2-'; sleep 0.1; echo hunter2.");
    auto_fd int log = memfd_create("log", MFD_CLOEXEC);
    const ProcSpec spec = { .argv = argv, .max_output = 100, .log_fd = log };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    text = text_of(log);
    assert_string_equal(text, "is ***.\n");
}

TEST(a_long_line_does_not_wait_for_its_end)
{
    const char *const *argv = ARGV("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x");
    auto_fd int log = memfd_create("log", MFD_CLOEXEC);
    const ProcSpec spec = { .argv = argv, .max_output = 100, .log_fd = log };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    text = text_of(log);
    assert_int_equal(strlen(text), 300000);
}

TEST(a_log_that_cannot_be_written_does_not_fail_the_run)
{
    const char *const *argv = ARGV("echo", "hello");
    auto_fd int log = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const ProcSpec spec = { .argv = argv, .max_output = 100, .log_fd = log };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, "hello\n");
}

/* Cancels a run as soon as it has written its first line to its log. */
typedef struct {
    int log, reader;
    atomic_bool cancel;
    pthread_t thread;
} Stopper;

static void *stop_at_line(void *data)
{
    Stopper *stopper = data;
    char byte = '\0';

    while (byte != '\n' && read(stopper->reader, &byte, 1) == 1)
        ;
    atomic_store(&stopper->cancel, true);
    return NULL;
}

static void stopper_start(Stopper *stopper)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    *stopper = (Stopper){ .reader = ends[0], .log = ends[1] };
    assert_int_equal(pthread_create(&stopper->thread, NULL, stop_at_line, stopper), 0);
}

static void stopper_end(Stopper *stopper)
{
    close(stopper->log);
    pthread_join(stopper->thread, NULL);
    close(stopper->reader);
}

/* Runs a script that is cancelled once it says something. Its time in milliseconds. */
static gint64 run_until_line(const char *script, gint64 grace_ms, GString *output)
{
    const char *const *argv = ARGV("sh", "-c", script);
    ProcSpec spec = { .argv = argv, .max_output = 1000, .grace_ms = grace_ms };
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    int status = -1;
    Stopper stopper;

    stopper_start(&stopper);
    const Ctx ctx = { .cancel = &stopper.cancel };
    spec.log_fd = stopper.log;
    assert_fails(proc_run(&ctx, &spec, output, NULL, &status, &error), error,
                 HADAL_ERROR_CANCELLED);
    stopper_end(&stopper);
    assert_string_equal(error->message, "sh: cancelled");
    assert_int_equal(status, -1);
    return (g_get_monotonic_time() - start) / G_TIME_SPAN_MILLISECOND;
}

TEST(a_cancelled_child_is_stopped_soon)
{
    g_autoptr(GString) output = g_string_new(NULL);

    assert_in_range(run_until_line("echo up; exec sleep 60", 60000, output), 0, PATIENCE_MS);
}

TEST(a_child_that_ignores_the_request_is_killed_after_the_grace)
{
    g_autoptr(GString) output = g_string_new(NULL);
    const char *script = "trap '' INT TERM; echo up; sleep 60; sleep 60";

    assert_in_range(run_until_line(script, 300, output), 300, PATIENCE_MS);
    assert_string_equal(output->str, "up\n");
}

TEST(a_child_asked_to_stop_may_say_goodbye)
{
    g_autoptr(GString) output = g_string_new(NULL);
    const char *script = "trap 'echo bye; exit 1' INT; echo up; while :; do sleep 0.05; done";

    assert_in_range(run_until_line(script, 60000, output), 0, PATIENCE_MS);
    assert_string_equal(output->str, "up\nbye\n");
}

/*
 * env: a shell without job control starts what is in the background with SIGINT ignored. A loop: a
 * signal that comes while the shell starts its child is seen when the child ends.
 */
TEST(what_a_shell_has_started_keeps_the_grace_when_the_shell_is_gone)
{
    g_autoptr(GString) output = g_string_new(NULL);
    const char *script = "env --default-signal=INT sh -c "
                         "'trap \"sleep 0.3; echo saved; exit\" INT; echo up; "
                         "while :; do sleep 0.05; done' & "
                         "trap 'exit 1' INT; while :; do sleep 0.05; done";

    assert_in_range(run_until_line(script, 60000, output), 0, PATIENCE_MS);
    assert_string_equal(output->str, "up\nsaved\n");
}

TEST(what_ignores_an_interrupt_is_terminated_before_it_is_killed)
{
    g_autoptr(GString) output = g_string_new(NULL);
    const char *script = "trap '' INT; trap 'echo terminated; exit' TERM; echo up; "
                         "while :; do sleep 0.05; done";

    assert_in_range(run_until_line(script, 2000, output), 0, PATIENCE_MS);
    assert_true(g_str_has_suffix(output->str, "terminated\n"));
}

TEST(I8_a_time_limit_ends_a_child)
{
    const char *const *argv = ARGV("sleep", "60");
    ProcSpec spec = { .argv = argv, .max_output = 1, .timeout_ms = 100, .grace_ms = 60000 };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Ctx ctx = { 0 };

    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "sleep: timed out after 0 s");
    g_clear_error(&error);
    ctx.deadline = g_get_monotonic_time() + 100 * G_TIME_SPAN_MILLISECOND;
    spec.timeout_ms = 60000;
    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "sleep: timed out");
}

TEST(nothing_in_the_background_outlives_its_command)
{
    static const char *const scripts[] = {
        "sleep 60 & echo $!",
        "(setsid sh -c 'echo $$; exec sleep 60' &) | head -n 1",
        ("(setsid sh -c 'setsid sh -c \"trap : INT TERM HUP; echo \\$\\$; sleep 60; sleep 60\" & "
         "sleep 60' &) | head -n 1"),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        const char *const *argv = ARGV("sh", "-c", scripts[i]);
        const ProcSpec spec = shell(argv);
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        gint64 start = g_get_monotonic_time();
        const Ctx ctx = { 0 };

        assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
        assert_true(g_get_monotonic_time() - start < PATIENCE_MS * G_TIME_SPAN_MILLISECOND);
        assert_true(is_gone(atoi(output->str)) && atoi(output->str) > 1);
    }
}

TEST(a_child_dies_with_its_launcher)
{
    const char *const *argv = ARGV("sh", "-c", "echo $$; kill -9 $PPID; exec sleep 60");
    const ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "sh: its launcher was killed");
    wait_until_gone(atoi(output->str));
}

TEST(a_child_inherits_neither_blocked_nor_ignored_signals)
{
    static const struct {
        const char *script, *message;
    } cases[] = {
        { "kill -TERM $$; echo still here", "sh: killed by signal 15" },
        { "kill -PIPE $$; echo still here", "sh: killed by signal 13" },
    };
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const *argv = ARGV("sh", "-c", cases[i].script);
        const ProcSpec spec = shell(argv);
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        const Ctx ctx = { 0 };

        assert_fails(proc_run(&ctx, &spec, output, NULL, NULL, &error), error, HADAL_ERROR_FAILED);
        assert_string_equal(error->message, cases[i].message);
    }
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

TEST(a_child_has_three_descriptors_a_group_of_its_own_no_core_and_no_new_privileges)
{
    const char *const *argv = ARGV("sh", "-c",
                                   "ls /proc/$$/fd; ulimit -c; grep NoNewPrivs /proc/$$/status; "
                                   "cut -d' ' -f5 /proc/$$/stat | sed s/^$$\\$/group/");
    const ProcSpec spec = shell(argv);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    struct rlimit core;
    auto_fd int other = fcntl(STDERR_FILENO, F_DUPFD, 20); /* not close-on-exec */
    const Ctx ctx = { 0 };

    assert_true(other > STDERR_FILENO);
    assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
    core.rlim_cur = core.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_CORE, &core), 0);
    assert_ok(proc_run(&ctx, &spec, output, NULL, NULL, &error), error);
    assert_string_equal(output->str, "0\n1\n2\n0\nNoNewPrivs:\t1\ngroup\n");
}

#define STUBBORN_SCRIPT                                                                           \
    "setsid sh -c 'trap \"\" INT; echo $$ > inner; sleep 60; sleep 60' & echo $$ > outer; sleep " \
    "60"

/* More than pipes hold, and slowly: it has not ended when nobody is there any more. */
#define TALKATIVE_SCRIPT                                                           \
    "say() { i=0; while [ $i -lt 100 ]; do i=$((i+1)); printf %01000d 0 || exit; " \
    "printf %01000d 0 >&2 || exit; sleep 0.002; done; }; "                         \
    "trap 'say; echo $$ > saved; exit' INT; echo $$ > outer; while :; do sleep 0.02; done"

/* The test program itself, as a server that is killed while its child runs. */
static int run_server(const char *script, gint64 grace_ms)
{
    const char *const *argv = ARGV("sh", "-c", script);
    const ProcSpec spec = { .argv = argv, .max_output = 1, .grace_ms = grace_ms };
    g_autoptr(GString) output = g_string_new(NULL), errors = g_string_new(NULL);
    const Ctx ctx = { 0 };

    return !proc_run(&ctx, &spec, output, errors, NULL, NULL);
}

static int wait_for_pid(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    gint64 end = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

    for (;;) {
        g_autofree char *text = NULL;

        if (g_file_get_contents(path, &text, NULL, NULL) && strchr(text, '\n')) {
            g_unlink(path);
            return atoi(text);
        }
        assert_true(g_get_monotonic_time() < end);
    }
}

static pid_t start_server(char *kind, char *dir)
{
    char *argv[] = { (char *)"/proc/self/exe", kind, dir, NULL };
    pid_t server;

    assert_int_equal(posix_spawn(&server, argv[0], NULL, NULL, argv, environ), 0);
    return server;
}

TEST(a_child_of_a_killed_server_may_talk_until_its_things_are_in_order)
{
    g_autofree char *dir = g_dir_make_tmp("proc-XXXXXX", NULL);
    pid_t server = start_server((char *)"talkative", dir);
    int child = wait_for_pid(dir, "outer");

    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    assert_int_equal(wait_for_pid(dir, "saved"), child);
    wait_until_gone(child);
    g_rmdir(dir);
}

TEST(the_tree_ends_when_the_server_is_killed)
{
    g_autofree char *dir = g_dir_make_tmp("proc-XXXXXX", NULL);
    pid_t server = start_server((char *)"stubborn", dir);
    int inner, outer;

    outer = wait_for_pid(dir, "outer");
    inner = wait_for_pid(dir, "inner");
    assert_false(is_gone(inner) || is_gone(outer));
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    wait_until_gone(outer);
    wait_until_gone(inner);
    g_rmdir(dir);
}

static void *run_many(void *failures)
{
    const char *const *argv = ARGV("sh", "-c", "cat; cat /dev/stdin");
    const ProcSpec spec = {
        .argv = argv, .max_output = 100, .input = "hello", .input_length = 5, .timeout_ms = 20000
    };
    g_autoptr(GString) output = g_string_new(NULL);
    const Ctx ctx = { 0 };

    for (int i = 0; i < 20; i++)
        if (!proc_run(&ctx, &spec, output, NULL, NULL, NULL) ||
            !g_str_has_prefix(output->str, "hello"))
            atomic_fetch_add((atomic_int *)failures, 1);
    return NULL;
}

TEST(many_threads_may_run_children_at_once)
{
    atomic_int failures = 0;
    pthread_t threads[8];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, &failures), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(failures, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_gets_no_environment_of_ours),
        cmocka_unit_test(the_program_is_looked_up_in_the_path_of_the_child),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(the_exit_status_is_told),
        cmocka_unit_test(a_directory_that_is_not_there_is_named),
        cmocka_unit_test(a_child_runs_in_its_directory),
        cmocka_unit_test(errors_go_their_own_way_when_asked),
        cmocka_unit_test(input_of_any_size_arrives_whole),
        cmocka_unit_test(input_that_nobody_reads_is_no_failure),
        cmocka_unit_test(a_secret_is_read_to_its_end_and_cannot_be_opened_by_others),
        cmocka_unit_test(a_secret_that_nobody_reads_holds_up_nobody),
        cmocka_unit_test(without_input_there_is_none),
        cmocka_unit_test(the_log_gets_everything_though_only_a_part_is_kept),
        cmocka_unit_test(a_secret_is_not_in_the_log_even_when_it_comes_in_pieces),
        cmocka_unit_test(a_long_line_does_not_wait_for_its_end),
        cmocka_unit_test(a_log_that_cannot_be_written_does_not_fail_the_run),
        cmocka_unit_test(what_ignores_an_interrupt_is_terminated_before_it_is_killed),
        cmocka_unit_test(I8_a_time_limit_ends_a_child),
        cmocka_unit_test(a_child_that_ignores_the_request_is_killed_after_the_grace),
        cmocka_unit_test(a_child_asked_to_stop_may_say_goodbye),
        cmocka_unit_test(what_a_shell_has_started_keeps_the_grace_when_the_shell_is_gone),
        cmocka_unit_test(a_cancelled_child_is_stopped_soon),
        cmocka_unit_test(nothing_in_the_background_outlives_its_command),
        cmocka_unit_test(a_child_dies_with_its_launcher),
        cmocka_unit_test(a_child_inherits_neither_blocked_nor_ignored_signals),
        cmocka_unit_test(
            a_child_has_three_descriptors_a_group_of_its_own_no_core_and_no_new_privileges),
        cmocka_unit_test(a_child_of_a_killed_server_may_talk_until_its_things_are_in_order),
        cmocka_unit_test(the_tree_ends_when_the_server_is_killed),
        cmocka_unit_test(many_threads_may_run_children_at_once),
    };
    g_autofree char *launcher =
        g_build_filename(g_getenv("HADAL_BUILD_ROOT"), "src/launcher/hadal-launch", NULL);

    proc_init(launcher);
    redact_add("hunter2-hunter2");
    if (argc == 3 && strcmp(argv[1], "stubborn") == 0)
        return chdir(argv[2]) || run_server(STUBBORN_SCRIPT, 100);
    if (argc == 3 && strcmp(argv[1], "talkative") == 0)
        return chdir(argv[2]) || run_server(TALKATIVE_SCRIPT, PATIENCE_MS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
