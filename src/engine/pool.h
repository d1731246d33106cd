// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Threads that each take one item at a time from a single giver. They are started when there is
 * work for them, and stay. A thread keeps its own data (a host's connection, say), made on that
 * thread when it first has work.
 */
typedef struct _Pool Pool;

typedef struct _PoolSpec PoolSpec;
struct _PoolSpec {
    unsigned threads;                                         /* at most */
    gpointer (*thread_open)(gpointer data);                   /* may be NULL */
    void (*thread_close)(gpointer own);                       /* may be NULL */
    void (*work)(gpointer own, gpointer item, gpointer data); /* takes ownership of item */
    void (*on_idle)(gpointer data);                           /* a thread has room again */
    gpointer data;
};

Pool *pool_new(const PoolSpec *spec);
bool pool_has_room(Pool *pool);
/* Only when it has room, and only from one thread. */
void pool_give(Pool *pool, gpointer item);
/* Waits until nothing runs, at most timeout_ms; false when something still does. */
bool pool_wait_idle(Pool *pool, gint64 timeout_ms);
/* Lets running items end, joins the threads. Accepts NULL. */
void pool_free(Pool *pool);
