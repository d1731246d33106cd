// SPDX-License-Identifier: Apache-2.0
#include "base/markdown.h"

#include <string.h>

#include "test.h"

typedef struct _Case Case;
struct _Case {
    const char *text, *markdown;
};

static void check(const Case *cases, gsize count, void (*append)(GString *, const char *))
{
    for (gsize i = 0; i < count; i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        append(out, cases[i].text);
        assert_string_equal(out->str, cases[i].markdown);
    }
}

TEST(a_fence_is_longer_than_any_run_of_back_ticks_inside)
{
    static const Case cases[] = {
        { "", "```" },
        { "a ` b", "```" },
        { "```diff\n```", "````" },
        { "x `````y", "``````" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *fence = markdown_fence_for(cases[i].text);

        assert_string_equal(fence, cases[i].markdown);
    }
}

TEST(a_block_ends_on_a_line_of_its_own)
{
    static const Case cases[] = {
        { "a", "```diff\na\n```\n" },
        { "a\n", "```diff\na\n```\n" },
        { "", "```diff\n```\n" },
        { "```\n</details>", "````diff\n```\n</details>\n````\n" },
        { "\xff", "```diff\n\xef\xbf\xbd\n```\n" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        markdown_append_block(out, "diff", cases[i].text);
        assert_string_equal(out->str, cases[i].markdown);
    }
}

TEST(endless_runs_of_back_ticks_do_not_make_endless_fences)
{
    g_autofree char *run = g_strnfill(100000, '`');
    g_autoptr(GString) out = g_string_new(NULL);

    markdown_append_block(out, "", run);

    assert_true(out->len < 200);
    assert_non_null(strstr(out->str, "…"));
}

TEST(a_code_span_holds_everything_on_one_line)
{
    static const Case cases[] = {
        { "network", "`network`" },
        { "<b>&amp;*x*</b>", "`<b>&amp;*x*</b>`" },
        { "a`b", "`` a`b ``" },
        { "``", "``` `` ```" },
        { "two\nlines\r\n", "`two lines  `" },
        { " x", "`  x `" },
        { "", "`  `" },
    };

    check(cases, G_N_ELEMENTS(cases), markdown_append_code);
}

TEST(words_are_not_markup_except_for_code)
{
    static const Case cases[] = {
        { "plain words, nothing else (really).", "plain words, nothing else (really)." },
        { "<img src=x onerror=y>", "\\<img src=x onerror=y\\>" },
        { "[a](b) ![c](d)", "\\[a\\](b) \\!\\[c\\](d)" },
        { "@<GUID> #12 !13 &amp;", "\\@\\<GUID\\> \\#12 \\!13 \\&amp;" },
        { "**b** _i_ ~~s~~ | $x$", "\\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ \\| \\$x\\$" },
        { "back\\slash", "back\\\\slash" },
        { "run `atlantis plan -- -var='<x>'` now", "run `atlantis plan -- -var='<x>'` now" },
        { "``a ` <b>`` <c>", "``a ` <b>`` \\<c\\>" },
        { "a lone ` and <b>", "a lone \\` and \\<b\\>" },
        { "`` uneven ` <b>", "\\`\\` uneven \\` \\<b\\>" },
        { "- a list", "\\- a list" },
        { "12. a list", "12\\. a list" },
        { "12 of 13", "12 of 13" },
        { "12", "12" },
        { "# heading", "\\# heading" },
        { "```\n<b>", "\\`\\`\\`\n\n\\<b\\>" },
        { "  one\r\n\n    two  ", "one\n\ntwo" },
        { "", "" },
    };

    check(cases, G_N_ELEMENTS(cases), markdown_append_text);
}

TEST(only_addresses_of_pages_become_links)
{
    static const Case cases[] = {
        { "https://dev.azure.com/o/p/_git/r/pullrequest/1",
          "[!1](https://dev.azure.com/o/p/_git/r/pullrequest/1)" },
        { "http://host:8080/a%20b?x=1#y", "[!1](http://host:8080/a%20b?x=1#y)" },
        { "https://h/a) [x](javascript:y", "[!1](https://h/a%29%20%5Bx%5D%28javascript:y)" },
        { "https://h/a b<c>\"\n", "[!1](https://h/a%20b%3Cc%3E%22%0A)" },
        { "javascript:alert(1)", "!1" },
        { "", "!1" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        markdown_append_link(out, "!1", cases[i].text);
        assert_string_equal(out->str, cases[i].markdown);
    }
}

TEST(no_address_is_no_link)
{
    g_autoptr(GString) out = g_string_new(NULL);

    markdown_append_link(out, "!1", NULL);

    assert_string_equal(out->str, "!1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fence_is_longer_than_any_run_of_back_ticks_inside),
        cmocka_unit_test(a_block_ends_on_a_line_of_its_own),
        cmocka_unit_test(endless_runs_of_back_ticks_do_not_make_endless_fences),
        cmocka_unit_test(a_code_span_holds_everything_on_one_line),
        cmocka_unit_test(words_are_not_markup_except_for_code),
        cmocka_unit_test(only_addresses_of_pages_become_links),
        cmocka_unit_test(no_address_is_no_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
