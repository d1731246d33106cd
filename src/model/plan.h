// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/project.h"

/* Plan.digest of a plan whose steps, all of them the operator's, wrote no plan file. */
#define PLAN_WITHOUT_FILE "none"

/*
 * The record of one plan: the only thing that apply looks at (invariant I2). Owns its text.
 */
typedef struct _Plan Plan;
struct _Plan {
    gint64 id;
    gint64 project_id;
    gint64 run_id;
    ProjectRef *project;
    char *head; /* commits it was made from */
    char *base_branch;
    char *base;          /* tip of the base branch then */
    char *merge_commit;  /* what was checked out: head, or the merge of head into base */
    char *config_digest; /* of everything but files that decided how it was planned */
    char *tool;          /* "terraform" */
    char *tool_version;  /* "1.11.4" */
    char *backend;       /* "local", "azurerm" ...; NULL when unknown */
    char *lineage;       /* of the state it was made against; NULL when there was none */
    gint64 serial;       /* -1 when unknown */
    char *tf_workspace;
    char *tf_data_dir;
    char *digest; /* SHA-256 of the plan file */
    char *path;   /* of the plan file, outside the checkout */
    ChangeCounts counts;
    GStrv extra; /* the comment's extra arguments */
    gint64 created_at;
    gint64 consumed_at; /* 0 until an apply took it */
    gint64 pushed_at; /* when the automatic command that made it ended; 0: somebody asked for it */
};
Plan *plan_new(void);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
