// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.h"

/*
 * The control API behind /_playground/: what people do in a browser of the real thing, and what
 * tests want to know. JSON, no credentials: the program listens on a loopback address for tests and
 * demonstrations only. Handlers, by the file they are in.
 */

/* control_pulls.c */
json_t *control_repositories(Call *call);
json_t *control_repository_create(Call *call);
json_t *control_fork(Call *call);
json_t *control_commit(Call *call);
json_t *control_files(Call *call);
json_t *control_pulls(Call *call);
json_t *control_pull(Call *call);
json_t *control_pull_open(Call *call);
json_t *control_pull_push(Call *call);
json_t *control_pull_diff(Call *call);
json_t *control_pull_comment(Call *call);
json_t *control_comment_edit(Call *call);
json_t *control_comment_delete(Call *call);
json_t *control_thread_status(Call *call);
json_t *control_pull_vote(Call *call);
json_t *control_pull_complete(Call *call);
json_t *control_pull_abandon(Call *call);
json_t *control_pull_reactivate(Call *call);
json_t *control_pull_draft(Call *call);
json_t *control_pull_texts(Call *call);
json_t *control_pull_slow(Call *call);
json_t *control_pull_lag(Call *call);
json_t *control_pull_stale(Call *call);

/* control_teams.c */
json_t *control_teams(Call *call);
json_t *control_team_create(Call *call);

/* control.c */
json_t *control_error(Call *call, unsigned status, const char *format, ...) G_GNUC_PRINTF(3, 4);
json_t *control_fail(Call *call, const GError *error);
/* The body's "user", by key or id; fallback when there is none; NULL and an answer for a wrong one.
 */
const User *control_user(Call *call, const char *fallback, json_t **refusal);
