// SPDX-License-Identifier: Apache-2.0
#include "team.h"

void team_free(gpointer data)
{
    Team *team = data;

    g_free(team->id);
    g_free(team->name);
    g_free(team->account);
    g_free(team->descriptor);
    g_ptr_array_unref(team->members);
    g_free(team);
}

Team *state_add_team(State *state, Project *project, const char *name, GPtrArray *members)
{
    Team *team = g_new0(Team, 1);

    team->id = new_guid();
    team->name = g_strdup_printf("[%s]\\%s", project->name, name);
    team->account =
        g_strdup_printf("vstfs:///Classification/TeamProject/%s\\%s", project->id, name);
    team->descriptor =
        g_strdup_printf("Microsoft.TeamFoundation.Identity;S-1-9-1551374245-%u-0-0-0-1-%u",
                        g_str_hash(project->id), g_str_hash(team->id));
    team->project = project;
    team->members = members;
    team->identity =
        (User){ .id = team->id, .name = team->name, .account = team->account, .team = team };
    g_ptr_array_add(state->teams, team);
    return team;
}

const User *state_identity(const State *state, const char *id)
{
    const User *person = user_by_id(id);

    for (guint i = 0; !person && id && i < state->teams->len; i++) {
        const Team *team = state->teams->pdata[i];

        if (g_ascii_strcasecmp(team->id, id) == 0)
            return &team->identity;
    }
    return person;
}

bool team_has(const Team *team, const User *user)
{
    for (guint i = 0; i < team->members->len; i++) {
        const User *member = team->members->pdata[i];

        if (member == user || (member->team && team_has(member->team, user)))
            return true;
    }
    return false;
}

bool reviewer_votes_for(const Reviewer *person, const Reviewer *group)
{
    return !person->user->team && group->user->team && person->vote != 0 &&
           team_has(group->user->team, person->user);
}

int reviewer_vote(const Pull *pull, const Reviewer *reviewer)
{
    int best = 0, worst = 0;

    if (!reviewer->user->team)
        return reviewer->vote;
    for (guint i = 0; i < pull->reviewers->len; i++) {
        const Reviewer *person = pull->reviewers->pdata[i];

        if (!reviewer_votes_for(person, reviewer))
            continue;
        best = MAX(best, person->vote);
        worst = MIN(worst, person->vote);
    }
    return worst < 0 ? worst : best;
}

char *identity_descriptor(const User *user)
{
    return user->team
               ? g_strdup(user->team->descriptor)
               : g_strdup_printf("Microsoft.IdentityModel.Claims.ClaimsIdentity;playground\\%s",
                                 user->account);
}
