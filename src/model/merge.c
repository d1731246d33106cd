// SPDX-License-Identifier: Apache-2.0
#include "model/merge.h"

const char *const merge_methods[] = { "merge", "rebase", "squash", "semi-linear", NULL };

Merge *merge_new(const char *head, const char *method, bool deletes_source_branch)
{
    Merge *merge = g_new0(Merge, 1);

    merge->head = g_strdup(head);
    merge->method = g_strdup(method);
    merge->deletes_source_branch = deletes_source_branch;
    return merge;
}

void merge_free(Merge *merge)
{
    if (!merge)
        return;
    g_free(merge->head);
    g_free(merge->method);
    g_free(merge);
}
