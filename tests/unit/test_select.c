// SPDX-License-Identifier: Apache-2.0
#include "engine/select.h"

#include "base/sorted.h"
#include "test.h"

/* One question to selection, and what it depends on. NULL is nothing of it. */
typedef struct {
    const char *flags; /* separated by blanks */
    const char *repos; /* repos.yaml */
    const char *file;  /* atlantis.yaml */
    const char *files; /* separated by commas: all at the commit; NULL: usual_files */
    const char *changed;
    const char *dir, *workspace, *project; /* of a command */
    bool is_automatic;
} Case;

static const char usual_files[] =
    "app/main.tf,app/sub/x.tf,db/main.tofu,gone.md,live/a/main.tf,live/b/main.tf,main.tf,"
    "modules/vpc/main.tf,net/env/prod.tfvars,net/main.tf,net/values.tfvars,old/x/main.tf,"
    "only/notes.md";

static const char two_projects[] = "version: 3\n"
                                   "projects:\n"
                                   "- {name: net, dir: net}\n"
                                   "- {name: app, dir: app}\n";

typedef struct {
    Settings settings;
    ReposYaml *repos;
    RepoRules *rules;
    RepoConfig *config;
    GPtrArray *files, *changed;
    CommandArgs args;
    ModuleIndex *modules;
} World;

static void world_clear(World *world)
{
    g_clear_pointer(&world->config, repo_config_free);
    g_clear_pointer(&world->rules, repo_rules_free);
    g_clear_pointer(&world->repos, repos_yaml_free);
    g_clear_pointer(&world->files, g_ptr_array_unref);
    g_clear_pointer(&world->changed, g_ptr_array_unref);
    g_clear_pointer(&world->modules, module_index_free);
    command_args_clear(&world->args);
    settings_clear(&world->settings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static GPtrArray *paths_of(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text ? text : "", ",", -1);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; parts[i]; i++)
        g_ptr_array_add(paths, g_strdup(parts[i]));
    return paths;
}

static World world_of(const Case *c)
{
    static const char *const no_env[] = { NULL };
    g_auto(GStrv) flags = g_strsplit(c->flags ? c->flags : "", " ", -1);
    g_autoptr(GError) error = NULL;
    World world = { .args = { .dir = g_strdup(c->dir),
                              .workspace = g_strdup(c->workspace),
                              .project = g_strdup(c->project) } };

    assert_ok(settings_load_offline((const char *const *)flags, no_env, &world.settings, &error),
              error);
    world.repos = repos_yaml_parse("repos.yaml", c->repos ? c->repos : "repos: []", &error);
    assert_ok(world.repos, error);
    world.rules = repo_rules_new(&world.settings, world.repos, "host/org/repo");
    world.files = paths_of(c->files ? c->files : usual_files);
    world.changed = paths_of(c->changed);
    return world;
}

/* Settings and rules are borrowed by what is made of them: world must not move any more. */
static void read_config(World *world, const char *text)
{
    g_autoptr(GError) error = NULL;

    world->rules->settings = &world->settings;
    const RepoConfigSpec spec = {
        .rules = world->rules,
        .base_branch = "main",
        .text = text,
        .files = world->files,
    };

    world->config = repo_config_new(&spec, &error);
    assert_ok(world->config, error);
}

static SelectInput input_of(const World *world, const Case *c)
{
    return (SelectInput){
        .settings = &world->settings,
        .config = world->config,
        .changed = world->changed,
        .files = world->files,
        .modules = world->modules,
        .is_automatic = c->is_automatic,
        .is_plan_comment = !c->is_automatic,
        .args = &world->args,
        .explains = true,
    };
}

static Selection *ask(const World *world, const Case *c, GError **error)
{
    const SelectInput input = input_of(world, c);

    return command_args_is_targeted(&world->args) ? select_target(&input, error)
                                                  : select_changed(&input, error);
}

/* "net app(blue)": in order. The caller frees it. */
static char *labels_of(const Selection *selection)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < selection->projects->len; i++) {
        const Selected *selected = selection->projects->pdata[i];
        g_autofree char *label = project_ref_label(selected->config->ref);

        assert_non_null(selected->why);
        g_string_append_printf(text, "%s%s", i ? " " : "", label);
    }
    return g_string_free(text, FALSE);
}

static char *selected_by(const Case *c)
{
    g_auto(World) world = world_of(c);
    g_autoptr(GError) error = NULL;
    g_autoptr(Selection) selection = NULL;

    read_config(&world, c->file);
    selection = ask(&world, c, &error);
    return selection ? labels_of(selection) : g_strdup_printf("! %s", error->message);
}

/* A case, and the labels of what it selects. */
typedef struct {
    const char *name;
    Case given;
    const char *want;
} Row;

static void check(const Row *rows, gsize n_rows)
{
    for (gsize i = 0; i < n_rows; i++) {
        g_autofree char *got = selected_by(&rows[i].given);

        if (g_strcmp0(got, rows[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, got, rows[i].want);
    }
}

/* A case that is refused, and words of the reason. */
static void check_refused(const Row *rows, gsize n_rows)
{
    for (gsize i = 0; i < n_rows; i++) {
        g_autofree char *got = selected_by(&rows[i].given);
        g_auto(GStrv) words = g_strsplit(rows[i].want, "|", -1);

        if (*got != '!')
            fail_msg("%s: selected \"%s\"", rows[i].name, got);
        for (gsize j = 0; words[j]; j++)
            if (!strstr(got, words[j]))
                fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].name, got, words[j]);
    }
}

#define MODIFIED(patterns) \
    "version: 3\nprojects:\n- dir: net\n  autoplan: {when_modified: [" patterns "]}\n"

TEST(configured_projects_are_selected_by_when_modified)
{
    static const Row rows[] = {
        { "defaults", { .file = two_projects, .changed = "net/main.tf" }, "net" },
        { "defaults below", { .file = two_projects, .changed = "app/sub/x.tf" }, "app" },
        { "lock file", { .file = two_projects, .changed = "app/.terraform.lock.hcl" }, "app" },
        { "not these", { .file = two_projects, .changed = "net/README.md,netx/main.tf" }, "" },
        { "both", { .file = two_projects, .changed = "net/main.tf,app/main.tf" }, "app net" },
        { "deleted file", { .file = two_projects, .changed = "net/gone.tf" }, "net" },
        { "climbs", { .file = MODIFIED("../modules/**"), .changed = "modules/vpc/x.md" }, "net" },
        { "only what it lists", { .file = MODIFIED("'*.x'"), .changed = "net/main.tf" }, "" },
        { "excluded", { .file = MODIFIED("'*.tf', '!main.tf'"), .changed = "net/main.tf" }, "" },
        { "excluded, one left",
          { .file = MODIFIED("'*.tf', '!main.tf'"), .changed = "net/main.tf,net/b.tf" },
          "net" },
        { "the last that matches wins",
          { .file = MODIFIED("'*.tf', '!*.tf', 'main.tf'"), .changed = "net/main.tf" },
          "net" },
        { "a directory means what is in it",
          { .file = MODIFIED("../modules"), .changed = "modules/vpc/main.tf" },
          "net" },
        { "any directory of that name",
          { .file = MODIFIED("'../**/b'"), .changed = "a/b/c/x.md,ab/x.md" },
          "net" },
        { "not one that only ends so",
          { .file = MODIFIED("'../**/b'"), .changed = "a/ab/x.md,b.md" },
          "" },
        { "the end of a name, later in it",
          { .file = MODIFIED("'*.x'"), .changed = "net/a.xy.x" },
          "net" },
        { "signs that mean themselves",
          { .file = MODIFIED("'a\\*b', '[x]*.md'"), .changed = "net/a*b" },
          "net" },
        { "an empty list is never", { .file = MODIFIED(""), .changed = "net/main.tf" }, "" },
        { "the server's file list does not count",
          { .flags = "--autoplan-file-list=*.x", .file = two_projects, .changed = "net/main.tf" },
          "net" },
        { "the directory is gone",
          { .file = two_projects, .files = "app/main.tf", .changed = "net/main.tf" },
          "" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

#define MANUAL "version: 3\nprojects:\n- dir: net\n  autoplan: {enabled: false}\n"

TEST(autoplan_counts_only_when_nobody_asked)
{
    static const Row rows[] = {
        { "by itself", { .file = MANUAL, .changed = "net/main.tf", .is_automatic = true }, "" },
        { "asked for", { .file = MANUAL, .changed = "net/main.tf" }, "net" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

TEST(projects_come_in_the_order_of_groups_then_of_names)
{
    static const Row rows[] = {
        { "groups",
          { .file = "version: 3\n"
                    "projects:\n"
                    "- {dir: net, execution_order_group: 2}\n"
                    "- {dir: app}\n"
                    "- {dir: db, execution_order_group: -1}\n"
                    "- {dir: app, workspace: blue, name: blue}\n",
            .changed = "net/main.tf,app/main.tf,db/main.tofu" },
          "db blue app net" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

#define DISCOVER(mode, rest) "version: 3\nautodiscover: {mode: " mode rest "}\n"

TEST(directories_are_discovered_where_configuration_lets_them)
{
    static const Row rows[] = {
        { "no file", { .changed = "net/main.tf,app/main.tf,only/notes.md" }, "app net" },
        { "OpenTofu", { .changed = "db/main.tofu" }, "db" },
        { "values of env", { .changed = "net/env/prod.tfvars" }, "net" },
        { "auto, a file without projects",
          { .file = "version: 3\n", .changed = "net/main.tf" },
          "net" },
        { "auto, a file with projects",
          { .file = two_projects, .changed = "db/main.tofu,net/main.tf" },
          "net" },
        { "enabled beside projects",
          { .file = DISCOVER("enabled", "") "projects: [{dir: net}]\n",
            .changed = "db/main.tofu,net/main.tf" },
          "db net" },
        { "enabled, a configured directory is not discovered",
          { .file = DISCOVER("enabled", "") "projects:\n"
                                            "- dir: net\n"
                                            "  workspace: blue\n"
                                            "  autoplan: {when_modified: []}\n",
            .changed = "net/main.tf" },
          "" },
        { "disabled", { .file = DISCOVER("disabled", ""), .changed = "net/main.tf" }, "" },
        { "by flag", { .flags = "--autodiscover-mode=disabled", .changed = "net/main.tf" }, "" },
        { "the file over the flag",
          { .flags = "--autodiscover-mode=disabled",
            .file = DISCOVER("enabled", ""),
            .changed = "net/main.tf" },
          "net" },
        { "the server over the file",
          { .repos = "repos: [{id: /.*/, autodiscover: {mode: disabled}}]",
            .file = DISCOVER("enabled", ""),
            .changed = "net/main.tf" },
          "" },
        { "ignored",
          { .file = DISCOVER("enabled", ", ignore_paths: ['old/*']"),
            .changed = "net/main.tf,old/x/main.tf" },
          "net" },
        { "ignored as a whole path only",
          { .file = DISCOVER("enabled", ", ignore_paths: [old]"), .changed = "old/x/main.tf" },
          "old/x" },
        { "ignored by the server",
          { .repos = "repos: [{id: /.*/, autodiscover: {ignore_paths: ['**/x']}}]",
            .file = DISCOVER("enabled", ", ignore_paths: [net]"),
            .changed = "net/main.tf,old/x/main.tf" },
          "net" },
        { "ignored, but configured",
          { .file = DISCOVER("enabled", ", ignore_paths: [net]") "projects: [{dir: net}]\n",
            .changed = "net/main.tf" },
          "net" },
        { "by the file list",
          { .flags = "--autoplan-file-list=**/*.md,app/**", .changed = "net/main.tf,app/main.tf" },
          "app" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

TEST(projects_of_other_branches_do_not_turn_their_directories_into_discovered_ones)
{
    static const Row rows[] = {
        { "all of them",
          { .file = "version: 3\nprojects: [{dir: net, branch: /^release/}]\n",
            .changed = "net/main.tf" },
          "" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

static const char blue_green[] = "version: 3\n"
                                 "projects:\n"
                                 "- {dir: net, workspace: blue}\n"
                                 "- {dir: net, workspace: green}\n"
                                 "- {name: one, dir: app}\n"
                                 "- {name: two, dir: app}\n"
                                 "- {dir: live/a}\n"
                                 "- {dir: live/b}\n"
                                 "- {dir: live/b, workspace: blue}\n"
                                 "- {name: three, dir: net, workspace: green}\n";

TEST(a_command_names_a_directory)
{
    static const Row rows[] = {
        { "not configured", { .dir = "net" }, "net" },
        { "for other programs than Terraform", { .dir = "only" }, "only" },
        { "with a workspace", { .dir = "net", .workspace = "x" }, "net (x)" },
        { "only a workspace", { .workspace = "x" }, ". (x)" },
        { "configured", { .file = blue_green, .dir = "net", .workspace = "blue" }, "net (blue)" },
        { "never modified", { .file = MODIFIED(""), .dir = "net" }, "net" },
        { "pattern", { .file = blue_green, .dir = "live/*" }, "live/a live/b" },
        { "pattern, for any depth", { .file = blue_green, .dir = "**/b" }, "live/b" },
        { "pattern, of a workspace",
          { .file = blue_green, .dir = "live/*", .workspace = "blue" },
          "live/b (blue)" },
        { "braces", { .file = blue_green, .dir = "live/{a,c}" }, "live/a" },
        { "a directory called like a pattern",
          { .file = blue_green, .files = "x[1]/main.tf", .dir = "x[1]" },
          "x[1]" },
        { "ignored, but nothing is discovered anyway",
          { .file = DISCOVER("disabled", ", ignore_paths: [net]"), .dir = "net" },
          "net" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

TEST(a_directory_that_cannot_be_meant_is_refused_with_what_there_is)
{
    static const Row rows[] = {
        { "other workspaces",
          { .file = blue_green, .dir = "net" },
          "`default`|: `blue`, `green`." },
        { "two names", { .file = blue_green, .dir = "app" }, "`one`, `two`|`-p`" },
        { "nothing there", { .dir = "nowhere" }, "`nowhere`|no directory" },
        { "no match", { .file = blue_green, .dir = "x/*" }, "`x/*`|`default`|atlantis.yaml" },
        { "ignored",
          { .file = DISCOVER("auto", ", ignore_paths: ['n?t']"), .dir = "net" },
          "`net`|ignore_paths" },
        { "no pattern", { .file = blue_green, .dir = "live/[a" }, "-d|live/[a" },
    };

    check_refused(rows, G_N_ELEMENTS(rows));
}

static const char many_names[] = "version: 3\n"
                                 "allowed_regexp_prefixes: [prod-]\n"
                                 "projects:\n"
                                 "- {name: prod-a, dir: live/a}\n"
                                 "- {name: prod-b, dir: live/b}\n"
                                 "- {name: test-a, dir: app}\n"
                                 "- {dir: net}\n";
static const char eleven_names[] =
    "version: 3\n"
    "projects: [{dir: '1', name: n1}, {dir: '2', name: n2}, {dir: '3', name: n3},\n"
    "           {dir: '4', name: n4}, {dir: '5', name: n5}, {dir: '6', name: n6},\n"
    "           {dir: '7', name: n7}, {dir: '8', name: n8}, {dir: '9', name: n9},\n"
    "           {dir: '10', name: n10}, {dir: '11', name: n11}]\n";
#define REGEX "--enable-regexp-cmd"

TEST(a_command_names_a_project)
{
    static const Row rows[] = {
        { "exactly", { .file = many_names, .project = "prod-a" }, "prod-a" },
        { "pattern",
          { .flags = REGEX, .file = many_names, .project = "prod-.*" },
          "prod-a prod-b" },
        { "pattern that means one",
          { .flags = REGEX, .file = many_names, .project = "test.*" },
          "test-a" },
        { "any project of two",
          { .flags = REGEX, .file = two_projects, .project = "net|ap+" },
          "app net" },
    };

    check(rows, G_N_ELEMENTS(rows));
}

TEST(a_name_that_means_nothing_is_refused_with_what_there_is)
{
    static const Row rows[] = {
        { "misspelt", { .file = two_projects, .project = "nett" }, "`nett`|`net`" },
        { "far off", { .file = two_projects, .project = "x-y-z-0" }, "`net`, `app`" },
        { "no file", { .project = "net" }, "`net`|atlantis.yaml|`-d`" },
        { "a pattern without the flag", { .file = two_projects, .project = "ne." }, "`ne.`" },
        { "too many to list", { .file = eleven_names, .project = "x-y-z-0" }, "`n10` and 1 more" },
        { "none has a name", { .file = MODIFIED(""), .project = "net" }, "have no names" },
        { "a part of a name", { .flags = REGEX, .file = two_projects, .project = "ne" }, "`ne`" },
        { "half of an alternative",
          { .flags = REGEX, .file = two_projects, .project = "ne|x" },
          "`ne|x`" },
        { "a prefix that is not allowed",
          { .flags = REGEX, .file = many_names, .project = ".*-a" },
          "`-p .*-a`|2 projects|allowed_regexp_prefixes" },
        { "no pattern", { .flags = REGEX, .file = two_projects, .project = "(" }, "`-p (`" },
    };

    check_refused(rows, G_N_ELEMENTS(rows));
}

#define RESTRICT "--restrict-file-list"

TEST(comments_may_be_restricted_to_what_changed)
{
    static const Row rows[] = {
        { "directory", { .flags = RESTRICT, .changed = "net/main.tf", .dir = "net" }, "net" },
        { "project",
          { .flags = RESTRICT, .file = two_projects, .changed = "net/a.tf", .project = "net" },
          "net" },
        { "of several those that changed",
          { .flags = RESTRICT " " REGEX,
            .file = two_projects,
            .changed = "net/a.tf",
            .project = ".*" },
          "net" },
        { "a command without a comment",
          { .flags = RESTRICT, .changed = "net/main.tf", .dir = "app", .is_automatic = true },
          "app" },
        { "a server that does not", { .changed = "net/main.tf", .dir = "app" }, "app" },
    };
    static const Row refused[] = {
        { "directory", { .flags = RESTRICT, .changed = "net/main.tf", .dir = "app" }, "`app`" },
        { "below it", { .flags = RESTRICT, .changed = "app/sub/x.tf", .dir = "app" }, "`app`" },
        { "project, and more changed",
          { .flags = RESTRICT,
            .file = two_projects,
            .changed = "net/a.tf,app/b.tf",
            .project = "net" },
          "`app/b.tf`" },
        { "several, none changed",
          { .flags = RESTRICT " " REGEX,
            .file = two_projects,
            .changed = "db/a.tf",
            .project = ".*" },
          "`db/a.tf`" },
    };

    check(rows, G_N_ELEMENTS(rows));
    check_refused(refused, G_N_ELEMENTS(refused));
}

/* What was left out, as "label: why" lines. */
static char *left_out_of(const Selection *selection)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < selection->left_out->len; i++) {
        const LeftOut *left = selection->left_out->pdata[i];
        g_autofree char *label = project_ref_label(left->ref);

        g_string_append_printf(text, "%s: %s\n", label, left->why);
    }
    return g_string_free(text, FALSE);
}

TEST(what_was_left_out_says_why)
{
    static const Case c = {
        .file = "version: 3\n"
                "projects:\n"
                "- {name: far, dir: old/x}\n"
                "- {name: gone, dir: nowhere}\n"
                "- {name: manual, dir: net, autoplan: {enabled: false}}\n",
        .changed = "net/main.tf,nowhere/x.tf,app/main.tf",
        .is_automatic = true,
    };
    g_auto(World) world = world_of(&c);
    g_autoptr(GError) error = NULL;
    g_autoptr(Selection) selection = NULL;
    g_autofree char *text = NULL;

    read_config(&world, c.file);
    selection = ask(&world, &c, &error);
    assert_ok(selection, error);
    text = left_out_of(selection);

    assert_int_equal(selection->projects->len, 0);
    assert_string_equal(text, "app: the configuration names projects, and not this directory\n"
                              "manual: autoplan.enabled is false\n"
                              "gone: its directory does not exist\n"
                              "far: no changed file matches when_modified\n");
}

TEST(what_is_selected_says_why)
{
    static const struct {
        Case given;
        const char *why;
    } rows[] = {
        { { .file = MODIFIED("'*.x', '**/*.tf'"), .changed = "net/main.tf" },
          "`net/main.tf` matches `net/**/*.tf`" },
        { { .changed = "net/main.tf" }, "`net/main.tf` changed" },
        { { .changed = "net/env/prod.tfvars" }, "`net/env/prod.tfvars` changed" },
        { { .dir = "net" }, "`-d net` names it" },
        { { .file = two_projects, .project = "net" }, "`-p net` names it" },
        { { .file = two_projects, .dir = "n*" }, "`-d n*` means it" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(World) world = world_of(&rows[i].given);
        g_autoptr(GError) error = NULL;
        g_autoptr(Selection) selection = NULL;

        read_config(&world, rows[i].given.file);
        selection = ask(&world, &rows[i].given, &error);
        assert_ok(selection, error);
        assert_int_equal(selection->projects->len, 1);
        assert_string_equal(((const Selected *)selection->projects->pdata[0])->why, rows[i].why);
    }
}

/* app uses modules/vpc; net uses nothing. */
static ModuleIndex *one_module(void)
{
    static const char text[] = "module \"vpc\" {\n  source = \"../modules/vpc\"\n}\n";
    ModuleIndex *index = module_index_new();
    HclModule *app = hcl_module_new();

    hcl_module_add(app, "app/main.tf", text, strlen(text));
    module_index_add_root(index, "app");
    module_index_add_root(index, "net");
    module_index_add(index, "app", app);
    module_index_add(index, "net", hcl_module_new());
    module_index_add(index, "modules/vpc", hcl_module_new());
    return index;
}

TEST(who_uses_a_changed_module_is_selected)
{
    static const Row rows[] = {
        { "configured", { .file = two_projects, .changed = "modules/vpc/main.tf" }, "app" },
        { "discovered", { .changed = "modules/vpc/main.tf" }, ". app" },
        { "once", { .changed = "modules/vpc/main.tf,app/main.tf" }, ". app" },
        { "not by other files", { .file = two_projects, .changed = "modules/vpc/README.md" }, "" },
        { "not when ignored",
          { .file = DISCOVER("enabled", ", ignore_paths: [app]"), .changed = "modules/vpc/a.tf" },
          "." },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(World) world = world_of(&rows[i].given);
        g_autoptr(GError) error = NULL;
        g_autoptr(Selection) selection = NULL;
        g_autofree char *got = NULL;

        world.modules = one_module();
        read_config(&world, rows[i].given.file);
        selection = ask(&world, &rows[i].given, &error);
        assert_ok(selection, error);
        got = labels_of(selection);
        if (g_strcmp0(got, rows[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].name, got, rows[i].want);
    }
}

TEST(a_discovered_project_has_the_workspace_that_its_files_name)
{
    static const Case c = {
        .file = DISCOVER("enabled", "") "projects: [{dir: app}]\n",
        .changed = "net/main.tf,app/main.tf,db/main.tofu",
    };
    g_auto(World) world = world_of(&c);
    g_autoptr(GError) error = NULL;
    g_autoptr(Selection) selection = NULL;
    g_autoptr(GHashTable) modules =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)hcl_module_free);
    g_autofree char *got = NULL;

    read_config(&world, c.file);
    for (gsize i = 0; i < 2; i++) {
        HclModule *module = hcl_module_new();

        module->cloud_workspace = g_strdup("prod");
        g_hash_table_insert(modules, (gpointer)(i ? "app" : "net"), module);
    }
    selection = ask(&world, &c, &error);
    assert_ok(selection, error);
    const SelectInput input = input_of(&world, &c);

    select_set_cloud_workspaces(&input, selection, modules);
    got = labels_of(selection);

    assert_string_equal(got, "app db net (prod)");
}

TEST(a_workspace_that_files_name_is_held_to_the_rules_of_workspaces)
{
    static const char *const wrong[] = { "../../x", "a/b", "-upgrade", "", "..", "a b", "$HOME" };
    static const Case c = { .file = "version: 3\nprojects: [{dir: app}]\n" };
    g_auto(World) world = world_of(&c);
    g_autoptr(HclModule) module = hcl_module_new();

    read_config(&world, c.file);
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_free(module->cloud_workspace);
        module->cloud_workspace = g_strdup(wrong[i]);
        assert_string_equal(select_default_workspace(world.config, "net", module), "default");
    }
    g_free(module->cloud_workspace);
    module->cloud_workspace = g_strdup("prod");
    assert_string_equal(select_default_workspace(world.config, "net", module), "prod");
    assert_string_equal(select_default_workspace(world.config, "app", module), "default");
    assert_string_equal(select_default_workspace(world.config, "net", NULL), "default");
}

TEST(a_known_project_is_meant_or_not)
{
    static const struct {
        Case given;
        const char *dir, *workspace, *name;
        bool is_meant;
    } rows[] = {
        { { .file = NULL }, "net", "default", "", true },
        { { .dir = "net" }, "net", "default", "", true },
        { { .dir = "net" }, "net", "default", "named", true },
        { { .dir = "net" }, "net", "blue", "", false },
        { { .dir = "net" }, "app", "default", "", false },
        { { .dir = "net", .workspace = "blue" }, "net", "blue", "", true },
        { { .workspace = "blue" }, ".", "blue", "", true },
        { { .workspace = "blue" }, "net", "blue", "", false },
        { { .dir = "live/*" }, "live/a", "default", "", true },
        { { .dir = "live/*" }, "live/a/b", "default", "", false },
        { { .dir = "live/*" }, "live/a", "blue", "", false },
        { { .dir = "x[1]" }, "x[1]", "default", "", true },
        { { .dir = "live/[" }, "live/a", "default", "", false },
        { { .project = "net" }, "net", "blue", "net", true },
        { { .project = "net" }, "net", "default", "", false },
        { { .project = "n.t" }, "net", "default", "net", false },
        { { .flags = REGEX, .project = "n.t" }, "net", "default", "net", true },
        { { .flags = REGEX, .project = "n" }, "net", "default", "net", false },
        { { .flags = REGEX, .project = "n|x" }, "net", "default", "net", false },
        { { .flags = REGEX, .project = ".*" }, "net", "default", "", false },
        { { .flags = REGEX, .project = "(" }, "net", "default", "(", false },
        { { .flags = REGEX, .file = many_names, .project = "prod-." }, "a", "b", "prod-a", true },
        { { .flags = REGEX, .file = many_names, .project = ".*-a" }, "a", "b", "prod-a", false },
        { { .flags = REGEX, .file = many_names, .project = "test-a" }, "a", "b", "test-a", true },
        /* one project of the file, as for plan; one that the file has no more is not meant */
        { { .flags = REGEX, .file = many_names, .project = "t.*" }, "a", "b", "test-a", true },
        { { .flags = REGEX, .file = many_names, .project = "g.*" }, "a", "b", "gone", false },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(World) world = world_of(&rows[i].given);
        g_autoptr(ProjectRef) ref = project_ref_new(rows[i].dir, rows[i].workspace, rows[i].name);

        read_config(&world, rows[i].given.file);
        if (select_matches_target(&world.settings, world.config, &world.args, NULL, ref) !=
            rows[i].is_meant)
            fail_msg("row %zu: %s %s %s", i, rows[i].dir, rows[i].workspace, rows[i].name);
    }
}

TEST(a_directory_without_a_workspace_means_the_one_that_its_files_name)
{
    static const struct {
        Case given;
        const char *workspace; /* of the known project */
        bool is_meant;
    } rows[] = {
        { { .dir = "net" }, "prod", true },
        { { .dir = "net" }, "default", false },
        { { .dir = "net", .workspace = "default" }, "default", true },
        { { .dir = "net", .workspace = "default" }, "prod", false },
        { { .file = NULL }, "default", true },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(World) world = world_of(&rows[i].given);
        g_autoptr(ProjectRef) ref = project_ref_new("net", rows[i].workspace, NULL);

        read_config(&world, NULL);
        if (select_matches_target(&world.settings, world.config, &world.args, "prod", ref) !=
            rows[i].is_meant)
            fail_msg("row %zu: %s", i, rows[i].workspace);
    }
}

TEST(what_the_base_branch_changed_touches_a_project_or_not)
{
    static const struct {
        const char *file; /* NULL: the project is discovered */
        const char *moved;
        const char *why; /* NULL: not touched */
    } rows[] = {
        { two_projects, "net/x.tf", "`main` has changed `net/x.tf` since" },
        { two_projects, "app/x.tf", NULL },
        { two_projects, "net/README.md", NULL },
        { MODIFIED("'../a.x'"), "net/x.tf,a.x", "`main` has changed `a.x` since" },
        { MODIFIED("'*.tf', '!x.tf'"), "net/x.tf", NULL },
        { NULL, "net/x.tf", "`main` has changed `net/x.tf` since" },
        { NULL, "net/README.md", NULL },
        { NULL, "net/sub/x.tf", NULL },
        { NULL, "net/env/a.tfvars", "`main` has changed `net/env/a.tfvars` since" },
        { NULL, "net/modules/m/x.tf", "`main` has changed `net/modules/m/x.tf` since" },
        { NULL, "network/x.tf", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Case c = { .file = rows[i].file };
        g_auto(World) world = world_of(&c);
        g_autoptr(GPtrArray) moved = paths_of(rows[i].moved);
        g_autoptr(ProjectConfig) made = NULL;
        g_autofree char *why = NULL;

        read_config(&world, c.file);
        made = repo_config_default_project(world.config, "net", "default");
        why = select_diverged_why(&world.settings, c.file ? world.config->projects->pdata[0] : made,
                                  NULL, moved, "main");
        if (g_strcmp0(why, rows[i].why) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].moved, why, rows[i].why);
    }
}

TEST(a_module_that_the_base_branch_changed_touches_who_uses_it)
{
    static const Case c = { .file = two_projects };
    g_auto(World) world = world_of(&c);
    g_autoptr(GPtrArray) moved = paths_of("modules/vpc/main.tf");
    g_autoptr(ModuleIndex) modules = one_module();
    g_autofree char *net = NULL, *app = NULL;

    read_config(&world, c.file);
    net = select_diverged_why(&world.settings, world.config->projects->pdata[0], modules, moved,
                              "main");
    app = select_diverged_why(&world.settings, world.config->projects->pdata[1], modules, moved,
                              "main");

    assert_null(net);
    assert_non_null(strstr(app, "modules/vpc/main.tf"));
}

/* How long it takes is measured by bench/; here it has to come to an end, and be right. */
TEST(a_thousand_projects_and_a_thousand_files_are_decided)
{
    static const Case c = { .changed = "README.md" };
    g_auto(World) world = world_of(&c);
    g_autoptr(GString) file = g_string_new("version: 3\nprojects:\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(Selection) selection = NULL;

    for (int i = 0; i < 1000; i++) {
        g_string_append_printf(file, "- {name: p%04d, dir: live/p%04d}\n", i, i);
        g_ptr_array_add(world.files, g_strdup_printf("live/p%04d/main.tf", i));
        g_ptr_array_add(world.changed,
                        g_strdup_printf("live/p%04d/main.%s", i, i % 2 ? "tf" : "md"));
    }
    sorted_sort(world.files);
    read_config(&world, file->str);
    selection = ask(&world, &c, &error);
    assert_ok(selection, error);

    assert_int_equal(selection->projects->len, 500);
    assert_int_equal(selection->left_out->len, 500);
}

TEST(patterns_that_would_take_too_long_are_refused)
{
    static const Case c = { .changed = "README.md" };
    g_auto(World) world = world_of(&c);
    g_autoptr(GString) file = g_string_new("version: 3\nprojects:\n"
                                           "- dir: a\n  autoplan: {when_modified: &all [");
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;

    for (int i = 0; i < 200; i++)
        g_string_append_printf(file, "'../**/*a*b*c%03d', ", i);
    g_string_append(file, "'../**/*', '!../**/*']}\n");
    g_string_append(file, "- dir: b\n  autoplan: {when_modified: *all}\n");
    for (int i = 0; i < 20000; i++)
        g_ptr_array_add(world.changed, g_strdup_printf("some/where/aabbc%05d", i));
    read_config(&world, file->str);

    assert_fails(ask(&world, &c, &error), error, HADAL_ERROR_INVALID);
    assert_non_null(strstr(error->message, "when_modified of `a`"));
    why = select_diverged_why(&world.settings, world.config->projects->pdata[1], NULL,
                              world.changed, "main");
    assert_string_equal(why, "`main` has changed `README.md` since");
}

TEST(ignored_paths_that_would_take_too_long_are_refused)
{
    static const Case c = { .changed = "README.md" };
    g_auto(World) world = world_of(&c);
    g_autoptr(GString) file = g_string_new("version: 3\nautodiscover: {ignore_paths: [");
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 2000; i++)
        g_string_append_printf(file, "'**/*a*b*c%04d', ", i);
    g_string_append(file, "]}\n");
    for (int i = 0; i < 1000; i++) {
        g_ptr_array_add(world.files, g_strdup_printf("live/aabbc%04d/main.tf", i));
        g_ptr_array_add(world.changed, g_strdup_printf("live/aabbc%04d/main.tf", i));
    }
    sorted_sort(world.files);
    read_config(&world, file->str);

    assert_fails(ask(&world, &c, &error), error, HADAL_ERROR_INVALID);
    assert_non_null(strstr(error->message, "ignore_paths"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configured_projects_are_selected_by_when_modified),
        cmocka_unit_test(autoplan_counts_only_when_nobody_asked),
        cmocka_unit_test(projects_come_in_the_order_of_groups_then_of_names),
        cmocka_unit_test(directories_are_discovered_where_configuration_lets_them),
        cmocka_unit_test(
            projects_of_other_branches_do_not_turn_their_directories_into_discovered_ones),
        cmocka_unit_test(a_command_names_a_directory),
        cmocka_unit_test(a_directory_that_cannot_be_meant_is_refused_with_what_there_is),
        cmocka_unit_test(a_command_names_a_project),
        cmocka_unit_test(a_name_that_means_nothing_is_refused_with_what_there_is),
        cmocka_unit_test(comments_may_be_restricted_to_what_changed),
        cmocka_unit_test(what_was_left_out_says_why),
        cmocka_unit_test(what_is_selected_says_why),
        cmocka_unit_test(who_uses_a_changed_module_is_selected),
        cmocka_unit_test(a_discovered_project_has_the_workspace_that_its_files_name),
        cmocka_unit_test(a_workspace_that_files_name_is_held_to_the_rules_of_workspaces),
        cmocka_unit_test(a_known_project_is_meant_or_not),
        cmocka_unit_test(a_directory_without_a_workspace_means_the_one_that_its_files_name),
        cmocka_unit_test(what_the_base_branch_changed_touches_a_project_or_not),
        cmocka_unit_test(a_module_that_the_base_branch_changed_touches_who_uses_it),
        cmocka_unit_test(patterns_that_would_take_too_long_are_refused),
        cmocka_unit_test(ignored_paths_that_would_take_too_long_are_refused),
        cmocka_unit_test(a_thousand_projects_and_a_thousand_files_are_decided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
