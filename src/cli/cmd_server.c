// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/redact.h"
#include "cli/cli.h"
#include "cli/process.h"
#include "config/repos_yaml.h"
#include "engine/engine.h"
#include "sys/proc.h"
#include "watch/watch.h"
#include "web/web.h"

static LogLevel log_level(const char *name)
{
    LogLevel level = LEVEL_INFO;

    log_level_find(name, &level); /* the settings table allows nothing else */
    return level;
}

static Store *open_store(const Settings *settings, GError **error)
{
    g_autofree char *url = g_strdup_printf("sqlite:%s/hadal.db", settings->data_dir);

    return store_open(url, error);
}

/* Events are taken from the first moment to the last: also while the engine drains. */
static bool serve(const Settings *settings, const ReposYaml *repos, const char *const *tool_env,
                  GError **error)
{
    g_autoptr(Store) store = open_store(settings, error);
    g_autoptr(Engine) engine = NULL;
    g_autoptr(Web) web = NULL;
    g_autoptr(Watch) watch = NULL;

    if (!store)
        return false;
    const EngineSpec engine_spec = {
        .settings = settings,
        .repos = repos,
        .store = store,
        .tool_env = tool_env,
    };
    const WebSpec web_spec = {
        .settings = settings,
        .store = store,
        .metrics_path = repos_yaml_metrics_path(repos),
    };
    const WatchSpec watch_spec = { .settings = settings, .store = store };

    web = web_open(&web_spec, error);
    engine = web ? engine_open(&engine_spec, error) : NULL;
    watch = engine ? watch_open(&watch_spec, error) : NULL;
    if (!watch)
        return false;
    if (repos_yaml_policies(repos)->sets->len > 0 && !settings->enable_policy_checks)
        log_line(
            LEVEL_WARN, NULL,
            "the policies of --repo-config are not checked: --enable-policy-checks is not set");
    log_line(LEVEL_INFO, NULL, "hadal " HADAL_VERSION " listens on port %u, data in %s",
             web_port(web), settings->data_dir);
    log_line(LEVEL_INFO, NULL, "SIG%s: shutting down", process_wait_for_stop());
    web_set_draining(web);
    g_clear_pointer(&watch, watch_close);
    g_clear_pointer(&engine, engine_close);
    log_line(LEVEL_INFO, NULL, "stopped");
    return true;
}

static bool run(Settings *settings, const ReposYaml *repos, char **argv, GError **error)
{
    g_auto(GStrv) secrets = settings_secrets(settings);
    g_auto(GStrv) env = g_get_environ();
    g_auto(GStrv) tool_env =
        process_tool_env((const char *const *)env, (const char *const *)secrets);
    g_autofree char *launcher = process_find_launcher(error);

    if (!launcher)
        return false;
    for (gsize i = 0; secrets[i]; i++)
        redact_add(secrets[i]);
    process_hide_secrets(argv, environ, (const char *const *)secrets);
    log_init(log_level(settings->log_level));
    proc_init(launcher);
    process_block_signals();
    return process_own_directory(settings->data_dir, error) &&
           serve(settings, repos, (const char *const *)tool_env, error);
}

static int print_help(void)
{
    g_autofree char *help = option_help(&settings_table);

    fputs("Usage: hadal server [OPTIONS]\n\n", stdout);
    fputs(help, stdout);
    return 0;
}

int cmd_server(int argc, char **argv)
{
    g_auto(Settings) settings = { 0 };
    g_auto(GStrv) env = g_get_environ();
    g_autoptr(GError) error = NULL;
    g_autoptr(ReposYaml) repos = NULL;

    (void)argc;
    if (cli_wants_help(argv + 2))
        return print_help();
    if (settings_load((const char *const *)argv + 2, (const char *const *)env, &settings, &error))
        repos = repos_yaml_load(&settings, &error);
    if (repos && run(&settings, repos, argv, &error))
        return 0;
    g_autofree char *message = redact_copy(error->message);
    fprintf(stderr, "hadal: %s\n", message);
    return 1;
}
