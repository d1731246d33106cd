// SPDX-License-Identifier: Apache-2.0
#include "git/command.h"

#include "git/words.h"

enum { GRACE_MS = 2000, DEFAULT_TIMEOUT_MS = 10 * 60 * 1000 };

/*
 * In every process. http.followRedirects: the header with the credential must not travel to where a
 * redirect points. The low speed limit is one byte a second: a server that packs sends keep-alives.
 * fsck: faults of commits that were made by old tools and that harm nobody.
 */
static const char *const fixed_config[] = {
    "core.hooksPath",
    "/dev/null",
    "core.attributesFile",
    "/dev/null",
    "core.excludesFile",
    "/dev/null",
    "core.fsmonitor",
    "false",
    "credential.helper",
    "",
    "core.askPass",
    "",
    "protocol.allow",
    "never",
    "submodule.recurse",
    "false",
    "gc.auto",
    "0",
    "maintenance.auto",
    "false",
    "transfer.fsckObjects",
    "true",
    "fetch.fsck.badTimezone",
    "ignore",
    "fetch.fsck.missingSpaceBeforeDate",
    "ignore",
    "fetch.fsck.zeroPaddedFilemode",
    "ignore",
    "fetch.fsck.multipleAuthors",
    "ignore",
    "http.followRedirects",
    "false",
    "http.lowSpeedLimit",
    "1",
    "http.lowSpeedTime",
    "60",
};

/*
 * git gives it to /bin/sh. Nothing but what a shell has built in: PATH may hold git and no more. It
 * is asked once by a process; "store" and "erase" get no answer.
 */
#define SECRET_HELPER                                                                              \
    "!f() { test \"$1\" = get && while IFS= read -r line; do printf '%s\\n' \"$line\"; done <&7; " \
    "}; f"
G_STATIC_ASSERT(PROC_SECRET_FD == 7);

typedef struct {
    GStrv env;
    guint n_config;
} Environment;

static void set(Environment *to, const char *name, const char *value)
{
    if (value)
        to->env = g_environ_setenv(to->env, name, value, TRUE);
}

static void add_config(Environment *to, const char *key, const char *value)
{
    g_autofree char *key_name = g_strdup_printf("GIT_CONFIG_KEY_%u", to->n_config);
    g_autofree char *value_name = g_strdup_printf("GIT_CONFIG_VALUE_%u", to->n_config);

    set(to, key_name, key);
    set(to, value_name, value);
    to->n_config++;
}

/* The server's SSL_CERT_* is what git calls GIT_SSL_*. */
static void add_certificates(Environment *to)
{
    set(to, "GIT_SSL_CAINFO", g_environ_getenv(to->env, "SSL_CERT_FILE"));
    set(to, "GIT_SSL_CAPATH", g_environ_getenv(to->env, "SSL_CERT_DIR"));
}

static void add_helper(Environment *to, const GitCommand *command)
{
    g_autofree char *key = NULL;

    if (!command->secret)
        return;
    key = g_strdup_printf("credential.%s.helper", command->secret_origin);
    add_config(to, key, SECRET_HELPER);
}

static void add_all_config(Environment *to, const GitCommand *command)
{
    const char *const *more = command->config;
    g_autofree char *count = NULL;

    for (gsize i = 0; i + 1 < G_N_ELEMENTS(fixed_config); i += 2)
        add_config(to, fixed_config[i], fixed_config[i + 1]);
    add_helper(to, command);
    for (gsize i = 0; more && more[i] && more[i + 1]; i += 2)
        add_config(to, more[i], more[i + 1]);
    count = g_strdup_printf("%u", to->n_config);
    set(to, "GIT_CONFIG_COUNT", count);
}

/* HOME: ~/.netrc would be another source of credentials. */
static GStrv environment(const GitCommand *command)
{
    Environment to = { .env = proc_base_env() };

    set(&to, "HOME", "/nonexistent");
    set(&to, "LC_ALL", "C");
    set(&to, "GIT_CONFIG_NOSYSTEM", "1");
    set(&to, "GIT_CONFIG_GLOBAL", "/dev/null");
    set(&to, "GIT_ATTR_NOSYSTEM", "1");
    set(&to, "GIT_TERMINAL_PROMPT", "0");
    set(&to, "GIT_NO_REPLACE_OBJECTS", "1");
    set(&to, "GIT_DIR", command->git_dir);
    set(&to, "GIT_WORK_TREE", command->work_tree);
    set(&to, "GIT_INDEX_FILE", command->index);
    add_certificates(&to);
    add_all_config(&to, command);
    for (gsize i = 0; command->env && command->env[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(command->env[i], "=", 2);

        set(&to, pair[0], pair[1]);
    }
    return to.env;
}

static GStrv argv_of(const GitCommand *command)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    g_strv_builder_add(argv, "git");
    g_strv_builder_addv(argv, (const char **)command->args);
    return g_strv_builder_end(argv);
}

/* "git fetch: exit 128: couldn't find remote ref refs/heads/x" */
static bool explain(const GitCommand *command, const char *words, const GError *why, GError **error)
{
    g_autofree char *first = git_words_first(words);

    return hadal_throw(error, (HadalError)why->code, "%s %s: %s", "git", command->args[0],
                       *first ? first : why->message);
}

bool git_command_run(const Ctx *ctx, const GitCommand *command, GString *output, GString *words,
                     int *exit_status, GError **error)
{
    g_auto(GStrv) env = environment(command);
    g_auto(GStrv) argv = argv_of(command);
    g_autoptr(GString) own = words ? NULL : g_string_new(NULL);
    g_autoptr(GError) why = NULL;
    int status = -1;
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .dir = command->work_tree ? command->work_tree : command->git_dir,
        .env = (const char *const *)env,
        .input = command->input,
        .input_length = command->input_length,
        .secret = command->secret,
        .max_output = command->max_output,
        .timeout_ms = command->timeout_ms > 0 ? command->timeout_ms : DEFAULT_TIMEOUT_MS,
        .grace_ms = GRACE_MS,
        .ends_at_limit = true,
    };
    bool is_ok = proc_run(ctx, &spec, output, words ? words : own, &status, &why);

    if (exit_status)
        *exit_status = status;
    if (is_ok)
        return true;
    if (status < 0) {
        g_propagate_error(error, g_steal_pointer(&why));
        return hadal_prefix(error, "git %s", command->args[0]);
    }
    return explain(command, (words ? words : own)->str, why, error);
}
