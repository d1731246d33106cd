// SPDX-License-Identifier: Apache-2.0
/* Deliveries. What an event looks like is event.c's work, who wants it subscription.c's. */
#include "hooks.h"

#include <pthread.h>
#include <string.h>

#include "event.h"
#include "sys/http_client.h"
#include "sys/js.h"

enum { TIMEOUT_MS = 20000, MAX_REPLY = 1 << 20 };

/* Seconds before each further try after 408, 502, 503, 504; the last one goes on for lost
 * connections, so that a receiver that is started again gets what it missed. */
static const int back_off_s[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

typedef enum {
    DELIVERY_QUEUED,
    DELIVERY_SUCCEEDED,
    DELIVERY_FAILED,
    DELIVERY_STATES
} DeliveryState;
static const char *const delivery_names[DELIVERY_STATES] = { "queued", "succeeded", "failed" };

typedef struct _Delivery Delivery;
struct _Delivery {
    int id;
    char *subscription_id;
    char *event_type;
    char *body;
    char *url, *authorization; /* as they were when it happened */
    GStrv headers;
    DeliveryState state;
    bool held;
    int attempts, last_status;
    char *last_error;
    gint64 next_try; /* g_get_monotonic_time() */
    gint64 created;
};

struct _Hooks {
    GPtrArray *subscriptions; /* owned */
    GPtrArray *deliveries;    /* owned; only ever grows */
    bool held, passing;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
};

static void delivery_free(gpointer data)
{
    Delivery *delivery = data;

    g_free(delivery->subscription_id);
    g_free(delivery->event_type);
    g_free(delivery->body);
    g_free(delivery->url);
    g_free(delivery->authorization);
    g_strfreev(delivery->headers);
    g_free(delivery->last_error);
    g_free(delivery);
}

Hooks *hooks_new(void)
{
    Hooks *hooks = g_new0(Hooks, 1);

    hooks->subscriptions = g_ptr_array_new_with_free_func(subscription_free);
    hooks->deliveries = g_ptr_array_new_with_free_func(delivery_free);
    return hooks;
}

void hooks_free(Hooks *hooks)
{
    if (!hooks)
        return;
    g_ptr_array_unref(hooks->deliveries);
    g_ptr_array_unref(hooks->subscriptions);
    g_free(hooks);
}

const GPtrArray *hooks_subscriptions(const State *state)
{
    return state->hooks->subscriptions;
}

Subscription *hooks_subscription(const State *state, const char *id)
{
    for (guint i = 0; i < state->hooks->subscriptions->len; i++) {
        Subscription *subscription = state->hooks->subscriptions->pdata[i];

        if (g_ascii_strcasecmp(subscription->id, id) == 0)
            return subscription;
    }
    return NULL;
}

void hooks_unsubscribe(State *state, Subscription *subscription)
{
    g_ptr_array_remove(state->hooks->subscriptions, subscription);
}

/* "Name:value" lines. */
static GStrv headers_of(const json_t *inputs)
{
    g_auto(GStrv) lines = g_strsplit(js_get(inputs, "httpHeaders", ""), "\n", -1);
    g_autoptr(GStrvBuilder) headers = g_strv_builder_new();

    g_strv_builder_add(headers, "Content-Type: application/json; charset=utf-8");
    g_strv_builder_add(headers, "User-Agent: VSServices/20.264 (playground)");
    for (gsize i = 0; lines[i]; i++)
        if (strchr(lines[i], ':'))
            g_strv_builder_add(headers, lines[i]);
    return g_strv_builder_end(headers);
}

static char *authorization_of(const json_t *inputs)
{
    const char *user = js_get(inputs, "basicAuthUsername", "");
    const char *password = js_get(inputs, "basicAuthPassword", "");
    g_autofree char *value = NULL;

    if (!*user && !*password)
        return NULL;
    value = http_basic_auth(user, password);
    return g_strconcat("Authorization: ", value, NULL);
}

static Delivery *enqueue(State *state, const Subscription *subscription, const char *body)
{
    Delivery *delivery = g_new0(Delivery, 1);

    delivery->id = (int)state->hooks->deliveries->len + 1;
    delivery->subscription_id = g_strdup(subscription->id);
    delivery->event_type = g_strdup(event_type_names[subscription->type]);
    delivery->body = g_strdup(body);
    delivery->url = g_strdup(js_get(subscription->consumer_inputs, "url", ""));
    delivery->authorization = authorization_of(subscription->consumer_inputs);
    delivery->headers = headers_of(subscription->consumer_inputs);
    delivery->next_try = g_get_monotonic_time();
    delivery->created = time_now();
    delivery->held = state->hooks->held && !state->hooks->passing;
    g_ptr_array_add(state->hooks->deliveries, delivery);
    state_changed();
    return delivery;
}

static void publish(State *state, const json_t *event, EventType type, const Repo *repo,
                    const char *branch, Notification notification)
{
    for (guint i = 0; i < state->hooks->subscriptions->len; i++) {
        Subscription *subscription = state->hooks->subscriptions->pdata[i];
        json_auto_t *sent = NULL;
        g_autofree char *body = NULL;

        if (!subscription_wants(subscription, type, repo, branch, notification))
            continue;
        sent = event_for(event, subscription);
        body = json_dumps(sent, JSON_COMPACT);
        enqueue(state, subscription, body);
    }
}

void hooks_pull_event(State *state, EventType type, Notification notification, const Pull *pull,
                      const User *actor, const char *verb)
{
    json_auto_t *event = event_pull(state, type, pull, actor, verb);

    publish(state, event, type, pull->repo, short_ref(pull->target_ref), notification);
}

void hooks_comment_event(State *state, const Pull *pull, const Thread *thread,
                         const Comment *comment, const User *actor, const char *verb)
{
    json_auto_t *event = event_comment(state, pull, thread, comment, actor, verb);

    publish(state, event, EVENT_COMMENT, pull->repo, short_ref(pull->target_ref), NOTIFY_OTHER);
}

void hooks_push_event(State *state, const Repo *repo, const char *ref, const char *old,
                      const char *new, const User *actor)
{
    json_auto_t *event = event_push(state, repo, ref, old, new, actor);

    publish(state, event, EVENT_PUSH, repo, short_ref(ref), NOTIFY_OTHER);
}

Subscription *hooks_subscribe(State *state, const json_t *spec, const User *author,
                              Subscription *old, GError **error)
{
    Subscription *made = subscription_read(state, spec, author, old, error);

    if (!made)
        return NULL;
    if (old)
        hooks_unsubscribe(state, old);
    g_ptr_array_add(state->hooks->subscriptions, made);
    return made;
}

bool hooks_subscribe_all(State *state, const char *url, GError **error)
{
    static const EventType types[] = { EVENT_PULL_CREATED, EVENT_PULL_UPDATED, EVENT_PULL_MERGED,
                                       EVENT_COMMENT };
    g_autoptr(GUri) uri = g_uri_parse(
        url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY, NULL);
    g_autofree char *plain = NULL;

    if (!uri || !g_uri_get_host(uri))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not a URL for service hooks");
    plain = g_uri_join(G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY, g_uri_get_scheme(uri),
                       NULL, g_uri_get_host(uri), g_uri_get_port(uri), g_uri_get_path(uri),
                       g_uri_get_query(uri), NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        json_auto_t *spec =
            subscription_spec(types[i], plain, g_uri_get_user(uri), g_uri_get_password(uri));

        if (!hooks_subscribe(state, spec, user_bot(), NULL, error))
            return false;
    }
    return true;
}

/* The first that is due, or NULL and when to look again (0: when something changes). */
static Delivery *next_due(const Hooks *hooks, gint64 *wake)
{
    gint64 now = g_get_monotonic_time();

    *wake = 0;
    for (guint i = 0; i < hooks->deliveries->len; i++) {
        Delivery *delivery = hooks->deliveries->pdata[i];

        if (delivery->state != DELIVERY_QUEUED || delivery->held)
            continue;
        if (delivery->next_try <= now)
            return delivery;
        if (*wake == 0 || delivery->next_try < *wake)
            *wake = delivery->next_try;
    }
    return NULL;
}

static bool is_transient(int status)
{
    return status == 408 || status == 502 || status == 503 || status == 504;
}

static void try_again(const State *state, Delivery *delivery, bool lost)
{
    int last = (int)G_N_ELEMENTS(back_off_s);
    double seconds = back_off_s[MIN(delivery->attempts, last) - 1];

    if (delivery->attempts > last && !lost) {
        delivery->state = DELIVERY_FAILED;
        return;
    }
    delivery->next_try =
        g_get_monotonic_time() + (gint64)(seconds * state->settings.retry_scale * G_USEC_PER_SEC);
}

static void set_subscription_status(const State *state, const Delivery *delivery, const char *text)
{
    Subscription *subscription = hooks_subscription(state, delivery->subscription_id);

    if (!subscription)
        return;
    g_free(subscription->status);
    subscription->status = g_strdup(text);
}

static void settle(State *state, Delivery *delivery, int status, const char *lost)
{
    delivery->attempts++;
    delivery->last_status = status;
    g_free(delivery->last_error);
    delivery->last_error = g_strdup(lost);
    if (lost || is_transient(status)) {
        try_again(state, delivery, lost != NULL);
        return;
    }
    delivery->state = status >= 200 && status < 300 ? DELIVERY_SUCCEEDED : DELIVERY_FAILED;
    if (delivery->state == DELIVERY_SUCCEEDED)
        set_subscription_status(state, delivery, "enabled");
    else
        set_subscription_status(state, delivery,
                                status == 410 ? "disabledBySystem" : "onProbation");
}

/* Without the lock: a receiver may well ask us something before it answers. */
static int post(const State *state, HttpClient *http, const Delivery *delivery, char **lost)
{
    const Ctx ctx = { .command = "hook", .cancel = &state->hooks->stopping };
    g_autoptr(GPtrArray) headers = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_auto(HttpReply) reply = { 0 };

    for (gsize i = 0; delivery->headers[i]; i++)
        g_ptr_array_add(headers, delivery->headers[i]);
    if (delivery->authorization)
        g_ptr_array_add(headers, delivery->authorization);
    g_ptr_array_add(headers, NULL);
    const HttpCall call = {
        .method = "POST",
        .url = delivery->url,
        .headers = (const char *const *)headers->pdata,
        .body = delivery->body,
        .body_length = strlen(delivery->body),
        .timeout_ms = TIMEOUT_MS,
        .max_reply = MAX_REPLY,
    };

    if (http_client_call(&ctx, http, &call, &reply, &error))
        return reply.status;
    *lost = g_strdup(error->message);
    return 0;
}

static void *deliver(void *data)
{
    State *state = data;
    Hooks *hooks = state->hooks;
    g_autoptr(HttpClient) http = http_client_new();

    state_lock();
    while (!atomic_load(&hooks->stopping)) {
        gint64 wake;
        Delivery *delivery = next_due(hooks, &wake);
        g_autofree char *lost = NULL;
        int status;

        if (!delivery) {
            state_wait(wake);
            continue;
        }
        state_unlock();
        status = post(state, http, delivery, &lost);
        state_lock();
        settle(state, delivery, status, lost);
    }
    state_unlock();
    return NULL;
}

bool hooks_start(State *state, GError **error)
{
    int number = pthread_create(&state->hooks->thread, NULL, deliver, state);

    if (number != 0)
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "start a thread: %s", g_strerror(number));
    state->hooks->started = true;
    return true;
}

void hooks_stop(State *state)
{
    if (!state->hooks->started)
        return;
    atomic_store(&state->hooks->stopping, true);
    state_lock();
    state_changed();
    state_unlock();
    pthread_join(state->hooks->thread, NULL);
    state->hooks->started = false;
}

static json_t *wire_delivery(const Delivery *delivery)
{
    json_t *object = json_object();
    json_t *event = json_loads(delivery->body, 0, NULL);
    g_autofree char *created = time_text(delivery->created);

    json_object_set_new(object, "id", json_integer(delivery->id));
    js_set(object, "subscriptionId", delivery->subscription_id);
    js_set(object, "eventType", delivery->event_type);
    js_set(object, "url", delivery->url);
    js_set(object, "status", delivery_names[delivery->state]);
    js_set(object, "created", created);
    json_object_set_new(object, "held", json_boolean(delivery->held));
    json_object_set_new(object, "attempts", json_integer(delivery->attempts));
    json_object_set_new(object, "lastStatus", json_integer(delivery->last_status));
    js_set(object, "lastError", delivery->last_error);
    json_object_set_new(object, "event", event ? event : json_string(delivery->body));
    return object;
}

json_t *hooks_deliveries(const State *state, const Subscription *subscription)
{
    json_t *array = json_array();

    for (guint i = 0; i < state->hooks->deliveries->len; i++) {
        const Delivery *delivery = state->hooks->deliveries->pdata[i];

        if (!subscription || g_str_equal(subscription->id, delivery->subscription_id))
            json_array_append_new(array, wire_delivery(delivery));
    }
    return array;
}

void hooks_pass(State *state, bool pass)
{
    state->hooks->passing = pass;
}

void hooks_hold(State *state, bool held)
{
    state->hooks->held = held;
    for (guint i = 0; !held && i < state->hooks->deliveries->len; i++)
        ((Delivery *)state->hooks->deliveries->pdata[i])->held = false;
    state_changed();
}

bool hooks_redeliver(State *state, int id)
{
    Delivery *delivery;

    if (id < 1 || (guint)id > state->hooks->deliveries->len)
        return false;
    delivery = state->hooks->deliveries->pdata[id - 1];
    delivery->state = DELIVERY_QUEUED;
    delivery->next_try = g_get_monotonic_time();
    state_changed();
    return true;
}

bool hooks_send_raw(State *state, const char *subscription_id, const char *body, int *id,
                    GError **error)
{
    const Subscription *subscription = hooks_subscription(state, subscription_id);

    if (!subscription)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND, "no subscription %.80s", subscription_id);
    *id = enqueue(state, subscription, body)->id;
    return true;
}

bool hooks_test(State *state, const json_t *spec, const User *author, int *id, GError **error)
{
    Subscription *made = subscription_read(state, spec, author, NULL, error);
    g_autofree char *body = NULL;
    json_auto_t *event = NULL, *sent = NULL;

    if (!made)
        return false;
    g_free(made->id);
    made->id = g_strdup(TEST_SUBSCRIPTION);
    event = event_test(state, made->type);
    sent = event_for(event, made);
    body = json_dumps(sent, JSON_COMPACT);
    *id = enqueue(state, made, body)->id;
    subscription_free(made);
    return true;
}
