// SPDX-License-Identifier: Apache-2.0
#include "engine/paths.h"

#include <string.h>

#include "sys/crypto.h"

char *paths_cache(const char *data_dir, const char *repo_host_id)
{
    /* Hosts make up these ids; what is not plain is hashed, so that it cannot leave the directory.
     */
    g_autofree char *hash = crypto_sha256(repo_host_id, strlen(repo_host_id));
    bool is_plain =
        *repo_host_id &&
        strspn(repo_host_id, "0123456789abcdefghijklmnopqrstuvwxyz-") == strlen(repo_host_id);

    return g_strdup_printf("%s/git/%s.git", data_dir, is_plain ? repo_host_id : hash);
}

char *paths_caches(const char *data_dir)
{
    return g_build_filename(data_dir, "git", NULL);
}

char *paths_pulls(const char *data_dir)
{
    return g_build_filename(data_dir, "pulls", NULL);
}

char *paths_pull(const char *data_dir, gint64 pull_id)
{
    return g_strdup_printf("%s/pulls/%" G_GINT64_FORMAT, data_dir, pull_id);
}

/* A name of files and refs for any workspace; "" for "default". */
static char *suffix_of(const char *workspace)
{
    g_autofree char *hash = NULL;

    if (g_str_equal(workspace, "default"))
        return g_strdup("");
    hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, workspace, -1);
    return g_strdup_printf("-%.12s", hash);
}

char *paths_checkout(const char *data_dir, gint64 pull_id, const char *workspace)
{
    g_autofree char *suffix = suffix_of(workspace);

    return g_strdup_printf("%s/pulls/%" G_GINT64_FORMAT "/" PATHS_CHECKOUT "%s", data_dir, pull_id,
                           suffix);
}

static char *hash_of(const ProjectRef *project)
{
    g_autofree char *text =
        g_strconcat(project->dir, "\n", project->workspace, "\n", project->name, NULL);

    return crypto_sha256(text, strlen(text));
}

char *paths_tf_data(const char *data_dir, gint64 pull_id, const ProjectRef *project)
{
    g_autofree char *hash = hash_of(project);

    return g_strdup_printf("%s/pulls/%" G_GINT64_FORMAT "/data/%.16s", data_dir, pull_id, hash);
}

char *paths_plugins(const char *data_dir, gint64 pull_id, const ProjectRef *project)
{
    g_autofree char *hash = hash_of(project);

    return g_strdup_printf("%s/pulls/%" G_GINT64_FORMAT "/plugins/%.16s", data_dir, pull_id, hash);
}

char *paths_shared_tf_data(const ProjectRef *project)
{
    g_autofree char *hash = hash_of(project);

    return g_strdup_printf(".terraform-%.16s", hash);
}

char *paths_plan(const char *data_dir, gint64 pull_id, gint64 run_id, const ProjectRef *project)
{
    g_auto(GStrv) parts = g_strsplit(project->name, "/", -1);
    g_autofree char *name = g_strjoinv("::", parts);

    return g_strdup_printf("%s/pulls/%" G_GINT64_FORMAT "/plans/%" G_GINT64_FORMAT "/%s%s%s.tfplan",
                           data_dir, pull_id, run_id, name, *name ? "-" : "", project->workspace);
}

char *paths_beside_plan(const char *plan, const char *ending)
{
    gsize length = strlen(plan) - (g_str_has_suffix(plan, ".tfplan") ? strlen(".tfplan") : 0);

    return g_strdup_printf("%.*s%s", (int)length, plan, ending);
}

char *paths_own_plan_dir(const char *plan)
{
    g_autofree char *dir = g_path_get_dirname(plan);
    g_autofree char *above = g_path_get_dirname(dir);

    return g_str_has_suffix(above, "/plans") ? g_steal_pointer(&dir) : NULL;
}

char *paths_hooks(const char *data_dir, gint64 pull_id)
{
    return g_strdup_printf("%s/pulls/%" G_GINT64_FORMAT "/hooks", data_dir, pull_id);
}

char *paths_logs(const char *data_dir)
{
    return g_build_filename(data_dir, "logs", NULL);
}

char *paths_log(const char *data_dir, gint64 run_id)
{
    return g_strdup_printf("%s/logs/%" G_GINT64_FORMAT ".log", data_dir, run_id);
}

char *paths_plugin_cache(const char *data_dir)
{
    return g_build_filename(data_dir, "plugin-cache", NULL);
}

char *paths_pin(gint64 pull_id, const char *workspace)
{
    g_autofree char *suffix = suffix_of(workspace);

    return g_strdup_printf("refs/keep/%" G_GINT64_FORMAT "%s", pull_id, suffix);
}

char *paths_pin_of(gint64 pull_id, const char *checkout_name)
{
    return g_strdup_printf("refs/keep/%" G_GINT64_FORMAT "%s", pull_id,
                           checkout_name + strlen(PATHS_CHECKOUT));
}
