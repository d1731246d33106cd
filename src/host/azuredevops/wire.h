// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "model/pull.h"

/*
 * What Azure DevOps writes in JSON, the same in events and in answers. Absent, null and of the
 * wrong type are one thing here, "not told": the service leaves out what is empty, and servers of
 * other versions what they do not know.
 */

/* Bytes as a document; a byte order mark is skipped, depth is bounded. INVALID with the reason. */
json_t *wire_parse(const char *bytes, gsize length, GError **error) MUST_CHECK;

/* Lower-case GUID at object.key, or NULL; the caller frees it. */
char *wire_guid(const json_t *object, const char *key);
bool wire_is_guid(const char *text);

/* Lower-case commit id at object.key.commitId, or NULL; the caller frees it. */
char *wire_commit(const json_t *object, const char *key);

/* "main" of "refs/heads/main" at object.key; NULL when it is no branch. The caller frees it. */
char *wire_branch(const json_t *object, const char *key);

/* Whole number from 1 to what the service's ids can be at object.key; 0 when there is none. */
gint64 wire_id(const json_t *object, const char *key);

/* The same of a text of digits that ends where end points to; 0 when there is none. */
gint64 wire_id_of_text(const char *text, const char **end);

/* The person at object.key; false, with actor untouched, when it has no id. */
bool wire_actor(const json_t *object, const char *key, Actor *actor);

/* False when object.status is none of a pull request that exists. */
bool wire_pull_state(const json_t *object, PullState *state);

/* First bytes of foreign text for a message: one line, valid UTF-8; the caller frees it. */
char *wire_excerpt(const char *text, gsize bytes);
