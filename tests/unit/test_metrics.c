// SPDX-License-Identifier: Apache-2.0
#include "web/metrics.h"

#include <string.h>

#include "page.h"
#include "sys/js.h"
#include "test.h"

static CredentialState first = { .ends = 1800000000999, .token_ends = 1700000000000 };
static CredentialState second = { .organization = (char *)"a\"b\\c\nd", .ends = 1900000000000 };
static CredentialState endless = { .organization = (char *)"other" };

static GPtrArray *credentials_of(CredentialState **states)
{
    GPtrArray *all = g_ptr_array_new();

    for (; *states; states++)
        g_ptr_array_add(all, *states);
    return all;
}

static json_t *findings_of(const char *text)
{
    return js_parse(text, strlen(text), NULL);
}

static void assert_has(const char *page, const char *line)
{
    g_autofree char *whole = g_strconcat("\n", line, "\n", NULL);

    if (!strstr(page, whole))
        fail_msg("\"%s\" is not on the page:\n%s", line, page);
}

TEST(each_fact_is_a_line_with_its_labels)
{
    g_auto(Facts) facts = {
        .counts = { .queued = 3, .running = 2, .waiting_posts = 1 },
        .last_event_ms = 1764000000123,
        .credentials = credentials_of((CredentialState *[]){ &first, &second, &endless, NULL }),
        .findings = findings_of("{\"checked_at\":1764000001000,\"problems\":["
                                "{\"check\":\"host\"},{\"check\":\"disk\"},{\"check\":\"host\"}]}"),
        .plugins = { .bytes = 0, .limit = 1 << 20 },
        .repositories = { .bytes = 42 },
    };
    g_autofree char *page = metrics_print(&facts, "hadal");

    assert_has(page, "hadal_info{version=\"" HADAL_VERSION "\"} 1");
    assert_has(page, "# TYPE hadal_queued_commands gauge");
    assert_has(page, "hadal_queued_commands 3");
    assert_has(page, "hadal_running_commands 2");
    assert_has(page, "hadal_waiting_posts 1");
    assert_has(page, "hadal_shutting_down 0");
    assert_has(page, "hadal_last_event_timestamp_seconds 1764000000");
    assert_has(page, "hadal_checked_timestamp_seconds 1764000001");
    assert_has(page, "hadal_problems{check=\"host\"} 2");
    assert_has(page, "hadal_problems{check=\"disk\"} 1");
    assert_has(page, "hadal_problems{check=\"credential\"} 0");
    assert_has(page, "hadal_credential_end_timestamp_seconds{organization=\"\"} 1800000000");
    assert_has(page, "hadal_credential_end_timestamp_seconds{organization=\"a\\\"b\\\\c\\nd\"} "
                     "1900000000");
    assert_has(page, "hadal_token_end_timestamp_seconds{organization=\"\"} 1700000000");
    assert_has(page, "hadal_cache_bytes{cache=\"plugins\"} 0");
    assert_has(page, "hadal_cache_bytes{cache=\"repositories\"} 42");
    assert_has(page, "hadal_cache_limit_bytes{cache=\"plugins\"} 1048576");
    assert_null(strstr(page, "other"));
    assert_null(strstr(page, "hadal_cache_limit_bytes{cache=\"repositories\"}"));
}

TEST(what_is_not_known_has_no_line)
{
    g_auto(Facts) facts = {
        .credentials = credentials_of((CredentialState *[]){ NULL }),
        .plugins.bytes = -1,
        .repositories.bytes = -1,
    };
    g_autofree char *page = metrics_print(&facts, "atlantis");

    assert_null(strstr(page, "\natlantis_last_event_timestamp_seconds "));
    assert_null(strstr(page, "\natlantis_checked_timestamp_seconds "));
    assert_null(strstr(page, "\natlantis_problems{"));
    assert_null(strstr(page, "\natlantis_cache_bytes{"));
    assert_null(strstr(page, "_timestamp_seconds{"));
}

TEST(the_reference_is_what_the_table_says)
{
    assert_page_is_fresh("docs/reference/metrics.md", metrics_reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fact_is_a_line_with_its_labels),
        cmocka_unit_test(what_is_not_known_has_no_line),
        cmocka_unit_test(the_reference_is_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
