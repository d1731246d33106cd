// SPDX-License-Identifier: Apache-2.0
/* Of every kind, down to the form that is sent: http_client.c is replaced. */
#include "host/azuredevops/credentials.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/redact.h"
#include "host/azuredevops/entra.h"
#include "sys/js.h"
#include "test.h"

#include "fake_http.h"
#include "key_pair.h"

#define AUTHORITY "https://login.example"
#define ENDPOINT  AUTHORITY "/the-tenant/oauth2/v2.0/token"
#define SCOPE     "499b84ac-1321-427f-aa17-267ca6975798%%2F.default"
#define JWT_TYPE  "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
#define GIVES(token) \
    "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"" token "\"}"

static char *dir, *file;
static guint number; /* the cache is one for the process: each test has a client of its own in it */
static char *client;

static int begin(void **fixture)
{
    (void)fixture;
    fake_reset();
    g_free(client);
    client = g_strdup_printf("client-%u", ++number);
    return 0;
}

static void write_file(const char *text)
{
    assert_true(g_file_set_contents(file, text, -1, NULL));
}

static Credentials *open_kind(const HostCredential *credential)
{
    g_autoptr(GError) error = NULL;
    Credentials *credentials = credentials_open(credential, 0, &error);

    assert_ok(credentials, error);
    return credentials;
}

static HostCredential application(CredentialKind kind)
{
    return (HostCredential){
        .kind = kind, .tenant = "the-tenant", .client = client, .authority = AUTHORITY
    };
}

static void assert_access(Credentials *credentials, const char *refused, const char *want)
{
    g_auto(Access) access = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(credentials_access(&(Ctx){ 0 }, credentials, refused, &access, &error), error);
    assert_string_equal(access.authorization, want);
    assert_int_equal(access.is_bearer, g_str_has_prefix(want, "Bearer "));
}

static void assert_no_access(Credentials *credentials, const char *want)
{
    g_auto(Access) access = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(credentials_access(&(Ctx){ 0 }, credentials, NULL, &access, &error), error,
                 HADAL_ERROR_RETRY);
    assert_string_equal(error->message, want);
    assert_null(access.authorization);
}

TEST(a_token_file_is_read_each_time_and_bridges_a_gap)
{
    write_file("first-token\n");
    g_autoptr(Credentials) credentials = open_kind(&(HostCredential){ .token_file = file });

    assert_access(credentials, NULL, "Basic of :first-token");
    write_file("second-token\n");
    assert_access(credentials, "Basic of :first-token", "Basic of :second-token");
    g_unlink(file);
    assert_access(credentials, NULL, "Basic of :second-token");
    write_file("");
    assert_access(credentials, NULL, "Basic of :second-token");
    g_autofree char *said = redact_copy("first-token of :second-token");
    assert_string_equal(said, "*** of :***");
}

static void assert_useless(const char *path)
{
    const HostCredential kinds[] = {
        { .token_file = path },
        { .kind = CREDENTIAL_CLIENT_SECRET, .client = client, .secret_file = path },
        { .kind = CREDENTIAL_CLIENT_CERTIFICATE, .client = client, .certificate_file = path },
        { .kind = CREDENTIAL_WORKLOAD_IDENTITY, .client = client, .assertion_file = path },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(credentials_open(&kinds[i], 0, &error), error, HADAL_ERROR_INVALID);
        assert_non_null(strstr(error->message, path));
    }
}

TEST(files_of_no_use_are_told_at_start)
{
    g_autofree char *missing = g_build_filename(dir, "missing", NULL);

    assert_useless(missing);
    assert_useless("/dev/null");
}

TEST(a_client_secret_is_sent_as_a_form)
{
    HostCredential of = application(CREDENTIAL_CLIENT_SECRET);
    g_autofree char *want = g_strdup_printf(
        "grant_type=client_credentials&client_id=%s&scope=" SCOPE "&client_secret=a%%26b%%3Dsecret",
        client);

    of.secret = "a&b=secret";
    g_autoptr(Credentials) credentials = open_kind(&of);
    fake_answer(200, GIVES("t-1"));
    assert_access(credentials, NULL, "Bearer t-1");
    assert_string_equal(fake.requests[0], "POST " ENDPOINT);
    assert_string_equal(fake.bodies[0], want);
    assert_access(credentials, NULL, "Bearer t-1");
    assert_int_equal(fake.n_calls, 1);
}

TEST(a_secret_in_a_file_is_read_for_each_token)
{
    HostCredential of = application(CREDENTIAL_CLIENT_SECRET);

    of.secret_file = file;
    write_file("old-secret\n");
    g_autoptr(Credentials) credentials = open_kind(&of);
    fake_answer(200, GIVES("t-1"));
    fake_answer(200, GIVES("t-2"));
    assert_access(credentials, NULL, "Bearer t-1");
    write_file("new-secret\n");
    assert_access(credentials, "Bearer t-1", "Bearer t-2");
    assert_true(g_str_has_suffix(fake.bodies[0], "&client_secret=old-secret"));
    assert_true(g_str_has_suffix(fake.bodies[1], "&client_secret=new-secret"));
}

static const char *assertion_in(const char *body)
{
    static const char before[] = "&client_assertion_type=" JWT_TYPE "&client_assertion=";
    const char *at = strstr(body, before);

    assert_non_null(at);
    return at + strlen(before);
}

TEST(a_certificate_signs_an_assertion_for_the_endpoint)
{
    HostCredential of = application(CREDENTIAL_CLIENT_CERTIFICATE);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    g_autofree char *pem = pem_of_both(key, A_YEAR_S);
    gsize length = 0;

    of.certificate_file = file;
    write_file(pem);
    g_autoptr(Credentials) credentials = open_kind(&of);
    fake_answer(200, GIVES("t-1"));
    assert_access(credentials, NULL, "Bearer t-1");
    const char *assertion = assertion_in(fake.bodies[0]);
    g_autofree guchar *text = part_of_token(assertion, 1, &length);
    json_auto_t *claims = json_loadb((const char *)text, length, 0, NULL);
    gint64 now = clock_now() / 1000, exp = js_get_int(claims, "exp", 0);

    assert_true(is_signed_by(assertion, key));
    assert_string_equal(js_get(claims, "aud", ""), ENDPOINT);
    assert_string_equal(js_get(claims, "iss", ""), client);
    assert_string_equal(js_get(claims, "sub", ""), client);
    assert_int_equal(strlen(js_get(claims, "jti", "")), 32);
    assert_true(js_get_int(claims, "nbf", 0) <= now && exp > now && exp <= now + 600);
    EVP_PKEY_free(key);
}

TEST(an_ended_certificate_is_refused_at_start)
{
    HostCredential of = application(CREDENTIAL_CLIENT_CERTIFICATE);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    g_autofree char *pem = pem_of_both(key, -60);
    g_autoptr(GError) error = NULL;

    of.certificate_file = file;
    write_file(pem);
    assert_fails(credentials_open(&of, 0, &error), error, HADAL_ERROR_INVALID);
    assert_true(g_str_has_suffix(error->message, "has ended"));
    EVP_PKEY_free(key);
}

TEST(a_workload_identity_sends_the_token_of_the_cluster_as_it_is_by_then)
{
    HostCredential of = application(CREDENTIAL_WORKLOAD_IDENTITY);

    of.assertion_file = file;
    write_file("cluster.token.1\n");
    g_autoptr(Credentials) credentials = open_kind(&of);
    fake_answer(200, GIVES("t-1"));
    fake_answer(200, GIVES("t-2"));
    assert_access(credentials, NULL, "Bearer t-1");
    write_file("cluster.token.2\n");
    assert_access(credentials, "Bearer t-1", "Bearer t-2");
    assert_string_equal(assertion_in(fake.bodies[0]), "cluster.token.1");
    assert_string_equal(assertion_in(fake.bodies[1]), "cluster.token.2");
}

TEST(a_managed_identity_is_asked_of_the_machine_and_through_no_proxy)
{
    const HostCredential of = { .kind = CREDENTIAL_MANAGED_IDENTITY,
                                .client = client,
                                .metadata_url = "http://169.254.169.254" };
    g_autofree char *want =
        g_strdup_printf("GET http://169.254.169.254/metadata/identity/oauth2/token"
                        "?api-version=2018-02-01&resource=499b84ac-1321-427f-aa17-267ca6975798"
                        "&client_id=%s",
                        client);
    g_autoptr(Credentials) credentials = open_kind(&of);

    /* Its numbers are strings. */
    fake_answer(200,
                "{\"token_type\":\"Bearer\",\"expires_in\":\"3599\",\"access_token\":\"m-1\"}");
    assert_access(credentials, NULL, "Bearer m-1");
    assert_string_equal(fake.requests[0], want);
    assert_string_equal(fake.headers[0], "Metadata: true");
    assert_true(fake.is_direct);
}

TEST(an_app_is_asked_where_its_environment_says_and_tells_when_the_token_ends)
{
    const HostCredential of = { .kind = CREDENTIAL_MANAGED_IDENTITY,
                                .client = client,
                                .metadata_url = "http://169.254.169.254",
                                .identity_endpoint = "http://localhost:42356/msi/token",
                                .identity_header = "853b9a84" };
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *want =
        g_strdup_printf("GET http://localhost:42356/msi/token"
                        "?api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798"
                        "&client_id=%s",
                        client);
    g_autofree char *answer =
        g_strdup_printf("{\"token_type\":\"Bearer\",\"expires_on\":\"%" G_GINT64_FORMAT
                        "\",\"access_token\":\"app-1\"}",
                        now_s + 3600);
    g_autoptr(Credentials) credentials = open_kind(&of);
    CredentialState state = { 0 };

    fake_answer(200, answer);
    assert_access(credentials, NULL, "Bearer app-1");
    assert_string_equal(fake.requests[0], want);
    assert_string_equal(fake.headers[0], "X-IDENTITY-HEADER: 853b9a84");
    assert_true(fake.is_direct);
    credentials_look(credentials, &state);
    assert_in_range(state.token_ends / 1000, now_s + 3590, now_s + 3610);
}

TEST(what_entra_id_says_is_told_without_secrets)
{
    HostCredential of = application(CREDENTIAL_CLIENT_SECRET);

    of.secret = "wrong-secret";
    g_autoptr(Credentials) credentials = open_kind(&of);
    fake_answer(401, "{\"error\":\"invalid_client\",\"error_description\":"
                     "\"AADSTS7000215: wrong-secret is invalid.\\r\\nTrace ID: 1\"}");
    assert_no_access(credentials, "token of Entra ID (client-secret): status 401: invalid_client: "
                                  "AADSTS7000215: *** is invalid.  Trace ID: 1");
    fake_no_network();
    assert_no_access(credentials, "token of Entra ID (client-secret): connection refused");
    fake_answer(200, GIVES("t-3"));
    assert_access(credentials, NULL, "Bearer t-3");
}

TEST(answers_that_are_no_token_are_refused)
{
    static const char *const answers[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "{\"token_type\":\"Bearer\",\"access_token\":\"t\"}",
        "{\"token_type\":\"Bearer\",\"expires_in\":0,\"access_token\":\"t\"}",
        "{\"token_type\":\"pop\",\"expires_in\":60,\"access_token\":\"t\"}",
        "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"\"}",
        "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"a\\r\\nb\"}",
        "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":7}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_auto(Token) token = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(entra_read_answer(200, answers[i], strlen(answers[i]), 0, &token, &error),
                     error, HADAL_ERROR_RETRY);
    }
}

TEST(the_life_of_a_token_is_counted_from_the_question)
{
    static const char text[] = "{\"token_type\":\"bearer\",\"expires_in\":60,\"refresh_in\":30,"
                               "\"access_token\":\"t\"}";
    g_auto(Token) token = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(entra_read_answer(200, text, strlen(text), 5000, &token, &error), error);
    assert_int_equal(token.expires_ms, 65000);
    assert_int_equal(token.renew_ms, 35000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_token_file_is_read_each_time_and_bridges_a_gap, begin),
        cmocka_unit_test_setup(files_of_no_use_are_told_at_start, begin),
        cmocka_unit_test_setup(a_client_secret_is_sent_as_a_form, begin),
        cmocka_unit_test_setup(a_secret_in_a_file_is_read_for_each_token, begin),
        cmocka_unit_test_setup(a_certificate_signs_an_assertion_for_the_endpoint, begin),
        cmocka_unit_test_setup(an_ended_certificate_is_refused_at_start, begin),
        cmocka_unit_test_setup(a_workload_identity_sends_the_token_of_the_cluster_as_it_is_by_then,
                               begin),
        cmocka_unit_test_setup(a_managed_identity_is_asked_of_the_machine_and_through_no_proxy,
                               begin),
        cmocka_unit_test_setup(
            an_app_is_asked_where_its_environment_says_and_tells_when_the_token_ends, begin),
        cmocka_unit_test_setup(what_entra_id_says_is_told_without_secrets, begin),
        cmocka_unit_test_setup(answers_that_are_no_token_are_refused, begin),
        cmocka_unit_test_setup(the_life_of_a_token_is_counted_from_the_question, begin),
    };
    int failed;

    dir = g_dir_make_tmp("hadal-credentials-XXXXXX", NULL);
    file = g_build_filename(dir, "credential", NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_reset();
    g_unlink(file);
    g_rmdir(dir);
    g_free(file);
    g_free(dir);
    g_free(client);
    return failed;
}
