// SPDX-License-Identifier: Apache-2.0
#include "git_http.h"

#include <string.h>

#include "git.h"
#include "policy.h"
#include "pull.h"
#include "sys/proc.h"

enum { OUTPUT_LIMIT = 512 * 1024 * 1024, TIMEOUT_MS = 120000, GRACE_MS = 1000 };

/* Nothing else of git's dumb protocol is served. */
static const char *const services[] = { "/info/refs", "/git-upload-pack", "/git-receive-pack" };

static bool is_service(const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(services); i++)
        if (g_str_equal(services[i], path))
            return true;
    return false;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static GStrv cgi_env(const HttpRequest *request, const Repo *repo, const char *path,
                     const User *user, gsize length)
{
    GStrv env = proc_base_env();
    g_autofree char *length_text = g_strdup_printf("%" G_GSIZE_FORMAT, length);
    g_autofree char *root = g_path_get_dirname(repo->dir);
    g_autofree char *name = g_path_get_basename(repo->dir);
    g_autofree char *info = g_strconcat("/", name, path, NULL);
    const char *const variables[][2] = {
        { "GIT_CONFIG_NOSYSTEM", "1" },
        { "GIT_CONFIG_GLOBAL", "/dev/null" },
        { "GIT_HTTP_EXPORT_ALL", "1" },
        { "GIT_PROJECT_ROOT", root },
        { "PATH_INFO", info },
        { "REQUEST_METHOD", http_request_method(request) },
        { "QUERY_STRING", http_request_query(request) },
        { "CONTENT_TYPE", or_empty(http_request_header(request, "Content-Type")) },
        { "CONTENT_LENGTH", length_text },
        { "HTTP_CONTENT_ENCODING", or_empty(http_request_header(request, "Content-Encoding")) },
        { "GIT_PROTOCOL", or_empty(http_request_header(request, "Git-Protocol")) },
        { "REMOTE_USER", user->account },
        { "REMOTE_ADDR", http_request_peer(request) },
        { "SERVER_PROTOCOL", "HTTP/1.1" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
        env = g_environ_setenv(env, variables[i][0], variables[i][1], TRUE);
    return env;
}

/* "Name: value" lines, an empty line, the body. */
static HttpResponse *response_of(Visit *visit, const GString *output)
{
    const char *end = g_strstr_len(output->str, (gssize)output->len, "\r\n\r\n");
    g_autofree char *head = end ? g_strndup(output->str, (gsize)(end - output->str)) : NULL;
    g_auto(GStrv) lines = head ? g_strsplit(head, "\r\n", -1) : NULL;
    g_autofree char *type = g_strdup("application/octet-stream");
    unsigned status = 200;
    HttpResponse *response;

    if (!lines)
        return NULL;
    for (gsize i = 0; lines[i]; i++) {
        if (g_ascii_strncasecmp(lines[i], "Status: ", 8) == 0)
            status = (unsigned)g_ascii_strtoull(lines[i] + 8, NULL, 10);
        if (g_ascii_strncasecmp(lines[i], "Content-Type: ", 14) == 0) {
            g_free(type);
            type = g_strdup(lines[i] + 14);
        }
    }
    visit->status = status;
    response = http_response_new(status, type, end + 4,
                                 (gssize)(output->len - (gsize)(end + 4 - output->str)));
    http_response_header(response, "Cache-Control", "no-cache");
    return response;
}

static HttpResponse *run_backend(Visit *visit, const Repo *repo, const char *path)
{
    static const Ctx ctx = { .command = "git-http" };
    gsize length = 0;
    const char *body = http_request_body(visit->request, &length);
    g_auto(GStrv) env = cgi_env(visit->request, repo, path, visit->user, length);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    HttpResponse *response;
    const ProcSpec spec = {
        .argv = ARGV("git", "http-backend"),
        .env = (const char *const *)env,
        .input = body,
        .input_length = length,
        .max_output = OUTPUT_LIMIT,
        .timeout_ms = TIMEOUT_MS,
        .grace_ms = GRACE_MS,
        .ends_at_limit = true,
    };

    /* A refused push exits with 1 and has a full answer all the same. */
    if (!proc_run(&ctx, &spec, output, errors, NULL, &error) && output->len == 0) {
        log_line(LEVEL_WARN, &ctx, "%s: %s", error->message, errors->str);
        return visit_refuse(visit, 500, "git http-backend failed");
    }
    response = response_of(visit, output);
    return response ? response : visit_refuse(visit, 500, "git http-backend said nothing");
}

static const char *id_of(GHashTable *refs, const char *ref)
{
    const char *id = g_hash_table_lookup(refs, ref);

    return id ? id : GIT_ZERO;
}

static void follow_up(State *state, Repo *repo, GHashTable *before, GHashTable *after,
                      const User *user)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal); /* borrowed */
    GHashTableIter at;
    gpointer key;

    g_hash_table_iter_init(&at, before);
    while (g_hash_table_iter_next(&at, &key, NULL))
        g_hash_table_add(names, key);
    g_hash_table_iter_init(&at, after);
    while (g_hash_table_iter_next(&at, &key, NULL))
        g_hash_table_add(names, key);
    g_hash_table_iter_init(&at, names);
    while (g_hash_table_iter_next(&at, &key, NULL)) {
        const char *ref = key, *old = id_of(before, ref), *new = id_of(after, ref);

        if (!g_str_equal(old, new) && !g_str_has_prefix(ref, "refs/pull/"))
            pull_branch_moved(state, repo, ref, old, new, user);
    }
}

/* The first ref among the push's commands that a branch policy covers, or NULL. Commands are
 * pkt-lines "<old> <new> <ref>", the first with capabilities behind a NUL, up to a flush. */
static char *protected_ref(const State *state, const Repo *repo, const char *body, gsize length)
{
    gsize at = 0;

    while (at + 4 <= length) {
        g_autofree char *digits = g_strndup(body + at, 4);
        gsize size = (gsize)g_ascii_strtoull(digits, NULL, 16);
        g_autofree char *line = NULL;

        if (size <= 4 || at + size > length)
            return NULL;
        line = g_strchomp(g_strndup(body + at + 4, size - 4));
        if (strlen(line) > 82 && policy_protects(state, repo, line + 82))
            return g_strdup(line + 82);
        at += size;
    }
    return NULL;
}

static void append_packet(GString *out, const char *channel, const char *text)
{
    gsize size = strlen(text) + (channel ? 1 : 0) + 4;

    g_string_append_printf(out, "%04x%s%s", (unsigned)size, channel ? channel : "", text);
}

/* In the words of git's own protocol: the pack is left alone, the ref is refused. */
static HttpResponse *refuse_push(Visit *visit, const char *ref)
{
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *line = g_strdup_printf(
        "ng %s TF402455: Pushes to this branch are not permitted; you must use a pull request to "
        "update this branch.\n",
        ref);

    append_packet(report, NULL, "unpack ok\n");
    append_packet(report, NULL, line);
    g_string_append(report, "0000");
    append_packet(out, "\x01", report->str);
    g_string_append(out, "0000");
    visit->status = 200;
    visit->why = g_strdup_printf("push to %s, which a policy protects", ref);
    return http_response_new(200, "application/x-git-receive-pack-result", out->str,
                             (gssize)out->len);
}

static HttpResponse *receive(Visit *visit, Repo *repo, const char *path)
{
    STATE_LOCKED lock = (state_lock(), 0);
    gsize length = 0;
    const char *body = http_request_body(visit->request, &length);
    g_autofree char *refused = protected_ref(visit->state, repo, body, length);
    g_autoptr(GHashTable) before = git_refs(repo->dir, NULL);
    g_autoptr(GHashTable) after = NULL;
    HttpResponse *response;

    if (refused)
        return refuse_push(visit, refused);
    response = run_backend(visit, repo, path);
    after = git_refs(repo->dir, NULL);
    if (before && after)
        follow_up(visit->state, repo, before, after, visit->user);
    return response;
}

HttpResponse *git_http_handle(Visit *visit, Repo *repo, const char *path)
{
    if (!is_service(path))
        return visit_refuse(visit, 404, "not a git service: %s", path);
    if (g_str_equal(path, "/git-receive-pack"))
        return receive(visit, repo, path);
    return run_backend(visit, repo, path);
}
