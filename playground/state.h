// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/*
 * What the organisation is made of: plain structs in memory, repositories on disk. One mutex guards
 * all of it; whoever touches a State holds state_lock(). It is held across git calls on purpose:
 * an emulator's handlers are easier to trust when each is alone in the world.
 */

typedef struct _Team Team;
typedef struct _User User;
struct _User {
    const char *key; /* "bot", "author" ...: how tests name it */
    const char *id;
    const char *name;
    const char *account;
    char *pat;
    GStrv scopes;     /* of the token; NULL: all there are */
    GStrv denied;     /* permissions that the user lacks; NULL: none */
    const Team *team; /* of a group; NULL: a person */
};

typedef struct _Project Project;
struct _Project {
    char *id, *name;
    gint64 created;
};

typedef struct _Repo Repo;
struct _Repo {
    char *id, *name;
    Project *project;
    Repo *parent; /* of a fork; borrowed */
    char *dir;    /* bare repository */
    char *default_branch;
    GHashTable *commit_statuses; /* char * commit -> json_t array, both owned */
};

typedef enum {
    PULL_NOT_SET,
    PULL_ACTIVE,
    PULL_ABANDONED,
    PULL_COMPLETED,
    PULL_ALL, /* in queries only */
    PULL_STATES,
} PullState;

typedef enum {
    MERGE_NOT_SET,
    MERGE_QUEUED,
    MERGE_CONFLICTS,
    MERGE_SUCCEEDED,
    MERGE_REJECTED_BY_POLICY,
    MERGE_FAILURE,
    MERGE_STATES,
} MergeState;

typedef enum {
    THREAD_UNKNOWN, /* no status was ever given: the member is left out */
    THREAD_ACTIVE,
    THREAD_FIXED,
    THREAD_WONT_FIX,
    THREAD_CLOSED,
    THREAD_BY_DESIGN,
    THREAD_PENDING,
    THREAD_STATES,
} ThreadState;

typedef enum {
    STATUS_NOT_SET,
    STATUS_PENDING,
    STATUS_SUCCEEDED,
    STATUS_FAILED,
    STATUS_ERROR,
    STATUS_NOT_APPLICABLE,
    STATUS_STATES,
} StatusState;

typedef enum {
    STRATEGY_UNSET,
    STRATEGY_NO_FAST_FORWARD,
    STRATEGY_SQUASH,
    STRATEGY_REBASE,
    STRATEGY_REBASE_MERGE,
    STRATEGIES,
} MergeStrategy;

extern const char *const pull_state_names[PULL_STATES];
extern const char *const merge_state_names[MERGE_STATES];
extern const char *const thread_state_names[THREAD_STATES];
extern const char *const status_state_names[STATUS_STATES];
extern const char *const strategy_names[STRATEGIES];

/* An enum as clients send it: a name in any case, or its number. -1 when it is neither. */
int enum_read(const json_t *value, const char *const *names, int n_names);
int enum_parse(const char *text, const char *const *names, int n_names);

typedef struct _Iteration Iteration;
struct _Iteration {
    int id;
    const char *reason; /* "push", "forcePush", "create" */
    char *source, *target, *base;
    char *description;
    const User *author;
    gint64 created;
};

typedef struct _Comment Comment;
struct _Comment {
    int id, parent;
    const User *author;
    char *content; /* NULL once deleted */
    bool system;
    bool deleted;
    gint64 published, updated, content_updated;
    GPtrArray *likes; /* of borrowed User */
};

typedef struct _Thread Thread;
struct _Thread {
    int id;
    ThreadState state;
    GPtrArray *comments;                                      /* of Comment, owned */
    json_t *properties, *context, *pull_context, *identities; /* may be NULL */
    gint64 published, updated;
    bool deleted;
};

typedef struct _Status Status;
struct _Status {
    int id;
    int iteration; /* 0: on the pull request as a whole */
    StatusState state;
    char *genre, *name, *description, *target_url;
    const User *author;
    gint64 created;
};

typedef struct _Reviewer Reviewer;
struct _Reviewer {
    const User *user;
    int vote;
    bool required, flagged, declined;
};

typedef struct _Label Label;
struct _Label {
    char *id, *name;
};

typedef struct _Pull Pull;
struct _Pull {
    int id;
    Repo *repo;        /* target */
    Repo *source_repo; /* the same, or a fork */
    char *source_ref, *target_ref;
    char *title, *description;
    bool draft;
    PullState state;
    MergeState merge_state;
    char *merge_id;
    char *source_commit, *target_commit;
    char *merge_commit, *merge_comment; /* NULL until merged */
    const User *merge_author;
    gint64 merge_time;
    const User *author, *closed_by;
    gint64 created, closed, completion_queued;
    const User *auto_complete;
    json_t *completion_options; /* may be NULL */
    json_t *properties;
    GPtrArray *iterations, *threads, *statuses, *reviewers, *labels; /* owned */
    int last_status_id;
    bool stale_merge;         /* pushes to its target lead to no test merge */
    int lag_looks;            /* so often evaluations are told as they were: kept_evaluations */
    json_t *kept_evaluations; /* id of a policy -> Evaluation; may be NULL */
    int slow_looks; /* a completion waits until it was looked at so often; 0: only its time */
};

/* One policy of a project; which type it is decides how settings are read. */
typedef struct _PolicyType PolicyType;
typedef struct _Policy Policy;
struct _Policy {
    int id, revision;
    Project *project;
    const PolicyType *type;
    bool enabled, blocking, deleted;
    json_t *settings;
    const User *author;
    gint64 created;
};

typedef struct _Settings Settings;
struct _Settings {
    char *dir, *org, *base_url; /* base_url ends with the organisation, no slash */
    char *server;   /* "tfs": a Server's collections lie below that directory; NULL: the service */
    char *hook_url; /* may be NULL */
    char *api_version; /* the newest it knows, as an older server; NULL: the service's */
    gint64 latency_ms, merge_ms;
    double retry_scale;
};

typedef struct _Hooks Hooks;
typedef struct _Journal Journal;
typedef struct _Entra Entra;
typedef struct _Faults Faults;
typedef struct _Jobs Jobs;

typedef struct _State State;
struct _State {
    Settings settings;
    char *collection_id, *account_id;
    GPtrArray *projects, *repos, *pulls, *policies, *teams; /* owned */
    int last_thread_id;
    Hooks *hooks;
    Journal *journal;
    Faults *faults;
    Entra *entra;
    Jobs *jobs;
};

void state_lock(void);
void state_unlock(void);
#define STATE_LOCKED __attribute__((cleanup(state_unlock_at_end))) G_GNUC_UNUSED int
void state_unlock_at_end(int *unused);

/* Wakes everybody who waits; the lock is held by the caller of both. */
void state_changed(void);
/* Until state_changed() or until_us of g_get_monotonic_time(); 0 means without end. */
void state_wait(gint64 until_us);

State *state_new(const Settings *settings);
void state_free(State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)

extern User users[];
gsize users_count(void);
const User *user_by_key(const char *key);
const User *user_by_id(const char *id);
const User *user_by_pat(const char *pat);
#define user_bot() (user_by_key("bot"))

/* By GUID or by name, any case; NULL when there is none. */
Project *state_project(const State *state, const char *id_or_name);
Repo *state_repo(const State *state, const Project *project, const char *id_or_name);
Pull *state_pull(const State *state, int id);
Thread *pull_thread(const Pull *pull, int id);
Comment *thread_comment(const Thread *thread, int id);
Iteration *pull_iteration(const Pull *pull, int id);
Iteration *pull_last_iteration(const Pull *pull);
Reviewer *pull_reviewer(const Pull *pull, const User *user);

Project *state_add_project(State *state, const char *name);
Repo *state_add_repo(State *state, Project *project, const char *name, Repo *parent);
Pull *state_add_pull(State *state);

Comment *thread_add_comment(Thread *thread, const User *author, const char *content, int parent);
Thread *pull_add_thread(State *state, Pull *pull);

/* A random GUID, a time like the service writes it; the caller frees both. */
char *new_guid(void);
char *time_text(gint64 time_us);
gint64 time_now(void); /* microseconds UTC */

/* "x" of "refs/heads/x", "tags/x" of "refs/tags/x"; borrowed from ref. */
const char *short_ref(const char *ref);
