// SPDX-License-Identifier: Apache-2.0
#include "rest.h"

#include <string.h>

#include "policy.h"
#include "pull.h"
#include "sys/js.h"
#include "team.h"

/* Fewer than the service puts on a page, so that clients get to turn one. */
enum { MOST_POLICIES = 20 };

static json_t *wire_type(const Call *call, const PolicyType *type)
{
    json_t *object = json_object();
    g_autofree char *url = g_strdup_printf(
        "%s/%s/_apis/policy/types/%s", call->state->settings.base_url, call->project->id, type->id);

    js_set(object, "id", type->id);
    js_set(object, "url", url);
    js_set(object, "displayName", type->name);
    return object;
}

/* Created without a zone in its time: so it is on the service. */
static json_t *wire_policy(const Call *call, const Policy *policy)
{
    json_t *object = json_object();
    g_autofree char *url =
        g_strdup_printf("%s/%s/_apis/policy/configurations/%d", call->state->settings.base_url,
                        policy->project->id, policy->id);
    g_autofree char *created = time_text(policy->created);

    created[strlen(created) - 1] = '\0';
    json_object_set_new(object, "createdBy", wire_user(call->state, policy->author));
    js_set(object, "createdDate", created);
    json_object_set_new(object, "isEnabled", json_boolean(policy->enabled));
    json_object_set_new(object, "isBlocking", json_boolean(policy->blocking));
    json_object_set_new(object, "isDeleted", json_boolean(policy->deleted));
    json_object_set(object, "settings", policy->settings);
    json_object_set_new(object, "isEnterpriseManaged", json_false());
    wire_link(js_set_object(object, "_links"), "self", "%s", url);
    wire_link(json_object_get(object, "_links"), "policyType", "%s/%s/_apis/policy/types/%s",
              call->state->settings.base_url, policy->project->id, policy->type->id);
    json_object_set_new(object, "revision", json_integer(policy->revision));
    json_object_set_new(object, "id", json_integer(policy->id));
    js_set(object, "url", url);
    json_object_set_new(object, "type", wire_type(call, policy->type));
    return object;
}

json_t *rest_policy_types(Call *call)
{
    const PolicyType *types;
    gsize n = policy_types(&types);
    json_t *array = json_array();

    for (gsize i = 0; i < n; i++)
        json_array_append_new(array, wire_type(call, &types[i]));
    return wire_list(array);
}

json_t *rest_policy_type(Call *call)
{
    const PolicyType *type = policy_type_by_id(call_param(call, "typeId"));

    return type ? wire_type(call, type)
                : call_refuse(call, REFUSE_NO_POLICY, "The policy type does not exist.");
}

typedef bool (*PolicyFilter)(const Call *call, const Policy *policy);

static bool is_listed(const Call *call, const Policy *policy, const char *type_id,
                      PolicyFilter wanted)
{
    return policy->project == call->project && !policy->deleted &&
           (!type_id || g_ascii_strcasecmp(policy->type->id, type_id) == 0) &&
           (!wanted || wanted(call, policy));
}

/* A page; where the next one starts goes out in a header. */
static json_t *list(Call *call, const char *type_id, PolicyFilter wanted)
{
    int after = call_query_int(call, "continuationToken", 0);
    size_t top = (size_t)call_query_int(call, "$top", MOST_POLICIES);
    json_t *array = json_array();

    for (guint i = (guint)after; i < call->state->policies->len; i++) {
        const Policy *policy = call->state->policies->pdata[i];

        if (!is_listed(call, policy, type_id, wanted))
            continue;
        if (json_array_size(array) >= top) {
            call->continuation = g_strdup_printf("%u", i);
            break;
        }
        json_array_append_new(array, wire_policy(call, policy));
    }
    return wire_list(array);
}

json_t *rest_policies(Call *call)
{
    g_autofree char *type = call_query(call, "policyType");

    return list(call, type, NULL);
}

/* For one branch of one repository; only exact scopes are found here, as was seen. */
static bool is_effective(const Call *call, const Policy *policy)
{
    g_autofree char *repo = call_query(call, "repositoryId");
    g_autofree char *ref = call_query(call, "refName");
    const json_t *scopes = json_object_get(policy->settings, "scope");

    for (size_t i = 0; i < json_array_size(scopes); i++) {
        const json_t *scope = json_array_get(scopes, i);

        if ((!repo || g_ascii_strcasecmp(js_get(scope, "repositoryId", ""), repo) == 0) &&
            (!ref || g_strcmp0(js_get(scope, "refName", NULL), ref) == 0))
            return true;
    }
    return false;
}

json_t *rest_effective_policies(Call *call)
{
    g_autofree char *type = call_query(call, "policyType");

    return list(call, type, is_effective);
}

static Policy *find(const Call *call)
{
    int id = call_param_int(call, "configurationId");

    for (guint i = 0; i < call->state->policies->len; i++) {
        Policy *policy = call->state->policies->pdata[i];

        if (policy->id == id && policy->project == call->project && !policy->deleted)
            return policy;
    }
    return NULL;
}

static json_t *no_policy(Call *call)
{
    return call_refuse(call, REFUSE_NO_POLICY, "The policy configuration %s was not found.",
                       call_param(call, "configurationId"));
}

json_t *rest_policy(Call *call)
{
    const Policy *policy = find(call);

    return policy ? wire_policy(call, policy) : no_policy(call);
}

static const PolicyType *type_of_body(const Call *call)
{
    const json_t *type = call_member(call->body, "type");
    const char *id = type ? json_string_value(call_member(type, "id")) : NULL;

    return id ? policy_type_by_id(id) : NULL;
}

static json_t *check_required(Call *call, const json_t *settings)
{
    const json_t *ids = json_object_get(settings, "requiredReviewerIds");

    if (json_array_size(ids) == 0)
        return call_refuse(call, REFUSE_ARGUMENT, "The policy names no required reviewers.");
    if (json_array_size(json_object_get(settings, "filenamePatterns")) > 0)
        return call_refuse(call, REFUSE_ARGUMENT, "This program knows no patterns of file names.");
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (!state_identity(call->state, json_string_value(json_array_get(ids, i))))
            return call_refuse(call, REFUSE_NO_IDENTITY, "A required reviewer is unknown.");
    return NULL;
}

static json_t *check_status(Call *call, const json_t *settings)
{
    const char *author = js_get(settings, "authorId", NULL);

    if (!*js_get(settings, "statusName", ""))
        return call_refuse(call, REFUSE_ARGUMENT, "The status policy names no status.");
    if (author && !state_identity(call->state, author))
        return call_refuse(call, REFUSE_NO_IDENTITY, "The status policy's author is unknown.");
    return NULL;
}

/* A branch by its whole name, one of the kinds, and a repository of the project. */
static json_t *check_scope(Call *call, const json_t *scope)
{
    static const char *const kinds[] = { "Exact", "Prefix", "DefaultBranch" };
    const char *kind = js_get(scope, "matchKind", "Exact");
    const char *ref = js_get(scope, "refName", NULL);
    const char *repo = js_get(scope, "repositoryId", NULL);

    if (enum_parse(kind, kinds, G_N_ELEMENTS(kinds)) < 0 || g_ascii_isdigit(*kind))
        return call_refuse(call, REFUSE_ARGUMENT, "The match kind '%s' is not valid.", kind);
    if (ref && !g_str_has_prefix(ref, "refs/"))
        return call_refuse(call, REFUSE_ARGUMENT, "The scope's ref name '%s' is not valid.", ref);
    if (repo && (!g_uuid_string_is_valid(repo) || !state_repo(call->state, call->project, repo)))
        return call_refuse(call, REFUSE_NO_REPOSITORY,
                           "TF401019: The Git repository with name or identifier %s does not "
                           "exist.",
                           repo);
    return NULL;
}

static json_t *check_scopes(Call *call, const json_t *settings)
{
    const json_t *scopes = json_object_get(settings, "scope");
    json_t *refusal = NULL;

    if (json_array_size(scopes) == 0)
        return call_refuse(call, REFUSE_ARGUMENT, "The settings of a policy need a scope.");
    for (size_t i = 0; !refusal && i < json_array_size(scopes); i++)
        refusal = check_scope(call, json_array_get(scopes, i));
    return refusal;
}

static json_t *check_settings(Call *call, const PolicyType *type, const json_t *settings)
{
    if (g_str_equal(type->id, POLICY_REQUIRED_REVIEWERS))
        return check_required(call, settings);
    return g_str_equal(type->id, POLICY_STATUS) ? check_status(call, settings) : NULL;
}

static json_t *check(Call *call)
{
    const json_t *settings = call_member(call->body, "settings");
    json_t *refusal;

    if (!type_of_body(call))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "The policy type is missing, or not one this program knows.");
    refusal = check_scopes(call, settings);
    return refusal ? refusal : check_settings(call, type_of_body(call), settings);
}

/* What is as if it were not there is not kept. */
static json_t *without_defaults(const json_t *settings)
{
    json_t *kept = json_object();
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)settings, name, value)
    {
        bool is_empty = json_is_array(value) && json_array_size(value) == 0;

        if (!json_is_null(value) && !json_is_false(value) && !is_empty)
            json_object_set_new(kept, name, json_deep_copy(value));
    }
    return kept;
}

static void fill(const Call *call, Policy *policy)
{
    policy->enabled = json_is_true(call_member(call->body, "isEnabled"));
    policy->blocking = json_is_true(call_member(call->body, "isBlocking"));
    policy->type = type_of_body(call);
    json_decref(policy->settings);
    policy->settings = without_defaults(call_member(call->body, "settings"));
    policy->revision++;
}

json_t *rest_policy_create(Call *call)
{
    json_t *refusal = check(call);
    Policy *policy;

    if (refusal)
        return refusal;
    policy = g_new0(Policy, 1);
    policy->id = (int)call->state->policies->len + 1;
    policy->project = call->project;
    policy->author = call->user;
    policy->created = time_now();
    fill(call, policy);
    g_ptr_array_add(call->state->policies, policy);
    pull_require_reviewers(call->state, call->user);
    return wire_policy(call, policy);
}

json_t *rest_policy_update(Call *call)
{
    Policy *policy = find(call);
    json_t *refusal;

    if (!policy)
        return no_policy(call);
    refusal = check(call);
    if (refusal)
        return refusal;
    fill(call, policy);
    pull_require_reviewers(call->state, call->user);
    return wire_policy(call, policy);
}

json_t *rest_policy_delete(Call *call)
{
    Policy *policy = find(call);

    if (!policy)
        return no_policy(call);
    policy->deleted = true;
    call->status = 204;
    return NULL;
}

/* The same for the same policy and pull request, and a GUID by its looks. */
static char *evaluation_id(const Policy *policy, const Pull *pull)
{
    g_autofree char *what = g_strdup_printf("%d/%d", policy->id, pull->id);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, what, -1);

    return g_strdup_printf("%.8s-%.4s-4%.3s-8%.3s-%.12s", digest, digest + 8, digest + 12,
                           digest + 15, digest + 18);
}

/* The service evaluates by and by; what it completes by is right. */
static Evaluation shown(const Policy *policy, const Pull *pull)
{
    g_autofree char *id = g_strdup_printf("%d", policy->id);
    const json_t *kept = pull->lag_looks > 0 ? json_object_get(pull->kept_evaluations, id) : NULL;

    return kept ? (Evaluation)json_integer_value(kept) : policy_evaluate(policy, pull);
}

static json_t *wire_evaluation(const Call *call, const Policy *policy, const Pull *pull)
{
    json_t *object = json_object();
    Evaluation evaluation = shown(policy, pull);
    g_autofree char *id = evaluation_id(policy, pull);
    g_autofree char *artifact =
        g_strdup_printf("vstfs:///CodeReview/CodeReviewId/%s%%2f%d", policy->project->id, pull->id);

    json_object_set_new(object, "configuration", wire_policy(call, policy));
    js_set(object, "artifactId", artifact);
    js_set(object, "evaluationId", id);
    wire_set_time(object, "startedDate", pull->created);
    if (evaluation == EVALUATION_APPROVED || evaluation == EVALUATION_REJECTED)
        wire_set_time(object, "completedDate", time_now());
    js_set(object, "status", evaluation_names[evaluation]);
    return object;
}

/* vstfs:///CodeReview/CodeReviewId/{project GUID}/{pullRequestId} */
static Pull *pull_of_artifact(const Call *call, const char *artifact)
{
    g_autofree char *prefix =
        g_strdup_printf("vstfs:///CodeReview/CodeReviewId/%s/", call->project->id);
    Pull *pull;
    guint64 number;

    if (!artifact || g_ascii_strncasecmp(artifact, prefix, strlen(prefix)) != 0)
        return NULL;
    if (!g_ascii_string_to_unsigned(artifact + strlen(prefix), 10, 1, G_MAXINT, &number, NULL))
        return NULL;
    pull = state_pull(call->state, (int)number);
    return pull && pull->repo->project == call->project ? pull : NULL;
}

json_t *rest_evaluations(Call *call)
{
    g_autofree char *artifact = call_query(call, "artifactId");
    Pull *pull = pull_of_artifact(call, artifact);
    bool all = call_query_bool(call, "includeNotApplicable");
    int skip = call_query_int(call, "$skip", 0), top = call_query_int(call, "$top", G_MAXINT);
    json_t *array;

    if (!pull)
        return call_refuse(call, REFUSE_ARGUMENT,
                           "The artifact id does not name a pull request of this project.");
    array = json_array();
    for (guint i = 0; i < call->state->policies->len; i++) {
        const Policy *policy = call->state->policies->pdata[i];

        if (policy_applies(policy, pull) &&
            (all || shown(policy, pull) != EVALUATION_NOT_APPLICABLE) && skip-- <= 0 && top-- > 0)
            json_array_append_new(array, wire_evaluation(call, policy, pull));
    }
    if (pull->lag_looks > 0)
        pull->lag_looks--;
    return wire_list(array);
}

/* To ask again is all a client may do; nothing here needs it, so the answer is the same. */
json_t *rest_evaluation(Call *call)
{
    const char *wanted = call_param(call, "evaluationId");

    for (guint i = 0; i < call->state->pulls->len; i++)
        for (guint j = 0; j < call->state->policies->len; j++) {
            const Pull *pull = call->state->pulls->pdata[i];
            const Policy *policy = call->state->policies->pdata[j];
            g_autofree char *id = evaluation_id(policy, pull);

            if (g_ascii_strcasecmp(id, wanted) == 0 && policy->project == call->project)
                return wire_evaluation(call, policy, pull);
        }
    return call_refuse(call, REFUSE_NO_POLICY, "The policy evaluation was not found.");
}
