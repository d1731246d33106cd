// SPDX-License-Identifier: Apache-2.0
/* hadal-playground: an Azure DevOps organisation in one program, for tests and demonstrations. */
#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "entra.h"
#include "faults.h"
#include "hooks.h"
#include "jobs.h"
#include "journal.h"
#include "routes.h"
#include "scopes.h"
#include "server.h"
#include "sys/crypto.h"
#include "sys/http_server.h"
#include "sys/js.h"
#include "sys/proc.h"

enum { THREADS = 32, MAX_BODY = 128 * 1024 * 1024, REQUEST_TIMEOUT_MS = 60000 };
enum { DEFAULT_MERGE_MS = 50 };

typedef struct _Options Options;
struct _Options {
    gint port;
    char *address, *dir, *org, *pat, *hook_url, *port_file, *launcher, *base_url, *server,
        *api_version;
    gint latency_ms, merge_ms;
    double retry_scale;
    gboolean routes, version;
};

static void options_clear(Options *options)
{
    g_free(options->address);
    g_free(options->dir);
    g_free(options->org);
    g_free(options->pat);
    g_free(options->hook_url);
    g_free(options->port_file);
    g_free(options->launcher);
    g_free(options->base_url);
    g_free(options->server);
    g_free(options->api_version);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* Of the servers there are: 2019, 2020, 2022 and 2022.1. */
static bool is_version(const char *text)
{
    static const char *const versions[] = { "5.0", "6.0", "7.0", "7.1", NULL };

    return g_strv_contains(versions, text);
}

static bool read_options(int argc, char **argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        { "port", 0, 0, G_OPTION_ARG_INT, &options->port, "Port; 0 takes a free one", "N" },
        { "address", 0, 0, G_OPTION_ARG_FILENAME, &options->address,
          "Address to listen on (127.0.0.1)", "IP" },
        { "base-url", 0, 0, G_OPTION_ARG_FILENAME, &options->base_url,
          "What links begin with, when it is not http://ADDRESS:PORT", "URL" },
        { "dir", 0, 0, G_OPTION_ARG_FILENAME, &options->dir, "Where repositories are kept", "DIR" },
        { "org", 0, 0, G_OPTION_ARG_FILENAME, &options->org, "Name of the organisation", "NAME" },
        { "server", 0, 0, G_OPTION_ARG_FILENAME, &options->server,
          "An Azure DevOps Server, whose collections lie below that directory", "NAME" },
        { "api-version", 0, 0, G_OPTION_ARG_FILENAME, &options->api_version,
          "Newest version of the REST interface that it knows, 5.0 to 7.1", "N" },
        { "pat", 0, 0, G_OPTION_ARG_FILENAME, &options->pat,
          "Token of the automation user; HADAL_PLAYGROUND_PAT, or made up when absent", "TEXT" },
        { "hook-url", 0, 0, G_OPTION_ARG_FILENAME, &options->hook_url,
          "Receiver of all events, http://user:password@host:port/path", "URL" },
        { "port-file", 0, 0, G_OPTION_ARG_FILENAME, &options->port_file,
          "File to write the port to when it is ready", "FILE" },
        { "latency-ms", 0, 0, G_OPTION_ARG_INT, &options->latency_ms,
          "How long each REST call takes at least", "N" },
        { "merge-ms", 0, 0, G_OPTION_ARG_INT, &options->merge_ms,
          "How long test merges and completions take", "N" },
        { "retry-scale", 0, 0, G_OPTION_ARG_DOUBLE, &options->retry_scale,
          "Factor on the waits between deliveries of an event", "X" },
        { "launcher", 0, 0, G_OPTION_ARG_FILENAME, &options->launcher, "Where hadal-launch is",
          "FILE" },
        { "routes", 0, 0, G_OPTION_ARG_NONE, &options->routes, "Print the REST calls it knows",
          NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL },
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- an Azure DevOps organisation");
    g_autoptr(GError) own = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &own))
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s", own->message);
    if (argc > 1)
        return hadal_throw(error, HADAL_ERROR_INVALID, "unexpected argument: %s", argv[1]);
    if (options->port < 0 || options->port > 65535)
        return hadal_throw(error, HADAL_ERROR_INVALID, "--port: 0 to 65535");
    if (options->api_version && !is_version(options->api_version))
        return hadal_throw(error, HADAL_ERROR_INVALID, "--api-version: 5.0, 6.0, 7.0 or 7.1");
    if (!options->dir && !options->routes && !options->version)
        return hadal_throw(error, HADAL_ERROR_INVALID, "--dir is missing");
    return true;
}

static void set_default(char **field, const char *text)
{
    if (!*field)
        *field = g_strdup(text);
}

/* Beside this program when installed, in its own folder of the build otherwise. */
static char *find_launcher(void)
{
    static const char *const places[] = { "hadal-launch", "../libexec/hadal/hadal-launch",
                                          "../src/launcher/hadal-launch" };
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(self ? self : ".");

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(dir, places[i], NULL);

        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&path);
    }
    return g_strdup("hadal-launch");
}

static void give_pats(const char *bot)
{
    for (gsize i = 0; i < users_count(); i++)
        users[i].pat =
            bot && g_str_equal(users[i].key, "bot") ? g_strdup(bot) : crypto_random_hex(26);
}

static void take_pats(void)
{
    for (gsize i = 0; i < users_count(); i++) {
        g_clear_pointer(&users[i].pat, g_free);
        g_clear_pointer(&users[i].scopes, g_strfreev);
        g_clear_pointer(&users[i].denied, g_strfreev);
    }
}

static int print_routes(void)
{
    for (gsize i = 0; i < rest_routes_count(); i++) {
        const Route *route = &rest_routes[i];

        printf("%s %s_apis/%s !%s?%s\n", route->method,
               route->scope == SCOPE_ORGANISATION ? "" : "{project}/", route->path,
               scopes_needed(route), route->query ? route->query : "");
    }
    return 0;
}

static State *open_state(const Options *options)
{
    const Settings settings = {
        .dir = g_strdup(options->dir),
        .org = g_strdup(options->org),
        .server = g_strdup(options->server),
        .api_version = g_strdup(options->api_version),
        .hook_url = g_strdup(options->hook_url),
        .latency_ms = options->latency_ms,
        .merge_ms = options->merge_ms,
        .retry_scale = options->retry_scale,
    };
    State *state = state_new(&settings);

    state->hooks = hooks_new();
    state->journal = journal_new();
    state->faults = faults_new();
    state->entra = entra_new();
    state->jobs = jobs_new();
    return state;
}

static void close_state(State *state)
{
    jobs_free(state->jobs);
    faults_free(state->faults);
    entra_free(state->entra);
    journal_free(state->journal);
    hooks_free(state->hooks);
    state_free(state);
}

static bool announce(const Options *options, State *state, guint16 port, GError **error)
{
    json_auto_t *line = json_object();
    g_autofree char *text = NULL;
    g_autofree char *number = g_strdup_printf("%d\n", port);

    js_set(line, "url", state->settings.base_url);
    js_set(line, "pat", user_bot()->pat);
    json_object_set_new(line, "port", json_integer(port));
    text = json_dumps(line, JSON_COMPACT);
    printf("%s\n", text);
    fflush(stdout);
    return !options->port_file ||
           g_file_set_contents_full(options->port_file, number, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                    0644, error);
}

static void set_base_url(const Options *options, State *state, guint16 port)
{
    g_autofree char *org = g_uri_escape_string(options->org, NULL, FALSE);
    g_autofree char *server =
        options->server ? g_uri_escape_string(options->server, NULL, FALSE) : NULL;
    g_autofree char *root = options->base_url
                                ? g_strdup(options->base_url)
                                : g_strdup_printf("http://%s:%d", options->address, port);

    state->settings.base_url =
        g_strdup_printf("%s%s%s/%s", root, server ? "/" : "", server ? server : "", org);
}

static HttpServer *open_server(const Options *options, State *state, GError **error)
{
    const HttpServerSpec spec = {
        .address = options->address,
        .port = (guint16)options->port,
        .threads = THREADS,
        .max_body = MAX_BODY,
        .request_timeout_ms = REQUEST_TIMEOUT_MS,
        .handler = server_handle,
        .data = state,
    };

    return http_server_open(&spec, error);
}

static void wait_for_signal(const sigset_t *signals)
{
    int number;

    while (sigwait(signals, &number) != 0)
        ;
}

static bool run(const Options *options, State *state, const sigset_t *signals, GError **error)
{
    g_autoptr(HttpServer) server = NULL;
    bool ok;

    if (options->hook_url && !hooks_subscribe_all(state, options->hook_url, error))
        return false;
    /* Links need the port, and a request may come as soon as there is one. */
    state_lock();
    server = open_server(options, state, error);
    if (server)
        set_base_url(options, state, http_server_port(server));
    state_unlock();
    ok = server && jobs_start(state, error) && hooks_start(state, error) &&
         announce(options, state, http_server_port(server), error);
    if (ok)
        wait_for_signal(signals);
    server_stop();
    g_clear_pointer(&server, http_server_close);
    hooks_stop(state);
    jobs_stop(state);
    return ok;
}

static int fail(const GError *error)
{
    fprintf(stderr, "hadal-playground: %s\n", error->message);
    return 1;
}

int main(int argc, char **argv)
{
    g_auto(Options) options = { .merge_ms = DEFAULT_MERGE_MS, .retry_scale = 1.0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *repos = NULL;
    sigset_t signals;
    State *state;
    bool ok;

    log_init(LEVEL_INFO);
    json_set_alloc_funcs(g_malloc, g_free);
    if (!read_options(argc, argv, &options, &error))
        return fail(error);
    if (options.version)
        return printf("hadal-playground %s\n", HADAL_VERSION) < 0;
    if (options.routes)
        return print_routes();
    set_default(&options.address, "127.0.0.1");
    set_default(&options.org, "playground");
    if (!options.launcher)
        options.launcher = find_launcher();
    repos = g_build_filename(options.dir, "repos", NULL);
    if (g_mkdir_with_parents(repos, 0700) < 0) {
        hadal_set_error_errno(&error, "create %s", repos);
        return fail(error);
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    proc_init(options.launcher);
    give_pats(options.pat ? options.pat : g_getenv("HADAL_PLAYGROUND_PAT"));
    state = open_state(&options);
    ok = run(&options, state, &signals, &error);
    close_state(state);
    take_pats();
    return ok ? 0 : fail(error);
}
