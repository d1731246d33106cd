// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "git.h"
#include "state.h"

/*
 * The shapes of the answers and of the events, and nothing that decides. All return a new
 * reference. The service sends one thing in several widths; the forms name them.
 */

typedef enum {
    PULL_FORM_REPO,    /* asked for in its repository: many links, artifactId */
    PULL_FORM_ORG,     /* asked for by its number alone: no links */
    PULL_FORM_LIST,    /* a row: thin repository, description cut short */
    PULL_FORM_EVENT,   /* in a service hook: two links */
    PULL_FORM_COMMENT, /* in a comment's service hook: no links */
} PullForm;

json_t *wire_user(const State *state, const User *user);
json_t *wire_user_ref(const User *user); /* the short one of subscriptions */
json_t *wire_project(const State *state, const Project *project);
json_t *wire_repo(const State *state, const Repo *repo);
json_t *wire_repo_thin(const State *state, const Repo *repo);
json_t *wire_pull(const State *state, const Pull *pull, PullForm form);
json_t *wire_iteration(const State *state, const Iteration *iteration);
json_t *wire_thread(const State *state, const Pull *pull, const Thread *thread);
json_t *wire_comment(const State *state, const Pull *pull, const Thread *thread,
                     const Comment *comment);
/* As in an event: with the three links that name thread, repository and pull request. */
json_t *wire_comment_event(const State *state, const Pull *pull, const Thread *thread,
                           const Comment *comment);
json_t *wire_status(const State *state, const Pull *pull, const Status *status);
json_t *wire_reviewer(const State *state, const Pull *pull, const Reviewer *reviewer);
json_t *wire_label(const State *state, const Pull *pull, const Label *label);
json_t *wire_commit(const State *state, const Repo *repo, const CommitInfo *info);
json_t *wire_list(json_t *values); /* { count, value }; takes values */

/* The caller frees these. */
char *wire_repo_url(const State *state, const Repo *repo);
char *wire_repo_web(const State *state, const Repo *repo);
char *wire_pull_url(const State *state, const Pull *pull);
char *wire_escape(const char *segment);

/* { name: { "href": text } } added to links. */
void wire_link(json_t *links, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);
void wire_set_time(json_t *object, const char *key, gint64 time_us);
