// SPDX-License-Identifier: Apache-2.0
#include "render/diff.h"

#include <string.h>

#include "golden.h"
#include "test.h"

static void check(const char *text, const char *want)
{
    g_autofree char *marked = diff_mark(text);
    g_autofree char *again = diff_mark(marked);

    assert_string_equal(marked, want);
    assert_string_equal(again, marked);
}

TEST(markers_move_to_the_first_column_and_the_rest_stays)
{
    check("      + ami = \"x\"\n", "+       ami = \"x\"\n");
    check("      - ami = \"x\" -> null\n", "-       ami = \"x\" -> null\n");
    check("  + resource \"aws_vpc\" \"a\" {\n    }\n", "+   resource \"aws_vpc\" \"a\" {\n    }\n");
}

TEST(a_tilde_becomes_an_exclamation_mark)
{
    check("      ~ size = 1 -> 2", "!       size = 1 -> 2");
    check("  ~ resource \"a\" \"b\" {", "!   resource \"a\" \"b\" {");
    check("~ resource \"a\" \"b\" {", "! resource \"a\" \"b\" {");
}

TEST(markers_of_more_than_one_sign_move_whole)
{
    check("-/+ resource \"a\" \"b\" {", "-/+ resource \"a\" \"b\" {");
    check("+/- resource \"a\" \"b\" {", "+/- resource \"a\" \"b\" {");
    check(" <= data \"a\" \"b\" {", "<=  data \"a\" \"b\" {");
    check("  -/+ resource \"a\" \"b\" {", "-/+   resource \"a\" \"b\" {");
}

TEST(every_shape_of_a_changed_line_is_known)
{
    static const char *const shapes[] = {
        "a = 1",
        "a    = \"long\"",
        "a.b-c_d = 1",
        "a {",
        "a = [",
        "a -> b",
        "id (known after apply)",
        "\"key with blank\" = \"v\"",
        "\"quoted \\\" inside\" = 1",
        "\"element\",",
        "\"element\"",
        "\"a\" -> \"b\",",
        "\"element # with a hash\",",
        "80,",
        "-1.5e3,",
        "1 -> 2,",
        "true,",
        "null",
        "(known after apply),",
        "(sensitive value)",
        "{",
        "},",
        "jsonencode(",
        "a = 1 # forces replacement",
        "{ # forces replacement",
        "\"x\", # forces replacement",
        "jsonencode( # whitespace changes",
        "module \"a\" {",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autofree char *text = g_strdup_printf("    + %s", shapes[i]);
        g_autofree char *want = g_strdup_printf("+     %s", shapes[i]);

        check(text, want);
    }
}

TEST(text_that_is_not_a_plan_keeps_its_place)
{
    static const char *const texts[] = {
        "",
        "\n\n",
        "  - an item of prose",
        "  - see \"x\" for more",
        "    - name: web",
        "      - hashicorp/aws: version 5",
        "  + 3 more things",
        "  # (3 unchanged attributes hidden)",
        "  # aws_vpc.a will be created",
        "    a = 1",
        "    }",
        "Plan: 1 to add, 0 to change, 0 to destroy.",
        "- Installing hashicorp/aws v5.0.0...",
        "  -",
        "  - ",
        "  --- a",
        "  + +",
        "no newline at the end",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        check(texts[i], texts[i]);
}

TEST(text_blocks_keep_their_lines)
{
    check("      + a = <<-EOT\n"
          "            + x = 1\n"
          "              - y = 2\n"
          "        EOT\n"
          "      + b = 1\n",
          "+       a = <<-EOT\n"
          "            + x = 1\n"
          "              - y = 2\n"
          "        EOT\n"
          "+       b = 1\n");
    check("        a = <<-EOT\n"
          "            + x = 1\n"
          "        EOT\n"
          "      + b = 1\n",
          "        a = <<-EOT\n"
          "            + x = 1\n"
          "        EOT\n"
          "+       b = 1\n");
}

TEST(text_blocks_among_outputs_keep_their_lines)
{
    check("o = <<EOT\n  - item\n- item = 1\nEOT\n  - x = 1",
          "o = <<EOT\n  - item\n- item = 1\nEOT\n-   x = 1");
}

TEST(changed_lines_of_a_changed_text_block_are_marked)
{
    check("      ~ a = <<-EOT # forces replacement\n"
          "            same = 1\n"
          "          - old = 1\n"
          "          + new: 1\n"
          "              - item = 1\n"
          "        EOT\n"
          "      + b = 1",
          "!       a = <<-EOT # forces replacement\n"
          "            same = 1\n"
          "-           old = 1\n"
          "+           new: 1\n"
          "              - item = 1\n"
          "        EOT\n"
          "+       b = 1");
}

TEST(text_blocks_end_in_all_forms_of_their_word)
{
    static const char *const ends[] = { "EOT",         "EOT,",
                                        "EOT -> null", "EOT -> (known after apply)",
                                        "EOT # x",     "EOT\r" };

    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *text = g_strdup_printf("      - a = <<-EOT\n"
                                                "              EOT\n"
                                                "        EOTX\n"
                                                "            - c = 1\n"
                                                "        %s\n"
                                                "      - b = 1",
                                                ends[i]);
        g_autofree char *want = g_strdup_printf("-       a = <<-EOT\n"
                                                "              EOT\n"
                                                "        EOTX\n"
                                                "            - c = 1\n"
                                                "        %s\n"
                                                "-       b = 1",
                                                ends[i]);

        check(text, want);
    }
}

TEST(shift_signs_in_text_open_nothing)
{
    check("      + a = \"x <<EOT\"\n      + b = 1", "+       a = \"x <<EOT\"\n+       b = 1");
    check("Error: found <<EOT\n      + b = 1", "Error: found <<EOT\n+       b = 1");
    check("      ~ a = \"x\" -> <<-EOT\n            - c = 1\n        EOT\n      + b = 1",
          "!       a = \"x\" -> <<-EOT\n            - c = 1\n        EOT\n+       b = 1");
    check("      + <<-EOT\n            - c = 1\n        EOT,\n      + b = 1",
          "+       <<-EOT\n            - c = 1\n        EOT,\n+       b = 1");
}

/* Plans as terraform 1.11 prints them. */
TEST(real_plans_are_marked)
{
    static const char *const names[] = { "terraform_create", "terraform_change" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *from = g_strdup_printf("%s.txt", names[i]);
        g_autofree char *to = g_strdup_printf("%s.diff", names[i]);
        g_autofree char *path = golden_path(from);
        g_autofree char *text = NULL;
        g_autofree char *marked = NULL;
        g_autofree char *again = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        marked = diff_mark(text);
        again = diff_mark(marked);

        assert_golden(to, marked);
        assert_string_equal(again, marked);
        assert_int_equal(strlen(marked), strlen(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markers_move_to_the_first_column_and_the_rest_stays),
        cmocka_unit_test(a_tilde_becomes_an_exclamation_mark),
        cmocka_unit_test(markers_of_more_than_one_sign_move_whole),
        cmocka_unit_test(every_shape_of_a_changed_line_is_known),
        cmocka_unit_test(text_that_is_not_a_plan_keeps_its_place),
        cmocka_unit_test(text_blocks_keep_their_lines),
        cmocka_unit_test(text_blocks_among_outputs_keep_their_lines),
        cmocka_unit_test(changed_lines_of_a_changed_text_block_are_marked),
        cmocka_unit_test(text_blocks_end_in_all_forms_of_their_word),
        cmocka_unit_test(shift_signs_in_text_open_nothing),
        cmocka_unit_test(real_plans_are_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
