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

/* "[One]\\Contributors", and "Contributors". */
static void add_names(GStrvBuilder *names, const json_t *identity)
{
    const char *whole = js_get(identity, "providerDisplayName", "");
    const char *bare = strchr(whole, '\\');

    if (!*whole)
        return;
    g_strv_builder_add(names, whole);
    if (bare && bare[1])
        g_strv_builder_add(names, bare + 1);
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
            add_names(names, json_array_get(list, i));
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

static void keep(Teams *teams, const char *key, GStrv names)
{
    Kept *kept = g_new0(Kept, 1);

    if (g_hash_table_size(teams->by_actor) >= MOST_KEPT)
        g_hash_table_remove_all(teams->by_actor);
    kept->until = g_get_monotonic_time() + KEEP_US;
    kept->names = g_strdupv(names);
    g_hash_table_replace(teams->by_actor, g_strdup(key), kept);
}

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
    kept = g_hash_table_lookup(teams->by_actor, key);
    if (kept && g_get_monotonic_time() < kept->until) {
        *names = g_strdupv(kept->names);
        return true;
    }
    *names = read_anew(ctx, rest, url, actor->id, error);
    if (*names)
        keep(teams, key, *names);
    return *names != NULL;
}
