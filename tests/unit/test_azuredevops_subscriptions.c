// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/subscriptions.h"

#include "sys/js.h"

#include "test.h"

#include "fake_http.h"

#define ID      "d455cb11-20a0-4b15-b546-7e9fb9973cc6"
#define PROJECT "068d2409-14eb-4d8a-88bf-c8a9e7f5b4e2"
#define HOOKS   "https://dev.azure.com/fabrikam/_apis/hooks/"

/* As the service answers, without what is not looked at. */
#define SUBSCRIPTION(status)                                                                       \
    "{\"id\":\"D455CB11-20a0-4b15-b546-7e9fb9973cc6\",\"status\":\"" status "\","                  \
    "\"publisherId\":\"tfs\",\"eventType\":\"git.pullrequest.updated\",\"resourceVersion\":"       \
    "\"1.0\",\"consumerId\":\"webHooks\",\"consumerActionId\":\"httpRequest\",\"probationRetries"  \
    "\":1,\"publisherInputs\":{\"branch\":\"\",\"projectId\":\"068D2409-14eb-4d8a-88bf-"           \
    "c8a9e7f5b4e2\",\"pullrequestCreatedBy\":\"\",\"repository\":\"\",\"notificationType\":"       \
    "\"PushNotification\"},\"consumerInputs\":{\"url\":\"https://hadal.example.com/events/push\"," \
    "\"basicAuthUsername\":\"hooks\",\"basicAuthPassword\":\"********\"}}"

static gint64 retry_after;

static Site *site(void)
{
    return site_open("https://dev.azure.com", NULL);
}

static Rest *rest(void)
{
    return rest_new(&(RestSpec){ .timeout_ms = 1, .retry_after_ms = &retry_after });
}

static Subscription *parse(const char *text)
{
    json_auto_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    return subscription_parse(json);
}

TEST(what_the_service_says_of_a_subscription_is_understood)
{
    g_autoptr(Subscription) one = parse(SUBSCRIPTION("onProbation"));

    assert_string_equal(one->id, ID);
    assert_int_equal(one->status, SUBSCRIPTION_ON_PROBATION);
    assert_string_equal(one->event_type, "git.pullrequest.updated");
    assert_string_equal(one->version, "1.0");
    assert_string_equal(one->project, PROJECT);
    assert_string_equal(one->repo, "");
    assert_string_equal(one->branch, "");
    assert_string_equal(one->notification, "PushNotification");
    assert_false(one->is_of_people);
    assert_string_equal(one->user, "hooks");
    assert_string_equal(one->details, "all");
}

TEST(every_status_has_words_and_an_unknown_one_is_no_guess)
{
    static const struct {
        const char *json;
        SubscriptionStatus status;
    } cases[] = {
        { SUBSCRIPTION("enabled"), SUBSCRIPTION_ENABLED },
        { SUBSCRIPTION("disabledBySystem"), SUBSCRIPTION_OFF_BY_SYSTEM },
        { SUBSCRIPTION("disabledByUser"), SUBSCRIPTION_OFF_BY_USER },
        { SUBSCRIPTION("disabledByInactiveIdentity"), SUBSCRIPTION_OFF_WITHOUT_OWNER },
        { SUBSCRIPTION("asleep"), SUBSCRIPTION_UNKNOWN },
        { SUBSCRIPTION(""), SUBSCRIPTION_UNKNOWN },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Subscription) one = parse(cases[i].json);

        assert_int_equal(one->status, cases[i].status);
        assert_true(*subscription_status_words(one->status));
    }
}

TEST(what_is_no_web_hook_is_none_of_ours)
{
    static const char *const cases[] = {
        "{}",
        "[]",
        "{\"id\":\"1\",\"consumerId\":\"webHooks\",\"consumerInputs\":{\"url\":\"https://x\"}}",
        "{\"id\":\"" ID "\",\"consumerId\":\"slack\",\"consumerInputs\":{\"url\":\"https://x\"}}",
        "{\"id\":\"" ID "\",\"consumerId\":\"webHooks\",\"consumerInputs\":{}}",
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_null(parse(cases[i]));
}

TEST(where_it_sends_to_is_compared_by_whole_parts_of_the_path)
{
    g_autoptr(Subscription) one = parse(SUBSCRIPTION("enabled"));

    assert_true(subscription_sends_to(one, "https://hadal.example.com/events/push"));
    assert_true(subscription_sends_to(one, "https://HADAL.example.com/events"));
    assert_false(subscription_sends_to(one, "https://hadal.example.com/event"));
    assert_false(subscription_sends_to(one, "https://hadal.example.com/events/push/more"));
    assert_false(subscription_sends_to(one, "https://other.example.com/events"));
}

TEST(the_list_leaves_out_what_it_does_not_understand)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"count\":2,\"value\":[" SUBSCRIPTION("enabled") ",null,{}]}");
    list = subscriptions_list(&(Ctx){ 0 }, calls, where, "fabrikam", &error);

    assert_ok(list, error);
    assert_int_equal(list->len, 1);
    assert_string_equal(fake.requests[0], "GET " HOOKS "subscriptions?api-version=7.1&publisherId="
                                          "tfs&consumerId=webHooks&consumerActionId=httpRequest");
}

static const SubscriptionSpec push = {
    .event_type = "git.pullrequest.updated",
    .version = "1.0",
    .notification = "PushNotification",
    .project = PROJECT,
    .repo = "",
    .url = "https://hadal.example.com/events/push",
    .user = "hooks",
    .password = "secret",
};

TEST(a_new_one_asks_for_whole_events_and_basic_authentication)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    g_autoptr(GError) error = NULL;
    json_auto_t *sent = NULL;

    fake_answer(200, SUBSCRIPTION("enabled"));
    assert_ok(subscription_create(&(Ctx){ 0 }, calls, where, "fabrikam", &push, &error), error);

    assert_string_equal(fake.requests[0], "POST " HOOKS "subscriptions?api-version=7.1");
    sent = json_loads(fake.bodies[0], 0, NULL);
    assert_string_equal(js_get(sent, "resourceVersion", ""), "1.0");
    assert_string_equal(json_string_value(js_path(sent, "publisherInputs.notificationType")),
                        "PushNotification");
    assert_string_equal(json_string_value(js_path(sent, "consumerInputs.basicAuthPassword")),
                        "secret");
    assert_string_equal(json_string_value(js_path(sent, "consumerInputs.resourceDetailsToSend")),
                        "all");
}

TEST(a_repair_sends_all_there_was_with_the_password_and_enabled)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    g_autoptr(Subscription) old = parse(SUBSCRIPTION("disabledBySystem"));
    const SubscriptionRepair repair = { .user = "hooks", .password = "new", .version = "2.0" };
    g_autoptr(GError) error = NULL;
    json_auto_t *sent = NULL;

    fake_answer(200, SUBSCRIPTION("enabled"));
    assert_ok(subscription_repair(&(Ctx){ 0 }, calls, where, "fabrikam", old, &repair, &error),
              error);

    assert_string_equal(fake.requests[0], "PUT " HOOKS "subscriptions/" ID "?api-version=7.1");
    sent = json_loads(fake.bodies[0], 0, NULL);
    assert_string_equal(js_get(sent, "status", ""), "enabled");
    assert_string_equal(js_get(sent, "resourceVersion", ""), "2.0");
    assert_string_equal(js_get(sent, "eventType", ""), "git.pullrequest.updated");
    assert_string_equal(json_string_value(js_path(sent, "publisherInputs.notificationType")),
                        "PushNotification");
    assert_string_equal(json_string_value(js_path(sent, "consumerInputs.basicAuthPassword")),
                        "new");
    assert_string_equal(json_string_value(js_path(sent, "consumerInputs.url")),
                        "https://hadal.example.com/events/push");
}

TEST(failed_deliveries_come_with_their_events)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    const NotificationQuery query = { .subscription = ID, .result = "failed", .max = 1 };
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GError) error = NULL;
    const Notification *one;

    fake_answer(200, "{\"count\":2,\"value\":[{\"id\":7,\"result\":\"failed\",\"createdDate\":"
                     "\"2026-01-02T03:04:05Z\",\"details\":{\"eventType\":\"git.push\",\"event\":{"
                     "\"id\":\"e\"},\"errorMessage\":\"Not\\u001bFound\"}},{\"id\":8}]}");
    list = subscription_notifications(&(Ctx){ 0 }, calls, where, "fabrikam", &query, &error);

    assert_ok(list, error);
    assert_int_equal(list->len, 1);
    one = list->pdata[0];
    assert_int_equal(one->id, 7);
    assert_string_equal(one->result, "failed");
    assert_string_equal(one->event_type, "git.push");
    assert_string_equal(one->event, "{\"id\":\"e\"}");
    assert_string_equal(one->trouble, "Not Found");
    assert_string_equal(fake.requests[0], "GET " HOOKS "subscriptions/" ID "/notifications?"
                                          "api-version=7.1&maxResults=1&result=failed");
}

TEST(one_delivery_may_not_say_what_it_sent)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    g_autoptr(Notification) one = NULL;
    g_autoptr(GError) error = NULL;

    fake_answer(200, "{\"id\":8,\"result\":\"succeeded\"}");
    one = subscription_notification(&(Ctx){ 0 }, calls, where, "fabrikam", ID, 8, &error);

    assert_ok(one, error);
    assert_null(one->event);
    assert_string_equal(fake.requests[0],
                        "GET " HOOKS "subscriptions/" ID "/notifications/8?api-version=7.1");
}

TEST(a_test_says_what_to_send_and_where)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    g_autoptr(Notification) one = NULL;
    g_autoptr(GError) error = NULL;
    json_auto_t *sent = NULL;

    fake_answer(200, "{\"id\":-1,\"status\":\"queued\"}");
    one = subscription_test(&(Ctx){ 0 }, calls, where, "fabrikam", &push, &error);

    assert_ok(one, error);
    assert_string_equal(one->result, "pending");
    assert_string_equal(fake.requests[0], "POST " HOOKS "testnotifications?api-version=7.1");
    sent = json_loads(fake.bodies[0], 0, NULL);
    assert_string_equal(json_string_value(js_path(sent, "details.eventType")),
                        "git.pullrequest.updated");
    assert_string_equal(json_string_value(js_path(sent, "details.consumerInputs.url")),
                        "https://hadal.example.com/events/push");
}

TEST(an_answer_that_is_no_delivery_is_an_error)
{
    g_autoptr(Site) where = site();
    g_autoptr(Rest) calls = rest();
    g_autoptr(GError) error = NULL;

    fake_answer(200, "[]");
    assert_fails(subscription_test(&(Ctx){ 0 }, calls, where, "fabrikam", &push, &error), error,
                 HADAL_ERROR_RETRY);
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
        CASE(what_the_service_says_of_a_subscription_is_understood),
        CASE(every_status_has_words_and_an_unknown_one_is_no_guess),
        CASE(what_is_no_web_hook_is_none_of_ours),
        CASE(where_it_sends_to_is_compared_by_whole_parts_of_the_path),
        CASE(the_list_leaves_out_what_it_does_not_understand),
        CASE(a_new_one_asks_for_whole_events_and_basic_authentication),
        CASE(a_repair_sends_all_there_was_with_the_password_and_enabled),
        CASE(failed_deliveries_come_with_their_events),
        CASE(one_delivery_may_not_say_what_it_sent),
        CASE(a_test_says_what_to_send_and_where),
        CASE(an_answer_that_is_no_delivery_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
