// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/votes.h"

#include <string.h>

#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum { VOTE_WITH_SUGGESTIONS = 5, VOTE_WAITING = -5 };

typedef struct {
    const json_t *reviewers;
    const char *author_id;
    GHashTable *uncounted; /* as votes_uncounted() has it, borrowed; NULL: none */
    GString *approvers, *refusers, *missing, *uncounted_names;
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

/* NULL: it counts. */
static const char *why_uncounted(const Votes *votes, const json_t *reviewer)
{
    g_autofree char *id = wire_guid(reviewer, "id");

    return votes->uncounted && id && vote_is_approval(reviewer)
               ? g_hash_table_lookup(votes->uncounted, id)
               : NULL;
}

static bool approves(const Votes *votes, const json_t *reviewer)
{
    return vote_is_approval(reviewer) && !is_author(votes, reviewer) &&
           !why_uncounted(votes, reviewer);
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
    return is_person(reviewer) ? vote_is_approval(reviewer) && !why_uncounted(votes, reviewer)
                               : is_approved_for(votes, reviewer);
}

static void append_name(const Votes *votes, GString *names, const json_t *reviewer)
{
    g_autofree char *name = wire_excerpt(js_get(reviewer, "displayName", "somebody"), 80);
    const char *why = why_uncounted(votes, reviewer);

    g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
    if (why)
        g_string_append_printf(names, " (%s)", why);
}

static void count_vote(Votes *votes, const json_t *reviewer)
{
    if (is_person(reviewer) && vote_of(reviewer) <= VOTE_WAITING)
        append_name(votes, votes->refusers, reviewer);
    if (approves(votes, reviewer))
        append_name(votes, votes->approvers, reviewer);
    if (json_is_true(json_object_get(reviewer, "isRequired")) && !has_required(votes, reviewer))
        append_name(votes, votes->missing, reviewer);
    if (why_uncounted(votes, reviewer) && !is_author(votes, reviewer))
        append_name(votes, votes->uncounted_names, reviewer);
}

static char *nobody_text(const Votes *votes)
{
    if (votes->approvers->len)
        return NULL;
    return votes->uncounted_names->len
               ? g_strdup_printf("nobody else has approved what was pushed last: %s",
                                 votes->uncounted_names->str)
               : g_strdup("nobody but its author has approved");
}

char *votes_why_not(const json_t *pull, const char *author_id, GHashTable *uncounted)
{
    g_autoptr(GString) approvers = g_string_new(NULL), refusers = g_string_new(NULL),
                       missing = g_string_new(NULL), names = g_string_new(NULL);
    Votes votes = {
        .reviewers = json_object_get(pull, "reviewers"),
        .author_id = author_id,
        .uncounted = uncounted,
        .approvers = approvers,
        .refusers = refusers,
        .missing = missing,
        .uncounted_names = names,
    };

    for (size_t i = 0; i < json_array_size(votes.reviewers); i++)
        count_vote(&votes, json_array_get(votes.reviewers, i));
    if (refusers->len)
        return g_strdup_printf("it is rejected, or waits for its author: %s", refusers->str);
    if (missing->len)
        return g_strdup_printf("a required reviewer has not approved: %s", missing->str);
    return nobody_text(&votes);
}

/* -------------------------------------------------------- of which commit they are */

static GDateTime *time_of(const json_t *object, const char *key)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    return g_date_time_new_from_iso8601(js_get(object, key, ""), utc);
}

static const char *property(const json_t *thread, const char *name)
{
    const json_t *properties = json_object_get(thread, "properties");

    return js_get(json_object_get(properties, name), "$value", "");
}

/* Some versions have ids there without dashes. */
static char *plain_id(const char *text)
{
    g_autoptr(GString) id = g_string_new(text);

    g_string_replace(id, "-", "", 0);
    g_string_ascii_down(id);
    return g_string_free(g_steal_pointer(&id), FALSE);
}

/* The thread that the service writes of a vote names who by an entry of its identities, or by id;
 * NULL for a thread of something else. */
static char *approver_of(const json_t *thread)
{
    const char *entry = property(thread, "CodeReviewVotedByIdentity");
    const json_t *identity = json_object_get(json_object_get(thread, "identities"), entry);
    const char *id = js_get(identity, "id", property(thread, "CodeReviewVotedByTfId"));

    if (!g_str_equal(property(thread, "CodeReviewThreadType"), "VoteUpdate") ||
        g_ascii_strtoll(property(thread, "CodeReviewVoteResult"), NULL, 10) < VOTE_WITH_SUGGESTIONS)
        return NULL;
    return plain_id(id);
}

static bool is_after(const json_t *thread, GDateTime *pushed)
{
    g_autoptr(GDateTime) voted = time_of(thread, "publishedDate");

    return voted && pushed && g_date_time_compare(voted, pushed) > 0;
}

static GHashTable *approvers_since(const json_t *threads, GDateTime *pushed)
{
    GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (size_t i = 0; i < json_array_size(threads); i++) {
        const json_t *thread = json_array_get(threads, i);
        char *id = is_after(thread, pushed) ? approver_of(thread) : NULL;

        if (id)
            g_hash_table_add(ids, id);
    }
    return ids;
}

GHashTable *votes_uncounted(const json_t *pull, const json_t *iteration, const json_t *threads)
{
    GHashTable *uncounted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const json_t *reviewers = json_object_get(pull, "reviewers");
    g_autofree char *pusher = wire_guid(json_object_get(iteration, "author"), "id");
    g_autoptr(GDateTime) pushed = time_of(iteration, "createdDate");
    g_autoptr(GHashTable) since = approvers_since(threads, pushed);
    const bool is_only = wire_id(iteration, "id") == 1;

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        char *id = wire_guid(json_array_get(reviewers, i), "id");
        g_autofree char *plain = plain_id(id ? id : "");

        if (g_strcmp0(id, pusher) == 0 && id)
            g_hash_table_insert(uncounted, id, (gpointer) "who pushed it");
        else if (!is_only && id && !g_hash_table_contains(since, plain))
            g_hash_table_insert(uncounted, id, (gpointer) "only what was there before");
        else
            g_free(id);
    }
    return uncounted;
}
