// SPDX-License-Identifier: Apache-2.0
/* Files of a commit, and what differs between two. */
#include "rest.h"

#include <string.h>

#include "sys/js.h"

static char *resolve(Call *call, const char *version, const char *type, GError **error)
{
    g_autofree char *ref = NULL;

    if (!version || !*version)
        return git_rev(call->repo->dir, call->repo->default_branch, error);
    if (type && (g_ascii_strcasecmp(type, "commit") == 0 || g_str_equal(type, "2")))
        return git_rev(call->repo->dir, version, error);
    ref = g_strconcat(type && (g_ascii_strcasecmp(type, "tag") == 0 || g_str_equal(type, "1"))
                          ? "refs/tags/"
                          : "refs/heads/",
                      version, NULL);
    return git_rev(call->repo->dir, ref, error);
}

static char *first_query(const Call *call, const char *one, const char *other)
{
    char *text = call_query(call, one);

    return text ? text : call_query(call, other);
}

/* Where a type is missing but the text is a commit id, the service takes it for a branch. */
static char *item_version(Call *call, GError **error)
{
    g_autofree char *version = first_query(call, "versionDescriptor.version", "version");
    g_autofree char *type = first_query(call, "versionDescriptor.versionType", "versionType");

    return resolve(call, version, type, error);
}

static bool is_text(const GString *bytes)
{
    return g_utf8_validate(bytes->str, (gssize)bytes->len, NULL);
}

static json_t *wire_item(const Call *call, const char *commit, const char *object, const char *type,
                         const char *path)
{
    json_t *item = json_object();
    g_autofree char *repo = wire_repo_url(call->state, call->repo);
    g_autofree char *escaped = wire_escape(path);
    g_autofree char *url =
        g_strdup_printf("%s/items?path=%s&versionType=Commit&version=%s", repo, escaped, commit);

    js_set(item, "objectId", object);
    js_set(item, "gitObjectType", type);
    js_set(item, "commitId", commit);
    js_set(item, "path", path);
    if (g_str_equal(type, "tree"))
        json_object_set_new(item, "isFolder", json_true());
    js_set(item, "url", url);
    return item;
}

static json_t *no_item(Call *call, const char *path, const char *commit)
{
    return call_refuse(call, REFUSE_NO_ITEM,
                       "TF401174: The item '%s' could not be found in the repository '%s' at the "
                       "version specified by '<Commit: %s>'.",
                       path, call->repo->name, commit);
}

/* "<mode> <type> <object>\t<path>" */
static json_t *list_items(Call *call, const char *commit, const char *path, bool deep)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *under = g_strconcat(commit, ":", path + 1, NULL);
    g_autoptr(GString) output =
        deep ? git_bytes(call->repo->dir, &error, "ls-tree", "-z", "-r", "-t", under, NULL)
             : git_bytes(call->repo->dir, &error, "ls-tree", "-z", under, NULL);
    json_t *array;

    if (!output)
        return no_item(call, path, commit);
    array = json_array();
    for (const char *at = output->str; at < output->str + output->len; at += strlen(at) + 1) {
        g_auto(GStrv) sides = g_strsplit(at, "\t", 2);
        g_auto(GStrv) fields = g_strsplit(sides[0], " ", 3);
        g_autofree char *name = g_build_path("/", path, sides[1], NULL);

        if (g_strv_length(fields) == 3)
            json_array_append_new(array, wire_item(call, commit, fields[2], fields[1], name));
    }
    return wire_list(array);
}

static bool wants_json(const Call *call)
{
    g_autofree char *format = call_query(call, "$format");
    const char *accept = http_request_header(call->request, "Accept");

    if (format)
        return g_ascii_strcasecmp(format, "json") == 0;
    return accept && strstr(accept, "application/json");
}

static json_t *one_item(Call *call, const char *commit, const char *path)
{
    g_autofree char *what = g_strconcat(commit, ":", path + 1, NULL);
    g_autofree char *object = git_text(call->repo->dir, NULL, "rev-parse", "--verify", "--quiet",
                                       "--end-of-options", what, NULL);
    g_autofree char *type =
        object ? git_text(call->repo->dir, NULL, "cat-file", "-t", object, NULL) : NULL;
    g_autoptr(GString) bytes = NULL;
    json_t *item;

    if (!type)
        return no_item(call, path, commit);
    if (g_str_equal(type, "tree"))
        return wire_item(call, commit, object, type, path);
    bytes = git_bytes(call->repo->dir, NULL, "cat-file", "blob", object, NULL);
    if (!bytes)
        return no_item(call, path, commit);
    if (!wants_json(call)) {
        call->raw_type = is_text(bytes) ? "text/plain; charset=utf-8" : "application/octet-stream";
        call->raw = g_steal_pointer(&bytes);
        return NULL;
    }
    item = wire_item(call, commit, object, type, path);
    if (call_query_bool(call, "includeContent"))
        js_set(item, "content", bytes->str);
    return item;
}

static char *absolute(const char *path)
{
    return *path == '/' ? g_strdup(path) : g_strconcat("/", path, NULL);
}

json_t *rest_items(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = item_version(call, &error);
    g_autofree char *given = call_query(call, "path");
    g_autofree char *scope = call_query(call, "scopePath");
    g_autofree char *recursion = call_query(call, "recursionLevel");
    bool lists = scope || recursion || !given;
    bool deep =
        recursion && (g_ascii_strcasecmp(recursion, "full") == 0 || g_str_equal(recursion, "120"));
    g_autofree char *path = absolute(given ? given : scope ? scope : "/");

    if (!commit)
        return call_fail(call, error);
    return lists && !given ? list_items(call, commit, path, deep) : one_item(call, commit, path);
}

typedef struct _Ends Ends;
struct _Ends {
    char *base, *target, *common;
};

static void ends_clear(Ends *ends)
{
    g_free(ends->base);
    g_free(ends->target);
    g_free(ends->common);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ends, ends_clear)

static char *end_of(Call *call, const char *version_key, const char *type_key, GError **error)
{
    g_autofree char *version = call_query(call, version_key);
    g_autofree char *type = call_query(call, type_key);

    return resolve(call, version, type, error);
}

static bool find_ends(Call *call, Ends *ends, GError **error)
{
    ends->base = end_of(call, "baseVersion", "baseVersionType", error);
    if (ends->base)
        ends->target = end_of(call, "targetVersion", "targetVersionType", error);
    if (ends->target)
        ends->common = git_merge_base(call->repo->dir, ends->base, ends->target, error);
    return ends->common != NULL;
}

static json_t *wire_diff_entry(const Call *call, const Change *change, const char *commit)
{
    json_t *entry = json_object();
    g_autofree char *path = g_strconcat("/", change->path, NULL);
    g_autofree char *old = change->old_path ? g_strconcat("/", change->old_path, NULL) : NULL;
    json_t *item = wire_item(call, commit, change->object, "blob", path);

    js_set(item, "originalObjectId", change->old_object);
    json_object_set_new(entry, "item", item);
    js_set(entry, "changeType", change->kind);
    js_set(entry, "sourceServerItem", old);
    return entry;
}

/* "Edit", but "edit" in the entries: so it is. */
static json_t *count_kinds(const GPtrArray *changes)
{
    json_t *counts = json_object();

    for (guint i = 0; i < changes->len; i++) {
        const Change *change = changes->pdata[i];
        g_autofree char *key = g_strdup(change->kind);

        key[0] = g_ascii_toupper(key[0]);
        json_object_set_new(counts, key,
                            json_integer(json_integer_value(json_object_get(counts, key)) + 1));
    }
    return counts;
}

static void set_ahead_behind(const Call *call, const Ends *ends, json_t *object)
{
    g_autofree char *range = g_strdup_printf("%s...%s", ends->base, ends->target);
    g_autofree char *counts = git_text(call->repo->dir, NULL, "rev-list", "--left-right", "--count",
                                       "--end-of-options", range, NULL);
    g_auto(GStrv) sides = g_strsplit(counts ? counts : "0\t0", "\t", 2);

    json_object_set_new(object, "aheadCount",
                        json_integer(sides[1] ? g_ascii_strtoll(sides[1], NULL, 10) : 0));
    json_object_set_new(object, "behindCount", json_integer(g_ascii_strtoll(sides[0], NULL, 10)));
}

json_t *rest_diffs(Call *call)
{
    g_auto(Ends) ends = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    g_autofree char *common = call_query(call, "diffCommonCommit");
    bool from_common = !common || g_ascii_strcasecmp(common, "false") != 0;
    guint skip = (guint)call_query_int(call, "$skip", 0);
    guint top = (guint)call_query_int(call, "$top", 100);
    json_t *object, *array;

    if (find_ends(call, &ends, &error))
        changes = git_changes(call->repo->dir, from_common ? ends.common : ends.base, ends.target,
                              &error);
    if (!changes)
        return call_fail(call, error);
    object = json_object();
    array = json_array();
    for (guint i = skip; i < changes->len && i - skip < top; i++)
        json_array_append_new(array, wire_diff_entry(call, changes->pdata[i], ends.target));
    json_object_set_new(object, "allChangesIncluded", json_boolean(skip + top >= changes->len));
    json_object_set_new(object, "changeCounts", count_kinds(changes));
    json_object_set_new(object, "changes", array);
    js_set(object, "commonCommit", ends.common);
    js_set(object, "baseCommit", ends.base);
    js_set(object, "targetCommit", ends.target);
    set_ahead_behind(call, &ends, object);
    return object;
}
