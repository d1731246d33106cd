// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.h"

/*
 * Every request that came in, in order. What the program did not know or had to refuse is marked
 * unexpected: a test asserts that there was none. Under the state's lock.
 */
typedef enum { AREA_PAGE, AREA_CONTROL, AREA_REST, AREA_GIT, AREA_LOGIN, AREA_UNKNOWN, AREAS } Area;
extern const char *const area_names[AREAS];

typedef struct _Entry Entry;
struct _Entry {
    Area area;
    const char *method, *path, *query; /* copied */
    const User *user;                  /* may be NULL */
    unsigned status;                   /* 0: the connection was dropped */
    bool fault;                        /* answered by a fault, not by the program */
    const char *unexpected;            /* why; NULL: it was not */
};

Journal *journal_new(void);
void journal_free(Journal *journal);
void journal_add(State *state, const Entry *entry);

/* New references: arrays of objects; only_unexpected leaves the rest out. */
json_t *journal_list(const State *state, bool only_unexpected);
/* { "rest": n, "git": n } of what is in the journal. */
json_t *journal_counts(const State *state);
void journal_clear(State *state, bool only_unexpected);
