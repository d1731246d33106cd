// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "model/disk_use.h"

/*
 * Provider plugins, kept once for all projects. Terraform's plugin cache is not made for several
 * that write at a time, and it writes into packages that others run. So no tool is ever given the
 * common directory: each project has a view of its own, a directory with links to the packages that
 * its tool would take as they are, and everything that the tool fetches lands in the view. A
 * package comes into the common directory whole, by one rename, and is never written again. What a
 * view links to, whether the pull request plans now or applies tomorrow, is not removed.
 *
 * A package is a directory HOST/NAMESPACE/TYPE/VERSION/PLATFORM. Beside it, PLATFORM.h1 holds its
 * digest as Terraform's lock files have it; one without is of an earlier release or half there, and
 * is replaced by the next that is fetched. The time of that file is when it was last linked to.
 *
 * Any thread; calls for one common directory wait for each other, in other processes too.
 */
typedef struct _PluginView PluginView;
struct _PluginView {
    const char *cache;     /* the common directory */
    const char *dir;       /* the project's: TF_PLUGIN_CACHE_DIR; on the same file system */
    const char *taken;     /* where the tool links to what it takes: "providers" of TF_DATA_DIR */
    const char *lock_file; /* text of the project's .terraform.lock.hcl; NULL: it has none */
};

/*
 * Fits the view to what there is, and removes what an init that did not end has left in it. With a
 * lock file the packages whose digests it has, without one all (the tool must then be told that it
 * may take them: TF_PLUGIN_CACHE_MAY_BREAK_...). *is_complete: nothing that the lock file names has
 * to be fetched; without one: never.
 */
bool plugins_link(const Ctx *ctx, const PluginView *view, bool *is_complete, GError **error)
    MUST_CHECK;

/*
 * Moves what was fetched into the common directory, and leaves in the view only what was taken.
 * *n_fetched says how many packages came.
 */
bool plugins_publish(const Ctx *ctx, const PluginView *view, guint *n_fetched, GError **error)
    MUST_CHECK;

/*
 * Removes packages until they have at most that many bytes, the longest unused first. What a link
 * below pulls (directories of pull requests) leads to stays.
 */
bool plugins_trim(const Ctx *ctx, const char *cache, const char *pulls, gint64 most_bytes,
                  DiskUse *use, GError **error) MUST_CHECK;

/* Another number whenever packages have gone, in this process. Never 0. */
guint plugins_generation(void);
