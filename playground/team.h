// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.h"

/*
 * Groups of people: reviewers by whom the members' votes count, and what people are in. A group is
 * made with its members and stays so, and may have older groups in it.
 */
struct _Team {
    User identity; /* what it is as a reviewer; nobody signs in as one */
    char *id, *name, *account, *descriptor;
    Project *project;
    GPtrArray *members; /* of borrowed User: people and identities of teams */
};

/* members is taken. */
Team *state_add_team(State *state, Project *project, const char *name, GPtrArray *members);
/* People and groups by GUID; NULL when there is none. */
const User *state_identity(const State *state, const char *id);

/* Through other groups, too. */
bool team_has(const Team *team, const User *user);

/* What a row counts: of a group what its members have voted, a veto before everything else. */
int reviewer_vote(const Pull *pull, const Reviewer *reviewer);
/* Whether that person's vote is counted for that group. */
bool reviewer_votes_for(const Reviewer *person, const Reviewer *group);

/* "Microsoft.TeamFoundation.Identity;…", of a person "Microsoft.IdentityModel.Claims…"; the caller
 * frees it. */
char *identity_descriptor(const User *user);

void team_free(gpointer team);
