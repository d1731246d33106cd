// SPDX-License-Identifier: Apache-2.0
#include "engine/provider_init.h"

#include <pthread.h>
#include <string.h>

#include "engine/modules.h"
#include "engine/paths.h"
#include "sys/crypto.h"
#include "sys/files.h"
#include "sys/flight.h"
#include "tf/plugins.h"

enum {
    MAX_LOCK_FILE = 1 << 20,
    PATIENCE_MS = 15 * 60 * 1000, /* as long as an init may take */
    SETTLED_US = 5 * 60 * 1000 * 1000,
};

/*
 * Without a lock file nobody knows beforehand whether there is something to fetch. What projects
 * need, as their files say it, and when one with these needs last had nothing to fetch.
 */
static struct {
    pthread_mutex_t mutex;
    GHashTable *at;   /* char * needs, owned -> gint64 *, owned: monotonic microseconds */
    guint generation; /* of the plugins that this is of */
} settled = { .mutex = PTHREAD_MUTEX_INITIALIZER };

typedef struct {
    const TfRun *tf;
    PluginView view;
    GString *output;
    const char *needs; /* without a lock file: a digest */
} Init;

/* A release that is newer may have come since. */
static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
    (void)key;
    return *(gint64 *)value + SETTLED_US < *(gint64 *)data;
}

/* With the mutex held. */
static void forget_old(void)
{
    gint64 now = g_get_monotonic_time();

    if (!settled.at)
        settled.at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (settled.generation != plugins_generation())
        g_hash_table_remove_all(settled.at);
    settled.generation = plugins_generation();
    g_hash_table_foreach_remove(settled.at, is_old, &now);
}

static bool is_settled(const char *needs)
{
    bool is_there;

    pthread_mutex_lock(&settled.mutex);
    forget_old();
    is_there = g_hash_table_contains(settled.at, needs);
    pthread_mutex_unlock(&settled.mutex);
    return is_there;
}

/* generation: from before the plugins were linked. */
static void settle(const char *needs, guint generation)
{
    gint64 now = g_get_monotonic_time();

    pthread_mutex_lock(&settled.mutex);
    forget_old();
    if (generation == settled.generation && !g_hash_table_contains(settled.at, needs))
        g_hash_table_insert(settled.at, g_strdup(needs), g_memdup2(&now, sizeof now));
    pthread_mutex_unlock(&settled.mutex);
}

/* What cannot be read out of the files is known by where they are. The caller frees it. */
static char *needs_of(const ProjectRun *run)
{
    g_autofree char *known =
        run->pull->hcl ? modules_needs(run->pull->hcl, run->project->dir) : NULL;
    g_autofree char *text = known ? g_strconcat(run->tool.name, "\n", known, NULL)
                                  : g_strdup_printf("%s\n%" G_GINT64_FORMAT "\n%s", run->tool.name,
                                                    run->command->pull_id, run->project->dir);

    return crypto_sha256(text, strlen(text));
}

/* Without a lock file the tool would fetch what it has, to write a complete one; ours is not kept.
 */
static GStrv env_of(const Init *init)
{
    GStrv env = g_strdupv((GStrv)init->tf->env);

    return init->view.lock_file
               ? env
               : g_environ_setenv(env, "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1", TRUE);
}

static bool run_in_view(const Ctx *ctx, const Init *init, GError **error)
{
    g_auto(GStrv) env = env_of(init);
    TfRun tf = *init->tf;
    guint before = plugins_generation(), n_fetched = 0;

    tf.env = (const char *const *)env;
    tf.plugin_cache_dir = init->view.dir;
    if (!tf_init(ctx, &tf, init->output, error)) {
        /* Its failure is told; what cannot be removed now is before the next init. */
        (void)!files_remove_tree(init->view.dir, NULL);
        return false;
    }
    if (!plugins_publish(ctx, &init->view, &n_fetched, error))
        return false;
    if (n_fetched)
        log_line(LEVEL_INFO, ctx, "provider plugins: %u fetched", n_fetched);
    if (init->needs)
        settle(init->needs, before);
    return true;
}

/* Linked again: who was here before may have fetched everything. */
static bool fill(const Ctx *ctx, gpointer data, GError **error)
{
    const Init *init = data;
    bool is_complete;

    return plugins_link(ctx, &init->view, &is_complete, error) && run_in_view(ctx, init, error);
}

static bool may_fetch(const Init *init, bool is_complete)
{
    return init->view.lock_file ? !is_complete : !is_settled(init->needs);
}

/* A few places, so that their lock files stay few. */
static char *filling_place(const PluginView *view)
{
    g_autofree char *digest = view->lock_file
                                  ? crypto_sha256(view->lock_file, strlen(view->lock_file))
                                  : g_strdup("unlocked");

    return g_strdup_printf("%s/.fill-%.2s", view->cache, digest);
}

bool provider_init(const Ctx *ctx, const ProjectRun *run, const TfRun *tf, GString *output,
                   GError **error)
{
    g_autofree char *dir =
        paths_plugins(run->settings->data_dir, run->command->pull_id, run->project);
    g_autofree char *taken = g_build_filename(run->data_dir, "providers", NULL);
    g_autofree char *lock_file = NULL, *place = NULL, *needs = NULL;
    Init init = {
        .tf = tf,
        .view = { .cache = run->plugin_cache, .dir = dir, .taken = taken },
        .output = output,
    };
    bool is_complete = false;

    if (!run->plugin_cache)
        return tf_init(ctx, tf, output, error);
    if (!files_read_beneath(run->dir, ".terraform.lock.hcl", MAX_LOCK_FILE, &lock_file, error))
        return false;
    init.view.lock_file = lock_file;
    init.needs = needs = lock_file ? NULL : needs_of(run);
    if (!plugins_link(ctx, &init.view, &is_complete, error))
        return false;
    if (!may_fetch(&init, is_complete))
        return run_in_view(ctx, &init, error);
    place = filling_place(&init.view);
    return flight_run(ctx, place, dir, PATIENCE_MS, fill, &init, error);
}
