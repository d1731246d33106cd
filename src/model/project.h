// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A root module to plan: directory, workspace, and a name when configuration gives one. */
typedef struct _ProjectRef ProjectRef;
struct _ProjectRef {
    char *dir;       /* clean relative path; "." for the top of the repository */
    char *workspace; /* "default" ... */
    char *name;      /* "" when it has none */
};
ProjectRef *project_ref_new(const char *dir, const char *workspace, const char *name);
ProjectRef *project_ref_copy(const ProjectRef *from);
void project_ref_free(ProjectRef *project);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProjectRef, project_ref_free)
bool project_ref_equal(const ProjectRef *a, const ProjectRef *b);
/* By dir, then workspace, then name: the order of comments. For g_ptr_array_sort_values-like use.
 */
gint project_ref_compare(gconstpointer a, gconstpointer b); /* of ProjectRef ** */
/* What people are shown: name, or "dir" with the workspace when it is not "default". */
char *project_ref_label(const ProjectRef *project);

/*
 * Whether a workspace may be called so, whoever names it: it becomes a part of paths, and an
 * argument of tools. Not empty, no blanks, control characters, "/", "\\", "$" or "..", not ".", and
 * neither
 * "-" nor "~" in front.
 */
bool project_is_workspace(const char *name);

/* Where a project stands in its pull request. */
typedef enum {
    PROJECT_NONE, /* known, never planned */
    PROJECT_PLAN_FAILED,
    PROJECT_PLANNED,
    PROJECT_NO_CHANGES,
    PROJECT_APPLY_FAILED,
    PROJECT_APPLY_INTERRUPTED,
    PROJECT_APPLIED,
    PROJECT_DISCARDED, /* its plan was thrown away by unlock */
    PROJECT_STATUSES,
} ProjectStatus;
const char *project_status_name(ProjectStatus status);
bool project_status_find(const char *name, ProjectStatus *status);

/* What a plan would do, or what an apply did. */
typedef struct _ChangeCounts ChangeCounts;
struct _ChangeCounts {
    bool is_known; /* false: the tool's plan could not be read */
    gint64 add, change, destroy, import, forget;
    gint64 outputs; /* outputs that change */
    gint64 move;    /* resources that only get another address */
    gint64 drift;   /* what changed outside, and a plan with -refresh-only would take over */
    gint64 other;   /* what else there is to apply, as the tool says: 1 or 0 for each plan */
};
void change_counts_add(ChangeCounts *total, const ChangeCounts *counts);
bool change_counts_is_empty(const ChangeCounts *counts);
/* "2 to add, 1 to change, 0 to destroy" with the rest when there is any. */
char *change_counts_text(const ChangeCounts *counts);
