// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The completion of a pull request that is to come. Owns its text. */
typedef struct _Merge Merge;
struct _Merge {
    char *head;   /* only this commit */
    char *method; /* "merge", "rebase", "squash"; NULL: what the branch allows */
    bool deletes_source_branch;
};
Merge *merge_new(const char *head, const char *method, bool deletes_source_branch);
void merge_free(Merge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Merge, merge_free)
