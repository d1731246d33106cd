// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/teams.h"

#include <string.h>

#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum {
    KEEP_US = 5 * 60 * 1000 * 1000,
    MOST_KEPT = 1000,
    AT_ONCE =
        15, /* descriptors in one call: they go into its URL, 2 kB of which every server takes */
    MOST_GROUPS = 2000,
};

typedef struct {
    gint64 until; /* monotonic */
    GStrv names;
} Kept;

struct _Teams {
    GHashTable *by_actor; /* char * collection and identity -> Kept, both owned */
};

static void kept_free(gpointer data)
{
    Kept *kept = data;

    g_strfreev(kept->names);
    g_free(kept);
}

Teams *teams_new(void)
{
    Teams *teams = g_new0(Teams, 1);

    teams->by_actor = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
    return teams;
}

void teams_free(Teams *teams)
{
    if (!teams)
        return;
    g_hash_table_unref(teams->by_actor);
    g_free(teams);
}

static bool read_identities(const Ctx *ctx, Rest *rest, const char *url, const char *query,
                            RestReply *reply, GError **error)
{
    const RestCall call = { .what = "get identities", .method = "GET", .url = url, .query = query };

    return rest_call(ctx, rest, &call, reply, error);
}

static bool read_descriptors(const Ctx *ctx, Rest *rest, const char *url, const char *id,
                             GPtrArray *descriptors, GError **error)
{
    g_autofree char *query = g_strdup_printf("identityIds=%s&queryMembership=Expanded", id);
    g_auto(RestReply) reply = { 0 };
    const json_t *groups;

    if (!read_identities(ctx, rest, url, query, &reply, error))
        return false;
    groups = json_object_get(json_array_get(json_object_get(reply.json, "value"), 0), "memberOf");
    for (size_t i = 0; i < json_array_size(groups) && i < MOST_GROUPS; i++) {
        const char *descriptor = json_string_value(json_array_get(groups, i));

        if (descriptor)
            g_ptr_array_add(descriptors, g_uri_escape_string(descriptor, NULL, FALSE));
    }
    return true;
}

static void add_name(GStrvBuilder *names, const json_t *identity)
{
    const char *name = js_get(identity, "providerDisplayName", "");

    if (*name)
        g_strv_builder_add(names, name);
}

static bool read_names(const Ctx *ctx, Rest *rest, const char *url, const GPtrArray *descriptors,
                       GStrvBuilder *names, GError **error)
{
    for (guint from = 0; from < descriptors->len; from += AT_ONCE) {
        g_autoptr(GString) query = g_string_new("descriptors=");
        g_auto(RestReply) reply = { 0 };
        const json_t *list;

        for (guint i = from; i < descriptors->len && i < from + AT_ONCE; i++)
            g_string_append_printf(query, "%s%s", i > from ? "," : "",
                                   (const char *)descriptors->pdata[i]);
        if (!read_identities(ctx, rest, url, query->str, &reply, error))
            return false;
        list = json_object_get(reply.json, "value");
        for (size_t i = 0; i < json_array_size(list); i++)
            add_name(names, json_array_get(list, i));
    }
    return true;
}

static GStrv read_anew(const Ctx *ctx, Rest *rest, const char *url, const char *id, GError **error)
{
    g_autoptr(GPtrArray) descriptors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    if (!read_descriptors(ctx, rest, url, id, descriptors, error) ||
        !read_names(ctx, rest, url, descriptors, names, error))
        return NULL;
    return g_strv_builder_end(names);
}

/* NULL: not kept, or too old. */
static const Kept *find(const Teams *teams, const char *key)
{
    const Kept *kept = g_hash_table_lookup(teams->by_actor, key);

    return kept && g_get_monotonic_time() < kept->until ? kept : NULL;
}

/* Takes names. */
static const Kept *keep(Teams *teams, const char *key, GStrv names)
{
    Kept *kept = g_new0(Kept, 1);

    if (g_hash_table_size(teams->by_actor) >= MOST_KEPT)
        g_hash_table_remove_all(teams->by_actor);
    kept->until = g_get_monotonic_time() + KEEP_US;
    kept->names = names;
    g_hash_table_replace(teams->by_actor, g_strdup(key), kept);
    return kept;
}

/* ------------------------------------------------------------------ bare names */

/* Groups that are nobody's project's: of the organisation, and of the directory behind it. */
static const char everywhere[] = "TEAM FOUNDATION";

/*
 * Whoever can make a group in some project of the organisation can give it any name. So the name
 * alone stands only for groups of the repository's own project, and of what is above projects.
 * full_name is "organisation/project/repository".
 */
static bool may_be_bare(const char *scope, const char *full_name)
{
    g_auto(GStrv) parts = g_strsplit(full_name ? full_name : "", "/", -1);
    guint n = g_strv_length(parts);

    return g_ascii_strcasecmp(scope, everywhere) == 0 ||
           (n >= 2 && g_ascii_strcasecmp(scope, parts[n - 2]) == 0) ||
           (n >= 3 && g_ascii_strcasecmp(scope, parts[n - 3]) == 0);
}

/* "Contributors" of "[One]\\Contributors"; NULL: it has to be written whole. Borrowed. */
static const char *bare_name(const char *whole, const char *full_name)
{
    const char *end = *whole == '[' ? strstr(whole, "]\\") : NULL;
    g_autofree char *scope = end ? g_strndup(whole + 1, (gsize)(end - whole - 1)) : NULL;

    return scope && end[2] && may_be_bare(scope, full_name) ? end + 2 : NULL;
}

static GStrv with_bare_names(const GStrv whole, const char *full_name)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    for (gsize i = 0; whole[i]; i++) {
        const char *bare = bare_name(whole[i], full_name);

        g_strv_builder_add(names, whole[i]);
        if (bare)
            g_strv_builder_add(names, bare);
    }
    return g_strv_builder_end(names);
}

/* ---------------------------------------------------------------------- reading */

bool teams_read(const Ctx *ctx, Teams *teams, Rest *rest, const Site *site, const PullRef *pull,
                const Actor *actor, GStrv *names, GError **error)
{
    g_auto(Place) place = { 0 };
    g_autofree char *url = NULL, *key = NULL;
    const Kept *kept;

    if (!actor->id || !wire_is_guid(actor->id))
        return hadal_throw(error, HADAL_ERROR_INVALID, "who acts is not known by an identity");
    if (!place_parse(pull->repo.locator, &place, error))
        return false;
    url = site_identities_url(site, &place);
    key = g_strconcat(url, " ", actor->id, NULL);
    kept = find(teams, key);
    if (!kept) {
        GStrv whole = read_anew(ctx, rest, url, actor->id, error);

        if (!whole)
            return false;
        kept = keep(teams, key, whole);
    }
    *names = with_bare_names(kept->names, pull->repo.full_name);
    return true;
}
