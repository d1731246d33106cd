// SPDX-License-Identifier: Apache-2.0
#include "tf/tool.h"

#include <fcntl.h>

#include "tf_module.h"

static const Ctx ctx = { 0 };

/* --- finding --- */

static void put_program(const Module *module, const char *version)
{
    g_autofree char *bin = module_path(module, "bin");
    g_autofree char *path = g_build_filename(bin, "tofu", NULL);
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\necho asked >>%s/asked\necho noise >&2\n"
                        "echo '{\"terraform_version\":\"%s\",\"platform\":\"x\"}'\n",
                        module->dir, version);

    g_mkdir(bin, 0700);
    assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static char *find_version(const char *name)
{
    g_auto(TfTool) tool = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(tf_tool_find(&ctx, name, &tool, &error), error);
    assert_string_equal(tool.name, name);
    assert_true(g_path_is_absolute(tool.path));
    return g_strdup(tool.version);
}

TEST(the_real_program_is_found_with_its_version)
{
    g_autofree char *version = find_version("terraform");

    assert_true(g_ascii_isdigit(version[0]));
    assert_non_null(strchr(version, '.'));
}

TEST(a_version_is_asked_once_and_again_of_another_program)
{
    Module *module = *fixture;
    g_autofree char *old_path = g_strdup(g_getenv("PATH"));
    g_autofree char *path = g_strdup_printf("%s/bin:%s", module->dir, old_path);
    g_autofree char *first = NULL, *second = NULL, *other = NULL, *asked = NULL;

    put_program(module, "1.9.1");
    g_setenv("PATH", path, TRUE);
    first = find_version("tofu");
    second = find_version("tofu");
    put_program(module, "1.10.0");
    other = find_version("tofu");
    g_setenv("PATH", old_path, TRUE);
    asked = module_read(module, "asked");

    assert_string_equal(first, "1.9.1");
    assert_string_equal(second, "1.9.1");
    assert_string_equal(other, "1.10.0");
    assert_string_equal(asked, "asked\nasked\n");
}

TEST(a_program_that_is_not_there_is_named_with_what_to_do)
{
    g_auto(TfTool) tool = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(tf_tool_find(&ctx, "no-such-tool", &tool, &error), error, HADAL_ERROR_NOT_FOUND);
    assert_non_null(strstr(error->message, "\"no-such-tool\""));
    assert_non_null(strstr(error->message, "PATH"));
}

TEST(a_program_that_tells_no_version_is_refused)
{
    Module *module = *fixture;
    g_autofree char *old_path = g_strdup(g_getenv("PATH"));
    g_autofree char *path = g_strdup_printf("%s/bin:%s", module->dir, old_path);
    g_auto(TfTool) tool = { 0 };
    g_autoptr(GError) error = NULL;
    bool is_found;

    put_program(module, "\"}{");
    g_setenv("PATH", path, TRUE);
    is_found = tf_tool_find(&ctx, "tofu", &tool, &error);
    g_setenv("PATH", old_path, TRUE);

    assert_fails(is_found, error, HADAL_ERROR_FAILED);
}

/* --- environment --- */

static void run_init(Module *module)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(tf_init(&ctx, &module->run, output, &error), error);
}

static void run_plan(Module *module)
{
    g_free(module_plan(module));
}

TEST(a_tool_runs_with_what_is_given_and_our_variables)
{
    Module *module = *fixture;

    module_use_script(module, "1.11.4", "");
    module_set_env(module, "AWS_PROFILE", "x");
    module->run.plugin_cache_dir = "/plugins";
    run_plan(module);

    assert_environment(module, "AWS_PROFILE", "x");
    assert_environment(module, "TF_IN_AUTOMATION", "1");
    assert_environment(module, "TF_INPUT", "0");
    assert_environment(module, "CHECKPOINT_DISABLE", "1");
    assert_environment(module, "TF_DATA_DIR", module->data_dir);
    assert_environment(module, "TF_PLUGIN_CACHE_DIR", "/plugins");
    assert_environment(module, "WORKSPACE", "default");
    assert_environment(module, "DIR", module->root);
    assert_environment(module, "ATLANTIS_TERRAFORM_VERSION", "1.11.4");
    assert_environment(module, "TF_WORKSPACE", NULL);
}

TEST(workspace_and_data_directory_are_ours_whatever_the_environment_says)
{
    Module *module = *fixture;

    module_use_script(module, "1.11.4", "");
    module_set_env(module, "TF_WORKSPACE", "theirs");
    module_set_env(module, "TF_DATA_DIR", "/theirs");
    run_plan(module);
    assert_environment(module, "TF_WORKSPACE", NULL);
    assert_environment(module, "TF_DATA_DIR", module->data_dir);
    module->run.workspace = "staging";
    run_plan(module);
    assert_environment(module, "TF_WORKSPACE", "staging");
    run_init(module);
    assert_environment(module, "TF_WORKSPACE", NULL);
}

TEST(a_configuration_file_that_is_not_there_is_not_named_to_the_tool)
{
    Module *module = *fixture;
    g_autofree char *file = module_path(module, "rc");

    module_use_script(module, "1.11.4", "");
    module_set_env(module, "TF_CLI_CONFIG_FILE", file);
    run_plan(module);
    assert_environment(module, "TF_CLI_CONFIG_FILE", NULL);
    assert_true(g_file_set_contents(file, "", 0, NULL));
    run_plan(module);
    assert_environment(module, "TF_CLI_CONFIG_FILE", file);
}

/* --- command lines --- */

TEST(init_upgrades_only_what_no_lock_file_holds)
{
    Module *module = *fixture;

    module_use_script(module, "1.11.4", "");
    run_init(module);
    module_write(module, ".terraform.lock.hcl", "");
    run_init(module);

    assert_called(module, "[init][-input=false][-no-color][-reconfigure][-upgrade]\n"
                          "[init][-input=false][-no-color][-reconfigure]\n");
}

static bool select_workspace(Module *module, const char *workspace, GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);

    module->run.workspace = workspace;
    return tf_workspace_select(&ctx, &module->run, output, error);
}

TEST(the_default_workspace_needs_no_process)
{
    Module *module = *fixture;
    g_autoptr(GError) error = NULL;

    module_use_script(module, "1.11.4", "");
    assert_ok(select_workspace(module, "default", &error), error);
    assert_called(module, "");
}

TEST(another_workspace_is_selected_or_made)
{
    Module *module = *fixture;
    g_autoptr(GError) error = NULL;

    module_use_script(module, "1.4.0", "");
    assert_ok(select_workspace(module, "staging", &error), error);
    assert_called(module, "[workspace][select][-no-color][-or-create=true][staging]\n");
}

TEST(an_old_terraform_selects_and_then_makes)
{
    Module *module = *fixture;
    g_autoptr(GError) error = NULL;

    module_use_script(module, "1.3.9", "[ \"$2\" = new ]");
    assert_ok(select_workspace(module, "staging", &error), error);
    assert_called(module, "[workspace][select][-no-color][staging]\n"
                          "[workspace][new][-no-color][staging]\n");
}

TEST(I3_a_name_that_could_be_an_option_or_a_path_is_refused)
{
    static const char *const names[] = {
        "", "-x", "--help", "a/b", "../x", "..", "a b", ".", "a\nb"
    };
    Module *module = *fixture;

    module_use_script(module, "1.11.4", "");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        assert_fails(select_workspace(module, names[i], &error), error, HADAL_ERROR_INVALID);
        g_clear_error(&error);
        assert_fails(tf_plan(&ctx, &module->run, module->plan_path, output, &error), error,
                     HADAL_ERROR_INVALID);
    }
    assert_called(module, "");
}

TEST(a_plan_takes_the_variables_of_its_workspace_and_what_the_comment_added)
{
    Module *module = *fixture;
    g_autofree char *want = g_strdup_printf("[plan][-input=false][-no-color][-out=%s]"
                                            "[-var-file=env/staging.tfvars][-var][a=b c]\n",
                                            module->plan_path);

    module_use_script(module, "1.11.4", "");
    module_write(module, "env/staging.tfvars", "");
    module_write(module, "env/default.tfvars.not", "");
    module->run.workspace = "staging";
    module->run.extra = (const char *const[]){ "-var", "a=b c", NULL };
    run_plan(module);

    assert_called(module, want);
}

TEST(an_apply_is_of_the_file_with_what_its_comment_added)
{
    Module *module = *fixture;
    g_autofree char *want = g_strdup_printf(
        "[apply][-input=false][-no-color][-parallelism=1][--][%s]\n", module->plan_path);

    module_use_script(module, "1.11.4", "");
    module->run.extra = (const char *const[]){ "-parallelism=1", NULL };
    g_free(module_apply(module));

    assert_called(module, want);
}

TEST(a_flag_without_its_value_never_takes_the_plan_for_it)
{
    Module *module = *fixture;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autofree char *state = g_build_filename(module->root, "terraform.tfstate", NULL);
    g_autofree char *text = NULL;

    module_use_terraform(module);
    module_write(module, "main.tf", "resource \"terraform_data\" \"planned\" {}\n");
    module_init(module);
    g_free(module_plan(module));
    module_write(module, "main.tf", "resource \"terraform_data\" \"unread\" {}\n");
    module->run.extra = (const char *const[]){ "-auto-approve", "-backup", NULL };
    /* Whether it is then done or refused is terraform's. */
    if (tf_apply(&ctx, &module->run, module->plan_path, output, NULL))
        assert_true(g_file_get_contents(state, &text, NULL, NULL));

    assert_null(strstr(output->str, "terraform_data.unread"));
    assert_true(!text || !strstr(text, "unread"));
}

/* --- files and output --- */

TEST(a_plan_file_is_readable_by_nobody_else)
{
    Module *module = *fixture;
    mode_t before = umask(0);
    struct stat info;

    module_use_terraform(module);
    module_write(module, "main.tf", "resource \"terraform_data\" \"a\" {}\n");
    assert_true(g_file_set_contents_full(module->plan_path, "older", -1, G_FILE_SET_CONTENTS_NONE,
                                         0666, NULL));
    module_init(module);
    g_free(module_plan(module));
    umask(before);

    assert_int_equal(stat(module->plan_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(info.st_size > 100);
}

TEST(a_plan_that_fails_leaves_no_file_and_says_why)
{
    Module *module = *fixture;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    module_use_terraform(module);
    module_write(module, "main.tf", "resource \"terraform_data\" \"a\" { input = var.no }\n");
    module_init(module);

    assert_fails(tf_plan(&ctx, &module->run, module->plan_path, output, &error), error,
                 HADAL_ERROR_FAILED);
    assert_string_equal(error->message, "terraform plan: exit 1");
    assert_non_null(strstr(output->str, "undeclared input variable"));
    assert_false(g_file_test(module->plan_path, G_FILE_TEST_EXISTS));
}

TEST(output_is_text_whatever_bytes_were_printed)
{
    Module *module = *fixture;
    g_autofree char *output = NULL;

    module_use_script(module, "1.11.4", "printf 'a\\377b\\n'");
    output = module_plan(module);

    assert_true(g_utf8_validate(output, -1, NULL));
    assert_string_equal(output, "a\xef\xbf\xbd"
                                "b");
}

TEST(an_init_that_fails_says_why)
{
    Module *module = *fixture;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    module_use_terraform(module);
    module_write(module, "main.tf", "module \"m\" { source = \"./no-such\" }\n");

    assert_fails(tf_init(&ctx, &module->run, output, &error), error, HADAL_ERROR_FAILED);
    assert_non_null(strstr(output->str, "no-such"));
}

/* --- from init to apply --- */

#define ONE "resource \"terraform_data\" \"a\" { input = terraform.workspace }\n"

#define BACKEND(path) "terraform {\n  backend \"local\" { path = \"" path "\" }\n}\n"

TEST(a_backend_that_changed_is_planned_without_its_old_state)
{
    Module *module = *fixture;
    g_autofree char *other = g_build_filename(module->root, "two.tfstate", NULL);
    g_autofree char *plan = NULL;

    module_use_terraform(module);
    module_write(module, "main.tf", BACKEND("one.tfstate") ONE);
    module_init(module);
    g_free(module_plan(module));
    g_free(module_apply(module));
    module_write(module, "main.tf", BACKEND("two.tfstate") ONE);
    module_init(module);
    plan = module_plan(module);

    assert_non_null(strstr(plan, "Plan: 1 to add"));
    assert_false(g_file_test(other, G_FILE_TEST_EXISTS));
}

static void assert_state(const Module *module, bool has_state)
{
    g_autofree char *lineage = NULL;
    g_autoptr(GError) error = NULL;
    gint64 serial = 77;

    assert_ok(tf_state_read(&ctx, &module->run, &lineage, &serial, &error), error);
    if (has_state) {
        assert_non_null(lineage);
        assert_int_equal(strlen(lineage), 36);
        assert_true(serial >= 1);
    } else {
        assert_null(lineage);
        assert_int_equal(serial, -1);
    }
}

TEST(a_plan_is_applied_in_its_own_workspace)
{
    Module *module = *fixture;
    g_autofree char *plan = NULL, *apply = NULL, *no_changes = NULL;
    g_autofree char *state = g_build_filename(module->root, "terraform.tfstate", NULL);
    g_autofree char *own =
        g_build_filename(module->root, "terraform.tfstate.d", "staging", "terraform.tfstate", NULL);

    module_use_terraform(module);
    module_write(module, "main.tf", ONE);
    module->run.workspace = "staging";
    module_init(module);
    assert_state(module, false);
    plan = module_plan(module);
    apply = module_apply(module);
    no_changes = module_plan(module);

    assert_non_null(strstr(plan, "Plan: 1 to add, 0 to change, 0 to destroy."));
    assert_non_null(strstr(apply, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."));
    assert_true(g_str_has_prefix(no_changes, "No changes."));
    assert_true(g_file_test(own, G_FILE_TEST_EXISTS));
    assert_false(g_file_test(state, G_FILE_TEST_EXISTS));
    assert_state(module, true);
}

/* As another process's terraform would hold it: the lock on the file, and who has it beside. */
static int hold_lock(const Module *module)
{
    g_autofree char *state = g_build_filename(module->root, "terraform.tfstate", NULL);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(state, O_RDWR | O_CLOEXEC);

    assert_int_equal(fcntl(fd, F_SETLK, &lock), 0);
    module_write(module, ".terraform.tfstate.lock.info",
                 "{\"ID\":\"lock-7\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\","
                 "\"Who\":\"worker@node\",\"Version\":\"1.11.4\","
                 "\"Created\":\"2026-01-02T03:04:05Z\",\"Path\":\"terraform.tfstate\"}");
    return fd;
}

TEST(who_holds_the_lock_of_a_state_is_told)
{
    Module *module = *fixture;
    g_autofree char *plan = NULL, *apply = NULL, *nobody = NULL, *holder = NULL;
    g_autoptr(GError) error = NULL;
    int fd;

    module_use_terraform(module);
    module_write(module, "main.tf", ONE);
    module_init(module);
    plan = module_plan(module);
    apply = module_apply(module);
    assert_ok(tf_lock_probe(&ctx, &module->run, &nobody, &error), error);
    fd = hold_lock(module);
    assert_ok(tf_lock_probe(&ctx, &module->run, &holder, &error), error);
    close(fd);

    assert_null(nobody);
    assert_string_equal(holder,
                        "ID lock-7, held by worker@node, since 2026-01-02 03:04:05 +0000 UTC");
}

TEST(a_probe_of_a_module_that_does_not_plan_is_a_failure)
{
    Module *module = *fixture;
    g_autofree char *holder = NULL;
    g_autoptr(GError) error = NULL;

    module_use_terraform(module);
    module_write(module, "main.tf", "resource {");
    assert_fails(tf_lock_probe(&ctx, &module->run, &holder, &error), error, HADAL_ERROR_FAILED);
}

TEST(the_serial_moves_with_the_state)
{
    Module *module = *fixture;
    g_autofree char *first = NULL, *second = NULL;
    g_autoptr(GError) error = NULL;
    gint64 before, after;

    module_use_terraform(module);
    module_write(module, "main.tf", ONE);
    module_init(module);
    g_free(module_plan(module));
    g_free(module_apply(module));
    assert_ok(tf_state_read(&ctx, &module->run, &first, &before, &error), error);
    module_write(module, "more.tf", "resource \"terraform_data\" \"b\" {}\n");
    g_free(module_plan(module));
    g_free(module_apply(module));
    assert_ok(tf_state_read(&ctx, &module->run, &second, &after, &error), error);

    assert_string_equal(first, second);
    assert_true(after > before);
}

TEST(a_state_of_any_size_is_read_by_its_beginning)
{
    Module *module = *fixture;
    g_autofree char *lineage = NULL;
    g_autoptr(GError) error = NULL;
    gint64 serial = 0;

    module_use_script(
        module, "1.11.4",
        "printf '{\"version\":4,\"serial\":12,\"lineage\":\"abc\",\"outputs\":{\"x\":\"'\n"
        "head -c 3000000 /dev/zero | tr '\\0' x\n"
        "printf '\"}}\\n'");
    assert_ok(tf_state_read(&ctx, &module->run, &lineage, &serial, &error), error);

    assert_string_equal(lineage, "abc");
    assert_int_equal(serial, 12);
}

TEST(a_state_that_cannot_be_read_is_a_failure_that_says_why)
{
    Module *module = *fixture;
    g_autofree char *lineage = NULL;
    g_autoptr(GError) error = NULL;
    gint64 serial = 0;

    module_use_script(module, "1.11.4", "echo 'no credentials' >&2; exit 1");
    assert_fails(tf_state_read(&ctx, &module->run, &lineage, &serial, &error), error,
                 HADAL_ERROR_FAILED);
    assert_non_null(strstr(error->message, "no credentials"));
    assert_null(lineage);
}

/* --- plan text --- */

static const struct {
    const char *output, *text;
} texts[] = {
    { "", "" },
    { "No changes.\n\n\n", "No changes." },
    { "a.b: Refreshing state... [id=1]\nmodule.x.c.d: Refreshing state... [id=2]\n\nPlan\n",
      "Plan" },
    { "data.a.b: Reading...\ndata.a.b: Still reading... [10s elapsed]\n"
      "data.a.b: Read complete after 11s [id=1]\n\nNo changes.\n",
      "No changes." },
    { "Acquiring state lock. This may take a few moments...\na.b: Refreshing state... [id=1]\n\n"
      "Plan: 1 to add\nReleasing state lock. This may take a few moments...\n\n",
      "Plan: 1 to add" },
    { "Warning: something early\na.b: Refreshing state... [id=1]\nPlan\n",
      "Warning: something early\na.b: Refreshing state... [id=1]\nPlan" },
    { "module.m[\"a: \\\"b\\\" c\"].data.a.b[0]: Read complete after 1m2s\n"
      "a.b: Refreshing state...\nPlan\n",
      "Plan" },
    /* The message of a failed check, and a value of many lines: both as an author likes. */
    { "a.b: Refreshing state... [id=1]\n\nPlan: 1 to destroy\n\nWarning: Check block assertion "
      "failed\n\na.b: Refreshing state... [id=1]\n\nNo changes.\n",
      "Plan: 1 to destroy\n\nWarning: Check block assertion failed\n\n"
      "a.b: Refreshing state... [id=1]\n\nNo changes." },
    { "Changes to Outputs:\n  + x = <<-EOT\ndata.a.b: Reading...\n    EOT\n",
      "Changes to Outputs:\n  + x = <<-EOT\ndata.a.b: Reading...\n    EOT" },
    { "a b: Reading...\nPlan", "a b: Reading...\nPlan" },
    { "a[\"b: Reading...\nPlan", "a[\"b: Reading...\nPlan" },
    { ": Reading...\nPlan", ": Reading...\nPlan" },
    { "a.b: Reading... or not\nPlan", "a.b: Reading... or not\nPlan" },
    { "a.b: Still reading... [10s]\nPlan", "a.b: Still reading... [10s]\nPlan" },
    { "a.b: Read complete after all\nPlan", "a.b: Read complete after all\nPlan" },
    { "a.b: Refreshing state... [id=1] and\nPlan", "a.b: Refreshing state... [id=1] and\nPlan" },
    { "Acquiring state lock. Or not\nPlan", "Acquiring state lock. Or not\nPlan" },
    { "Releasing state lock. This may take a few moments...\nPlan",
      "Releasing state lock. This may take a few moments...\nPlan" },
    { "  # a.b will be created\n  + note = \"x: Refreshing state... y\"\n",
      "  # a.b will be created\n  + note = \"x: Refreshing state... y\"" },
    { "a.b: Refreshing state... [id=1]\n", "" },
    { "Error: bad\n\n  on main.tf\n", "Error: bad\n\n  on main.tf" },
};

TEST(what_only_says_that_terraform_is_busy_is_left_out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = tf_plan_text(texts[i].output);

        assert_string_equal(text, texts[i].text);
    }
}

static const char imitating[] =
    "resource \"terraform_data\" \"a\" {\n  input = \"a\\nx.y: Refreshing state... [id=1]\\n\"\n}\n"
    "variable \"v\" {\n  default = 1\n}\n"
    "check \"c\" {\n  assert {\n    condition     = var.v == 2\n"
    "    error_message = \"No.\\nx.y: Refreshing state... [id=1]\\n\\nNo changes.\"\n  }\n}\n";

TEST(a_message_of_the_module_does_not_hide_its_plan)
{
    Module *module = *fixture;
    g_autofree char *plan = NULL;

    module_use_terraform(module);
    module_write(module, "main.tf", imitating);
    module_init(module);
    plan = module_plan(module);

    assert_non_null(strstr(plan, "# terraform_data.a will be created"));
    assert_non_null(strstr(plan, "Plan: 1 to add"));
    assert_non_null(strstr(plan, "x.y: Refreshing state... [id=1]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MODULE(the_real_program_is_found_with_its_version),
        WITH_MODULE(a_version_is_asked_once_and_again_of_another_program),
        WITH_MODULE(a_program_that_is_not_there_is_named_with_what_to_do),
        WITH_MODULE(a_program_that_tells_no_version_is_refused),
        WITH_MODULE(a_tool_runs_with_what_is_given_and_our_variables),
        WITH_MODULE(workspace_and_data_directory_are_ours_whatever_the_environment_says),
        WITH_MODULE(a_configuration_file_that_is_not_there_is_not_named_to_the_tool),
        WITH_MODULE(init_upgrades_only_what_no_lock_file_holds),
        WITH_MODULE(the_default_workspace_needs_no_process),
        WITH_MODULE(another_workspace_is_selected_or_made),
        WITH_MODULE(an_old_terraform_selects_and_then_makes),
        WITH_MODULE(I3_a_name_that_could_be_an_option_or_a_path_is_refused),
        WITH_MODULE(a_plan_takes_the_variables_of_its_workspace_and_what_the_comment_added),
        WITH_MODULE(an_apply_is_of_the_file_with_what_its_comment_added),
        WITH_MODULE(a_flag_without_its_value_never_takes_the_plan_for_it),
        WITH_MODULE(a_plan_file_is_readable_by_nobody_else),
        WITH_MODULE(a_plan_that_fails_leaves_no_file_and_says_why),
        WITH_MODULE(output_is_text_whatever_bytes_were_printed),
        WITH_MODULE(an_init_that_fails_says_why),
        WITH_MODULE(a_backend_that_changed_is_planned_without_its_old_state),
        WITH_MODULE(a_plan_is_applied_in_its_own_workspace),
        WITH_MODULE(who_holds_the_lock_of_a_state_is_told),
        WITH_MODULE(a_probe_of_a_module_that_does_not_plan_is_a_failure),
        WITH_MODULE(the_serial_moves_with_the_state),
        WITH_MODULE(a_state_of_any_size_is_read_by_its_beginning),
        WITH_MODULE(a_state_that_cannot_be_read_is_a_failure_that_says_why),
        cmocka_unit_test(what_only_says_that_terraform_is_busy_is_left_out),
        WITH_MODULE(a_message_of_the_module_does_not_hide_its_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
