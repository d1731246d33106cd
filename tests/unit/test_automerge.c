// SPDX-License-Identifier: Apache-2.0
#include "engine/automerge.h"

#include "test.h"

#define HEAD  (char *)"aefa35fb7c4505b9b8337aff3c4be96eddbbd861"
#define OLDER (char *)"b2606c193460441311f4d31f4729589c77f5efe0"

/* What the engine decides of a pull request with these projects; the last one has no selected_head.
 */
static bool decide(const Project *projects, const CommandArgs *args, const char *const *labels,
                   const char *label, const char **why_not)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    const AutomergeFacts facts = {
        .projects = all,
        .head = HEAD,
        .args = args,
        .labels = labels,
        .label_that_prevents = label,
    };

    for (; projects->selected_head; projects++)
        g_ptr_array_add(all, (gpointer)projects);
    return automerge_decide(&facts, why_not);
}

static const CommandArgs no_args;

TEST(everything_of_the_head_has_to_be_applied_or_to_need_nothing)
{
    static const struct {
        Project projects[3];
        bool is_merged;
    } cases[] = {
        { { { 0 } }, false },
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED } }, true },
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_NO_CHANGES } }, true },
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED },
            { .selected_head = HEAD, .head = HEAD, .status = PROJECT_NO_CHANGES } },
          true },
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED },
            { .selected_head = HEAD, .head = HEAD, .status = PROJECT_PLANNED } },
          false },
        /* found for this head, and not planned yet */
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED },
            { .selected_head = HEAD, .head = OLDER, .status = PROJECT_APPLIED } },
          false },
        /* of an older head, and not of this one */
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED },
            { .selected_head = OLDER, .head = OLDER, .status = PROJECT_PLANNED } },
          true },
        /* planned by name for this head */
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED },
            { .selected_head = OLDER, .head = HEAD, .status = PROJECT_PLANNED } },
          false },
        { { { .selected_head = OLDER, .head = OLDER, .status = PROJECT_APPLIED } }, false },
        { { { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLY_FAILED } }, false },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *why_not = "untouched";

        assert_int_equal(decide(cases[i].projects, &no_args, NULL, NULL, &why_not),
                         cases[i].is_merged);
        assert_null(why_not);
    }
}

static const Project applied[] = {
    { .selected_head = HEAD, .head = HEAD, .status = PROJECT_APPLIED },
    { 0 },
};

TEST(the_comment_may_ask_not_to_and_is_told_so)
{
    const CommandArgs args = { .auto_merge_disabled = true };
    const char *why_not;

    assert_false(decide(applied, &args, NULL, NULL, &why_not));
    assert_non_null(strstr(why_not, "comment asks"));
}

TEST(a_label_may_ask_not_to_in_any_case_of_its_letters)
{
    static const struct {
        const char *labels[3];
        const char *label;
        bool is_merged;
    } cases[] = {
        { { "no-merge" }, "no-merge", false },
        { { "x", "No-Merge" }, "no-merge", false },
        { { "no-merge-please" }, "no-merge", true },
        { { NULL }, "no-merge", true },
        { { "no-merge" }, NULL, true },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *why_not;

        assert_int_equal(decide(applied, &no_args, cases[i].labels, cases[i].label, &why_not),
                         cases[i].is_merged);
        assert_int_equal(why_not == NULL, cases[i].is_merged);
    }
}

TEST(what_is_not_finished_gives_no_reason_however_it_is_labelled)
{
    static const Project planned[] = {
        { .selected_head = HEAD, .head = HEAD, .status = PROJECT_PLANNED },
        { 0 },
    };
    static const char *const labels[] = { "no-merge", NULL };
    const CommandArgs args = { .auto_merge_disabled = true };
    const char *why_not = "untouched";

    assert_false(decide(planned, &args, labels, "no-merge", &why_not));
    assert_null(why_not);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_of_the_head_has_to_be_applied_or_to_need_nothing),
        cmocka_unit_test(the_comment_may_ask_not_to_and_is_told_so),
        cmocka_unit_test(a_label_may_ask_not_to_in_any_case_of_its_letters),
        cmocka_unit_test(what_is_not_finished_gives_no_reason_however_it_is_labelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
