// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "model/pull.h"

/* Groups of people, kept for some minutes. Belongs to one thread. */
typedef struct _Teams Teams;

Teams *teams_new(void);
void teams_free(Teams *teams);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Teams, teams_free)

/*
 * Names of the actor's groups in the collection of the repository, through others too: each as
 * "[Project]\\Team" (Azure DevOps REST, Identities - Read Identities with
 * queryMembership=Expanded), and those of the repository's own project, of the organisation and of
 * "TEAM FOUNDATION" bare, too. An identity that is not known there is in none.
 */
bool teams_read(const Ctx *ctx, Teams *teams, Rest *rest, const Site *site, const PullRef *pull,
                const Actor *actor, GStrv *names, GError **error) MUST_CHECK;
