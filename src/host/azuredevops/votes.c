// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/votes.h"

#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum { VOTE_WITH_SUGGESTIONS = 5, VOTE_WAITING = -5 };

typedef struct {
    const json_t *reviewers;
    const char *author_id;
    GString *approvers, *refusers, *missing; /* names */
} Votes;

static gint64 vote_of(const json_t *reviewer)
{
    return js_get_int(reviewer, "vote", 0);
}

/* A group has the vote of its members, maybe the author's: only people count. */
static bool is_person(const json_t *reviewer)
{
    return !json_is_true(json_object_get(reviewer, "isContainer"));
}

bool vote_is_approval(const json_t *reviewer)
{
    return is_person(reviewer) && vote_of(reviewer) >= VOTE_WITH_SUGGESTIONS;
}

static bool is_author(const Votes *votes, const json_t *reviewer)
{
    g_autofree char *id = wire_guid(reviewer, "id");

    return id && g_strcmp0(id, votes->author_id) == 0;
}

static bool approves(const Votes *votes, const json_t *reviewer)
{
    return vote_is_approval(reviewer) && !is_author(votes, reviewer);
}

static bool votes_for(const json_t *reviewer, const char *group)
{
    const json_t *groups = json_object_get(reviewer, "votedFor");

    for (size_t i = 0; i < json_array_size(groups); i++) {
        g_autofree char *id = wire_guid(json_array_get(groups, i), "id");

        if (id && g_str_equal(id, group))
            return true;
    }
    return false;
}

static bool is_approved_for(const Votes *votes, const json_t *group)
{
    g_autofree char *id = wire_guid(group, "id");

    for (size_t i = 0; id && i < json_array_size(votes->reviewers); i++) {
        const json_t *reviewer = json_array_get(votes->reviewers, i);

        if (approves(votes, reviewer) && votes_for(reviewer, id))
            return true;
    }
    return false;
}

static bool has_required(const Votes *votes, const json_t *reviewer)
{
    return is_person(reviewer) ? vote_of(reviewer) >= VOTE_WITH_SUGGESTIONS
                               : is_approved_for(votes, reviewer);
}

static void append_name(GString *names, const json_t *reviewer)
{
    g_autofree char *name = wire_excerpt(js_get(reviewer, "displayName", "somebody"), 80);

    g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
}

static void count_vote(Votes *votes, const json_t *reviewer)
{
    if (is_person(reviewer) && vote_of(reviewer) <= VOTE_WAITING)
        append_name(votes->refusers, reviewer);
    if (approves(votes, reviewer))
        append_name(votes->approvers, reviewer);
    if (json_is_true(json_object_get(reviewer, "isRequired")) && !has_required(votes, reviewer))
        append_name(votes->missing, reviewer);
}

char *votes_why_not(const json_t *pull, const char *author_id)
{
    g_autoptr(GString) approvers = g_string_new(NULL), refusers = g_string_new(NULL),
                       missing = g_string_new(NULL);
    Votes votes = {
        .reviewers = json_object_get(pull, "reviewers"),
        .author_id = author_id,
        .approvers = approvers,
        .refusers = refusers,
        .missing = missing,
    };

    for (size_t i = 0; i < json_array_size(votes.reviewers); i++)
        count_vote(&votes, json_array_get(votes.reviewers, i));
    if (refusers->len)
        return g_strdup_printf("it is rejected, or waits for its author: %s", refusers->str);
    if (missing->len)
        return g_strdup_printf("a required reviewer has not approved: %s", missing->str);
    return approvers->len ? NULL : g_strdup("nobody but its author has approved");
}
