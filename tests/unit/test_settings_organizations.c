// SPDX-License-Identifier: Apache-2.0
#include "config/settings_organizations.h"

#include "page.h"
#include "test.h"

static const char *const aks[] = { "AZURE_TENANT_ID=aks-tenant", "AZURE_CLIENT_ID=aks-client",
                                   "AZURE_FEDERATED_TOKEN_FILE=/var/run/token", NULL };

TEST(each_organisation_has_a_credential_of_its_own_kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SettingsOrganizations) yaml = settings_organizations_parse(
        "organizations.yaml",
        "organizations:\n  fabrikam:\n    token-file: /run/fabrikam\n    credential-ends: "
        "2027-03-31\n  contoso:\n    auth: workload-identity\n    client-id: the-client\n",
        aks, &error);
    const HostOrganization *list;
    gsize n = 0;

    assert_ok(yaml, error);
    list = settings_organizations_list(yaml, &n);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].name, "fabrikam");
    assert_int_equal(list[0].credential.kind, CREDENTIAL_TOKEN);
    assert_string_equal(list[0].credential.token_file, "/run/fabrikam");
    assert_true(list[0].credential.ends > 0);
    assert_int_equal(list[1].credential.kind, CREDENTIAL_WORKLOAD_IDENTITY);
    assert_string_equal(list[1].credential.tenant, "aks-tenant");
    assert_string_equal(list[1].credential.client, "the-client");
    assert_string_equal(list[1].credential.authority, "https://login.microsoftonline.com");
}

TEST(what_says_nothing_or_contradicts_itself_is_refused_with_its_place)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "{}", "f.yaml:1:1: organizations: organizations is missing" },
        { "organizations: {}", "f.yaml:1:1: organizations: none is named" },
        { "organizations:\n  a/b: {token: t}\n", "f.yaml:2:8: \"a/b\" is no organisation's name" },
        { "organizations:\n  a: {}\n",
          "f.yaml:2:6: organization a: it has neither token nor token-file, and auth says nothing "
          "else" },
        { "organizations:\n  a: {token: t}\n  A: {token: t}\n",
          "f.yaml:3:6: organization A: it is there twice, letter case apart" },
        { "organizations:\n  a: {auth: pat}\n",
          "f.yaml:2:13: organization: auth must be one of token, client-secret, "
          "client-certificate, workload-identity, managed-identity, not \"pat\"" },
        { "organizations:\n  a: {token: t, token-file: /f}\n",
          "f.yaml:2:6: organization a: token and token-file exclude each other: which of them "
          "holds?" },
        { "organizations:\n  a: {auth: client-secret, client-id: c, client-secret: s}\n",
          "f.yaml:2:6: organization a: auth=client-secret needs tenant-id" },
        { "organizations:\n  a: {token: t, tenant-id: x}\n",
          "f.yaml:2:6: organization a: tenant-id is for auth=client-secret or client-certificate "
          "or workload-identity, and not for token" },
        { "organizations:\n  a: {tokn: t}\n",
          "f.yaml:2:7: organization: unknown key \"tokn\": did you mean \"token\"?" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(
            settings_organizations_parse("f.yaml", cases[i].text, (const char *[]){ NULL }, &error),
            error, HADAL_ERROR_INVALID);
        assert_string_equal(error->message, cases[i].message);
    }
}

TEST(the_reference_is_what_the_table_says)
{
    assert_page_is_fresh("docs/reference/organizations-yaml.md", settings_organizations_reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_organisation_has_a_credential_of_its_own_kind),
        cmocka_unit_test(what_says_nothing_or_contradicts_itself_is_refused_with_its_place),
        cmocka_unit_test(the_reference_is_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
