// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/pull.h"

#include <string.h>

#include "host/azuredevops/wire.h"
#include "sys/js.h"

char *azuredevops_pull_url(const Site *site, const PullRef *pull, const char *leaf, GError **error)
{
    g_auto(Place) place = { 0 };
    g_autofree char *repo = NULL;

    if (!place_parse(pull->repo.locator, &place, error))
        return NULL;
    repo = site_api_url(site, &place);
    return g_strdup_printf("%s/pullRequests/%" G_GINT64_FORMAT "%s%s", repo, pull->number,
                           leaf ? "/" : "", leaf ? leaf : "");
}

static bool get(const Ctx *ctx, Rest *rest, const char *what, const char *url, RestReply *reply,
                GError **error)
{
    const RestCall call = { .what = what, .method = "GET", .url = url };

    return url && rest_call(ctx, rest, &call, reply, error);
}

static bool is_same_name(const char *a, const char *b)
{
    g_autofree char *folded_a = g_utf8_casefold(a, -1);
    g_autofree char *folded_b = g_utf8_casefold(b, -1);

    return g_str_equal(folded_a, folded_b);
}

/*
 * The allowlist was asked about the names of an event, and what is read here was found by the ids
 * of that event: they must be of one repository, or somebody else's could be passed off as it. Of
 * one that is closed nothing is run, and that it is has to be seen under whatever name.
 */
static bool check_name(const PullRef *pull, const json_t *repo, bool is_open, GError **error)
{
    const char *project = js_get(json_object_get(repo, "project"), "name", NULL);
    const char *name = js_get(repo, "name", NULL);
    g_auto(GStrv) parts = g_strsplit(pull->repo.full_name, "/", -1);
    guint count = g_strv_length(parts);

    if (!project || !name)
        return hadal_throw(error, HADAL_ERROR_FAILED, "the answer does not name the repository");
    if (count < 2 || (is_open && (!is_same_name(parts[count - 1], name) ||
                                  !is_same_name(parts[count - 2], project))))
        return hadal_throw(error, HADAL_ERROR_CONFLICT,
                           "its repository is now called %.80s/%.80s: give the command again",
                           project, name);
    return true;
}

/* The branch's name in the repository it is in: a fork's is told apart from what it is seen as. */
static char *head_branch(const json_t *pull)
{
    char *branch = wire_branch(pull, "sourceRefName");

    if (!branch)
        branch = wire_branch(json_object_get(pull, "forkSource"), "name");
    return branch ? branch : g_strdup(js_get(pull, "sourceRefName", ""));
}

/* "org/project/repo" of the fork, which is in the collection that the base is in. */
static char *fork_name(const PullRef *base, const json_t *repo)
{
    g_auto(GStrv) parts = g_strsplit(base->repo.full_name, "/", -1);
    guint n_parts = g_strv_length(parts); /* check_name() wants two */
    const char *project = js_get(json_object_get(repo, "project"), "name", NULL);
    const char *name = js_get(repo, "name", NULL);

    if (!project || !name)
        return NULL;
    g_free(parts[n_parts - 2]);
    parts[n_parts - 2] = g_strdup(project);
    g_free(parts[n_parts - 1]);
    parts[n_parts - 1] = g_strdup(name);
    return g_strjoinv("/", parts);
}

static bool read_fork(const Site *site, const PullRef *ref, const Place *base, const json_t *pull,
                      PullFacts *facts, GError **error)
{
    const json_t *fork = json_object_get(pull, "forkSource");
    const json_t *repo = json_object_get(fork, "repository");
    g_auto(Place) place = { 0 };

    facts->is_fork = json_is_object(fork);
    if (!facts->is_fork) {
        facts->head_clone_url = site_clone_url(site, base);
        return true;
    }
    place.collection = g_strdup(base->collection);
    place.project = wire_guid(json_object_get(repo, "project"), "id");
    place.repo = wire_guid(repo, "id");
    if (!place.project || !place.repo)
        return hadal_throw(error, HADAL_ERROR_FAILED,
                           "the answer does not say which fork it is of");
    facts->head_full_name = fork_name(ref, repo);
    facts->head_clone_url = site_clone_url(site, &place);
    return true;
}

static bool read_answer(const Site *site, const PullRef *ref, const json_t *pull, PullFacts *facts,
                        GError **error)
{
    g_auto(Place) place = { 0 };

    if (!place_parse(ref->repo.locator, &place, error))
        return false;
    if (!wire_pull_state(pull, &facts->state))
        return hadal_throw(error, HADAL_ERROR_FAILED, "the answer does not tell its state");
    if (!check_name(ref, json_object_get(pull, "repository"), facts->state == PULL_ACTIVE, error))
        return false;
    facts->is_draft = json_is_true(json_object_get(pull, "isDraft"));
    facts->title = g_strdup(js_get(pull, "title", ""));
    facts->head_branch = head_branch(pull);
    facts->base_branch = wire_branch(pull, "targetRefName");
    facts->base_clone_url = site_clone_url(site, &place);
    if (!wire_actor(pull, "createdBy", &facts->author))
        return hadal_throw(error, HADAL_ERROR_FAILED, "the answer does not tell its author");
    if (!facts->base_branch)
        return hadal_throw(error, HADAL_ERROR_FAILED, "its target is not a branch");
    return read_fork(site, ref, &place, pull, facts, error);
}

/* The list is in order as far as anybody has seen, and nobody says that it must be. */
const json_t *azuredevops_newest_iteration(const json_t *list)
{
    const json_t *all = json_object_get(list, "value"), *newest = NULL;

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);

        if (wire_id(one, "id") > wire_id(newest, "id"))
            newest = one;
    }
    return newest;
}

/* The pull request's own lastMergeSourceCommit lags behind a push until the merge was tried. */
static bool read_head(const Ctx *ctx, Rest *rest, const char *url, const json_t *pull,
                      PullFacts *facts, GError **error)
{
    g_auto(RestReply) reply = { 0 };
    const json_t *newest;

    if (!json_is_false(json_object_get(pull, "supportsIterations")) &&
        !get(ctx, rest, "get iterations", url, &reply, error))
        return false;
    newest = azuredevops_newest_iteration(reply.json);
    facts->iteration = wire_id(newest, "id");
    facts->head_commit = newest ? wire_commit(newest, "sourceRefCommit")
                                : wire_commit(pull, "lastMergeSourceCommit");
    if (!facts->head_commit)
        return hadal_throw(error, HADAL_ERROR_FAILED, "the answer does not tell its head commit");
    return true;
}

bool azuredevops_pull_read(const Ctx *ctx, Rest *rest, const Site *site, const PullRef *pull,
                           PullFacts *facts, GError **error)
{
    g_auto(PullFacts) found = { 0 };
    g_auto(RestReply) reply = { 0 };
    g_autofree char *url = azuredevops_pull_url(site, pull, NULL, error);
    g_autofree char *iterations = url ? g_strdup_printf("%s/iterations", url) : NULL;

    if (!get(ctx, rest, "get pull request", url, &reply, error) ||
        !read_answer(site, pull, reply.json, &found, error) ||
        !read_head(ctx, rest, iterations, reply.json, &found, error))
        return false;
    *facts = found;
    found = (PullFacts){ 0 };
    return true;
}
