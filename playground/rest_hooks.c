// SPDX-License-Identifier: Apache-2.0
#include "rest.h"

#include "hooks.h"
#include "sys/js.h"

enum { MOST_NOTIFICATIONS = 100 };

static const char masked[] = "********";

static json_t *wire_inputs(const json_t *inputs)
{
    json_t *copy = json_copy((json_t *)inputs);

    if (*js_get(copy, "basicAuthPassword", ""))
        js_set(copy, "basicAuthPassword", masked);
    return copy;
}

static void set_links(const Call *call, const Subscription *subscription, json_t *object)
{
    json_t *links = js_set_object(object, "_links");
    const char *base = call->state->settings.base_url;

    wire_link(links, "self", "%s/_apis/hooks/subscriptions/%s", base, subscription->id);
    wire_link(links, "consumer", "%s/_apis/hooks/consumers/webHooks", base);
    wire_link(links, "notifications", "%s/_apis/hooks/subscriptions/%s/notifications", base,
              subscription->id);
    wire_link(links, "publisher", "%s/_apis/hooks/publishers/tfs", base);
}

static json_t *wire_subscription(const Call *call, const Subscription *subscription)
{
    json_t *object = json_object();
    g_autofree char *url = g_strdup_printf("%s/_apis/hooks/subscriptions/%s",
                                           call->state->settings.base_url, subscription->id);

    js_set(object, "id", subscription->id);
    js_set(object, "url", url);
    js_set(object, "status", subscription->status);
    js_set(object, "publisherId", "tfs");
    js_set(object, "eventType", event_type_names[subscription->type]);
    json_object_set_new(object, "subscriber", json_null());
    js_set(object, "resourceVersion", subscription->version);
    js_set(object, "eventDescription", "Any");
    js_set(object, "consumerId", "webHooks");
    js_set(object, "consumerActionId", "httpRequest");
    js_set(object, "actionDescription", "To a receiver");
    json_object_set_new(object, "createdBy", wire_user_ref(subscription->author));
    wire_set_time(object, "createdDate", subscription->created);
    json_object_set_new(object, "modifiedBy", wire_user_ref(subscription->author));
    wire_set_time(object, "modifiedDate", subscription->modified);
    json_object_set(object, "publisherInputs", subscription->publisher_inputs);
    json_object_set_new(object, "consumerInputs", wire_inputs(subscription->consumer_inputs));
    set_links(call, subscription, object);
    return object;
}

static bool is_filtered(const char *filter, const char *value)
{
    return filter && g_ascii_strcasecmp(filter, value) != 0;
}

json_t *rest_subscriptions(Call *call)
{
    g_autofree char *publisher = call_query(call, "publisherId");
    g_autofree char *type = call_query(call, "eventType");
    g_autofree char *consumer = call_query(call, "consumerId");
    g_autofree char *action = call_query(call, "consumerActionId");
    const GPtrArray *all = hooks_subscriptions(call->state);
    json_t *array = json_array();

    if (is_filtered(publisher, "tfs") || is_filtered(consumer, "webHooks") ||
        is_filtered(action, "httpRequest"))
        return wire_list(array);
    for (guint i = 0; i < all->len; i++) {
        const Subscription *subscription = all->pdata[i];

        if (!is_filtered(type, event_type_names[subscription->type]))
            json_array_append_new(array, wire_subscription(call, subscription));
    }
    return wire_list(array);
}

static Subscription *find(const Call *call)
{
    return hooks_subscription(call->state, call_param(call, "subscriptionId"));
}

static json_t *no_subscription(Call *call)
{
    return call_refuse(call, REFUSE_NO_SUBSCRIPTION,
                       "No service hook subscription was found with id %s.",
                       call_param(call, "subscriptionId"));
}

json_t *rest_subscription(Call *call)
{
    const Subscription *subscription = find(call);

    return subscription ? wire_subscription(call, subscription) : no_subscription(call);
}

static json_t *subscribe(Call *call, Subscription *old)
{
    g_autoptr(GError) error = NULL;
    const Subscription *made = hooks_subscribe(call->state, call->body, call->user, old, &error);

    return made ? wire_subscription(call, made)
                : call_refuse(call, REFUSE_ARGUMENT, "%s", error->message);
}

json_t *rest_subscription_create(Call *call)
{
    return subscribe(call, NULL);
}

json_t *rest_subscription_replace(Call *call)
{
    Subscription *old = find(call);

    return old ? subscribe(call, old) : no_subscription(call);
}

json_t *rest_subscription_delete(Call *call)
{
    Subscription *subscription = find(call);

    if (!subscription)
        return no_subscription(call);
    hooks_unsubscribe(call->state, subscription);
    call->status = 204;
    return NULL;
}

json_t *rest_subscriptions_query(Call *call)
{
    const char *type = call_text(call, "eventType");
    const GPtrArray *all = hooks_subscriptions(call->state);
    json_t *answer = json_object();
    json_t *array = json_array();

    for (guint i = 0; i < all->len; i++) {
        const Subscription *subscription = all->pdata[i];

        if (!is_filtered(type, event_type_names[subscription->type]))
            json_array_append_new(array, wire_subscription(call, subscription));
    }
    js_set(answer, "publisherId", call_text(call, "publisherId"));
    json_object_set_new(answer, "results", array);
    return answer;
}

/* With the whole event in it: what was missed can be read back. */
static json_t *wire_notification(const json_t *delivery)
{
    json_t *object = json_object();
    json_t *details = js_set_object(object, "details");
    const char *state = js_get(delivery, "status", "");
    bool done = !g_str_equal(state, "queued");
    g_autofree char *status = g_strdup_printf(
        "Status %d", (int)json_integer_value(json_object_get(delivery, "lastStatus")));

    json_object_set(object, "id", json_object_get(delivery, "id"));
    js_set(object, "subscriptionId", js_get(delivery, "subscriptionId", NULL));
    js_set(object, "status", done ? "completed" : "queued");
    js_set(object, "result", done ? state : "pending");
    js_set(object, "createdDate", js_get(delivery, "created", NULL));
    js_set(details, "eventType", js_get(delivery, "eventType", NULL));
    json_object_set(details, "event", json_object_get(delivery, "event"));
    if (g_str_equal(state, "failed"))
        js_set(details, "errorMessage", js_get(delivery, "lastError", status));
    json_object_set(details, "requestAttempts", json_object_get(delivery, "attempts"));
    return object;
}

/* Newest first. */
json_t *rest_notifications(Call *call)
{
    const Subscription *subscription = find(call);
    g_autofree char *result = call_query(call, "result");
    g_autofree char *status = call_query(call, "status");
    int left = call_query_int(call, "maxResults", MOST_NOTIFICATIONS);
    json_t *deliveries, *array;

    if (!subscription)
        return no_subscription(call);
    deliveries = hooks_deliveries(call->state, subscription);
    array = json_array();
    for (size_t i = json_array_size(deliveries); i > 0; i--) {
        json_t *one = wire_notification(json_array_get(deliveries, i - 1));

        if (!is_filtered(result, js_get(one, "result", "")) &&
            !is_filtered(status, js_get(one, "status", "")) && left-- > 0)
            json_array_append(array, one);
        json_decref(one);
    }
    json_decref(deliveries);
    return wire_list(array);
}

/* New reference, or NULL. */
static json_t *find_notification(const Call *call, const char *subscription, json_int_t wanted)
{
    json_auto_t *deliveries = hooks_deliveries(call->state, NULL);

    for (size_t i = 0; i < json_array_size(deliveries); i++) {
        const json_t *delivery = json_array_get(deliveries, i);

        if (json_integer_value(json_object_get(delivery, "id")) == wanted &&
            g_ascii_strcasecmp(js_get(delivery, "subscriptionId", ""), subscription) == 0)
            return wire_notification(delivery);
    }
    return NULL;
}

json_t *rest_notification(Call *call)
{
    const char *subscription = call_param(call, "subscriptionId");
    json_t *found;

    if (!find(call) && !g_str_equal(subscription, TEST_SUBSCRIPTION))
        return no_subscription(call);
    found = find_notification(call, subscription, call_param_int(call, "notificationId"));
    return found ? found
                 : call_refuse(call, REFUSE_NO_SUBSCRIPTION, "The notification was not found.");
}

/* What became of it is not known yet when the answer goes out: the id tells where to look. */
json_t *rest_test_notification(Call *call)
{
    const json_t *details = call_member(call->body, "details");
    g_autoptr(GError) error = NULL;
    int id = 0;

    if (!json_is_object(details))
        return call_refuse(call, REFUSE_ARGUMENT, "The details of the notification are missing.");
    if (call_query_bool(call, "useRealData"))
        return call_refuse(call, REFUSE_ARGUMENT, "This program tests with made-up data only.");
    if (!hooks_test(call->state, details, call->user, &id, &error))
        return call_refuse(call, REFUSE_ARGUMENT, "%s", error->message);
    return find_notification(call, TEST_SUBSCRIPTION, id);
}
