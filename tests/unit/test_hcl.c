// SPDX-License-Identifier: Apache-2.0
#include "tf/hcl.h"

#include <string.h>

#include "test.h"

static HclModule *read_file(const char *path, const char *text)
{
    HclModule *module = hcl_module_new();

    hcl_module_add(module, path, text, strlen(text));
    return module;
}

static char *joined(const GPtrArray *texts)
{
    GString *line = g_string_new(NULL);

    for (guint i = 0; i < texts->len; i++)
        g_string_append_printf(line, "%s%s", i ? " | " : "", (const char *)texts->pdata[i]);
    return g_string_free(line, FALSE);
}

typedef struct {
    const char *name, *path, *text;
    const char *versions, *backend, *workspace, *sources;
    bool has_error;
} Case;

static const Case cases[] = {
    { "nothing", "main.tf", "", "", NULL, NULL, "", false },
    { "a module, a version and a backend", "main.tf",
      "terraform {\n"
      "  required_version = \">= 1.5, < 2.0\"\n"
      "  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n"
      "  backend \"s3\" {\n    bucket = \"b\"\n  }\n"
      "}\n"
      "module \"net\" {\n  source  = \"../modules/net\"\n  version = \"1.0\"\n}\n"
      "module \"far\" { source = \"git::https://host/r.git//sub?ref=v1\" }\n"
      "resource \"x\" \"source\" {\n  source = \"./not-a-module\"\n}\n",
      ">= 1.5, < 2.0", "s3", NULL, "../modules/net | git::https://host/r.git//sub?ref=v1", false },
    { "several terraform blocks", "versions.tofu",
      "terraform { required_version = \"~> 1.9\" }\nterraform {\n  required_version = \"!= "
      "1.9.1\"\n}\n",
      "~> 1.9 | != 1.9.1", NULL, NULL, "", false },
    { "a cloud block", "main.tf",
      "terraform {\n  cloud {\n    organization = \"o\"\n    workspaces {\n      name = \"w\"\n"
      "      tags = [\"x\"]\n    }\n  }\n}\n",
      "", "cloud", "w", "", false },
    { "what is computed is not a literal", "main.tf",
      "module \"a\" { source = \"./${var.x}\" }\nmodule \"b\" { source = local.x }\n"
      "module \"c\" { source = join(\"\", [\"./x\"]) }\nmodule \"d\" {\n  source = "
      "<<EOT\n./x\nEOT\n}\n",
      "", NULL, NULL, "", false },
    { "escapes", "main.tf",
      "module \"a\" { source = \"./q\\\"b\\\\c\\t\\u00e4\\U0001F600$${x}%%{y}\" }\n", "", NULL,
      NULL, "./q\"b\\c\tä😀${x}%{y}", false },
    { "comments and heredocs hold no blocks", "main.tf",
      "# module \"a\" { source = \"./a\" }\n// module \"b\" { source = \"./b\" }\n"
      "/* module \"c\" { source = \"./c\" } */\nlocals {\n  x = <<-EOT\n    module \"d\" {\n"
      "      source = \"./d\"\n    }\n  EOT\n}\n",
      "", NULL, NULL, "", false },
    { "windows and a byte order mark", "main.tf",
      "\xef\xbb\xbfmodule \"a\" {\r\n  source = \"./a\"\r\n}\r\n", "", NULL, NULL, "./a", false },
    { "nested blocks of the same names", "main.tf",
      "resource \"x\" \"y\" {\n  module \"a\" {\n    source = \"./no\"\n  }\n  terraform {\n"
      "    required_version = \"1\"\n  }\n}\n",
      "", NULL, NULL, "", false },
    { "what only looks like it", "main.tf",
      "terraform {\n  language = \"TF2021\"\n  provider_meta \"x\" {\n    name = \"no\"\n  }\n"
      "  cloud {\n    workspaces {\n      name    = \"w\"\n      project = \"no\"\n    }\n"
      "  }\n  provider_meta \"y\" {}\n}\n"
      "other {\n  required_version = \"no\"\n  backend \"no\" {}\n}\n",
      "", "cloud", "w", "", false },
    { "broken", "main.tf", "module \"a\" {\n  source = \"./a\"\n", "", NULL, NULL, NULL, true },
    { "a string without an end", "main.tf", "module \"a\" { source = \"./a }\n", "", NULL, NULL,
      NULL, true },
    { "bytes that are no text", "main.tf", "module \"a\" { source = \"./\xff\" }\n", "", NULL, NULL,
      "", true },
    { "JSON", "main.tf.json",
      "{\"//\": \"comment\", \"terraform\": {\"required_version\": \">= 1\", \"backend\": "
      "{\"gcs\": "
      "{}}},"
      " \"module\": {\"//\": {\"source\": \"./no\"}, \"a\": {\"source\": \"./a\"},"
      " \"b\": [{\"source\": \"./b\"}], \"c\": {\"source\": \"./${x}\"}}}",
      ">= 1", "gcs", NULL, "./a | ./b", false },
    { "JSON with arrays of blocks", "main.tofu.json",
      "[{\"terraform\": [{\"cloud\": [{\"workspaces\": {\"name\": \"w\"}}]}]},"
      " {\"module\": [{\"a\": {\"source\": \"./a\"}}, {\"b\": {\"source\": 7}}]}]",
      "", "cloud", "w", "./a", false },
    { "broken JSON", "main.tf.json", "{\"module\": ", "", NULL, NULL, "", true },
    { "JSON of other kinds", "main.tf.json",
      "{\"terraform\": \"x\", \"module\": {\"a\": \"b\", \"c\": [1, null]}}", "", NULL, NULL, "",
      false },
    { "JSON of blocks that are none", "main.tf.json",
      "{\"terraform\": [{\"cloud\": [null], \"backend\": {\"gcs\": [1]}}, 2]}", "", NULL, NULL, "",
      false },
    { "another file", "main.tfvars", "module \"a\" { source = \"./a\" }\n{{{", "", NULL, NULL, "",
      false },
    { "JSON that is no module", "package.json", "{", "", NULL, NULL, "", false },
};

TEST(facts_are_read_and_errors_are_told)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *want = &cases[i];
        g_autoptr(HclModule) module = read_file(want->path, want->text);
        g_autofree char *versions = joined(module->required_versions);
        g_autofree char *sources = joined(module->module_sources);

        if (module->has_error != want->has_error || strcmp(versions, want->versions) != 0 ||
            (want->sources && strcmp(sources, want->sources) != 0) ||
            g_strcmp0(module->backend, want->backend) != 0 ||
            g_strcmp0(module->cloud_workspace, want->workspace) != 0)
            fail_msg("%s: error %d, versions %s, sources %s, backend %s, workspace %s", want->name,
                     module->has_error, versions, sources, module->backend,
                     module->cloud_workspace);
    }
}

TEST(needs_are_what_providers_are_found_by)
{
    static const struct {
        const char *path, *text, *needs;
    } files[] = {
        { "main.tf", "terraform {\n  required_providers {\n    a = { source = \"x/a\" }\n  }\n}\n",
          "required_providers {\n    a = { source = \"x/a\" }\n  }" },
        { "main.tf",
          "resource \"aws_vpc\" \"a\" {}\ndata \"google_project\" \"b\" {}\n"
          "ephemeral \"random_password\" \"c\" {}\nvariable \"x_y\" {}\n",
          "aws | google | random" },
        { "main.tf", "provider \"aws\" {\n  region  = \"x\"\n  version = \"~> 5.0\"\n}\n",
          "aws | version = \"~> 5.0\"" },
        { "main.tf", "module \"a\" { source = \"x/y/z\" }\nlocals { aws_x = 1 }\n", "" },
        { "main.tf.json", "{}", "{}" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(HclModule) module = read_file(files[i].path, files[i].text);
        g_autofree char *needs = joined(module->needs);

        assert_string_equal(needs, files[i].needs);
    }
}

TEST(a_module_is_all_its_files)
{
    g_autoptr(HclModule) module = hcl_module_new();
    static const char one[] = "module \"a\" { source = \"./a\" }\n";
    static const char two[] = "terraform {\n  backend \"local\" {}\n}\n";
    static const char three[] = "module \"c\" {";
    g_autofree char *sources = NULL;

    hcl_module_add(module, "a/one.tf", one, strlen(one));
    hcl_module_add(module, "a/two.tf", two, strlen(two));
    hcl_module_add(module, "a/three.tf", three, strlen(three));
    hcl_module_add(module, "a/four.tf", one, strlen(one));
    sources = joined(module->module_sources);

    assert_true(module->has_error);
    assert_string_equal(module->backend, "local");
    assert_string_equal(sources, "./a | ./a");
}

TEST(a_file_that_is_too_large_is_unknown)
{
    g_autofree char *text = g_strnfill((1 << 20) + 1, '\n');
    g_autoptr(HclModule) module = read_file("main.tf", text);

    assert_true(module->has_error);
}

TEST(nesting_of_any_depth_is_survived)
{
    enum { DEPTH = 200 * 1000 };
    g_autofree char *open = g_strnfill(DEPTH, '[');
    g_autofree char *lists = g_strdup_printf("a = %s\n", open);
    g_autoptr(GString) blocks = g_string_new(NULL);
    g_autoptr(HclModule) of_lists = read_file("main.tf", lists);
    g_autoptr(HclModule) of_blocks = NULL;
    g_autoptr(HclModule) of_json = NULL;
    g_autofree char *json = g_strdup_printf("{\"module\": %s", open);

    for (int i = 0; i < DEPTH / 2; i++)
        g_string_append(blocks, "b {\n");
    of_blocks = read_file("main.tf", blocks->str);
    of_json = read_file("main.tf.json", json);

    assert_true(of_lists->has_error);
    assert_true(of_blocks->has_error);
    assert_true(of_json->has_error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_read_and_errors_are_told),
        cmocka_unit_test(needs_are_what_providers_are_found_by),
        cmocka_unit_test(a_module_is_all_its_files),
        cmocka_unit_test(a_file_that_is_too_large_is_unknown),
        cmocka_unit_test(nesting_of_any_depth_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
