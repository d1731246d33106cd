// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <string.h>

#include "sys/js.h"
#include "team.h"

const char *const evaluation_names[EVALUATIONS] = { "queued",   "running",       "approved",
                                                    "rejected", "notApplicable", "broken" };

static bool setting(const Policy *policy, const char *key)
{
    return json_is_true(json_object_get(policy->settings, key));
}

const Status *policy_newest_status(const Pull *pull, const char *genre, const char *name,
                                   const char *author_id, int iteration)
{
    for (guint i = pull->statuses->len; i > 0; i--) {
        const Status *status = pull->statuses->pdata[i - 1];

        if (g_strcmp0(status->genre ? status->genre : "", genre) != 0 ||
            g_strcmp0(status->name, name) != 0)
            continue;
        if (author_id && g_ascii_strcasecmp(status->author->id, author_id) != 0)
            continue;
        if (iteration && status->iteration != iteration)
            continue;
        return status;
    }
    return NULL;
}

static Evaluation evaluate_status(const Policy *policy, const Pull *pull)
{
    const Status *status = policy_newest_status(
        pull, js_get(policy->settings, "statusGenre", ""),
        js_get(policy->settings, "statusName", ""), js_get(policy->settings, "authorId", NULL),
        setting(policy, "invalidateOnSourceUpdate") ? (int)pull->iterations->len : 0);

    if (!status)
        return json_integer_value(json_object_get(policy->settings, "policyApplicability")) == 1
                   ? EVALUATION_NOT_APPLICABLE
                   : EVALUATION_QUEUED;
    switch (status->state) {
    case STATUS_SUCCEEDED:
    case STATUS_NOT_APPLICABLE:
        return EVALUATION_APPROVED;
    case STATUS_FAILED:
    case STATUS_ERROR:
        return EVALUATION_REJECTED;
    default:
        return EVALUATION_QUEUED;
    }
}

static Evaluation evaluate_reviewers(const Policy *policy, const Pull *pull)
{
    int approvals = 0;

    for (guint i = 0; i < pull->reviewers->len; i++) {
        const Reviewer *reviewer = pull->reviewers->pdata[i];

        if (reviewer->user->team)
            continue;
        if (reviewer->vote == -10 && !setting(policy, "allowDownvotes"))
            return EVALUATION_REJECTED;
        if (reviewer->user == pull->author && !setting(policy, "creatorVoteCounts"))
            continue;
        approvals += reviewer->vote >= 5;
    }
    return approvals >=
                   json_integer_value(json_object_get(policy->settings, "minimumApproverCount"))
               ? EVALUATION_APPROVED
               : EVALUATION_QUEUED;
}

/* By somebody else than the author, for himself or for his group. */
static bool is_approved_by(const Pull *pull, const char *id)
{
    for (guint i = 0; i < pull->reviewers->len; i++) {
        const Reviewer *wanted = pull->reviewers->pdata[i];

        if (g_ascii_strcasecmp(wanted->user->id, id) != 0)
            continue;
        for (guint j = 0; j < pull->reviewers->len; j++) {
            const Reviewer *person = pull->reviewers->pdata[j];

            if (person->vote >= 5 && person->user != pull->author &&
                (person == wanted || reviewer_votes_for(person, wanted)))
                return true;
        }
    }
    return false;
}

/* All of them, or as many as are asked for. */
static Evaluation evaluate_required(const Policy *policy, const Pull *pull)
{
    const json_t *ids = json_object_get(policy->settings, "requiredReviewerIds");
    json_int_t wanted =
        json_integer_value(json_object_get(policy->settings, "minimumApproverCount"));
    json_int_t approvals = 0;

    for (size_t i = 0; i < json_array_size(ids); i++)
        approvals += is_approved_by(pull, json_string_value(json_array_get(ids, i)));
    return approvals >= (wanted ? wanted : (json_int_t)json_array_size(ids)) ? EVALUATION_APPROVED
                                                                             : EVALUATION_QUEUED;
}

static Evaluation evaluate_comments(const Policy *policy, const Pull *pull)
{
    (void)policy;
    for (guint i = 0; i < pull->threads->len; i++) {
        const Thread *thread = pull->threads->pdata[i];

        if (!thread->deleted && (thread->state == THREAD_ACTIVE || thread->state == THREAD_PENDING))
            return EVALUATION_REJECTED;
    }
    return EVALUATION_APPROVED;
}

/* Only completion knows the strategy: policy_unmet() asks. */
static Evaluation evaluate_strategy(const Policy *policy, const Pull *pull)
{
    (void)policy;
    (void)pull;
    return EVALUATION_APPROVED;
}

static const PolicyType types[] = {
    { POLICY_STATUS, "Status", evaluate_status },
    { "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "Minimum number of reviewers", evaluate_reviewers },
    { POLICY_REQUIRED_REVIEWERS, "Required reviewers", evaluate_required },
    { "c6a1889d-b943-4856-b76f-9e46bb6b0df2", "Comment requirements", evaluate_comments },
    { "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab", "Require a merge strategy", evaluate_strategy },
};

const PolicyType *policy_type_by_id(const char *id)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_ascii_strcasecmp(types[i].id, id) == 0)
            return &types[i];
    return NULL;
}

gsize policy_types(const PolicyType **list)
{
    *list = types;
    return G_N_ELEMENTS(types);
}

static bool ref_matches(const json_t *scope, const Repo *repo, const char *ref)
{
    const char *kind = js_get(scope, "matchKind", "Exact");
    const char *wanted = js_get(scope, "refName", NULL);

    if (g_ascii_strcasecmp(kind, "DefaultBranch") == 0)
        return g_str_equal(repo->default_branch, ref);
    if (!wanted)
        return true;
    if (g_ascii_strcasecmp(kind, "Prefix") == 0)
        return g_str_has_prefix(ref, wanted) &&
               (g_str_has_suffix(wanted, "/") || ref[strlen(wanted)] == '/' ||
                ref[strlen(wanted)] == '\0');
    return g_str_equal(wanted, ref);
}

static bool covers(const Policy *policy, const Repo *repo, const char *ref)
{
    const json_t *scopes = json_object_get(policy->settings, "scope");

    if (!policy->enabled || policy->deleted || policy->project != repo->project)
        return false;
    for (size_t i = 0; i < json_array_size(scopes); i++) {
        const json_t *scope = json_array_get(scopes, i);
        const char *id = js_get(scope, "repositoryId", NULL);

        if ((!id || g_ascii_strcasecmp(id, repo->id) == 0) && ref_matches(scope, repo, ref))
            return true;
    }
    return false;
}

bool policy_applies(const Policy *policy, const Pull *pull)
{
    return covers(policy, pull->repo, pull->target_ref);
}

Evaluation policy_evaluate(const Policy *policy, const Pull *pull)
{
    return policy->type->evaluate(policy, pull);
}

static bool forbids(const Policy *policy, MergeStrategy strategy)
{
    static const char *const keys[STRATEGIES] = {
        [STRATEGY_NO_FAST_FORWARD] = "allowNoFastForward",
        [STRATEGY_SQUASH] = "allowSquash",
        [STRATEGY_REBASE] = "allowRebase",
        [STRATEGY_REBASE_MERGE] = "allowRebaseMerge",
    };

    return policy->type->evaluate == evaluate_strategy && !setting(policy, keys[strategy]);
}

const Policy *policy_unmet(const State *state, const Pull *pull, MergeStrategy strategy)
{
    for (guint i = 0; i < state->policies->len; i++) {
        const Policy *policy = state->policies->pdata[i];
        Evaluation evaluation;

        if (!policy->blocking || !policy_applies(policy, pull))
            continue;
        evaluation = policy_evaluate(policy, pull);
        if (forbids(policy, strategy) ||
            (evaluation != EVALUATION_APPROVED && evaluation != EVALUATION_NOT_APPLICABLE))
            return policy;
    }
    return NULL;
}

bool policy_wants_iteration(const State *state, const Pull *pull)
{
    for (guint i = 0; i < state->policies->len; i++) {
        const Policy *policy = state->policies->pdata[i];

        if (policy_applies(policy, pull) && policy->type->evaluate == evaluate_status &&
            setting(policy, "invalidateOnSourceUpdate"))
            return true;
    }
    return false;
}

bool policy_resets_votes(const State *state, const Pull *pull, bool *only_rejections)
{
    bool all = false, rejections = false;

    for (guint i = 0; i < state->policies->len; i++) {
        const Policy *policy = state->policies->pdata[i];

        if (!policy_applies(policy, pull))
            continue;
        all = all || setting(policy, "resetOnSourcePush");
        rejections = rejections || setting(policy, "resetRejectionsOnSourcePush");
    }
    *only_rejections = !all;
    return all || rejections;
}

bool policy_protects(const State *state, const Repo *repo, const char *ref)
{
    for (guint i = 0; i < state->policies->len; i++) {
        const Policy *policy = state->policies->pdata[i];

        if (policy->blocking && covers(policy, repo, ref))
            return true;
    }
    return false;
}
