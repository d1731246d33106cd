// SPDX-License-Identifier: Apache-2.0
#include "model/lock.h"

Lock *lock_new(void)
{
    return g_new0(Lock, 1);
}

void lock_free(Lock *lock)
{
    if (!lock)
        return;
    g_free(lock->key);
    pull_ref_clear(&lock->pull);
    g_free(lock->dir);
    g_free(lock->workspace);
    g_free(lock->name);
    actor_clear(&lock->actor);
    g_free(lock);
}
