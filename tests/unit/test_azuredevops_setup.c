// SPDX-License-Identifier: Apache-2.0
/* What setting up decides: which hook is enough, which policy, and what is wrong with it. */
#include "host/azuredevops/examine.h"

#include <string.h>

#include "host/azuredevops/hooks_needed.h"
#include "host/azuredevops/setup.h"
#include "host/azuredevops/status_policy.h"
#include "model/finding.h"
#include "model/setup.h"

#include "test.h"

#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define REPO    "98f0ce59-a912-43d5-96d2-bc0942a03f7b"
#define OTHER   "11111111-a912-43d5-96d2-bc0942a03f7b"
#define BOT     "22157d54-1821-6536-a446-928b06348385"

static const HookPlace place = {
    .project = PROJECT,
    .repo = REPO,
    .url = "https://hadal.example.com",
    .user = "hooks",
};

static const HookNeeded *needed(const char *path)
{
    for (gsize i = 0; i < n_hooks_needed; i++)
        if (g_str_equal(hooks_needed[i].path, path))
            return &hooks_needed[i];
    fail_msg("no %s", path);
    return NULL;
}

/* One that is just as it should be for pushes; a case changes one thing of it. */
static Subscription good(void)
{
    return (Subscription){
        .id = (char *)"",
        .event_type = (char *)"git.pullrequest.updated",
        .version = (char *)"1.0",
        .project = (char *)PROJECT,
        .repo = (char *)REPO,
        .branch = (char *)"",
        .notification = (char *)"PushNotification",
        .url = (char *)"https://hadal.example.com/events/push",
        .user = (char *)"hooks",
        .details = (char *)"all",
    };
}

TEST(each_event_has_a_path_of_its_own_and_words)
{
    for (gsize i = 0; i < n_hooks_needed; i++) {
        assert_true(g_str_has_prefix(hooks_needed[i].path, "/events/"));
        assert_true(*hooks_needed[i].words);
        for (gsize j = 0; j < i; j++)
            assert_string_not_equal(hooks_needed[i].path, hooks_needed[j].path);
    }
    assert_string_equal(needed("/events/comment")->version, "2.0");
}

TEST(a_hook_that_tells_more_is_enough_and_one_that_tells_less_is_not)
{
    static const struct {
        gsize field;
        const char *value;
        bool covers;
    } cases[] = {
        { G_STRUCT_OFFSET(Subscription, notification), "PushNotification", true },
        { G_STRUCT_OFFSET(Subscription, notification), "", true },
        { G_STRUCT_OFFSET(Subscription, notification), "ReviewerVoteNotification", false },
        { G_STRUCT_OFFSET(Subscription, repo), "", true },
        { G_STRUCT_OFFSET(Subscription, repo), OTHER, false },
        { G_STRUCT_OFFSET(Subscription, project), "", true },
        { G_STRUCT_OFFSET(Subscription, project), OTHER, false },
        { G_STRUCT_OFFSET(Subscription, branch), "main", false },
        { G_STRUCT_OFFSET(Subscription, event_type), "git.push", false },
        { G_STRUCT_OFFSET(Subscription, url), "https://hadal.example.com/events", true },
        { G_STRUCT_OFFSET(Subscription, url), "https://hadal.example.com/eventsx", false },
        { G_STRUCT_OFFSET(Subscription, url), "https://other.example.com/events", false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Subscription one = good();

        G_STRUCT_MEMBER(char *, &one, cases[i].field) = (char *)cases[i].value;
        if (hook_covers(needed("/events/push"), &place, &one) != cases[i].covers)
            fail_msg("%u: %s", i, cases[i].value);
    }
}

TEST(a_hook_of_some_authors_alone_is_not_enough)
{
    Subscription one = good();

    one.is_of_people = true;
    assert_false(hook_covers(needed("/events/push"), &place, &one));
}

TEST(a_hook_for_all_changes_is_not_given_by_one_for_pushes)
{
    const Subscription one = good();

    assert_false(hook_covers(needed("/events/updated"), &place, &one));
}

TEST(what_is_wrong_with_a_hook_is_said)
{
    static const struct {
        gsize field;
        const char *value, *trouble;
    } cases[] = {
        { G_STRUCT_OFFSET(Subscription, version), "1.0", NULL },
        { G_STRUCT_OFFSET(Subscription, version), "latest", NULL },
        { G_STRUCT_OFFSET(Subscription, version), "1.0-preview.1", "resource version" },
        { G_STRUCT_OFFSET(Subscription, details), "minimal", "whole" },
        { G_STRUCT_OFFSET(Subscription, user), "", "user \"\"" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Subscription one = good();
        g_autofree char *trouble = NULL;

        G_STRUCT_MEMBER(char *, &one, cases[i].field) = (char *)cases[i].value;
        trouble = hook_trouble(needed("/events/push"), &place, &one);
        if (cases[i].trouble ? !trouble || !strstr(trouble, cases[i].trouble) : trouble != NULL)
            fail_msg("%u: %s", i, trouble);
    }
}

TEST(of_several_hooks_the_sound_one_counts)
{
    Subscription off = good(), on = good(), other = good();
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    off.status = SUBSCRIPTION_OFF_BY_SYSTEM;
    other.repo = (char *)OTHER;
    g_ptr_array_add(all, &other);
    assert_null(hook_find(needed("/events/push"), &place, all));
    g_ptr_array_add(all, &off);
    assert_ptr_equal(hook_find(needed("/events/push"), &place, all), &off);
    g_ptr_array_add(all, &on);
    assert_ptr_equal(hook_find(needed("/events/push"), &place, all), &on);
}

static const StatusPolicy plan = {
    .genre = "Atlantis Bot/atlantis",
    .name = "plan",
    .repo = REPO,
    .ref = "refs/heads/main",
    .is_default = true,
    .author = BOT,
};

/* scope and settings as the service answers them. */
#define POLICY(scope, settings)                                                                    \
    "{\"id\":1,\"isEnabled\":true,\"isBlocking\":true,\"isDeleted\":false,\"settings\":{\"scope\"" \
    ":[" scope "],\"statusGenre\":\"Atlantis Bot/atlantis\"," settings "}}"
#define MAIN \
    "{\"repositoryId\":\"" REPO "\",\"refName\":\"refs/heads/main\",\"matchKind\":\"Exact\"}"
#define PLAN "\"statusName\":\"plan\",\"invalidateOnSourceUpdate\":true,\"authorId\":\"" BOT "\""

static bool is_found(const char *policy)
{
    g_autofree char *text = g_strdup_printf("[%s]", policy);
    json_auto_t *all = json_loads(text, 0, NULL);

    assert_non_null(all);
    return status_policy_find(all, &plan) != NULL;
}

TEST(a_policy_counts_where_its_scope_covers_the_branch)
{
    static const struct {
        const char *policy;
        bool is_found;
    } cases[] = {
        { POLICY(MAIN, PLAN), true },
        { POLICY("{\"repositoryId\":null}", PLAN), true },
        { POLICY("{\"repositoryId\":null,\"matchKind\":\"DefaultBranch\"}", PLAN), true },
        { POLICY("{\"refName\":\"refs/heads/\",\"matchKind\":\"Prefix\"}", PLAN), true },
        { POLICY("{\"refName\":\"refs/heads/ma\",\"matchKind\":\"Prefix\"}", PLAN), false },
        { POLICY("{\"refName\":\"refs/heads/release\",\"matchKind\":\"Exact\"}", PLAN), false },
        { POLICY("{\"repositoryId\":\"" OTHER "\",\"refName\":\"refs/heads/main\"}", PLAN), false },
        { POLICY(MAIN, "\"statusName\":\"apply\""), false },
        { POLICY("", PLAN), false },
        { "null", false },
        { "{\"isDeleted\":true,\"settings\":{\"scope\":[" MAIN "],\"statusGenre\":"
          "\"Atlantis Bot/atlantis\",\"statusName\":\"plan\"}}",
          false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        if (is_found(cases[i].policy) != cases[i].is_found)
            fail_msg("%u: %s", i, cases[i].policy);
}

#define ALL_BRANCHES "{\"refName\":\"refs/heads/\",\"matchKind\":\"Prefix\"}"
#define OPTIONAL     "{\"id\":2,\"isEnabled\":true,\"isBlocking\":false,\"settings\":{\"scope\":["
#define OLD_STATUS   "\"statusName\":\"plan\",\"authorId\":\"" BOT "\""

/* Place in the list of the one that is found; -1: none. */
static int found_at(const char *policies)
{
    g_autofree char *text = g_strdup_printf("[%s]", policies);
    json_auto_t *all = json_loads(text, 0, NULL);
    const json_t *found = status_policy_find(all, &plan);

    assert_non_null(all);
    for (size_t i = 0; i < json_array_size(all); i++)
        if (json_array_get(all, i) == found)
            return (int)i;
    return -1;
}

TEST(of_several_policies_the_sound_one_counts_and_a_wider_one_is_not_touched)
{
    static const char wide_optional[] =
        OPTIONAL ALL_BRANCHES "],\"statusGenre\":\"Atlantis Bot/atlantis\"," PLAN "}}";
    static const struct {
        const char *first, *second;
        int found;
    } cases[] = {
        { wide_optional, POLICY(MAIN, PLAN), 1 },
        { wide_optional, POLICY(MAIN, OLD_STATUS), 1 },
        { POLICY(MAIN, OLD_STATUS), wide_optional, 0 },
        { POLICY(MAIN, OLD_STATUS), POLICY(ALL_BRANCHES, OLD_STATUS), 0 },
        { POLICY(ALL_BRANCHES, OLD_STATUS), POLICY(MAIN, OLD_STATUS), 1 },
        { wide_optional, "null", -1 },
        { POLICY(ALL_BRANCHES, OLD_STATUS), "null", 0 }, /* it would block for ever */
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *both = g_strdup_printf("%s,%s", cases[i].first, cases[i].second);

        if (found_at(both) != cases[i].found)
            fail_msg("%u: %d", i, found_at(both));
    }
}

TEST(what_is_wrong_with_a_policy_is_said)
{
    static const struct {
        const char *policy, *trouble;
    } cases[] = {
        { POLICY(MAIN, PLAN), NULL },
        { POLICY(MAIN, "\"statusName\":\"plan\",\"authorId\":\"" BOT "\""), "old status" },
        { POLICY(MAIN, "\"statusName\":\"plan\",\"invalidateOnSourceUpdate\":true"), "anybody" },
        { POLICY(MAIN, "\"invalidateOnSourceUpdate\":true,\"authorId\":\"" OTHER "\""),
          "another account" },
        { "{\"isEnabled\":false}", "switched off" },
        { "{\"isEnabled\":true,\"isBlocking\":false}", "optional" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_auto_t *policy = json_loads(cases[i].policy, 0, NULL);
        g_autofree char *trouble = status_policy_trouble(policy, &plan);

        if (cases[i].trouble ? !trouble || !strstr(trouble, cases[i].trouble) : trouble != NULL)
            fail_msg("%u: %s", i, trouble);
    }
}

TEST(what_the_service_would_refuse_for_each_hook_is_refused_first)
{
    g_autoptr(Site) service = site_open("https://dev.azure.com", NULL);
    g_autoptr(Site) server = site_open("https://tfs.example.com/tfs", NULL);
    g_autofree char *longest = g_strnfill(256, 'x'), *longer = g_strnfill(257, 'x');
    g_autoptr(GError) password = NULL, url = NULL;

    assert_true(setup_check_password(longest, NULL));
    assert_fails(setup_check_password(longer, &password), password, HADAL_ERROR_INVALID);
    assert_true(setup_check_url(service, "HTTPS://hadal.example.com", NULL));
    assert_true(setup_check_url(server, "http://hadal.example.com", NULL));
    assert_fails(setup_check_url(service, "http://hadal.example.com", &url), url,
                 HADAL_ERROR_INVALID);
}

TEST(an_organisation_is_named_once)
{
    static const struct {
        const char *base, *name, *collection;
    } cases[] = {
        { "https://dev.azure.com", "fabrikam", "fabrikam" },
        { "https://dev.azure.com/fabrikam", "Fabrikam", "" },
        { "https://dev.azure.com/fabrikam", NULL, "" },
        { "https://fabrikam.visualstudio.com", "fabrikam", "" },
        { "https://tfs.example.com/tfs", "Default Collection", "Default%20Collection" },
        { "https://dev.azure.com", NULL, NULL },
        { "https://dev.azure.com/fabrikam", "contoso", NULL },
        { "https://dev.azure.com", "a/b", NULL },
        { "https://dev.azure.com", "..", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Site) site = site_open(cases[i].base, NULL);
        g_autofree char *found = site_named_collection(site, cases[i].name, NULL);

        if (g_strcmp0(found, cases[i].collection) != 0)
            fail_msg("%u: %s", i, found);
    }
}

static char *collections_of(const char *base, const char *const *allowlist,
                            const char *const *locators, bool has_own)
{
    static const HostOrganization own = { .name = "Contoso", .credential.token = "t" };
    g_autoptr(Site) site = site_open(base, NULL);
    g_autoptr(Keyring) keyring = keyring_open(
        &(HostSpec){ .organizations = &own, .n_organizations = has_own ? 1 : 0 }, site, NULL);
    const HostExam exam = { .url = "https://x", .allowlist = allowlist, .locators = locators };
    g_autoptr(GPtrArray) found = examine_collections(site, keyring, &exam);

    g_ptr_array_add(found, NULL);
    return g_strjoinv(" ", (char **)found->pdata);
}

#define LOCATOR(collection) collection "/" PROJECT "/" REPO

TEST(organisations_are_those_of_events_and_of_the_allowlist)
{
    static const struct {
        const char *base;
        const char *allowlist[3], *locators[3], *found;
    } cases[] = {
        { "https://dev.azure.com", { "dev.azure.com/fabrikam/*" }, { NULL }, "fabrikam" },
        { "https://dev.azure.com",
          { "dev.azure.com/fabrikam/One/*", "dev.azure.com/Contoso/*" },
          { LOCATOR("FABRIKAM"), "broken" },
          "FABRIKAM Contoso" },
        { "https://dev.azure.com", { "*", "dev.azure.com/*" }, { NULL }, "" },
        { "https://dev.azure.com", { "*/fabrikam/*", "dev.azure.com/fab*/x" }, { NULL }, "" },
        { "https://dev.azure.com/fabrikam", { "dev.azure.com/contoso/*" }, { NULL }, "" },
        { "https://tfs.example.com/tfs/Two", { "*" }, { PROJECT "/" REPO }, "" },
        { "https://tfs.example.com/tfs", { "*" }, { LOCATOR("Two"), LOCATOR("One") }, "Two One" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found =
            collections_of(cases[i].base, cases[i].allowlist, cases[i].locators, false);

        if (!g_str_equal(found, cases[i].found))
            fail_msg("%u: \"%s\"", i, found);
    }
}

TEST(organisations_with_a_credential_of_their_own_are_among_them_once)
{
    static const char *const allowlist[] = { "*", NULL };
    static const char *const two[] = { LOCATOR("Two"), NULL };
    static const char *const contoso[] = { LOCATOR("contoso"), NULL };
    g_autofree char *beside = collections_of("https://dev.azure.com", allowlist, two, true);
    g_autofree char *once = collections_of("https://dev.azure.com", allowlist, contoso, true);

    assert_string_equal(beside, "Two Contoso");
    assert_string_equal(once, "contoso");
}

TEST(every_finding_has_a_name)
{
    for (int i = 0; i < FINDING_STATES; i++)
        assert_true(*finding_state_name((FindingState)i));
}

TEST(every_state_has_a_name_and_what_failed_is_still_to_do)
{
    for (int i = 0; i < SETUP_STATES; i++)
        assert_true(*setup_state_name((SetupState)i));
    assert_true(setup_state_is_open(SETUP_MISSING) && setup_state_is_open(SETUP_DIFFERENT) &&
                setup_state_is_open(SETUP_FAILED));
    assert_false(setup_state_is_open(SETUP_HAVE) || setup_state_is_open(SETUP_MADE) ||
                 setup_state_is_open(SETUP_CHANGED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_has_a_path_of_its_own_and_words),
        cmocka_unit_test(a_hook_that_tells_more_is_enough_and_one_that_tells_less_is_not),
        cmocka_unit_test(a_hook_of_some_authors_alone_is_not_enough),
        cmocka_unit_test(a_hook_for_all_changes_is_not_given_by_one_for_pushes),
        cmocka_unit_test(what_is_wrong_with_a_hook_is_said),
        cmocka_unit_test(of_several_hooks_the_sound_one_counts),
        cmocka_unit_test(a_policy_counts_where_its_scope_covers_the_branch),
        cmocka_unit_test(what_is_wrong_with_a_policy_is_said),
        cmocka_unit_test(of_several_policies_the_sound_one_counts_and_a_wider_one_is_not_touched),
        cmocka_unit_test(what_the_service_would_refuse_for_each_hook_is_refused_first),
        cmocka_unit_test(an_organisation_is_named_once),
        cmocka_unit_test(organisations_are_those_of_events_and_of_the_allowlist),
        cmocka_unit_test(organisations_with_a_credential_of_their_own_are_among_them_once),
        cmocka_unit_test(every_finding_has_a_name),
        cmocka_unit_test(every_state_has_a_name_and_what_failed_is_still_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
