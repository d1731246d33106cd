// SPDX-License-Identifier: Apache-2.0
#include "model/pull.h"

static const char *const state_names[PULL_STATES] = {
    [PULL_ACTIVE] = "active",
    [PULL_ABANDONED] = "abandoned",
    [PULL_COMPLETED] = "completed",
};

const char *pull_state_name(PullState state)
{
    g_assert(state < PULL_STATES);
    return state_names[state];
}

void repo_ref_clear(RepoRef *repo)
{
    g_clear_pointer(&repo->host, g_free);
    g_clear_pointer(&repo->host_id, g_free);
    g_clear_pointer(&repo->locator, g_free);
    g_clear_pointer(&repo->full_name, g_free);
    g_clear_pointer(&repo->allow_name, g_free);
}

void repo_ref_copy(RepoRef *to, const RepoRef *from)
{
    to->host = g_strdup(from->host);
    to->host_id = g_strdup(from->host_id);
    to->locator = g_strdup(from->locator);
    to->full_name = g_strdup(from->full_name);
    to->allow_name = g_strdup(from->allow_name);
}

void pull_ref_clear(PullRef *pull)
{
    repo_ref_clear(&pull->repo);
    g_clear_pointer(&pull->url, g_free);
}

void pull_ref_copy(PullRef *to, const PullRef *from)
{
    repo_ref_copy(&to->repo, &from->repo);
    to->number = from->number;
    to->url = g_strdup(from->url);
}

void repo_ref_free(RepoRef *repo)
{
    repo_ref_clear(repo);
    g_free(repo);
}

void pull_ref_free(PullRef *pull)
{
    pull_ref_clear(pull);
    g_free(pull);
}

void actor_clear(Actor *actor)
{
    g_clear_pointer(&actor->id, g_free);
    g_clear_pointer(&actor->name, g_free);
    g_clear_pointer(&actor->login, g_free);
}

void actor_copy(Actor *to, const Actor *from)
{
    to->id = g_strdup(from->id);
    to->name = g_strdup(from->name);
    to->login = g_strdup(from->login);
}

void pull_facts_clear(PullFacts *facts)
{
    g_clear_pointer(&facts->title, g_free);
    actor_clear(&facts->author);
    g_clear_pointer(&facts->head_commit, g_free);
    g_clear_pointer(&facts->head_branch, g_free);
    g_clear_pointer(&facts->head_full_name, g_free);
    g_clear_pointer(&facts->base_branch, g_free);
    g_clear_pointer(&facts->base_clone_url, g_free);
    g_clear_pointer(&facts->head_clone_url, g_free);
}
