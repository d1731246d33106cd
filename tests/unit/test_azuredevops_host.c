// SPDX-License-Identifier: Apache-2.0
#include "host/host.h"

#include "test.h"

#include "fake_ctx.h"
#include "fake_http.h"

/* Stands in for the requests of sys/http_server.c. */
struct _HttpRequest {
    const char *method, *type;
    const char *user, *password; /* NULL: no or malformed Authorization */
};

const char *http_request_method(const HttpRequest *request)
{
    return request->method;
}

const char *http_request_header(const HttpRequest *request, const char *name)
{
    return g_ascii_strcasecmp(name, "content-type") == 0 ? request->type : NULL;
}

bool http_request_basic_auth(const HttpRequest *request, char **user, char **password)
{
    *user = g_strdup(request->user);
    *password = g_strdup(request->password);
    return request->user && request->password;
}

static const HostSpec spec = {
    .credential.token = "s3cr3t-t0ken\n",
    .webhook_user = "hook",
    .webhook_password = "hook-s3cr3t",
    .base_url = "https://dev.azure.com",
    .status_genre = "Atlantis Bot",
};

static const PullRef pull = {
    .repo = { .locator = (char *)"fabrikam/068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2/"
                                 "98f0ce59-a912-43d5-96d2-bc0942a03f7b",
              .full_name = (char *)"fabrikam/One/infra" },
    .number = 7,
};

static Host *open_with(const HostSpec *with)
{
    g_autoptr(GError) error = NULL;
    Host *host = host_open("azuredevops", with, &error);

    assert_ok(host, error);
    return host;
}

TEST(a_host_that_does_not_exist_is_refused)
{
    g_autoptr(GError) error = NULL;

    assert_fails(host_open("nowhere", &spec, &error), error, HADAL_ERROR_INVALID);
    assert_string_equal(error->message, "no host is called \"nowhere\"");
}

TEST(a_base_url_that_cannot_be_one_is_refused_by_name)
{
    static const char *const urls[] = {
        NULL,
        "",
        "dev.azure.com",
        "ftp://dev.azure.com",
        "https://",
        "https:///tfs",
        "https://user:password@dev.azure.com",
        "https://dev.azure.com?x=1",
        "https://dev.azure.com#x",
        "https://dev.azure.com/../x",
        "https://a.b.visualstudio.com",
    };

    for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
        HostSpec other = spec;
        g_autoptr(GError) error = NULL;

        other.base_url = urls[i];
        assert_fails(host_open("azuredevops", &other, &error), error, HADAL_ERROR_INVALID);
        assert_true(g_str_has_prefix(error->message, "azuredevops: the base URL"));
        assert_null(strstr(error->message, "password"));
    }
}

TEST(webhooks_need_the_configured_user_and_password)
{
    static const struct {
        HttpRequest request;
        const char *why;
    } cases[] = {
        { { .user = "hook", .password = "hook-s3cr3t" }, NULL },
        { { .user = "hook", .password = "Hook-s3cr3t" }, "user or password is wrong" },
        { { .user = "hook", .password = "" }, "user or password is wrong" },
        { { .user = "hook", .password = "hook-s3cr3t-s3cr3t" }, "user or password is wrong" },
        { { .user = "Hook", .password = "hook-s3cr3t" }, "user or password is wrong" },
        { { .user = "", .password = "hook-s3cr3t" }, "user or password is wrong" },
        { { 0 }, "user and password are missing" },
    };
    g_autoptr(Host) host = open_with(&spec);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        bool is_believed = host_authenticate(host, &cases[i].request, &error);

        assert_int_equal(is_believed, cases[i].why == NULL);
        if (cases[i].why) {
            assert_int_equal(error->code, HADAL_ERROR_DENIED);
            assert_non_null(strstr(error->message, cases[i].why));
            assert_null(strstr(error->message, "s3cr3t"));
        }
    }
}

TEST(webhooks_without_a_password_are_refused_unless_that_was_asked_for)
{
    static const char *const passwords[] = { NULL, "" };
    const HttpRequest request = { .user = "hook", .password = "" };

    for (guint i = 0; i < G_N_ELEMENTS(passwords); i++) {
        HostSpec open = spec;
        g_autoptr(GError) error = NULL;

        open.webhook_password = passwords[i];
        g_autoptr(Host) closed_host = open_with(&open);
        open.allows_unauthenticated = true;
        g_autoptr(Host) open_host = open_with(&open);

        assert_fails(host_authenticate(closed_host, &request, &error), error, HADAL_ERROR_DENIED);
        assert_true(host_authenticate(open_host, &request, NULL));
    }
}

TEST(allowing_unauthenticated_webhooks_does_not_switch_off_a_password)
{
    HostSpec open = spec;
    const HttpRequest request = { .user = "hook", .password = "wrong" };

    open.allows_unauthenticated = true;
    g_autoptr(Host) host = open_with(&open);
    assert_false(host_authenticate(host, &request, NULL));
}

TEST(a_delivery_is_claimed_by_method_and_type_alone)
{
    static const struct {
        HttpRequest request;
        bool want;
    } cases[] = {
        { { .method = "POST", .type = "application/json" }, true },
        { { .method = "POST", .type = "Application/JSON ; charset=utf-8" }, true },
        { { .method = "POST", .type = "application/jsonx" }, false },
        { { .method = "POST", .type = "text/plain" }, false },
        { { .method = "POST", .type = NULL }, false },
        { { .method = "GET", .type = "application/json" }, false },
    };
    g_autoptr(Host) host = open_with(&spec);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(host_claims(host, &cases[i].request), cases[i].want);
}

TEST(git_gets_the_token_as_a_header_and_without_the_line_break_of_its_file)
{
    HostSpec bare = spec;
    g_autoptr(GError) error = NULL;
    g_auto(GitAuth) auth = { 0 }, none = { 0 };

    bare.credential.token = NULL;
    g_autoptr(Host) host = open_with(&spec);
    g_autoptr(Host) anonymous = open_with(&bare);
    assert_ok(host_git_auth(&(Ctx){ 0 }, host, &pull.repo, NULL, &auth, &error), error);
    assert_ok(host_git_auth(&(Ctx){ 0 }, anonymous, &pull.repo, NULL, &none, &error), error);

    assert_string_equal(auth.authorization, "Basic of :s3cr3t-t0ken");
    assert_null(none.authorization);
}

#define IDS "11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000"

/* git may be given the credential below these, and nowhere else. */
static const struct {
    const char *base_url, *locator, *urls; /* urls: joined by blanks */
} git_places[] = {
    { "https://dev.azure.com", "fabrikam/" IDS,
      "https://dev.azure.com/fabrikam https://fabrikam.visualstudio.com" },
    { "https://dev.azure.com/fabrikam", IDS,
      "https://dev.azure.com/fabrikam https://fabrikam.visualstudio.com" },
    { "https://fabrikam.visualstudio.com", IDS,
      "https://dev.azure.com/fabrikam https://fabrikam.visualstudio.com" },
    { "https://dev.azure.com", "a.b/" IDS, "https://dev.azure.com/a.b" },
    { "https://tfs.example.com:8443/tfs", "My%20Collection/" IDS,
      "https://tfs.example.com:8443/tfs/My%20Collection" },
    { "https://tfs.example.com/tfs/Main", IDS, "https://tfs.example.com/tfs/Main" },
};

TEST(git_urls_are_those_of_the_organisation_in_all_styles)
{
    for (guint i = 0; i < G_N_ELEMENTS(git_places); i++) {
        HostSpec one = spec;
        g_autoptr(GError) error = NULL;
        const PullRef asked = { .repo = { .full_name = (char *)"a/b/c",
                                          .locator = (char *)git_places[i].locator } };

        one.base_url = git_places[i].base_url;
        g_autoptr(Host) host = open_with(&one);
        g_auto(GStrv) urls = host_git_urls(host, &asked, &error);
        assert_ok(urls, error);
        g_autofree char *joined = g_strjoinv(" ", urls);
        assert_string_equal(joined, git_places[i].urls);
    }
}

TEST(what_failed_is_named_in_front_of_why)
{
    g_autoptr(Host) host = open_with(&spec);
    g_autoptr(GError) read = NULL, comment = NULL, status = NULL, event = NULL;
    g_auto(PullFacts) facts = { 0 };
    g_auto(PostResult) result = { 0 };
    g_auto(Event) parsed = { 0 };
    Status of_plan = { .name = (char *)"atlantis/plan", .iteration = 1 };

    fake_answer(503, "");
    fake_answer_with(429, "Retry-After: 7", "");
    fake_answer(403, "");
    assert_false(host_pull_read(&(Ctx){ 0 }, host, &pull, &facts, &read));
    assert_int_equal(host_retry_after(host), 0);
    assert_false(host_comment_post(&(Ctx){ 0 }, host, &pull,
                                   &(CommentPost){ .key = "k", .markdown = "x" }, &result,
                                   &comment));
    assert_int_equal(host_retry_after(host), 7000);
    assert_false(host_status_post(&(Ctx){ 0 }, host, &pull, &(StatusPost){ .status = &of_plan },
                                  &result, &status));
    assert_int_equal(host_retry_after(host), 0);
    assert_false(host_event_parse(host, "{}", 2, &parsed, &event));

    assert_string_equal(read->message, "azuredevops: read fabrikam/One/infra!7: get pull request: "
                                       "status 503: no reason given");
    assert_string_equal(comment->message,
                        "azuredevops: comment on fabrikam/One/infra!7: post thread: "
                        "status 429: no reason given");
    assert_string_equal(status->message,
                        "azuredevops: set status of fabrikam/One/infra!7: post status: "
                        "status 403: no reason given");
    assert_string_equal(event->message, "azuredevops: event: there is no eventType in it");
}

TEST(posts_that_cannot_be_right_are_not_sent)
{
    g_autoptr(Host) host = open_with(&spec);
    g_autofree char *long_text = g_strnfill(host_comment_limit(host) + 1, 'x');
    g_autofree char *long_key = g_strnfill(129, 'k');
    const CommentPost comments[] = {
        { .key = "k" },
        { .key = "k", .markdown = "" },
        { .markdown = "x" },
        { .key = "", .markdown = "x" },
        { .key = "k", .markdown = long_text },
        { .key = long_key, .markdown = "x" },
    };
    Status statuses[] = {
        { .name = NULL },
        { .name = (char *)"" },
        { .name = (char *)"x", .url = (char *)"javascript:alert(1)" },
        { .name = (char *)"x", .url = (char *)"" },
    };
    g_auto(PostResult) result = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS(comments); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(host_comment_post(&(Ctx){ 0 }, host, &pull, &comments[i], &result, &error),
                     error, HADAL_ERROR_INVALID);
    }
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        const StatusPost post = { .status = &statuses[i] };
        g_autoptr(GError) error = NULL;

        assert_fails(host_status_post(&(Ctx){ 0 }, host, &pull, &post, &result, &error), error,
                     HADAL_ERROR_INVALID);
    }
    assert_int_equal(fake.n_calls, 0);
}

TEST(the_longest_comment_with_the_longest_key_is_one_the_service_takes)
{
    g_autoptr(Host) host = open_with(&spec);
    g_autofree char *text = g_strnfill(host_comment_limit(host), 'x');
    g_autofree char *key = g_strnfill(128, '-');
    const CommentPost post = { .key = key, .markdown = text };
    g_autoptr(GError) error = NULL;
    g_auto(PostResult) result = { 0 };

    fake_answer(200, "{\"id\":1,\"comments\":[{\"id\":1}]}");
    assert_ok(host_comment_post(&(Ctx){ 0 }, host, &pull, &post, &result, &error), error);
    assert_true(strlen(strstr(fake.bodies[0], "xxx")) <= 150000);
}

static int forget(void **fixture)
{
    (void)fixture;
    fake_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_that_does_not_exist_is_refused),
        cmocka_unit_test(a_base_url_that_cannot_be_one_is_refused_by_name),
        cmocka_unit_test(webhooks_need_the_configured_user_and_password),
        cmocka_unit_test(webhooks_without_a_password_are_refused_unless_that_was_asked_for),
        cmocka_unit_test(allowing_unauthenticated_webhooks_does_not_switch_off_a_password),
        cmocka_unit_test(a_delivery_is_claimed_by_method_and_type_alone),
        cmocka_unit_test(git_gets_the_token_as_a_header_and_without_the_line_break_of_its_file),
        cmocka_unit_test_teardown(git_urls_are_those_of_the_organisation_in_all_styles, forget),
        cmocka_unit_test_teardown(what_failed_is_named_in_front_of_why, forget),
        cmocka_unit_test_teardown(posts_that_cannot_be_right_are_not_sent, forget),
        cmocka_unit_test_teardown(the_longest_comment_with_the_longest_key_is_one_the_service_takes,
                                  forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
