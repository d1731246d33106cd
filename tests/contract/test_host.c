// SPDX-License-Identifier: Apache-2.0
/*
 * What every host must do, against a service that behaves like the real one: the same cases for
 * each name of the registry. run.py starts the services.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "host/host.h"
#include "sys/http_client.h"
#include "sys/js.h"
#include "unit/test.h"
#include "world.h"

#define HOOK_USER     "hooks"
#define HOOK_PASSWORD "h00k-s3cr3t"

enum { PATIENT_MS = 30000, IMPATIENT_MS = 200, EVENT_WAIT_S = 30 };

static const WorldOps *const worlds[] = { &azuredevops_world };

static const WorldOps *world; /* of the host under test */
static Host *host, *impatient;

/* --- the receiver of events: what the web does with them --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static GPtrArray *events; /* Event *, under lock */
static Host *receiver;
static HttpServer *server;
static char *address; /* where events go, without user and password */

static HttpResponse *receive(const HttpRequest *request, gpointer data)
{
    gsize length;
    const char *body = http_request_body(request, &length);
    Event *event = g_new0(Event, 1);

    (void)data;
    if (!host_claims(receiver, request) || !host_authenticate(receiver, request, NULL) ||
        !host_event_parse(receiver, body, length, event, NULL)) {
        event_free(event);
        return http_response_text(400, "not taken");
    }
    pthread_mutex_lock(&lock);
    g_ptr_array_add(events, event);
    pthread_cond_broadcast(&arrived);
    pthread_mutex_unlock(&lock);
    return http_response_text(200, "taken");
}

/* Under lock: moves the first event that fits out of the list. */
static bool take(EventKind kind, gint64 pull, const char *comment_ref, Event *event)
{
    for (guint i = 0; i < events->len; i++) {
        Event *one = events->pdata[i];

        if (one->kind != kind || one->pull.number != pull ||
            (comment_ref && g_strcmp0(one->comment_ref, comment_ref) != 0))
            continue;
        *event = *one;
        *one = (Event){ 0 };
        g_ptr_array_remove_index(events, i);
        return true;
    }
    return false;
}

/* comment_ref NULL: any. */
static Event wait_for_comment(EventKind kind, gint64 pull, const char *comment_ref)
{
    Event event = { 0 };
    struct timespec end;
    int problem = 0;
    bool is_there;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += EVENT_WAIT_S;
    pthread_mutex_lock(&lock);
    while (!(is_there = take(kind, pull, comment_ref, &event)) && problem == 0)
        problem = pthread_cond_timedwait(&arrived, &lock, &end);
    pthread_mutex_unlock(&lock);
    if (!is_there)
        fail_msg("no event %s of !%" G_GINT64_FORMAT, event_kind_name(kind), pull);
    return event;
}

static Event wait_for(EventKind kind, gint64 pull)
{
    return wait_for_comment(kind, pull, NULL);
}

static guint16 open_receiver(void)
{
    const HttpServerSpec spec = { .address = "127.0.0.1",
                                  .threads = 2,
                                  .max_body = 4 << 20,
                                  .request_timeout_ms = 10000,
                                  .handler = receive };
    g_autoptr(GError) error = NULL;

    events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free);
    server = http_server_open(&spec, &error);
    assert_ok(server, error);
    return http_server_port(server);
}

/* --- set-up --- */

static Host *open_host(const char *token, gint64 timeout_ms)
{
    const HostSpec spec = {
        .user = "hadal",
        .credential.token = token,
        .webhook_user = HOOK_USER,
        .webhook_password = HOOK_PASSWORD,
        .base_url = world->base_url(),
        .timeout_ms = timeout_ms,
        .status_genre = world->status_genre,
    };
    g_autoptr(GError) error = NULL;
    Host *opened = host_open(world->host, &spec, &error);

    assert_ok(opened, error);
    return opened;
}

static int set_up(void **fixture)
{
    g_autofree char *url = NULL;
    int port;

    (void)fixture;
    host = open_host(world->token(), PATIENT_MS);
    impatient = open_host(world->token(), IMPATIENT_MS);
    receiver = open_host(NULL, PATIENT_MS);
    port = open_receiver();
    address = g_strdup_printf("http://127.0.0.1:%d/events", port);
    url = g_strdup_printf("http://" HOOK_USER ":" HOOK_PASSWORD "@127.0.0.1:%d/events", port);
    world->subscribe(url);
    return 0;
}

static int tear_down(void **fixture)
{
    (void)fixture;
    g_clear_pointer(&server, http_server_close);
    g_clear_pointer(&address, g_free);
    g_clear_pointer(&events, g_ptr_array_unref);
    g_clear_pointer(&receiver, host_free);
    g_clear_pointer(&impatient, host_free);
    g_clear_pointer(&host, host_free);
    return 0;
}

/* Every case: nothing that it sent was wrong, unless it says so itself. */
static int check_complaints(void **fixture)
{
    g_autofree char *text = world->complaints();

    (void)fixture;
    if (text)
        print_error("the service complains:\n%s\n", text);
    return text ? -1 : 0;
}

static PullRef pull_with_event(WorldPull kind)
{
    gint64 number = world->open_pull(kind, "A change");
    g_auto(Event) event = wait_for(EVENT_PULL_OPENED, number);
    PullRef pull;

    pull_ref_copy(&pull, &event.pull);
    return pull;
}

/* --- cases --- */

TEST(every_operation_is_there)
{
    const HostOps *ops = host->ops;

    assert_string_equal(host_name(host), world->host);
    assert_true(host_comment_limit(host) >= 10000);
    assert_non_null(ops->claims);
    assert_non_null(ops->authenticate);
    assert_non_null(ops->event_parse);
    assert_non_null(ops->pull_read);
    assert_non_null(ops->comment_post);
    assert_non_null(ops->comment_replace);
    assert_non_null(ops->comment_react);
    assert_non_null(ops->thread_settle);
    assert_non_null(ops->status_post);
    assert_non_null(ops->review_read);
    assert_non_null(ops->labels_read);
    assert_non_null(ops->teams_read);
    assert_non_null(ops->approvals_discard);
    assert_non_null(ops->merge);
    assert_non_null(ops->area_of_repo);
    assert_non_null(ops->area_of_pattern);
    assert_non_null(ops->pulls_list);
    assert_non_null(ops->comments_list);
    assert_non_null(ops->hooks_tend);
    assert_non_null(ops->git_auth);
    assert_non_null(ops->git_headers);
    assert_non_null(ops->credentials);
    assert_non_null(ops->git_urls);
    assert_non_null(ops->setup);
    assert_non_null(ops->examine);
    assert_non_null(ops->free);
}

TEST(an_event_leads_to_its_pull_request)
{
    gint64 number = world->open_pull(WORLD_PLAIN, "Größer & <b>");
    g_autofree char *head = world->head(number);
    g_auto(Event) event = wait_for(EVENT_PULL_OPENED, number);
    g_auto(PullFacts) facts = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(host_pull_read(&(Ctx){ 0 }, host, &event.pull, &facts, &error), error);

    assert_string_equal(event.pull.repo.host, world->host);
    assert_true(g_str_has_suffix(event.pull.repo.allow_name, event.pull.repo.full_name));
    assert_true(g_str_has_prefix(event.pull.url, world->base_url()));
    assert_non_null(event.delivery_key);
    assert_false(event.is_draft);
    assert_int_equal(facts.state, PULL_ACTIVE);
    assert_false(facts.is_draft);
    assert_false(facts.is_fork);
    assert_string_equal(facts.title, "Größer & <b>");
    assert_string_equal(facts.author.id, world->author_id);
    assert_string_equal(facts.head_commit, head);
    assert_string_equal(facts.base_branch, "main");
    assert_true(g_str_has_prefix(facts.head_branch, "topic/é-"));
    assert_string_equal(facts.base_clone_url, facts.head_clone_url);
    assert_int_equal(facts.iteration, 1);
}

TEST(a_push_makes_a_new_head)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *head = world->push(pull.number);
    g_auto(Event) event = wait_for(EVENT_PULL_UPDATED, pull.number);
    g_auto(PullFacts) facts = { 0 };

    assert_true(host_pull_read(&(Ctx){ 0 }, host, &event.pull, &facts, NULL));
    assert_string_equal(facts.head_commit, head);
    assert_int_equal(facts.iteration, 2);
}

TEST(a_draft_is_told)
{
    gint64 number = world->open_pull(WORLD_DRAFT, "Not yet");
    g_auto(Event) event = wait_for(EVENT_PULL_OPENED, number);
    g_auto(PullFacts) facts = { 0 };

    assert_true(host_pull_read(&(Ctx){ 0 }, host, &event.pull, &facts, NULL));
    assert_true(event.is_draft);
    assert_true(facts.is_draft);
}

TEST(a_fork_is_told_with_where_it_is_I12)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_FORK);
    g_auto(PullFacts) facts = { 0 };

    assert_true(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, NULL));
    assert_true(facts.is_fork);
    assert_string_not_equal(facts.base_clone_url, facts.head_clone_url);
    assert_true(g_str_has_prefix(facts.head_clone_url, world->base_url()));
    assert_true(g_str_has_prefix(facts.head_branch, "topic/é-"));
}

TEST(closing_is_told)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(PullFacts) facts = { 0 };

    world->abandon(pull.number);
    g_auto(Event) event = wait_for(EVENT_PULL_CLOSED, pull.number);
    assert_true(host_pull_read(&(Ctx){ 0 }, host, &event.pull, &facts, NULL));
    assert_int_equal(facts.state, PULL_ABANDONED);
}

TEST(a_comment_is_told_with_who_wrote_it_and_can_be_answered_I11)
{
    static const char text[] = "atlantis plan -d 'my dir' -- -var=\"a&b\"\r\né🚀 \\ <x>";
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *reference = world->say(pull.number, text);
    g_auto(Event) event = wait_for(EVENT_COMMENT, pull.number);
    const CommentPost answer = { .key = "answer", .markdown = "yes", .thread = event.comment_ref };
    g_auto(PostResult) result = { 0 };

    assert_string_equal(event.comment, text);
    assert_string_equal(event.comment_ref, reference);
    assert_string_equal(event.actor.id, world->commenter_id);
    assert_string_equal(event.actor.name, world->commenter_name);
    assert_true(host_comment_post(&(Ctx){ 0 }, host, &event.pull, &answer, &result, NULL));

    json_auto_t *comments = world->comments(pull.number);
    const json_t *first = json_array_get(comments, 0);
    assert_int_equal(json_array_size(comments), 1);
    assert_string_equal(js_get(first, "reference", ""), result.reference);
    assert_true(g_str_has_prefix(reference, js_get(first, "thread", "-")));
}

TEST(a_comment_is_posted_as_written_and_its_own_event_ignored)
{
    static const struct {
        ThreadState state;
        const char *name;
    } cases[] = { { THREAD_CLOSED, "closed" }, { THREAD_ACTIVE, "active" } };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
        const CommentPost post = { .key = "command-1",
                                   .markdown = "**é🚀**\n```diff\n+ \"x\" <y>\n```",
                                   .state = cases[i].state };
        g_auto(PostResult) result = { 0 };

        assert_true(host_comment_post(&(Ctx){ 0 }, host, &pull, &post, &result, NULL));
        g_auto(Event) event = wait_for_comment(EVENT_IGNORED, pull.number, result.reference);

        json_auto_t *comments = world->comments(pull.number);
        const json_t *first = json_array_get(comments, 0);
        assert_int_equal(json_array_size(comments), 1);
        assert_true(g_str_has_prefix(js_get(first, "text", ""), post.markdown));
        assert_string_equal(js_get(first, "state", ""), cases[i].name);
        assert_string_equal(js_get(first, "reference", ""), result.reference);
        assert_false(result.was_found);
        assert_non_null(event.reason);
    }
}

TEST(a_comment_is_replaced_and_its_thread_closed)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    const CommentPost post = { .key = "k", .markdown = "before", .state = THREAD_ACTIVE };
    const CommentPost again = { .key = "k", .markdown = "again", .may_be_there = true };
    CommentPost after = { .key = "k", .markdown = "after", .state = THREAD_CLOSED };
    g_auto(PostResult) result = { 0 }, found = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(host_comment_post(&(Ctx){ 0 }, host, &pull, &post, &result, &error), error);
    after.thread = result.reference;
    for (int i = 0; i < 2; i++)
        assert_ok(host_comment_replace(&(Ctx){ 0 }, host, &pull, &after, &error), error);

    json_auto_t *comments = world->comments(pull.number);
    const json_t *first = json_array_get(comments, 0);
    assert_int_equal(json_array_size(comments), 1);
    assert_true(g_str_has_prefix(js_get(first, "text", ""), after.markdown));
    assert_string_equal(js_get(first, "state", ""), "closed");
    assert_ok(host_comment_post(&(Ctx){ 0 }, host, &pull, &again, &found, &error), error);
    assert_true(found.was_found);
}

TEST(a_comment_gets_one_sign_however_often_it_is_asked_for)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *reference = world->say(pull.number, "atlantis plan");
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 2; i++)
        assert_ok(host_comment_react(&(Ctx){ 0 }, host, &pull, reference, &error), error);

    assert_int_equal(world->signs(pull.number, reference), 1);
}

TEST(a_comment_may_be_as_long_as_the_limit_says)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *text = g_strnfill(host_comment_limit(host), 'x');
    const CommentPost post = { .key = "command-1/part-2", .markdown = text };
    g_auto(PostResult) result = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(host_comment_post(&(Ctx){ 0 }, host, &pull, &post, &result, &error), error);
}

/* An attempt that fails, and a second that knows of it. */
typedef bool (*Attempt)(Host *with, const PullRef *pull, bool may_be_there, PostResult *result,
                        GError **error);

static bool try_comment(Host *with, const PullRef *pull, bool may_be_there, PostResult *result,
                        GError **error)
{
    const CommentPost post = { .key = "k1", .markdown = "one", .may_be_there = may_be_there };

    return host_comment_post(&(Ctx){ 0 }, with, pull, &post, result, error);
}

static bool try_answer(Host *with, const PullRef *pull, bool may_be_there, PostResult *result,
                       GError **error)
{
    json_auto_t *all = world->comments(pull->number);
    const CommentPost post = { .key = "k2",
                               .markdown = "two",
                               .thread = js_get(json_array_get(all, 0), "reference", ""),
                               .may_be_there = may_be_there };

    return host_comment_post(&(Ctx){ 0 }, with, pull, &post, result, error);
}

static bool try_status(Host *with, const PullRef *pull, bool may_be_there, PostResult *result,
                       GError **error)
{
    Status status = { .name = (char *)"atlantis/plan",
                      .state = STATUS_PENDING,
                      .description = (char *)"planning",
                      .iteration = 1 };
    const StatusPost post = { .status = &status, .may_be_there = may_be_there };

    return host_status_post(&(Ctx){ 0 }, with, pull, &post, result, error);
}

static void check_once(Attempt attempt, const PullRef *pull, WorldFault fault)
{
    Host *first = fault == WORLD_SILENT ? impatient : host;
    g_autoptr(GError) why = NULL, error = NULL;
    g_auto(PostResult) lost = { 0 }, result = { 0 };

    world->fault(fault);
    assert_fails(attempt(first, pull, false, &lost, &why), why, HADAL_ERROR_RETRY);
    assert_null(strstr(why->message, world->token()));
    assert_int_equal(host_retry_after(first), fault == WORLD_THROTTLED ? WORLD_WAIT_MS : 0);
    assert_ok(attempt(host, pull, true, &result, &error), error);
    assert_int_equal(result.was_found, fault == WORLD_ANSWER_LOST);
    assert_int_equal(host_retry_after(host), 0);
}

TEST(what_failed_is_posted_once_in_the_end_I7)
{
    for (int fault = 0; fault < WORLD_FAULTS; fault++) {
        g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);

        check_once(try_comment, &pull, (WorldFault)fault);
        check_once(try_answer, &pull, (WorldFault)fault);
        check_once(try_status, &pull, (WorldFault)fault);

        json_auto_t *comments = world->comments(pull.number);
        json_auto_t *statuses = world->statuses(pull.number);
        assert_int_equal(json_array_size(comments), 2);
        assert_int_equal(json_array_size(statuses), 1);
    }
}

TEST(looking_for_what_was_posted_may_fail_too)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(PostResult) first = { 0 }, second = { 0 };
    g_autoptr(GError) why = NULL;

    assert_true(try_comment(host, &pull, false, &first, NULL));
    world->fault(WORLD_BROKEN);
    assert_fails(try_comment(host, &pull, true, &second, &why), why, HADAL_ERROR_RETRY);
    assert_true(try_comment(host, &pull, true, &second, NULL));

    json_auto_t *comments = world->comments(pull.number);
    assert_int_equal(json_array_size(comments), 1);
    assert_string_equal(first.reference, second.reference);
}

TEST(reading_fails_in_a_way_that_may_pass)
{
    static const WorldFault faults[] = { WORLD_BROKEN, WORLD_THROTTLED, WORLD_REFUSED,
                                         WORLD_SILENT };
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);

    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        Host *with = faults[i] == WORLD_SILENT ? impatient : host;
        g_autoptr(GError) why = NULL, error = NULL;
        g_auto(PullFacts) none = { 0 }, facts = { 0 };

        world->fault(faults[i]);
        assert_fails(host_pull_read(&(Ctx){ 0 }, with, &pull, &none, &why), why, HADAL_ERROR_RETRY);
        assert_null(none.title);
        assert_ok(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, &error), error);
    }
}

static void post_status(const PullRef *pull, const char *name, StatusState state, gint64 iteration,
                        bool may_be_there, PostResult *result)
{
    Status status = { .name = (char *)name,
                      .state = state,
                      .description = (char *)"2 to add, 0 to change",
                      .url = (char *)"https://hadal.example/runs/1",
                      .iteration = iteration };
    const StatusPost post = { .status = &status, .may_be_there = may_be_there };
    g_autoptr(GError) error = NULL;

    assert_ok(host_status_post(&(Ctx){ 0 }, host, pull, &post, result, &error), error);
}

TEST(a_status_is_set_for_the_head_under_the_name_that_atlantis_gives_it)
{
    static const struct {
        StatusState state;
        const char *name;
    } cases[] = { { STATUS_PENDING, "pending" },
                  { STATUS_SUCCEEDED, "succeeded" },
                  { STATUS_FAILED, "failed" } };
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);

    g_free(world->push(pull.number));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(PostResult) result = { 0 };

        post_status(&pull, "atlantis/plan", cases[i].state, 2, false, &result);
        assert_non_null(result.reference);

        json_auto_t *statuses = world->statuses(pull.number);
        const json_t *last = json_array_get(statuses, i);
        assert_int_equal(json_array_size(statuses), i + 1);
        assert_string_equal(js_get(last, "name", ""), "Atlantis Bot/atlantis/plan");
        assert_string_equal(js_get(last, "state", ""), cases[i].name);
        assert_string_equal(js_get(last, "description", ""), "2 to add, 0 to change");
        assert_string_equal(js_get(last, "url", ""), "https://hadal.example/runs/1");
        assert_int_equal(json_integer_value(json_object_get(last, "iteration")), 2);
    }
}

TEST(a_status_that_was_overtaken_is_set_again)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(PostResult) first = { 0 }, second = { 0 }, again = { 0 }, found = { 0 };

    post_status(&pull, "atlantis/plan", STATUS_PENDING, 1, false, &first);
    post_status(&pull, "atlantis/plan", STATUS_FAILED, 1, false, &second);
    post_status(&pull, "atlantis/plan", STATUS_PENDING, 1, true, &again);
    post_status(&pull, "atlantis/plan", STATUS_PENDING, 1, true, &found);

    json_auto_t *statuses = world->statuses(pull.number);
    assert_int_equal(json_array_size(statuses), 3);
    assert_false(again.was_found);
    assert_true(found.was_found);
    assert_string_equal(again.reference, found.reference);
}

TEST(what_is_not_there_is_not_found)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autoptr(GError) read = NULL, comment = NULL, answer = NULL;
    g_auto(PullFacts) facts = { 0 };
    g_auto(PostResult) result = { 0 };
    const CommentPost to_nobody = { .key = "k", .markdown = "x", .thread = "999999/1" };

    assert_fails(host_comment_post(&(Ctx){ 0 }, host, &pull, &to_nobody, &result, &answer), answer,
                 HADAL_ERROR_NOT_FOUND);
    pull.number = 999999;
    assert_fails(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, &read), read,
                 HADAL_ERROR_NOT_FOUND);
    assert_fails(try_comment(host, &pull, false, &result, &comment), comment,
                 HADAL_ERROR_NOT_FOUND);
    g_free(world->complaints());
}

TEST(a_wrong_token_may_be_replaced_and_is_not_told_to_anybody)
{
    g_autoptr(Host) stranger = open_host("wr0ng-t0ken", PATIENT_MS);
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    assert_fails(host_pull_read(&(Ctx){ 0 }, stranger, &pull, &facts, &error), error,
                 HADAL_ERROR_RETRY);
    assert_non_null(strstr(error->message, "credential was refused"));
    assert_null(strstr(error->message, "wr0ng"));
    g_free(world->complaints());
}

/* Status of what git asks first. */
static int ask_like_git(const char *clone_url, const GitAuth *auth)
{
    g_autofree char *url = g_strdup_printf("%s/info/refs?service=git-upload-pack", clone_url);
    g_autofree char *line =
        auth ? g_strdup_printf("Authorization: %s", auth->authorization) : g_strdup("Accept: */*");
    const char *const headers[] = { line, NULL };
    const HttpCall call = { .method = "GET",
                            .url = url,
                            .headers = headers,
                            .timeout_ms = PATIENT_MS,
                            .max_reply = 1 << 20 };
    g_autoptr(HttpClient) http = http_client_new();
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(http_client_call(&(Ctx){ 0 }, http, &call, &reply, &error), error);
    return reply.status;
}

TEST(git_reaches_both_repositories_with_what_the_host_gives_it)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_FORK);
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };
    g_auto(GitAuth) auth = { 0 };

    assert_true(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, NULL));
    assert_ok(host_git_auth(&(Ctx){ 0 }, host, &pull.repo, NULL, &auth, &error), error);
    assert_int_equal(ask_like_git(facts.base_clone_url, NULL), 401);
    assert_int_equal(ask_like_git(facts.base_clone_url, &auth), 200);
    assert_int_equal(ask_like_git(facts.head_clone_url, &auth), 200);
}

TEST(what_git_clones_lies_below_the_urls_for_git)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(PullFacts) facts = { 0 };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) urls = host_git_urls(host, &pull, &error);
    bool is_below = false;

    assert_ok(urls, error);
    assert_true(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, NULL));
    for (gsize i = 0; urls[i]; i++) {
        assert_false(g_str_has_suffix(urls[i], "/"));
        is_below = is_below || (g_str_has_prefix(facts.base_clone_url, urls[i]) &&
                                facts.base_clone_url[strlen(urls[i])] == '/');
    }
    assert_true(is_below);
}

TEST(a_cancelled_command_ends_its_calls)
{
    const atomic_bool cancel = true;
    const Ctx ctx = { .cancel = &cancel };
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autoptr(GError) error = NULL;
    g_auto(PullFacts) facts = { 0 };

    assert_fails(host_pull_read(&ctx, host, &pull, &facts, &error), error, HADAL_ERROR_CANCELLED);
}

TEST(deliveries_with_a_wrong_password_are_not_believed)
{
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/events", http_server_port(server));
    g_autofree char *basic = http_basic_auth(HOOK_USER, "wr0ng");
    g_autofree char *line = g_strdup_printf("Authorization: %s", basic);
    const char *const headers[] = { "Content-Type: application/json", line, NULL };
    const HttpCall call = { .method = "POST",
                            .url = url,
                            .headers = headers,
                            .body = "{}",
                            .body_length = 2,
                            .timeout_ms = PATIENT_MS,
                            .max_reply = 1 << 20 };
    g_autoptr(HttpClient) http = http_client_new();
    g_auto(HttpReply) reply = { 0 };

    assert_true(http_client_call(&(Ctx){ 0 }, http, &call, &reply, NULL));
    assert_int_equal(reply.status, 400);
}

/* ------------------------------------------------------- reviews and completing */

static const ReviewSpec review_spec = { .own_status_name = "atlantis" };

/* After the host has tried the merge: what it says of votes and of what stands against merging. */
static PullReview review_of(const PullRef *pull)
{
    g_auto(PullFacts) facts = { 0 };
    PullReview review = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(host_pull_read(&(Ctx){ 0 }, host, pull, &facts, &error), error);
    assert_ok(host_review_read(&(Ctx){ 0 }, host, pull, &facts, &review_spec, &review, &error),
              error);
    return review;
}

TEST(somebody_else_has_to_approve_and_one_no_is_a_no)
{
    static const struct {
        bool by_author;
        WorldVote vote;
        bool is_approved;
    } steps[] = {
        { true, WORLD_APPROVES, false },  { false, WORLD_APPROVES, true },
        { false, WORLD_REJECTS, false },  { false, WORLD_APPROVES_PARTLY, true },
        { false, WORLD_ABSTAINS, false },
    };
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        world->vote(pull.number, steps[i].by_author, steps[i].vote);
        g_auto(PullReview) review = review_of(&pull);

        assert_int_equal(review.is_approved, steps[i].is_approved);
        assert_int_equal(review.not_approved_why == NULL, steps[i].is_approved);
        if (steps[i].vote == WORLD_REJECTS)
            assert_non_null(strstr(review.not_approved_why, world->commenter_name));
    }
}

TEST(what_stands_against_completing_is_named)
{
    g_auto(PullRef) plain = pull_with_event(WORLD_PLAIN), draft = pull_with_event(WORLD_DRAFT);
    g_auto(PullReview) free = review_of(&plain), drafted = review_of(&draft);

    assert_true(free.is_mergeable);
    assert_false(drafted.is_mergeable);
    assert_non_null(strstr(drafted.not_mergeable_why->pdata[0], "draft"));

    world->policy(WORLD_APPROVAL);
    g_auto(PullReview) held = review_of(&plain);
    assert_int_equal(held.not_mergeable_why->len, 1);
    assert_non_null(strstr(held.not_mergeable_why->pdata[0], world->policy_name));
    world->vote(plain.number, false, WORLD_APPROVES);
    g_auto(PullReview) let = review_of(&plain);
    assert_true(let.is_mergeable);
    world->policy(WORLD_NO_POLICY);
}

TEST(a_status_of_ours_does_not_stand_against_completing)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);

    world->policy(WORLD_OWN_STATUS);
    g_auto(PullReview) review = review_of(&pull);
    assert_true(review.is_mergeable);
    world->policy(WORLD_NO_POLICY);
}

TEST(labels_are_told)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(GStrv) none = NULL, labels = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(host_labels_read(&(Ctx){ 0 }, host, &pull, &none, &error), error);
    assert_int_equal(g_strv_length(none), 0);
    world->label(pull.number, "no plan: é");
    assert_ok(host_labels_read(&(Ctx){ 0 }, host, &pull, &labels, &error), error);
    assert_int_equal(g_strv_length(labels), 1);
    assert_string_equal(labels[0], "no plan: é");
}

TEST(groups_are_told_with_whole_and_with_bare_name)
{
    const Actor commenter = { .id = (char *)world->commenter_id };
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *whole = world->team("Plattform é");
    g_auto(GStrv) teams = NULL;
    g_autoptr(GError) error = NULL;

    assert_ok(host_teams_read(&(Ctx){ 0 }, host, &pull, &commenter, &teams, &error), error);
    assert_true(g_strv_contains((const char *const *)teams, whole));
    assert_true(g_strv_contains((const char *const *)teams, "Plattform é"));
}

TEST(approvals_are_taken_back_and_rejections_stay)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autoptr(GError) error = NULL;

    world->vote(pull.number, false, WORLD_APPROVES);
    assert_ok(host_approvals_discard(&(Ctx){ 0 }, host, &pull, &error), error);
    g_auto(PullReview) without = review_of(&pull);
    assert_false(without.is_approved);

    world->vote(pull.number, false, WORLD_REJECTS);
    assert_ok(host_approvals_discard(&(Ctx){ 0 }, host, &pull, &error), error);
    g_auto(PullReview) rejected = review_of(&pull);
    assert_non_null(strstr(rejected.not_approved_why, world->commenter_name));
}

static MergeResult merge(const PullRef *pull, const MergeRequest *request)
{
    MergeResult result = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(host_merge(&(Ctx){ 0 }, host, pull, request, &result, &error), error);
    return result;
}

TEST(a_pull_request_is_completed_once_whoever_asks_again)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *head = world->head(pull.number);
    const MergeRequest first = { .head = head, .deletes_source_branch = true };
    const MergeRequest again = { .head = head, .deletes_source_branch = true, .was_asked = true };
    g_auto(PullReview) review = review_of(&pull);
    g_auto(MergeResult) begun = merge(&pull, &first);
    g_auto(Event) event = wait_for(EVENT_PULL_CLOSED, pull.number);
    g_auto(MergeResult) done = merge(&pull, &again), still = merge(&pull, &first);
    g_auto(PullFacts) facts = { 0 };

    assert_true(review.is_mergeable);
    assert_true(begun.state == MERGE_WAITING || begun.state == MERGE_DONE);
    assert_int_equal(event.pull.number, pull.number);
    assert_int_equal(done.state, MERGE_DONE);
    assert_int_equal(still.state, MERGE_DONE);
    assert_true(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, NULL));
    assert_int_equal(facts.state, PULL_COMPLETED);
}

TEST(another_head_is_never_completed)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *head = world->head(pull.number);
    const MergeRequest request = { .head = head };

    g_free(world->push(pull.number));
    g_auto(PullReview) review = review_of(&pull);
    g_auto(MergeResult) result = merge(&pull, &request);
    assert_int_equal(result.state, MERGE_REFUSED);
    assert_non_null(strstr(result.reason, "pushed"));
    assert_true(review.is_mergeable);
}

TEST(a_completion_that_a_policy_forbids_is_refused_with_its_name)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *head = world->head(pull.number);
    const MergeRequest request = { .head = head };

    world->policy(WORLD_APPROVAL);
    g_auto(PullReview) review = review_of(&pull);
    g_auto(MergeResult) result = merge(&pull, &request);
    assert_false(review.is_mergeable);
    assert_int_equal(result.state, MERGE_REFUSED);
    assert_non_null(strstr(result.reason, world->policy_name));
    world->policy(WORLD_NO_POLICY);
    g_free(world->complaints());
}

TEST(the_method_is_what_the_branch_allows)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *head = world->head(pull.number);
    const MergeRequest forbidden = { .head = head, .method = "rebase" }, any = { .head = head };

    world->policy(WORLD_SQUASH_ONLY);
    g_auto(PullReview) review = review_of(&pull);
    g_auto(MergeResult) refused = merge(&pull, &forbidden);
    assert_true(review.is_mergeable);
    assert_int_equal(refused.state, MERGE_REFUSED);
    assert_non_null(strstr(refused.reason, "`squash`"));

    g_auto(MergeResult) begun = merge(&pull, &any);
    assert_int_equal(begun.state, MERGE_WAITING);
    g_auto(Event) event = wait_for(EVENT_PULL_CLOSED, pull.number);
    assert_int_equal(event.pull.number, pull.number);
    world->policy(WORLD_NO_POLICY);
}

/* NULL when it is not in the list. */
static const Event *in_list(const PullList *list, gint64 number)
{
    for (guint i = 0; i < list->events->len; i++)
        if (((const Event *)list->events->pdata[i])->pull.number == number)
            return list->events->pdata[i];
    return NULL;
}

TEST(what_is_open_is_listed_as_an_event_would_tell_it)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_DRAFT);
    g_autofree char *area = host_area_of_repo(host, &pull.repo);
    g_autofree char *head = world->head(pull.number);
    g_auto(PullList) open = { 0 }, later = { 0 };
    g_autoptr(GError) error = NULL;
    const Event *event;

    assert_ok(host_pulls_list(&(Ctx){ 0 }, host, area, &open, &error), error);
    event = in_list(&open, pull.number);
    assert_true(open.is_whole);
    assert_non_null(event);
    assert_int_equal(event->kind, EVENT_PULL_UPDATED);
    assert_string_equal(event->pull.repo.host_id, pull.repo.host_id);
    assert_string_equal(event->pull.repo.locator, pull.repo.locator);
    assert_string_equal(event->pull.repo.allow_name, pull.repo.allow_name);
    assert_string_equal(event->pull.url, pull.url);
    assert_string_equal(event->head_commit, head);
    assert_string_equal(event->base_branch, "main");
    assert_true(event->is_draft);
    assert_true(event->made_at > 0);

    world->abandon(pull.number);
    assert_ok(host_pulls_list(&(Ctx){ 0 }, host, area, &later, &error), error);
    assert_null(in_list(&later, pull.number));
}

TEST(a_pattern_names_an_area_when_it_says_which)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_autofree char *whole = g_strdup(pull.repo.allow_name);
    g_autofree char *any = g_strconcat("example.com/", pull.repo.full_name, NULL);
    g_autofree char *elsewhere = host_area_of_pattern(host, any);
    g_autofree char *open = host_area_of_pattern(host, "*");
    g_autofree char *pattern = NULL, *area = NULL;
    g_auto(PullList) list = { 0 };
    g_autoptr(GError) error = NULL;

    *strrchr(whole, '/') = '\0';
    pattern = g_strconcat(whole, "/*", NULL);
    area = host_area_of_pattern(host, pattern);
    assert_null(elsewhere);
    assert_null(open);
    assert_non_null(area);
    assert_ok(host_pulls_list(&(Ctx){ 0 }, host, area, &list, &error), error);
    assert_non_null(in_list(&list, pull.number));
}

TEST(comments_of_people_are_listed_as_their_events_told_them)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    const CommentPost ours = { .key = "command-9", .markdown = "ours" };
    g_autofree char *reference = world->say(pull.number, "atlantis plan");
    g_auto(Event) told = wait_for(EVENT_COMMENT, pull.number);
    g_auto(PostResult) posted = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = NULL, later = NULL;
    const Event *event;

    assert_true(host_comment_post(&(Ctx){ 0 }, host, &pull, &ours, &posted, NULL));
    list = host_comments_list(&(Ctx){ 0 }, host, &pull, told.made_at, &error);
    assert_ok(list, error);
    later = host_comments_list(&(Ctx){ 0 }, host, &pull, told.made_at + 1, &error);
    assert_ok(later, error);

    assert_int_equal(list->len, 1);
    assert_int_equal(later->len, 0);
    event = list->pdata[0];
    assert_int_equal(event->kind, EVENT_COMMENT);
    assert_null(event->delivery_key);
    assert_string_equal(event->comment, "atlantis plan");
    assert_string_equal(event->comment_ref, reference);
    assert_string_equal(event->actor.id, world->commenter_id);
    assert_string_equal(event->actor.name, world->commenter_name);
    assert_int_equal(event->made_at, told.made_at);
}

static bool tend(const PullRef *pull, const char *url, HooksReport *report, GError **error)
{
    g_autofree char *area = host_area_of_repo(host, &pull->repo);
    const char *const areas[] = { area, area, NULL };
    const HooksSpec spec = { .areas = areas, .url = url, .reads_all_history = true };

    return host_hooks_tend(&(Ctx){ 0 }, host, &spec, report, error);
}

TEST(subscriptions_that_the_host_switched_off_are_enabled_again_and_send)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(HooksReport) first = { 0 }, second = { 0 };
    g_autoptr(GError) error = NULL;

    world->switch_hooks_off();
    assert_ok(tend(&pull, address, &first, &error), error);
    assert_ok(tend(&pull, address, &second, &error), error);

    assert_true(first.n_ours > 0);
    assert_int_equal(first.mended->len, first.n_ours);
    assert_int_equal(first.troubles->len, 0);
    assert_int_equal(second.n_ours, first.n_ours);
    assert_int_equal(second.mended->len, 0);
    g_autofree char *head = world->push(pull.number);
    g_auto(Event) event = wait_for(EVENT_PULL_UPDATED, pull.number);
    assert_string_equal(event.head_commit, head);
}

TEST(subscriptions_of_others_are_left_alone)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(HooksReport) report = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(tend(&pull, "https://example.com/events", &report, &error), error);
    assert_int_equal(report.n_ours, 0);
    assert_int_equal(report.mended->len + report.troubles->len + report.missed->len, 0);
}

TEST(what_hides_the_subscriptions_is_a_trouble_and_no_failure)
{
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);
    g_auto(HooksReport) report = { 0 };
    g_autoptr(GError) error = NULL;

    world->fault(WORLD_BROKEN);
    assert_ok(tend(&pull, address, &report, &error), error);
    assert_int_equal(report.troubles->len, 1);
}

typedef bool (*Operation)(const PullRef *pull, GError **error);

static bool try_review(const PullRef *pull, GError **error)
{
    const PullFacts facts = { .author = { .id = (char *)world->author_id } };
    g_auto(PullReview) review = { 0 };

    return host_review_read(&(Ctx){ 0 }, host, pull, &facts, &review_spec, &review, error);
}

static bool try_labels(const PullRef *pull, GError **error)
{
    g_auto(GStrv) labels = NULL;

    return host_labels_read(&(Ctx){ 0 }, host, pull, &labels, error);
}

static bool try_teams(const PullRef *pull, GError **error)
{
    const Actor author = { .id = (char *)world->author_id };
    g_auto(GStrv) teams = NULL;

    return host_teams_read(&(Ctx){ 0 }, host, pull, &author, &teams, error);
}

static bool try_discard(const PullRef *pull, GError **error)
{
    return host_approvals_discard(&(Ctx){ 0 }, host, pull, error);
}

static bool try_merge(const PullRef *pull, GError **error)
{
    g_autofree char *head = world->head(pull->number);
    const MergeRequest request = { .head = head };
    g_auto(MergeResult) result = { 0 };

    return host_merge(&(Ctx){ 0 }, host, pull, &request, &result, error);
}

static bool try_list(const PullRef *pull, GError **error)
{
    g_autofree char *area = host_area_of_repo(host, &pull->repo);
    g_auto(PullList) list = { 0 };

    return host_pulls_list(&(Ctx){ 0 }, host, area, &list, error);
}

static bool try_comments(const PullRef *pull, GError **error)
{
    g_autoptr(GPtrArray) list = host_comments_list(&(Ctx){ 0 }, host, pull, 0, error);

    return list != NULL;
}

TEST(what_fails_for_a_while_may_be_tried_again)
{
    static const Operation operations[] = { try_review, try_labels, try_teams,   try_discard,
                                            try_merge,  try_list,   try_comments };
    static const WorldFault faults[] = { WORLD_BROKEN, WORLD_THROTTLED, WORLD_REFUSED };
    g_auto(PullRef) pull = pull_with_event(WORLD_PLAIN);

    for (guint i = 0; i < G_N_ELEMENTS(operations); i++)
        for (guint j = 0; j < G_N_ELEMENTS(faults); j++) {
            g_autoptr(GError) error = NULL;

            world->fault(faults[j]);
            assert_fails(operations[i](&pull, &error), error, HADAL_ERROR_RETRY);
            assert_int_equal(host_retry_after(host),
                             faults[j] == WORLD_THROTTLED ? WORLD_WAIT_MS : 0);
        }
}

/* Last, when all calls have been made. */
TEST(every_call_is_in_the_published_description_where_that_is_at_hand)
{
    g_autofree char *unpublished = NULL;

    if (!world->check_published(&unpublished)) {
        print_message("no published description at hand (HADAL_CONTRACT_DIR is not set)\n");
        skip();
    }
    if (unpublished)
        fail_msg("not published: %s", unpublished);
}

#define CASE(name) cmocka_unit_test_teardown(name, check_complaints)

static const struct CMUnitTest cases[] = {
    CASE(every_operation_is_there),
    CASE(an_event_leads_to_its_pull_request),
    CASE(a_push_makes_a_new_head),
    CASE(a_draft_is_told),
    CASE(a_fork_is_told_with_where_it_is_I12),
    CASE(closing_is_told),
    CASE(a_comment_is_told_with_who_wrote_it_and_can_be_answered_I11),
    CASE(a_comment_is_posted_as_written_and_its_own_event_ignored),
    CASE(a_comment_is_replaced_and_its_thread_closed),
    CASE(a_comment_gets_one_sign_however_often_it_is_asked_for),
    CASE(a_comment_may_be_as_long_as_the_limit_says),
    CASE(what_failed_is_posted_once_in_the_end_I7),
    CASE(looking_for_what_was_posted_may_fail_too),
    CASE(reading_fails_in_a_way_that_may_pass),
    CASE(a_status_is_set_for_the_head_under_the_name_that_atlantis_gives_it),
    CASE(a_status_that_was_overtaken_is_set_again),
    CASE(what_is_not_there_is_not_found),
    CASE(a_wrong_token_may_be_replaced_and_is_not_told_to_anybody),
    CASE(git_reaches_both_repositories_with_what_the_host_gives_it),
    CASE(what_git_clones_lies_below_the_urls_for_git),
    CASE(a_cancelled_command_ends_its_calls),
    CASE(deliveries_with_a_wrong_password_are_not_believed),
    CASE(somebody_else_has_to_approve_and_one_no_is_a_no),
    CASE(what_stands_against_completing_is_named),
    CASE(a_status_of_ours_does_not_stand_against_completing),
    CASE(labels_are_told),
    CASE(groups_are_told_with_whole_and_with_bare_name),
    CASE(approvals_are_taken_back_and_rejections_stay),
    CASE(a_pull_request_is_completed_once_whoever_asks_again),
    CASE(another_head_is_never_completed),
    CASE(a_completion_that_a_policy_forbids_is_refused_with_its_name),
    CASE(the_method_is_what_the_branch_allows),
    CASE(what_is_open_is_listed_as_an_event_would_tell_it),
    CASE(a_pattern_names_an_area_when_it_says_which),
    CASE(comments_of_people_are_listed_as_their_events_told_them),
    CASE(subscriptions_that_the_host_switched_off_are_enabled_again_and_send),
    CASE(subscriptions_of_others_are_left_alone),
    CASE(what_hides_the_subscriptions_is_a_trouble_and_no_failure),
    CASE(what_fails_for_a_while_may_be_tried_again),
    CASE(every_call_is_in_the_published_description_where_that_is_at_hand),
};

static const WorldOps *world_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(worlds); i++)
        if (g_str_equal(worlds[i]->host, name))
            return worlds[i];
    return NULL;
}

static int run(const char *name)
{
    int failed;

    world = world_of(name);
    if (!world || !world->open()) {
        print_error("nothing to test %s against\n", name);
        return 1;
    }
    failed = cmocka_run_group_tests_name(name, cases, set_up, tear_down);
    world->close();
    return failed;
}

int main(void)
{
    int failed = 0;

    json_set_alloc_funcs(g_malloc, g_free);
    for (const char *const *name = host_names(); *name; name++)
        failed += run(*name);
    return failed ? 1 : 0;
}
