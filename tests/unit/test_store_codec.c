// SPDX-License-Identifier: Apache-2.0
#include "store/store_internal.h"

#include "test.h"

TEST(arguments_come_back_as_they_were)
{
    char *extra[] = { (char *)"-target=a b", (char *)"-var=x=\"y\"", NULL };
    const CommandArgs args = {
        .dir = (char *)"net/prod",
        .workspace = (char *)"blue",
        .project = (char *)"p",
        .is_verbose = true,
        .policy_set = (char *)"tags",
        .clears_approval = true,
        .extra = extra,
        .reply = (char *)"no *such* command",
    };
    g_auto(CommandArgs) back = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = codec_args_write(&args);

    assert_ok(codec_args_read(text, &back, &error), error);

    assert_string_equal(back.dir, "net/prod");
    assert_string_equal(back.workspace, "blue");
    assert_string_equal(back.project, "p");
    assert_true(back.is_verbose);
    assert_string_equal(back.policy_set, "tags");
    assert_true(back.clears_approval);
    assert_int_equal(g_strv_length(back.extra), 2);
    assert_string_equal(back.extra[0], "-target=a b");
    assert_string_equal(back.extra[1], "-var=x=\"y\"");
    assert_string_equal(back.reply, "no *such* command");
}

TEST(arguments_that_were_not_given_stay_so)
{
    const CommandArgs args = { 0 };
    g_auto(CommandArgs) back = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = codec_args_write(&args);

    assert_ok(codec_args_read(text, &back, &error), error);

    assert_false(command_args_is_targeted(&back));
    assert_false(back.is_verbose);
    assert_non_null(back.extra);
    assert_null(back.extra[0]);
    assert_null(back.reply);
}

TEST(arguments_of_the_later_commands_come_back_too)
{
    char *operands[] = { (char *)"a.b[\"k\"]", (char *)"/some/id", NULL };
    const CommandArgs args = {
        .operands = operands,
        .policy_set = (char *)"cost",
        .clears_approval = true,
        .auto_merge_disabled = true,
        .auto_merge_method = (char *)"squash",
    };
    g_auto(CommandArgs) back = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = codec_args_write(&args);

    assert_ok(codec_args_read(text, &back, &error), error);

    assert_true(g_strv_equal((const char *const *)back.operands, (const char *const *)operands));
    assert_string_equal(back.policy_set, "cost");
    assert_true(back.clears_approval);
    assert_true(back.auto_merge_disabled);
    assert_string_equal(back.auto_merge_method, "squash");
}

TEST(arguments_that_an_earlier_release_stored_are_read)
{
    g_auto(CommandArgs) back = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(
        codec_args_read("{\"dir\":\"net\",\"verbose\":true,\"extra\":[\"-x\"]}", &back, &error),
        error);

    assert_string_equal(back.dir, "net");
    assert_string_equal(back.extra[0], "-x");
    assert_true(!back.operands || !back.operands[0]);
    assert_null(back.policy_set);
    assert_false(back.clears_approval);
    assert_false(back.auto_merge_disabled);
    assert_null(back.auto_merge_method);
}

TEST(broken_utf8_in_an_argument_is_repaired)
{
    char *extra[] = { (char *)"a\xff", NULL };
    const CommandArgs args = { .extra = extra };
    g_auto(CommandArgs) back = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = codec_args_write(&args);

    assert_ok(codec_args_read(text, &back, &error), error);

    assert_string_equal(back.extra[0], "a\xef\xbf\xbd");
}

TEST(what_is_not_json_is_our_own_mistake)
{
    g_auto(CommandArgs) args = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(codec_args_read("{", &args, &error), error, HADAL_ERROR_INTERNAL);
}

TEST(a_status_comes_back_as_it_was)
{
    const Status status = {
        .name = (char *)"atlantis/plan",
        .state = STATUS_FAILED,
        .description = (char *)"1 failed",
        .url = (char *)"https://hadal/runs/1",
        .head = (char *)"abc",
        .iteration = 7,
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = codec_status_write(&status);
    g_autoptr(Status) back = codec_status_read(text, &error);

    assert_ok(back, error);
    assert_string_equal(back->name, "atlantis/plan");
    assert_int_equal(back->state, STATUS_FAILED);
    assert_string_equal(back->description, "1 failed");
    assert_string_equal(back->url, "https://hadal/runs/1");
    assert_string_equal(back->head, "abc");
    assert_int_equal(back->iteration, 7);
}

TEST(a_status_of_a_state_nobody_knows_is_refused)
{
    g_autoptr(GError) error = NULL;

    assert_fails(codec_status_read("{\"state\":\"green\"}", &error), error, HADAL_ERROR_INTERNAL);
}

TEST(counts_come_back_each_in_its_place)
{
    const ChangeCounts counts = {
        .is_known = true,
        .add = 1,
        .change = 2,
        .destroy = 3,
        .import = 4,
        .forget = 5,
        .outputs = 6,
    };
    g_autofree char *text = codec_counts_write(&counts);
    g_autoptr(GError) error = NULL;
    ChangeCounts back;

    assert_ok(codec_counts_read(text, &back, &error), error);

    assert_true(back.is_known);
    assert_int_equal(back.add, 1);
    assert_int_equal(back.change, 2);
    assert_int_equal(back.destroy, 3);
    assert_int_equal(back.import, 4);
    assert_int_equal(back.forget, 5);
    assert_int_equal(back.outputs, 6);
}

TEST(counts_that_are_not_known_are_no_zeros)
{
    const ChangeCounts counts = { .is_known = false };
    g_autoptr(GError) error = NULL;
    ChangeCounts back = { .is_known = true, .add = 1 };

    assert_null(codec_counts_write(&counts));
    assert_ok(codec_counts_read(NULL, &back, &error), error);
    assert_false(back.is_known);
    assert_int_equal(back.add, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_come_back_as_they_were),
        cmocka_unit_test(arguments_that_were_not_given_stay_so),
        cmocka_unit_test(arguments_of_the_later_commands_come_back_too),
        cmocka_unit_test(arguments_that_an_earlier_release_stored_are_read),
        cmocka_unit_test(broken_utf8_in_an_argument_is_repaired),
        cmocka_unit_test(what_is_not_json_is_our_own_mistake),
        cmocka_unit_test(a_status_comes_back_as_it_was),
        cmocka_unit_test(a_status_of_a_state_nobody_knows_is_refused),
        cmocka_unit_test(counts_come_back_each_in_its_place),
        cmocka_unit_test(counts_that_are_not_known_are_no_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
