// SPDX-License-Identifier: Apache-2.0
#include "scopes.h"

#include <string.h>

#include "control.h"
#include "sys/crypto.h"

typedef struct {
    const char *path;  /* a route's path begins with it */
    bool is_whole;     /* and is no longer */
    const char *part;  /* and has this in it; NULL: anything */
    const char *read;  /* scopes that are enough to GET, with a blank around each */
    const char *write; /* and for every other method */
} ScopeRule;

/* The first that fits counts. */
static const ScopeRule rules[] = {
    { "git/repositories", true, NULL, " vso.code ", " vso.code_manage " },
    { "git/", false, "/statuses", " vso.code vso.code_status ",
      " vso.code_write vso.code_status " },
    { "git/", false, "/threads", " vso.code vso.threads_full ",
      " vso.code_write vso.threads_full " },
    { "git/", false, "/pullrequestquery", " vso.code ", " vso.code " },
    { "git/", false, NULL, " vso.code ", " vso.code_write " },
    { "policy/", false, NULL, " vso.code ", " vso.code_write " },
    { "hooks/", false, NULL, " vso.code vso.work vso.build ", " vso.code vso.work vso.build " },
    { "projects", false, NULL, " vso.project vso.profile ", " vso.project_write " },
    { "identities", false, NULL, " vso.identity ", " vso.identity " },
};

/* A scope, and the smaller ones that it includes. */
static const char *const includes[][2] = {
    { "vso.code_write", " vso.code " },
    { "vso.code_manage", " vso.code vso.code_write " },
};

/* Permissions beyond scopes: what only administrators of a project have by default. */
typedef struct {
    const char *name; /* as "denied" has it */
    const char *path;
    const char *message;
} PermissionRule;

static const PermissionRule permissions[] = {
    { "hooks", "hooks/",
      "Access denied. The user needs the permission Edit Subscriptions to do this." },
    { "policies", "policy/configurations",
      "TF401027: You need the Git 'EditPolicies' permission to perform this action." },
};

static bool fits(const ScopeRule *rule, const char *path)
{
    return g_str_has_prefix(path, rule->path) &&
           (!rule->is_whole || g_str_equal(path, rule->path)) &&
           (!rule->part || strstr(path, rule->part));
}

const char *scopes_needed(const Route *route)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (fits(&rules[i], route->path))
            return g_str_equal(route->method, "GET") ? rules[i].read : rules[i].write;
    return "";
}

static bool is_in(const char *list, const char *word)
{
    g_autofree char *padded = g_strdup_printf(" %s ", word);

    return strstr(list, padded) != NULL;
}

static bool covers(const char *needed, const char *scope)
{
    if (is_in(needed, scope))
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(includes); i++) {
        g_auto(GStrv) smaller = g_strsplit(includes[i][1], " ", -1);

        for (gsize j = 0; g_str_equal(includes[i][0], scope) && smaller[j]; j++)
            if (*smaller[j] && is_in(needed, smaller[j]))
                return true;
    }
    return false;
}

bool scopes_allow(const Route *route, const User *user)
{
    const char *needed = scopes_needed(route);

    if (!user->scopes || !*needed)
        return true;
    for (gsize i = 0; user->scopes[i]; i++)
        if (covers(needed, user->scopes[i]))
            return true;
    return false;
}

json_t *scopes_permission(Call *call)
{
    bool is_reading = g_str_equal(call->route->method, "GET");

    for (gsize i = 0; i < G_N_ELEMENTS(permissions); i++)
        if (!is_reading && call->user->denied &&
            g_str_has_prefix(call->route->path, permissions[i].path) &&
            g_strv_contains((const char *const *)call->user->denied, permissions[i].name))
            return call_refuse(call, REFUSE_PERMISSION, "%s", permissions[i].message);
    return NULL;
}

/* NULL when it is no list. */
static GStrv texts_of(const json_t *list)
{
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();

    if (!json_is_array(list))
        return NULL;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)))
            g_strv_builder_add(texts, json_string_value(json_array_get(list, i)));
    return g_strv_builder_end(texts);
}

static User *user_of(const Call *call)
{
    for (gsize i = 0; i < users_count(); i++)
        if (g_str_equal(users[i].key, call_param(call, "userKey")))
            return &users[i];
    return NULL;
}

/* The old one is refused from then on. */
json_t *control_user_pat(Call *call)
{
    User *user = user_of(call);

    if (!user)
        return control_error(call, 404, "no such user");
    g_free(user->pat);
    user->pat = crypto_random_hex(26);
    return json_pack("{s:s}", "pat", user->pat);
}

json_t *control_user_limits(Call *call)
{
    User *user = user_of(call);

    if (!user)
        return control_error(call, 404, "no such user");
    g_strfreev(user->scopes);
    g_strfreev(user->denied);
    user->scopes = texts_of(json_object_get(call->body, "scopes"));
    user->denied = texts_of(json_object_get(call->body, "denied"));
    return NULL;
}
