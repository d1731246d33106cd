// SPDX-License-Identifier: Apache-2.0
#include "grammar/discover.h"

#include "test.h"

static const char *const default_list[] = {
    "**/*.tf",   "**/*.tf.json",   "**/*.tfvars",       "**/*.tfvars.json",
    "**/*.tofu", "**/*.tofu.json", "**/terragrunt.hcl", "**/.terraform.lock.hcl",
    NULL
};

/* What most cases happen in; sorted. */
static const char *const usual_files[] = {
    ".tflint.hcl",
    "README.md",
    "db/env/prod.tfvars",
    "db/main.tf",
    "db/modules/pool/main.tf",
    "docs/index.md",
    "gen/main.tf.json",
    "grunt/terragrunt.hcl",
    "live/env/main.tf",
    "modules/net/env/x.tfvars",
    "modules/net/main.tf",
    "network/.terraform.lock.hcl",
    "network/main.tf",
    "network/values.tfvars",
    "ofu/main.tofu",
    "only/values.tfvars",
};

static GPtrArray *array_of(const char *const *items, gsize count)
{
    GPtrArray *array = g_ptr_array_new();

    for (gsize i = 0; i < count; i++)
        g_ptr_array_add(array, (gpointer)items[i]);
    return array;
}

static char *found_by(const GPtrArray *files, const char *const *file_list, const char *changed,
                      const char *const *ignore)
{
    g_auto(GStrv) paths = g_strsplit(changed, ",", -1);
    g_autoptr(GPtrArray) changed_array = array_of((const char *const *)paths, g_strv_length(paths));
    g_autoptr(GlobList) list = glob_list_new(file_list, NULL);
    g_autoptr(GlobList) ignore_list = ignore ? glob_list_new(ignore, NULL) : NULL;
    const DiscoverInput input = { changed_array, files, list, ignore_list };
    g_autoptr(GPtrArray) projects = discover_projects(&input);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < projects->len; i++) {
        const ProjectRef *project = projects->pdata[i];

        assert_string_equal(project->workspace, "default");
        assert_string_equal(project->name, "");
        g_string_append_printf(text, "%s%s", i ? "," : "", project->dir);
    }
    return g_strdup(text->str);
}

static char *found_with(const GPtrArray *files, const char *changed, const char *const *ignore)
{
    return found_by(files, default_list, changed, ignore);
}

static void assert_found(const GPtrArray *files, const char *const *file_list, const char *changed,
                         const char *want)
{
    g_autofree char *found = found_by(files, file_list, changed, NULL);

    assert_string_equal(found, want);
}

static void check(const char *changed, const char *want)
{
    g_autoptr(GPtrArray) files = array_of(usual_files, G_N_ELEMENTS(usual_files));
    g_autofree char *found = found_with(files, changed, NULL);

    if (g_strcmp0(found, want) != 0)
        fail_msg("\"%s\" gave \"%s\", not \"%s\"", changed, found, want);
}

TEST(the_directory_of_a_changed_file_is_a_project)
{
    check("network/main.tf", "network");
    check("network/values.tfvars", "network");
    check("network/.terraform.lock.hcl", "network");
    check("gen/main.tf.json", "gen");
    check("ofu/main.tofu", "ofu");
    check("grunt/terragrunt.hcl", "grunt");
}

TEST(a_list_of_the_teams_own_makes_projects_for_other_programs)
{
    static const char *const own[] = { "**/*.yaml", "**/*.tfvars", NULL };
    static const char *const all[] = { "modules/x/a.yaml", "only/values.tfvars",
                                       "svc/config.yaml" };
    g_autoptr(GPtrArray) files = array_of(all, G_N_ELEMENTS(all));

    assert_found(files, own, "svc/config.yaml", "svc");
    assert_found(files, own, "gone/config.yaml", "");
    assert_found(files, own, "only/values.tfvars", "");
    assert_found(files, own, "modules/x/a.yaml", "");
    assert_found(files, default_list, "svc/config.yaml", "");
}

TEST(projects_are_sorted_and_named_once)
{
    check("network/main.tf,db/main.tf,network/values.tfvars", "db,network");
}

TEST(other_files_are_nobodys_business)
{
    check("README.md", "");
    check("docs/index.md,network/README.md", "");
    check("", "");
}

TEST(files_that_come_and_go_with_use_are_not_changes)
{
    check("network/terraform.tfstate", "");
    check("network/terraform.tfstate.backup", "");
    check("network/.tflint.hcl,network/terraform.tfstate.d/a.tf", "");
}

TEST(a_directory_that_is_gone_is_no_project)
{
    check("removed/main.tf", "");
    check("removed/main.tf,network/main.tf", "network");
}

TEST(a_directory_without_configuration_is_no_project)
{
    check("only/values.tfvars", "");
}

TEST(a_file_that_is_gone_still_changes_its_project)
{
    check("network/removed.tf", "network");
}

TEST(values_in_env_belong_to_the_directory_above)
{
    check("db/env/prod.tfvars", "db");
    check("db/env/removed.tfvars", "db");
}

TEST(a_root_module_that_is_called_env_is_itself)
{
    check("live/env/main.tf", "live/env");
}

TEST(a_module_inside_a_project_changes_that_project)
{
    check("db/modules/pool/main.tf", "db");
    check("db/modules/main.tf", "db");
}

TEST(a_shared_module_is_no_project)
{
    check("modules/net/main.tf", "");
    check("modules/net/env/x.tfvars", "");
}

TEST(a_module_beside_a_project_at_the_top_changes_it)
{
    static const char *const all[] = { "env/prod.tfvars", "main.tf", "modules/a/main.tf" };
    g_autoptr(GPtrArray) files = array_of(all, G_N_ELEMENTS(all));
    g_autofree char *module = found_with(files, "modules/a/main.tf", NULL);
    g_autofree char *env = found_with(files, "env/prod.tfvars", NULL);
    g_autofree char *top = found_with(files, "main.tf", NULL);

    assert_string_equal(module, ".");
    assert_string_equal(env, ".");
    assert_string_equal(top, ".");
}

TEST(ignored_directories_are_left_out)
{
    static const char *const ignore[] = { "db", NULL };
    g_autoptr(GPtrArray) files = array_of(usual_files, G_N_ELEMENTS(usual_files));
    g_autofree char *found = found_with(files, "db/main.tf,network/main.tf", ignore);

    assert_string_equal(found, "network");
}

TEST(a_project_is_a_directory_with_configuration_right_in_it)
{
    static const struct {
        const char *dir;
        bool is_project;
    } cases[] = {
        { "db", true },          { "db/env", false },
        { "db/modules", false }, { "db/modules/pool", true },
        { ".", false },          { "docs", false },
        { "netwo", false },      { "gone", false },
        { "network", true },     { "grunt", true },
        { "ofu", true },         { "only", false },
    };
    g_autoptr(GPtrArray) files = array_of(usual_files, G_N_ELEMENTS(usual_files));

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (discover_is_project(files, cases[i].dir) != cases[i].is_project)
            fail_msg("%s", cases[i].dir);
}

TEST(the_top_is_a_project_when_a_file_lies_there)
{
    static const char *const all[] = { "a/main.tf", "main.tf", "z/x" };
    g_autoptr(GPtrArray) files = array_of(all, G_N_ELEMENTS(all));

    assert_true(discover_is_project(files, "."));
}

TEST(a_thousand_projects_in_twenty_thousand_files_are_found)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GlobList) list = glob_list_new(default_list, NULL);
    const DiscoverInput input = { files, files, list, NULL };
    g_autoptr(GPtrArray) projects = NULL;

    for (int i = 0; i < 1000; i++)
        for (int j = 0; j < 20; j++)
            g_ptr_array_add(files, g_strdup_printf("live/account-%03d/region/file-%02d.tf", i, j));

    projects = discover_projects(&input);

    assert_int_equal(projects->len, 1000);
    assert_string_equal(((ProjectRef *)projects->pdata[999])->dir, "live/account-999/region");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_of_a_changed_file_is_a_project),
        cmocka_unit_test(a_list_of_the_teams_own_makes_projects_for_other_programs),
        cmocka_unit_test(projects_are_sorted_and_named_once),
        cmocka_unit_test(other_files_are_nobodys_business),
        cmocka_unit_test(files_that_come_and_go_with_use_are_not_changes),
        cmocka_unit_test(a_directory_that_is_gone_is_no_project),
        cmocka_unit_test(a_directory_without_configuration_is_no_project),
        cmocka_unit_test(a_file_that_is_gone_still_changes_its_project),
        cmocka_unit_test(values_in_env_belong_to_the_directory_above),
        cmocka_unit_test(a_root_module_that_is_called_env_is_itself),
        cmocka_unit_test(a_module_inside_a_project_changes_that_project),
        cmocka_unit_test(a_shared_module_is_no_project),
        cmocka_unit_test(a_module_beside_a_project_at_the_top_changes_it),
        cmocka_unit_test(ignored_directories_are_left_out),
        cmocka_unit_test(a_project_is_a_directory_with_configuration_right_in_it),
        cmocka_unit_test(the_top_is_a_project_when_a_file_lies_there),
        cmocka_unit_test(a_thousand_projects_in_twenty_thousand_files_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
