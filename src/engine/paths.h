// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/project.h"

/*
 * Where things lie below the data directory; the only place that knows. Everything is 0700.
 *
 *     git/ID.git               bare cache of a repository
 *     pulls/ID/checkout        files at one commit, for projects of the workspace "default"
 *     pulls/ID/checkout-HASH   the same for those of another workspace
 *     pulls/ID/data/HASH       TF_DATA_DIR of one project
 *     pulls/ID/plugins/HASH    provider plugins as one project sees them
 *     pulls/ID/plans/RUN/      plan file of one run, and what is made of it
 *     pulls/ID/hooks/          what hooks say of themselves
 *     logs/RUN.log
 *     plugin-cache/
 *
 * The caller frees what is returned.
 */
char *paths_caches(const char *data_dir);
char *paths_pulls(const char *data_dir);
char *paths_cache(const char *data_dir, const char *repo_host_id);
char *paths_pull(const char *data_dir, gint64 pull_id);
char *paths_checkout(const char *data_dir, gint64 pull_id, const char *workspace);
/* Names of checkouts in paths_pull() begin so; with what follows, their pins end. */
#define PATHS_CHECKOUT "checkout"
char *paths_tf_data(const char *data_dir, gint64 pull_id, const ProjectRef *project);
/* "prod.tfplan", or "NAME-prod.tfplan" of a project with a name: scripts know these names. */
char *paths_plan(const char *data_dir, gint64 pull_id, gint64 run_id, const ProjectRef *project);
/* The same path with another ending than ".tfplan". */
char *paths_beside_plan(const char *plan, const char *ending);
/* The directory that plan has for itself, or NULL: plans of an earlier release share one. */
char *paths_own_plan_dir(const char *plan);
char *paths_hooks(const char *data_dir, gint64 pull_id);
/* Where terraform's data lies in a directory of the checkout that several projects share: a name
 * below it. */
char *paths_shared_tf_data(const ProjectRef *project);
char *paths_logs(const char *data_dir);
char *paths_log(const char *data_dir, gint64 run_id);
/* A project's view of the plugins: tf/plugins.h. */
char *paths_plugins(const char *data_dir, gint64 pull_id, const ProjectRef *project);
char *paths_plugin_cache(const char *data_dir);
/* Refs of the cache that keep the commit of a checkout: by its workspace, or by its name. */
char *paths_pin(gint64 pull_id, const char *workspace);
char *paths_pin_of(gint64 pull_id, const char *checkout_name);
