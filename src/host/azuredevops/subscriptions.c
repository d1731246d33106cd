// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/subscriptions.h"

#include <string.h>

#include "host/azuredevops/wire.h"
#include "sys/js.h"

#define PUBLISHER "tfs"
#define CONSUMER  "webHooks"
#define ACTION    "httpRequest"

enum { ALL_NOTIFICATIONS = 64 * 1024 * 1024, LONGEST_TROUBLE = 300 };

typedef struct {
    const char *name;  /* of the service */
    const char *words; /* for people */
} StatusRow;

static const StatusRow statuses[SUBSCRIPTION_STATUSES] = {
    [SUBSCRIPTION_ENABLED] = { "enabled", "enabled" },
    [SUBSCRIPTION_ON_PROBATION] = { "onProbation", "on probation after a failed delivery" },
    [SUBSCRIPTION_OFF_BY_SYSTEM] = { "disabledBySystem", "switched off by the service" },
    [SUBSCRIPTION_OFF_BY_USER] = { "disabledByUser", "switched off by somebody" },
    [SUBSCRIPTION_OFF_WITHOUT_OWNER] = { "disabledByInactiveIdentity",
                                         "switched off because who made it has lost access" },
    [SUBSCRIPTION_UNKNOWN] = { "", "in a state that is not known here" },
};

const char *subscription_status_words(SubscriptionStatus status)
{
    return statuses[status].words;
}

static SubscriptionStatus status_of(const char *name)
{
    for (int i = 0; i < SUBSCRIPTION_UNKNOWN; i++)
        if (g_ascii_strcasecmp(statuses[i].name, name) == 0)
            return (SubscriptionStatus)i;
    return SUBSCRIPTION_UNKNOWN;
}

void subscription_free(Subscription *subscription)
{
    if (!subscription)
        return;
    g_free(subscription->id);
    g_free(subscription->event_type);
    g_free(subscription->version);
    g_free(subscription->project);
    g_free(subscription->repo);
    g_free(subscription->branch);
    g_free(subscription->notification);
    g_free(subscription->url);
    g_free(subscription->user);
    g_free(subscription->details);
    json_decref(subscription->json);
    g_free(subscription);
}

/* Empty text and no text are the same to the service. */
static char *text_of(const json_t *object, const char *key)
{
    return g_strdup(js_get(object, key, ""));
}

static char *id_of(const json_t *object, const char *key)
{
    return g_ascii_strdown(js_get(object, key, ""), -1);
}

Subscription *subscription_parse(const json_t *json)
{
    const json_t *publisher = json_object_get(json, "publisherInputs");
    const json_t *consumer = json_object_get(json, "consumerInputs");
    Subscription *made;

    if (!wire_is_guid(js_get(json, "id", NULL)) || !*js_get(consumer, "url", "") ||
        !g_str_equal(js_get(json, "consumerId", ""), CONSUMER))
        return NULL;
    made = g_new0(Subscription, 1);
    made->id = id_of(json, "id");
    made->status = status_of(js_get(json, "status", ""));
    made->event_type = text_of(json, "eventType");
    made->version = text_of(json, "resourceVersion");
    made->project = id_of(publisher, "projectId");
    made->repo = id_of(publisher, "repository");
    made->branch = text_of(publisher, "branch");
    made->notification = text_of(publisher, "notificationType");
    made->is_of_people = *js_get(publisher, "pullrequestCreatedBy", "") ||
                         *js_get(publisher, "pullrequestReviewersContains", "");
    made->url = text_of(consumer, "url");
    made->user = text_of(consumer, "basicAuthUsername");
    made->details = g_strdup(js_get(consumer, "resourceDetailsToSend", "all"));
    made->json = json_deep_copy(json);
    return made;
}

bool subscription_sends_to(const Subscription *subscription, const char *url)
{
    gsize length = strlen(url);

    /* Letter case does not count in a host's name, and our own paths are all lower case. */
    return g_ascii_strncasecmp(subscription->url, url, length) == 0 &&
           (subscription->url[length] == '\0' || subscription->url[length] == '/');
}

GPtrArray *subscriptions_list(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                              GError **error)
{
    g_autofree char *url = site_collection_url(site, collection, "hooks/subscriptions");
    const RestCall call = {
        .what = "get service hooks",
        .method = "GET",
        .url = url,
        .query = "publisherId=" PUBLISHER "&consumerId=" CONSUMER "&consumerActionId=" ACTION,
    };
    g_auto(RestReply) reply = { 0 };
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)subscription_free);
    const json_t *all;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return NULL;
    all = json_object_get(reply.json, "value");
    for (size_t i = 0; i < json_array_size(all); i++) {
        Subscription *one = subscription_parse(json_array_get(all, i));

        if (one)
            g_ptr_array_add(list, one);
    }
    return g_steal_pointer(&list);
}

/* What creating, replacing and testing have in common. New reference. */
static json_t *body_of(const SubscriptionSpec *spec)
{
    json_t *body = json_object();
    json_t *publisher = js_set_object(body, "publisherInputs");
    json_t *consumer = js_set_object(body, "consumerInputs");

    js_set(body, "publisherId", PUBLISHER);
    js_set(body, "eventType", spec->event_type);
    js_set(body, "consumerId", CONSUMER);
    js_set(body, "consumerActionId", ACTION);
    js_set(publisher, "projectId", spec->project);
    js_set(publisher, "repository", spec->repo);
    js_set(publisher, "branch", "");
    if (*spec->notification)
        js_set(publisher, "notificationType", spec->notification);
    js_set(consumer, "url", spec->url);
    js_set(consumer, "basicAuthUsername", spec->user);
    js_set(consumer, "basicAuthPassword", spec->password);
    js_set(consumer, "resourceDetailsToSend", "all");
    js_set(consumer, "messagesToSend", "none");
    js_set(consumer, "detailedMessagesToSend", "none");
    return body;
}

bool subscription_create(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                         const SubscriptionSpec *spec, GError **error)
{
    g_autofree char *url = site_collection_url(site, collection, "hooks/subscriptions");
    json_auto_t *body = body_of(spec);
    const RestCall call = {
        .what = "create service hook", .method = "POST", .url = url, .body = body
    };
    g_auto(RestReply) reply = { 0 };

    js_set(body, "resourceVersion", spec->version);
    return rest_call(ctx, rest, &call, &reply, error);
}

bool subscription_repair(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                         const Subscription *subscription, const SubscriptionRepair *repair,
                         GError **error)
{
    g_autofree char *resource = g_strconcat("hooks/subscriptions/", subscription->id, NULL);
    g_autofree char *url = site_collection_url(site, collection, resource);
    json_auto_t *body = json_deep_copy(subscription->json);
    json_t *consumer = json_object_get(body, "consumerInputs");
    const RestCall call = {
        .what = "replace service hook", .method = "PUT", .url = url, .body = body
    };
    g_auto(RestReply) reply = { 0 };

    js_set(body, "status", statuses[SUBSCRIPTION_ENABLED].name);
    if (repair->version)
        js_set(body, "resourceVersion", repair->version);
    js_set(consumer, "basicAuthUsername", repair->user);
    js_set(consumer, "basicAuthPassword", repair->password);
    js_set(consumer, "resourceDetailsToSend", "all");
    return rest_call(ctx, rest, &call, &reply, error);
}

void notification_free(Notification *notification)
{
    if (!notification)
        return;
    g_free(notification->result);
    g_free(notification->created);
    g_free(notification->event_type);
    g_free(notification->trouble);
    g_free(notification->event);
    g_free(notification);
}

Notification *notification_parse(const json_t *json)
{
    const json_t *details = json_object_get(json, "details");
    const json_t *event = json_object_get(details, "event");
    Notification *made;

    if (!json_is_object(json))
        return NULL;
    made = g_new0(Notification, 1);
    made->id = js_get_int(json, "id", 0);
    made->result = g_strdup(js_get(json, "result", "pending"));
    made->created = text_of(json, "createdDate");
    made->event_type = text_of(details, "eventType");
    made->trouble = wire_excerpt(js_get(details, "errorMessage", ""), LONGEST_TROUBLE);
    made->event = json_is_object(event) ? js_print(event) : NULL;
    return made;
}

GPtrArray *subscription_notifications(const Ctx *ctx, Rest *rest, const Site *site,
                                      const char *collection, const NotificationQuery *query,
                                      GError **error)
{
    g_autofree char *resource =
        g_strdup_printf("hooks/subscriptions/%s/notifications", query->subscription);
    g_autofree char *url = site_collection_url(site, collection, resource);
    g_autofree char *text =
        g_strdup_printf("maxResults=%u%s%s", query->max, query->result ? "&result=" : "",
                        query->result ? query->result : "");
    const RestCall call = {
        .what = "get deliveries",
        .method = "GET",
        .url = url,
        .query = text,
        .max_reply = ALL_NOTIFICATIONS,
    };
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)notification_free);
    g_auto(RestReply) reply = { 0 };
    const json_t *all;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return NULL;
    all = json_object_get(reply.json, "value");
    for (size_t i = 0; i < json_array_size(all) && list->len < query->max; i++) {
        Notification *one = notification_parse(json_array_get(all, i));

        if (one)
            g_ptr_array_add(list, one);
    }
    return g_steal_pointer(&list);
}

/* Of an answer that is one notification. */
static Notification *ask_one(const Ctx *ctx, Rest *rest, const RestCall *call, GError **error)
{
    g_auto(RestReply) reply = { 0 };
    Notification *made;

    if (!rest_call(ctx, rest, call, &reply, error))
        return NULL;
    made = notification_parse(reply.json);
    return made ? made
                : hadal_throw_null(error, HADAL_ERROR_RETRY, "%s: the answer is no delivery",
                                   call->what);
}

Notification *subscription_notification(const Ctx *ctx, Rest *rest, const Site *site,
                                        const char *collection, const char *subscription, gint64 id,
                                        GError **error)
{
    g_autofree char *resource =
        g_strdup_printf("hooks/subscriptions/%s/notifications/%" G_GINT64_FORMAT, subscription, id);
    g_autofree char *url = site_collection_url(site, collection, resource);

    return ask_one(ctx, rest, &(RestCall){ .what = "get delivery", .method = "GET", .url = url },
                   error);
}

Notification *subscription_test(const Ctx *ctx, Rest *rest, const Site *site,
                                const char *collection, const SubscriptionSpec *spec,
                                GError **error)
{
    g_autofree char *url = site_collection_url(site, collection, "hooks/testnotifications");
    json_auto_t *body = json_object();
    const RestCall call = { .what = "send test event", .method = "POST", .url = url, .body = body };

    json_object_set_new(body, "details", body_of(spec));
    return ask_one(ctx, rest, &call, error);
}
