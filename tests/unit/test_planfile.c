// SPDX-License-Identifier: Apache-2.0
#include "tf/planfile.h"

#include <jansson.h>
#include <zip.h>

#include "tf_module.h"

static const Ctx ctx = { 0 };

static void read_plan(const Module *module, bool asks, PlanFile *file)
{
    g_autoptr(GError) error = NULL;

    assert_ok(plan_file_read(&ctx, asks ? &module->run : NULL, module->plan_path, file, &error),
              error);
}

/* --- plans of the real terraform, beside what it says of them itself --- */

static ChangeCounts counts_shown(const Module *module)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    ChangeCounts counts = { .is_known = true };
    json_t *json, *entry, *action;
    const char *name;
    gsize i, j;

    assert_ok(tf_show(&ctx, &module->run, module->plan_path, text, &error), error);
    json = json_loads(text->str, 0, NULL);
    assert_non_null(json);
    json_array_foreach(json_object_get(json, "resource_changes"), i, entry)
    {
        const json_t *change = json_object_get(entry, "change");

        counts.import += json_object_get(change, "importing") != NULL;
        action = json_array_get(json_object_get(change, "actions"), 0);
        counts.move += json_object_get(entry, "previous_address") &&
                       strcmp(json_string_value(action), "no-op") == 0;
        json_array_foreach(json_object_get(change, "actions"), j, action)
        {
            name = json_string_value(action);
            counts.add += strcmp(name, "create") == 0;
            counts.change += strcmp(name, "update") == 0;
            counts.destroy += strcmp(name, "delete") == 0;
            counts.forget += strcmp(name, "forget") == 0;
        }
    }
    json_object_foreach(json_object_get(json, "output_changes"), name, entry)
    {
        action = json_array_get(json_object_get(entry, "actions"), 0);
        counts.outputs += strcmp(json_string_value(action), "no-op") != 0;
    }
    json_decref(json);
    return counts;
}

static void assert_counts(const ChangeCounts *got, const ChangeCounts *want)
{
    g_autofree char *got_text = change_counts_text(got);
    g_autofree char *want_text = change_counts_text(want);

    assert_true(got->is_known);
    assert_string_equal(got_text, want_text);
    assert_int_equal(got->import, want->import);
    assert_int_equal(got->forget, want->forget);
    assert_int_equal(got->outputs, want->outputs);
}

/* The plan of text has want, as told by the file and as told by terraform. */
static void assert_plan(Module *module, const char *text, ChangeCounts want)
{
    g_auto(PlanFile) file = { 0 };
    ChangeCounts shown;

    module_write(module, "main.tf", text);
    g_free(module_plan(module));
    read_plan(module, false, &file);
    shown = counts_shown(module);
    want.is_known = true;

    assert_counts(&shown, &want);
    assert_counts(&file.counts, &want);
}

static const char made[] = "resource terraform_data a { input = 1 }\n"
                           "resource terraform_data b { triggers_replace = 1 }\n"
                           "resource terraform_data c {}\n"
                           "resource terraform_data d {}\n"
                           "output x { value = 1 }\n"
                           "output y { value = 1 }\n";

static const char changed[] = "resource terraform_data a { input = 2 }\n"
                              "resource terraform_data b { triggers_replace = 2 }\n"
                              "resource terraform_data c {}\n"
                              "output x { value = 1 }\n"
                              "output y { value = 2 }\n";

static const char moved[] = "resource terraform_data a { input = 1 }\n"
                            "resource terraform_data b { triggers_replace = 1 }\n"
                            "resource terraform_data c2 {}\n"
                            "resource terraform_data new {}\n"
                            "resource terraform_data e {\n"
                            "  lifecycle { create_before_destroy = true }\n"
                            "}\n"
                            "moved {\n"
                            "  from = terraform_data.c\n"
                            "  to   = terraform_data.c2\n"
                            "}\n"
                            "removed {\n"
                            "  from = terraform_data.d\n"
                            "  lifecycle { destroy = false }\n"
                            "}\n"
                            "import {\n"
                            "  to = terraform_data.new\n"
                            "  id = \"abc\"\n"
                            "}\n"
                            "output x { value = 1 }\n";

static const char replaced[] = "resource terraform_data a { input = 1 }\n"
                               "resource terraform_data b { triggers_replace = 1 }\n"
                               "resource terraform_data c2 {}\n"
                               "resource terraform_data new {}\n"
                               "resource terraform_data e {\n"
                               "  triggers_replace = 1\n"
                               "  lifecycle { create_before_destroy = true }\n"
                               "}\n"
                               "output x { value = 1 }\n";

TEST(counts_are_what_terraform_says)
{
    Module *module = *fixture;

    module_use_terraform(module);
    module_write(module, "main.tf", "");
    module_init(module);
    assert_plan(module, "", (ChangeCounts){ 0 });
    assert_plan(module, made, (ChangeCounts){ .add = 4, .outputs = 2 });
    g_free(module_apply(module));
    assert_plan(module, changed,
                (ChangeCounts){ .add = 1, .change = 1, .destroy = 2, .outputs = 1 });
    assert_plan(module, moved,
                (ChangeCounts){ .add = 1, .import = 1, .forget = 1, .outputs = 1, .move = 1 });
    g_free(module_apply(module));
    assert_plan(module, replaced, (ChangeCounts){ .add = 1, .destroy = 1 });
}

/* An address that moves, and nothing else. */
TEST(a_plan_that_only_moves_has_something_to_apply)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 }, none = { 0 };
    static const char only_moved[] = "resource terraform_data b {}\n"
                                     "moved {\n"
                                     "  from = terraform_data.a\n"
                                     "  to   = terraform_data.b\n"
                                     "}\n";

    module_use_terraform(module);
    module_write(module, "main.tf", "resource terraform_data a {}\n");
    module_init(module);
    g_free(module_plan(module));
    g_free(module_apply(module));
    assert_plan(module, only_moved, (ChangeCounts){ .move = 1 });
    read_plan(module, false, &file);
    g_free(module_apply(module));
    g_free(module_plan(module));
    read_plan(module, false, &none);

    assert_false(change_counts_is_empty(&file.counts));
    assert_true(change_counts_is_empty(&none.counts));
}

TEST(a_plan_that_only_refreshes_has_its_outputs)
{
    Module *module = *fixture;
    g_auto(PlanFile) same = { 0 }, file = { 0 };

    module_use_terraform(module);
    module_write(module, "main.tf", "resource terraform_data a {}\n");
    module_init(module);
    g_free(module_plan(module));
    g_free(module_apply(module));
    module->run.extra = (const char *const[]){ "-refresh-only", NULL };
    g_free(module_plan(module));
    read_plan(module, false, &same);
    module_write(module, "main.tf",
                 "resource terraform_data a {}\noutput o { value = terraform_data.a.id }\n");
    g_free(module_plan(module));
    read_plan(module, false, &file);

    assert_true(change_counts_is_empty(&same.counts));
    assert_false(change_counts_is_empty(&file.counts));
}

TEST(a_plan_names_backend_workspace_and_program)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 };

    module_use_terraform(module);
    module_write(module, "main.tf", "resource terraform_data a {}\n");
    module->run.workspace = "staging";
    module_init(module);
    g_free(module_plan(module));
    read_plan(module, false, &file);

    assert_string_equal(file.backend, "local");
    assert_string_equal(file.workspace, "staging");
    assert_string_equal(file.tool_version, module->tool.version);
}

TEST(a_plan_has_lineage_and_serial_of_the_state_it_was_made_with)
{
    Module *module = *fixture;
    g_auto(PlanFile) without = { 0 }, with = { 0 };
    g_autofree char *lineage = NULL;
    g_autoptr(GError) error = NULL;
    gint64 serial;

    module_use_terraform(module);
    module_write(module, "main.tf", "resource terraform_data a {}\n");
    module_init(module);
    g_free(module_plan(module));
    read_plan(module, false, &without);
    g_free(module_apply(module));
    module_write(module, "main.tf", "resource terraform_data b {}\n");
    g_free(module_plan(module));
    read_plan(module, false, &with);
    assert_ok(tf_state_read(&ctx, &module->run, &lineage, &serial, &error), error);

    assert_null(without.lineage);
    assert_int_equal(without.serial, -1);
    assert_string_equal(with.lineage, lineage);
    assert_int_equal(with.serial, serial);
}

/* --- files that are made here --- */

static void add_entry(zip_t *archive, const char *name, const void *bytes, gsize length)
{
    zip_source_t *source = zip_source_buffer(archive, bytes, length, 0);

    assert_true(zip_file_add(archive, name, source, ZIP_FL_OVERWRITE) >= 0);
}

static void write_plan(const Module *module, const void *plan, gsize length, const char *state)
{
    zip_t *archive = zip_open(module->plan_path, ZIP_CREATE | ZIP_TRUNCATE, NULL);

    assert_non_null(archive);
    if (plan)
        add_entry(archive, "tfplan", plan, length);
    if (state)
        add_entry(archive, "tfstate", state, strlen(state));
    assert_int_equal(zip_close(archive), 0);
}

/* version, and a resource_change { change { action } } */
static void write_change(const Module *module, char version, char action)
{
    const char plan[] = { 0x08, version, 0x1a, 0x04, 0x4a, 0x02, 0x08, action };

    write_plan(module, plan, sizeof(plan), NULL);
}

/* version, resource_drift { change { action } } of two, ui_mode */
TEST(what_changed_outside_counts_when_the_plan_only_refreshes)
{
    static const char drifted[] = { 0x08, 3, (char)0x92, 0x01, 0x04, 0x4a, 0x02, 0x08, 3 };
    static const char elsewhere[] = { (char)0x92, 0x01, 0x03, 0x72, 0x01, 'a' };
    static const char mode[] = { (char)0x88, 0x01, 2 };
    Module *module = *fixture;
    g_autoptr(GString) plan = g_string_new_len(drifted, sizeof(drifted));
    g_auto(PlanFile) usual = { 0 }, refreshing = { 0 };

    g_string_append_len(plan, elsewhere, sizeof(elsewhere));
    write_plan(module, plan->str, plan->len, NULL);
    read_plan(module, false, &usual);
    g_string_append_len(plan, mode, sizeof(mode));
    write_plan(module, plan->str, plan->len, NULL);
    read_plan(module, false, &refreshing);

    assert_true(change_counts_is_empty(&usual.counts));
    assert_counts(&refreshing.counts, &(ChangeCounts){ .is_known = true, .drift = 1, .move = 1 });
}

TEST(what_the_program_would_apply_is_never_no_changes)
{
    static const char plan[] = { 0x08, 3, (char)0xc8, 0x01, 1 };
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 }, shown = { 0 };
    const ChangeCounts want = { .is_known = true, .other = 1 };

    write_plan(module, plan, sizeof(plan), NULL);
    read_plan(module, false, &file);
    module_use_script(
        module, "1.99.0",
        "echo '{\"format_version\":\"9\",\"applyable\":true,\"resource_changes\":[]}'");
    write_plan(module, "\x08\x04", 2, NULL);
    read_plan(module, true, &shown);

    assert_counts(&file.counts, &want);
    assert_counts(&shown.counts, &want);
}

TEST(a_format_that_is_not_known_is_asked_of_the_program)
{
    Module *module = *fixture;
    g_auto(PlanFile) alone = { 0 }, asked = { 0 };
    ChangeCounts want = { .is_known = true, .add = 2, .destroy = 1, .import = 1, .outputs = 1 };

    module_use_script(
        module, "1.99.0",
        "echo '{\"format_version\":\"9\",\"resource_changes\":["
        "{\"change\":{\"actions\":[\"delete\",\"create\"]}},"
        "{\"change\":{\"actions\":[\"create\"],\"importing\":{\"id\":\"x\"}}},"
        "{\"change\":{\"actions\":[\"read\"]}},{\"change\":{\"actions\":[\"no-op\"]}}],"
        "\"output_changes\":{\"a\":{\"actions\":[\"create\"]},"
        "\"b\":{\"actions\":[\"no-op\"]}}}'");
    write_change(module, 4, 1);
    read_plan(module, false, &alone);
    read_plan(module, true, &asked);

    assert_false(alone.counts.is_known);
    assert_counts(&asked.counts, &want);
}

TEST(an_action_that_is_not_known_makes_the_counts_unknown)
{
    Module *module = *fixture;
    g_auto(PlanFile) known = { 0 }, unknown = { 0 };

    write_change(module, 3, 1);
    read_plan(module, false, &known);
    write_change(module, 3, 42);
    read_plan(module, false, &unknown);

    assert_true(known.counts.is_known);
    assert_int_equal(known.counts.add, 1);
    assert_false(unknown.counts.is_known);
}

TEST(counts_stay_unknown_when_the_program_cannot_tell)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 };

    module_use_script(module, "1.99.0", "echo no >&2; exit 1");
    write_change(module, 4, 1);
    read_plan(module, true, &file);

    assert_false(file.counts.is_known);
}

TEST(what_is_no_plan_is_refused)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(plan_file_read(&ctx, NULL, module->plan_path, &file, &error), error,
                 HADAL_ERROR_INVALID);
    g_clear_error(&error);
    assert_true(g_file_set_contents(module->plan_path, "not a zip", -1, NULL));
    assert_fails(plan_file_read(&ctx, NULL, module->plan_path, &file, &error), error,
                 HADAL_ERROR_INVALID);
    g_clear_error(&error);
    write_plan(module, NULL, 0, "{}");
    assert_fails(plan_file_read(&ctx, NULL, module->plan_path, &file, &error), error,
                 HADAL_ERROR_INVALID);
}

TEST(a_plan_that_is_no_archive_may_still_be_one_to_the_program)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 };

    module_use_script(module, "1.9.0",
                      "echo '{\"format_version\":\"1.2\",\"resource_changes\":["
                      "{\"change\":{\"actions\":[\"forget\"]}}]}'");
    assert_true(g_file_set_contents(module->plan_path, "{\"encrypted\":1}", -1, NULL));
    read_plan(module, true, &file);

    assert_int_equal(file.counts.forget, 1);
    assert_int_equal(file.serial, -1);
}

TEST(a_plan_that_is_cut_anywhere_never_has_known_counts)
{
    Module *module = *fixture;
    const char whole[] = { 0x08, 3, 0x1a, 0x04, 0x4a, 0x02, 0x08, 1, 0x72, 3, '1', '.', '2' };
    /* Behind the version, behind the change, and at the end the rest is a message of its own. */
    static const gsize complete[] = { 2, 8, sizeof(whole) };

    for (gsize length = 0, i = 0; length <= sizeof(whole); length++) {
        g_auto(PlanFile) file = { 0 };
        bool is_complete = i < G_N_ELEMENTS(complete) && complete[i] == length;

        write_plan(module, whole, length, NULL);
        read_plan(module, false, &file);
        if (file.counts.is_known != is_complete)
            fail_msg("%zu bytes", length);
        i += is_complete;
    }
}

TEST(a_length_beyond_the_end_is_not_followed)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 };
    static const guint8 plan[] = { 0x08, 3,    0x1a, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0x01, 0x4a, 0x02, 0x08 };

    write_plan(module, plan, sizeof(plan), NULL);
    read_plan(module, false, &file);

    assert_false(file.counts.is_known);
}

TEST(of_a_large_state_only_the_beginning_is_unpacked)
{
    Module *module = *fixture;
    g_auto(PlanFile) file = { 0 };
    g_autofree char *filler = g_strnfill(64 << 20, 'x');
    g_autofree char *state = g_strdup_printf(
        "{\"version\":4,\"serial\":5,\"lineage\":\"l\",\"outputs\":{\"a\":\"%s\"}}", filler);

    write_plan(module, "\x08\x03", 2, state);
    read_plan(module, false, &file);

    assert_string_equal(file.lineage, "l");
    assert_int_equal(file.serial, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MODULE(counts_are_what_terraform_says),
        WITH_MODULE(a_plan_that_only_moves_has_something_to_apply),
        WITH_MODULE(a_plan_that_only_refreshes_has_its_outputs),
        WITH_MODULE(what_changed_outside_counts_when_the_plan_only_refreshes),
        WITH_MODULE(what_the_program_would_apply_is_never_no_changes),
        WITH_MODULE(a_plan_names_backend_workspace_and_program),
        WITH_MODULE(a_plan_has_lineage_and_serial_of_the_state_it_was_made_with),
        WITH_MODULE(a_format_that_is_not_known_is_asked_of_the_program),
        WITH_MODULE(an_action_that_is_not_known_makes_the_counts_unknown),
        WITH_MODULE(counts_stay_unknown_when_the_program_cannot_tell),
        WITH_MODULE(what_is_no_plan_is_refused),
        WITH_MODULE(a_plan_that_is_no_archive_may_still_be_one_to_the_program),
        WITH_MODULE(a_plan_that_is_cut_anywhere_never_has_known_counts),
        WITH_MODULE(a_length_beyond_the_end_is_not_followed),
        WITH_MODULE(of_a_large_state_only_the_beginning_is_unpacked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
