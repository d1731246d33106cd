// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/project.h"

/*
 * Where things lie below the data directory; the only place that knows. Everything is 0700.
 *
 *     git/ID.git               bare cache of a repository
 *     pulls/ID/checkout        files at one commit
 *     pulls/ID/data/HASH       TF_DATA_DIR of one directory and workspace
 *     pulls/ID/plans/RUN.tfplan
 *     logs/RUN.log
 *     plugin-cache/
 *
 * The caller frees what is returned.
 */
char *paths_cache(const char *data_dir, const char *repo_host_id);
char *paths_pull(const char *data_dir, gint64 pull_id);
char *paths_checkout(const char *data_dir, gint64 pull_id);
char *paths_tf_data(const char *data_dir, gint64 pull_id, const ProjectRef *project);
char *paths_plan(const char *data_dir, gint64 pull_id, gint64 run_id);
char *paths_logs(const char *data_dir);
char *paths_log(const char *data_dir, gint64 run_id);
char *paths_plugin_cache(const char *data_dir);
/* Ref of the cache that keeps a pull request's checked-out commit. */
char *paths_pin(gint64 pull_id);
