// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "base/error.h"

/*
 * The other side of a host in the contract test: a service that behaves like the real one, and what
 * people do there. One implementation per host, found by the host's name; the cases know only this.
 * Whatever fails here fails the test.
 */
typedef enum {
    WORLD_BROKEN,      /* an internal error */
    WORLD_THROTTLED,   /* too many requests: come back in WORLD_WAIT_MS */
    WORLD_REFUSED,     /* the credential is not taken, in the service's own way of saying so */
    WORLD_DROPPED,     /* the connection ends without an answer and without effect */
    WORLD_SILENT,      /* no answer for longer than an impatient client waits, and no effect */
    WORLD_ANSWER_LOST, /* the effect happens, then the connection ends */
    WORLD_FAULTS,
} WorldFault;

enum { WORLD_WAIT_MS = 1000 };

typedef enum { WORLD_PLAIN, WORLD_DRAFT, WORLD_FORK } WorldPull;

/* What the target branch asks for before a pull request may be completed. */
typedef enum {
    WORLD_NO_POLICY,
    WORLD_APPROVAL,    /* of one person who is not the author */
    WORLD_OWN_STATUS,  /* "atlantis/apply", which is not there */
    WORLD_SQUASH_ONLY, /* that it is squashed */
} WorldPolicy;

typedef enum { WORLD_APPROVES, WORLD_APPROVES_PARTLY, WORLD_ABSTAINS, WORLD_REJECTS } WorldVote;

typedef struct _WorldOps WorldOps;
struct _WorldOps {
    const char *host;                          /* name of the host that it is for */
    const char *author_id;                     /* of the pull requests that open_pull makes */
    const char *commenter_id, *commenter_name; /* of say() */
    const char *policy_name;                   /* how WORLD_APPROVAL is called */
    const char *status_genre;

    bool (*open)(void); /* false: it is not there, nothing can be tested */
    void (*close)(void);
    const char *(*base_url)(void);
    const char *(*token)(void);

    void (*subscribe)(const char *url); /* events go there: "http://user:password@host:port/path" */
    void (*switch_hooks_off)(void);     /* as the service does after failed deliveries */
    gint64 (*open_pull)(WorldPull kind, const char *title);
    char *(*push)(gint64 pull); /* id of the new commit */
    char *(*head)(gint64 pull);
    void (*abandon)(gint64 pull);
    char *(*say)(gint64 pull, const char *text);               /* the comment's reference */
    void (*vote)(gint64 pull, bool by_author, WorldVote vote); /* else by the commenter */
    void (*label)(gint64 pull, const char *name);
    void (*policy)(WorldPolicy policy); /* in place of the one before */
    char *(*team)(const char *name);    /* one with the commenter in it; its whole name */

    /* [{ "reference": "...", "thread": "...", "text": "...", "state": "closed" }], ours only */
    json_t *(*comments)(gint64 pull);
    /* Of ours at a comment of anybody's; one, too, for a host that has none to give. */
    guint (*signs)(gint64 pull, const char *reference);
    /* [{ "name": "genre/name", "state": "...", "description": "...", "url": ..., "iteration": N }]
     */
    json_t *(*statuses)(gint64 pull);

    void (*fault)(WorldFault fault); /* for the next call */
    /* What it had to refuse or did not know since the last time, NULL when there was nothing. */
    char *(*complaints)(void);
    /* A call that was made and is not in the published description; NULL when there is none. False:
     * the description is not at hand. */
    bool (*check_published)(char **unpublished);
};

extern const WorldOps azuredevops_world;
