// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

static void blank(char *text, const char *const *secrets)
{
    for (gsize i = 0; secrets[i]; i++) {
        gsize length = strlen(secrets[i]);

        for (char *at = text; length && (at = strstr(at, secrets[i])); at += length)
            memset(at, '*', length);
    }
}

void process_hide_secrets(char **argv, char **env, const char *const *secrets)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    for (gsize i = 0; argv[i]; i++)
        blank(argv[i], secrets);
    for (gsize i = 0; env[i]; i++)
        blank(env[i], secrets);
}

bool process_own_directory(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "hadal.lock", NULL);
    int fd;

    if (g_mkdir_with_parents(dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
              0600); /* held until the process ends */
    if (fd < 0)
        return hadal_throw_errno(error, "open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    close(fd);
    return hadal_throw(error, HADAL_ERROR_CONFLICT,
                       "another server uses the data directory %s: stop it, or give this one a "
                       "directory of its own with --data-dir",
                       dir);
}

static const int stop_signals[] = { SIGTERM, SIGINT, SIGHUP };

static sigset_t stop_set(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (gsize i = 0; i < G_N_ELEMENTS(stop_signals); i++)
        sigaddset(&set, stop_signals[i]);
    return set;
}

void process_block_signals(void)
{
    sigset_t set = stop_set();

    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

const char *process_wait_for_stop(void)
{
    sigset_t set = stop_set();
    int number;

    do {
        number = sigwaitinfo(&set, NULL);
    } while (number < 0 && errno == EINTR);
    return sigabbrev_np(number);
}

static bool is_ours(const char *line)
{
    return g_str_has_prefix(line, "ATLANTIS_") || g_str_has_prefix(line, "HADAL_");
}

static bool holds_secret(const char *line, const char *const *secrets)
{
    for (gsize i = 0; secrets[i]; i++)
        if (*secrets[i] && strstr(line, secrets[i]))
            return true;
    return false;
}

GStrv process_tool_env(const char *const *env, const char *const *secrets)
{
    g_autoptr(GStrvBuilder) tools = g_strv_builder_new();

    for (gsize i = 0; env[i]; i++)
        if (!is_ours(env[i]) && !holds_secret(env[i], secrets))
            g_strv_builder_add(tools, env[i]);
    return g_strv_builder_end(tools);
}
