// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <string.h>

#include "test.h"

#define LEAST                                                            \
    "HADAL_AZUREDEVOPS_USER=bot", "HADAL_AZUREDEVOPS_WEBHOOK_USER=hook", \
        "HADAL_AZUREDEVOPS_WEBHOOK_PASSWORD=word1234", "HADAL_REPO_ALLOWLIST=x/*"

static bool load(const char *const *flags, const char *const *aks, Settings *settings,
                 GError **error)
{
    g_autoptr(GStrvBuilder) env = g_strv_builder_new();
    static const char *const least[] = { LEAST, NULL };

    g_strv_builder_addv(env, (const char **)least);
    if (aks)
        g_strv_builder_addv(env, (const char **)aks);
    g_auto(GStrv) all = g_strv_builder_end(env);
    return settings_load(flags, (const char *const *)all, settings, error);
}

#define AUTH(kind) "--azuredevops-auth=" kind
#define TENANT     "--azuredevops-tenant-id=the-tenant"
#define CLIENT     "--azuredevops-client-id=the-client"
#define SECRET     "--azuredevops-client-secret=the-secret"

TEST(each_kind_gets_what_it_needs)
{
    static const struct {
        const char *flags[6];
        HostCredential want;
    } cases[] = {
        { { "--azuredevops-token-file=/run/pat" },
          { .kind = CREDENTIAL_TOKEN, .token_file = "/run/pat" } },
        { { AUTH("client-secret"), TENANT, CLIENT, SECRET },
          { .kind = CREDENTIAL_CLIENT_SECRET,
            .tenant = "the-tenant",
            .client = "the-client",
            .secret = "the-secret" } },
        { { AUTH("client-secret"), TENANT, CLIENT, "--azuredevops-client-secret-file=/run/s" },
          { .kind = CREDENTIAL_CLIENT_SECRET,
            .tenant = "the-tenant",
            .client = "the-client",
            .secret_file = "/run/s" } },
        { { AUTH("client-certificate"), TENANT, CLIENT,
            "--azuredevops-client-certificate-file=/run/c" },
          { .kind = CREDENTIAL_CLIENT_CERTIFICATE,
            .tenant = "the-tenant",
            .client = "the-client",
            .certificate_file = "/run/c" } },
        { { AUTH("workload-identity"), TENANT, CLIENT,
            "--azuredevops-federated-token-file=/run/t" },
          { .kind = CREDENTIAL_WORKLOAD_IDENTITY,
            .tenant = "the-tenant",
            .client = "the-client",
            .assertion_file = "/run/t" } },
        { { AUTH("managed-identity") }, { .kind = CREDENTIAL_MANAGED_IDENTITY } },
        { { AUTH("managed-identity"), CLIENT },
          { .kind = CREDENTIAL_MANAGED_IDENTITY, .client = "the-client" } },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;
        HostCredential got;

        assert_ok(load(cases[i].flags, NULL, &settings, &error), error);
        got = settings_host_spec(&settings).credential;
        assert_int_equal(got.kind, cases[i].want.kind);
        assert_int_equal(g_strcmp0(got.token_file, cases[i].want.token_file), 0);
        assert_int_equal(g_strcmp0(got.tenant, cases[i].want.tenant), 0);
        assert_int_equal(g_strcmp0(got.client, cases[i].want.client), 0);
        assert_int_equal(g_strcmp0(got.secret, cases[i].want.secret), 0);
        assert_int_equal(g_strcmp0(got.secret_file, cases[i].want.secret_file), 0);
        assert_int_equal(g_strcmp0(got.certificate_file, cases[i].want.certificate_file), 0);
        assert_int_equal(g_strcmp0(got.assertion_file, cases[i].want.assertion_file), 0);
        assert_string_equal(got.authority, "https://login.microsoftonline.com");
        assert_string_equal(got.metadata_url, "http://169.254.169.254");
    }
}

static const char *const aks[] = { "AZURE_TENANT_ID=aks-tenant", "AZURE_CLIENT_ID=aks-client",
                                   "AZURE_FEDERATED_TOKEN_FILE=/var/run/secrets/token",
                                   "AZURE_AUTHORITY_HOST=https://login.example/", NULL };

TEST(what_aks_says_in_the_environment_is_taken_for_workload_identity)
{
    const char *const flags[] = { AUTH("workload-identity"), CLIENT, NULL };
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(load(flags, aks, &settings, &error), error);
    HostCredential got = settings_host_spec(&settings).credential;
    assert_string_equal(got.tenant, "aks-tenant");
    assert_string_equal(got.client, "the-client");
    assert_string_equal(got.assertion_file, "/var/run/secrets/token");
    assert_string_equal(got.authority, "https://login.example");
}

TEST(the_environment_of_aks_is_nothing_to_the_other_kinds)
{
    const char *const flags[] = { AUTH("managed-identity"), NULL };
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(load(flags, aks, &settings, &error), error);
    HostCredential got = settings_host_spec(&settings).credential;
    assert_null(got.client);
    assert_string_equal(got.authority, "https://login.microsoftonline.com");
}

TEST(what_an_app_has_in_its_environment_is_taken_for_its_identity_and_kept_from_tools)
{
    static const char *const app[] = { "IDENTITY_ENDPOINT=http://localhost:42356/msi/token/",
                                       "IDENTITY_HEADER=853b9a84", NULL };
    static const char *const half[] = { "IDENTITY_ENDPOINT=http://localhost:42356/msi/token",
                                        NULL };
    static const char *const broken[] = { "IDENTITY_ENDPOINT=here", "IDENTITY_HEADER=853b9a84",
                                          NULL };
    static const struct {
        const char *flags[3];
        const char *const *env;
        bool is_taken;
    } cases[] = {
        { { AUTH("managed-identity") }, app, true },
        { { AUTH("managed-identity") }, half, false },
        { { AUTH("managed-identity"), "--azuredevops-metadata-url=http://10.0.0.1" }, app, false },
        { { "--azuredevops-token=pat12345" }, app, false },
    };
    g_auto(Settings) none = { 0 };
    g_autoptr(GError) why = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;

        assert_ok(load(cases[i].flags, cases[i].env, &settings, &error), error);
        HostCredential got = settings_host_spec(&settings).credential;
        g_auto(GStrv) secrets = settings_secrets(&settings);
        assert_int_equal(got.identity_endpoint != NULL, cases[i].is_taken);
        assert_int_equal(got.identity_header != NULL, cases[i].is_taken);
        if (cases[i].is_taken)
            assert_string_equal(got.identity_endpoint, "http://localhost:42356/msi/token/");
        assert_int_equal(g_strv_contains((const char *const *)secrets, "853b9a84"),
                         cases[i].is_taken);
    }
    assert_fails(load(cases[0].flags, broken, &none, &why), why, HADAL_ERROR_INVALID);
    assert_non_null(strstr(why->message, "IDENTITY_ENDPOINT"));
}

TEST(what_contradicts_itself_or_is_missing_is_refused)
{
    static const struct {
        const char *flags[6], *message;
    } cases[] = {
        { { "--azuredevops-token=pat12345", "--azuredevops-credential-ends=2027-02-30" },
          "--azuredevops-credential-ends must be a day like 2027-03-31, not \"2027-02-30\"" },
        { { "--azuredevops-token=pat12345", "--azuredevops-credential-ends=1.4.2027" },
          "--azuredevops-credential-ends must be a day like 2027-03-31, not \"1.4.2027\"" },
        { { "--azuredevops-token=pat12345", "--azuredevops-token-file=/run/pat" },
          "--azuredevops-token and --azuredevops-token-file exclude each other: which of them "
          "holds?" },
        { { "--azuredevops-token=pat12345", SECRET },
          "--azuredevops-client-secret is for --azuredevops-auth=client-secret, and not for "
          "token" },
        { { "--azuredevops-token=pat12345", CLIENT },
          "--azuredevops-client-id is for --azuredevops-auth=client-secret or client-certificate "
          "or workload-identity or managed-identity, and not for token" },
        { { AUTH("managed-identity"), TENANT },
          "--azuredevops-tenant-id is for --azuredevops-auth=client-secret or client-certificate "
          "or workload-identity, and not for managed-identity" },
        { { AUTH("client-secret"), "--azuredevops-token=pat12345", TENANT, CLIENT, SECRET },
          "--azuredevops-token is for --azuredevops-auth=token, and not for client-secret" },
        { { AUTH("client-secret"), CLIENT, SECRET },
          "--azuredevops-auth=client-secret needs --azuredevops-tenant-id" },
        { { AUTH("client-secret"), TENANT, SECRET },
          "--azuredevops-auth=client-secret needs --azuredevops-client-id" },
        { { AUTH("client-secret"), TENANT, CLIENT },
          "--azuredevops-auth=client-secret needs --azuredevops-client-secret or "
          "--azuredevops-client-secret-file" },
        { { AUTH("client-certificate"), TENANT, CLIENT },
          "--azuredevops-auth=client-certificate needs --azuredevops-client-certificate-file" },
        { { AUTH("workload-identity"), TENANT, CLIENT },
          "--azuredevops-auth=workload-identity needs --azuredevops-federated-token-file, or in "
          "the environment AZURE_FEDERATED_TOKEN_FILE" },
        { { AUTH("client-secret"), "--azuredevops-tenant-id=a/b", CLIENT, SECRET },
          "--azuredevops-tenant-id must be an id of letters, digits, - and ., not \"a/b\"" },
        { { AUTH("client-secret"), TENANT, CLIENT, SECRET,
            "--azuredevops-authority-url=http://login.example" },
          "--azuredevops-authority-url must be a URL with https://, not \"http://login.example\": "
          "secrets are sent there" },
        { { AUTH("client-secret"), TENANT, CLIENT, SECRET,
            "--azuredevops-authority-url=http://127.evil.example" },
          "--azuredevops-authority-url must be a URL with https://, not "
          "\"http://127.evil.example\": secrets are sent there" },
        { { AUTH("managed-identity"), "--azuredevops-metadata-url=here" },
          "--azuredevops-metadata-url must be a URL with http:// or https://, not \"here\"" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(load(cases[i].flags, NULL, &settings, &error), error, HADAL_ERROR_INVALID);
        assert_string_equal(error->message, cases[i].message);
    }
}

TEST(a_client_secret_is_among_the_secrets)
{
    const char *const flags[] = { AUTH("client-secret"), TENANT, CLIENT, SECRET, NULL };
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(load(flags, NULL, &settings, &error), error);
    g_auto(GStrv) secrets = settings_secrets(&settings);
    assert_true(g_strv_contains((const char *const *)secrets, "the-secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_gets_what_it_needs),
        cmocka_unit_test(what_aks_says_in_the_environment_is_taken_for_workload_identity),
        cmocka_unit_test(the_environment_of_aks_is_nothing_to_the_other_kinds),
        cmocka_unit_test(
            what_an_app_has_in_its_environment_is_taken_for_its_identity_and_kept_from_tools),
        cmocka_unit_test(what_contradicts_itself_or_is_missing_is_refused),
        cmocka_unit_test(a_client_secret_is_among_the_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
