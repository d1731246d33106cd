// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "sys/hatch.h"

/*
 * A Terraform or OpenTofu program on this machine, and running it. Knows command lines and
 * environment (libraries.md section 10 and spec), nothing of pull requests or the store.
 */
typedef struct _TfTool TfTool;
struct _TfTool {
    char *name;    /* "terraform" or "tofu" */
    char *path;    /* absolute */
    char *version; /* "1.11.4" */
};
void tf_tool_clear(TfTool *tool);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TfTool, tf_tool_clear)

/*
 * Finds the program in PATH and asks its version (one process; the answer is kept by path, size and
 * modification time, so that it is asked once per server and program). NOT_FOUND names the program
 * and what to do.
 */
bool tf_tool_find(const Ctx *ctx, const char *name, TfTool *tool, GError **error) MUST_CHECK;

/* The same of the program at an absolute path; fails when it cannot be run or tells no version. */
bool tf_tool_read(const Ctx *ctx, const char *name, const char *path, TfTool *tool, GError **error)
    MUST_CHECK;

/* One project of one run. All borrowed. */
typedef struct _TfRun TfRun;
struct _TfRun {
    const TfTool *tool;
    const char *dir;              /* absolute directory of the root module in the checkout */
    const char *workspace;        /* "default" ... */
    const char *data_dir;         /* becomes TF_DATA_DIR, absolute or relative to dir */
    const char *const *env;       /* built environment of tools; tf adds its own variables */
    const char *plugin_cache_dir; /* of this run alone; NULL: none */
    const char *const *step_args; /* the workflow's for this step (extra_args); may be NULL */
    const char *const *extra;     /* the comment's, behind step_args, but for init; may be NULL */
    Hatch *hatch;                 /* as in ProcSpec */
    int log_fd;                   /* everything printed goes there as it comes; 0: nowhere */
    gsize max_output;             /* of a step, bytes */
    gint64 timeout_ms;            /* of a step; 0: none for plan and apply, else 15 minutes */
    gint64 grace_ms;              /* SIGINT to SIGKILL */
};

/* init, for whatever backend the module names now; output is worth showing only when it fails. A
 * flag of ours that step_args names too is left to them. */
bool tf_init(const Ctx *ctx, const TfRun *run, GString *output, GError **error) MUST_CHECK;

/* Selects or makes run->workspace in data_dir. No process for "default". */
bool tf_workspace_select(const Ctx *ctx, const TfRun *run, GString *output, GError **error)
    MUST_CHECK;

/*
 * plan -out plan_path (made anew, 0600), with env/<workspace>.tfvars when the module has it. output
 * is what a person should read: refresh noise removed (tf_plan_text()). FAILED when terraform says
 * so, INVALID for what is no workspace's name; no file is left then.
 */
bool tf_plan(const Ctx *ctx, const TfRun *run, const char *plan_path, GString *output,
             GError **error) MUST_CHECK;

/* apply of exactly that file. */
bool tf_apply(const Ctx *ctx, const TfRun *run, const char *plan_path, GString *output,
              GError **error) MUST_CHECK;

/* import with the comment's operands, ADDRESS and ID: behind "--", so that they are no options. */
bool tf_import(const Ctx *ctx, const TfRun *run, const char *const *operands, GString *output,
               GError **error) MUST_CHECK;

/* state rm of the operands, addresses: behind "--". */
bool tf_state_rm(const Ctx *ctx, const TfRun *run, const char *const *operands, GString *output,
                 GError **error) MUST_CHECK;

/* Lineage and serial of the state as it is now (state pull). No state yet: lineage NULL, serial -1.
 */
bool tf_state_read(const Ctx *ctx, const TfRun *run, char **lineage, gint64 *serial, GError **error)
    MUST_CHECK;

/*
 * Whether somebody holds the lock of the state, found out by a plan that neither refreshes nor
 * waits. *holder is NULL when nobody does, else "ID ..., held by ..., since ..." as far as the tool
 * tells. Fails when the plan fails for another reason.
 */
bool tf_lock_probe(const Ctx *ctx, const TfRun *run, char **holder, GError **error) MUST_CHECK;

/* What "show -json" says of a plan file, for the log of nobody: it holds secrets in clear. */
bool tf_show(const Ctx *ctx, const TfRun *run, const char *plan_path, GString *json, GError **error)
    MUST_CHECK;

/*
 * Removes what only says that terraform is busy: before the plan lines of refreshing, of reading
 * data sources and of the state lock up to the first that is none of them, behind it the release of
 * the lock and blanks. Pure.
 */
char *tf_plan_text(const char *output);
