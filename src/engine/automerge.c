// SPDX-License-Identifier: Apache-2.0
#include "engine/automerge.h"

/* A project of the head is one that a plan found for it, or that was planned for it by name. */
static bool is_of_head(const Project *project, const char *head)
{
    return g_strcmp0(project->selected_head, head) == 0 || g_strcmp0(project->head, head) == 0;
}

static bool is_settled(const Project *project, const char *head)
{
    return g_strcmp0(project->head, head) == 0 &&
           (project->status == PROJECT_APPLIED || project->status == PROJECT_NO_CHANGES);
}

static bool is_everything_settled(const AutomergeFacts *facts)
{
    guint n = 0;

    for (guint i = 0; i < facts->projects->len; i++) {
        const Project *project = facts->projects->pdata[i];

        if (!is_of_head(project, facts->head))
            continue;
        if (!is_settled(project, facts->head))
            return false;
        n++;
    }
    return n > 0;
}

static bool has_label(const AutomergeFacts *facts)
{
    for (gsize i = 0; facts->labels && facts->labels[i]; i++)
        if (g_ascii_strcasecmp(facts->labels[i], facts->label_that_prevents) == 0)
            return true;
    return false;
}

bool automerge_decide(const AutomergeFacts *facts, const char **why_not)
{
    *why_not = NULL;
    if (!is_everything_settled(facts))
        return false;
    if (facts->args->auto_merge_disabled)
        *why_not = "Everything is applied. The pull request is not completed, as the comment asks.";
    else if (facts->label_that_prevents && has_label(facts))
        *why_not = "Everything is applied. The pull request is not completed, as a label asks.";
    return !*why_not;
}
