// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "model/command.h"

/* May a command go on, by what the host says of its pull request now? Pure. */
typedef enum {
    GATE_GO,
    GATE_SKIP,   /* nothing to do and nothing to say */
    GATE_REFUSE, /* the person who asked is told why */
} GateKind;

typedef struct _Gate Gate;
struct _Gate {
    GateKind kind;
    const char *reason;  /* static text; NULL for GATE_GO */
    bool forgets_queued; /* a later event of the same head shall plan it */
};

/* One that was cancelled goes no further, whatever else holds. */
Gate gate_check(const Settings *settings, const Command *command, const PullFacts *facts);

/* Whether the server's rules serve pull requests into that branch; elsewhere it says nothing, as if
 * it were not there. Pure. */
Gate gate_check_branch(const Command *command, const RepoRules *rules, const PullFacts *facts);
