// SPDX-License-Identifier: Apache-2.0
#include "engine/authorize.h"

#include <string.h>

#include "sys/proc.h"
#include "test.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char *const nobody[] = { NULL };

TEST(without_a_list_everybody_may_do_everything)
{
    assert_true(authorize_by_teams(NULL, nobody, "apply"));
    assert_true(authorize_by_teams(nobody, nobody, "import"));
}

TEST(a_list_allows_what_it_says_and_nothing_else)
{
    static const struct {
        const char *entry, *team, *command;
        bool is_allowed;
    } cases[] = {
        { "ops:apply", "ops", "apply", true },
        { "ops:apply", "ops", "plan", false },
        { "ops:apply", "dev", "apply", false },
        { "ops:apply", NULL, "apply", false },
        { "ops:*", "ops", "import", true },
        { "*:plan", "dev", "plan", true },
        { "*:plan", NULL, "plan", true },
        { "*:plan", NULL, "apply", false },
        { "*:*", NULL, "state", true },
        { "Platform Ops:Apply", "platform ops", "apply", true },
        { " ops : apply ", "ops", "apply", true },
        { "[One]\\Ops:apply", "[one]\\ops", "apply", true },
        { "a:b:apply", "a:b", "apply", true },
        { "ops", "ops", "apply", false },
        { ":apply", NULL, "apply", false },
        { "ops:apply", "ops:apply", "apply", false },
        { "op:apply", "ops", "apply", false },
        { "MÜLLER:apply", "müller", "apply", true },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const entries[] = { "other:version", cases[i].entry, NULL };
        const char *const teams[] = { cases[i].team, NULL };

        if (authorize_by_teams(entries, teams, cases[i].command) != cases[i].is_allowed)
            fail_msg("%s for %s: %s", cases[i].entry, cases[i].team, cases[i].command);
    }
}

TEST(each_team_counts)
{
    assert_true(authorize_by_teams(WORDS("dev:plan", "ops:apply"), WORDS("dev", "ops"), "apply"));
    assert_false(authorize_by_teams(WORDS("dev:plan", "ops:apply"), WORDS("dev"), "apply"));
}

TEST(the_last_line_of_a_program_decides)
{
    static const char *const yes[] = { "pass", "pass\n", "PASS\n\n", "checked\n Pass \r\n" };
    static const char *const no[] = { "",          "fail",       "pass\nfail", "passed",
                                      "pass\nx\n", "not pass\n", "\n",         "pass fail" };

    for (gsize i = 0; i < G_N_ELEMENTS(yes); i++)
        if (!authorize_is_pass(yes[i]))
            fail_msg("%s", yes[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(no); i++)
        if (authorize_is_pass(no[i]))
            fail_msg("%s", no[i]);
}

TEST(each_team_is_an_argument_of_its_own_behind_its_owner)
{
    const TeamAuthz authz = { .command = (char *)"/bin/ask", .args = (char **)WORDS("--strict") };
    g_auto(GStrv) argv =
        authorize_argv(&authz, "apply", "org/project/infra", WORDS("Core team", "-x; rm -rf /"));
    g_autofree char *joined = g_strjoinv("|", argv);

    assert_string_equal(joined, "/bin/ask|--strict|apply|org/project/infra|"
                                "org/project/Core team|org/project/-x; rm -rf /");
}

/* A host that knows teams, or an error. */
static struct {
    const char *const *teams;
    HadalError code;
} world;

static bool read_teams(const Ctx *ctx, Host *host, const PullRef *pull, const Actor *actor,
                       GStrv *teams, GError **error)
{
    (void)ctx, (void)host, (void)pull;
    assert_string_equal(actor->id, "reviewer");
    if (!world.teams)
        return hadal_throw(error, world.code, "no groups today");
    *teams = g_strdupv((GStrv)world.teams);
    return true;
}

static const HostOps ops = { .name = "fake", .teams_read = read_teams };
static Host host = { .ops = &ops };

static Command command_of(CommandKind kind, CommandSource source)
{
    return (Command){
        .pull = { .repo = { .host = (char *)"fake", .full_name = (char *)"org/infra" } },
        .kind = kind,
        .source = source,
        .actor = source == SOURCE_PUSH ? (Actor){ 0 }
                                       : (Actor){ .id = (char *)"reviewer", .name = (char *)"Bob" },
    };
}

static char *ask(const Ctx *ctx, const char *list, const char *rules, const Command *command,
                 GError **error)
{
    g_auto(GStrv) entries = g_strsplit(list, ",", -1), env = proc_base_env();
    const Settings settings = { .gh_team_allowlist = entries, .step_timeout = 300 };
    g_autoptr(ReposYaml) repos = repos_yaml_parse("repos.yaml", rules, error);
    char *why_not = NULL;

    assert_non_null(repos);
    Work work = {
        .settings = &settings, .repos = repos, .tool_env = (const char *const *)env, .host = &host
    };

    if (!authorize_command(ctx, &work, command, &why_not, error))
        assert_null(why_not);
    return why_not;
}

#define assert_says(text, part)                                                     \
    do {                                                                            \
        if (!(text) || !strstr(text, part))                                         \
            fail_msg("%s is not in: %s", part, (text) ? (text) : "nothing at all"); \
    } while (0)

#define NO_RULES "repos: [{id: /.*/}]\n"

TEST(who_is_in_none_of_the_teams_is_told_so)
{
    const Command command = command_of(COMMAND_APPLY, SOURCE_COMMENT);
    const Ctx ctx = { 0 };
    g_autoptr(GError) error = NULL;

    world.teams = WORDS("dev");
    g_autofree char *allowed = ask(&ctx, "dev:apply", NO_RULES, &command, &error);
    g_autofree char *denied = ask(&ctx, "ops:apply,dev:plan", NO_RULES, &command, &error);

    assert_null(error);
    assert_null(allowed);
    assert_says(denied, "Bob may not give the command `apply`");
}

TEST(a_push_that_nobody_is_known_to_have_made_has_what_a_star_has)
{
    const Command command = command_of(COMMAND_PLAN, SOURCE_PUSH);
    const Ctx ctx = { 0 };
    g_autoptr(GError) error = NULL;

    world.teams = WORDS("dev");
    g_autofree char *allowed = ask(&ctx, "*:plan", NO_RULES, &command, &error);
    g_autofree char *denied = ask(&ctx, "dev:plan", NO_RULES, &command, &error);

    assert_null(error);
    assert_null(allowed);
    assert_says(denied, "Who pushed may not give the command `plan`");
}

TEST(teams_that_cannot_be_read_are_a_no_and_a_host_that_is_away_is_neither)
{
    const Command command = command_of(COMMAND_APPLY, SOURCE_COMMENT);
    const Ctx ctx = { 0 };
    g_autoptr(GError) error = NULL;

    world.teams = NULL;
    world.code = HADAL_ERROR_DENIED;
    g_autofree char *denied = ask(&ctx, "*:apply", NO_RULES, &command, &error);
    assert_null(error);
    assert_says(denied, "no groups today");

    world.code = HADAL_ERROR_RETRY;
    g_autofree char *later = ask(&ctx, "*:apply", NO_RULES, &command, &error);
    assert_null(later);
    assert_fails(later, error, HADAL_ERROR_RETRY);
}

static char *ask_program(const Ctx *ctx, const char *script)
{
    const Command command = command_of(COMMAND_UNLOCK, SOURCE_COMMENT);
    g_autofree char *rules =
        g_strdup_printf("team_authz: {command: sh, args: [-c, '%s', sh]}\n", script);
    g_autoptr(GError) error = NULL;
    char *why_not;

    world.teams = WORDS("Core team");
    why_not = ask(ctx, "nobody:plan", rules, &command, &error);
    assert_null(error);
    return why_not;
}

TEST(the_program_replaces_the_list_and_only_its_pass_is_a_yes)
{
    const Ctx ctx = { 0 };
    g_autofree char *yes =
        ask_program(&ctx, "test \"$1 $2 $3\" = \"unlock org/infra org/Core team\" && echo Pass");
    g_autofree char *no = ask_program(&ctx, "echo no");
    g_autofree char *failed = ask_program(&ctx, "echo pass; exit 3");

    assert_null(yes);
    assert_says(no, "does not allow it");
    assert_says(failed, "failed");
}

TEST(a_program_that_hangs_is_a_no_and_says_so)
{
    const Ctx ctx = { 0 };
    g_autofree char *hanging = ask_program(&ctx, "echo pass; exec sleep 600");

    assert_says(hanging, "`team_authz` program, which decides it, failed");
}

TEST(a_server_that_stops_is_neither_a_yes_nor_a_no)
{
    const atomic_bool stops = true;
    const Ctx ctx = { .cancel = &stops };
    const Command command = command_of(COMMAND_PLAN, SOURCE_COMMENT);
    g_autoptr(GError) error = NULL;

    world.teams = WORDS("dev");
    g_autofree char *why_not =
        ask(&ctx, "", "team_authz: {command: sh, args: [-c, 'exit 1']}\n", &command, &error);

    assert_fails(why_not, error, HADAL_ERROR_CANCELLED);
}

int main(void)
{
    g_autofree char *launcher =
        g_build_filename(g_getenv("HADAL_BUILD_ROOT"), "src", "launcher", "hadal-launch", NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_everybody_may_do_everything),
        cmocka_unit_test(a_list_allows_what_it_says_and_nothing_else),
        cmocka_unit_test(each_team_counts),
        cmocka_unit_test(the_last_line_of_a_program_decides),
        cmocka_unit_test(each_team_is_an_argument_of_its_own_behind_its_owner),
        cmocka_unit_test(who_is_in_none_of_the_teams_is_told_so),
        cmocka_unit_test(a_push_that_nobody_is_known_to_have_made_has_what_a_star_has),
        cmocka_unit_test(teams_that_cannot_be_read_are_a_no_and_a_host_that_is_away_is_neither),
        cmocka_unit_test(the_program_replaces_the_list_and_only_its_pass_is_a_yes),
        cmocka_unit_test(a_program_that_hangs_is_a_no_and_says_so),
        cmocka_unit_test(a_server_that_stops_is_neither_a_yes_nor_a_no),
    };

    proc_init(launcher);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
