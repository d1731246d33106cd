// SPDX-License-Identifier: Apache-2.0
#include "rest.h"

#include <string.h>

#include "policy.h"
#include "pull.h"
#include "sys/js.h"
#include "team.h"

enum { PAGE = 101, MAX_TITLE = 400, MAX_DESCRIPTION = 4000 };

typedef struct _Search Search;
struct _Search {
    int state;
    char *target, *source, *author, *reviewer, *repo, *source_repo;
};

static void search_clear(Search *search)
{
    g_free(search->target);
    g_free(search->source);
    g_free(search->author);
    g_free(search->reviewer);
    g_free(search->repo);
    g_free(search->source_repo);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

static void read_search(const Call *call, Search *search)
{
    g_autofree char *state = call_query(call, "searchCriteria.status");

    search->state = state ? enum_parse(state, pull_state_names, PULL_STATES) : PULL_ACTIVE;
    search->target = call_query(call, "searchCriteria.targetRefName");
    search->source = call_query(call, "searchCriteria.sourceRefName");
    search->author = call_query(call, "searchCriteria.creatorId");
    search->reviewer = call_query(call, "searchCriteria.reviewerId");
    search->repo = call_query(call, "searchCriteria.repositoryId");
    search->source_repo = call_query(call, "searchCriteria.sourceRepositoryId");
}

static bool is_id(const char *wanted, const char *id)
{
    return !wanted || g_ascii_strcasecmp(wanted, id) == 0;
}

static bool has_reviewer(const Call *call, const Pull *pull, const char *id)
{
    const User *user = state_identity(call->state, id);

    return user && pull_reviewer(pull, user);
}

static bool is_found(const Call *call, const Search *search, const Pull *pull)
{
    if (call->repo && pull->repo != call->repo)
        return false;
    if (call->project && pull->repo->project != call->project)
        return false;
    if (search->state != PULL_ALL && search->state != (int)pull->state)
        return false;
    return is_id(search->target, pull->target_ref) && is_id(search->source, pull->source_ref) &&
           is_id(search->author, pull->author->id) && is_id(search->repo, pull->repo->id) &&
           is_id(search->source_repo, pull->source_repo->id) &&
           (!search->reviewer || has_reviewer(call, pull, search->reviewer));
}

static void set_labels(const Call *call, const Pull *pull, json_t *object)
{
    json_t *array = json_array();

    for (guint i = 0; i < pull->labels->len; i++)
        json_array_append_new(array, wire_label(call->state, pull, pull->labels->pdata[i]));
    json_object_set_new(object, "labels", array);
}

/* Newest first. */
json_t *rest_pulls(Call *call)
{
    g_auto(Search) search = { 0 };
    int skip = call_query_int(call, "$skip", 0);
    int top = call_query_int(call, "$top", PAGE);
    json_t *array;

    read_search(call, &search);
    if (search.state < 0)
        return call_refuse(call, REFUSE_ARGUMENT, "searchCriteria.status is not a status.");
    array = json_array();
    for (guint i = call->state->pulls->len; i > 0; i--) {
        const Pull *pull = call->state->pulls->pdata[i - 1];
        json_t *object;

        if (!is_found(call, &search, pull) || skip-- > 0)
            continue;
        if (top-- <= 0)
            break;
        object = wire_pull(call->state, pull, PULL_FORM_LIST);
        if (call_query_bool(call, "includeLabels"))
            set_labels(call, pull, object);
        json_array_append_new(array, object);
    }
    return wire_list(array);
}

json_t *rest_pull(Call *call)
{
    pull_looked_at(call->state, call->pull);
    return wire_pull(call->state, call->pull, call->repo ? PULL_FORM_REPO : PULL_FORM_ORG);
}

static json_t *check_texts(Call *call, const char *title, const char *description)
{
    if (title && (!*title || g_utf8_strlen(title, -1) > MAX_TITLE))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "Invalid pull request title. It has to have 1 to %d characters.",
                           MAX_TITLE);
    if (description && g_utf8_strlen(description, -1) > MAX_DESCRIPTION)
        return call_refuse(call, REFUSE_ARGUMENT,
                           "Invalid pull request description. It has to have at most %d "
                           "characters.",
                           MAX_DESCRIPTION);
    return NULL;
}

/* The repository a forkSource names; the target's own when there is none, NULL for a wrong one. */
static Repo *source_repo(const Call *call)
{
    const json_t *fork = call_member(call->body, "forkSource");
    const json_t *repo = fork ? call_member(fork, "repository") : NULL;
    const char *id = repo ? json_string_value(call_member(repo, "id")) : NULL;

    if (!fork)
        return call->repo;
    return id ? state_repo(call->state, NULL, id) : NULL;
}

static json_t *add_reviewers(Call *call, Pull *pull)
{
    const json_t *list = call_member(call->body, "reviewers");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *id = json_string_value(call_member(entry, "id"));
        const User *user = state_identity(call->state, id);

        if (!user)
            return call_refuse(call, REFUSE_NO_IDENTITY, "The identity %s could not be found.",
                               id ? id : "");
        pull_set_reviewer(call->state, pull, user, json_is_true(call_member(entry, "isRequired")),
                          call->user);
    }
    return NULL;
}

json_t *rest_pull_create(Call *call)
{
    g_autoptr(GError) error = NULL;
    const PullSpec spec = {
        .repo = call->repo,
        .source_repo = source_repo(call),
        .source_ref = call_text(call, "sourceRefName"),
        .target_ref = call_text(call, "targetRefName"),
        .title = call_text(call, "title"),
        .description = call_text(call, "description"),
        .draft = json_is_true(call_member(call->body, "isDraft")),
        .author = call->user,
    };
    json_t *refusal, *answer;
    Pull *pull;

    if (!spec.source_ref || !spec.target_ref || !spec.title || !spec.source_repo ||
        !g_str_has_prefix(spec.source_ref, "refs/heads/") ||
        !g_str_has_prefix(spec.target_ref, "refs/heads/"))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "A pull request needs a title, a source and a target branch.");
    refusal = check_texts(call, spec.title, spec.description);
    if (refusal)
        return refusal;
    pull = pull_open(call->state, &spec, &error);
    if (!pull && error->code == HADAL_ERROR_CONFLICT)
        return call_refuse(call, REFUSE_PULL_EXISTS, "%s", error->message);
    if (!pull)
        return call_fail(call, error);
    refusal = add_reviewers(call, pull);
    if (refusal)
        return refusal;
    call->status = 201;
    answer = wire_pull(call->state, pull, PULL_FORM_REPO);
    set_labels(call, pull, answer);
    return answer;
}

/* What may be changed; everything else the service ignores or refuses. */
static const char *const changeable[] = { "status",
                                          "title",
                                          "description",
                                          "isDraft",
                                          "targetRefName",
                                          "completionOptions",
                                          "mergeOptions",
                                          "autoCompleteSetBy",
                                          "lastMergeSourceCommit" };

static const char *unchangeable(const json_t *body)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)body, key, value)
    {
        bool known = false;

        for (gsize i = 0; i < G_N_ELEMENTS(changeable); i++)
            known = known || g_ascii_strcasecmp(changeable[i], key) == 0;
        if (!known)
            return key;
    }
    return NULL;
}

static json_t *named_strategy(json_t *options)
{
    MergeStrategy strategy = pull_strategy(options);

    if (json_object_get(options, "mergeStrategy"))
        js_set(options, "mergeStrategy", strategy_names[strategy]);
    return options;
}

static bool is_stale(const Call *call)
{
    const json_t *commit = call_member(call->body, "lastMergeSourceCommit");
    const char *id = commit ? json_string_value(call_member(commit, "commitId")) : NULL;

    /* Noughts count as none given: a client that sends them has no guard at all. */
    return id && !g_str_equal(id, GIT_ZERO) && !g_str_equal(id, call->pull->source_commit);
}

static json_t *complete(Call *call)
{
    Pull *pull = call->pull;
    json_t *options = call_member(call->body, "completionOptions");
    const json_t *effective = options ? options : pull->completion_options;
    const Policy *unmet;

    if (pull->state != PULL_ACTIVE || pull->draft)
        return call_refuse(call, REFUSE_PULL_UPDATE,
                           "TF401181: The pull request cannot be edited due to its state.");
    if (!call_member(call->body, "lastMergeSourceCommit"))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "Completing a pull request needs its lastMergeSourceCommit.");
    if (is_stale(call))
        return call_refuse(call, REFUSE_STALE,
                           "TF401192: The source branch has been modified "
                           "since the last merge attempt.");
    if (json_is_true(json_object_get(effective, "bypassPolicy")))
        return call_refuse(call, REFUSE_PERMISSION,
                           "TF401027: You need the Git 'PullRequestBypassPolicy' permission to "
                           "perform this action. Details: identity '%s', scope 'repository'.",
                           call->user->account);
    unmet = policy_unmet(call->state, pull, pull_strategy(effective));
    if (unmet)
        return call_refuse(call, REFUSE_POLICY,
                           "The pull request cannot be completed because required policies are not "
                           "satisfied: %s.",
                           unmet->type->name);
    pull_complete(call->state, pull,
                  effective ? named_strategy(json_deep_copy(effective)) : json_object(),
                  call->user);
    return NULL;
}

static json_t *set_state(Call *call)
{
    const json_t *value = call_member(call->body, "status");
    g_autoptr(GError) error = NULL;
    int state;

    if (!value)
        return NULL;
    state = enum_read(value, pull_state_names, PULL_STATES);
    if (state == PULL_COMPLETED)
        return complete(call);
    if (state == PULL_ABANDONED && call->pull->state == PULL_ACTIVE) {
        pull_abandon(call->state, call->pull, call->user);
        return NULL;
    }
    if (state == PULL_ACTIVE && call->pull->state == PULL_ABANDONED)
        return pull_reactivate(call->state, call->pull, call->user, &error)
                   ? NULL
                   : call_refuse(call, REFUSE_PULL_EXISTS, "%s", error->message);
    if (state == (int)call->pull->state)
        return NULL;
    return call_refuse(call, REFUSE_PULL_UPDATE,
                       "TF401181: The pull request cannot be edited due to its state.");
}

static json_t *set_auto_complete(Call *call)
{
    const json_t *setter = call_member(call->body, "autoCompleteSetBy");
    const char *id = setter ? json_string_value(call_member(setter, "id")) : NULL;

    if (!setter)
        return NULL;
    if (g_strcmp0(id, "00000000-0000-0000-0000-000000000000") == 0) {
        call->pull->auto_complete = NULL;
        return NULL;
    }
    if (!id || g_ascii_strcasecmp(id, call->user->id) != 0 || call->pull->draft)
        return call_refuse(call, REFUSE_ARGUMENT,
                           "Auto-complete can only be set by the caller, and not on a draft.");
    call->pull->auto_complete = call->user;
    return NULL;
}

static json_t *set_texts(Call *call)
{
    const char *title = call_text(call, "title");
    const char *description = call_text(call, "description");
    json_t *refusal = check_texts(call, title, description);

    if (!refusal && (title || description))
        pull_set_texts(call->state, call->pull, title, description, call->user);
    return refusal;
}

static json_t *set_target(Call *call)
{
    const char *target = call_text(call, "targetRefName");
    g_autoptr(GError) error = NULL;

    if (!target || pull_retarget(call->state, call->pull, target, call->user, &error))
        return NULL;
    return call_fail(call, error);
}

static json_t *set_rest(Call *call)
{
    const json_t *draft = call_member(call->body, "isDraft");
    json_t *options = call_member(call->body, "completionOptions");

    if (draft && json_is_true(draft) != call->pull->draft)
        pull_set_draft(call->state, call->pull, json_is_true(draft), call->user);
    if (options && !call_member(call->body, "status")) {
        json_decref(call->pull->completion_options);
        call->pull->completion_options = named_strategy(json_deep_copy(options));
    }
    return set_auto_complete(call);
}

json_t *rest_pull_update(Call *call)
{
    const char *wrong = unchangeable(call->body);
    json_t *refusal;

    if (wrong || !json_is_object(call->body))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "The property %s of a pull request cannot be updated.",
                           wrong ? wrong : "");
    if (call->pull->state == PULL_COMPLETED)
        return call_refuse(call, REFUSE_PULL_UPDATE,
                           "TF401181: The pull request cannot be edited due to its state.");
    refusal = set_state(call);
    if (!refusal)
        refusal = set_texts(call);
    if (!refusal)
        refusal = set_target(call);
    if (!refusal)
        refusal = set_rest(call);
    return refusal ? refusal : wire_pull(call->state, call->pull, PULL_FORM_REPO);
}

json_t *rest_pull_commits(Call *call)
{
    const Iteration *last = pull_last_iteration(call->pull);
    g_autofree char *range = g_strdup_printf("%s..%s", last->base, last->source);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) log =
        git_log(call->pull->repo->dir, range, 0, call_query_int(call, "$top", 100), &error);
    json_t *array;

    if (!log)
        return call_fail(call, error);
    array = json_array();
    for (guint i = 0; i < log->len; i++)
        json_array_append_new(array, wire_commit(call->state, call->pull->repo, log->pdata[i]));
    return wire_list(array);
}

static json_t *pulls_of_commit(Call *call, const char *commit, bool merges)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->state->pulls->len; i++) {
        const Pull *pull = call->state->pulls->pdata[i];
        bool hit = merges ? g_strcmp0(pull->merge_commit, commit) == 0
                          : g_str_equal(pull->source_commit, commit);

        if (pull->repo == call->repo && hit)
            json_array_append_new(array, wire_pull(call->state, pull, PULL_FORM_LIST));
    }
    return array;
}

json_t *rest_pull_query(Call *call)
{
    const json_t *queries = call_member(call->body, "queries");
    json_t *answer = json_object();
    json_t *results = json_array();

    for (size_t i = 0; i < json_array_size(queries); i++) {
        const json_t *query = json_array_get(queries, i);
        const json_t *items = call_member(query, "items");
        const char *type = json_string_value(call_member(query, "type"));
        bool merges = type && g_ascii_strcasecmp(type, "lastMergeCommit") == 0;
        json_t *result = json_object();

        for (size_t j = 0; j < json_array_size(items); j++) {
            const char *commit = json_string_value(json_array_get(items, j));
            json_t *found = pulls_of_commit(call, commit ? commit : "", merges);

            if (json_array_size(found) > 0)
                json_object_set(result, commit, found);
            json_decref(found);
        }
        json_array_append_new(results, result);
    }
    if (queries)
        json_object_set(answer, "queries", (json_t *)queries);
    json_object_set_new(answer, "results", results);
    return answer;
}

json_t *rest_pull_work_items(Call *call)
{
    (void)call;
    return wire_list(json_array());
}
