// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "engine/policy_rules.h"

/* conftest, run for one policy set. Borrowed. */
typedef struct _ConftestSpec ConftestSpec;
struct _ConftestSpec {
    const char *version;           /* of policies.conftest_version; NULL: none */
    const char *dir;               /* of the project */
    const char *const *env;        /* of its steps; PATH in it is where conftest is looked for */
    const char *const *extra_args; /* of the step; each may be several words */
    const char *show_file;         /* the plan as JSON */
    const char *config_file;       /* where an empty configuration is put, away from the checkout:
                                      one that lies in the project would decide what is tested */
    int log_fd;
    gint64 timeout_ms, grace_ms;
};

/*
 * "conftest test -p PATH SHOWFILE --no-color EXTRA". Path and extra arguments are split as in a
 * shell, then $NAME in a word is the environment's value; a word of which nothing is left goes. A
 * check that could not be made is a result that failed and says why; the only error is CANCELLED.
 */
PolicyResult *conftest_run(const Ctx *ctx, const ConftestSpec *spec, const PolicySet *set,
                           GError **error) MUST_CHECK;
