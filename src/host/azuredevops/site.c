// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/site.h"

#include <string.h>

#include "host/azuredevops/wire.h"

#define CLOUD_HOST      "dev.azure.com"
#define OLD_SUFFIX      ".visualstudio.com"
#define IDENTITIES_HOST "vssps.dev.azure.com"

enum { LONGEST_NAME = 256 };

struct _Site {
    char *base;       /* URL without a slash at the end */
    char *allow_host; /* what repositories are said to be on: "dev.azure.com",
                         "tfs.example.com:8080" */
    GStrv
        path; /* decoded names that base has already: of a virtual directory, of the organisation */
};

void site_free(Site *site)
{
    if (!site)
        return;
    g_free(site->base);
    g_free(site->allow_host);
    g_strfreev(site->path);
    g_free(site);
}

/* As one segment of a path, or of a file name: whatever it is, it stays one. */
static bool is_name(const char *text)
{
    if (!text || !*text || strlen(text) > LONGEST_NAME || strpbrk(text, "/\\"))
        return false;
    for (const char *at = text; *at; at++)
        if (g_ascii_iscntrl(*at))
            return false;
    return !g_str_equal(text, ".") && !g_str_equal(text, "..") && g_utf8_validate(text, -1, NULL);
}

/* Decoded names of a path; NULL when one of them cannot be a name. */
static GPtrArray *names_of_path(const char *path)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (guint i = 0; parts[i]; i++) {
        char *name = *parts[i] ? g_uri_unescape_string(parts[i], "/") : NULL;

        if (!*parts[i])
            continue;
        if (name)
            g_ptr_array_add(names, name);
        if (!is_name(name))
            return NULL;
    }
    return g_steal_pointer(&names);
}

static bool is_at(const GPtrArray *names, guint index, const char *name)
{
    return index < names->len && g_ascii_strcasecmp(names->pdata[index], name) == 0;
}

static void cut(GPtrArray *names, guint from)
{
    if (from < names->len)
        g_ptr_array_remove_range(names, from, names->len - from);
}

/*
 * Brings both styles of the service to one: "https://fabrikam.visualstudio.com/DefaultCollection"
 * has the names of "https://dev.azure.com/fabrikam".
 */
static bool unify(const char *host, GPtrArray *names)
{
    g_autofree char *org = NULL;

    if (!g_str_has_suffix(host, OLD_SUFFIX))
        return true;
    org = g_strndup(host, strlen(host) - strlen(OLD_SUFFIX));
    if (!is_name(org) || strchr(org, '.'))
        return false;
    if (is_at(names, 0, "DefaultCollection"))
        g_ptr_array_remove_index(names, 0);
    g_ptr_array_insert(names, 0, g_steal_pointer(&org));
    return true;
}

static bool is_cloud(const char *host)
{
    return g_str_equal(host, CLOUD_HOST) || g_str_has_suffix(host, OLD_SUFFIX);
}

bool site_is_service(const Site *site)
{
    return g_str_equal(site->allow_host, CLOUD_HOST);
}

static char *encode(const char *const *names, guint from)
{
    g_autoptr(GString) path = g_string_new(NULL);

    for (guint i = from; names[i]; i++) {
        if (path->len)
            g_string_append_c(path, '/');
        g_string_append_uri_escaped(path, names[i], NULL, FALSE);
    }
    return g_string_free(g_steal_pointer(&path), FALSE);
}

static GStrv strv_of(GPtrArray *names)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (guint i = 0; i < names->len; i++)
        g_strv_builder_add(builder, names->pdata[i]);
    return g_strv_builder_end(builder);
}

static char *allow_host_of(const char *host, int port)
{
    bool is_ipv6 = strchr(host, ':');
    g_autofree char *name = g_strdup_printf(is_ipv6 ? "[%s]" : "%s", host);

    if (is_cloud(host))
        return g_strdup(CLOUD_HOST);
    return port < 0 ? g_steal_pointer(&name) : g_strdup_printf("%s:%d", name, port);
}

Site *site_open(const char *base_url, GError **error)
{
    g_autoptr(Site) site = g_new0(Site, 1);
    g_autofree char *scheme = NULL, *host = NULL, *path = NULL, *low = NULL;
    g_autoptr(GPtrArray) names = NULL;
    int port = -1;

    if (!base_url || !g_uri_split_network(base_url, G_URI_FLAGS_ENCODED, NULL, NULL, NULL, NULL) ||
        !g_uri_split(base_url, G_URI_FLAGS_ENCODED, &scheme, NULL, &host, &port, &path, NULL, NULL,
                     NULL))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "the base URL is not a URL");
    low = g_ascii_strdown(host, -1);
    names = names_of_path(path);
    if (!g_str_equal(scheme, "https") && !g_str_equal(scheme, "http"))
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "the base URL is neither https:// nor http://");
    if (!*low || strchr(base_url, '@') || strpbrk(base_url, "?#") || !names || !unify(low, names))
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "the base URL must be a host and at most a path");
    site->base = g_strdup(base_url);
    while (g_str_has_suffix(site->base, "/"))
        site->base[strlen(site->base) - 1] = '\0';
    site->allow_host = allow_host_of(low, port);
    site->path = strv_of(names);
    return g_steal_pointer(&site);
}

/* How many of names the base URL has already. */
static guint known(const Site *site, const GPtrArray *names)
{
    guint count = g_strv_length(site->path);

    for (guint i = 0; i < count; i++)
        if (!is_at(names, i, site->path[i]))
            return 0;
    return count;
}

char *site_collection(const Site *site, const char *url, const char *project, GError **error)
{
    g_autofree char *host = NULL, *path = NULL, *low = NULL;
    g_autoptr(GPtrArray) names = NULL;
    g_auto(GStrv) all = NULL;

    if (!g_uri_split(url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL, NULL, &host, NULL,
                     &path, NULL, NULL, NULL) ||
        !host)
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not a URL");
    names = names_of_path(path);
    if (!names)
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not the URL of a collection");
    for (guint i = 0; i < names->len; i++)
        if (is_at(names, i, "_apis") || is_at(names, i, project))
            cut(names, i);
    low = g_ascii_strdown(host, -1);
    if (!unify(low, names))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not the URL of an organisation");
    if (is_cloud(low))
        cut(names, 1);
    if (names->len == 0)
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "the URL names no collection");
    all = strv_of(names);
    return encode((const char *const *)all, known(site, names));
}

char *site_named_collection(const Site *site, const char *name, GError **error)
{
    guint count = g_strv_length(site->path);
    const char *last = count ? site->path[count - 1] : NULL;

    if (name && !is_name(name))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "\"%.80s\" is no organisation's name",
                                name);
    if (!name && !last)
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "the organisation is not named, and %s has none in it", site->base);
    if (!name || (last && g_ascii_strcasecmp(last, name) == 0))
        return g_strdup("");
    if (last && g_str_equal(site->allow_host, CLOUD_HOST))
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "the organisation is \"%.80s\", and %s is of another one", name,
                                site->base);
    return g_uri_escape_string(name, NULL, FALSE);
}

GStrv site_organizations(const Site *site, const char *url)
{
    g_autofree char *path = NULL;
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    guint count = g_strv_length(site->path);
    bool is_named = count && is_cloud(site->allow_host);

    if (count)
        g_strv_builder_add(found, site->path[count - 1]);
    if (!is_named &&
        g_uri_split(url, G_URI_FLAGS_ENCODED, NULL, NULL, NULL, NULL, &path, NULL, NULL, NULL))
        names = names_of_path(path);
    if (names && names->len > count)
        g_strv_builder_add(found, names->pdata[count]);
    return g_strv_builder_end(found);
}

void place_clear(Place *place)
{
    g_clear_pointer(&place->collection, g_free);
    g_clear_pointer(&place->project, g_free);
    g_clear_pointer(&place->repo, g_free);
}

/* "", or names that are encoded as encode() does it. */
static bool is_encoded_path(const char *path)
{
    g_autoptr(GPtrArray) names = names_of_path(path);
    g_auto(GStrv) all = names ? strv_of(names) : NULL;
    g_autofree char *again = all ? encode((const char *const *)all, 0) : NULL;

    return again && g_str_equal(again, path);
}

bool place_parse(const char *locator, Place *place, GError **error)
{
    const char *text = locator ? locator : "";
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    guint count = g_strv_length(parts);
    g_autofree char *collection = NULL;

    if (count < 2 || !wire_is_guid(parts[count - 2]) || !wire_is_guid(parts[count - 1]))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a repository's locator: %.80s", text);
    collection = count == 2 ? g_strdup("")
                            : g_strndup(text, strlen(text) - 2 * (strlen(parts[count - 1]) + 1));
    if ((count > 2 && !*collection) || !is_encoded_path(collection))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a repository's locator: %.80s", text);
    place->collection = g_steal_pointer(&collection);
    place->project = g_ascii_strdown(parts[count - 2], -1);
    place->repo = g_ascii_strdown(parts[count - 1], -1);
    return true;
}

/* The part of pattern that names something: up to the last slash before a "*". */
static char *literal_of(const char *pattern)
{
    gsize length = strcspn(pattern, "*");
    const char *slash = g_strrstr_len(pattern, (gssize)length, "/");

    return slash ? g_strndup(pattern, (gsize)(slash - pattern)) : NULL;
}

char *site_area_of_pattern(const Site *site, const char *pattern)
{
    g_autofree char *literal = literal_of(pattern);
    g_auto(GStrv) names = g_strsplit(literal ? literal : "", "/", -1);
    guint count = g_strv_length(names), n_known = g_strv_length(site->path);

    /* Host, what the base URL has, the rest of the collection, project. */
    if (count < n_known + 2 || g_ascii_strcasecmp(names[0], site->allow_host) != 0)
        return NULL;
    for (guint i = 0; i < n_known; i++)
        if (g_ascii_strcasecmp(names[i + 1], site->path[i]) != 0)
            return NULL;
    for (guint i = 0; names[i]; i++)
        if (!is_name(names[i]))
            return NULL;
    if (n_known == 0 && count < 3) /* a collection without a project */
        return NULL;
    return encode((const char *const *)names, n_known + 1);
}

static const char *slash_after(const char *path)
{
    return *path ? "/" : "";
}

char *place_locator(const Place *place)
{
    return g_strdup_printf("%s%s%s/%s", place->collection, slash_after(place->collection),
                           place->project, place->repo);
}

char *place_area(const Place *place)
{
    return g_strdup_printf("%s%s%s", place->collection, slash_after(place->collection),
                           place->project);
}

bool place_of_area(const char *area, Place *place, GError **error)
{
    const char *slash = strrchr(area, '/');

    if (!*area || !is_encoded_path(area))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a project: %.80s", area);
    place->collection = slash ? g_strndup(area, (gsize)(slash - area)) : g_strdup("");
    place->project = g_strdup(slash ? slash + 1 : area);
    return true;
}

char *site_api_url(const Site *site, const Place *place)
{
    return g_strdup_printf("%s/%s%s%s/_apis/git/repositories/%s", site->base, place->collection,
                           slash_after(place->collection), place->project, place->repo);
}

char *site_project_url(const Site *site, const Place *place, const char *resource)
{
    return g_strdup_printf("%s/%s%s%s/_apis/%s", site->base, place->collection,
                           slash_after(place->collection), place->project, resource);
}

char *site_collection_url(const Site *site, const char *collection, const char *resource)
{
    return g_strdup_printf("%s/%s%s_apis/%s", site->base, collection, slash_after(collection),
                           resource);
}

char *site_identities_url(const Site *site, const Place *place)
{
    g_autofree char *known = encode((const char *const *)site->path, 0);

    if (!g_str_equal(site->allow_host, CLOUD_HOST))
        return g_strdup_printf("%s/%s%s_apis/identities", site->base, place->collection,
                               slash_after(place->collection));
    return g_strdup_printf("https://" IDENTITIES_HOST "/%s/_apis/identities",
                           *place->collection ? place->collection : known);
}

char *site_clone_url(const Site *site, const Place *place)
{
    return g_strdup_printf("%s/%s%s%s/_git/%s", site->base, place->collection,
                           slash_after(place->collection), place->project, place->repo);
}

/* As a part of a host's name. */
static bool is_label(const char *text)
{
    return *text && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-")];
}

static GStrv cloud_git_urls(const char *organisation)
{
    g_autoptr(GStrvBuilder) urls = g_strv_builder_new();
    g_autofree char *now = g_strconcat("https://" CLOUD_HOST "/", organisation, NULL);
    g_autofree char *old = g_strconcat("https://", organisation, OLD_SUFFIX, NULL);

    g_strv_builder_add(urls, now);
    if (is_label(organisation))
        g_strv_builder_add(urls, old);
    return g_strv_builder_end(urls);
}

GStrv site_git_urls(const Site *site, const Place *place)
{
    g_autofree char *known = encode((const char *const *)site->path, 0);
    g_autofree char *url =
        g_strconcat(site->base, slash_after(place->collection), place->collection, NULL);

    if (g_str_equal(site->allow_host, CLOUD_HOST))
        return cloud_git_urls(*place->collection ? place->collection : known);
    return g_strsplit(url, "\n", 1); /* a list of one */
}

bool place_names_check(const PlaceNames *names, GError **error)
{
    if (!is_name(names->project))
        return hadal_throw(error, HADAL_ERROR_INVALID, "the project has no usable name");
    if (!is_name(names->repo))
        return hadal_throw(error, HADAL_ERROR_INVALID, "the repository has no usable name");
    return true;
}

char *site_full_name(const Site *site, const PlaceNames *names)
{
    g_autofree char *decoded = g_uri_unescape_string(names->collection, NULL);
    g_autofree char *before = g_strjoinv("/", site->path);
    g_autofree char *both =
        g_strdup_printf("%s%s%s", before, *before && *decoded ? "/" : "", decoded);
    /* The service writes an organisation now this way, now that; the configuration of Atlantis
     * compares letter by letter with what is lower case there. */
    g_autofree char *low = g_ascii_strdown(both, -1);

    return g_strdup_printf("%s/%s/%s", low, names->project, names->repo);
}

char *site_allow_name(const Site *site, const PlaceNames *names)
{
    g_autofree char *full = site_full_name(site, names);

    return g_strdup_printf("%s/%s", site->allow_host, full);
}

char *site_pull_page(const Site *site, const PlaceNames *names, gint64 number)
{
    g_autofree char *project = g_uri_escape_string(names->project, NULL, FALSE);
    g_autofree char *repo = g_uri_escape_string(names->repo, NULL, FALSE);

    return g_strdup_printf("%s/%s%s%s/_git/%s/pullrequest/%" G_GINT64_FORMAT, site->base,
                           names->collection, slash_after(names->collection), project, repo,
                           number);
}
