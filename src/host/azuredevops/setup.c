// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/setup.h"

#include "host/azuredevops/hooks_needed.h"
#include "host/azuredevops/post.h"
#include "host/azuredevops/status_policy.h"
#include "host/azuredevops/wire.h"
#include "model/setup.h"
#include "sys/js.h"

/* Who signs in to nothing is this one, and may read what is public. */
#define ANONYMOUS "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
#define ANY_TEST  "00000000-0000-0000-0000-000000000000"

enum { TEST_LOOKS = 30, TEST_PAUSE_MS = 500, LONGEST_PASSWORD = 256 };

typedef struct {
    char *id, *name;
    char *ref; /* of the default branch; NULL: it has no branch yet */
} SetupRepo;

/* One setup on its way. */
typedef struct {
    const Ctx *ctx;
    const SetupTools *tools;
    const HostSetup *spec;
    GPtrArray *items; /* borrowed */
    Place place;      /* of the project; repo is NULL */
    char *user_id, *user_name;
    char *project_name;
    GPtrArray *repos; /* of SetupRepo, owned: those that were named; empty: all */
} Setup;

static void repo_free(gpointer data)
{
    SetupRepo *repo = data;

    g_free(repo->id);
    g_free(repo->name);
    g_free(repo->ref);
    g_free(repo);
}

static void setup_clear(Setup *self)
{
    place_clear(&self->place);
    g_free(self->user_id);
    g_free(self->user_name);
    g_free(self->project_name);
    g_clear_pointer(&self->repos, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setup, setup_clear)

/* ----------------------------------------------------------------- reading */

bool azuredevops_who(const Ctx *ctx, Rest *rest, const Site *site, const char *collection,
                     char **id, char **name, GError **error)
{
    g_autofree char *url = site_collection_url(site, collection, "connectionData");
    const RestCall call = {
        .what = "ask who we are", .method = "GET", .url = url, .is_preview = true
    };
    g_auto(RestReply) reply = { 0 };
    const json_t *user;
    g_autofree char *found = NULL;

    if (!rest_call(ctx, rest, &call, &reply, error))
        return false;
    user = json_object_get(reply.json, "authenticatedUser");
    found = wire_guid(user, "id");
    if (!found || g_str_equal(found, ANONYMOUS))
        return hadal_throw(error, HADAL_ERROR_DENIED,
                           "ask who we are: the credential is nobody's here");
    *name = wire_excerpt(js_get(user, "providerDisplayName", found), 120);
    *id = g_steal_pointer(&found);
    return true;
}

static bool read_repositories(const Setup *self, RestReply *reply, GError **error)
{
    g_autofree char *escaped = g_uri_escape_string(self->spec->project, NULL, FALSE);
    const Place place = { .collection = self->place.collection, .project = escaped };
    g_autofree char *url = site_project_url(self->tools->site, &place, "git/repositories");
    const RestCall call = { .what = "get repositories", .method = "GET", .url = url };

    return rest_call(self->ctx, self->tools->rest, &call, reply, error);
}

/* By name or by id, whatever the letter case: so the service compares them. */
static const json_t *find_repository(const json_t *all, const char *name)
{
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);

        if (g_ascii_strcasecmp(js_get(one, "name", ""), name) == 0 ||
            g_ascii_strcasecmp(js_get(one, "id", ""), name) == 0)
            return one;
    }
    return NULL;
}

static bool add_repo(Setup *self, const json_t *all, const char *name, GError **error)
{
    const json_t *found = find_repository(all, name);
    g_autofree char *id = wire_guid(found, "id");
    SetupRepo *repo;

    if (!id)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                           "project %s has no repository \"%s\" that this account may see",
                           self->spec->project, name);
    repo = g_new0(SetupRepo, 1);
    repo->id = g_steal_pointer(&id);
    repo->name = g_strdup(js_get(found, "name", name));
    repo->ref = g_strdup(js_get(found, "defaultBranch", NULL));
    g_ptr_array_add(self->repos, repo);
    return true;
}

/* The project's id comes with its repositories: that needs no other scope than they do. */
static bool read_places(Setup *self, GError **error)
{
    g_auto(RestReply) reply = { 0 };
    const json_t *all, *project;

    if (!read_repositories(self, &reply, error))
        return false;
    all = json_object_get(reply.json, "value");
    project = json_object_get(json_array_get(all, 0), "project");
    self->place.project = wire_guid(project, "id");
    if (!self->place.project)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                           "project %s has no repository that this account may see",
                           self->spec->project);
    self->project_name = g_strdup(js_get(project, "name", self->spec->project));
    for (gsize i = 0; self->spec->repositories[i]; i++)
        if (!add_repo(self, all, self->spec->repositories[i], error))
            return false;
    return true;
}

bool setup_check_password(const char *password, GError **error)
{
    return g_utf8_strlen(password, -1) <= LONGEST_PASSWORD ||
           hadal_throw(error, HADAL_ERROR_INVALID,
                       "--azuredevops-webhook-password has more than %d characters, and Azure "
                       "DevOps takes no more",
                       LONGEST_PASSWORD);
}

bool setup_check_url(const Site *site, const char *url, GError **error)
{
    return !site_is_service(site) || g_ascii_strncasecmp(url, "https://", 8) == 0 ||
           hadal_throw(error, HADAL_ERROR_INVALID,
                       "%s is no https:// address: Azure DevOps sends a password to no other", url);
}

static bool check_spec(const Setup *self, GError **error)
{
    if (self->spec->account && !wire_is_guid(self->spec->account))
        return hadal_throw(error, HADAL_ERROR_INVALID, "\"%.80s\" is not the id of an account",
                           self->spec->account);
    if (!*self->tools->webhook_user || !*self->tools->webhook_password)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "there is no user and password for the service hooks: set "
                           "--azuredevops-webhook-user and --azuredevops-webhook-password to what "
                           "the server has");
    return setup_check_password(self->tools->webhook_password, error) &&
           setup_check_url(self->tools->site, self->spec->url, error);
}

static bool read_all(Setup *self, GError **error)
{
    if (!check_spec(self, error))
        return false;
    self->place.collection =
        site_named_collection(self->tools->site, self->spec->organization, error);
    return self->place.collection &&
           azuredevops_who(self->ctx, self->tools->rest, self->tools->site, self->place.collection,
                           &self->user_id, &self->user_name, error) &&
           read_places(self, error);
}

/* ------------------------------------------------------------------- items */

/* Takes what and note. */
static void add_item(const Setup *self, SetupState state, char *what, char *note)
{
    SetupItem *item = g_new0(SetupItem, 1);

    item->state = state;
    item->what = what;
    item->note = note;
    g_ptr_array_add(self->items, item);
}

/* What has been tried: an error is the item's, and the others are still tried. Takes what. */
static void add_tried(const Setup *self, SetupState done, char *what, const GError *failure)
{
    add_item(self, failure ? SETUP_FAILED : done, what,
             failure ? g_strdup(failure->message) : NULL);
}

/* ------------------------------------------------------------------- hooks */

static SubscriptionSpec spec_of(const Setup *self, const HookNeeded *needed, const char *repo,
                                const char *url)
{
    return (SubscriptionSpec){
        .event_type = needed->event_type,
        .version = needed->version,
        .notification = needed->notification,
        .project = self->place.project,
        .repo = repo,
        .url = url,
        .user = self->tools->webhook_user,
        .password = self->tools->webhook_password,
    };
}

static void make_hook(const Setup *self, const HookNeeded *needed, const char *repo, char *what)
{
    g_autofree char *url = g_strconcat(self->spec->url, needed->path, NULL);
    const SubscriptionSpec spec = spec_of(self, needed, repo, url);
    g_autoptr(GError) failure = NULL;

    if (!self->spec->applies) {
        add_item(self, SETUP_MISSING, what, g_strdup_printf("would be sent to %s", url));
        return;
    }
    if (!subscription_create(self->ctx, self->tools->rest, self->tools->site,
                             self->place.collection, &spec, &failure))
        g_prefix_error(&failure, "to %s: ", url);
    add_tried(self, SETUP_MADE, what, failure);
}

static void repair_hook(const Setup *self, const HookNeeded *needed, const Subscription *found,
                        const char *trouble, char *what)
{
    const SubscriptionRepair repair = {
        .user = self->tools->webhook_user,
        .password = self->tools->webhook_password,
        .version = needed->version,
    };
    g_autoptr(GError) failure = NULL;

    if (!self->spec->applies) {
        add_item(self, SETUP_DIFFERENT, what, g_strdup_printf("%s: would be set right", trouble));
        return;
    }
    if (!subscription_repair(self->ctx, self->tools->rest, self->tools->site,
                             self->place.collection, found, &repair, &failure))
        g_prefix_error(&failure, "%s: ", trouble);
    add_tried(self, SETUP_CHANGED, what, failure);
}

static void do_hook(const Setup *self, const GPtrArray *subscriptions, const HookNeeded *needed,
                    const SetupRepo *repo)
{
    const HookPlace place = {
        .project = self->place.project,
        .repo = repo ? repo->id : "",
        .url = self->spec->url,
        .user = self->tools->webhook_user,
    };
    const Subscription *found = hook_find(needed, &place, subscriptions);
    g_autofree char *trouble = found ? hook_trouble(needed, &place, found) : NULL;
    char *what = g_strdup_printf("%s%s%s: hook, %s", self->project_name, repo ? "/" : "",
                                 repo ? repo->name : "", needed->words);

    if (!found)
        make_hook(self, needed, place.repo, what);
    else if (trouble)
        repair_hook(self, needed, found, trouble, what);
    else
        add_item(self, SETUP_HAVE, what, NULL);
}

static void do_hooks_of(const Setup *self, const GPtrArray *subscriptions, const SetupRepo *repo)
{
    for (gsize i = 0; i < n_hooks_needed; i++)
        do_hook(self, subscriptions, &hooks_needed[i], repo);
}

static bool do_hooks(const Setup *self, GError **error)
{
    g_autoptr(GPtrArray) subscriptions = subscriptions_list(
        self->ctx, self->tools->rest, self->tools->site, self->place.collection, error);

    if (!subscriptions)
        return false;
    if (self->repos->len == 0)
        do_hooks_of(self, subscriptions, NULL);
    for (guint i = 0; i < self->repos->len; i++)
        do_hooks_of(self, subscriptions, self->repos->pdata[i]);
    return true;
}

/* ---------------------------------------------------------------- policies */

static void put_policy(const Setup *self, const StatusPolicy *wanted, const json_t *old,
                       const char *trouble, char *what)
{
    g_autoptr(GError) failure = NULL;

    if (!self->spec->applies) {
        add_item(self, old ? SETUP_DIFFERENT : SETUP_MISSING, what,
                 old ? g_strdup_printf("%s: would be set right", trouble)
                     : g_strdup_printf("would be required, from %s alone", self->spec->account
                                                                               ? self->spec->account
                                                                               : self->user_name));
        return;
    }
    if (!status_policy_put(self->ctx, self->tools->rest, self->tools->site, &self->place, wanted,
                           old, &failure))
        g_prefix_error(&failure, "%s%s", trouble ? trouble : "", trouble ? ": " : "");
    add_tried(self, old ? SETUP_CHANGED : SETUP_MADE, what, failure);
}

static void do_policy(const Setup *self, const json_t *all, const SetupRepo *repo,
                      const char *status)
{
    json_auto_t *context = azuredevops_status_context(self->tools->genre, status);
    const StatusPolicy wanted = {
        .genre = js_get(context, "genre", ""),
        .name = js_get(context, "name", ""),
        .repo = repo->id,
        .ref = repo->ref,
        .is_default = true,
        .author = self->spec->account ? self->spec->account : self->user_id,
    };
    char *what = g_strdup_printf("%s/%s: policy, %s requires %s/%s", self->project_name, repo->name,
                                 repo->ref ? repo->ref : "its branch", wanted.genre, wanted.name);
    const json_t *found = repo->ref ? status_policy_find(all, &wanted) : NULL;
    g_autofree char *trouble = found ? status_policy_trouble(found, &wanted) : NULL;

    if (!repo->ref)
        add_item(self, SETUP_FAILED, what,
                 g_strdup("it has no branch yet: push to it, and run this again"));
    else if (found && !trouble)
        add_item(self, SETUP_HAVE, what, NULL);
    else
        put_policy(self, &wanted, found, trouble, what);
}

static bool do_policies(const Setup *self, GError **error)
{
    json_auto_t *all = NULL;

    if (self->repos->len == 0 || !*self->spec->statuses)
        return true;
    all =
        status_policies_read(self->ctx, self->tools->rest, self->tools->site, &self->place, error);
    if (!all)
        return false;
    for (guint i = 0; i < self->repos->len; i++)
        for (gsize j = 0; self->spec->statuses[j]; j++)
            do_policy(self, all, self->repos->pdata[i], self->spec->statuses[j]);
    return true;
}

/* -------------------------------------------------------------------- test */

static bool is_pending(const Notification *sent)
{
    return !g_str_equal(sent->result, "succeeded") && !g_str_equal(sent->result, "failed");
}

/* Looks again until the service knows what became of it; the caller frees what it returns. */
static Notification *wait_for(const Setup *self, Notification *sent, GError **error)
{
    g_autoptr(Notification) last = sent;

    for (int i = 0; i < TEST_LOOKS && last->id > 0 && is_pending(last); i++) {
        Notification *next;

        if (!ctx_pause(self->ctx, TEST_PAUSE_MS, error))
            return NULL;
        next = subscription_notification(self->ctx, self->tools->rest, self->tools->site,
                                         self->place.collection, ANY_TEST, last->id, error);
        if (!next)
            return NULL;
        notification_free(last);
        last = next;
    }
    return g_steal_pointer(&last);
}

static Notification *send_test(const Setup *self, const char *url, GError **error)
{
    const char *repo = self->repos->len ? ((SetupRepo *)self->repos->pdata[0])->id : "";
    const SubscriptionSpec spec = spec_of(self, &hooks_needed[0], repo, url);
    Notification *sent = subscription_test(self->ctx, self->tools->rest, self->tools->site,
                                           self->place.collection, &spec, error);

    return sent ? wait_for(self, sent, error) : NULL;
}

static void do_test(const Setup *self)
{
    g_autofree char *url = g_strconcat(self->spec->url, hooks_needed[0].path, NULL);
    g_autoptr(GError) failure = NULL;
    g_autoptr(Notification) sent = send_test(self, url, &failure);
    char *what = g_strdup_printf("test event to %s", url);

    if (!sent)
        add_item(self, SETUP_FAILED, what, g_strdup(failure->message));
    else if (g_str_equal(sent->result, "succeeded"))
        add_item(self, SETUP_HAVE, what, g_strdup("arrived"));
    else if (is_pending(sent))
        add_item(self, SETUP_HAVE, what,
                 g_strdup("sent; the service does not tell whether it has arrived"));
    else
        add_item(self, SETUP_FAILED, what,
                 g_strdup_printf("did not arrive: %s. Is the server running there, with this user "
                                 "and password for webhooks?",
                                 *sent->trouble ? sent->trouble : "no reason given"));
}

bool azuredevops_setup(const Ctx *ctx, const SetupTools *tools, const HostSetup *spec,
                       GPtrArray *items, GError **error)
{
    g_auto(Setup) self = {
        .ctx = ctx,
        .tools = tools,
        .spec = spec,
        .items = items,
        .repos = g_ptr_array_new_with_free_func(repo_free),
    };

    if (!read_all(&self, error) || !do_hooks(&self, error) || !do_policies(&self, error))
        return false;
    if (spec->applies)
        do_test(&self);
    return true;
}
