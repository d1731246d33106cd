// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/pull.h"

/* A lock as found: who holds it since when. Owns its text. */
typedef struct _Lock Lock;
struct _Lock {
    char *key;
    gint64 pull_id;
    PullRef pull;
    char *dir, *workspace, *name;
    Actor actor;
    gint64 since;
};
Lock *lock_new(void);
void lock_free(Lock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lock, lock_free)
