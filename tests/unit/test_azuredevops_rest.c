// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/rest.h"

#include "base/redact.h"
#include "sys/js.h"
#include "test.h"

#include "fake_ctx.h"
#include "fake_http.h"

#define URL  "https://dev.azure.com/fabrikam/x"
#define TYPE "Content-Type: application/json; charset=utf-8; api-version=7.1"

#define TOO_NEW                                                                                \
    "{\"message\":\"The requested REST API version of 7.1 is out of range for this server.\"," \
    "\"typeKey\":\"VssVersionOutOfRangeException\"}"

static gint64 retry_after;

static Site *site;
static Keyring *keyring; /* the same for all tests */

static Rest *rest_with(Keyring *of)
{
    retry_after = 0;
    return rest_new(
        &(RestSpec){ .keyring = of, .timeout_ms = 1000, .retry_after_ms = &retry_after });
}

static Rest *rest_at_hand(void)
{
    return rest_with(keyring);
}

static bool get_of(Rest *rest, const char *url, RestReply *reply, GError **error)
{
    const RestCall call = { .what = "get it", .method = "GET", .url = url };

    return rest_call(&(Ctx){ 0 }, rest, &call, reply, error);
}

static bool get(Rest *rest, RestReply *reply, GError **error)
{
    return get_of(rest, URL, reply, error);
}

TEST(a_call_names_version_and_credential_and_forbids_sign_in_pages)
{
    g_autoptr(Rest) rest = rest_at_hand();
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) reply = { 0 };
    json_auto_t *body = json_object();
    const RestCall call = { .what = "post it", .method = "POST", .url = URL, .body = body };

    js_set(body, "content", "é\xff");
    fake_answer_with(200, TYPE, "{\"id\":7}");
    assert_ok(rest_call(&(Ctx){ 0 }, rest, &call, &reply, &error), error);

    assert_string_equal(fake.requests[0], "POST " URL "?api-version=7.1");
    assert_string_equal(fake.bodies[0], "{\"content\":\"é\xef\xbf\xbd\"}");
    assert_true(g_strv_contains((const char *const *)fake.headers,
                                "Authorization: Basic of :s3cr3t-t0ken"));
    assert_true(
        g_strv_contains((const char *const *)fake.headers, "X-TFS-FedAuthRedirect: Suppress"));
    assert_int_equal(json_integer_value(json_object_get(reply.json, "id")), 7);
    assert_null(reply.user_id);
}

TEST(an_older_server_is_asked_in_its_version_from_then_on)
{
    g_autoptr(Rest) rest = rest_at_hand();
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) first = { 0 }, second = { 0 };

    fake_answer(400, TOO_NEW);
    fake_answer(400, TOO_NEW);
    fake_answer(200, "{}");
    fake_answer(200, "{}");
    assert_ok(get(rest, &first, &error), error);
    assert_ok(get(rest, &second, &error), error);

    assert_string_equal(fake.requests[1], "GET " URL "?api-version=7.0");
    assert_string_equal(fake.requests[2], "GET " URL "?api-version=6.0");
    assert_string_equal(fake.requests[3], "GET " URL "?api-version=6.0");
}

TEST(what_an_older_server_has_as_a_preview_is_asked_for_as_one)
{
    static const char unmarked[] =
        "{\"message\":\"The requested version \\\"5.0\\\" of the resource is under preview.\","
        "\"typeKey\":\"VssInvalidPreviewVersionException\"}";
    g_autoptr(Rest) rest = rest_at_hand();
    g_autoptr(GError) error = NULL, why = NULL;
    g_auto(RestReply) first = { 0 }, second = { 0 }, third = { 0 };

    for (int i = 0; i < 3; i++)
        fake_answer(400, TOO_NEW);
    fake_answer(400, unmarked);
    fake_answer(200, "{}");
    fake_answer(200, "{}");
    assert_ok(get(rest, &first, &error), error);
    assert_ok(get(rest, &second, &error), error);
    assert_string_equal(fake.requests[3], "GET " URL "?api-version=5.0");
    assert_string_equal(fake.requests[4], "GET " URL "?api-version=5.0-preview");
    assert_string_equal(fake.requests[5], "GET " URL "?api-version=5.0");

    fake_answer(400, unmarked);
    fake_answer(400, unmarked);
    assert_fails(get(rest, &third, &why), why, HADAL_ERROR_INVALID);
}

TEST(a_server_that_is_too_old_is_given_up)
{
    g_autoptr(Rest) rest = rest_at_hand();
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) reply = { 0 };

    for (int i = 0; i < 4; i++)
        fake_answer(400, TOO_NEW);
    assert_fails(get(rest, &reply, &error), error, HADAL_ERROR_INVALID);
    assert_int_equal(fake.n_calls, 4);
    assert_non_null(strstr(error->message, "out of range"));
}

TEST(each_way_of_saying_no_has_its_meaning)
{
    static const struct {
        int status;
        const char *header, *body;
        HadalError code;
        const char *says;
    } cases[] = {
        { 203, "Content-Type: text/html; charset=utf-8", "<!DOCTYPE html>", HADAL_ERROR_RETRY,
          "get it: the credential was refused: status 203 with a sign-in page" },
        { 203, TYPE, "{}", HADAL_ERROR_RETRY, "sign-in page" },
        { 302, "Location: https://spsprod.example/_signin", "", HADAL_ERROR_RETRY,
          "refused: status 302 with a sign-in page" },
        { 200, "Content-Type: text/html", "<html>", HADAL_ERROR_RETRY,
          "refused: status 200 with a sign-in page" },
        { 200, "Content-Type: text/html", "{}", HADAL_ERROR_RETRY, "sign-in page" },
        { 200, "X-VSS-UserData: AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa:Anonymous", "{}",
          HADAL_ERROR_RETRY, "refused: status 200 as anybody would get it" },
        { 200, TYPE, "", HADAL_ERROR_RETRY, "status 200 without JSON" },
        { 200, TYPE, "{\"id\":", HADAL_ERROR_RETRY, "status 200 without JSON" },
        { 401, NULL, "", HADAL_ERROR_RETRY,
          "get it: the credential was refused: status 401: no reason given" },
        { 401, TYPE, "{\"message\":\"TF400813: not authorized\",\"typeKey\":\"Unauthorized\"}",
          HADAL_ERROR_RETRY, "refused: status 401: TF400813: not authorized (Unauthorized)" },
        { 400, "ActivityId: 5f1c", "{\"message\":\"too long\",\"typeKey\":\"InvalidArgument\"}",
          HADAL_ERROR_INVALID, "get it: status 400: too long (InvalidArgument, activity 5f1c)" },
        { 400, NULL,
          "{\"message\":\"TF401181: Der Pullrequest ist abgeschlossen.\",\"typeKey\":"
          "\"GitPullRequestNotEditableException\"}",
          HADAL_ERROR_CONFLICT, "status 400: TF401181: Der Pullrequest ist abgeschlossen." },
        { 403, NULL, "{\"message\":\"TF401027: You need 'PullRequestContribute'\"}",
          HADAL_ERROR_DENIED, "status 403: TF401027: You need 'PullRequestContribute'" },
        { 404, "X-TFS-ServiceError: The%20controller%20was%20not%20found", "no such route",
          HADAL_ERROR_NOT_FOUND, "status 404: The controller was not found" },
        { 404, "ActivityId: 5f1c", "", HADAL_ERROR_NOT_FOUND, "(activity 5f1c)" },
        { 409, NULL, "{\"message\":\"TF401192: stale\"}", HADAL_ERROR_CONFLICT, "TF401192" },
        { 413, NULL, "", HADAL_ERROR_INVALID, "status 413" },
        { 408, NULL, "", HADAL_ERROR_RETRY, "status 408" },
        { 429, NULL, "{\"message\":\"TF400733: blocked\"}", HADAL_ERROR_RETRY, "TF400733" },
        { 500, NULL, "<html>", HADAL_ERROR_RETRY, "status 500: no reason given" },
        { 503, "Content-Type: application/json", "\xef\xbb\xbf{\"message\":\"TF24668: stopped\"}",
          HADAL_ERROR_RETRY, "status 503: TF24668: stopped" },
        { 410, NULL, "", HADAL_ERROR_FAILED, "status 410" },
        { 100, NULL, "", HADAL_ERROR_FAILED, "status 100" },
        { 0, NULL, NULL, HADAL_ERROR_RETRY, "get it: connection refused" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rest) rest = rest_at_hand();
        g_autoptr(GError) error = NULL;
        g_auto(RestReply) reply = { 0 };

        fake_reset();
        fake_answer_with(cases[i].status, cases[i].header, cases[i].body);
        assert_fails(get(rest, &reply, &error), error, cases[i].code);
        if (!strstr(error->message, cases[i].says))
            fail_msg("%d: %s", cases[i].status, error->message);
        assert_null(reply.json);
        assert_int_equal(fake.n_calls, 1);
    }
}

TEST(an_answer_after_a_byte_order_mark_is_read)
{
    g_autoptr(Rest) rest = rest_at_hand();
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) reply = { 0 };

    fake_answer_with(200, TYPE, "\xef\xbb\xbf{\"id\":7}");
    assert_ok(get(rest, &reply, &error), error);
}

TEST(what_the_service_says_is_cut_to_one_valid_line_without_secrets)
{
    g_autoptr(Rest) rest = rest_at_hand();
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) reply = { 0 };
    g_autofree char *many = g_strnfill(5000, 'x');
    g_autofree char *body = g_strdup_printf("{\"message\":\"é\\r\\nwith s3cr3t-t0ken é%s\"}", many);

    redact_add("s3cr3t-t0ken");
    fake_answer(403, body);
    assert_fails(get(rest, &reply, &error), error, HADAL_ERROR_DENIED);

    assert_true(strlen(error->message) < 400);
    assert_true(g_utf8_validate(error->message, -1, NULL));
    assert_null(strchr(error->message, '\n'));
    assert_null(strstr(error->message, "s3cr3t"));
    assert_non_null(strstr(error->message, "with *** é"));
}

TEST(how_long_to_wait_is_kept_from_any_answer)
{
    static const struct {
        int status;
        const char *header;
        gint64 want;
    } cases[] = {
        { 429, "Retry-After: 30", 30000 },
        { 200, "Retry-After: 5", 5000 },
        { 503, "Retry-After: 0.250", 250 },
        { 429, "Retry-After: 99999999", 3600000 },
        { 429, "Retry-After: -3", 0 },
        { 429, "Retry-After: soon", 0 },
        { 429, NULL, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rest) rest = rest_at_hand();
        g_auto(RestReply) reply = { 0 };

        fake_reset();
        fake_answer_with(cases[i].status, cases[i].header, "{}");
        assert_int_equal(get(rest, &reply, NULL), cases[i].status == 200);
        assert_int_equal(retry_after, cases[i].want);
    }
}

/* Of throttling the service tells with answers that it still gives, too. */
TEST(after_an_answer_that_asks_to_wait_the_next_call_waits_whosever_it_is)
{
    static const struct {
        int status;
        const char *header;
        int pauses;
    } cases[] = {
        { 200, "Retry-After: 5", 1 },
        { 200, "X-RateLimit-Delay: 5", 0 },
        { 200, NULL, 0 },
        { 429, "Retry-After: 5", 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rest) rest = rest_at_hand(), other = rest_at_hand();
        g_auto(RestReply) first = { 0 }, second = { 0 }, third = { 0 }, elsewhere = { 0 };
        g_autofree char *url = g_strdup_printf("https://dev.azure.com/org%u/x", i);

        fake_reset();
        pauses = 0;
        fake_answer_with(cases[i].status, cases[i].header, "{}");
        for (int more = 0; more < 3; more++)
            fake_answer(200, "{}");
        assert_int_equal(get_of(rest, url, &first, NULL), cases[i].status == 200);
        assert_true(get_of(rest, "https://dev.azure.com/another/x", &elsewhere, NULL));
        assert_int_equal(pauses, 0);
        assert_true(get_of(other, url, &second, NULL));
        assert_true(get_of(rest, url, &third, NULL));
        assert_int_equal(pauses, cases[i].pauses);
    }
}

TEST(who_is_cancelled_while_waiting_makes_no_call)
{
    g_autoptr(Rest) rest = rest_at_hand();
    g_auto(RestReply) first = { 0 }, second = { 0 };
    g_autoptr(GError) error = NULL;

    is_pause_cancelled = true;
    fake_answer_with(200, "Retry-After: 5", "{}");
    assert_true(get(rest, &first, NULL));
    assert_fails(get(rest, &second, &error), error, HADAL_ERROR_CANCELLED);
    assert_int_equal(fake.n_calls, 1);
}

TEST(whose_the_credential_is_is_told_by_a_header)
{
    static const struct {
        const char *header, *want;
    } cases[] = {
        { "X-VSS-UserData: 22157D54-1821-6536-a446-928b06348385:author@fabrikam.example",
          "22157d54-1821-6536-a446-928b06348385" },
        { "X-VSS-UserData: author", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rest) rest = rest_at_hand();
        g_auto(RestReply) reply = { 0 };

        fake_reset();
        fake_answer_with(200, cases[i].header, "{}");
        assert_true(get(rest, &reply, NULL));
        assert_int_equal(g_strcmp0(reply.user_id, cases[i].want), 0);
    }
}

#define TOKEN_ANSWER(token) \
    "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"" token "\"}"

/* Of a client of its own: tokens are kept as long as the process lives. */
static Keyring *of_client(const char *client)
{
    return keyring_open(&(HostSpec){ .credential = { .kind = CREDENTIAL_CLIENT_SECRET,
                                                     .authority = "https://login.example",
                                                     .tenant = "t",
                                                     .client = client,
                                                     .secret = "s" } },
                        site, NULL);
}

TEST(a_refused_token_is_renewed_and_the_call_made_again)
{
    static const FakeAnswer refusals[] = {
        { 401, NULL, "" },
        { 203, "Content-Type: text/html", "<html>" },
        { 302, "Location: /_signin", "" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *client = g_strdup_printf("renewed-%u", i);
        g_autoptr(Keyring) own = of_client(client);
        g_autoptr(Rest) rest = rest_with(own);
        g_autoptr(GError) error = NULL;
        g_auto(RestReply) reply = { 0 };

        fake_reset();
        fake_answer(200, TOKEN_ANSWER("old"));
        fake_answer_with(refusals[i].status, refusals[i].header, refusals[i].body);
        fake_answer(200, TOKEN_ANSWER("new"));
        fake_answer(200, "{}");
        assert_ok(get(rest, &reply, &error), error);
        assert_int_equal(fake.n_calls, 4);
        assert_true(
            g_strv_contains((const char *const *)fake.headers, "Authorization: Bearer new"));
        assert_true(
            g_strv_contains((const char *const *)fake.headers, "X-VSS-ForceMsaPassThrough: true"));
    }
}

TEST(a_renewed_token_that_is_refused_too_is_the_end)
{
    g_autoptr(Keyring) own = of_client("refused");
    g_autoptr(Rest) rest = rest_with(own);
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) reply = { 0 };

    fake_answer(200, TOKEN_ANSWER("old"));
    fake_answer(401, "");
    fake_answer(200, TOKEN_ANSWER("new"));
    fake_answer(401, "");
    assert_fails(get(rest, &reply, &error), error, HADAL_ERROR_RETRY);
    assert_int_equal(fake.n_calls, 4);
}

TEST(without_a_token_no_call_is_made)
{
    g_autoptr(Keyring) own = of_client("outage");
    g_autoptr(Rest) rest = rest_with(own);
    g_autoptr(GError) error = NULL;
    g_auto(RestReply) reply = { 0 };

    fake_no_network();
    assert_fails(get(rest, &reply, &error), error, HADAL_ERROR_RETRY);
    assert_string_equal(error->message,
                        "get it: token of Entra ID (client-secret): connection refused");
    assert_int_equal(fake.n_calls, 1);
}

static int open_keyring(void **fixture)
{
    (void)fixture;
    site = site_open("https://dev.azure.com", NULL);
    keyring = keyring_open(&(HostSpec){ .credential.token = "s3cr3t-t0ken" }, site, NULL);
    return keyring ? 0 : -1;
}

static int close_keyring(void **fixture)
{
    (void)fixture;
    keyring_free(keyring);
    site_free(site);
    return 0;
}

static int forget(void **fixture)
{
    (void)fixture;
    fake_reset();
    is_pause_cancelled = false;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_call_names_version_and_credential_and_forbids_sign_in_pages,
                                  forget),
        cmocka_unit_test_teardown(an_older_server_is_asked_in_its_version_from_then_on, forget),
        cmocka_unit_test_teardown(what_an_older_server_has_as_a_preview_is_asked_for_as_one,
                                  forget),
        cmocka_unit_test_teardown(a_server_that_is_too_old_is_given_up, forget),
        cmocka_unit_test_teardown(each_way_of_saying_no_has_its_meaning, forget),
        cmocka_unit_test_teardown(an_answer_after_a_byte_order_mark_is_read, forget),
        cmocka_unit_test_teardown(what_the_service_says_is_cut_to_one_valid_line_without_secrets,
                                  forget),
        cmocka_unit_test_teardown(how_long_to_wait_is_kept_from_any_answer, forget),
        cmocka_unit_test_teardown(
            after_an_answer_that_asks_to_wait_the_next_call_waits_whosever_it_is, forget),
        cmocka_unit_test_teardown(who_is_cancelled_while_waiting_makes_no_call, forget),
        cmocka_unit_test_teardown(whose_the_credential_is_is_told_by_a_header, forget),
        cmocka_unit_test_teardown(a_refused_token_is_renewed_and_the_call_made_again, forget),
        cmocka_unit_test_teardown(a_renewed_token_that_is_refused_too_is_the_end, forget),
        cmocka_unit_test_teardown(without_a_token_no_call_is_made, forget),
    };

    return cmocka_run_group_tests(tests, open_keyring, close_keyring);
}
