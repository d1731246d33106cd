// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "config/workflow.h"

/* What people see of what the operator's programs print, and what multivalued output means. Pure.
 */

/* Whether some rule takes text away: then nothing unfiltered may be kept anywhere. */
bool step_output_is_filtered(const GPtrArray *rules);

/*
 * text after the rules, in their order; hiding comes last, and only when the step did not fail.
 * Text whose filter would take too long is withheld, and a sentence says so. The caller frees it.
 */
char *step_output_filter(const GPtrArray *rules, const char *text, bool has_failed);

/* Takes colours, cursor movements and titles of terminals (ECMA-48 control sequences) out. */
void step_output_strip(GString *text);

/*
 * Output of a multienv step: "k=v" joined by commas, values bare, in double quotes (backslash
 * before a quote or a backslash) or in single quotes. Adds the pairs to *env and their names to
 * names (of char *, owned by the caller). INVALID says where it is not that; *env is then
 * unchanged.
 */
bool step_output_multienv(const char *text, GStrv *env, GPtrArray *names, GError **error)
    MUST_CHECK;
