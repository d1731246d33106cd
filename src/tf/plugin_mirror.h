// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * The common plugins (tf/plugins.h) for programs that run Terraform by themselves, like Terragrunt:
 * where, how often and with which lock files they run init nobody knows beforehand, and with
 * TF_PLUGIN_CACHE_DIR each of these would write. A filesystem mirror is only read: what Terraform
 * finds there it links to, whatever it does not find it fetches for itself, as without a cache.
 *
 * The mirror is a view like that of a project, of the packages that no lock file in the checkout
 * refuses: from a mirror Terraform takes a package or fails. What lies in the checkout may be
 * anybody's, so nothing of it comes into the common directory; names of what is missing there are
 * told, and who fetches them by Terraform's own init has its checks.
 */
typedef struct _PluginMirror PluginMirror;
struct _PluginMirror {
    const char *cache; /* the common directory */
    const char *view;  /* the mirror: on the same file system */
    const char *tree;  /* the checkout */
    const char *own;   /* the project's directory in it */
};

/* Before a program runs: fits the mirror, and takes away links below own that lead to what it does
 * not offer, since through these Terraform would write. */
bool plugin_mirror_fit(const Ctx *ctx, const PluginMirror *mirror, GError **error) MUST_CHECK;

/*
 * Behind it: copies below own of what the mirror may offer become links, and the mirror keeps
 * what something in the checkout links to. *missing (of char *, the caller's) are names of packages
 * below own that the common directory lacks.
 */
bool plugin_mirror_settle(const Ctx *ctx, const PluginMirror *mirror, GPtrArray **missing,
                          GError **error) MUST_CHECK;

/*
 * A configuration of Terraform's with the operator's text (NULL: none) and the mirror in front of
 * where providers come from. NULL: the operator says himself where they are kept, or something that
 * is not understood here. The caller frees it.
 */
char *plugin_mirror_config(const char *text, const char *view);

/* Whether a lock file names that version of the provider and not its digest. */
bool plugin_mirror_refuses(const char *lock_file, const char *name, const char *digest);
