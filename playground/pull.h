// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "state.h"

/*
 * What happens to pull requests, whoever caused it: REST, a push, the control API. Each does the
 * whole of it: the change, the system thread, the service hooks, the job that follows. Under the
 * state's lock.
 */

typedef struct _PullSpec PullSpec;
struct _PullSpec {
    Repo *repo, *source_repo;
    const char *source_ref, *target_ref;
    const char *title, *description;
    bool draft;
    const User *author;
};

/* Fails with NOT_FOUND (branch), CONFLICT (such a one is open already), INVALID. */
Pull *pull_open(State *state, const PullSpec *spec, GError **error) MUST_CHECK;

/* A branch moved: new iterations of the pull requests from it, new test merges of those to it. */
void pull_branch_moved(State *state, Repo *repo, const char *ref, const char *old, const char *new,
                       const User *actor);

void pull_vote(State *state, Pull *pull, const User *user, int vote, const User *actor);
/* Adds or changes without a vote. */
void pull_set_reviewer(State *state, Pull *pull, const User *user, bool required,
                       const User *actor);
void pull_drop_reviewer(State *state, Pull *pull, const User *user, const User *actor);

/* Those whom a policy asks for are reviewers of every open pull request that it covers. */
void pull_require_reviewers(State *state, const User *actor);

void pull_abandon(State *state, Pull *pull, const User *actor);
/* Fails with CONFLICT when another one is open between the same branches. */
bool pull_reactivate(State *state, Pull *pull, const User *actor, GError **error) MUST_CHECK;
void pull_set_draft(State *state, Pull *pull, bool draft, const User *actor);
void pull_set_texts(State *state, Pull *pull, const char *title, const char *description,
                    const User *actor);
bool pull_retarget(State *state, Pull *pull, const char *target, const User *actor, GError **error)
    MUST_CHECK;

/* Completes, in their names, those that were asked to complete by themselves and now may. */
void pull_complete_asked(State *state);
/* Somebody has looked at a completion that waits for that. */
void pull_looked_at(State *state, Pull *pull);

/* Queues the completion; its end is told by the pull request itself. takes options. */
void pull_complete(State *state, Pull *pull, json_t *options, const User *actor);
MergeStrategy pull_strategy(const json_t *options);

/* thread NULL starts a new one. The event is sent, too. */
Comment *pull_comment(State *state, Pull *pull, Thread *thread, const User *author,
                      const char *content, int parent);
void pull_edit_comment(State *state, Pull *pull, Thread *thread, Comment *comment,
                       const char *content);
void pull_delete_comment(State *state, Pull *pull, Thread *thread, Comment *comment);

/*
 * The audit trail beside the conversation: a thread of the service's own, with a type and more
 * properties. It fires no event; receivers that missed one read it.
 */
Thread *pull_note(State *state, Pull *pull, const char *type, const User *actor, const char *format,
                  ...) G_GNUC_PRINTF(5, 6);
void pull_note_property(Thread *thread, const char *key, const char *value);
void pull_note_status(State *state, Pull *pull, const char *status, const User *actor);

/* The work behind the jobs: a test merge, a queued completion. */
void pull_test_merge(State *state, Pull *pull);
void pull_finish(State *state, Pull *pull);
