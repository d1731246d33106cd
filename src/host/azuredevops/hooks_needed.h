// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/subscriptions.h"

/*
 * Which events have to come, as a table. An "updated" event does not say what has changed: each
 * kind of change has a subscription and a path of its own. Drafts that are published are told only
 * to who asks for every change, so there is one of these too; what it tells twice is known by its
 * head commit.
 */
typedef struct _HookNeeded HookNeeded;
struct _HookNeeded {
    const char *event_type, *version;
    const char *notification; /* "": every change */
    const char *path;         /* behind our URL */
    const char *words;        /* "a pull request is created" */
};
extern const HookNeeded hooks_needed[];
extern const gsize n_hooks_needed;

/* Of a repository, or of all of a project. Borrowed. */
typedef struct _HookPlace HookPlace;
struct _HookPlace {
    const char *project, *repo; /* GUIDs; "": any */
    const char *url;            /* ours, without a path */
    const char *user;           /* of the basic authentication */
};

/* Whether it tells us of this, wherever, in url of ours. */
bool hook_tells(const HookNeeded *needed, const char *url, const Subscription *subscription);

/* Whether it tells us of this, there: it may tell more. Its status is another question. */
bool hook_covers(const HookNeeded *needed, const HookPlace *place,
                 const Subscription *subscription);

/* What is wrong with one that covers, for people; NULL: nothing. The caller frees it. */
char *hook_trouble(const HookNeeded *needed, const HookPlace *place,
                   const Subscription *subscription);

/* The best of those that cover; NULL: none. */
const Subscription *hook_find(const HookNeeded *needed, const HookPlace *place,
                              const GPtrArray *subscriptions);
