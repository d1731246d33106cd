// SPDX-License-Identifier: Apache-2.0
#include "sys/js.h"

#include <string.h>

#include "test.h"

static json_t *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    json_t *json = js_parse(text, strlen(text), &error);

    assert_ok(json, error);
    return json;
}

TEST(broken_text_enters_a_document_repaired)
{
    json_auto_t *object = json_object();
    g_autofree char *text = NULL;

    js_set(object, "a", "x\xff");
    js_set(object, "b", NULL);
    js_set(js_set_object(object, "c"), "d", "\"");
    text = js_print(object);
    assert_string_equal(text, "{\"a\":\"x\xef\xbf\xbd\",\"c\":{\"d\":\"\\\"\"}}");
}

TEST(values_of_another_type_are_the_fallback)
{
    json_auto_t *json =
        parse("{\"s\":\"x\",\"n\":7,\"r\":7.5,\"w\":7e2,\"h\":1e300,\"b\":true,\"o\":{}}");

    assert_string_equal(js_get(json, "s", "-"), "x");
    assert_string_equal(js_get(json, "n", "-"), "-");
    assert_string_equal(js_get(json, "missing", "-"), "-");
    assert_string_equal(js_get(NULL, "s", "-"), "-");
    assert_int_equal(js_get_int(json, "n", -1), 7);
    assert_int_equal(js_get_int(json, "w", -1), 700);
    assert_int_equal(js_get_int(json, "r", -1), -1);
    assert_int_equal(js_get_int(json, "h", -1), -1);
    assert_int_equal(js_get_int(json, "s", -1), -1);
    assert_int_equal(js_get_int(NULL, "n", -1), -1);
    assert_true(js_get_bool(json, "b", false));
    assert_true(js_get_bool(json, "n", true));
    assert_false(js_get_bool(json, "missing", false));
}

TEST(a_path_leads_through_objects_only)
{
    json_auto_t *json = parse("{\"a\":{\"b\":{\"c\":\"x\"},\"l\":[1]}}");

    assert_string_equal(json_string_value(js_path(json, "a.b.c")), "x");
    assert_true(json_is_object(js_path(json, "a")));
    assert_null(js_path(json, "a.b.x"));
    assert_null(js_path(json, "a.b.c.d"));
    assert_null(js_path(json, "a.l.0"));
    assert_null(js_path(NULL, "a"));
}

TEST(a_byte_order_mark_is_skipped)
{
    json_auto_t *json = parse("\xef\xbb\xbf{\"a\":1}");

    assert_int_equal(js_get_int(json, "a", 0), 1);
}

TEST(of_a_key_that_is_there_twice_the_last_one_counts)
{
    json_auto_t *json = parse("{\"a\":1,\"a\":2}");

    assert_int_equal(js_get_int(json, "a", 0), 2);
}

TEST(a_number_too_large_does_not_make_a_document_unreadable)
{
    json_auto_t *json = parse("{\"big\":123456789012345678901234567890,\"id\":42}");

    assert_true(json_is_real(js_path(json, "big")));
    assert_int_equal(js_get_int(json, "id", 0), 42);
}

TEST(what_is_not_json_is_refused_with_its_place)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "not JSON: 1:0: '[' or '{' expected near end of file" },
        { "{\"a\":\n  x}", "not JSON: 2:3: invalid token near 'x'" },
        { "{} {}", "not JSON: 1:4: end of file expected near '{'" },
        { "{\"a\":1e400}", "not JSON: 1:10: real number overflow near '1e400'" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        const char *text = cases[i].text;

        assert_fails(js_parse(text, strlen(text), &error), error, HADAL_ERROR_INVALID);
        assert_string_equal(error->message, cases[i].message);
    }
}

TEST(bytes_that_are_not_utf8_are_refused)
{
    g_autoptr(GError) error = NULL;

    assert_fails(js_parse("{\"a\":\"\xff\"}", 9, &error), error, HADAL_ERROR_INVALID);
}

TEST(I8_a_document_nested_too_deeply_is_refused)
{
    g_autofree char *deep = g_strnfill(100000, '[');
    g_autoptr(GError) error = NULL;

    assert_fails(js_parse(deep, strlen(deep), &error), error, HADAL_ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_text_enters_a_document_repaired),
        cmocka_unit_test(values_of_another_type_are_the_fallback),
        cmocka_unit_test(a_path_leads_through_objects_only),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(of_a_key_that_is_there_twice_the_last_one_counts),
        cmocka_unit_test(a_number_too_large_does_not_make_a_document_unreadable),
        cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
        cmocka_unit_test(I8_a_document_nested_too_deeply_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
