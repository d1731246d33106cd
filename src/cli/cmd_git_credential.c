// SPDX-License-Identifier: Apache-2.0
/*
 * A credential helper of git (git-credential(1)) for programs that a step of the server runs. It
 * knows nothing by itself: it passes on what git says, and the server decides by who asks and for
 * what. git calls it "hadal git-credential NAME get"; NAME comes from the server.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "sys/hatch.h"

static bool read_question(GString *text)
{
    char chunk[4096];
    ssize_t n;

    while ((n = TEMP_FAILURE_RETRY(read(STDIN_FILENO, chunk, sizeof(chunk)))) > 0) {
        g_string_append_len(text, chunk, n);
        if (text->len > HATCH_MAX_QUESTION || memchr(chunk, 0, (gsize)n))
            return false;
    }
    return n == 0;
}

static int say_no(const char *why)
{
    fprintf(stderr, "hadal: git gets no credential from the server: %s\n", why);
    return 1;
}

static int get(const char *name)
{
    static const char refused[] = "refused=";
    g_autoptr(GString) question = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;

    if (!read_question(question))
        return say_no("what git asks cannot be read");
    answer = hatch_ask(name, question->str, &error);
    if (!answer)
        return say_no(error->message);
    if (g_str_has_prefix(answer, refused))
        return say_no(g_strchomp(answer + strlen(refused)));
    fputs(answer, stdout);
    explicit_bzero(answer, strlen(answer));
    return fflush(stdout) == 0 ? 0 : 1;
}

/* "store" and "erase" are not for us: nothing is kept. */
int cmd_git_credential(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: hadal git-credential NAME get|store|erase\n"
              "git calls it in steps that the server runs; the server says NAME.\n",
              stderr);
        return 2;
    }
    return g_str_equal(argv[3], "get") ? get(argv[2]) : 0;
}
