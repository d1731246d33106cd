// SPDX-License-Identifier: Apache-2.0
#include "engine/provider_steps.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "engine/paths.h"
#include "sys/crypto.h"
#include "sys/files.h"
#include "sys/flight.h"
#include "tf/cli_config.h"
#include "tf/packages.h"
#include "tf/plugin_mirror.h"
#include "tf/plugins.h"

enum {
    PAUSE_US = 10 * 60 * 1000 * 1000, /* before what could not be fetched is asked for again */
    MOST_FAILED = 1000,
    FETCH_TIMEOUT_MS = 5 * 60 * 1000, /* of one provider that a step has fetched before */
};

/* What a step had and nobody gives out, a provider of the team's own maybe. */
static struct {
    pthread_mutex_t mutex;
    GHashTable *at; /* char * name of a package, owned -> gint64 *, owned: monotonic microseconds */
} failed = { .mutex = PTHREAD_MUTEX_INITIALIZER };

struct _ProviderSteps {
    const ProjectRun *run;
    PluginMirror mirror;
    char *view, *config;
};

static void steps_free(ProviderSteps *steps)
{
    g_free(steps->view);
    g_free(steps->config);
    g_free(steps);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProviderSteps, steps_free)

/* ---------------------------------------------------- the operator's own words */

static const char *value_of(const char *const *env, const char *name)
{
    return g_environ_getenv((GStrv)env, name);
}

/* Files that Terraform reads beside the one that a variable names, and then would not. */
static bool has_more_files(const char *home)
{
    g_autofree char *of_tofu = g_build_filename(home, ".tofurc", NULL);
    g_autofree char *path = g_build_filename(home, ".terraform.d", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, ".tfrc") || g_str_has_suffix(name, ".tfrc.json"))
            return true;
    return g_file_test(of_tofu, G_FILE_TEST_EXISTS);
}

/* *text is the operator's configuration, NULL: none. False: it is not to be replaced. */
static bool read_config(const char *const *env, char **text)
{
    const char *home = value_of(env, "HOME");
    g_autofree char *path = cli_config_path(env, "terraform");

    if (!value_of(env, "TF_CLI_CONFIG_FILE") && has_more_files(home ? home : "/"))
        return false;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    return g_file_get_contents(path, text, NULL, NULL);
}

/* A step before may have said where providers come from, too. */
static bool is_said_by_step(const ProjectRun *run)
{
    const char *const *now = (const char *const *)run->env_vars;

    return value_of(now, "TF_PLUGIN_CACHE_DIR") || value_of(now, "TERRAFORM_CONFIG") ||
           g_strcmp0(value_of(now, "TF_CLI_CONFIG_FILE"),
                     value_of(run->env, "TF_CLI_CONFIG_FILE")) != 0;
}

/* --------------------------------------------------------------------- begin */

static bool prepare(const Ctx *ctx, ProviderSteps *steps, const char *text, GError **error)
{
    return plugin_mirror_fit(ctx, &steps->mirror, error) &&
           g_file_set_contents_full(steps->config, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                    error);
}

ProviderSteps *provider_steps_begin(const Ctx *ctx, const ProjectRun *run, GStrv *env)
{
    g_autoptr(ProviderSteps) steps = NULL;
    g_autofree char *text = NULL, *config = NULL, *dir = NULL;
    g_autoptr(GError) error = NULL;

    if (!run->plugin_cache || is_said_by_step(run) || !read_config(run->env, &text))
        return NULL;
    dir = paths_plugins(run->settings->data_dir, run->command->pull_id, run->project);
    steps = g_new0(ProviderSteps, 1);
    steps->run = run;
    steps->view = g_strconcat(dir, "-steps", NULL);
    steps->config = g_strconcat(steps->view, ".tfrc", NULL);
    steps->mirror = (PluginMirror){
        .cache = run->plugin_cache,
        .view = steps->view,
        .tree = run->checkout,
        .own = run->dir,
    };
    config = plugin_mirror_config(text, steps->view);
    if (!config)
        return NULL;
    if (!prepare(ctx, steps, config, &error)) {
        log_line(LEVEL_WARN, ctx, "a step runs without the common plugins: %s", error->message);
        return NULL;
    }
    *env = g_environ_setenv(*env, "TF_CLI_CONFIG_FILE", steps->config, TRUE);
    return g_steal_pointer(&steps);
}

/* ---------------------------------------------------------------------- end */

typedef struct {
    const ProviderSteps *steps;
    const char *name; /* of a package */
    const char *dir;  /* where it is fetched */
} Fetch;

static bool write_module(const Fetch *fetch, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(fetch->name, "/", 5);
    g_autofree char *path = g_build_filename(fetch->dir, "main.tf", NULL);
    g_autofree char *text = g_strdup_printf(
        "terraform {\n  required_providers {\n    one = {\n      source  = \"%s/%s/%s\"\n"
        "      version = \"%s\"\n    }\n  }\n}\n",
        parts[0], parts[1], parts[2], parts[3]);

    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* By Terraform's own init, which asks who made it. */
static bool init_module(const Ctx *ctx, const Fetch *fetch, GError **error)
{
    const ProjectRun *run = fetch->steps->run;
    g_autofree char *view = g_build_filename(fetch->dir, "view", NULL);
    g_autofree char *data = g_build_filename(fetch->dir, "data", NULL);
    g_autofree char *taken = g_build_filename(data, "providers", NULL);
    g_autoptr(GString) output = g_string_new(NULL);
    const PluginView plugins = { .cache = run->plugin_cache, .dir = view, .taken = taken };
    TfRun tf = project_run_tf(run);
    guint n_fetched;

    if (g_mkdir_with_parents(view, 0700) < 0)
        return hadal_throw_errno(error, "create %s", view);
    tf.dir = fetch->dir;
    tf.workspace = "default";
    tf.data_dir = data;
    tf.env = run->env;
    tf.extra = NULL;
    tf.step_args = NULL;
    tf.log_fd = 0;
    tf.timeout_ms = FETCH_TIMEOUT_MS;
    tf.plugin_cache_dir = view;
    return tf_init(ctx, &tf, output, error) && plugins_publish(ctx, &plugins, &n_fetched, error);
}

static bool fetch_one(const Ctx *ctx, gpointer data, GError **error)
{
    Fetch *fetch = data;
    const char *cache = fetch->steps->run->plugin_cache;
    g_autofree char *known = package_known_digest(cache, fetch->name);
    g_autofree char *dir = g_strconcat(fetch->steps->view, ".fetch", NULL);
    bool is_done;

    if (known) /* somebody else has, meanwhile */
        return true;
    fetch->dir = dir;
    if (!files_remove_tree(dir, error)) /* of a process that died */
        return false;
    if (g_mkdir_with_parents(dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", dir);
    is_done = write_module(fetch, error) && init_module(ctx, fetch, error);
    (void)!files_remove_tree(dir, NULL); /* nothing in it that anybody needs */
    return is_done;
}

static void note_failure(const char *name)
{
    gint64 now = g_get_monotonic_time();

    pthread_mutex_lock(&failed.mutex);
    if (!failed.at || g_hash_table_size(failed.at) > MOST_FAILED) {
        g_clear_pointer(&failed.at, g_hash_table_unref);
        failed.at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    }
    g_hash_table_replace(failed.at, g_strdup(name), g_memdup2(&now, sizeof now));
    pthread_mutex_unlock(&failed.mutex);
}

static bool has_failed(const char *name)
{
    const gint64 *at;
    bool is_lately;

    pthread_mutex_lock(&failed.mutex);
    at = failed.at ? g_hash_table_lookup(failed.at, name) : NULL;
    is_lately = at && *at + PAUSE_US > g_get_monotonic_time();
    pthread_mutex_unlock(&failed.mutex);
    return is_lately;
}

static bool fetch_for_all(const Ctx *ctx, const ProviderSteps *steps, const char *name,
                          GError **error)
{
    Fetch fetch = { .steps = steps, .name = name };
    g_autofree char *digest = crypto_sha256(name, strlen(name));
    g_autofree char *place = g_strdup_printf("%s/.fill-%.2s", steps->run->plugin_cache, digest);

    if (has_failed(name) ||
        flight_run(ctx, place, name, FETCH_TIMEOUT_MS, fetch_one, &fetch, error))
        return true;
    if (ctx_check(ctx, NULL))
        note_failure(name);
    return hadal_prefix(error, "%s", name);
}

static bool settle(const Ctx *ctx, const ProviderSteps *steps, GError **error)
{
    g_autoptr(GPtrArray) missing = NULL, again = NULL;

    if (!plugin_mirror_settle(ctx, &steps->mirror, &missing, error))
        return false;
    for (guint i = 0; i < missing->len; i++)
        if (!fetch_for_all(ctx, steps, missing->pdata[i], error))
            return false;
    return missing->len == 0 || plugin_mirror_settle(ctx, &steps->mirror, &again, error);
}

/* Nothing of it is the step's matter: what is left undone is done behind the next one. */
void provider_steps_end(const Ctx *ctx, ProviderSteps *steps)
{
    g_autoptr(ProviderSteps) ended = steps;
    g_autoptr(GError) error = NULL;

    if (ended)
        g_unlink(ended->config); /* it may hold the operator's credentials for registries */
    if (ended && ctx_check(ctx, NULL) && !settle(ctx, ended, &error))
        log_line(LEVEL_WARN, ctx, "providers of a step are not shared: %s", error->message);
}
