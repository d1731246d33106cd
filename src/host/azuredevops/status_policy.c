// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/status_policy.h"

#include <string.h>

#include "host/azuredevops/wire.h"
#include "sys/js.h"

#define STATUS_TYPE "cbdc66da-9728-4af8-aada-9a5a32e4a226"

enum { MOST_PAGES = 50 };

/* ----------------------------------------------------------------- reading */

static bool read_page(const Ctx *ctx, Rest *rest, const char *url, const char *continuation,
                      RestReply *reply, GError **error)
{
    g_autofree char *token = continuation ? g_uri_escape_string(continuation, NULL, FALSE) : NULL;
    g_autofree char *query =
        g_strconcat("policyType=" STATUS_TYPE, token ? "&continuationToken=" : NULL, token, NULL);
    const RestCall call = {
        .what = "get branch policies", .method = "GET", .url = url, .query = query
    };

    return rest_call(ctx, rest, &call, reply, error);
}

json_t *status_policies_read(const Ctx *ctx, Rest *rest, const Site *site, const Place *place,
                             GError **error)
{
    g_autofree char *url = site_project_url(site, place, "policy/configurations");
    g_autofree char *continuation = NULL;
    json_auto_t *all = json_array();

    for (int page = 0; page < MOST_PAGES; page++) {
        g_auto(RestReply) reply = { 0 };

        if (!read_page(ctx, rest, url, continuation, &reply, error))
            return NULL;
        json_array_extend(all, json_object_get(reply.json, "value"));
        if (!reply.continuation)
            return json_incref(all);
        g_free(continuation);
        continuation = g_steal_pointer(&reply.continuation);
    }
    return hadal_throw_null(error, HADAL_ERROR_FAILED,
                            "get branch policies: there are more than %d pages", MOST_PAGES);
}

/* ----------------------------------------------------------------- judging */

/* A prefix is one of folders: "refs/heads/rel" does not cover "refs/heads/release". */
static bool is_below(const char *ref, const char *prefix)
{
    const char *rest = g_str_has_prefix(ref, prefix) ? ref + strlen(prefix) : NULL;

    return rest && (!*rest || *rest == '/' || g_str_has_suffix(prefix, "/"));
}

static bool has_ref(const json_t *scope, const StatusPolicy *wanted)
{
    const char *kind = js_get(scope, "matchKind", "Exact");
    const char *ref = js_get(scope, "refName", NULL);

    if (g_ascii_strcasecmp(kind, "DefaultBranch") == 0)
        return wanted->is_default;
    if (!ref)
        return true;
    return g_ascii_strcasecmp(kind, "Prefix") == 0 ? is_below(wanted->ref, ref)
                                                   : g_str_equal(wanted->ref, ref);
}

static bool is_for(const json_t *settings, const StatusPolicy *wanted)
{
    const json_t *scopes = json_object_get(settings, "scope");

    for (size_t i = 0; i < json_array_size(scopes); i++) {
        const json_t *scope = json_array_get(scopes, i);
        g_autofree char *repo = wire_guid(scope, "repositoryId");

        if ((!repo || g_str_equal(repo, wanted->repo)) && has_ref(scope, wanted))
            return true;
    }
    return false;
}

static bool is_of_status(const json_t *settings, const StatusPolicy *wanted)
{
    return g_ascii_strcasecmp(js_get(settings, "statusGenre", ""), wanted->genre) == 0 &&
           g_ascii_strcasecmp(js_get(settings, "statusName", ""), wanted->name) == 0;
}

static bool covers(const json_t *policy, const StatusPolicy *wanted)
{
    const json_t *settings = json_object_get(policy, "settings");

    return !js_get_bool(policy, "isDeleted", false) && is_of_status(settings, wanted) &&
           is_for(settings, wanted);
}

/* One for more branches is changed only when completing would wait for it for ever. */
static bool is_in_the_way(const json_t *policy)
{
    return js_get_bool(policy, "isEnabled", false) && js_get_bool(policy, "isBlocking", false);
}

/* Whether it is for this branch alone: what is changed of it then changes nothing else. */
static bool is_narrow(const json_t *policy, const StatusPolicy *wanted)
{
    const json_t *scopes = json_object_get(json_object_get(policy, "settings"), "scope");
    const json_t *scope = json_array_get(scopes, 0);
    g_autofree char *repo = wire_guid(scope, "repositoryId");

    return json_array_size(scopes) == 1 && g_strcmp0(repo, wanted->repo) == 0 &&
           g_ascii_strcasecmp(js_get(scope, "matchKind", "Exact"), "Prefix") != 0;
}

const json_t *status_policy_find(const json_t *all, const StatusPolicy *wanted)
{
    const json_t *found = NULL;

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        g_autofree char *trouble = NULL;

        if (!covers(one, wanted))
            continue;
        trouble = status_policy_trouble(one, wanted);
        if (!trouble)
            return one;
        if (is_narrow(one, wanted) || (!found && is_in_the_way(one)))
            found = one;
    }
    return found;
}

char *status_policy_trouble(const json_t *policy, const StatusPolicy *wanted)
{
    const json_t *settings = json_object_get(policy, "settings");
    g_autofree char *author = wire_guid(settings, "authorId");

    if (!js_get_bool(policy, "isEnabled", false))
        return g_strdup("is switched off");
    if (!js_get_bool(policy, "isBlocking", false))
        return g_strdup("is optional");
    if (!js_get_bool(settings, "invalidateOnSourceUpdate", false))
        return g_strdup("keeps an old status after a push");
    if (!author)
        return g_strdup("takes the status from anybody");
    if (g_ascii_strcasecmp(author, wanted->author) != 0)
        return g_strdup("takes the status from another account");
    return NULL;
}

/* ------------------------------------------------------------------ writing */

static json_t *scope_of(const StatusPolicy *wanted)
{
    json_t *scopes = json_array();
    json_t *scope = json_object();

    js_set(scope, "repositoryId", wanted->repo);
    js_set(scope, "refName", wanted->ref);
    js_set(scope, "matchKind", "Exact");
    json_array_append_new(scopes, scope);
    return scopes;
}

static json_t *settings_of(const StatusPolicy *wanted, const json_t *old)
{
    json_t *settings = old ? json_deep_copy(json_object_get(old, "settings")) : json_object();

    js_set(settings, "statusGenre", wanted->genre);
    js_set(settings, "statusName", wanted->name);
    js_set(settings, "authorId", wanted->author);
    json_object_set_new(settings, "invalidateOnSourceUpdate", json_true());
    if (!old)
        json_object_set_new(settings, "scope", scope_of(wanted));
    return settings;
}

bool status_policy_put(const Ctx *ctx, Rest *rest, const Site *site, const Place *place,
                       const StatusPolicy *wanted, const json_t *old, GError **error)
{
    g_autofree char *resource =
        old ? g_strdup_printf("policy/configurations/%" G_GINT64_FORMAT, wire_id(old, "id"))
            : g_strdup("policy/configurations");
    g_autofree char *url = site_project_url(site, place, resource);
    json_auto_t *body = json_object();
    const RestCall call = {
        .what = old ? "change branch policy" : "create branch policy",
        .method = old ? "PUT" : "POST",
        .url = url,
        .body = body,
    };
    g_auto(RestReply) reply = { 0 };

    json_object_set_new(body, "isEnabled", json_true());
    json_object_set_new(body, "isBlocking", json_true());
    js_set(js_set_object(body, "type"), "id", STATUS_TYPE);
    json_object_set_new(body, "settings", settings_of(wanted, old));
    return rest_call(ctx, rest, &call, &reply, error);
}
