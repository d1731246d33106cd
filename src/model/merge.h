// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Ways to complete a pull request, NULL-terminated. "semi-linear" is a rebase with a merge commit.
 */
extern const char *const merge_methods[];

/* The completion of a pull request that is to come. Owns its text. */
typedef struct _Merge Merge;
struct _Merge {
    char *head;   /* only this commit */
    char *method; /* of merge_methods; NULL: what the branch allows */
    bool deletes_source_branch;
};
Merge *merge_new(const char *head, const char *method, bool deletes_source_branch);
void merge_free(Merge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Merge, merge_free)
