// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/event.h"

#include <string.h>

#include "host/azuredevops/marker.h"
#include "host/azuredevops/wire.h"
#include "sys/js.h"

/* What the "Test" button of a subscription sends: this repository, or this subscription. */
#define TEST_REPO         "4bc14d40-c903-45e2-872e-0462c7748079"
#define TEST_SUBSCRIPTION "00000000-0000-0000-0000-000000000000"

enum { LONGEST_KEY = 200, LONGEST_TYPE = 100 };

/* One payload on its way to an Event. Borrows. */
typedef struct {
    const Site *site;
    const json_t *root, *resource;
    Event *event;
} Reading;

typedef struct {
    const char *name;
    const char *pull; /* member of resource that is the pull request; NULL: resource itself */
    bool (*read)(Reading *reading, const json_t *pull, GError **error);
} EventType;

static bool ignore(Event *event, const char *reason)
{
    event->kind = EVENT_IGNORED;
    event->reason = g_strdup(reason);
    return true;
}

/* Tries what may name the collection, the most certain first. */
static char *collection_of(const Reading *reading, const json_t *repo, const char *project,
                           GError **error)
{
    const json_t *containers = json_object_get(reading->root, "resourceContainers");
    const char *const urls[] = {
        js_get(json_object_get(containers, "collection"), "baseUrl", NULL),
        js_get(repo, "url", NULL),
        js_get(json_object_get(repo, "project"), "url", NULL),
    };

    for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
        /* One that says nothing is no failure while there is another. */
        char *found = urls[i] ? site_collection(reading->site, urls[i], project, NULL) : NULL;

        if (found)
            return found;
    }
    return hadal_throw_null(error, HADAL_ERROR_INVALID,
                            "neither resourceContainers nor the repository's URL name the "
                            "organisation or collection");
}

static bool check_ids(const Place *place, GError **error)
{
    return (place->repo && place->project) ||
           hadal_throw(error, HADAL_ERROR_INVALID,
                       "repository.id or repository.project.id is missing or not a GUID");
}

bool azuredevops_pull_ref(const Site *site, const char *collection, const json_t *pull,
                          PullRef *ref, GError **error)
{
    const json_t *repo = json_object_get(pull, "repository");
    const json_t *project = json_object_get(repo, "project");
    g_auto(Place) place = { .collection = g_strdup(collection),
                            .repo = wire_guid(repo, "id"),
                            .project = wire_guid(project, "id") };
    const PlaceNames names = { .collection = collection,
                               .project = js_get(project, "name", NULL),
                               .repo = js_get(repo, "name", NULL) };
    gint64 number = wire_id(pull, "pullRequestId");

    if (!number)
        return hadal_throw(error, HADAL_ERROR_INVALID, "pullRequestId is missing or out of range");
    if (!check_ids(&place, error) || !place_names_check(&names, error))
        return false;
    ref->number = number;
    ref->repo.host = g_strdup("azuredevops");
    ref->repo.host_id = g_strdup(place.repo);
    ref->repo.locator = place_locator(&place);
    ref->repo.full_name = site_full_name(site, &names);
    ref->repo.allow_name = site_allow_name(site, &names);
    ref->url = site_pull_page(site, &names, number);
    return true;
}

static bool read_repo(Reading *reading, const json_t *pull, GError **error)
{
    const json_t *repo = json_object_get(pull, "repository");
    g_autofree char *project = wire_guid(json_object_get(repo, "project"), "id");
    g_autofree char *collection = NULL;

    if (!project)
        return check_ids(&(Place){ 0 }, error);
    collection = collection_of(reading, repo, project, error);
    return collection &&
           azuredevops_pull_ref(reading->site, collection, pull, &reading->event->pull, error);
}

gint64 azuredevops_time(const json_t *object, const char *key)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(js_get(object, key, ""), utc);

    return time ? g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000 : 0;
}

static bool read_pull(Reading *reading, const json_t *pull, GError **error)
{
    Event *event = reading->event;

    if (!json_is_object(pull))
        return hadal_throw(error, HADAL_ERROR_INVALID, "there is no pull request in it");
    event->head_commit = wire_commit(pull, "lastMergeSourceCommit");
    event->base_branch = wire_branch(pull, "targetRefName");
    event->is_draft = json_is_true(json_object_get(pull, "isDraft"));
    event->made_at = azuredevops_time(pull, "creationDate");
    return read_repo(reading, pull, error);
}

/* Deliveries may be late or out of order: what the pull request is now counts for more than what
 * the event is called. */
static bool is_closed(const json_t *pull)
{
    PullState state;

    return wire_pull_state(pull, &state) && state != PULL_ACTIVE;
}

static bool read_closed(Reading *reading, const json_t *pull)
{
    reading->event->kind = EVENT_PULL_CLOSED;
    wire_actor(pull, "closedBy", &reading->event->actor);
    return true;
}

static bool read_created(Reading *reading, const json_t *pull, GError **error)
{
    if (!read_pull(reading, pull, error))
        return false;
    if (is_closed(pull))
        return read_closed(reading, pull);
    reading->event->kind = EVENT_PULL_OPENED;
    wire_actor(pull, "createdBy", &reading->event->actor);
    return true;
}

/* Who updated it, and what, the service does not tell, except in a sentence. */
static bool read_updated(Reading *reading, const json_t *pull, GError **error)
{
    if (!read_pull(reading, pull, error))
        return false;
    if (is_closed(pull))
        return read_closed(reading, pull);
    reading->event->kind = EVENT_PULL_UPDATED;
    return true;
}

static bool read_merged(Reading *reading, const json_t *pull, GError **error)
{
    if (!read_pull(reading, pull, error))
        return false;
    if (is_closed(pull))
        return read_closed(reading, pull);
    return ignore(reading->event, "a merge was tried, and the pull request is still active");
}

/* Fractions of seconds are written with as many digits as they need. */
static bool is_same_time(const char *a, const char *b)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) first = g_date_time_new_from_iso8601(a, utc);
    g_autoptr(GDateTime) second = g_date_time_new_from_iso8601(b, utc);

    return g_str_equal(a, b) || (first && second && g_date_time_equal(first, second));
}

/* New, changed and answered comments are one type of event; only their dates differ. */
static bool is_edited(const json_t *comment)
{
    const char *published = js_get(comment, "publishedDate", NULL);
    const char *updated = js_get(comment, "lastUpdatedDate", published);
    const char *content_updated = js_get(comment, "lastContentUpdatedDate", published);

    return published &&
           !(is_same_time(published, updated) && is_same_time(published, content_updated));
}

/* Number of the thread: only the links tell it. 0 when they do not. */
static gint64 thread_of(const json_t *comment)
{
    const json_t *links = json_object_get(comment, "_links");
    const char *const hrefs[] = {
        js_get(json_object_get(links, "threads"), "href", ""),
        js_get(json_object_get(links, "self"), "href", ""),
    };

    for (guint i = 0; i < G_N_ELEMENTS(hrefs); i++) {
        const char *threads = strstr(hrefs[i], "/threads/");
        const char *end;
        gint64 thread = threads ? wire_id_of_text(threads + strlen("/threads/"), &end) : 0;

        if (thread && (*end == '\0' || *end == '/' || *end == '?'))
            return thread;
    }
    return 0;
}

char *azuredevops_comment_ref(gint64 thread, gint64 comment)
{
    if (!thread || !comment)
        return NULL;
    return g_strdup_printf("%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, thread, comment);
}

bool azuredevops_comment_of_ref(const char *ref, gint64 *thread, gint64 *comment, GError **error)
{
    const char *end;

    *thread = wire_id_of_text(ref ? ref : "", &end);
    *comment = *end == '/' ? wire_id_of_text(end + 1, &end) : 0;
    return (*thread && *comment && !*end) ||
           hadal_throw(error, HADAL_ERROR_INVALID, "not a comment: %.40s", ref ? ref : "");
}

const char *azuredevops_comment_why_not(const json_t *comment)
{
    const char *content = js_get(comment, "content", NULL);

    if (json_is_true(json_object_get(comment, "isDeleted")))
        return "the comment was deleted";
    if (g_ascii_strcasecmp(js_get(comment, "commentType", "text"), "text") != 0)
        return "not a comment by a person";
    if (!content)
        return "the comment has no text";
    if (marker_is_ours(content))
        return "our own comment";
    if (is_edited(comment))
        return "the comment was edited; write a new one to give a command";
    return NULL;
}

static bool read_comment(Reading *reading, const json_t *pull, GError **error)
{
    const json_t *comment = json_object_get(reading->resource, "comment");
    Event *event = reading->event;
    const char *why_not;

    if (!json_is_object(comment))
        return hadal_throw(error, HADAL_ERROR_INVALID, "there is no comment in it");
    if (!read_pull(reading, pull, error))
        return false;
    event->made_at = azuredevops_time(comment, "publishedDate");
    event->comment_ref = azuredevops_comment_ref(thread_of(comment), wire_id(comment, "id"));
    why_not = azuredevops_comment_why_not(comment);
    if (why_not)
        return ignore(event, why_not);
    if (!wire_actor(comment, "author", &event->actor))
        return hadal_throw(error, HADAL_ERROR_INVALID, "it does not say who commented");
    event->kind = EVENT_COMMENT;
    event->comment = g_strdup(js_get(comment, "content", ""));
    return true;
}

static const EventType types[] = {
    { .name = "git.pullrequest.created", .read = read_created },
    { .name = "git.pullrequest.updated", .read = read_updated },
    { .name = "git.pullrequest.merged", .read = read_merged },
    { .name = "ms.vss-code.git-pullrequest-comment-event",
      .pull = "pullRequest",
      .read = read_comment },
};

static const EventType *type_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_equal(types[i].name, name))
            return &types[i];
    return NULL;
}

/* In version 1.0 of a comment's event the resource is the comment, and of which pull request it
 * is nobody can say. */
static bool is_bare_comment(const Reading *reading, const EventType *type)
{
    return type->pull && json_is_object(reading->resource) &&
           !json_object_get(reading->resource, type->pull) &&
           (json_object_get(reading->resource, "content") ||
            g_str_has_prefix(js_get(reading->root, "resourceVersion", ""), "1."));
}

static bool is_test(const Reading *reading, const json_t *pull)
{
    const char *subscription = js_get(reading->root, "subscriptionId", "");
    const char *repo = js_get(json_object_get(pull, "repository"), "id", "");

    return g_str_equal(subscription, TEST_SUBSCRIPTION) || g_ascii_strcasecmp(repo, TEST_REPO) == 0;
}

/* The same for each attempt at one delivery: the event's id is also that of equal events which go
 * to other subscriptions. */
static char *delivery_key(const json_t *root)
{
    const char *id = js_get(root, "id", "");
    const char *subscription = js_get(root, "subscriptionId", "");
    gint64 notification = wire_id(root, "notificationId");

    if (!*id || strlen(id) + strlen(subscription) > LONGEST_KEY)
        return NULL;
    if (!*subscription && notification)
        return g_strdup_printf("%s/%" G_GINT64_FORMAT, id, notification);
    return *subscription ? g_strdup_printf("%s/%s", id, subscription) : g_strdup(id);
}

static bool read_known(Reading *reading, const EventType *type, GError **error)
{
    const json_t *pull =
        type->pull ? json_object_get(reading->resource, type->pull) : reading->resource;

    if (is_bare_comment(reading, type))
        return ignore(reading->event, "it does not name its pull request: set the subscription's "
                                      "resource version to 2.0");
    if (is_test(reading, pull))
        return ignore(reading->event, "a test of the subscription");
    if (!reading->event->delivery_key)
        return hadal_throw(error, HADAL_ERROR_INVALID, "its id is missing or too long");
    if (!json_is_object(reading->resource))
        return hadal_throw(error, HADAL_ERROR_INVALID, "its resource is missing");
    return type->read(reading, pull, error);
}

static bool read_event(Reading *reading, GError **error)
{
    Event *event = reading->event;
    const char *name = js_get(reading->root, "eventType", "");
    const EventType *type = type_of(name);

    if (!*name)
        return hadal_throw(error, HADAL_ERROR_INVALID, "there is no eventType in it");
    event->type = wire_excerpt(name, LONGEST_TYPE);
    event->delivery_key = delivery_key(reading->root);
    if (!type)
        return ignore(event, "events of this type are not used");
    return read_known(reading, type, error) || hadal_prefix(error, "%s", event->type);
}

bool azuredevops_event_parse(const Site *site, const char *body, gsize length, Event *event,
                             GError **error)
{
    json_auto_t *root = wire_parse(body, length, error);
    g_auto(Event) parsed = { 0 };
    Reading reading = {
        .site = site, .root = root, .resource = json_object_get(root, "resource"), .event = &parsed
    };

    if (!root || !read_event(&reading, error))
        return false;
    *event = parsed;
    parsed = (Event){ 0 };
    return true;
}
