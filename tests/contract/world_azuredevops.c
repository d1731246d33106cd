// SPDX-License-Identifier: Apache-2.0
/* The playground, which run.py has started, driven through its control calls. */
#include "world.h"

#include <string.h>

#include "sys/http_client.h"
#include "sys/js.h"
#include "unit/test.h"

enum { TIMEOUT_MS = 30000, MAX_REPLY = 64 * 1024 * 1024 };

static struct {
    HttpClient *http;
    const char *url, *token;
    char *repo_id, *project_id;
    gint64 policy; /* 0: none */
    int pulls;
} world;

/* The answer, which may be NULL. */
static json_t *ask(const char *method, const char *url, const char *authorization, json_t *body)
{
    const char *const headers[] = { "Content-Type: application/json", authorization, NULL };
    g_autofree char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const HttpCall call = { .method = method,
                            .url = url,
                            .headers = headers,
                            .body = text,
                            .body_length = text ? strlen(text) : 0,
                            .timeout_ms = TIMEOUT_MS,
                            .max_reply = MAX_REPLY };
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    json_decref(body);
    assert_ok(http_client_call(&(Ctx){ 0 }, world.http, &call, &reply, &error), error);
    if (reply.status >= 300)
        fail_msg("%s %s: %d %s", method, url, reply.status, reply.body->str);
    return json_loadb(reply.body->str, reply.body->len, JSON_DECODE_ANY, NULL);
}

/* What people do in a browser, and what tests want to know. */
static json_t *control(const char *method, const char *path, json_t *body)
{
    g_autofree char *url = g_strdup_printf("%s/_playground/%s", world.url, path);

    return ask(method, url, NULL, body);
}

/* What an administrator does; path is behind the organisation. */
static json_t *rest(const char *method, const char *path, json_t *body)
{
    g_autofree char *url = g_strdup_printf("%s/playground/%s?api-version=7.1", world.url, path);
    g_autofree char *basic = http_basic_auth("", world.token);
    g_autofree char *line = g_strdup_printf("Authorization: %s", basic);

    return ask(method, url, line, body);
}

static json_t *pull_control(const char *method, gint64 pull, const char *what, json_t *body)
{
    g_autofree char *path =
        g_strdup_printf("pulls/%" G_GINT64_FORMAT "%s%s", pull, *what ? "/" : "", what);

    return control(method, path, body);
}

static bool open_world(void)
{
    world.url = g_getenv("HADAL_PLAYGROUND_URL");
    world.token = g_getenv("HADAL_PLAYGROUND_PAT");
    if (!world.url || !world.token)
        return false;
    world.http = http_client_new();
    json_auto_t *repo = control("POST", "repositories",
                                json_pack("{s:s, s:s, s:{s:s}}", "project", "Mein Projekt #1",
                                          "name", "Zürich Netz", "files", "main.tf", "# one\n"));
    world.repo_id = g_strdup(js_get(repo, "id", ""));
    world.project_id = g_strdup(js_get(json_object_get(repo, "project"), "id", ""));
    return true;
}

static void close_world(void)
{
    g_clear_pointer(&world.http, http_client_free);
    g_clear_pointer(&world.repo_id, g_free);
    g_clear_pointer(&world.project_id, g_free);
}

static const char *base_url(void)
{
    return world.url;
}

static const char *token(void)
{
    return world.token;
}

static void subscribe(const char *url)
{
    json_decref(control("POST", "subscriptions", json_pack("{s:s}", "url", url)));
}

static void switch_hooks_off(void)
{
    json_auto_t *list = rest("GET", "_apis/hooks/subscriptions", NULL);
    const json_t *all = json_object_get(list, "value");

    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_deep_copy(json_array_get(all, i));
        g_autofree char *path =
            g_strdup_printf("_apis/hooks/subscriptions/%s", js_get(one, "id", ""));

        js_set(one, "status", "disabledBySystem");
        json_decref(rest("PUT", path, one));
    }
}

static char *new_fork(void)
{
    g_autofree char *name = g_strdup_printf("copy-%d", ++world.pulls);
    g_autofree char *path = g_strdup_printf("repositories/%s/fork", world.repo_id);
    json_auto_t *repo =
        control("POST", path, json_pack("{s:s, s:s}", "project", "Elsewhere", "name", name));

    return g_strdup(js_get(repo, "id", ""));
}

static gint64 open_pull(WorldPull kind, const char *title)
{
    g_autofree char *source = g_strdup_printf("topic/é-%d", ++world.pulls);
    g_autofree char *fork_id = kind == WORLD_FORK ? new_fork() : NULL;
    json_auto_t *pull =
        control("POST", "pulls",
                json_pack("{s:s, s:s, s:s, s:b, s:{s:s}, s:s*}", "repository", world.repo_id,
                          "title", title, "source", source, "draft", kind == WORLD_DRAFT, "files",
                          "main.tf", "# two\n", "fork", fork_id));

    return json_integer_value(json_object_get(pull, "number"));
}

static char *push(gint64 pull)
{
    g_autofree char *content = g_strdup_printf("# %d\n", ++world.pulls);
    json_auto_t *answer =
        pull_control("POST", pull, "push", json_pack("{s:{s:s}}", "files", "main.tf", content));

    return g_strdup(js_get(answer, "commit", ""));
}

static char *head(gint64 pull)
{
    json_auto_t *whole = pull_control("GET", pull, "", NULL);
    const json_t *iterations = json_object_get(whole, "iterations");
    const json_t *last = json_array_get(iterations, json_array_size(iterations) - 1);

    return g_strdup(js_get(json_object_get(last, "sourceRefCommit"), "commitId", ""));
}

static void abandon(gint64 pull)
{
    json_decref(pull_control("POST", pull, "abandon", json_object()));
}

static char *reference_of(json_int_t thread, json_int_t comment)
{
    return g_strdup_printf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, thread, comment);
}

static char *say(gint64 pull, const char *text)
{
    json_auto_t *answer = pull_control("POST", pull, "comment",
                                       json_pack("{s:s, s:s}", "text", text, "user", "other"));

    return reference_of(json_integer_value(json_object_get(answer, "thread")),
                        json_integer_value(json_object_get(answer, "comment")));
}

static void vote(gint64 pull, bool by_author, WorldVote vote)
{
    static const int votes[] = { [WORLD_APPROVES] = 10,
                                 [WORLD_APPROVES_PARTLY] = 5,
                                 [WORLD_ABSTAINS] = 0,
                                 [WORLD_REJECTS] = -10 };

    json_decref(pull_control(
        "POST", pull, "vote",
        json_pack("{s:i, s:s}", "vote", votes[vote], "user", by_author ? "author" : "other")));
}

static void label(gint64 pull, const char *name)
{
    g_autofree char *path =
        g_strdup_printf("%s/_apis/git/repositories/%s/pullRequests/%" G_GINT64_FORMAT "/labels",
                        world.project_id, world.repo_id, pull);

    json_decref(rest("POST", path, json_pack("{s:s}", "name", name)));
}

static json_t *policy_of(WorldPolicy policy)
{
    static const struct {
        const char *type, *settings;
    } policies[] = {
        [WORLD_APPROVAL] = { "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd",
                             "{\"minimumApproverCount\":1}" },
        [WORLD_OWN_STATUS] = { "cbdc66da-9728-4af8-aada-9a5a32e4a226",
                               "{\"statusGenre\":\"Atlantis Bot/atlantis\","
                               "\"statusName\":\"apply\"}" },
        [WORLD_SQUASH_ONLY] = { "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab", "{\"allowSquash\":true}" },
    };
    json_t *settings = json_loads(policies[policy].settings, 0, NULL);

    json_object_set_new(settings, "scope",
                        json_pack("[{s:s, s:s, s:s}]", "repositoryId", world.repo_id, "refName",
                                  "refs/heads/main", "matchKind", "Exact"));
    return json_pack("{s:b, s:b, s:{s:s}, s:o}", "isEnabled", true, "isBlocking", true, "type",
                     "id", policies[policy].type, "settings", settings);
}

static void set_policy(WorldPolicy policy)
{
    g_autofree char *all = g_strdup_printf("%s/_apis/policy/configurations", world.project_id);
    g_autofree char *one = g_strdup_printf("%s/%" G_GINT64_FORMAT, all, world.policy);

    if (world.policy)
        json_decref(rest("DELETE", one, NULL));
    world.policy = 0;
    if (policy == WORLD_NO_POLICY)
        return;
    json_auto_t *made = rest("POST", all, policy_of(policy));
    world.policy = json_integer_value(json_object_get(made, "id"));
}

static char *team(const char *name)
{
    json_auto_t *made = control("POST", "teams",
                                json_pack("{s:s, s:s, s:[s]}", "project", world.project_id, "name",
                                          name, "members", "other"));

    return g_strdup(js_get(made, "name", ""));
}

static bool is_ours(const json_t *item, const char *key)
{
    static const char bot[] = "b0700000-0000-4000-8000-000000000001";

    return g_str_equal(js_get(json_object_get(item, key), "id", ""), bot);
}

static void add_comments(json_t *list, const json_t *thread)
{
    const json_t *all = json_object_get(thread, "comments");
    json_int_t id = json_integer_value(json_object_get(thread, "id"));

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        g_autofree char *reference =
            reference_of(id, json_integer_value(json_object_get(one, "id")));
        g_autofree char *thread_text = g_strdup_printf("%" JSON_INTEGER_FORMAT, id);

        if (is_ours(one, "author") && g_str_equal(js_get(one, "commentType", ""), "text"))
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "reference", reference,
                                                  "thread", thread_text, "text",
                                                  js_get(one, "content", ""), "state",
                                                  js_get(thread, "status", "none")));
    }
}

static json_t *comments(gint64 pull)
{
    json_auto_t *whole = pull_control("GET", pull, "", NULL);
    const json_t *threads = json_object_get(whole, "threads");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(threads); i++)
        add_comments(list, json_array_get(threads, i));
    return list;
}

static guint signs(gint64 pull, const char *reference)
{
    g_auto(GStrv) ids = g_strsplit(reference, "/", 2);
    g_autofree char *path = g_strdup_printf(
        "%s/_apis/git/repositories/%s/pullRequests/%" G_GINT64_FORMAT "/threads/%s/comments/%s/"
        "likes",
        world.project_id, world.repo_id, pull, ids[0], ids[1]);
    json_auto_t *likes = rest("GET", path, NULL);

    return (guint)json_array_size(json_object_get(likes, "value"));
}

static json_t *statuses(gint64 pull)
{
    json_auto_t *whole = pull_control("GET", pull, "", NULL);
    const json_t *all = json_object_get(whole, "statuses");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i), *context = json_object_get(one, "context");
        g_autofree char *name =
            g_strdup_printf("%s/%s", js_get(context, "genre", ""), js_get(context, "name", ""));

        if (is_ours(one, "createdBy"))
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s*, s:O*}", "name", name,
                                                  "state", js_get(one, "state", ""), "description",
                                                  js_get(one, "description", ""), "url",
                                                  js_get(one, "targetUrl", NULL), "iteration",
                                                  json_object_get(one, "iterationId")));
    }
    return list;
}

static void fault(WorldFault fault)
{
    static const char *const specs[WORLD_FAULTS] = {
        [WORLD_BROKEN] = "{\"area\":\"rest\",\"kind\":\"status\",\"status\":500}",
        [WORLD_THROTTLED] =
            "{\"area\":\"rest\",\"kind\":\"status\",\"status\":429,\"retryAfter\":1}",
        [WORLD_REFUSED] = "{\"area\":\"rest\",\"kind\":\"status\",\"status\":203}",
        [WORLD_DROPPED] = "{\"area\":\"rest\",\"kind\":\"drop\"}",
        [WORLD_SILENT] = "{\"area\":\"rest\",\"kind\":\"hang\",\"ms\":1000}",
        [WORLD_ANSWER_LOST] = "{\"area\":\"rest\",\"kind\":\"drop-after\"}",
    };

    json_decref(control("DELETE", "faults", NULL));
    json_decref(control("POST", "faults", json_loads(specs[fault], 0, NULL)));
}

static char *complaints(void)
{
    json_auto_t *list = control("GET", "unexpected", NULL);

    json_decref(control("DELETE", "unexpected", NULL));
    return json_array_size(list) ? json_dumps(list, JSON_INDENT(1)) : NULL;
}

/* "/{organization}/{project}/_apis/…" fits "/fabrikam/infra/_apis/…". */
static bool fits(const char *template, const char *path)
{
    g_auto(GStrv) wants = g_strsplit(template, "/", -1), parts = g_strsplit(path, "/", -1);

    if (g_strv_length(wants) != g_strv_length(parts))
        return false;
    for (guint i = 0; wants[i]; i++)
        if (wants[i][0] != '{' && g_ascii_strcasecmp(wants[i], parts[i]) != 0)
            return false;
    return true;
}

static const char *const published_files[] = { "git.json", "policy.json", "identities.json",
                                               "serviceHooks.json" };

static bool is_published(json_t *paths, const char *method, const char *path)
{
    g_autofree char *low = g_ascii_strdown(method, -1);

    for (void *at = json_object_iter(paths); at; at = json_object_iter_next(paths, at))
        if (fits(json_object_iter_key(at), path) &&
            json_object_get(json_object_iter_value(at), low))
            return true;
    return false;
}

static char *find_unpublished(json_t *paths)
{
    json_auto_t *requests = control("GET", "requests", NULL);
    int checked = 0;

    for (size_t i = 0; i < json_array_size(requests); i++) {
        const json_t *one = json_array_get(requests, i);
        const char *method = js_get(one, "method", ""), *path = js_get(one, "path", "");

        if (!g_str_equal(js_get(one, "area", ""), "rest"))
            continue;
        checked++;
        if (!is_published(paths, method, path) ||
            !strstr(js_get(one, "query", ""), "api-version=7.1"))
            return g_strdup_printf("%s %s?%s", method, path, js_get(one, "query", ""));
    }
    assert_true(checked > 0);
    return NULL;
}

/* Adds the paths of one file; false when it is not at hand. */
static bool read_published(const char *name, json_t *paths)
{
    const char *configured = g_getenv("HADAL_CONTRACT_DIR");
    g_autofree char *beside =
        g_strdup_printf("%s/../shared/spec/azure-contract", g_getenv("HADAL_SOURCE_ROOT"));
    g_autofree char *file =
        g_build_filename(configured ? configured : beside, "openapi", name, NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(file, &text, NULL, NULL))
        return false;
    /* The file begins with a byte order mark. */
    json_auto_t *root = json_loads(strchr(text, '{'), 0, NULL);
    assert_non_null(root);
    json_object_update(paths, json_object_get(root, "paths"));
    return true;
}

static bool check_published(char **unpublished)
{
    json_auto_t *paths = json_object();

    for (guint i = 0; i < G_N_ELEMENTS(published_files); i++)
        if (!read_published(published_files[i], paths))
            return false;
    *unpublished = find_unpublished(paths);
    return true;
}

const WorldOps azuredevops_world = {
    .host = "azuredevops",
    .author_id = "a0700000-0000-4000-8000-000000000002",
    .commenter_id = "d0700000-0000-4000-8000-000000000004",
    .commenter_name = "Other Person",
    .policy_name = "Minimum number of reviewers",
    .status_genre = "Atlantis Bot",
    .open = open_world,
    .close = close_world,
    .base_url = base_url,
    .token = token,
    .subscribe = subscribe,
    .switch_hooks_off = switch_hooks_off,
    .open_pull = open_pull,
    .push = push,
    .head = head,
    .abandon = abandon,
    .say = say,
    .vote = vote,
    .label = label,
    .policy = set_policy,
    .team = team,
    .comments = comments,
    .signs = signs,
    .statuses = statuses,
    .fault = fault,
    .complaints = complaints,
    .check_published = check_published,
};
