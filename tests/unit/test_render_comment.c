// SPDX-License-Identifier: Apache-2.0
#include "render/comment.h"

#include <string.h>

#include "golden.h"
#include "test.h"

static const RenderStyle usual = {
    .executable = "atlantis",
    .folds = true,
    .moves_markers = true,
    .now = G_GINT64_CONSTANT(1772380000000),
};

static ProjectRef network = { (char *)"network", (char *)"default", (char *)"" };
static ProjectRef database = { (char *)"live/database", (char *)"prod", (char *)"" };
static ProjectRef named = { (char *)"live/dns", (char *)"default", (char *)"dns" };
static ProjectRef top = { (char *)".", (char *)"default", (char *)"" };

static const char head[] = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

static const ChangeCounts some = { .is_known = true, .add = 2, .change = 1 };
static const ChangeCounts none = { .is_known = true };

static const char short_plan[] = "Terraform will perform the following actions:\n"
                                 "\n"
                                 "  # terraform_data.a will be created\n"
                                 "  + resource \"terraform_data\" \"a\" {\n"
                                 "      + id = (known after apply)\n"
                                 "    }\n"
                                 "\n"
                                 "Plan: 2 to add, 1 to change, 0 to destroy.\n";

static const char no_changes[] =
    "No changes. Your infrastructure matches the configuration.\n\n"
    "Terraform has compared your real infrastructure against your configuration and\n"
    "found no differences, so no changes are needed.\n";

static const char apply_output[] = "terraform_data.a: Creating...\n"
                                   "terraform_data.a: Creation complete after 0s [id=1]\n\n"
                                   "Apply complete! Resources: 2 added, 1 changed, 0 destroyed.\n";

static const char error_output[] = "\n"
                                   "Error: Reference to undeclared resource\n"
                                   "\n"
                                   "  on main.tf line 3, in output \"x\":\n"
                                   "   3: output \"x\" { value = terraform_data.nope.id }\n"
                                   "\n"
                                   "A managed resource \"terraform_data\" \"nope\" has not been\n"
                                   "declared in the root module.\n";

static char *long_plan(void)
{
    g_autofree char *path = golden_path("terraform_change.txt");
    char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static char *long_error(void)
{
    GString *out = g_string_new("Initializing the backend...\n");

    for (int i = 0; i < 20; i++)
        g_string_append_printf(out, "terraform_data.a[%d]: Refreshing state...\n", i);
    g_string_append(out, error_output);
    return g_string_free(out, FALSE);
}

static void check_report(const char *golden, const RenderStyle *style, const CommandReport *report)
{
    g_autofree char *text = render_report(style, report);

    assert_golden(golden, text);
}

static void check_single_with(const char *golden, const RenderStyle *style,
                              const ProjectResult *result, bool is_apply)
{
    const CommandReport report = {
        .title = is_apply ? "Apply" : "Plan",
        .is_apply = is_apply,
        .head = head,
        .results = result,
        .n_results = 1,
    };

    check_report(golden, style, &report);
}

static void check_plan(const char *golden, const ProjectResult *result)
{
    check_single_with(golden, &usual, result, false);
}

static void check_apply(const char *golden, const ProjectResult *result)
{
    check_single_with(golden, &usual, result, true);
}

static const ChangeCounts all_kinds = {
    .is_known = true, .add = 1, .destroy = 3, .import = 1, .forget = 1, .outputs = 2
};
static const ChangeCounts without_additions = {
    .is_known = true, .destroy = 1, .import = 2, .forget = 1
};

TEST(a_plan_tells_all_in_its_first_line)
{
    static const char *const extra[] = { "-var", "name=a b", NULL };

    check_plan("plan.md",
               &(ProjectResult){ .project = &network, .output = short_plan, .counts = some });
    check_plan("plan_extra.md",
               &(ProjectResult){
                   .project = &named, .output = short_plan, .counts = some, .extra = extra });
    check_plan("plan_no_changes.md",
               &(ProjectResult){ .project = &top, .output = no_changes, .counts = none });
    check_plan("plan_not_counted.md",
               &(ProjectResult){ .project = &network, .output = short_plan });
}

TEST(a_long_plan_is_folded)
{
    g_autofree char *plan = long_plan();

    check_plan("plan_long.md",
               &(ProjectResult){ .project = &database, .output = plan, .counts = some });
}

TEST(nothing_is_folded_and_no_marker_moved_when_that_is_not_wanted)
{
    g_autofree char *plan = long_plan();
    const ProjectResult result = { .project = &network, .output = plan, .counts = some };
    const CommandReport report = { .title = "Plan", .results = &result, .n_results = 1 };
    RenderStyle style = usual;
    g_autofree char *text = NULL;

    style.folds = false;
    style.moves_markers = false;
    text = render_report(&style, &report);

    assert_null(strstr(text, "<details>"));
    assert_non_null(strstr(text, "\n      ~ input  = {\n"));
}

TEST(twelve_lines_stay_open_and_thirteen_do_not)
{
    static const char twelve[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
    static const char thirteen[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
    ProjectResult result = { .project = &network, .output = twelve, .counts = some };
    const CommandReport report = { .title = "Plan", .results = &result, .n_results = 1 };
    g_autofree char *open = render_report(&usual, &report);
    g_autofree char *folded = NULL;

    result.output = thirteen;
    folded = render_report(&usual, &report);

    assert_null(strstr(open, "<details>"));
    assert_non_null(strstr(folded, "<details>"));
}

TEST(hints_to_apply_are_left_out_where_apply_is_switched_off)
{
    const ProjectResult result = { .project = &network, .output = short_plan, .counts = some };
    RenderStyle style = usual;

    style.hides_apply = true;
    check_single_with("plan_without_apply.md", &style, &result, false);
}

TEST(a_failed_plan_shows_the_error)
{
    g_autofree char *output = long_error();

    check_plan(
        "plan_failed.md",
        &(ProjectResult){ .project = &network, .kind = RESULT_FAILED, .output = error_output });
    check_plan("plan_failed_long.md",
               &(ProjectResult){ .project = &network, .kind = RESULT_FAILED, .output = output });
    check_plan("plan_failed_without_output.md",
               &(ProjectResult){ .project = &network,
                                 .kind = RESULT_FAILED,
                                 .message = "terraform is not on this server: no `terraform` in "
                                            "PATH. Its operator can install it." });
}

TEST(the_end_is_shown_of_a_failure_without_an_error_line)
{
    g_autoptr(GString) output = g_string_new(NULL);

    for (int i = 1; i <= 100; i++)
        g_string_append_printf(output, "line %d\n", i);
    check_plan("plan_failed_odd.md", &(ProjectResult){ .project = &network,
                                                       .kind = RESULT_FAILED,
                                                       .message = "terraform ended with 137",
                                                       .output = output->str });
}

TEST(an_endless_error_is_cut_where_it_stays_open)
{
    g_autoptr(GString) output = g_string_new("start\nError: many\n");
    ProjectResult result = { .project = &network, .kind = RESULT_FAILED };
    const CommandReport report = { .title = "Plan", .results = &result, .n_results = 1 };
    g_autofree char *text = NULL;

    for (int i = 0; i < 100; i++)
        g_string_append_printf(output, "detail %d\n", i);
    result.output = output->str;
    text = render_report(&usual, &report);

    assert_non_null(strstr(text, "detail 38\n…\n```\n\n<details><summary>Whole output, 102 lines"));
    assert_non_null(strstr(text, "detail 99\n```\n\n</details>"));
}

static char *error_of(int lines)
{
    GString *out = g_string_new("Error: many\n");

    for (int i = 1; i < lines; i++)
        g_string_append_printf(out, "detail %d\n", i);
    return g_string_free(out, FALSE);
}

TEST(an_error_that_is_all_of_the_output_is_shown_once)
{
    g_autofree char *output = error_of(30);
    g_autofree char *text = render_failure(&usual, "Plan failed", NULL, output);

    assert_null(strstr(text, "<details>"));
    assert_non_null(strstr(text, "detail 29\n"));
}

TEST(a_failure_is_not_folded_when_nothing_is)
{
    g_autofree char *output = error_of(100);
    RenderStyle style = usual;
    g_autofree char *text = NULL;

    style.folds = false;
    text = render_failure(&style, "Plan failed", NULL, output);

    assert_null(strstr(text, "<details>"));
    assert_non_null(strstr(text, "detail 99\n"));
}

TEST(other_ends_of_a_plan_are_told)
{
    check_plan("plan_refused.md",
               &(ProjectResult){ .project = &network,
                                 .kind = RESULT_REFUSED,
                                 .message = "The pull request needs an approval first." });
    check_plan("plan_interrupted.md",
               &(ProjectResult){ .project = &network,
                                 .kind = RESULT_INTERRUPTED,
                                 .message = "The server was stopped before the plan was done." });
}

TEST(an_apply_tells_what_it_did)
{
    check_apply("apply.md",
                &(ProjectResult){ .project = &network, .output = apply_output, .counts = some });
    check_apply(
        "apply_failed.md",
        &(ProjectResult){ .project = &network, .kind = RESULT_FAILED, .output = error_output });
    check_apply("apply_refused.md",
                &(ProjectResult){
                    .project = &database,
                    .kind = RESULT_REFUSED,
                    .message = "The plan was made for commit `1a2b3c4`, and the pull request is at "
                               "`5d6e7f8` now.\nPlan again." });
    check_apply("apply_interrupted.md",
                &(ProjectResult){ .project = &network,
                                  .kind = RESULT_INTERRUPTED,
                                  .message = "The server was stopped while terraform was at work. "
                                             "What it had done by then is below.",
                                  .output = "terraform_data.a: Creating...\n" });
    check_apply("apply_without_output.md", &(ProjectResult){ .project = &network });
}

TEST(several_projects_have_a_table_and_sections)
{
    g_autofree char *plan = long_plan();
    const ProjectResult results[] = {
        { .project = &top, .output = short_plan, .counts = some },
        { .project = &database, .output = plan, .counts = all_kinds },
        { .project = &named, .output = no_changes, .counts = none },
    };
    const CommandReport report = { "Plan", false, head, results, G_N_ELEMENTS(results), NULL };

    check_report("plan_many.md", &usual, &report);
}

TEST(several_projects_with_failures_say_so_first)
{
    const ProjectResult results[] = {
        { .project = &top, .output = short_plan, .counts = some },
        { .project = &network, .kind = RESULT_FAILED, .output = error_output },
        { .project = &database, .kind = RESULT_REFUSED, .message = "An approval is missing." },
        { .project = &named, .kind = RESULT_NOT_RUN, .message = "A project before it failed." },
    };
    const CommandReport plan = { "Plan", false, head, results, G_N_ELEMENTS(results), NULL };
    const CommandReport apply = {
        "Apply", true, head, results, G_N_ELEMENTS(results), "All of it is in the log."
    };

    check_report("plan_many_failed.md", &usual, &plan);
    check_report("apply_many_failed.md", &usual, &apply);
}

TEST(several_applied_projects_are_told)
{
    const ProjectResult results[] = {
        { .project = &network, .output = apply_output, .counts = some },
        { .project = &named, .output = apply_output, .counts = without_additions },
    };
    const CommandReport report = { "Apply", true, head, results, G_N_ELEMENTS(results), NULL };

    check_report("apply_many.md", &usual, &report);
}

TEST(apply_all_is_not_offered_without_a_plan_to_apply)
{
    ProjectResult results[] = {
        { .project = &network, .kind = RESULT_FAILED, .output = error_output },
        { .project = &named, .output = no_changes, .counts = none },
    };
    const CommandReport report = { "Plan", false, head, results, G_N_ELEMENTS(results), NULL };
    g_autofree char *without = render_report(&usual, &report);
    g_autofree char *with = NULL;
    g_autofree char *hidden = NULL;
    RenderStyle style = usual;

    results[1].counts = some;
    with = render_report(&usual, &report);
    style.hides_apply_all = true;
    hidden = render_report(&style, &report);

    assert_null(strstr(without, "`atlantis apply`"));
    assert_non_null(strstr(with, "`atlantis apply`"));
    assert_null(strstr(hidden, "`atlantis apply`"));
    assert_non_null(strstr(hidden, "`atlantis apply -p dns`"));
}

TEST(a_plan_without_changes_has_a_section_when_there_is_more_to_say)
{
    g_autofree char *drift = long_plan();
    const ProjectResult results[] = {
        { .project = &network, .output = no_changes, .counts = none },
        { .project = &named, .output = drift, .counts = none },
    };
    const CommandReport report = { "Plan", false, head, results, G_N_ELEMENTS(results), NULL };
    g_autofree char *text = render_report(&usual, &report);

    assert_null(strstr(text, "#### `network`"));
    assert_non_null(strstr(text, "#### `dns`"));
}

TEST(a_plan_without_changes_has_no_section_where_that_is_not_wanted)
{
    g_autofree char *plan = long_plan();
    const ProjectResult results[] = {
        { .project = &top, .output = short_plan, .counts = some },
        { .project = &database, .output = plan, .counts = none },
        { .project = &network, .output = plan }, /* nobody knows what it changes */
    };
    const CommandReport report = { "Plan", false, head, results, G_N_ELEMENTS(results), NULL };
    RenderStyle style = usual;
    g_autofree char *text = NULL;

    style.hides_unchanged = true;
    text = render_report(&style, &report);

    assert_non_null(strstr(text, "| `live/database` |"));
    assert_null(strstr(text, "#### `live/database`"));
    assert_non_null(strstr(text, "#### `network`"));
    assert_non_null(strstr(text, "#### `.`"));
}

TEST(a_sum_with_an_unknown_part_is_unknown)
{
    const ProjectResult results[] = {
        { .project = &network, .output = short_plan },
        { .project = &named, .output = short_plan, .counts = some },
    };
    const CommandReport report = { "Plan", false, head, results, G_N_ELEMENTS(results), NULL };
    g_autofree char *text = render_report(&usual, &report);

    assert_true(g_str_has_prefix(text, "### Plan: changes not counted in 2 projects\n"));
}

TEST(no_projects_is_an_answer_too)
{
    CommandReport report = { .title = "Plan", .head = head };

    check_report("plan_none.md", &usual, &report);
    report = (CommandReport){ .title = "Apply", .is_apply = true, .head = head };
    check_report("apply_none.md", &usual, &report);
    report.note = "The plan of this commit found **no changes**.";
    check_report("apply_none_with_note.md", &usual, &report);
}

/* Locks. */

static Lock lock_of(gint64 number, const char *dir, const char *workspace, const char *name)
{
    return (Lock){
        .pull = { .number = number,
                  .url = g_strdup_printf(
                      "https://dev.azure.com/o/my%%20p/_git/r/pullrequest/%" G_GINT64_FORMAT,
                      number) },
        .dir = (char *)dir,
        .workspace = (char *)workspace,
        .name = (char *)name,
        .actor = { .id = (char *)"1", .name = (char *)"The Author" },
        .since = G_GINT64_CONSTANT(1772368000000),
    };
}

TEST(a_locked_project_names_who_holds_it_and_how_to_get_on)
{
    Lock first = lock_of(12, "network", "default", "");
    Lock second = lock_of(15, "live/dns", "default", "dns");
    Lock third = lock_of(12, "live/database", "prod", NULL);
    const Lock *const held[] = { &first, &second, &third };
    g_autofree char *one = render_locked(&usual, held, 1);
    g_autofree char *many = render_locked(&usual, held, 3);

    assert_golden("locked.md", one);
    assert_golden("locked_many.md", many);
    g_free(first.pull.url);
    g_free(second.pull.url);
    g_free(third.pull.url);
}

TEST(times_stand_alone_when_nobody_says_what_time_it_is)
{
    Lock lock = lock_of(12, "network", "default", "");
    const Lock *const held[] = { &lock };
    RenderStyle style = usual;
    g_autofree char *text = NULL;

    style.now = 0;
    text = render_locked(&style, held, 1);

    assert_non_null(strstr(text, "| 2026-03-01 12:26 UTC |\n"));
    g_free(lock.pull.url);
}

TEST(a_backslash_before_a_border_does_not_take_it_away)
{
    Lock lock = lock_of(12, "a\\|b", "default", "");
    const Lock *const held[] = { &lock };
    g_autofree char *text = render_unlocked(&usual, held, 1);

    assert_non_null(strstr(text, "| `a\\ \\|b` | `default` |\n"));
    g_free(lock.pull.url);
}

TEST(locks_that_are_given_up_are_listed)
{
    Lock first = lock_of(12, "network", "default", "");
    Lock second = lock_of(12, "live/dns", "default", "dns");
    const Lock *const released[] = { &first, &second };
    g_autofree char *unlocked = render_unlocked(&usual, released, 2);
    g_autofree char *nothing = render_unlocked(&usual, NULL, 0);
    g_autofree char *closed = render_closed(&usual, released, 1);
    g_autofree char *closed_idle = render_closed(&usual, NULL, 0);

    assert_golden("unlocked.md", unlocked);
    assert_golden("unlocked_nothing.md", nothing);
    assert_golden("closed.md", closed);
    assert_golden("closed_nothing.md", closed_idle);
    g_free(first.pull.url);
    g_free(second.pull.url);
}

TEST(refusals_failures_and_versions_are_short)
{
    g_autofree char *refusal = render_notice(
        "Apply refused",
        "The pull request comes from a fork, and this server does not run code of forks.\n"
        "Its operator can allow it with `--allow-fork-prs`.");
    g_autofree char *failure =
        render_failure(&usual, "Plan failed", "fetch dev.azure.com/o/p/r: git: exit 128",
                       "fatal: unable to access 'https://dev.azure.com/o/p/_git/r/': 403\n");
    g_autofree char *bare = render_failure(&usual, "Plan failed", "the host did not answer", NULL);
    g_autofree char *versions = render_versions(&usual, "hadal 0.1.0\nterraform 1.11.4\n");

    assert_golden("refusal.md", refusal);
    assert_golden("failure.md", failure);
    assert_golden("versions.md", versions);
    assert_string_equal(bare, "### Plan failed\n\nthe host did not answer\n\n");
}

/* Names, messages and output that try to be more than text. */
static const char evil[] = "<img src=x onerror=alert(1)>`|[x](javascript:y)\n```\n@<GUID>\n|a\\|b|";

/* What is neither a code span nor a fenced block. Spans as CommonMark has them, line by line. */
static char *outside_code(const char *markdown)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(markdown, "\n", -1);
    gsize fence = 0;

    for (char **line = lines; *line; line++) {
        gsize run = strspn(*line, "`");

        if (fence ? run >= fence && !(*line)[run] : run >= 3) {
            fence = fence ? 0 : run;
            continue;
        }
        for (const char *at = *line; !fence && *at;) {
            gsize ticks = at > *line && at[-1] == '\\' ? 0 : strspn(at, "`");
            const char *end = at + ticks;

            while (ticks && (end = strchr(end, '`')) && strspn(end, "`") != ticks)
                end += strspn(end, "`");
            if (ticks && end)
                at = end + ticks;
            else
                g_string_append_c(out, *at++);
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static void assert_tame(const char *markdown)
{
    g_autofree char *outside = outside_code(markdown);

    for (const char *found = outside; (found = strchr(found, '<')); found++)
        if (found == outside || found[-1] != '\\')
            if (!g_str_has_prefix(found, "<details>") && !g_str_has_prefix(found, "</details>") &&
                !g_str_has_prefix(found, "<summary>") && !g_str_has_prefix(found, "</summary>"))
                fail_msg("\"%.20s\" is loose in:\n%s", found, markdown);
    assert_null(strstr(outside, "[x](javascript"));
    assert_null(strstr(outside, "\n@<"));
}

/* Each row of a table has as many cells as the first one. */
static void assert_rows_are_even(const char *markdown)
{
    g_auto(GStrv) lines = g_strsplit(markdown, "\n", -1);
    guint cells = 0;

    for (char **line = lines; *line; line++) {
        guint borders = 0;

        if (**line != '|' || !strchr(*line + 1, '|')) {
            cells = 0;
            continue;
        }
        for (const char *at = *line; *at; at++)
            borders += *at == '|' && (at == *line || at[-1] != '\\');
        if (cells && borders != cells)
            fail_msg("%u cells and %u:\n%s", cells, borders, markdown);
        cells = borders;
    }
}

TEST(text_from_outside_cannot_be_markup)
{
    ProjectRef project = { (char *)evil, (char *)evil, (char *)evil };
    const char *const extra[] = { evil, NULL };
    const ProjectResult results[] = {
        { .project = &project, .message = evil, .output = evil, .counts = some, .extra = extra },
        { .project = &project, .kind = RESULT_FAILED, .message = evil, .output = evil },
    };
    Lock lock = { .pull = { .number = 1, .url = (char *)evil },
                  .dir = (char *)evil,
                  .workspace = (char *)evil,
                  .name = (char *)evil,
                  .actor = { .name = (char *)evil } };
    const Lock *const locks[] = { &lock };
    const CommandReport one = { "Plan", false, evil, results, 1, NULL };
    const CommandReport two = { "Apply", true, evil, results, 2, NULL };
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(texts, render_report(&usual, &one));
    g_ptr_array_add(texts, render_report(&usual, &two));
    g_ptr_array_add(texts, render_locked(&usual, locks, 1));
    g_ptr_array_add(texts, render_unlocked(&usual, locks, 1));
    g_ptr_array_add(texts, render_closed(&usual, locks, 1));
    g_ptr_array_add(texts, render_notice("Plan refused", evil));
    g_ptr_array_add(texts, render_failure(&usual, "Plan failed", evil, evil));
    g_ptr_array_add(texts, render_versions(&usual, evil));

    for (guint i = 0; i < texts->len; i++) {
        assert_tame(texts->pdata[i]);
        assert_rows_are_even(texts->pdata[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_tells_all_in_its_first_line),
        cmocka_unit_test(a_long_plan_is_folded),
        cmocka_unit_test(nothing_is_folded_and_no_marker_moved_when_that_is_not_wanted),
        cmocka_unit_test(twelve_lines_stay_open_and_thirteen_do_not),
        cmocka_unit_test(hints_to_apply_are_left_out_where_apply_is_switched_off),
        cmocka_unit_test(a_failed_plan_shows_the_error),
        cmocka_unit_test(the_end_is_shown_of_a_failure_without_an_error_line),
        cmocka_unit_test(an_endless_error_is_cut_where_it_stays_open),
        cmocka_unit_test(an_error_that_is_all_of_the_output_is_shown_once),
        cmocka_unit_test(a_failure_is_not_folded_when_nothing_is),
        cmocka_unit_test(other_ends_of_a_plan_are_told),
        cmocka_unit_test(an_apply_tells_what_it_did),
        cmocka_unit_test(several_projects_have_a_table_and_sections),
        cmocka_unit_test(several_projects_with_failures_say_so_first),
        cmocka_unit_test(several_applied_projects_are_told),
        cmocka_unit_test(apply_all_is_not_offered_without_a_plan_to_apply),
        cmocka_unit_test(a_plan_without_changes_has_a_section_when_there_is_more_to_say),
        cmocka_unit_test(a_plan_without_changes_has_no_section_where_that_is_not_wanted),
        cmocka_unit_test(a_sum_with_an_unknown_part_is_unknown),
        cmocka_unit_test(no_projects_is_an_answer_too),
        cmocka_unit_test(a_locked_project_names_who_holds_it_and_how_to_get_on),
        cmocka_unit_test(times_stand_alone_when_nobody_says_what_time_it_is),
        cmocka_unit_test(a_backslash_before_a_border_does_not_take_it_away),
        cmocka_unit_test(locks_that_are_given_up_are_listed),
        cmocka_unit_test(refusals_failures_and_versions_are_short),
        cmocka_unit_test(text_from_outside_cannot_be_markup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
