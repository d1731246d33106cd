// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Shorter ones could be a part of any word: "/usr/local/bin" must not lose its "local". */
enum { LONG_ENOUGH_ANYWHERE = 12 };

/* From this program's directory: as installed, as packed side by side, as built. */
static const char *const launcher_places[] = {
    "../libexec/hadal/hadal-launch",
    "hadal-launch",
    "../launcher/hadal-launch",
    "../../src/launcher/hadal-launch",
};

char *process_find_launcher(GError **error)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(self ? self : "/usr/bin/hadal");

    for (gsize i = 0; i < G_N_ELEMENTS(launcher_places); i++) {
        g_autofree char *path = g_build_filename(dir, launcher_places[i], NULL);

        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&path);
    }
    return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND,
                            "the helper program hadal-launch is not beside %s: install both", dir);
}

/* Where in "NAME=value", "--flag=value" or "value" the secret stands; NULL when it does not. */
static char *find_secret(char *text, const char *secret)
{
    char *value = strchr(text, '=');

    if (strlen(secret) >= LONG_ENOUGH_ANYWHERE)
        return strstr(text, secret);
    if (value && g_str_equal(value + 1, secret))
        return value + 1;
    return g_str_equal(text, secret) ? text : NULL;
}

static void blank(char *text, const char *const *secrets)
{
    for (gsize i = 0; secrets[i]; i++) {
        char *at = *secrets[i] ? find_secret(text, secrets[i]) : NULL;

        for (; at; at = find_secret(at, secrets[i]))
            memset(at, '*', strlen(secrets[i]));
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
    g_autofree char *copy = g_strdup(line);

    for (gsize i = 0; secrets[i]; i++)
        if (*secrets[i] && find_secret(copy, secrets[i]))
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
