// SPDX-License-Identifier: Apache-2.0
#include "sys/hatch.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/proc.h"
#include "test.h"

enum { NOBODY = 65534 };

static char *self; /* this program: "self ask NAME QUESTION" is the child that asks */

static char *echo(const Ctx *ctx, const char *question, gpointer data)
{
    int *n_asked = data;

    (void)ctx;
    (*n_asked)++;
    return g_str_equal(question, "nothing") ? NULL : g_strconcat("answer to ", question, NULL);
}

static bool run_with(Hatch *hatch, const char *const *argv, GString *output, GError **error)
{
    const ProcSpec spec = {
        .argv = argv,
        .hatch = hatch,
        .max_output = 64 << 10,
        .grace_ms = 200,
        .timeout_ms = 60 * 1000,
    };
    const Ctx ctx = { 0 };

    return proc_run(&ctx, &spec, output, NULL, NULL, error);
}

/* $0 is this program, $1 the name. */
static bool run_shell(Hatch *hatch, const char *script, GString *output, GError **error)
{
    return run_with(hatch, ARGV("sh", "-c", script, self, hatch_name(hatch)), output, error);
}

TEST(a_child_and_what_it_starts_get_an_answer)
{
    static const char *const scripts[] = {
        "exec \"$0\" ask \"$1\" me",
        "true; \"$0\" ask \"$1\" me",
        "sh -c '\"$0\" ask \"$1\" me; true' \"$0\" \"$1\"; true",
        /* its parent has ended, and it has a session of its own */
        "(setsid \"$0\" ask \"$1\" me &); \"$0\" ask \"$1\" me; wait",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        int n_asked = 0;
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);

        assert_ok(hatch, error);
        assert_ok(run_shell(hatch, scripts[i], output, &error), error);
        assert_true(g_str_has_prefix(output->str, "answer to me"));
        assert_true(n_asked >= 1);
    }
}

TEST(many_may_ask_one_after_another)
{
    int n_asked = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);

    assert_ok(hatch, error);
    assert_ok(run_shell(hatch,
                        "for i in 1 2 3 4 5 6 7 8; do \"$0\" ask \"$1\" $i >/dev/null & done; wait",
                        output, &error),
              error);
    assert_int_equal(n_asked, 8);
}

TEST(what_has_no_answer_is_refused)
{
    int n_asked = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);

    assert_ok(hatch, error);
    assert_ok(run_shell(hatch, "\"$0\" ask \"$1\" nothing; true", output, &error), error);
    assert_non_null(strstr(output->str, "does not answer"));
    assert_int_equal(n_asked, 1);
}

TEST(a_question_without_an_end_is_not_read_for_ever)
{
    int n_asked = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);

    assert_ok(hatch, error);
    assert_ok(run_shell(hatch,
                        "\"$0\" ask \"$1\" \"$(head -c 20000 /dev/zero | tr '\\0' x)\"; true",
                        output, &error),
              error);
    assert_non_null(strstr(output->str, "does not answer"));
    assert_int_equal(n_asked, 0);
}

/* --- others, while the child runs --- */

typedef struct {
    const char *name, *fifo;
    GError *ours;
    GString *theirs;
} Others;

/* The child waits for the FIFO: until then it runs. */
static void *ask_from_outside(void *data)
{
    Others *others = data;
    auto_fd int fd = open(others->fifo, O_WRONLY | O_CLOEXEC);
    g_autofree char *answer = hatch_ask(others->name, "outside", &others->ours);
    const char *const *argv =
        ARGV("sh", "-c", "\"$0\" ask \"$1\" outside; true", self, others->name);

    assert_true(fd >= 0);
    assert_null(answer);
    assert_true(run_with(NULL, argv, others->theirs, NULL));
    return NULL;
}

TEST(neither_another_child_nor_its_parent_gets_an_answer)
{
    int n_asked = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) output = g_string_new(NULL), theirs = g_string_new(NULL);
    g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);
    g_autofree char *dir = g_dir_make_tmp("hatch-XXXXXX", NULL);
    g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
    Others others = { .fifo = fifo, .theirs = theirs };
    pthread_t thread;

    assert_ok(hatch, error);
    others.name = hatch_name(hatch);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(pthread_create(&thread, NULL, ask_from_outside, &others), 0);
    assert_ok(run_with(hatch, ARGV("cat", fifo), output, &error), error);
    pthread_join(thread, NULL);

    g_autoptr(GError) ours = others.ours;
    assert_int_equal(ours->code, HADAL_ERROR_DENIED);
    assert_non_null(strstr(theirs->str, "does not answer"));
    assert_int_equal(n_asked, 0);
    g_unlink(fifo);
    g_rmdir(dir);
}

TEST(another_user_gets_no_answer)
{
    int n_asked = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);

    if (getuid() != 0)
        skip(); /* only root can become somebody else */
    assert_ok(hatch, error);
    assert_ok(run_shell(hatch, "exec \"$0\" ask-as-nobody \"$1\" me", output, &error), error);
    assert_non_null(strstr(output->str, "does not answer"));
    assert_int_equal(n_asked, 0);
}

TEST(when_the_child_has_ended_there_is_nobody_to_ask)
{
    int n_asked = 0;
    g_autoptr(GError) error = NULL, why = NULL;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(Hatch) hatch = hatch_open(echo, &n_asked, &error);
    g_autofree char *answer = NULL;

    assert_ok(hatch, error);
    assert_ok(run_with(hatch, ARGV("true"), output, &error), error);
    answer = hatch_ask(hatch_name(hatch), "me", &why);

    assert_null(answer);
    assert_fails(answer, why, HADAL_ERROR_NOT_FOUND);
}

static int ask(const char *name, const char *question)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = hatch_ask(name, question, &error);

    fputs(answer ? answer : error->message, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_and_what_it_starts_get_an_answer),
        cmocka_unit_test(many_may_ask_one_after_another),
        cmocka_unit_test(what_has_no_answer_is_refused),
        cmocka_unit_test(a_question_without_an_end_is_not_read_for_ever),
        cmocka_unit_test(neither_another_child_nor_its_parent_gets_an_answer),
        cmocka_unit_test(another_user_gets_no_answer),
        cmocka_unit_test(when_the_child_has_ended_there_is_nobody_to_ask),
    };
    g_autofree char *launcher =
        g_build_filename(g_getenv("HADAL_BUILD_ROOT"), "src/launcher/hadal-launch", NULL);

    if (argc == 4 && g_str_equal(argv[1], "ask-as-nobody"))
        return setuid(NOBODY) < 0 ? 1 : ask(argv[2], argv[3]);
    if (argc == 4)
        return ask(argv[2], argv[3]);
    self = g_file_read_link("/proc/self/exe", NULL);
    proc_init(launcher);
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);

    g_free(self);
    return n_failed;
}
