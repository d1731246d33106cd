// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/teams.h"

#include "test.h"

#include "fake_http.h"

#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO    "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define ANN     "22157d54-1821-6536-a446-928b06348385"
#define URL     "GET https://vssps.dev.azure.com/fabrikam/_apis/identities?api-version=7.1&"

static const PullRef pull = { .repo = { .locator = (char *)"fabrikam/" PROJECT "/" REPO,
                                        .full_name = (char *)"fabrikam/One/infra" } };
static const PullRef on_premises = { .repo = { .locator = (char *)"Two/" PROJECT "/" REPO } };
static const Actor ann = { .id = (char *)ANN, .name = (char *)"Ann" };

static gint64 retry_after, now;

/* Stands in for GLib's: time goes on when the test says so. */
gint64 g_get_monotonic_time(void)
{
    return now;
}

static bool read_at(const char *base, Teams *teams, const PullRef *ref, const Actor *actor,
                    GStrv *names, GError **error)
{
    g_autoptr(Site) site = site_open(base, NULL);
    g_autoptr(Rest) rest =
        rest_new(&(RestSpec){ .timeout_ms = 1000, .retry_after_ms = &retry_after });

    return teams_read(&(Ctx){ 0 }, teams, rest, site, ref, actor, names, error);
}

static bool read_teams(Teams *teams, const Actor *actor, GStrv *names, GError **error)
{
    return read_at("https://dev.azure.com", teams, &pull, actor, names, error);
}

#define MEMBER(groups) "{\"count\":1,\"value\":[{\"id\":\"" ANN "\",\"memberOf\":[" groups "]}]}"
#define assert_names(found, ...)                                   \
    do {                                                           \
        g_autofree char *have = g_strjoinv("|", found);            \
        g_autofree char *want = g_strjoin("|", __VA_ARGS__, NULL); \
                                                                   \
        assert_string_equal(have, want);                           \
    } while (0)
#define D1 "Microsoft.TeamFoundation.Identity;S-1-9-1"
#define D2 "Microsoft.TeamFoundation.Identity;S-1-9-2"

TEST(groups_are_named_with_their_project_and_those_that_others_cannot_make_bare)
{
    g_autoptr(Teams) teams = teams_new();
    g_auto(GStrv) names = NULL;
    g_autoptr(GError) error = NULL;

    fake_answer(200, MEMBER("null,\"" D1 "\",7,\"" D2 "\""));
    fake_answer(
        200,
        "{\"value\":[{\"providerDisplayName\":\"[one]\\\\Net é\"},{"
        "\"providerDisplayName\":\"Everybody\"},{\"providerDisplayName\":\"[One]\\\\\"},null,{},"
        "{\"providerDisplayName\":\"[Two]\\\\Owners\"},{\"providerDisplayName\":\"[Fabrikam]"
        "\\\\Admins\"},"
        "{\"providerDisplayName\":\"[TEAM "
        "FOUNDATION]\\\\Cloud\"},{\"providerDisplayName\":\"[infra]\\\\No\"}]}");
    assert_ok(read_teams(teams, &ann, &names, &error), error);

    assert_string_equal(fake.requests[0], URL "identityIds=" ANN "&queryMembership=Expanded");
    assert_string_equal(fake.requests[1],
                        URL "descriptors=Microsoft.TeamFoundation.Identity%3BS-1-9-1,Microsoft."
                            "TeamFoundation.Identity%3BS-1-9-2");
    assert_names(names, "[one]\\Net é", "Net é", "Everybody", "[One]\\", "[Two]\\Owners",
                 "[Fabrikam]\\Admins", "Admins", "[TEAM FOUNDATION]\\Cloud", "Cloud",
                 "[infra]\\No");
}

TEST(many_groups_are_asked_for_some_at_a_time)
{
    g_autoptr(GString) groups = g_string_new(NULL);
    g_autoptr(Teams) teams = teams_new();
    g_auto(GStrv) names = NULL;
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 40; i++)
        g_string_append_printf(groups, "%s\"d%d\"", i ? "," : "", i);
    answer = g_strdup_printf("{\"value\":[{\"memberOf\":[%s]}]}", groups->str);
    fake_answer(200, answer);
    for (int i = 0; i < 3; i++)
        fake_answer(200, "{\"value\":[{\"providerDisplayName\":\"x\"}]}");
    assert_ok(read_teams(teams, &ann, &names, &error), error);
    assert_int_equal(fake.n_calls, 4);
    assert_true(g_str_has_suffix(fake.requests[3], "descriptors=d30,d31,d32,d33,d34,d35,d36,d37,"
                                                   "d38,d39"));
    assert_int_equal(g_strv_length(names), 3);
}

TEST(groups_are_kept_for_a_while_and_per_person)
{
    const Actor bob = { .id = (char *)"33333333-1821-6536-a446-928b06348385" };
    g_autoptr(Teams) teams = teams_new();
    g_auto(GStrv) first = NULL, again = NULL, other = NULL, still = NULL, anew = NULL;

    fake_answer(200, MEMBER("\"" D1 "\""));
    fake_answer(200, "{\"value\":[{\"providerDisplayName\":\"x\"}]}");
    fake_answer(200, "{\"value\":[null]}");
    assert_true(read_teams(teams, &ann, &first, NULL));
    assert_true(read_teams(teams, &ann, &again, NULL));
    assert_int_equal(fake.n_calls, 2);
    assert_string_equal(again[0], "x");

    assert_true(read_teams(teams, &bob, &other, NULL));
    assert_int_equal(g_strv_length(other), 0);
    now += 5 * 60 * G_TIME_SPAN_SECOND - 1;
    assert_true(read_teams(teams, &ann, &still, NULL));
    assert_string_equal(still[0], "x");

    now++;
    fake_answer(200, MEMBER(""));
    assert_true(read_teams(teams, &ann, &anew, NULL));
    assert_int_equal(g_strv_length(anew), 0);
}

TEST(an_identity_is_in_other_groups_in_another_organisation)
{
    const PullRef elsewhere = { .repo = { .locator = (char *)"contoso/" PROJECT "/" REPO } };
    g_autoptr(Teams) teams = teams_new();
    g_auto(GStrv) here = NULL, there = NULL;

    fake_answer(200, MEMBER("\"" D1 "\""));
    fake_answer(200, "{\"value\":[{\"providerDisplayName\":\"x\"}]}");
    fake_answer(200, MEMBER(""));
    assert_true(read_teams(teams, &ann, &here, NULL));
    assert_true(read_at("https://dev.azure.com", teams, &elsewhere, &ann, &there, NULL));
    assert_int_equal(g_strv_length(there), 0);
}

TEST(what_could_not_be_read_is_not_kept)
{
    g_autoptr(Teams) teams = teams_new();
    g_auto(GStrv) none = NULL, names = NULL;
    g_autoptr(GError) why = NULL, error = NULL;

    fake_answer(503, "");
    fake_answer(200, MEMBER(""));
    assert_fails(read_teams(teams, &ann, &none, &why), why, HADAL_ERROR_RETRY);
    assert_null(none);
    assert_ok(read_teams(teams, &ann, &names, &error), error);
    assert_int_equal(g_strv_length(names), 0);
}

TEST(a_server_is_asked_itself)
{
    g_autoptr(Teams) teams = teams_new();
    g_auto(GStrv) names = NULL;
    g_autoptr(GError) error = NULL;

    fake_answer(200, MEMBER(""));
    assert_ok(read_at("https://tfs.example.com/tfs", teams, &on_premises, &ann, &names, &error),
              error);
    assert_string_equal(fake.requests[0],
                        "GET https://tfs.example.com/tfs/Two/_apis/identities?api-version=7.1&"
                        "identityIds=" ANN "&queryMembership=Expanded");
}

TEST(an_organisation_in_the_base_url_is_named_where_identities_are_too)
{
    const PullRef ref = { .repo = { .locator = (char *)PROJECT "/" REPO } };
    static const char *const bases[] = { "https://dev.azure.com/fabrikam",
                                         "https://fabrikam.visualstudio.com" };

    for (guint i = 0; i < G_N_ELEMENTS(bases); i++) {
        g_autoptr(Teams) teams = teams_new();
        g_auto(GStrv) names = NULL;
        g_autoptr(GError) error = NULL;

        fake_reset();
        fake_answer(200, MEMBER(""));
        assert_ok(read_at(bases[i], teams, &ref, &ann, &names, &error), error);
        assert_true(g_str_has_prefix(fake.requests[0], URL));
    }
}

TEST(somebody_without_an_identity_is_never_asked_for)
{
    static const char *const ids[] = { NULL, "", "ann", "x&descriptors=y" };
    g_autoptr(Teams) teams = teams_new();

    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        const Actor actor = { .id = (char *)ids[i] };
        g_auto(GStrv) names = NULL;
        g_autoptr(GError) error = NULL;

        assert_fails(read_teams(teams, &actor, &names, &error), error, HADAL_ERROR_INVALID);
    }
}

static int forget(void **fixture)
{
    (void)fixture;
    fake_reset();
    return 0;
}

#define CASE(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(groups_are_named_with_their_project_and_those_that_others_cannot_make_bare),
        CASE(many_groups_are_asked_for_some_at_a_time),
        CASE(groups_are_kept_for_a_while_and_per_person),
        CASE(an_identity_is_in_other_groups_in_another_organisation),
        CASE(what_could_not_be_read_is_not_kept),
        CASE(a_server_is_asked_itself),
        CASE(an_organisation_in_the_base_url_is_named_where_identities_are_too),
        CASE(somebody_without_an_identity_is_never_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
