// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shared by the files of the apply only: cmd_apply.c, apply_*.c. */
#include <pthread.h>

#include "engine/project_run.h"
#include "engine/waves.h"

typedef struct _ApplyCommand ApplyCommand;
struct _ApplyCommand {
    Work *work;
    const Command *command;
    Outcome *outcome;
    PullWork pull;
    GPtrArray *projects; /* of Project, owned: all of the pull request */
    GPtrArray *earlier;  /* of Run, owned: begun by this command in a process that died */
    char *plugin_cache;
    const char *checkout; /* of the hooks, borrowed from pull; NULL: there are none */
    bool has_hooks;
    Waves waves;
    const char *commit; /* that is checked out: what run now are the projects planned from it */
    bool has_failed;    /* some project, or all */
    ProjectRun *runs;
    guint n_runs;
    pthread_mutex_t mutex; /* of the projects' threads: guards pull, which is read again, and */
    char *stop_reason;     /* nothing more is begun */
};

/* Whether the command names the project, or all. */
bool apply_is_target(const ApplyCommand *self, const ProjectRef *project);
/* Whether nothing is left to apply in it at the head of now. */
bool apply_is_settled(const ApplyCommand *self, const Project *project);

/* ------------------------------------------------------ what an apply asks */

/* Whether votes and policies of the host have to be read. */
bool apply_needs_review(const ApplyCommand *self);
/* A SlotWork; data is the ApplyCommand. A run of the commit that is checked out is RESULT_OK
 * afterwards when its plan may be applied, as far as the plan alone is asked. */
void apply_check_plan(const Ctx *ctx, guint index, gpointer data);
/* The first look at what projects require: who cannot be applied is told before others begin.
 * Fails as the store, git and the host do. */
bool apply_check_requirements(const Ctx *ctx, ApplyCommand *self, GError **error) MUST_CHECK;
/*
 * I2 once more, right before the effect: a project may have waited for hours behind others. Takes
 * the mutex; after a yes the run has its environment, after a no it says why.
 */
bool apply_may_begin(const Ctx *ctx, ApplyCommand *self, ProjectRun *run) MUST_CHECK;

/* -------------------------------------------------------- how an apply ends */

/* Nothing was applied: reason for the log, text for people. */
void apply_refuse(ApplyCommand *self, const char *reason, const char *text);
/* Projects (labels, of char *) that an apply of everything would pass over. */
void apply_end_stuck(ApplyCommand *self, const GPtrArray *stuck);
/* There is nothing to apply (I10). */
void apply_end_empty(const Ctx *ctx, ApplyCommand *self);
/* held as of store_locks_take(). */
void apply_end_locked(ApplyCommand *self, const GPtrArray *held);
void apply_end_hook_failed(ApplyCommand *self, const char *failure);
/* With what the runs say, and the statuses. Fails as the store does. */
bool apply_end(const Ctx *ctx, ApplyCommand *self, GError **error) MUST_CHECK;

/* Words of runs that did not come to their end, for apply_end(): */
void apply_tell_cancelled(const Ctx *ctx, ApplyCommand *self); /* what somebody stopped midway */
void apply_leave_rest(ApplyCommand *self);                     /* what was never begun */
/* Whether the state is still locked, of those that were interrupted. */
void apply_add_lock_facts(const Ctx *ctx, ApplyCommand *self);
