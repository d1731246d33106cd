// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "intake/intake.h"

/*
 * Whether the host shows something that no event told of. Pure: what the host says now, beside what
 * the store knows.
 */
typedef struct _MissedRules MissedRules;
struct _MissedRules {
    gint64 now;
    gint64 first_start; /* of this database: what was before is not ours */
    bool plans_drafts;
};

/*
 * An open pull request wants an automatic plan: its head or base branch is neither queued nor
 * planned. One that no automatic plan was ever offered to has to be younger than the server and
 * than a week: who comes to a house full of open pull requests does not plan them all.
 */
bool missed_plan(const MissedRules *rules, const Event *seen, const KnownPull *known);

/* Comments before are not looked at. */
gint64 missed_comments_since(const MissedRules *rules);

/*
 * What a comment asks for that is found late. When it is young, and nothing was asked for since, it
 * is done as if it had come in time. Otherwise what was to be applied, released or approved may not
 * be any more what its author saw: then commands are answered with the request to give them again,
 * but for those that change nothing (plan, version, help).
 */
void missed_comment_judge(const MissedRules *rules, const Event *comment, const KnownPull *known,
                          IntakePlan *plan);
