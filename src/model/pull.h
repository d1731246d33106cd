// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * A repository as a host knows it. host_id is what stays the same through renames; locator is how
 * the host's own code finds it again and means nothing to anybody else; full_name is for people.
 */
typedef struct _RepoRef RepoRef;
struct _RepoRef {
    char *host;       /* name of the host: "azuredevops" */
    char *host_id;    /* the host's id, unique within it */
    char *locator;    /* only for the host's own code */
    char *full_name;  /* "org/project/repo" */
    char *allow_name; /* what --repo-allowlist is compared with: "dev.azure.com/org/project/repo" */
};

/* A pull request, enough to speak of it to its host. */
typedef struct _PullRef PullRef;
struct _PullRef {
    RepoRef repo;
    gint64 number;
    char *url; /* page for people */
};

void repo_ref_clear(RepoRef *repo);
void repo_ref_copy(RepoRef *to, const RepoRef *from);
void pull_ref_clear(PullRef *pull);
void pull_ref_copy(PullRef *to, const PullRef *from);
/* Of those that are kept in lists. */
void repo_ref_free(RepoRef *repo);
void pull_ref_free(PullRef *pull);

typedef enum { PULL_ACTIVE, PULL_ABANDONED, PULL_COMPLETED, PULL_STATES } PullState;
const char *pull_state_name(PullState state);

/* Who did something: identity is by id, name is what people are shown, login is how the host calls
 * the account ("jane@example.com"), which configuration and scripts name. */
typedef struct _Actor Actor;
struct _Actor {
    char *id;
    char *name;
    char *login; /* NULL when the host does not tell */
};
void actor_clear(Actor *actor);
void actor_copy(Actor *to, const Actor *from);

/* What the host says of a pull request at one moment. Owns its text. */
typedef struct _PullFacts PullFacts;
struct _PullFacts {
    PullState state;
    bool is_draft;
    bool is_fork;
    char *title;
    Actor author;
    char *head_commit;    /* of the newest iteration */
    char *head_branch;    /* short name, in the repository it comes from */
    char *head_full_name; /* of that repository, as RepoRef.full_name; NULL: the base's own */
    char *base_branch;    /* short name */
    char *base_clone_url; /* without credentials */
    char *head_clone_url; /* differs from base_clone_url for a fork */
    gint64 iteration;     /* what statuses are posted on; 0 when the host has none */
};
void pull_facts_clear(PullFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PullFacts, pull_facts_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PullRef, pull_ref_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Actor, actor_clear)
