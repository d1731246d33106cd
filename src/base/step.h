// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"

/*
 * The way of an event as a list of named steps, in order (docs/architecture.md draws it). Reaching
 * one is a debug line of the log. The crash test links another body of step_reached() that kills
 * the process at one of them: each must be a safe place to die.
 */
typedef enum {
    STEP_EVENT_RECEIVED, /* body complete, nothing decided */
    STEP_EVENT_PARSED,   /* authenticated and understood */
    STEP_EVENT_STORED,   /* committed, not answered */
    STEP_COMMAND_CLAIMED,
    STEP_PULL_READ,
    STEP_COMMITS_FETCHED,
    STEP_PROJECTS_SELECTED,
    STEP_LOCKS_TAKEN,
    STEP_CHECKED_OUT,
    STEP_INIT_DONE,
    STEP_PLAN_DONE,     /* plan file written, no record of it */
    STEP_PLAN_CHECKED,  /* of an apply: the record holds, not consumed */
    STEP_PLAN_CONSUMED, /* committed: from here on the apply is never repeated */
    STEP_APPLY_DONE,    /* terraform ended, not recorded */
    STEP_APPLY_RECORDED,
    STEP_LOCKS_RELEASED, /* of an unlock or a close: committed, not told */
    STEP_RESULTS_STORED, /* results and outbox committed */
    STEP_POST_CLAIMED,   /* an outbox item is about to be sent */
    STEP_POST_ANSWERED,  /* the host has it, we have not written that down */
    STEP_POST_STORED,
    STEP_PULLS_LISTED,  /* what is open was listed, nothing decided */
    STEP_MISSED_STORED, /* what no event told of was found, and is committed */
    STEP_HOOK_ENABLED,  /* a subscription sends again, what it missed was not read */
    STEPS,
} Step;

const char *step_name(Step step);
void step_reached(const Ctx *ctx, Step step);
