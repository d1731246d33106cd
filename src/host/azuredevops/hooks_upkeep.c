// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/hooks_upkeep.h"

#include <string.h>

#include "base/step.h"
#include "host/azuredevops/subscriptions.h"
#include "sys/js.h"

enum {
    MOST_MISSED = 20,  /* deliveries of one subscription: what else is missed is found by looking */
    MOST_TROUBLES = 3, /* calls that fail in a way that may pass; then the rest is left */
};

typedef struct {
    const Ctx *ctx;
    Rest *rest;
    const Site *site;
    const HooksLogin *login;
    const HooksSpec *spec;
    HooksReport *report;
    const char *collection; /* that is looked at */
} Tending;

G_GNUC_PRINTF(2, 3) static void add(GPtrArray *list, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(list, g_strdup_vprintf(format, args));
    va_end(args);
}

/* What went wrong is told, and the next is looked at; false when there is no next. */
static bool goes_on(const Tending *self, const char *what, GError *why, GError **error)
{
    if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        g_propagate_error(error, why);
        return false;
    }
    add(self->report->troubles, "%s: %s%s", what, why->message,
        hadal_error_class(why)->retry
            ? ""
            : ". The account needs the permissions \"View subscriptions\" and \"Edit "
              "subscriptions\" of service hooks");
    self->report->n_to_retry += hadal_error_class(why)->retry;
    g_error_free(why);
    return true;
}

static bool is_enough(const Tending *self)
{
    return self->report->n_to_retry >= MOST_TROUBLES;
}

/* "git.pullrequest.created (3f2c…), switched off by the service" */
static char *name_of(const Subscription *subscription)
{
    return g_strdup_printf("the subscription of %s (%s)", subscription->event_type,
                           subscription->id);
}

static bool is_to_be_mended(const Subscription *subscription)
{
    return subscription->status == SUBSCRIPTION_OFF_BY_SYSTEM ||
           subscription->status == SUBSCRIPTION_ON_PROBATION;
}

static bool mend(const Tending *self, const Subscription *subscription, GError **error)
{
    const SubscriptionRepair repair = { .user = self->login->user,
                                        .password = self->login->password };
    const char *words = subscription_status_words(subscription->status);
    g_autofree char *name = name_of(subscription);
    g_autofree char *what = g_strdup_printf("%s is %s, and cannot be enabled", name, words);
    g_autoptr(GError) why = NULL;

    if (!*self->login->password) {
        add(self->report->troubles, "%s is %s: enable it", name, words);
        return true;
    }
    if (!subscription_repair(self->ctx, self->rest, self->site, self->collection, subscription,
                             &repair, &why))
        return goes_on(self, what, g_steal_pointer(&why), error);
    step_reached(self->ctx, STEP_HOOK_ENABLED);
    add(self->report->mended, "%s was %s, and is enabled again", name, words);
    return true;
}

/*
 * The event as it would have arrived: the history may leave out what is known from where it is
 * found, and by these members a delivery is told from another.
 */
static char *event_text(const Subscription *subscription, const Notification *one)
{
    json_auto_t *event = js_parse(one->event, strlen(one->event), NULL);

    if (!event)
        return NULL;
    if (!*js_get(event, "subscriptionId", ""))
        js_set(event, "subscriptionId", subscription->id);
    return js_print(event);
}

static bool is_young(const Tending *self, const Notification *one)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) created = g_date_time_new_from_iso8601(one->created, utc);

    /* Rounded up: a delivery of the same second may be one of ours. */
    return !created || (g_date_time_to_unix(created) + 1) * 1000 > self->spec->since;
}

static bool read_missed(const Tending *self, const Subscription *subscription,
                        const Notification *one, GError **error)
{
    g_autoptr(Notification) whole = NULL;
    char *text;

    if (!is_young(self, one))
        return true;
    if (!one->event) {
        whole = subscription_notification(self->ctx, self->rest, self->site, self->collection,
                                          subscription->id, one->id, error);
        if (!whole)
            return false;
        one = whole;
    }
    text = one->event ? event_text(subscription, one) : NULL;
    if (text)
        g_ptr_array_add(self->report->missed, text);
    return true;
}

static int compare_age(gconstpointer a, gconstpointer b)
{
    const Notification *first = *(Notification *const *)a, *second = *(Notification *const *)b;

    return (first->id > second->id) - (first->id < second->id);
}

static bool read_history(const Tending *self, const Subscription *subscription, GError **error)
{
    const NotificationQuery query = { .subscription = subscription->id,
                                      .result = "failed",
                                      .max = MOST_MISSED };
    g_autoptr(GPtrArray) failed = subscription_notifications(self->ctx, self->rest, self->site,
                                                             self->collection, &query, error);

    if (failed)
        g_ptr_array_sort(failed, compare_age);
    for (guint i = 0; failed && i < failed->len; i++)
        if (!read_missed(self, subscription, failed->pdata[i], error))
            return false;
    return failed != NULL;
}

static bool tend_one(const Tending *self, const Subscription *subscription, GError **error)
{
    bool is_well = subscription->status == SUBSCRIPTION_ENABLED;
    g_autofree char *name = name_of(subscription);
    g_autofree char *what = g_strdup_printf("the history of %s cannot be read", name);
    g_autoptr(GError) why = NULL;

    if (is_to_be_mended(subscription)) {
        if (!mend(self, subscription, error))
            return false;
    } else if (!is_well) {
        add(self->report->troubles, "%s is %s: enable it", name,
            subscription_status_words(subscription->status));
    }
    if (is_well && !self->spec->reads_all_history)
        return true;
    return read_history(self, subscription, &why) ||
           goes_on(self, what, g_steal_pointer(&why), error);
}

static bool tend_collection(const Tending *self, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) all =
        subscriptions_list(self->ctx, self->rest, self->site, self->collection, &why);

    if (!all)
        return goes_on(self, "the subscriptions of service hooks cannot be looked at",
                       g_steal_pointer(&why), error);
    for (guint i = 0; i < all->len && !is_enough(self); i++) {
        const Subscription *one = all->pdata[i];

        if (!subscription_sends_to(one, self->spec->url))
            continue;
        self->report->n_ours++;
        if (!tend_one(self, one, error))
            return false;
    }
    return true;
}

bool azuredevops_hooks_tend(const Ctx *ctx, Rest *rest, const Site *site, const HooksLogin *login,
                            const HooksSpec *spec, HooksReport *report, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Tending self = {
        .ctx = ctx, .rest = rest, .site = site, .login = login, .spec = spec, .report = report
    };

    for (gsize i = 0; spec->areas[i] && !is_enough(&self); i++) {
        g_auto(Place) place = { 0 };

        if (!place_of_area(spec->areas[i], &place, NULL) || /* the listing says it */
            !g_hash_table_add(seen, g_strdup(place.collection)))
            continue;
        self.collection = place.collection;
        if (!tend_collection(&self, error))
            return false;
    }
    return true;
}
