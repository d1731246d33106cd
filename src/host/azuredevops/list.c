// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/list.h"

#include "host/azuredevops/event.h"
#include "host/azuredevops/pull.h"
#include "host/azuredevops/wire.h"
#include "sys/js.h"

enum {
    PAGE = 100,
    MOST_PAGES = 20,
    ALL_THREADS = 128 * 1024 * 1024, /* as in post.c */
};

/* NULL for what is no pull request: the next look may see more of it. */
static Event *pull_event(const Site *site, const char *collection, const json_t *pull)
{
    Event *event = g_new0(Event, 1);

    event->kind = EVENT_PULL_UPDATED;
    event->type = g_strdup("seen in the list");
    if (!azuredevops_pull_ref(site, collection, pull, &event->pull, NULL)) {
        event_free(event);
        return NULL;
    }
    event->head_commit = wire_commit(pull, "lastMergeSourceCommit");
    event->base_branch = wire_branch(pull, "targetRefName");
    event->is_draft = json_is_true(json_object_get(pull, "isDraft"));
    event->made_at = azuredevops_time(pull, "creationDate");
    return event;
}

/* *n is how many there were on the page. */
static bool read_page(const Ctx *ctx, Rest *rest, const Site *site, const Place *place, guint page,
                      GPtrArray *events, gsize *n, GError **error)
{
    g_autofree char *url = site_project_url(site, place, "git/pullrequests");
    g_autofree char *query =
        g_strdup_printf("searchCriteria.status=active&$top=%u&$skip=%u", (guint)PAGE, page * PAGE);
    const RestCall call = {
        .what = "list pull requests", .method = "GET", .url = url, .query = query
    };
    g_auto(RestReply) reply = { 0 };
    const json_t *all;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    all = json_object_get(reply.json, "value");
    *n = json_array_size(all);
    for (gsize i = 0; i < *n; i++) {
        Event *event = pull_event(site, place->collection, json_array_get(all, i));

        if (event)
            g_ptr_array_add(events, event);
    }
    return true;
}

bool azuredevops_pulls_list(const Ctx *ctx, Rest *rest, const Site *site, const char *area,
                            PullList *list, GError **error)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free);
    g_auto(Place) place = { 0 };
    gsize n = PAGE;

    if (!place_of_area(area, &place, error))
        return false;
    for (guint page = 0; n == PAGE && page < MOST_PAGES; page++)
        if (!read_page(ctx, rest, site, &place, page, events, &n, error))
            return false;
    list->is_whole = n < PAGE;
    list->events = g_steal_pointer(&events);
    return true;
}

/* NULL for what is not a command that somebody wrote since. */
static Event *comment_event(const PullRef *pull, const json_t *thread, const json_t *comment,
                            gint64 since)
{
    gint64 made_at = azuredevops_time(comment, "publishedDate");
    g_autofree char *ref = azuredevops_comment_ref(wire_id(thread, "id"), wire_id(comment, "id"));
    g_auto(Actor) author = { 0 };
    Event *event;

    if (made_at < since || !ref || azuredevops_comment_why_not(comment) ||
        !wire_actor(comment, "author", &author))
        return NULL;
    event = g_new0(Event, 1);
    event->kind = EVENT_COMMENT;
    event->type = g_strdup("seen in the conversation");
    pull_ref_copy(&event->pull, pull);
    actor_copy(&event->actor, &author);
    event->comment = g_strdup(js_get(comment, "content", ""));
    event->comment_ref = g_steal_pointer(&ref);
    event->made_at = made_at;
    return event;
}

static void add_comments(GPtrArray *events, const PullRef *pull, const json_t *thread, gint64 since)
{
    const json_t *all = json_object_get(thread, "comments");

    for (size_t i = 0; i < json_array_size(all); i++) {
        Event *event = comment_event(pull, thread, json_array_get(all, i), since);

        if (event)
            g_ptr_array_add(events, event);
    }
}

static int compare_age(gconstpointer a, gconstpointer b)
{
    const Event *first = *(Event *const *)a, *second = *(Event *const *)b;

    return (first->made_at > second->made_at) - (first->made_at < second->made_at);
}

GPtrArray *azuredevops_comments_list(const Ctx *ctx, Rest *rest, const Site *site,
                                     const PullRef *pull, gint64 since, GError **error)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free);
    g_autofree char *url = azuredevops_pull_url(site, pull, "threads", error);
    const RestCall call = {
        .what = "get threads", .method = "GET", .url = url, .max_reply = ALL_THREADS
    };
    g_auto(RestReply) reply = { 0 };
    const json_t *all;

    if (!url || !rest_call(ctx, rest, &call, &reply, error))
        return NULL;
    all = json_object_get(reply.json, "value");
    for (size_t i = 0; i < json_array_size(all); i++)
        add_comments(events, pull, json_array_get(all, i), since);
    g_ptr_array_sort(events, compare_age);
    return g_steal_pointer(&events);
}
