// SPDX-License-Identifier: Apache-2.0
#include "render/split.h"

#include <string.h>

#include "test.h"

/* What a reader of Markdown has open at the end of a text. */
typedef struct _Balance Balance;
struct _Balance {
    gsize fence;
    bool is_folded;
    char fence_line[100], fold_line[100]; /* that opened them */
};

static void pass_line(Balance *balance, const char *line)
{
    gsize run = strspn(line, "`");

    if (run >= 3 && balance->fence) {
        if (run >= balance->fence && !line[run + strspn(line + run, " ")])
            balance->fence = 0;
    } else if (run >= 3 && !strchr(line + run, '`')) {
        balance->fence = run;
        g_strlcpy(balance->fence_line, line, sizeof balance->fence_line);
    } else if (!balance->fence && g_str_has_prefix(line, "<details>")) {
        balance->is_folded = true;
        g_strlcpy(balance->fold_line, line, sizeof balance->fold_line);
    } else if (!balance->fence && g_str_has_prefix(line, "</details>"))
        balance->is_folded = false;
}

static Balance balance_of(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Balance balance = { 0 };

    for (char **line = lines; *line; line++)
        pass_line(&balance, *line);
    return balance;
}

static void assert_well_formed(const char *part, gsize limit)
{
    Balance balance = balance_of(part);

    assert_true(strlen(part) <= limit);
    assert_true(g_utf8_validate(part, -1, NULL));
    if (balance.fence || balance.is_folded)
        fail_msg("left open:\n%s", part);
}

/* What has to stand around the text of a part that begins and ends with this open. */
static char *opening(const Balance *balance)
{
    return g_strconcat(balance->is_folded ? balance->fold_line : "",
                       balance->is_folded ? "\n\n" : "", balance->fence ? balance->fence_line : "",
                       balance->fence ? "\n" : "", NULL);
}

static char *closing(const Balance *balance)
{
    g_autofree char *fence = g_strnfill(balance->fence, '`');

    return g_strconcat(fence, balance->fence ? "\n" : "", balance->is_folded ? "</details>\n" : "",
                       NULL);
}

/* The part without what says which it is and without what is opened again; NULL: they lack. */
static char *body_of(const char *part, guint number, guint count, const Balance *before)
{
    g_autofree char *openers = opening(before);
    g_autofree char *head =
        number > 1 ? g_strdup_printf("*Part %u of %u*\n\n", number, count) : g_strdup("");
    g_autofree char *prefix = g_strconcat(head, openers, NULL);
    g_autofree char *tail =
        number < count ? g_strdup_printf("\n*Continued in part %u of %u*\n", number + 1, count)
                       : g_strdup("");
    gsize around = strlen(prefix) + strlen(tail);

    if (!g_str_has_prefix(part, prefix) || !g_str_has_suffix(part, tail) || strlen(part) < around)
        return NULL;
    return g_strndup(part + strlen(prefix), strlen(part) - around);
}

/*
 * Whether the parts from this one on show text from here on, nothing less and nothing more. What
 * closes a part may look like text that is there as well: each reading is tried.
 */
static bool shows(const char *text, gsize at, char **parts, guint number, guint count)
{
    static const char *const ends[] = { "````\n</details>\n", "````\n", "</details>\n", "" };
    g_autofree char *shown = g_strndup(text, at);
    const Balance before = balance_of(shown);
    g_autofree char *body = NULL;

    if (number > count)
        return !text[at];
    body = body_of(parts[number - 1], number, count, &before);
    for (gsize i = 0; body && i < G_N_ELEMENTS(ends); i++) {
        gsize length = strlen(body) - MIN(strlen(body), strlen(ends[i]));
        g_autofree char *upto = NULL;
        g_autofree char *closers = NULL;

        if (!g_str_has_suffix(body, ends[i]) || strncmp(text + at, body, length) != 0)
            continue;
        upto = g_strndup(text, at + length);
        const Balance after = balance_of(upto);
        closers = closing(&after);
        if (g_str_equal(closers, ends[i]) && shows(text, at + length, parts, number + 1, count))
            return true;
    }
    return false;
}

static void assert_parts_are(const char *text, char **parts)
{
    if (!shows(text, 0, parts, 1, g_strv_length(parts)))
        fail_msg("the parts do not show\n%s", text);
}

static guint checked_parts(const char *text, gsize limit)
{
    g_auto(GStrv) parts = split_markdown(text, limit, 0);

    assert_non_null(parts[0]);
    for (char **part = parts; *part; part++)
        assert_well_formed(*part, limit);
    assert_parts_are(text, parts);
    return g_strv_length(parts);
}

static char *lines_of(const char *format, int count)
{
    GString *out = g_string_new(NULL);

    for (int i = 0; i < count; i++) {
        g_string_append_printf(out, "%s %d", format, i);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

TEST(what_fits_is_left_as_it_is)
{
    g_autofree char *text = g_strnfill(1000, 'a');
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    assert_string_equal(parts[0], text);
    assert_null(parts[1]);
}

TEST(an_empty_text_is_one_part)
{
    g_auto(GStrv) parts = split_markdown("", 1000, 0);

    assert_string_equal(parts[0], "");
    assert_null(parts[1]);
}

TEST(parts_say_which_they_are)
{
    g_autofree char *text = lines_of("a line of some length", 100);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);
    guint count = g_strv_length(parts);

    assert_true(count >= 3);
    assert_true(g_str_has_prefix(parts[0], "a line of some length 0\n"));
    for (guint i = 1; i < count; i++) {
        g_autofree char *head = g_strdup_printf("*Part %u of %u*\n\n", i + 1, count);
        g_autofree char *tail = g_strdup_printf("\n*Continued in part %u of %u*\n", i + 1, count);

        assert_true(g_str_has_prefix(parts[i], head));
        assert_true(g_str_has_suffix(parts[i - 1], tail));
    }
}

TEST(fences_and_folds_are_opened_again_as_they_were)
{
    g_autofree char *lines = lines_of("+ resource", 100);
    g_autofree char *text =
        g_strconcat("<details><summary>Plan: 100 to add</summary>\n\n````diff\n", lines,
                    "````\n\n</details>\n\nafterwards\n", NULL);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    assert_true(g_strv_length(parts) >= 2);
    assert_non_null(strstr(parts[0], "\n````\n</details>\n\n*Continued in part 2"));
    assert_non_null(
        strstr(parts[1], "*\n\n<details><summary>Plan: 100 to add</summary>\n\n````diff\n+ "));
    checked_parts(text, 1000);
}

TEST(captions_on_a_line_of_their_own_are_kept)
{
    g_autofree char *lines = lines_of("a line of prose", 100);
    g_autofree char *text =
        g_strconcat("<details>\n<summary>The log</summary>\n\n", lines, "\n</details>\n", NULL);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    assert_non_null(strstr(parts[1], "<details><summary>The log</summary>\n\na line"));
    assert_well_formed(parts[0], 1000);
    assert_well_formed(parts[1], 1000);
}

TEST(what_looks_like_markup_inside_a_fence_is_text)
{
    g_autofree char *lines = lines_of("</details>\n```\n<details>\n~~~~ x", 50);
    g_autofree char *text = g_strconcat("````\n", lines, "````\n", NULL);

    assert_true(checked_parts(text, 1000) >= 2);
}

TEST(no_block_is_cut_right_behind_its_opening)
{
    g_autoptr(GString) text = g_string_new("<details><summary>all</summary>\n\n");

    for (int i = 0; i < 40; i++) {
        g_autofree char *lines = lines_of("+ a", i % 7 + 1);

        g_string_append_printf(text, "````diff\n\n%s````\n\n", lines);
    }
    g_string_append(text, "</details>\n");
    for (gsize limit = 1000; limit < 1100; limit++) {
        g_auto(GStrv) parts = split_markdown(text->str, limit, 0);

        for (char **part = parts; *part; part++) {
            assert_null(strstr(*part, "````diff\n````"));
            assert_null(strstr(*part, "````diff\n\n````"));
        }
        checked_parts(text->str, limit);
    }
}

TEST(no_block_is_cut_right_before_its_end)
{
    g_autofree char *lines = lines_of("+ a", 120);
    g_autofree char *more = lines_of("afterwards", 50);
    g_autofree char *text = g_strconcat("<details><summary>x</summary>\n\n````\n", lines,
                                        "````\n\n\n</details>\n", more, NULL);

    for (gsize limit = 1000; limit < 1100; limit++) {
        g_auto(GStrv) parts = split_markdown(text, limit, 0);

        for (char **part = parts; *part; part++) {
            assert_null(strstr(*part, "</summary>\n\n\n"));
            assert_null(strstr(*part, "</summary>\n\n</details>"));
            assert_null(strstr(*part, "````\n````"));
        }
        checked_parts(text, limit);
    }
}

TEST(a_cut_between_sections_is_preferred)
{
    g_autofree char *first = lines_of("first", 85);
    g_autofree char *second = lines_of("second", 30);
    g_autofree char *text = g_strconcat(first, "\n", "```\n", second, "```\n", NULL);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    assert_null(strstr(parts[0], "second"));
    assert_non_null(strstr(parts[1], "```\nsecond 0\n"));
}

TEST(lines_that_are_too_long_are_cut_between_characters)
{
    g_autoptr(GString) text = g_string_new("```\n");

    for (int i = 0; i < 2000; i++)
        g_string_append(text, i % 3 ? "ö" : "€");
    g_string_append(text, "\n```\n");

    for (gsize limit = 1000; limit < 1010; limit++) {
        g_auto(GStrv) parts = split_markdown(text->str, limit, 0);
        gsize characters = 0;

        for (char **part = parts; *part; part++) {
            assert_well_formed(*part, limit);
            for (const char *at = *part; *at; at = g_utf8_next_char(at))
                characters += (guchar)*at >= 0x80;
        }
        assert_int_equal(characters, 2000);
    }
}

TEST(endless_captions_and_languages_do_not_fill_the_parts)
{
    g_autofree char *words = g_strnfill(5000, 'x');
    g_autofree char *lines = lines_of("line", 300);
    g_autofree char *text =
        g_strdup_printf("<details><summary>%s</summary>\n\n```%s\n%s```\n", words, words, lines);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    for (char **part = parts; *part; part++)
        assert_well_formed(*part, 1000);
    assert_true(g_strv_length(parts) < 40);
}

TEST(endless_fences_are_text)
{
    g_autofree char *ticks = g_strnfill(400, '`');
    g_autofree char *lines = lines_of("line", 300);
    g_autofree char *text = g_strdup_printf("%s\n%s%s\n", ticks, lines, ticks);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    for (char **part = parts; *part; part++)
        assert_true(strlen(*part) <= 1000);
    assert_non_null(strstr(parts[1], "*\n\nline "));
}

TEST(a_caption_that_is_too_long_is_not_repeated)
{
    g_autofree char *words = g_strnfill(500, 'x');
    g_autofree char *lines = lines_of("line", 300);
    g_autofree char *text =
        g_strdup_printf("<details><summary>%s</summary>\n\n%s\n</details>\n", words, lines);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    assert_non_null(strstr(parts[1], "<summary>Continued</summary>"));
}

TEST(what_is_no_fence_and_no_fold_opens_nothing)
{
    static const char *const first[] = { "    ```",       "``` not a `fence`", "``",
                                         "text ```",      "<details open",     "<detailsx>",
                                         "text <details>" };
    g_autofree char *lines = lines_of("line", 300);

    for (gsize i = 0; i < G_N_ELEMENTS(first); i++) {
        g_autofree char *text = g_strconcat(first[i], "\n", lines, NULL);
        g_auto(GStrv) parts = split_markdown(text, 1000, 0);

        assert_non_null(strstr(parts[1], "*\n\nline "));
    }
}

TEST(what_is_left_open_at_the_end_is_closed)
{
    g_autofree char *lines = lines_of("line", 300);
    g_autofree char *text = g_strconcat("<details><summary>x</summary>\n\n```\n", lines, NULL);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    for (char **part = parts; *part; part++)
        assert_well_formed(*part, 1000);
}

TEST(an_early_gap_does_not_make_a_short_part)
{
    g_autofree char *lines = lines_of("line", 300);
    g_autofree char *text = g_strconcat("intro\n\n```\n", lines, "```\n", NULL);
    g_auto(GStrv) parts = split_markdown(text, 1000, 0);

    assert_true(strlen(parts[0]) > 900);
}

static void assert_kept(const char *text, guint most, guint left_out, const char *note)
{
    g_auto(GStrv) all = split_markdown(text, 1000, 0);
    g_auto(GStrv) kept = split_markdown(text, 1000, most);

    assert_int_equal(g_strv_length(kept), most);
    assert_true(g_str_has_prefix(kept[0], note));
    assert_string_equal(kept[0] + strlen(note), strstr(all[left_out], "*\n\n") + 3);
    assert_true(strlen(kept[0]) <= 1000);
    for (guint i = 1; i < most; i++)
        assert_string_equal(kept[i], all[left_out + i]);
}

TEST(of_too_many_parts_the_first_are_left_out_and_the_next_one_says_so)
{
    g_autofree char *lines = lines_of("a line of some length", 125);
    g_autofree char *text = g_strconcat("```diff\n", lines, "```\n", NULL);
    g_auto(GStrv) all = split_markdown(text, 1000, 0);

    assert_int_equal(g_strv_length(all), 4);
    assert_kept(text, 3, 1, "*Part 1 of 4 is left out.*\n\n");
    assert_kept(text, 2, 2, "*Parts 1 to 2 of 4 are left out.*\n\n");
    assert_kept(text, 1, 3, "*Parts 1 to 3 of 4 are left out.*\n\n");
}

TEST(as_many_parts_as_are_allowed_are_all_kept)
{
    g_autofree char *text = lines_of("a line of some length", 100);
    g_auto(GStrv) all = split_markdown(text, 1000, 0);
    g_auto(GStrv) kept = split_markdown(text, 1000, g_strv_length(all));

    assert_true(g_strv_equal((const char *const *)kept, (const char *const *)all));
}

/* Markdown of the kinds that come: balanced, with all sorts of things inside the blocks. */
static char *random_markdown(GRand *rand)
{
    static const char *const prose[] = {
        "\n",          "a line of prose\n", "#### heading\n", "* item with `code`\n",
        "| a | b |\n", "größer 👍\n"
    };
    static const char *const inside[] = {
        "+ a = 1\n", "\n",           "```\n",
        "  ``` x\n", "</details>\n", "<details><summary>no</summary>\n",
        "~~~\n",     "ö€👍\n",        "a rather long line that fills the part a bit sooner\n"
    };
    GString *out = g_string_new(NULL);

    for (int block = g_rand_int_range(rand, 1, 12); block > 0; block--) {
        bool is_folded = g_rand_boolean(rand);

        for (int i = g_rand_int_range(rand, 0, 30); i > 0; i--)
            g_string_append(out, prose[g_rand_int_range(rand, 0, G_N_ELEMENTS(prose))]);
        if (is_folded)
            g_string_append(out, "\n<details><summary>caption</summary>\n\n");
        if (g_rand_boolean(rand)) {
            g_string_append(out, g_rand_boolean(rand) ? "````diff\n" : "````\n");
            for (int i = g_rand_int_range(rand, 1, 200); i > 0; i--)
                g_string_append(out, inside[g_rand_int_range(rand, 0, G_N_ELEMENTS(inside))]);
            g_string_append(out, "````\n");
        }
        if (is_folded)
            g_string_append(out, "\n</details>\n\n");
    }
    return g_string_free(out, FALSE);
}

TEST(any_markdown_is_cut_into_whole_parts_that_lose_nothing)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    guint parts = 0;

    for (int round = 0; round < 400; round++) {
        g_autofree char *text = random_markdown(rand);

        parts += checked_parts(text, (gsize)g_rand_int_range(rand, 1000, 6000));
    }
    assert_true(parts > 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_left_as_it_is),
        cmocka_unit_test(an_empty_text_is_one_part),
        cmocka_unit_test(parts_say_which_they_are),
        cmocka_unit_test(fences_and_folds_are_opened_again_as_they_were),
        cmocka_unit_test(captions_on_a_line_of_their_own_are_kept),
        cmocka_unit_test(what_looks_like_markup_inside_a_fence_is_text),
        cmocka_unit_test(no_block_is_cut_right_behind_its_opening),
        cmocka_unit_test(no_block_is_cut_right_before_its_end),
        cmocka_unit_test(a_cut_between_sections_is_preferred),
        cmocka_unit_test(lines_that_are_too_long_are_cut_between_characters),
        cmocka_unit_test(endless_captions_and_languages_do_not_fill_the_parts),
        cmocka_unit_test(endless_fences_are_text),
        cmocka_unit_test(a_caption_that_is_too_long_is_not_repeated),
        cmocka_unit_test(what_is_no_fence_and_no_fold_opens_nothing),
        cmocka_unit_test(what_is_left_open_at_the_end_is_closed),
        cmocka_unit_test(an_early_gap_does_not_make_a_short_part),
        cmocka_unit_test(of_too_many_parts_the_first_are_left_out_and_the_next_one_says_so),
        cmocka_unit_test(as_many_parts_as_are_allowed_are_all_kept),
        cmocka_unit_test(any_markdown_is_cut_into_whole_parts_that_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
