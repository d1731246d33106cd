// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/keyring.h"

#include "test.h"

#include "fake_http.h"

static const HostOrganization organizations[] = {
    { .name = "Fabrikam", .credential.token = "of-fabrikam" },
    { .name = "contoso", .credential = { .token = "of-contoso", .ends = 5000 } },
};
static const HostSpec of_two = { .organizations = organizations, .n_organizations = 2 };
static const HostSpec of_all = {
    .credential.token = "of-all",
    .organizations = organizations,
    .n_organizations = 2,
};

static char *access_to(const HostSpec *spec, const char *base_url, const char *url, GError **error)
{
    g_autoptr(Site) site = site_open(base_url, NULL);
    g_autoptr(Keyring) keyring = keyring_open(spec, site, NULL);
    g_auto(Access) access = { 0 };

    assert_non_null(keyring);
    if (!keyring_access(&(Ctx){ 0 }, keyring, url, NULL, &access, error))
        return NULL;
    return g_steal_pointer(&access.authorization);
}

TEST(each_organisation_is_given_its_own_credential)
{
    static const struct {
        const char *base, *url, *want;
    } cases[] = {
        { "https://dev.azure.com", "https://dev.azure.com/fabrikam/p/_apis/git", "of-fabrikam" },
        { "https://dev.azure.com", "https://dev.azure.com/CONTOSO/_apis/hooks", "of-contoso" },
        { "https://dev.azure.com", "https://vssps.dev.azure.com/contoso/_apis/identities",
          "of-contoso" },
        { "https://dev.azure.com", "https://dev.azure.com/other/contoso/_apis/git", "of-all" },
        { "https://dev.azure.com/contoso", "https://dev.azure.com/contoso/fabrikam/_apis/git",
          "of-contoso" },
        { "https://dev.azure.com/other", "https://dev.azure.com/other/contoso/_apis/git",
          "of-all" },
        { "https://contoso.visualstudio.com", "https://contoso.visualstudio.com/fabrikam/_apis/x",
          "of-contoso" },
        { "https://tfs.example/tfs", "https://tfs.example/tfs/contoso/p/_apis/git", "of-contoso" },
        { "https://tfs.example/tfs/contoso", "https://tfs.example/tfs/contoso/fabrikam/_apis/git",
          "of-contoso" },
        { "https://tfs.example/tfs/other", "https://tfs.example/tfs/other/p/_apis/git", "of-all" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got = access_to(&of_all, cases[i].base, cases[i].url, &error);
        g_autofree char *want = g_strconcat("Basic of :", cases[i].want, NULL);

        assert_ok(got, error);
        assert_string_equal(got, want);
    }
}

TEST(an_organisation_without_a_credential_is_told_and_never_given_anothers)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *got = access_to(&of_two, "https://dev.azure.com",
                                     "https://dev.azure.com/other/p/_apis/git", &error);

    assert_fails(got, error, HADAL_ERROR_DENIED);
    assert_string_equal(error->message, "there is no credential for the organisation \"other\"");
}

TEST(without_any_credential_everybodys_access_is_what_there_is)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Keyring) keyring = keyring_open(&(HostSpec){ 0 }, site, NULL);
    g_auto(Access) access = { 0 };

    assert_true(
        keyring_access(&(Ctx){ 0 }, keyring, "https://dev.azure.com/x", NULL, &access, NULL));
    assert_null(access.authorization);
}

TEST(a_file_of_no_use_is_told_with_its_organisation)
{
    const HostOrganization missing = { .name = "contoso", .credential.token_file = "/missing" };
    const HostSpec spec = { .organizations = &missing, .n_organizations = 1 };
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(GError) error = NULL;

    assert_fails(keyring_open(&spec, site, &error), error, HADAL_ERROR_INVALID);
    assert_true(g_str_has_prefix(error->message, "organization contoso: "));
}

TEST(each_credential_says_when_it_ends)
{
    g_autoptr(Site) site = site_open("https://dev.azure.com", NULL);
    g_autoptr(Keyring) keyring = keyring_open(&of_all, site, NULL);
    g_autoptr(GPtrArray) states = keyring_states(keyring);
    const CredentialState *usual = states->pdata[0], *last = states->pdata[2];

    assert_int_equal(states->len, 3);
    assert_null(usual->organization);
    assert_string_equal(last->organization, "contoso");
    assert_int_equal(last->ends, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_organisation_is_given_its_own_credential),
        cmocka_unit_test(an_organisation_without_a_credential_is_told_and_never_given_anothers),
        cmocka_unit_test(without_any_credential_everybodys_access_is_what_there_is),
        cmocka_unit_test(a_file_of_no_use_is_told_with_its_organisation),
        cmocka_unit_test(each_credential_says_when_it_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
