// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/hooks_needed.h"

#define UPDATED "git.pullrequest.updated"

const HookNeeded hooks_needed[] = {
    {
        .event_type = "git.pullrequest.created",
        .version = "1.0",
        .notification = "",
        .path = "/events/created",
        .words = "a pull request is created",
    },
    {
        .event_type = UPDATED,
        .version = "1.0",
        .notification = "PushNotification",
        .path = "/events/push",
        .words = "its branch is pushed to",
    },
    {
        .event_type = UPDATED,
        .version = "1.0",
        .notification = "StatusUpdateNotification",
        .path = "/events/status",
        .words = "it is completed, abandoned or opened again",
    },
    {
        .event_type = UPDATED,
        .version = "1.0",
        .notification = "",
        .path = "/events/updated",
        .words = "anything else of it changes (a draft is published)",
    },
    {
        .event_type = "ms.vss-code.git-pullrequest-comment-event",
        .version = "2.0",
        .notification = "",
        .path = "/events/comment",
        .words = "a comment is written",
    },
};
const gsize n_hooks_needed = G_N_ELEMENTS(hooks_needed);

static bool is_any_or(const char *text, const char *wanted)
{
    return !*text || g_str_equal(text, wanted);
}

bool hook_tells(const HookNeeded *needed, const char *url, const Subscription *subscription)
{
    g_autofree char *events = g_strconcat(url, "/events", NULL);

    return g_str_equal(subscription->event_type, needed->event_type) &&
           is_any_or(subscription->notification, needed->notification) &&
           !subscription->is_of_people && subscription_sends_to(subscription, events);
}

bool hook_covers(const HookNeeded *needed, const HookPlace *place, const Subscription *subscription)
{
    return hook_tells(needed, place->url, subscription) &&
           is_any_or(subscription->project, place->project) &&
           is_any_or(subscription->repo, place->repo) && !*subscription->branch;
}

/* "latest" is what is newest now. */
static bool is_version(const Subscription *subscription, const HookNeeded *needed)
{
    return g_str_equal(subscription->version, needed->version) ||
           g_ascii_strcasecmp(subscription->version, "latest") == 0;
}

char *hook_trouble(const HookNeeded *needed, const HookPlace *place,
                   const Subscription *subscription)
{
    if (subscription->status != SUBSCRIPTION_ENABLED)
        return g_strdup_printf("is %s", subscription_status_words(subscription->status));
    if (!is_version(subscription, needed))
        return g_strdup_printf("has resource version %s instead of %s", subscription->version,
                               needed->version);
    if (g_ascii_strcasecmp(subscription->details, "all") != 0)
        return g_strdup("does not send the whole of an event");
    if (!g_str_equal(subscription->user, place->user))
        return g_strdup_printf("sends as user \"%s\" instead of \"%s\"", subscription->user,
                               place->user);
    return NULL;
}

const Subscription *hook_find(const HookNeeded *needed, const HookPlace *place,
                              const GPtrArray *subscriptions)
{
    const Subscription *found = NULL;

    for (guint i = 0; i < subscriptions->len; i++) {
        const Subscription *one = subscriptions->pdata[i];
        g_autofree char *trouble = NULL;

        if (!hook_covers(needed, place, one))
            continue;
        trouble = hook_trouble(needed, place, one);
        if (!trouble)
            return one;
        found = found ? found : one;
    }
    return found;
}
