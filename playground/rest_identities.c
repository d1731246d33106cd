// SPDX-License-Identifier: Apache-2.0
/* People and groups, and who is in what. */
#include <string.h>

#include "rest.h"
#include "sys/js.h"
#include "team.h"

static void set_property(json_t *properties, const char *key, const char *value)
{
    json_t *property = js_set_object(properties, key);

    js_set(property, "$type", "System.String");
    js_set(property, "$value", value);
}

json_t *wire_identity(const User *user)
{
    json_t *object = json_object(), *properties;
    g_autofree char *encoded = g_base64_encode((const guchar *)user->id, strlen(user->id));
    g_autofree char *subject = g_strconcat(user->team ? "vssgp." : "aad.", encoded, NULL);
    g_autofree char *descriptor = identity_descriptor(user);

    js_set(object, "id", user->id);
    js_set(object, "descriptor", descriptor);
    js_set(object, "subjectDescriptor", subject);
    js_set(object, "providerDisplayName", user->name);
    if (!user->team)
        js_set(object, "customDisplayName", user->name);
    json_object_set_new(object, "isActive", json_true());
    if (user->team)
        json_object_set_new(object, "isContainer", json_true());
    properties = js_set_object(object, "properties");
    set_property(properties, "SchemaClassName", user->team ? "Group" : "User");
    set_property(properties, "Account", user->team ? strchr(user->name, '\\') + 1 : user->account);
    json_object_set_new(object, "resourceVersion", json_integer(2));
    json_object_set_new(object, "metaTypeId", json_integer(0));
    return object;
}

typedef enum { MEMBERSHIP_NONE, MEMBERSHIP_DIRECT, MEMBERSHIP_ALL } Membership;

/* What is above an identity; false for a word that is none of the published ones. */
static bool read_membership(const Call *call, Membership *membership)
{
    static const struct {
        const char *word;
        Membership membership;
    } words[] = {
        { "none", MEMBERSHIP_NONE },         { "direct", MEMBERSHIP_DIRECT },
        { "expanded", MEMBERSHIP_ALL },      { "expandedUp", MEMBERSHIP_ALL },
        { "expandedDown", MEMBERSHIP_NONE },
    };
    g_autofree char *given = call_query(call, "queryMembership");

    *membership = MEMBERSHIP_NONE;
    for (gsize i = 0; given && i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(words[i].word, given) == 0) {
            *membership = words[i].membership;
            return true;
        }
    return !given;
}

static bool is_member(const Team *team, const User *user, Membership membership)
{
    return membership == MEMBERSHIP_ALL ? team_has(team, user)
                                        : g_ptr_array_find(team->members, user, NULL);
}

static json_t *member_of(const Call *call, const User *user, Membership membership)
{
    json_t *array = json_array();

    for (guint i = 0; membership != MEMBERSHIP_NONE && i < call->state->teams->len; i++) {
        const Team *team = call->state->teams->pdata[i];

        if (is_member(team, user, membership))
            json_array_append_new(array, json_string(team->descriptor));
    }
    return array;
}

/* What is not found is null, in its place. */
static json_t *wire_found(const Call *call, const User *user, Membership membership)
{
    json_t *object = user ? wire_identity(user) : json_null();

    if (!user)
        return object;
    json_object_set_new(object, "members", json_array());
    json_object_set_new(object, "memberOf", member_of(call, user, membership));
    json_object_set_new(object, "memberIds", json_array());
    return object;
}

static const User *by_descriptor(const Call *call, const char *descriptor)
{
    for (gsize i = 0; i < users_count(); i++) {
        g_autofree char *own = identity_descriptor(&users[i]);

        if (g_ascii_strcasecmp(own, descriptor) == 0)
            return &users[i];
    }
    for (guint i = 0; i < call->state->teams->len; i++) {
        const Team *team = call->state->teams->pdata[i];

        if (g_ascii_strcasecmp(team->descriptor, descriptor) == 0)
            return &team->identity;
    }
    return NULL;
}

static const User *by_id(const Call *call, const char *id)
{
    return state_identity(call->state, id);
}

static json_t *find_each(const Call *call, const char *list, Membership membership,
                         const User *(*find)(const Call *, const char *))
{
    g_auto(GStrv) parts = g_strsplit(list, ",", -1);
    json_t *array = json_array();

    for (gsize i = 0; parts[i]; i++)
        json_array_append_new(array,
                              wire_found(call, find(call, g_strstrip(parts[i])), membership));
    return array;
}

static json_t *search(const Call *call, const char *value, Membership membership)
{
    json_t *array = json_array();

    for (gsize i = 0; i < users_count(); i++)
        if (g_ascii_strcasecmp(value, users[i].account) == 0 ||
            g_ascii_strcasecmp(value, users[i].name) == 0)
            json_array_append_new(array, wire_found(call, &users[i], membership));
    for (guint i = 0; i < call->state->teams->len; i++) {
        const Team *team = call->state->teams->pdata[i];

        if (g_ascii_strcasecmp(value, team->name) == 0)
            json_array_append_new(array, wire_found(call, &team->identity, membership));
    }
    return array;
}

json_t *rest_identities(Call *call)
{
    g_autofree char *value = call_query(call, "filterValue");
    g_autofree char *ids = call_query(call, "identityIds");
    g_autofree char *descriptors = call_query(call, "descriptors");
    Membership membership;

    if (!read_membership(call, &membership))
        return call_refuse(call, REFUSE_ARGUMENT, "queryMembership is not a kind of membership.");
    if (ids)
        return wire_list(find_each(call, ids, membership, by_id));
    if (descriptors)
        return wire_list(find_each(call, descriptors, membership, by_descriptor));
    if (value)
        return wire_list(search(call, value, membership));
    return call_refuse(call, REFUSE_ARGUMENT, "Nothing says which identities are wanted.");
}
