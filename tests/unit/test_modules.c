// SPDX-License-Identifier: Apache-2.0
#include "engine/modules.h"

#include <string.h>

#include "base/sorted.h"
#include "test.h"

/* A repository in memory, and what was read of it. */
typedef struct {
    GHashTable *texts; /* path -> text, both constant; NULL text: it cannot be read */
    GPtrArray *files;  /* sorted */
    guint n_reads;
} Repo;

typedef struct {
    const char *path, *text;
} File;

#define USES(source) "module \"m\" {\n  source = \"" source "\"\n}\n"
static const char empty[] = "locals {}\n";

static Repo repo_of(const File *files, gsize n_files)
{
    Repo repo = { g_hash_table_new(g_str_hash, g_str_equal), g_ptr_array_new(), 0 };

    for (gsize i = 0; i < n_files; i++) {
        g_hash_table_insert(repo.texts, (gpointer)files[i].path, (gpointer)files[i].text);
        g_ptr_array_add(repo.files, (gpointer)files[i].path);
    }
    sorted_sort(repo.files);
    return repo;
}

static void repo_clear(Repo *repo)
{
    g_hash_table_unref(repo->texts);
    g_ptr_array_unref(repo->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Repo, repo_clear)

static void string_free(gpointer data)
{
    if (data)
        g_string_free(data, TRUE);
}

static GPtrArray *read_files(gpointer data, const char *const *paths, GError **error G_GNUC_UNUSED)
{
    Repo *repo = data;
    GPtrArray *found = g_ptr_array_new_with_free_func(string_free);

    repo->n_reads++;
    for (; *paths; paths++) {
        const char *text = g_hash_table_lookup(repo->texts, *paths);

        g_ptr_array_add(found, text ? g_string_new(text) : NULL);
    }
    return found;
}

static GPtrArray *read_nothing(gpointer data G_GNUC_UNUSED, const char *const *paths G_GNUC_UNUSED,
                               GError **error)
{
    return hadal_throw_null(error, HADAL_ERROR_RETRY, "not now");
}

static GlobList *globs(const char *pattern)
{
    const char *const list[] = { pattern, NULL };
    GlobList *globs = glob_list_new(list, NULL);

    assert_non_null(globs);
    return globs;
}

static ModuleIndex *index_of(Repo *repo, const char *pattern)
{
    g_autoptr(GlobList) patterns = globs(pattern);
    g_autoptr(GError) error = NULL;
    ModuleIndex *index = module_index_read(repo->files, patterns, read_files, repo, &error);

    assert_ok(index, error);
    return index;
}

static char *why(const ModuleIndex *index, const char *dir, const char *changed)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    g_autoptr(GlobList) file_list = globs("**/*.t*");
    g_autoptr(ModuleChanges) changes = NULL;

    g_ptr_array_add(list, (gpointer)changed);
    changes = module_changes_new(list, file_list);
    return module_index_why(index, dir, changes);
}

static void check(const ModuleIndex *index, const char *dir, const char *changed, const char *want)
{
    g_autofree char *got = why(index, dir, changed);

    if (g_strcmp0(got, want) != 0)
        fail_msg("%s, %s: \"%s\", not \"%s\"", dir, changed, got, want);
}

TEST(a_project_is_changed_by_the_modules_that_it_uses)
{
    static const File files[] = {
        { "live/a/main.tf", USES("../../modules/vpc") },
        { "live/b/main.tf", empty },
        { "modules/vpc/main.tf", USES("./sub") },
        { "modules/vpc/sub/main.tf", USES("../../deep/") },
        { "modules/deep/main.tf", empty },
        { "modules/unused/main.tf", empty },
    };
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(ModuleIndex) index = index_of(&repo, "live/**");

    check(index, "live/a", "modules/vpc/x.tf",
          "it uses module `modules/vpc`, where `modules/vpc/x.tf` changed");
    check(index, "live/a", "modules/vpc/sub/x.tf",
          "it uses module `modules/vpc/sub`, where `modules/vpc/sub/x.tf` changed");
    check(index, "live/a", "modules/deep/x.tf",
          "it uses module `modules/deep`, where `modules/deep/x.tf` changed");
    check(index, "live/a", "modules/unused/x.tf", NULL);
    check(index, "live/a", "modules/vpc/README.md", NULL);
    check(index, "live/a", "modules/vpc/files/x.tf", NULL);
    check(index, "live/a", "live/a/main.tf", NULL);
    check(index, "live/b", "modules/vpc/x.tf", NULL);
    check(index, "modules/vpc", "modules/deep/x.tf", NULL); /* no root */
}

TEST(each_level_of_modules_is_read_once)
{
    static const File files[] = {
        { "a/main.tf", USES("../m") },
        { "b/main.tf", USES("../m") },
        { "m/main.tf", USES("../n") },
        { "n/main.tf", empty },
    };
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(ModuleIndex) index = index_of(&repo, "?/**");

    assert_int_equal(repo.n_reads, 1); /* all are roots already */
    module_index_free(g_steal_pointer(&index));
    repo.n_reads = 0;
    index = index_of(&repo, "[ab]/**");

    assert_int_equal(repo.n_reads, 3);
}

TEST(only_local_sources_within_the_repository_count)
{
    static const struct {
        const char *source, *changed;
        bool is_used;
    } cases[] = {
        { "../m", "m/x.tf", true },
        { "./m", "app/m/x.tf", true },
        { "..", "x.tf", true },
        { "../../app/m", "app/m/x.tf", false },
        { "m", "app/m/x.tf", false },
        { "hashicorp/consul/aws", "app/hashicorp/consul/aws/x.tf", false },
        { "git::https://example.com/m.git", "m/x.tf", false },
        { "/m", "m/x.tf", false },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("module \"m\" {\n  source = \"%s\"\n}\n", cases[i].source);
        const File files[] = { { "app/main.tf", text } };
        g_auto(Repo) repo = repo_of(files, 1);
        g_autoptr(ModuleIndex) index = index_of(&repo, "app/**");
        g_autofree char *got = why(index, "app", cases[i].changed);

        if ((got != NULL) != cases[i].is_used)
            fail_msg("%s: %s", cases[i].source, got);
    }
}

TEST(modules_in_a_ring_come_to_an_end)
{
    static const File files[] = {
        { "app/main.tf", USES("../a") },
        { "a/main.tf", USES("../b") },
        { "b/main.tf", USES("../a") },
    };
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(ModuleIndex) index = index_of(&repo, "app/**");

    check(index, "app", "b/x.tf", "it uses module `b`, where `b/x.tf` changed");
    check(index, "app", "c/x.tf", NULL);
}

TEST(what_cannot_be_read_may_use_anything)
{
    static const struct {
        const char *name;
        File files[2];
        const char *broken;
    } cases[] = {
        { "a module", { { "app/main.tf", USES("../m") }, { "m/main.tf", "module {{{\n" } }, "m" },
        { "a root", { { "app/main.tf", "module \"m\" {\n" }, { "m/main.tf", empty } }, "app" },
        { "a file too large", { { "app/main.tf", USES("../m") }, { "m/main.tf", NULL } }, "m" },
        { "JSON", { { "app/main.tf", USES("../m") }, { "m/main.tf.json", "{" } }, "m" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Repo) repo = repo_of(cases[i].files, 2);
        g_autoptr(ModuleIndex) index = index_of(&repo, "app/**");
        g_autofree char *want = g_strdup_printf(
            "the modules that `%s` uses cannot be read, and `other/x.tf` changed", cases[i].broken);

        check(index, "app", "other/x.tf", want);
        check(index, "app", "other/README.md", NULL);
    }
}

TEST(modules_nested_deeper_than_is_read_may_use_anything)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    File files[80];

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        files[i].path = g_strdup_printf("m%u/main.tf", i);
        files[i].text = g_strdup_printf("module \"m\" {\n  source = \"../m%u\"\n}\n", i + 1);
        g_ptr_array_add(names, (gpointer)files[i].path);
        g_ptr_array_add(names, (gpointer)files[i].text);
    }
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(ModuleIndex) index = index_of(&repo, "m0/**");

    check(index, "m0", "m63/x.tf", "it uses module `m63`, where `m63/x.tf` changed");
    check(index, "m0", "m79/x.tf",
          "the modules that `m64` uses cannot be read, and `m79/x.tf` changed");
}

TEST(a_module_that_is_gone_is_one_without_files)
{
    static const File files[] = { { "app/main.tf", USES("../m") } };
    g_auto(Repo) repo = repo_of(files, 1);
    g_autoptr(ModuleIndex) index = index_of(&repo, "app/**");

    check(index, "app", "m/main.tf", "it uses module `m`, where `m/main.tf` changed");
    check(index, "app", "other/main.tf", NULL);
}

TEST(all_kinds_of_configuration_are_read)
{
    static const struct {
        const char *file, *text;
    } cases[] = {
        { "app/main.tf", USES("../m") },
        { "app/main.tofu", USES("../m") },
        { "app/main.tf.json", "{\"module\": {\"m\": {\"source\": \"../m\"}}}" },
        { "app/main.tofu.json", "{\"module\": {\"m\": {\"source\": \"../m\"}}}" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const File files[] = { { cases[i].file, cases[i].text } };
        g_auto(Repo) repo = repo_of(files, 1);
        g_autoptr(ModuleIndex) index = index_of(&repo, "**");

        check(index, "app", "m/x.tf", "it uses module `m`, where `m/x.tf` changed");
    }
}

TEST(roots_are_where_the_patterns_find_configuration)
{
    static const File files[] = {
        { "live/a/main.tf", USES("../../m") },
        { "live/b/notes.md", NULL },
        { "main.tf", empty },
        { "m/main.tf", empty },
    };
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(ModuleIndex) index = index_of(&repo, "**/*");
    g_autoptr(GPtrArray) tops = module_index_tops(index);

    sorted_sort(tops);
    assert_int_equal(tops->len, 2); /* m is used by another, live/b holds none */
    assert_string_equal(tops->pdata[0], ".");
    assert_string_equal(tops->pdata[1], "live/a");
}

TEST(a_directory_that_uses_itself_is_used_by_no_other)
{
    static const File files[] = {
        { "a/main.tf", USES("./") },
        { "b/main.tf", USES("../c") },
        { "c/main.tf", USES("../b") },
    };
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(ModuleIndex) index = index_of(&repo, "**");
    g_autoptr(GPtrArray) tops = module_index_tops(index);

    assert_int_equal(tops->len, 1);
    assert_string_equal(tops->pdata[0], "a");
}

TEST(more_files_than_anybody_has_are_refused_before_they_are_read)
{
    enum { MANY = 50 * 1000 + 1 };
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free), dirs = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < MANY; i++)
        g_ptr_array_add(files, g_strdup_printf("a/%06d.tf", i));
    g_ptr_array_add(dirs, (gpointer) "a");

    assert_fails(modules_read(files, dirs, read_nothing, NULL, &error), error, HADAL_ERROR_INVALID);
    assert_non_null(strstr(error->message, "50001"));
}

TEST(what_directories_say_is_read_at_once)
{
    static const File files[] = {
        { "a/main.tf", "terraform {\n  cloud {\n    workspaces {\n      name = \"prod\"\n"
                       "    }\n  }\n}\n" },
        { "a/sub/x.tf", "not read {{{" },
        { "b/x.tf", empty },
        { "main.tf", USES("./b") },
    };
    g_auto(Repo) repo = repo_of(files, G_N_ELEMENTS(files));
    g_autoptr(GPtrArray) dirs = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) modules = NULL;

    g_ptr_array_add(dirs, (gpointer) "a");
    g_ptr_array_add(dirs, (gpointer) ".");
    modules = modules_read(repo.files, dirs, read_files, &repo, &error);
    assert_ok(modules, error);

    assert_int_equal(repo.n_reads, 1);
    assert_int_equal(g_hash_table_size(modules), 2);
    const HclModule *a = g_hash_table_lookup(modules, "a");
    const HclModule *top = g_hash_table_lookup(modules, ".");

    assert_string_equal(a->cloud_workspace, "prod");
    assert_false(a->has_error);
    assert_int_equal(top->module_sources->len, 1);
}

/* Of a root module; NULL where they are not all known. The caller frees it. */
static char *needs_of(const File *files, gsize n, const char *dir)
{
    g_auto(Repo) repo = repo_of(files, n);
    g_autoptr(GPtrArray) dirs = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) modules = NULL;

    g_ptr_array_add(dirs, (gpointer)dir);
    modules = modules_read(repo.files, dirs, read_files, &repo, &error);
    assert_ok(modules, error);
    assert_ok(modules_read_used(modules, repo.files, read_files, &repo, &error), error);
    return modules_needs(modules, dir);
}

TEST(needs_are_those_of_all_local_modules)
{
    static const File files[] = {
        { "a/main.tf", USES("../m/one") "resource \"null_resource\" \"x\" {}\n" },
        { "b/main.tf", USES("../m/two") USES("../m/one") "data \"null_data_source\" \"x\" {}\n" },
        { "broken/main.tf", USES("../m/broken") },
        { "c/main.tf", "resource \"null_resource\" \"x\" {}\n" USES("registry/module/x") },
        { "m/broken/main.tf", "{{{" },
        { "m/one/main.tf", USES("../two") "resource \"aws_vpc\" \"x\" {}\n" },
        { "m/two/main.tf", USES("../one") "resource \"tls_key\" \"x\" {}\n" },
    };
    g_autofree char *a = needs_of(files, G_N_ELEMENTS(files), "a");
    g_autofree char *b = needs_of(files, G_N_ELEMENTS(files), "b");
    g_autofree char *c = needs_of(files, G_N_ELEMENTS(files), "c");
    g_autofree char *broken = needs_of(files, G_N_ELEMENTS(files), "broken");

    assert_string_equal(a, "aws\nnull\ntls");
    assert_string_equal(b, a);
    assert_string_equal(c, "null");
    assert_null(broken);
}

TEST(a_failure_to_read_is_passed_on)
{
    static const File files[] = { { "app/main.tf", empty } };
    g_auto(Repo) repo = repo_of(files, 1);
    g_autoptr(GlobList) patterns = globs("**");
    g_autoptr(GError) error = NULL;
    g_autoptr(ModuleIndex) index =
        module_index_read(repo.files, patterns, read_nothing, NULL, &error);

    assert_fails(index, error, HADAL_ERROR_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_project_is_changed_by_the_modules_that_it_uses),
        cmocka_unit_test(each_level_of_modules_is_read_once),
        cmocka_unit_test(only_local_sources_within_the_repository_count),
        cmocka_unit_test(modules_in_a_ring_come_to_an_end),
        cmocka_unit_test(what_cannot_be_read_may_use_anything),
        cmocka_unit_test(modules_nested_deeper_than_is_read_may_use_anything),
        cmocka_unit_test(a_module_that_is_gone_is_one_without_files),
        cmocka_unit_test(all_kinds_of_configuration_are_read),
        cmocka_unit_test(roots_are_where_the_patterns_find_configuration),
        cmocka_unit_test(a_directory_that_uses_itself_is_used_by_no_other),
        cmocka_unit_test(more_files_than_anybody_has_are_refused_before_they_are_read),
        cmocka_unit_test(what_directories_say_is_read_at_once),
        cmocka_unit_test(needs_are_those_of_all_local_modules),
        cmocka_unit_test(a_failure_to_read_is_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
