// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"

/*
 * Subscriptions of the service hooks: what makes the service send events. Parsing is pure, calls
 * are one request each. A collection is named as in Place.
 */

typedef enum {
    SUBSCRIPTION_ENABLED,
    SUBSCRIPTION_ON_PROBATION,      /* a delivery failed: the service tries now and then */
    SUBSCRIPTION_OFF_BY_SYSTEM,     /* probation has ended, or the receiver answered 410 */
    SUBSCRIPTION_OFF_BY_USER,       /* on purpose */
    SUBSCRIPTION_OFF_WITHOUT_OWNER, /* who made it has lost access */
    SUBSCRIPTION_UNKNOWN,           /* of a later version of the service */
    SUBSCRIPTION_STATUSES,
} SubscriptionStatus;

/* One that sends to a web hook. Texts are never NULL; "" is any of project, repo, branch. */
typedef struct _Subscription Subscription;
struct _Subscription {
    char *id;
    SubscriptionStatus status;
    char *event_type, *version;
    char *project, *repo; /* GUIDs, lower case */
    char *branch;
    char *notification; /* which changes of "updated" it is told: "PushNotification"; "": all */
    bool is_of_people;  /* only of pull requests of some author or reviewer */
    char *url, *user;
    char *details; /* "all", "minimal", "none": how much of the resource is sent */
    json_t *json;  /* the whole of it, as the service has it; the password is masked */
};
void subscription_free(Subscription *subscription);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Subscription, subscription_free)

/* What the status is called, for people: "on probation". */
const char *subscription_status_words(SubscriptionStatus status);

/* Of one object of an answer; NULL when it is none or sends elsewhere than to a web hook. */
Subscription *subscription_parse(const json_t *json);

/* Whether it sends to url or to a path below it: "https://x/events" and "https://x/events/push". */
bool subscription_sends_to(const Subscription *subscription, const char *url);

/* All that may be seen, of Subscription, owned by the array. Errors as rest_call(). */
GPtrArray *subscriptions_list(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                              GError **error) MUST_CHECK;

/* One that is to be. Borrowed; nothing is NULL. */
typedef struct _SubscriptionSpec SubscriptionSpec;
struct _SubscriptionSpec {
    const char *event_type, *version, *notification;
    const char *project, *repo;
    const char *url, *user, *password;
};
bool subscription_create(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                         const SubscriptionSpec *spec, GError **error) MUST_CHECK;

/*
 * Makes an existing one enabled, with this user and password, whole events, and, unless version is
 * NULL, that version; all else stays. It has to be given the password: the service tells nobody.
 */
typedef struct _SubscriptionRepair SubscriptionRepair;
struct _SubscriptionRepair {
    const char *user, *password;
    const char *version;
};
bool subscription_repair(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                         const Subscription *subscription, const SubscriptionRepair *repair,
                         GError **error) MUST_CHECK;

/* What became of one event. The service keeps them for a week. */
typedef struct _Notification Notification;
struct _Notification {
    gint64 id;
    char *result;     /* "pending", "succeeded", "failed", "filtered" */
    char *created;    /* ISO 8601, as it came; "" when not told */
    char *event_type; /* "" when not told */
    char *trouble;    /* why it failed, in the service's words; "" when not told */
    char *event;      /* what was sent, as JSON; NULL: ask with subscription_notification() */
};
void notification_free(Notification *notification);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Notification, notification_free)

/* NULL when it is none. */
Notification *notification_parse(const json_t *json);

/* At most max of those with that result (NULL: any), of Notification, owned by the array. */
typedef struct _NotificationQuery NotificationQuery;
struct _NotificationQuery {
    const char *subscription; /* its id */
    const char *result;
    guint max;
};
GPtrArray *subscription_notifications(const Ctx *ctx, Rest *rest, const Site *site,
                                      const char *collection, const NotificationQuery *query,
                                      GError **error) MUST_CHECK;
/* One, with the event. */
Notification *subscription_notification(const Ctx *ctx, Rest *rest, const Site *site,
                                        const char *collection, const char *subscription, gint64 id,
                                        GError **error) MUST_CHECK;

/*
 * Lets the service send a made-up event of that kind, and tells what became of it as far as the
 * service knows by then: "pending" when it does not yet.
 */
Notification *subscription_test(const Ctx *ctx, Rest *rest, const Site *site,
                                const char *collection, const SubscriptionSpec *spec,
                                GError **error) MUST_CHECK;
