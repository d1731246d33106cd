// SPDX-License-Identifier: Apache-2.0
#include "subscription.h"

#include <string.h>

#include "sys/js.h"

enum { LONGEST_PASSWORD = 256 };

const char *const event_type_names[EVENT_TYPES] = {
    [EVENT_PULL_CREATED] = "git.pullrequest.created",
    [EVENT_PULL_UPDATED] = "git.pullrequest.updated",
    [EVENT_PULL_MERGED] = "git.pullrequest.merged",
    [EVENT_COMMENT] = "ms.vss-code.git-pullrequest-comment-event",
    [EVENT_PUSH] = "git.push",
};

const char *const notification_names[NOTIFICATIONS] = {
    [NOTIFY_OTHER] = "",
    [NOTIFY_PUSH] = "PushNotification",
    [NOTIFY_REVIEWERS] = "ReviewersUpdateNotification",
    [NOTIFY_STATUS] = "StatusUpdateNotification",
    [NOTIFY_VOTE] = "ReviewerVoteNotification",
};

void subscription_free(gpointer data)
{
    Subscription *subscription = data;

    g_free(subscription->id);
    g_free(subscription->version);
    g_free(subscription->status);
    json_decref(subscription->publisher_inputs);
    json_decref(subscription->consumer_inputs);
    g_free(subscription);
}

static bool is_input(const Subscription *subscription, const char *key, const char *value)
{
    const char *wanted = js_get(subscription->publisher_inputs, key, "");

    return *wanted == '\0' || (value && g_ascii_strcasecmp(wanted, value) == 0);
}

bool subscription_wants(const Subscription *subscription, EventType type, const Repo *repo,
                        const char *branch, Notification notification)
{
    return subscription->type == type && !g_str_has_prefix(subscription->status, "disabled") &&
           is_input(subscription, "projectId", repo->project->id) &&
           is_input(subscription, "repository", repo->id) &&
           is_input(subscription, "branch", branch) &&
           is_input(subscription, "notificationType",
                    type == EVENT_PULL_UPDATED ? notification_names[notification] : NULL);
}

static bool read_type(Subscription *subscription, const json_t *spec, GError **error)
{
    const char *name = js_get(spec, "eventType", "");
    int type = enum_parse(name, event_type_names, EVENT_TYPES);
    const char *version = js_get(spec, "resourceVersion", "");
    const char *newest = type == EVENT_COMMENT ? "2.0" : "1.0";

    if (type < 0 || g_ascii_isdigit(*name))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "Event type '%s' is not a registered event type.", name);
    if (*version == '\0' || g_ascii_strcasecmp(version, "latest") == 0)
        version = newest;
    if (g_strcmp0(version, "1.0") != 0 && g_strcmp0(version, newest) != 0)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "Resource version '%s' is not supported for event type '%s'.", version,
                           name);
    subscription->type = (EventType)type;
    subscription->version = g_strdup(version);
    return true;
}

/* HTTPS, public names: that much of the service's rule is left out, since all this is local. */
static bool check_consumer(const json_t *spec, GError **error)
{
    const char *url = js_get(json_object_get(spec, "consumerInputs"), "url", "");

    if (g_strcmp0(js_get(spec, "publisherId", NULL), "tfs") != 0)
        return hadal_throw(error, HADAL_ERROR_INVALID, "The publisher is not registered.");
    if (g_strcmp0(js_get(spec, "consumerId", NULL), "webHooks") != 0 ||
        g_strcmp0(js_get(spec, "consumerActionId", NULL), "httpRequest") != 0)
        return hadal_throw(error, HADAL_ERROR_INVALID, "The consumer action is not registered.");
    if (!g_str_has_prefix(url, "http://") && !g_str_has_prefix(url, "https://"))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "Subscription input 'url' is not a valid URL.");
    if (g_utf8_strlen(js_get(json_object_get(spec, "consumerInputs"), "basicAuthPassword", ""),
                      -1) > LONGEST_PASSWORD)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "Subscription input 'basicAuthPassword' must have a length between 1 "
                           "and 256.");
    return true;
}

typedef struct _InputRule InputRule;
struct _InputRule {
    const char *name;
    const char *values; /* with a blank around each; NULL: anything */
};

static const InputRule publisher_rules[] = {
    { "projectId", NULL },
    { "repository", NULL },
    { "branch", NULL },
    { "pullrequestCreatedBy", NULL },
    { "pullrequestReviewersContains", NULL },
    { "pushedBy", NULL },
    { "tfsSubscriptionId", NULL },
    { "notificationType", " PushNotification ReviewersUpdateNotification "
                          "StatusUpdateNotification ReviewerVoteNotification " },
    { "mergeResult", " Succeeded Unsuccessful Conflicts Failure RejectedByPolicy " },
};

static const InputRule consumer_rules[] = {
    { "url", NULL },
    { "httpHeaders", NULL },
    { "basicAuthUsername", NULL },
    { "basicAuthPassword", NULL },
    { "acceptUntrustedCerts", " true false " },
    { "resourceDetailsToSend", " all minimal none " },
    { "messagesToSend", " all text html markdown none " },
    { "detailedMessagesToSend", " all text html markdown none " },
};

static const InputRule *rule_of(const InputRule *rules, gsize n, const char *name)
{
    for (gsize i = 0; i < n; i++)
        if (g_str_equal(rules[i].name, name))
            return &rules[i];
    return NULL;
}

static bool check_inputs(const json_t *inputs, const InputRule *rules, gsize n, GError **error)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)inputs, name, value)
    {
        const InputRule *rule = rule_of(rules, n, name);
        g_autofree char *padded = NULL;

        if (!rule || !json_is_string(value))
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "Subscription input '%s' is not supported or not a string.", name);
        padded = g_strdup_printf(" %s ", json_string_value(value));
        if (rule->values && json_string_length(value) > 0 && !strstr(rule->values, padded))
            return hadal_throw(error, HADAL_ERROR_INVALID,
                               "The value '%s' of subscription input '%s' is not valid.",
                               json_string_value(value), name);
    }
    return true;
}

static bool check_project(const State *state, const json_t *inputs, GError **error)
{
    const char *project = js_get(inputs, "projectId", "");
    const char *repo = js_get(inputs, "repository", "");
    const Project *found = *project ? state_project(state, project) : NULL;

    if (*project && (!found || !g_uuid_string_is_valid(project)))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "Subscription input 'projectId' does not name a project.");
    if (*repo && (!state_repo(state, found, repo) || !g_uuid_string_is_valid(repo)))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "Subscription input 'repository' does not name a repository.");
    return true;
}

static const char *const status_names[] = { "enabled", "onProbation", "disabledByUser",
                                            "disabledBySystem", "disabledByInactiveIdentity" };

static bool check_status(const json_t *spec, GError **error)
{
    const char *status = js_get(spec, "status", status_names[0]);

    if (enum_parse(status, status_names, G_N_ELEMENTS(status_names)) >= 0)
        return true;
    return hadal_throw(error, HADAL_ERROR_INVALID, "The value '%s' of 'status' is not valid.",
                       status);
}

static bool check_spec(const State *state, const json_t *spec, GError **error)
{
    const json_t *publisher = json_object_get(spec, "publisherInputs");
    const json_t *consumer = json_object_get(spec, "consumerInputs");

    return check_consumer(spec, error) && check_status(spec, error) &&
           check_inputs(publisher, publisher_rules, G_N_ELEMENTS(publisher_rules), error) &&
           check_inputs(consumer, consumer_rules, G_N_ELEMENTS(consumer_rules), error) &&
           check_project(state, publisher, error);
}

static json_t *copy_inputs(const json_t *spec, const char *key)
{
    json_t *inputs = json_object_get(spec, key);

    return inputs ? json_copy(inputs) : json_object();
}

Subscription *subscription_read(const State *state, const json_t *spec, const User *author,
                                const Subscription *old, GError **error)
{
    Subscription *made = g_new0(Subscription, 1);
    g_autofree char *hidden_id = new_guid();

    if (!check_spec(state, spec, error) || !read_type(made, spec, error)) {
        subscription_free(made);
        return NULL;
    }
    made->id = old ? g_strdup(old->id) : new_guid();
    made->status = g_strdup(old ? js_get(spec, "status", status_names[0]) : status_names[0]);
    made->publisher_inputs = copy_inputs(spec, "publisherInputs");
    made->consumer_inputs = copy_inputs(spec, "consumerInputs");
    js_set(made->publisher_inputs, "tfsSubscriptionId", hidden_id);
    made->author = old ? old->author : author;
    made->modified = time_now();
    made->created = old ? old->created : made->modified;
    made->last_notification = old ? old->last_notification : 0;
    return made;
}

json_t *subscription_spec(EventType type, const char *url, const char *user, const char *password)
{
    json_t *spec = json_object();
    json_t *inputs = js_set_object(spec, "consumerInputs");

    js_set(spec, "publisherId", "tfs");
    js_set(spec, "eventType", event_type_names[type]);
    js_set(spec, "resourceVersion", "latest");
    js_set(spec, "consumerId", "webHooks");
    js_set(spec, "consumerActionId", "httpRequest");
    js_set_object(spec, "publisherInputs");
    js_set(inputs, "url", url);
    js_set(inputs, "basicAuthUsername", user);
    js_set(inputs, "basicAuthPassword", password);
    return spec;
}
