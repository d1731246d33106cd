// SPDX-License-Identifier: Apache-2.0
/* The shapes are those of live captures; the sentences too, where they were seen. */
#include "event.h"

#include "sys/js.h"
#include "wire.h"

enum { PUSH_COMMITS = 25 };

static json_t *texts(const char *text, const char *html, const char *markdown)
{
    json_t *object = json_object();

    js_set(object, "text", text);
    js_set(object, "html", html);
    js_set(object, "markdown", markdown);
    return object;
}

static json_t *containers(const State *state, const Project *project)
{
    json_t *object = json_object();
    const char *const names[] = { "collection", state->settings.server ? "server" : "account",
                                  "project" };
    const char *const ids[] = { state->collection_id, state->account_id, project->id };
    g_autofree char *base = g_strconcat(state->settings.base_url, "/", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        json_t *container = js_set_object(object, names[i]);

        js_set(container, "id", ids[i]);
        js_set(container, "baseUrl", base);
    }
    return object;
}

static json_t *envelope(const State *state, EventType type, const char *version,
                        const Project *project)
{
    json_t *event = json_object();
    g_autofree char *id = new_guid();

    js_set(event, "id", id);
    js_set(event, "eventType", event_type_names[type]);
    js_set(event, "publisherId", "tfs");
    js_set(event, "resourceVersion", version);
    json_object_set_new(event, "resourceContainers", containers(state, project));
    wire_set_time(event, "createdDate", time_now());
    return event;
}

static void set_pull_messages(json_t *event, const State *state, const Pull *pull,
                              const char *subject)
{
    g_autofree char *web = wire_repo_web(state, pull->repo);
    g_autofree char *title = g_markup_escape_text(pull->title, -1);
    g_autofree char *text = g_strdup_printf("%s pull request %d (%s) in %s\r\n%s/", subject,
                                            pull->id, pull->title, pull->repo->name, web);
    g_autofree char *html = g_strdup_printf(
        "%s <a href=\"%s/pullrequest/%d\">pull request %d</a> (%s) in <a href=\"%s/\">%s</a>",
        subject, web, pull->id, pull->id, title, web, pull->repo->name);
    g_autofree char *markdown =
        g_strdup_printf("%s [pull request %d](%s/pullrequest/%d) (%s) in [%s](%s/)", subject,
                        pull->id, web, pull->id, pull->title, pull->repo->name, web);
    g_autofree char *detail =
        g_strdup_printf("%s\r\n%s%s", text, pull->description ? pull->description : "",
                        pull->description ? "\r\n" : "");

    json_object_set_new(event, "message", texts(text, html, markdown));
    json_object_set_new(event, "detailedMessage", texts(detail, html, markdown));
}

json_t *event_pull(const State *state, EventType type, const Pull *pull, const User *actor,
                   const char *verb)
{
    json_t *event = envelope(state, type, "1.0", pull->repo->project);
    /* Two blanks, and nobody did it: so the service writes it. */
    g_autofree char *subject = type == EVENT_PULL_MERGED
                                   ? g_strdup("Merge attempted  for")
                                   : g_strdup_printf("%s %s", actor->name, verb);

    set_pull_messages(event, state, pull, subject);
    json_object_set_new(event, "resource", wire_pull(state, pull, PULL_FORM_EVENT));
    return event;
}

json_t *event_comment(const State *state, const Pull *pull, const Thread *thread,
                      const Comment *comment, const User *actor, const char *verb)
{
    json_t *event = envelope(state, EVENT_COMMENT, "2.0", pull->repo->project);
    json_t *resource = js_set_object(event, "resource");
    g_autofree char *text = g_strdup_printf("%s has %s", actor->name, verb);
    g_autofree char *detail =
        g_strdup_printf("%s\r\n%s\r\n", text, comment->content ? comment->content : "");

    json_object_set_new(event, "message", texts(text, text, text));
    json_object_set_new(event, "detailedMessage", texts(detail, detail, detail));
    json_object_set_new(resource, "comment", wire_comment_event(state, pull, thread, comment));
    json_object_set_new(resource, "pullRequest", wire_pull(state, pull, PULL_FORM_COMMENT));
    return event;
}

static json_t *push_commits(const State *state, const Repo *repo, const char *old, const char *new)
{
    g_autofree char *range =
        g_str_equal(old, GIT_ZERO) ? g_strdup(new) : g_strdup_printf("%s..%s", old, new);
    g_autoptr(GPtrArray) log = git_log(repo->dir, range, 0, PUSH_COMMITS, NULL);
    json_t *commits = json_array();

    for (guint i = 0; log && i < log->len; i++)
        json_array_append_new(commits, wire_commit(state, repo, log->pdata[i]));
    return commits;
}

static json_t *ref_update(const Repo *repo, const char *ref, const char *old, const char *new)
{
    json_t *update = json_object();
    bool moved = !g_str_equal(old, GIT_ZERO) && !g_str_equal(new, GIT_ZERO);

    js_set(update, "name", ref);
    js_set(update, "oldObjectId", old);
    js_set(update, "newObjectId", new);
    if (moved && !git_is_ancestor(repo->dir, old, new))
        json_object_set_new(update, "forced", json_true());
    return update;
}

json_t *event_push(const State *state, const Repo *repo, const char *ref, const char *old,
                   const char *new, const User *actor)
{
    json_t *event = envelope(state, EVENT_PUSH, "1.0", repo->project);
    json_t *resource = js_set_object(event, "resource");
    json_t *updates = json_array();
    bool deleted = g_str_equal(new, GIT_ZERO);
    g_autofree char *web = wire_repo_web(state, repo);
    g_autofree char *text = g_strdup_printf("%s %s %s:%s\r\n(%s/#version=GB%s)", actor->name,
                                            deleted ? "deleted" : "pushed updates to", repo->name,
                                            short_ref(ref), web, short_ref(ref));

    json_object_set_new(event, "message", texts(text, text, text));
    json_object_set_new(event, "detailedMessage", texts(text, text, text));
    if (!deleted)
        json_object_set_new(resource, "commits", push_commits(state, repo, old, new));
    json_array_append_new(updates, ref_update(repo, ref, old, new));
    json_object_set_new(resource, "refUpdates", updates);
    json_object_set_new(resource, "repository", wire_repo_thin(state, repo));
    json_object_set_new(resource, "pushedBy", wire_user(state, actor));
    wire_set_time(resource, "date", time_now());
    return event;
}

#define FABRIKAM         "https://fabrikam.visualstudio.com/DefaultCollection"
#define FABRIKAM_PROJECT "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"
#define FABRIKAM_REPO    "4bc14d40-c903-45e2-872e-0462c7748079"
#define FABRIKAM_COMMIT  "53d54ac915144006c2c9e90d2c7d3880920db49c"

static json_t *test_repo(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "id", FABRIKAM_REPO, "name",
                     "Fabrikam", "url", FABRIKAM "/_apis/git/repositories/" FABRIKAM_REPO,
                     "remoteUrl", FABRIKAM "/_git/Fabrikam", "project", "id", FABRIKAM_PROJECT,
                     "name", "Fabrikam", "state", "wellFormed");
}

static json_t *test_pull(void)
{
    return json_pack("{s:o, s:i, s:s, s:s, s:s, s:s, s:s, s:{s:s}}", "repository", test_repo(),
                     "pullRequestId", 1, "status", "active", "title", "my first pull request",
                     "sourceRefName", "refs/heads/mytopic", "targetRefName", "refs/heads/master",
                     "mergeStatus", "succeeded", "lastMergeSourceCommit", "commitId",
                     FABRIKAM_COMMIT);
}

static json_t *test_resource(EventType type)
{
    if (type == EVENT_PUSH)
        return json_pack("{s:[], s:o, s:i}", "refUpdates", "repository", test_repo(), "pushId", 14);
    if (type == EVENT_COMMENT)
        return json_pack("{s:{s:i, s:s, s:s}, s:o}", "comment", "id", 2, "content",
                         "This is my comment.", "commentType", "text", "pullRequest", test_pull());
    return test_pull();
}

json_t *event_test(const State *state, EventType type)
{
    const Project fabrikam = { .id = (char *)FABRIKAM_PROJECT };
    json_t *event = envelope(state, type, type == EVENT_COMMENT ? "2.0" : "1.0", &fabrikam);

    json_object_set_new(event, "message", texts("A test", "A test", "A test"));
    json_object_set_new(event, "detailedMessage", texts("A test", "A test", "A test"));
    json_object_set_new(event, "resource", test_resource(type));
    return event;
}

static json_t *wanted_message(const json_t *message, const char *kind)
{
    json_t *object;

    if (g_ascii_strcasecmp(kind, "none") == 0)
        return json_null();
    if (g_ascii_strcasecmp(kind, "all") == 0)
        return json_incref((json_t *)message);
    object = json_object();
    js_set(object, kind, js_get(message, kind, ""));
    return object;
}

static json_t *wanted_resource(const json_t *event, const Subscription *subscription)
{
    json_t *resource = json_object_get(event, "resource");
    const char *details = js_get(subscription->consumer_inputs, "resourceDetailsToSend", "all");
    json_t *minimal;

    if (g_ascii_strcasecmp(details, "none") == 0)
        return NULL;
    if (g_ascii_strcasecmp(details, "minimal") == 0) {
        minimal = json_object();
        json_object_set(minimal, "url", json_object_get(resource, "url"));
        json_object_set(minimal, "pullRequestId", json_object_get(resource, "pullRequestId"));
        return minimal;
    }
    /* Version 1.0 of a comment's event is the comment alone, without its pull request. */
    if (subscription->type == EVENT_COMMENT && g_str_equal(subscription->version, "1.0"))
        return json_incref(json_object_get(resource, "comment"));
    return json_incref(resource);
}

json_t *event_for(const json_t *event, Subscription *subscription)
{
    json_t *sent = json_copy((json_t *)event);
    json_t *inputs = subscription->consumer_inputs;
    json_t *resource = wanted_resource(event, subscription);

    js_set(sent, "subscriptionId", subscription->id);
    json_object_set_new(sent, "notificationId", json_integer(++subscription->last_notification));
    js_set(sent, "resourceVersion", subscription->version);
    json_object_set_new(
        sent, "message",
        wanted_message(json_object_get(event, "message"), js_get(inputs, "messagesToSend", "all")));
    json_object_set_new(sent, "detailedMessage",
                        wanted_message(json_object_get(event, "detailedMessage"),
                                       js_get(inputs, "detailedMessagesToSend", "all")));
    if (resource)
        json_object_set_new(sent, "resource", resource);
    else
        json_object_del(sent, "resource");
    return sent;
}
