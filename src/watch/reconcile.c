// SPDX-License-Identifier: Apache-2.0
/* What is missed is decided in missed.c; here are the calls and commits around it. */
#include "watch/reconcile.h"

#include <string.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/log.h"
#include "base/step.h"
#include "watch/missed.h"

enum {
    FIRST_READS = 200,    /* conversations that are new here, in one look */
    LATER_READS = 5,      /* and when there are fewer, of the others */
    MOST_CONFIRMED = 100, /* pull requests that are read themselves, in one look */
    MISSED_COUNT_MS = 60 * 60 * 1000,
    MOST_TROUBLES = 3,    /* calls that fail in a way that may pass; then it is the host */
    AGAIN_MS = 30 * 1000, /* after a look at a host in trouble */
};

struct _Reconcile {
    ReconcileSpec spec;
    Host *host;
    gint64 first_start;
    bool has_looked;   /* once without trouble */
    bool was_troubled; /* the look before */
    GHashTable *read;  /* char * pull, owned: its conversation was read since the start */
    guint next_read;   /* which conversation's turn it is, of these */
    guint n_missed;    /* by events, lately */
    gint64 missed_at;
    /* char * pull -> char * "head base", owned: what was put forward by this process. A command
     * that ends without a plan (a label stands against it) is not put forward with every look. */
    GHashTable *asked;
};

/* One look under way. */
typedef struct {
    const Ctx *ctx;
    Reconcile *self;
    MissedRules rules;
    GPtrArray *areas;  /* of char *, owned */
    GPtrArray *open;   /* of Event, borrowed from lists; those that are served */
    GPtrArray *lists;  /* of GPtrArray, owned */
    GHashTable *seen;  /* char * pull, owned: open ones, served or not */
    GHashTable *whole; /* char * area, owned: what is open there is all in seen */
    guint n_confirmed, n_missed, n_troubles;
    guint n_areas_to_retry;
    bool is_broken; /* the host is in trouble: nothing more is asked of it */
} Look;

static void look_clear(Look *look)
{
    g_clear_pointer(&look->areas, g_ptr_array_unref);
    g_clear_pointer(&look->open, g_ptr_array_unref);
    g_clear_pointer(&look->lists, g_ptr_array_unref);
    g_clear_pointer(&look->seen, g_hash_table_unref);
    g_clear_pointer(&look->whole, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

static char *pull_key(const PullRef *pull)
{
    return g_strdup_printf("%s!%" G_GINT64_FORMAT, pull->repo.host_id, pull->number);
}

static bool is_served(const Look *look, const RepoRef *repo)
{
    return glob_allows((const char *const *)look->self->spec.settings->repo_allowlist,
                       repo->allow_name);
}

/* ----------------------------------------------------------- what is missed */

/* Commits it as if it had been delivered. */
static bool take(Look *look, const Event *event, const IntakePlan *plan, const char *body,
                 GError **error)
{
    const Delivery delivery = {
        .event = event, .plan = plan, .body = body, .length = strlen(body)
    };
    IntakeOutcome outcome;

    if (plan->commands->len == 0)
        return true;
    if (!intake_store(look->self->spec.store, &delivery, &outcome, error))
        return false;
    if (outcome != INTAKE_STORED)
        return true;
    step_reached(look->ctx, STEP_MISSED_STORED);
    look->n_missed++;
    log_line(LEVEL_INFO, look->ctx, "missed of %s!%" G_GINT64_FORMAT ": %s, %u queued",
             event->pull.repo.full_name, event->pull.number, event_kind_name(event->kind),
             plan->commands->len);
    return true;
}

static bool decide_and_take(Look *look, const Event *event, GError **error)
{
    g_auto(IntakePlan) plan = { 0 };

    intake_decide(look->self->spec.settings, event, &plan);
    return take(look, event, &plan, "", error);
}

static char *what_is_asked(const Event *event)
{
    return g_strdup_printf("%s %s", event->head_commit, event->base_branch);
}

/* Whether this process put the same forward before. */
static bool was_asked(const Reconcile *self, const Event *event)
{
    g_autofree char *key = pull_key(&event->pull);
    g_autofree char *what = what_is_asked(event);

    return g_strcmp0(g_hash_table_lookup(self->asked, key), what) == 0;
}

/* One call may fail for reasons of its own for ever, and must not keep the others from being made.
 */
static void count_troubles(Look *look, guint n)
{
    look->n_troubles += n;
    if (look->n_troubles >= MOST_TROUBLES || (n && host_retry_after(look->self->host)))
        look->is_broken = true;
}

/* What one call could not tell is looked at next time; false when there is no going on. */
static bool goes_on(Look *look, const char *what, GError *why, GError **error)
{
    if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        g_propagate_error(error, why);
        return false;
    }
    findings_add(look->self->spec.findings, WATCH_HOST, "%s: %s", what, why->message);
    count_troubles(look, hadal_error_class(why)->retry);
    g_error_free(why);
    return true;
}

/* ------------------------------------------------------------- pull requests */

static void set_facts(Event *event, const PullFacts *facts)
{
    event->kind = facts->state == PULL_ACTIVE ? EVENT_PULL_UPDATED : EVENT_PULL_CLOSED;
    g_free(event->head_commit);
    event->head_commit = g_strdup(facts->head_commit);
    g_free(event->base_branch);
    event->base_branch = g_strdup(facts->base_branch);
    event->is_draft = facts->is_draft;
}

/* Lists lag behind: before anything is asked for, the pull request itself is read. */
static bool confirm(Look *look, Event *event, bool *is_read, GError **error)
{
    g_auto(PullFacts) facts = { 0 };
    g_autoptr(GError) why = NULL;

    *is_read = false;
    if (look->is_broken || look->n_confirmed++ >= MOST_CONFIRMED)
        return true;
    if (host_pull_read(look->ctx, look->self->host, &event->pull, &facts, &why))
        set_facts(event, &facts);
    else if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_NOT_FOUND))
        event->kind = EVENT_PULL_CLOSED; /* what the host does not know any more is closed */
    else
        return goes_on(look, "a pull request cannot be read", g_steal_pointer(&why), error);
    *is_read = true;
    return true;
}

static bool wants_plan(const Look *look, const Event *event, const KnownPull *known)
{
    return !look->self->spec.settings->disable_autoplan &&
           missed_plan(&look->rules, event, known) && !was_asked(look->self, event);
}

/* Of an event that has its facts from the host. */
static bool act_on_pull(Look *look, const Event *event, GError **error)
{
    g_auto(KnownPull) known = { 0 };

    if (!store_known_pull(look->self->spec.store, &event->pull, &known, error))
        return false;
    if (event->kind == EVENT_PULL_CLOSED)
        return !known.id || known.is_closed || decide_and_take(look, event, error);
    if (!wants_plan(look, event, &known))
        return true;
    g_hash_table_replace(look->self->asked, pull_key(&event->pull), what_is_asked(event));
    return decide_and_take(look, event, error);
}

static bool confirm_and_act(Look *look, Event *event, GError **error)
{
    bool is_read = false;

    return confirm(look, event, &is_read, error) && (!is_read || act_on_pull(look, event, error));
}

static bool look_at_pull(Look *look, Event *event, GError **error)
{
    g_auto(KnownPull) known = { 0 };

    return store_known_pull(look->self->spec.store, &event->pull, &known, error) &&
           (!wants_plan(look, event, &known) || confirm_and_act(look, event, error));
}

static bool look_at_list(Look *look, const GPtrArray *events, GError **error)
{
    for (guint i = 0; i < events->len; i++) {
        Event *event = events->pdata[i];

        g_hash_table_add(look->seen, pull_key(&event->pull));
        if (!is_served(look, &event->pull.repo))
            continue;
        g_ptr_array_add(look->open, event);
        if (!look_at_pull(look, event, error))
            return false;
    }
    return true;
}

static bool look_at_area(Look *look, const char *area, GError **error)
{
    g_auto(PullList) list = { 0 };
    g_autoptr(GError) why = NULL;
    g_autofree char *what = g_strdup_printf("open pull requests of %s cannot be listed", area);
    GPtrArray *events;

    if (look->is_broken)
        return true;
    if (!host_pulls_list(look->ctx, look->self->host, area, &list, &why)) {
        look->n_areas_to_retry += hadal_error_class(why)->retry;
        return goes_on(look, what, g_steal_pointer(&why), error);
    }
    step_reached(look->ctx, STEP_PULLS_LISTED);
    if (list.is_whole)
        g_hash_table_add(look->whole, g_strdup(area));
    events = g_steal_pointer(&list.events);
    g_ptr_array_add(look->lists, events);
    return look_at_list(look, events, error);
}

/* Open as far as events told, and not in the list: closed, or moved away. */
static bool look_at_vanished(Look *look, const PullRef *pull, GError **error)
{
    g_autofree char *area = host_area_of_repo(look->self->host, &pull->repo);
    g_autofree char *key = pull_key(pull);
    g_auto(Event) event = { .type = g_strdup("gone from the list") };

    if (!area || !g_hash_table_contains(look->whole, area) ||
        g_hash_table_contains(look->seen, key) || !is_served(look, &pull->repo))
        return true;
    pull_ref_copy(&event.pull, pull);
    return confirm_and_act(look, &event, error);
}

static bool look_at_all_vanished(Look *look, GError **error)
{
    g_autoptr(GPtrArray) pulls = store_open_pulls(look->self->spec.store, error);

    for (guint i = 0; pulls && i < pulls->len; i++)
        if (!look_at_vanished(look, pulls->pdata[i], error))
            return false;
    return pulls != NULL;
}

/* -------------------------------------------------------------------- areas */

/* Whether a known repository stands for all that the pattern names: its area is by id. */
static bool is_covered(const char *pattern, const GPtrArray *repos)
{
    const char *slash = g_strrstr(pattern, "/");
    gsize length = slash ? (gsize)(slash - pattern) + 1 : 0;

    for (guint i = 0; length && i < repos->len; i++)
        if (g_ascii_strncasecmp(((const RepoRef *)repos->pdata[i])->allow_name, pattern, length) ==
            0)
            return true;
    return false;
}

static void add_area(GPtrArray *areas, char *area)
{
    if (area && !g_ptr_array_find_with_equal_func(areas, area, g_str_equal, NULL))
        g_ptr_array_add(areas, area);
    else
        g_free(area);
}

static bool find_areas(Look *look, GError **error)
{
    const Reconcile *self = look->self;
    g_autoptr(GPtrArray) repos = store_repos(self->spec.store, error);
    const char *const *patterns = (const char *const *)self->spec.settings->repo_allowlist;

    if (!repos)
        return false;
    for (guint i = 0; i < repos->len; i++)
        if (is_served(look, repos->pdata[i]))
            add_area(look->areas, host_area_of_repo(self->host, repos->pdata[i]));
    for (gsize i = 0; patterns[i]; i++)
        if (!is_covered(patterns[i], repos))
            add_area(look->areas, host_area_of_pattern(self->host, patterns[i]));
    return true;
}

/* ----------------------------------------------------------------- comments */

/* known: as it was before any comment of this conversation was taken. */
static bool look_at_comment(Look *look, const KnownPull *known, const Event *event,
                            const char *body, GError **error)
{
    g_auto(IntakePlan) plan = { 0 };
    bool is_known = false;

    if (known->id && !store_comment_is_known(look->self->spec.store, known->id, event->comment_ref,
                                             &is_known, error))
        return false;
    if (is_known || event->made_at < missed_comments_since(&look->rules))
        return true;
    intake_decide(look->self->spec.settings, event, &plan);
    missed_comment_judge(&look->rules, event, known, &plan);
    return take(look, event, &plan, body, error);
}

static bool look_at_comments(Look *look, const PullRef *pull, GError **error)
{
    g_auto(KnownPull) known = { 0 };
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) comments = NULL;

    if (look->is_broken)
        return true;
    if (!store_known_pull(look->self->spec.store, pull, &known, error))
        return false;
    comments = host_comments_list(look->ctx, look->self->host, pull,
                                  missed_comments_since(&look->rules), &why);
    if (!comments)
        return goes_on(look, "a conversation cannot be read", g_steal_pointer(&why), error);
    for (guint i = 0; i < comments->len; i++)
        if (!look_at_comment(look, &known, comments->pdata[i], "", error))
            return false;
    g_hash_table_add(look->self->read, pull_key(pull));
    return true;
}

static bool was_read(const Look *look, const PullRef *pull)
{
    g_autofree char *key = pull_key(pull);

    return g_hash_table_contains(look->self->read, key);
}

/* What no look has read yet, as much as one may; *n_read is how many. */
static bool look_at_new_conversations(Look *look, guint *n_read, GError **error)
{
    for (guint i = 0; i < look->open->len && *n_read < FIRST_READS; i++) {
        const Event *event = look->open->pdata[i];

        if (was_read(look, &event->pull))
            continue;
        ++*n_read;
        if (!look_at_comments(look, &event->pull, error))
            return false;
    }
    return true;
}

static gboolean is_not_seen(gpointer key, gpointer value, gpointer data)
{
    (void)value;
    return !g_hash_table_contains(((const Look *)data)->seen, key);
}

/* Later some, in turn. */
static bool look_at_conversations(Look *look, GError **error)
{
    Reconcile *self = look->self;
    guint n_read = 0;

    if (g_hash_table_size(look->whole) == look->areas->len)
        g_hash_table_foreach_remove(self->read, is_not_seen, look);
    if (!look_at_new_conversations(look, &n_read, error))
        return false;
    for (; n_read < MIN(look->open->len, LATER_READS); n_read++) {
        const Event *event = look->open->pdata[self->next_read++ % look->open->len];

        if (!look_at_comments(look, &event->pull, error))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------ subscriptions */

/*
 * A delivery that failed, read back. A comment is judged by its age; what it says of a pull request
 * may have changed ever since, so that is asked of the host.
 */
static bool look_at_delivery(Look *look, const char *body, GError **error)
{
    const Reconcile *self = look->self;
    g_auto(Event) event = { 0 };
    g_auto(KnownPull) known = { 0 };
    g_autoptr(GError) why = NULL;

    if (!host_event_parse(self->host, body, strlen(body), &event, &why)) {
        log_line(LEVEL_DEBUG, look->ctx, "a failed delivery is no event: %s", why->message);
        return true;
    }
    if (event.kind == EVENT_IGNORED || !is_served(look, &event.pull.repo))
        return true;
    if (event.kind == EVENT_COMMENT)
        return store_known_pull(self->spec.store, &event.pull, &known, error) &&
               look_at_comment(look, &known, &event, body, error);
    g_clear_pointer(&event.delivery_key, g_free); /* what it tells now is not what was sent */
    return confirm_and_act(look, &event, error);
}

static bool report_hooks(Look *look, const HooksReport *report, GError **error)
{
    for (guint i = 0; i < report->mended->len; i++)
        log_line(LEVEL_WARN, look->ctx, "%s", (const char *)report->mended->pdata[i]);
    for (guint i = 0; i < report->troubles->len; i++)
        findings_add(look->self->spec.findings, WATCH_SUBSCRIPTIONS, "%s",
                     (const char *)report->troubles->pdata[i]);
    for (guint i = 0; i < report->missed->len; i++)
        if (!look_at_delivery(look, report->missed->pdata[i], error))
            return false;
    return true;
}

/* Only who knows under which address he is told of events can tell which subscriptions are his. */
static bool tend_hooks(Look *look, GError **error)
{
    const Reconcile *self = look->self;
    const char *base = self->spec.settings->atlantis_url;
    g_autofree char *url = base ? g_strdup_printf("%s/events", base) : NULL;
    g_auto(HooksReport) report = { 0 };

    if (!url || look->areas->len == 0 || look->is_broken)
        return true;
    g_ptr_array_add(look->areas, NULL);
    const HooksSpec spec = {
        .areas = (const char *const *)look->areas->pdata,
        .url = url,
        .reads_all_history = !self->has_looked,
        .since = missed_comments_since(&look->rules),
    };

    if (!host_hooks_tend(look->ctx, self->host, &spec, &report, error))
        return false;
    count_troubles(look, report.n_to_retry);
    return report_hooks(look, &report, error);
}

/* --------------------------------------------------------------------- life */

static bool look_around(Look *look, GError **error)
{
    if (!find_areas(look, error))
        return false;
    for (guint i = 0; i < look->areas->len; i++)
        if (!look_at_area(look, look->areas->pdata[i], error))
            return false;
    look->is_broken |= look->n_areas_to_retry && look->n_areas_to_retry == look->areas->len;
    return look_at_all_vanished(look, error) && look_at_conversations(look, error) &&
           tend_hooks(look, error);
}

/* After a stop there is always something; later, events are late or lost. One alone may just have
 * been on its way. */
static void report_missed(const Look *look)
{
    Reconcile *self = look->self;

    if (look->rules.now - self->missed_at > MISSED_COUNT_MS)
        self->n_missed = 0;
    if (self->has_looked && look->n_missed) {
        self->missed_at = look->rules.now;
        self->n_missed += look->n_missed;
    }
    if (self->n_missed > 1)
        findings_add(self->spec.findings, WATCH_EVENTS,
                     "webhooks are late or do not arrive: %u changes that none had told of were "
                     "found by looking. See whether the subscriptions are enabled, and whether the "
                     "host can reach the server",
                     self->n_missed);
}

bool reconcile_look(const Ctx *ctx, Reconcile *reconcile, gint64 *again_ms, GError **error)
{
    g_auto(Look) look = {
        .ctx = ctx,
        .self = reconcile,
        .rules = {
            .now = clock_now(),
            .first_start = reconcile->first_start,
            .plans_drafts = reconcile->spec.settings->allow_draft_prs,
        },
        .areas = g_ptr_array_new_with_free_func(g_free),
        .open = g_ptr_array_new(),
        .lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
        .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .whole = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    bool is_soon;

    if (!look_around(&look, error))
        return false;
    report_missed(&look);
    is_soon = look.is_broken || (look.n_troubles && !reconcile->was_troubled);
    reconcile->has_looked = reconcile->has_looked || look.n_troubles == 0;
    reconcile->was_troubled = look.n_troubles > 0;
    *again_ms = is_soon ? MAX(AGAIN_MS, host_retry_after(reconcile->host)) : 0;
    return true;
}

/* When this database was first served: now, when it never was. */
static bool read_first_start(Store *store, gint64 *first_start, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *now = g_strdup_printf("%" G_GINT64_FORMAT, clock_now());

    if (!store_setting_read(store, SETTING_FIRST_START, &text, error) ||
        (!text && !store_setting_write(store, SETTING_FIRST_START, now, error)))
        return false;
    *first_start = g_ascii_strtoll(text ? text : now, NULL, 10);
    return true;
}

Reconcile *reconcile_open(const ReconcileSpec *spec, GError **error)
{
    const HostSpec host_spec = settings_host_spec(spec->settings);
    g_autoptr(Reconcile) reconcile = g_new0(Reconcile, 1);

    reconcile->spec = *spec;
    reconcile->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    reconcile->read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reconcile->host = host_open(host_names()[0], &host_spec, error);
    if (!reconcile->host || !read_first_start(spec->store, &reconcile->first_start, error))
        return NULL;
    return g_steal_pointer(&reconcile);
}

GPtrArray *reconcile_credentials(const Reconcile *reconcile)
{
    return host_credentials(reconcile->host);
}

void reconcile_free(Reconcile *reconcile)
{
    if (!reconcile)
        return;
    host_free(reconcile->host);
    g_hash_table_unref(reconcile->asked);
    g_hash_table_unref(reconcile->read);
    g_free(reconcile);
}
