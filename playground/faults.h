// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "journal.h"

/*
 * What is to go wrong on demand: the next N requests of an area, a method and a path prefix are
 * answered with a status, not at all for a while, or are cut off: at once, or after their effect
 * has happened. Under the state's lock.
 */
typedef enum {
    FAULT_STATUS,
    FAULT_HANG,
    FAULT_DROP,
    FAULT_DROP_AFTER,
    FAULT_LET_THROUGH, /* nothing is wrong, but the client is told to slow down */
    FAULT_HOLD,        /* nothing is wrong, but it is answered when the fault is cleared */
    FAULT_KINDS
} FaultKind;

typedef struct _Fault Fault;
struct _Fault {
    int id;
    FaultKind kind;
    Area area;           /* AREAS: any but control and page */
    char *method, *path; /* NULL: any; path is a prefix of what is sent, in any case */
    char *contains;      /* NULL: any; somewhere in the path */
    gint64 left;         /* how many requests it still hits */
    int hits;
    unsigned status;
    gint64 retry_after_s; /* 0: no header */
    gint64 delay_ms;      /* FAULT_HANG */
};

Faults *faults_new(void);
void faults_free(Faults *faults);

/* Fails with INVALID for what it does not understand. */
bool faults_add(State *state, const json_t *spec, int *id, GError **error) MUST_CHECK;
void faults_clear(State *state);
/* Until it is cleared, a minute at most. */
void faults_wait_cleared(State *state, int id);
json_t *faults_list(const State *state);

/* The fault that hits this request, a copy; false when none does. Counts it down. */
bool faults_take(State *state, Area area, const char *method, const char *path, Fault *hit);
