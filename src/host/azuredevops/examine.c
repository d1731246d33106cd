// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/examine.h"

#include <string.h>

#include "host/azuredevops/hooks_needed.h"
#include "host/azuredevops/setup.h"
#include "host/azuredevops/wire.h"
#include "model/finding.h"
#include "sys/js.h"

/* A number that no pull request ever has: what is asked of it is refused, and changes nothing. */
#define NO_PULL "2147483647"

#define SETUP_ADVICE "hadal setup azuredevops shows what is to be done, and with --apply does it"

/* One collection on its way. */
typedef struct {
    const Ctx *ctx;
    const ExamineTools *tools;
    const HostExam *exam;
    GPtrArray *findings; /* borrowed */
    const char *collection;
    CredentialKind credential;
    char *about; /* what findings are about: "azuredevops fabrikam" */
    Place place; /* of a repository that the account sees; all NULL: none */
} Exam;

static void exam_clear(Exam *self)
{
    g_free(self->about);
    place_clear(&self->place);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Exam, exam_clear)

/* Takes text. */
static void tell(const Exam *self, FindingState state, char *text, const char *advice)
{
    finding_add(self->findings, state, self->about, text, advice);
}

/* -------------------------------------------------------------- collections */

static void add_once(GPtrArray *collections, const char *collection)
{
    for (guint i = 0; i < collections->len; i++)
        if (g_ascii_strcasecmp(collections->pdata[i], collection) == 0)
            return;
    g_ptr_array_add(collections, g_strdup(collection));
}

/* "dev.azure.com/fabrikam/infra" names fabrikam; patterns in the first two parts name nothing. */
static void add_of_pattern(const Site *site, GPtrArray *collections, const char *pattern)
{
    g_auto(GStrv) parts = g_strsplit(pattern, "/", 3);
    g_autofree char *found = NULL;

    if (g_strv_length(parts) < 3 || strpbrk(parts[0], "*?!") || strpbrk(parts[1], "*?!"))
        return;
    /* One that is none is nothing to look at; that it is none is the allowlist's matter. */
    found = site_named_collection(site, parts[1], NULL);
    if (found)
        add_once(collections, found);
}

static void add_of_keyring(const Site *site, GPtrArray *collections, const Keyring *keyring)
{
    g_autoptr(GPtrArray) states = keyring_states(keyring);

    for (guint i = 0; i < states->len; i++) {
        const CredentialState *state = states->pdata[i];
        g_autofree char *found =
            state->organization ? site_named_collection(site, state->organization, NULL) : NULL;

        if (found)
            add_once(collections, found);
    }
}

GPtrArray *examine_collections(const Site *site, const Keyring *keyring, const HostExam *exam)
{
    GPtrArray *collections = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *base = site_named_collection(site, NULL, NULL);

    for (gsize i = 0; exam->locators[i]; i++) {
        g_auto(Place) place = { 0 };

        if (place_parse(exam->locators[i], &place, NULL))
            add_once(collections, place.collection);
    }
    for (gsize i = 0; !base && exam->allowlist[i]; i++)
        add_of_pattern(site, collections, exam->allowlist[i]);
    add_of_keyring(site, collections, keyring);
    /* The path of a server's base URL may be less than a collection: events tell better. */
    if (base && collections->len == 0)
        add_once(collections, base);
    return collections;
}

/* ------------------------------------------------------------- what it may */

/* A token has scopes; an identity of Entra ID has none, and may what its account may. */
static const char *credential_noun(const Exam *self)
{
    return self->credential == CREDENTIAL_TOKEN ? "token" : "identity";
}

/* The caller frees it. */
static char *scope_advice(const Exam *self, const char *scope)
{
    if (self->credential == CREDENTIAL_TOKEN)
        return g_strdup_printf("give the token the scope %s", scope);
    return g_strdup(
        "an identity of Entra ID has no scopes: add it to the organisation as a user with Basic "
        "access, and to a group that has the permission");
}

/* A call that only somebody with the scope gets past, and that does nothing. */
typedef struct {
    const char *scope; /* as the page of tokens names it */
    const char *method;
    const char *resource; /* behind the repository, or where it has none behind "_apis/" */
    bool is_of_repo;
    FindingState missing;
    const char *without; /* what does not work then */
} Probe;

static const Probe probes[] = {
    {
        .scope = "Code (read & write)",
        .method = "POST",
        .resource = "pullRequests/" NO_PULL "/threads",
        .is_of_repo = true,
        .missing = FINDING_WRONG,
        .without = "hadal cannot comment",
    },
    {
        .scope = "Code (status)",
        .method = "POST",
        .resource = "pullRequests/" NO_PULL "/statuses",
        .is_of_repo = true,
        .missing = FINDING_WRONG,
        .without = "hadal cannot set statuses",
    },
    {
        .scope = "Code (read & write)",
        .method = "PATCH",
        .resource = "pullRequests/" NO_PULL,
        .is_of_repo = true,
        .missing = FINDING_WARNING,
        .without = "hadal cannot complete pull requests or take approvals back",
    },
    {
        .scope = "Identity (read)",
        .method = "GET",
        .resource = "identities",
        .missing = FINDING_WARNING,
        .without = "hadal cannot tell who is in which group",
    },
};

static char *probe_url(const Exam *self, const Probe *probe)
{
    const Place place = { .collection = (char *)self->collection };
    g_autofree char *api = NULL;

    if (!probe->is_of_repo)
        return site_identities_url(self->tools->site, &place);
    api = site_api_url(self->tools->site, &self->place);
    return g_strdup_printf("%s/%s", api, probe->resource);
}

/* *status is that of the answer; 0: there was none. */
static bool send_probe(const Exam *self, const Probe *probe, int *status, GError **error)
{
    g_autofree char *url = probe_url(self, probe);
    json_auto_t *body = g_str_equal(probe->method, "GET") ? NULL : json_object();
    const RestCall call = {
        .what = "ask what the credential may",
        .method = probe->method,
        .url = url,
        .query = body ? NULL : "searchFilter=General&filterValue=nobody",
        .body = body,
        .status = status,
    };
    g_auto(RestReply) reply = { 0 };

    return rest_call(self->ctx, self->tools->rest, &call, &reply, error);
}

static void look_probe(const Exam *self, const Probe *probe)
{
    g_autoptr(GError) error = NULL;
    int status = 0;
    bool is_done = send_probe(self, probe, &status, &error);
    g_autofree char *advice = scope_advice(self, probe->scope);

    if (status == 401)
        tell(self, probe->missing,
             g_strdup_printf("the %s lacks %s: %s", credential_noun(self), probe->scope,
                             probe->without),
             advice);
    else if (!is_done && (status == 0 || status == 429 || status >= 500))
        tell(self, FINDING_WARNING, g_strdup(error->message), "look again later");
    else if (!is_done && status == 403)
        tell(self, probe->missing, g_strdup_printf("%s: %s", probe->without, error->message),
             "give the account the permission");
    else
        tell(self, FINDING_OK,
             g_strdup_printf("the %s has %s", credential_noun(self), probe->scope), NULL);
}

static void look_probes(const Exam *self)
{
    for (gsize i = 0; i < G_N_ELEMENTS(probes); i++)
        if (probes[i].is_of_repo ? self->place.repo != NULL : self->exam->needs_groups)
            look_probe(self, &probes[i]);
}

/* ---------------------------------------------------------------- first of all */

static bool look_account(const Exam *self)
{
    g_autofree char *id = NULL, *name = NULL;
    g_autoptr(GError) error = NULL;

    if (!azuredevops_who(self->ctx, self->tools->rest, self->tools->site, self->collection, &id,
                         &name, &error)) {
        tell(self, FINDING_WRONG, g_strdup(error->message),
             "check the credential: it may have expired, or be of another organisation; and that "
             "the host can be reached from here");
        return false;
    }
    tell(self, FINDING_OK, g_strdup_printf("the %s is of %s (%s)", credential_noun(self), name, id),
         NULL);
    return true;
}

static void keep_place(Exam *self, const json_t *repos)
{
    const json_t *repo = json_array_get(repos, 0);

    self->place.repo = wire_guid(repo, "id");
    self->place.project = wire_guid(json_object_get(repo, "project"), "id");
    self->place.collection = g_strdup(self->collection);
    if (!self->place.project)
        place_clear(&self->place);
}

static void look_repositories(Exam *self)
{
    g_autofree char *url =
        site_collection_url(self->tools->site, self->collection, "git/repositories");
    int status = 0;
    const RestCall call = {
        .what = "get repositories", .method = "GET", .url = url, .status = &status
    };
    g_auto(RestReply) reply = { 0 };
    g_autofree char *advice = scope_advice(self, "Code (read & write)");
    g_autoptr(GError) error = NULL;
    size_t n;

    if (!rest_call(self->ctx, self->tools->rest, &call, &reply, &error)) {
        tell(self, FINDING_WRONG,
             status == 401 ? g_strdup_printf("the %s lacks Code (read): hadal sees no repository",
                                             credential_noun(self))
                           : g_strdup(error->message),
             status == 401 ? advice : "look again later");
        return;
    }
    n = json_array_size(json_object_get(reply.json, "value"));
    keep_place(self, json_object_get(reply.json, "value"));
    tell(self, n ? FINDING_OK : FINDING_WRONG,
         g_strdup_printf("the account sees %zu %s", n, n == 1 ? "repository" : "repositories"),
         n ? NULL : "give the account Read and Contribute to pull requests in the repositories");
}

/* ------------------------------------------------------------------- hooks */

/* What it is for: the first that it tells of; NULL: nothing that the server asks for. */
static const HookNeeded *need_of(const Exam *self, const Subscription *one)
{
    for (gsize i = 0; i < n_hooks_needed; i++)
        if (hook_tells(&hooks_needed[i], self->exam->url, one))
            return &hooks_needed[i];
    return NULL;
}

/* The caller frees it; NULL: nothing is wrong. */
static char *trouble_of(const Exam *self, const Subscription *one)
{
    const HookPlace place = { .url = self->exam->url, .user = self->tools->webhook_user };
    const HookNeeded *needed = need_of(self, one);

    if (needed)
        return hook_trouble(needed, &place, one);
    return one->status == SUBSCRIPTION_ENABLED
               ? NULL
               : g_strdup_printf("is %s", subscription_status_words(one->status));
}

static void look_hook(const Exam *self, const Subscription *one)
{
    g_autofree char *trouble = trouble_of(self, one);

    if (!trouble)
        return;
    tell(self, one->status == SUBSCRIPTION_ON_PROBATION ? FINDING_WARNING : FINDING_WRONG,
         g_strdup_printf("the hook for %s%s%s to %s %s", one->event_type,
                         *one->notification ? " " : "", one->notification, one->url, trouble),
         SETUP_ADVICE);
}

static bool is_told(const HookNeeded *needed, const char *url, const GPtrArray *ours)
{
    for (guint i = 0; i < ours->len; i++)
        if (hook_tells(needed, url, ours->pdata[i]))
            return true;
    return false;
}

static void look_missing(const Exam *self, const GPtrArray *ours)
{
    for (gsize i = 0; i < n_hooks_needed; i++)
        if (!is_told(&hooks_needed[i], self->exam->url, ours))
            tell(self, FINDING_WARNING,
                 g_strdup_printf("no hook tells when %s", hooks_needed[i].words), SETUP_ADVICE);
}

/* Those of subscriptions that send to us; borrowed from them. */
static GPtrArray *ours_of(const Exam *self, const GPtrArray *subscriptions)
{
    GPtrArray *ours = g_ptr_array_new();
    g_autofree char *url = g_strconcat(self->exam->url, "/events", NULL);

    for (guint i = 0; i < subscriptions->len; i++)
        if (subscription_sends_to(subscriptions->pdata[i], url))
            g_ptr_array_add(ours, subscriptions->pdata[i]);
    return ours;
}

static void tell_no_hooks(const Exam *self)
{
    tell(
        self, FINDING_WARNING,
        g_strdup_printf("there is no hook to %s/events that this account may see", self->exam->url),
        SETUP_ADVICE ". Is that address, --atlantis-url, the one that hooks are sent to?");
}

static void look_ours(const Exam *self, const GPtrArray *ours)
{
    guint before = self->findings->len;

    if (ours->len == 0) {
        tell_no_hooks(self);
        return;
    }
    for (guint i = 0; i < ours->len; i++)
        look_hook(self, ours->pdata[i]);
    look_missing(self, ours);
    if (self->findings->len == before)
        tell(self, FINDING_OK, g_strdup_printf("%u hooks are enabled", ours->len), NULL);
}

static void look_hooks(const Exam *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = subscriptions_list(self->ctx, self->tools->rest, self->tools->site,
                                                  self->collection, &error);
    g_autoptr(GPtrArray) ours = all ? ours_of(self, all) : NULL;

    if (ours)
        look_ours(self, ours);
    else
        tell(self, FINDING_WARNING, g_strdup_printf("hooks cannot be seen: %s", error->message),
             "an administrator of the project can look at them");
}

/* ------------------------------------------------------------------ public */

static void examine_one(const Ctx *ctx, const ExamineTools *tools, const HostExam *exam,
                        const char *collection, GPtrArray *findings)
{
    g_autofree char *url = site_collection_url(tools->site, collection, "");
    g_autofree char *name = g_uri_unescape_string(collection, NULL);
    g_auto(Exam) self = {
        .ctx = ctx,
        .tools = tools,
        .exam = exam,
        .findings = findings,
        .collection = collection,
        .credential = keyring_kind(tools->keyring, url),
        .about = g_strdup_printf("azuredevops%s%s", *name ? " " : "", name),
    };

    if (!look_account(&self))
        return;
    look_repositories(&self);
    look_probes(&self);
    look_hooks(&self);
}

void azuredevops_examine(const Ctx *ctx, const ExamineTools *tools, const HostExam *exam,
                         GPtrArray *findings)
{
    g_autoptr(GPtrArray) collections = examine_collections(tools->site, tools->keyring, exam);

    if (collections->len == 0)
        finding_add(findings, FINDING_WARNING, "azuredevops",
                    g_strdup("no organisation is known to ask"),
                    "name it in --repo-allowlist, as in dev.azure.com/my-org/*");
    for (guint i = 0; i < collections->len; i++)
        examine_one(ctx, tools, exam, collections->pdata[i], findings);
}
