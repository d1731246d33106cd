// SPDX-License-Identifier: Apache-2.0
/* Repositories, refs and commits. */
#include "rest.h"

#include <string.h>

#include "hooks.h"
#include "pull.h"
#include "sys/js.h"

enum { PAGE = 100, MAX_PAGE = 1000 };

/* As lists and answers have it: an empty repository has no default branch. */
static json_t *wire_listed(const Call *call, const Repo *repo)
{
    json_t *object = wire_repo(call->state, repo);
    g_autofree char *head = git_rev(repo->dir, repo->default_branch, NULL);

    if (!head)
        json_object_del(object, "defaultBranch");
    return object;
}

json_t *rest_repositories(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->state->repos->len; i++) {
        const Repo *repo = call->state->repos->pdata[i];

        if (!call->project || repo->project == call->project)
            json_array_append_new(array, wire_listed(call, repo));
    }
    return wire_list(array);
}

static void set_links(const Call *call, json_t *object)
{
    json_t *links = js_set_object(object, "_links");
    g_autofree char *url = wire_repo_url(call->state, call->repo);
    g_autofree char *web = wire_repo_web(call->state, call->repo);

    wire_link(links, "self", "%s", url);
    wire_link(links, "project", "%s/_apis/projects/%s", call->state->settings.base_url,
              call->repo->project->id);
    wire_link(links, "web", "%s", web);
    wire_link(links, "commits", "%s/commits", url);
    wire_link(links, "refs", "%s/refs", url);
    wire_link(links, "pullRequests", "%s/pullRequests", url);
    wire_link(links, "items", "%s/items", url);
    wire_link(links, "pushes", "%s/pushes", url);
}

json_t *rest_repository(Call *call)
{
    json_t *object = wire_listed(call, call->repo);

    set_links(call, object);
    return object;
}

static Project *project_of_body(const Call *call)
{
    const json_t *project = call_member(call->body, "project");
    const char *id = project ? json_string_value(call_member(project, "id")) : NULL;

    return id ? state_project(call->state, id) : call->project;
}

json_t *rest_repository_create(Call *call)
{
    const char *name = call_text(call, "name");
    Project *project = project_of_body(call);
    g_autoptr(GError) error = NULL;
    Repo *repo;

    if (!name || !*name || strpbrk(name, "/\\"))
        return call_refuse(call, REFUSE_ARGUMENT,
                           "TF400898: The name of the Git repository is "
                           "not valid.");
    if (!project)
        return call_refuse(call, REFUSE_NO_PROJECT, "TF200016: The project does not exist.");
    if (state_repo(call->state, project, name))
        return call_refuse(call, REFUSE_REPOSITORY_EXISTS,
                           "TF400948: A Git repository with the name %s already exists.", name);
    repo = state_add_repo(call->state, project, name, NULL);
    if (!git_init(repo->dir, &error))
        return call_fail(call, error);
    call->status = 201;
    return wire_listed(call, repo);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *wire_ref(const Call *call, const char *name, const char *id)
{
    json_t *object = json_object();
    g_autofree char *url = wire_repo_url(call->state, call->repo);
    g_autofree char *filter = wire_escape(name + strlen("refs/"));
    g_autofree char *whole = g_strdup_printf("%s/refs?filter=%s", url, filter);

    js_set(object, "name", name);
    js_set(object, "objectId", id);
    json_object_set_new(object, "creator", wire_user(call->state, user_bot()));
    js_set(object, "url", whole);
    return object;
}

/* filter is a prefix behind "refs/", filterContains may stand anywhere. */
static bool is_wanted(const char *name, const char *filter, const char *contains)
{
    return g_str_has_prefix(name + strlen("refs/"), filter ? filter : "") &&
           (!contains || strstr(name, contains));
}

static json_t *page_of_refs(Call *call, const GPtrArray *names, GHashTable *refs)
{
    g_autofree char *token = call_query(call, "continuationToken");
    int limit = call_query_int(call, "$top", MAX_PAGE);
    json_t *array = json_array();

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];

        if (token && strcmp(name, token) < 0)
            continue;
        if ((int)json_array_size(array) == MIN(limit, MAX_PAGE)) {
            call->continuation = g_strdup(name);
            break;
        }
        json_array_append_new(array, wire_ref(call, name, g_hash_table_lookup(refs, name)));
    }
    return wire_list(array);
}

json_t *rest_refs(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) refs = git_refs(call->repo->dir, &error);
    g_autofree char *filter = call_query(call, "filter");
    g_autofree char *contains = call_query(call, "filterContains");
    g_autoptr(GPtrArray) names = g_ptr_array_new(); /* borrowed */
    GHashTableIter at;
    gpointer name;

    if (!refs)
        return call_fail(call, error);
    g_hash_table_iter_init(&at, refs);
    while (g_hash_table_iter_next(&at, &name, NULL))
        if (is_wanted(name, filter, contains))
            g_ptr_array_add(names, name);
    g_ptr_array_sort(names, by_name);
    return page_of_refs(call, names, refs);
}

static const char *update_ref(Call *call, const char *name, const char *old, const char *new)
{
    g_autoptr(GError) error = NULL;
    bool deletes = g_str_equal(new, GIT_ZERO);
    g_autofree char *id = deletes ? NULL : git_rev(call->repo->dir, new, NULL);

    if (!g_str_has_prefix(name, "refs/heads/") && !g_str_has_prefix(name, "refs/tags/"))
        return "invalidRefName";
    if (!deletes && !id)
        return "unresolvableToCommit";
    if (!git_set_ref(call->repo->dir, name, id, old, &error))
        return "staleOldObjectId";
    pull_branch_moved(call->state, call->repo, name, old, new, call->user);
    return "succeeded";
}

static json_t *ref_result(Call *call, const json_t *update)
{
    const char *name = js_get(update, "name", "");
    const char *old = js_get(update, "oldObjectId", "");
    const char *new = js_get(update, "newObjectId", "");
    const char *result = !git_is_commit_id(old) || !git_is_commit_id(new)
                             ? "unresolvableToCommit"
                             : update_ref(call, name, old, new);
    json_t *object = json_object();

    js_set(object, "repositoryId", call->repo->id);
    js_set(object, "name", name);
    js_set(object, "oldObjectId", old);
    js_set(object, "newObjectId", new);
    json_object_set_new(object, "isLocked", json_false());
    js_set(object, "updateStatus", result);
    json_object_set_new(object, "success", json_boolean(g_str_equal(result, "succeeded")));
    return object;
}

/* A ref that could not be moved is a 200 with a word about it. */
json_t *rest_refs_update(Call *call)
{
    json_t *array;

    if (!json_is_array(call->body))
        return call_refuse(call, REFUSE_ARGUMENT, "The body has to be a list of ref updates.");
    array = json_array();
    for (size_t i = 0; i < json_array_size(call->body); i++)
        json_array_append_new(array, ref_result(call, json_array_get(call->body, i)));
    return wire_list(array);
}

static json_t *list_commits(Call *call, const char *range, int skip, int limit)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) log = git_log(call->repo->dir, range, skip, limit, &error);
    json_t *array;

    if (!log)
        return call_fail(call, error);
    array = json_array();
    for (guint i = 0; i < log->len; i++)
        json_array_append_new(array, wire_commit(call->state, call->repo, log->pdata[i]));
    return wire_list(array);
}

static char *rev_of(const Call *call, const char *version, const char *type, GError **error)
{
    g_autofree char *ref = NULL;

    if (!version)
        return git_rev(call->repo->dir, call->repo->default_branch, error);
    /* versionType: branch 0, tag 1, commit 2. */
    if (g_ascii_strcasecmp(type, "commit") == 0 || g_str_equal(type, "2"))
        return git_rev(call->repo->dir, version, error);
    ref =
        g_strconcat(g_ascii_strcasecmp(type, "tag") == 0 || g_str_equal(type, "1") ? "refs/tags/"
                                                                                   : "refs/heads/",
                    version, NULL);
    return git_rev(call->repo->dir, ref, error);
}

json_t *rest_commits(Call *call)
{
    g_autofree char *version = call_query(call, "searchCriteria.itemVersion.version");
    g_autofree char *type = call_query(call, "searchCriteria.itemVersion.versionType");
    g_autoptr(GError) error = NULL;
    g_autofree char *id = rev_of(call, version, type ? type : "branch", &error);
    int limit = call_query_int(call, "searchCriteria.$top", call_query_int(call, "$top", PAGE));
    int skip = call_query_int(call, "searchCriteria.$skip", call_query_int(call, "$skip", 0));

    return id ? list_commits(call, id, skip, limit) : call_fail(call, error);
}

static char *commit_of(Call *call, GError **error)
{
    return git_rev(call->repo->dir, call_param(call, "commitId"), error);
}

json_t *rest_commit(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = commit_of(call, &error);
    g_autoptr(GPtrArray) log = id ? git_log(call->repo->dir, id, 0, 1, &error) : NULL;

    return log ? wire_commit(call->state, call->repo, log->pdata[0]) : call_fail(call, error);
}

static json_t *wire_change(const Change *change)
{
    json_t *object = json_object();
    json_t *item = js_set_object(object, "item");
    g_autofree char *path = g_strconcat("/", change->path, NULL);
    g_autofree char *old = change->old_path ? g_strconcat("/", change->old_path, NULL) : NULL;

    js_set(item, "objectId", change->object);
    js_set(item, "originalObjectId", change->old_object);
    js_set(item, "gitObjectType", "blob");
    js_set(item, "path", path);
    js_set(object, "changeType", change->kind);
    js_set(object, "sourceServerItem", old);
    return object;
}

json_t *rest_commit_changes(Call *call)
{
    static const char empty_tree[] = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    g_autoptr(GError) error = NULL;
    g_autofree char *id = commit_of(call, &error);
    g_autoptr(GPtrArray) log = id ? git_log(call->repo->dir, id, 0, 1, &error) : NULL;
    const CommitInfo *info = log ? log->pdata[0] : NULL;
    const char *parent =
        info && info->parents[0] && *info->parents[0] ? info->parents[0] : empty_tree;
    g_autoptr(GPtrArray) changes = info ? git_changes(call->repo->dir, parent, id, &error) : NULL;
    json_t *object, *array;

    if (!changes)
        return call_fail(call, error);
    object = json_object();
    array = json_array();
    for (guint i = 0; i < changes->len; i++)
        json_array_append_new(array, wire_change(changes->pdata[i]));
    json_object_set_new(object, "changes", array);
    return object;
}

json_t *rest_merge_bases(Call *call)
{
    g_autofree char *other_id = call_query(call, "otherCommitId");
    g_autoptr(GError) error = NULL;
    g_autofree char *one = commit_of(call, &error);
    g_autofree char *other =
        one ? git_rev(call->repo->dir, other_id ? other_id : "", &error) : NULL;
    g_autofree char *base = other ? git_merge_base(call->repo->dir, one, other, &error) : NULL;
    json_t *array;

    if (!base)
        return call_fail(call, error);
    array = json_array();
    json_array_append_new(array, json_pack("{s:s}", "commitId", base));
    return wire_list(array);
}

json_t *rest_commit_statuses(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = commit_of(call, &error);
    json_t *array;

    if (!id)
        return call_fail(call, error);
    array = g_hash_table_lookup(call->repo->commit_statuses, id);
    return wire_list(array ? json_copy(array) : json_array());
}

json_t *rest_commit_status_create(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = commit_of(call, &error);
    int state = enum_read(call_member(call->body, "state"), status_state_names, STATUS_STATES);
    json_t *context = call_member(call->body, "context");
    json_t *object, *array;

    if (!id)
        return call_fail(call, error);
    if (state < 0 || !context)
        return call_refuse(call, REFUSE_ARGUMENT, "A status needs a state and a context.");
    object = json_object();
    js_set(object, "state", status_state_names[state]);
    js_set(object, "description", call_text(call, "description"));
    json_object_set(object, "context", context);
    wire_set_time(object, "creationDate", time_now());
    json_object_set_new(object, "createdBy", wire_user(call->state, call->user));
    js_set(object, "targetUrl", call_text(call, "targetUrl"));
    array = g_hash_table_lookup(call->repo->commit_statuses, id);
    if (!array) {
        array = json_array();
        g_hash_table_insert(call->repo->commit_statuses, g_strdup(id), array);
    }
    json_object_set_new(object, "id", json_integer((json_int_t)json_array_size(array) + 1));
    json_array_append(array, object);
    call->status = 201;
    return object;
}

static json_t *branch_stats(const Call *call, const char *name, const char *base, GError **error)
{
    g_autofree char *ref = g_strconcat("refs/heads/", name, NULL);
    g_autofree char *id = git_rev(call->repo->dir, ref, error);
    g_autoptr(GPtrArray) log = id ? git_log(call->repo->dir, id, 0, 1, error) : NULL;
    g_autofree char *range = g_strdup_printf("%s...%s", base, id);
    g_autofree char *counts = log ? git_text(call->repo->dir, error, "rev-list", "--left-right",
                                             "--count", "--end-of-options", range, NULL)
                                  : NULL;
    g_auto(GStrv) sides = counts ? g_strsplit(counts, "\t", 2) : NULL;
    json_t *object;

    if (!counts)
        return NULL;
    object = json_object();
    json_object_set_new(object, "commit", wire_commit(call->state, call->repo, log->pdata[0]));
    js_set(object, "name", name);
    json_object_set_new(object, "behindCount", json_integer(g_ascii_strtoll(sides[0], NULL, 10)));
    json_object_set_new(object, "aheadCount",
                        json_integer(sides[1] ? g_ascii_strtoll(sides[1], NULL, 10) : 0));
    json_object_set_new(object, "isBaseVersion", json_boolean(g_str_equal(base, id)));
    return object;
}

json_t *rest_branch_stats(Call *call)
{
    g_autofree char *name = call_query(call, "name");
    g_autofree char *version = call_query(call, "baseVersionDescriptor.version");
    g_autofree char *type = call_query(call, "baseVersionDescriptor.versionType");
    g_autoptr(GError) error = NULL;
    g_autofree char *base = rev_of(call, version, type ? type : "branch", &error);
    json_t *stats;

    if (!name)
        return call_refuse(call, REFUSE_ARGUMENT, "The name of the branch is missing.");
    stats = base ? branch_stats(call, name, base, &error) : NULL;
    return stats ? stats : call_fail(call, error);
}
