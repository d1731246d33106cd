// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"

/*
 * Whether a pull request is to be completed now that an apply has ended well: everything that its
 * head is about is applied, or needs nothing. Pure.
 */
typedef struct _AutomergeFacts AutomergeFacts;
struct _AutomergeFacts {
    const GPtrArray *projects; /* of Project: all of the pull request */
    const char *head;
    const CommandArgs *args;         /* of the apply */
    const char *const *labels;       /* of the pull request; NULL: nobody asks */
    const char *label_that_prevents; /* NULL: none */
};

/* *why_not: a sentence for people where a label or the comment prevents it; static, NULL otherwise.
 */
bool automerge_decide(const AutomergeFacts *facts, const char **why_not);
