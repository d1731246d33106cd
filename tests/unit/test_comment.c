// SPDX-License-Identifier: Apache-2.0
#include "grammar/comment.h"
#include "grammar/reference.h"

#include <string.h>

#include "golden.h"
#include "page.h"
#include "test.h"

static const char *const usual_commands[] = { "version",          "plan",   "apply", "unlock",
                                              "approve_policies", "cancel", NULL };
static const char *const usual_blocked[] = { "-chdir", "--chdir", "-plugin-dir", "--plugin-dir",
                                             NULL };
static const CommentRules usual = {
    .executable = "atlantis",
    .user = "Build-Bot",
    .allow_commands = usual_commands,
    .extra = { .blocked = usual_blocked },
};

static GPtrArray *parsed_with(const CommentRules *rules, const char *text)
{
    GPtrArray *commands = NULL;

    if (comment_parse(rules, text, &commands) == COMMENT_NOT_FOR_US) {
        assert_null(commands);
        return NULL;
    }
    assert_non_null(commands);
    assert_true(commands->len > 0);
    return commands;
}

/* One command as a line of text: "plan dir=net extra=-a|-b". */
static void append_command(GString *out, const CommentCommand *command)
{
    const CommandArgs *args = &command->args;
    g_autofree char *extra = NULL;

    assert_non_null(args->extra);
    extra = g_strjoinv("|", args->extra);
    g_string_append(out, command_info(command->kind)->name);
    if (args->dir)
        g_string_append_printf(out, " dir=%s", args->dir);
    if (args->workspace)
        g_string_append_printf(out, " workspace=%s", args->workspace);
    if (args->project)
        g_string_append_printf(out, " project=%s", args->project);
    if (args->is_verbose)
        g_string_append(out, " verbose");
    if (*args->extra)
        g_string_append_printf(out, " extra=%s", extra);
}

static char *read_with(const CommentRules *rules, const char *text)
{
    g_autoptr(GPtrArray) commands = parsed_with(rules, text);
    g_autoptr(GString) out = g_string_new(NULL);

    if (!commands)
        return g_strdup("not for us");
    for (guint i = 0; i < commands->len; i++) {
        g_string_append(out, i ? "\n" : "");
        append_command(out, commands->pdata[i]);
    }
    return g_strdup(out->str);
}

typedef struct _Case Case;
struct _Case {
    const char *text, *want;
};

static void check(const CommentRules *rules, const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autofree char *got = read_with(rules, cases[i].text);

        if (!g_str_equal(got, cases[i].want))
            fail_msg("\"%s\" is \"%s\", not \"%s\"", cases[i].text, got, cases[i].want);
    }
}

/* The only command of a comment is a reply; says must be in it. */
static void check_reply(const CommentRules *rules, const char *text, const char *says)
{
    g_autoptr(GPtrArray) commands = parsed_with(rules, text);
    const CommentCommand *command = commands ? commands->pdata[0] : NULL;

    if (!command || commands->len != 1 || command->kind != COMMAND_REPLY)
        fail_msg("\"%s\" is not answered", text);
    if (!strstr(command->args.reply, says))
        fail_msg("\"%s\" is answered:\n%s", text, command->args.reply);
    if (!strstr(command->args.reply, "```\natlantis "))
        fail_msg("\"%s\" is answered without usage:\n%s", text, command->args.reply);
    if (parsed_with(rules, command->args.reply))
        fail_msg("the answer to \"%s\" would be answered", text);
}

TEST(the_first_word_says_whether_a_comment_is_for_us)
{
    static const Case cases[] = {
        { "atlantis plan", "plan" },
        { "Atlantis plan", "plan" },
        { "ATLANTIS PLAN", "plan" },
        { "run plan", "plan" },
        { "RUN plan", "plan" },
        { "@build-bot plan", "plan" },
        { "@Build-Bot plan", "plan" },
        { "@someone plan", "not for us" },
        { "@ plan", "not for us" },
        { "@", "not for us" },
        { "please atlantis plan", "not for us" },
        { "atlantis-plan", "not for us" },
        { "looks good to me", "not for us" },
        { "", "not for us" },
        { " \n\t ", "not for us" },
        { "> atlantis plan", "not for us" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(without_a_user_nobody_is_spoken_to_by_name)
{
    static const Case cases[] = { { "@ plan", "not for us" },
                                  { "@build-bot plan", "not for us" },
                                  { "run plan", "plan" } };
    CommentRules rules = usual;

    rules.user = NULL;
    check(&rules, cases, G_N_ELEMENTS(cases));
    rules.user = "";
    check(&rules, cases, G_N_ELEMENTS(cases));
}

TEST(another_executable_is_listened_to_in_any_letter_case)
{
    static const Case cases[] = {
        { "tf-bot plan", "plan" },         { "TF-Bot plan", "plan" },
        { "atlantis plan", "not for us" }, { "tf-bto plan", "not for us" },
        { "terraform plan", "reply" },
    };
    CommentRules rules = usual;

    rules.executable = "Tf-Bot";
    check(&rules, cases, G_N_ELEMENTS(cases));
    rules.executable = "terraform";
    check(&rules, (const Case[]){ { "terraform plan", "plan" } }, 1);
}

TEST(flags_are_read_in_all_their_forms)
{
    static const Case cases[] = {
        { "atlantis plan -d net", "plan dir=net" },
        { "atlantis plan --dir net", "plan dir=net" },
        { "atlantis plan --dir=net", "plan dir=net" },
        { "atlantis plan -dnet", "plan dir=net" },
        { "atlantis plan -d=net", "plan dir=net" },
        { "atlantis plan -w prod", "plan workspace=prod" },
        { "atlantis plan --workspace=prod", "plan workspace=prod" },
        { "atlantis plan -wprod", "plan workspace=prod" },
        { "atlantis plan -p live", "plan project=live" },
        { "atlantis plan --project live", "plan project=live" },
        { "atlantis plan --verbose", "plan verbose" },
        { "atlantis plan --verbose=true", "plan verbose" },
        { "atlantis plan --verbose --verbose=false", "plan" },
        { "atlantis plan -w prod --verbose -d net", "plan dir=net workspace=prod verbose" },
        { "atlantis plan -d a -d b", "plan dir=b" },
        { "atlantis plan -d ''", "plan" },
        { "atlantis plan --dir=", "plan" },
        { "atlantis apply -d net -w prod", "apply dir=net workspace=prod" },
        { "atlantis version -p live", "version project=live" },
        { "atlantis unlock", "unlock" },
        { "atlantis unlock -d net -w prod", "unlock dir=net workspace=prod" },
        { "atlantis unlock -p live", "unlock project=live" },
        { "atlantis cancel", "cancel" },
        { "atlantis PLAN --dir=Net", "plan dir=Net" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(words_behind_two_dashes_are_kept_as_they_are)
{
    static const Case cases[] = {
        { "atlantis plan -- -var a=b", "plan extra=-var|a=b" },
        { "atlantis plan -d net -- -d other --verbose", "plan dir=net extra=-d|other|--verbose" },
        { "atlantis plan --", "plan" },
        { "atlantis plan -- -- x", "plan extra=--|x" },
        { "atlantis plan -- -target=x", "plan extra=-target=x" },
        { "atlantis apply -- -lock-timeout=5m", "apply extra=-lock-timeout=5m" },
        { "atlantis plan -- ''", "plan extra=" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(quoting_is_that_of_a_shell)
{
    static const Case cases[] = {
        { "atlantis plan -d 'my dir'", "plan dir=my dir" },
        { "atlantis plan -d \"my dir\"", "plan dir=my dir" },
        { "atlantis plan -d my\\ dir", "plan dir=my dir" },
        { "atlantis plan -- -var 'a=[\"x\"]'", "plan extra=-var|a=[\"x\"]" },
        { "atlantis plan -- -var=\"a=\\\"x\\\"\"", "plan extra=-var=a=\"x\"" },
        { "atlantis plan -- 'it'\\''s'", "plan extra=it's" },
        { "atlantis plan -- '\\n' \"\\n\" \\n", "plan extra=\\n|n|n" },
        { "atlantis plan -- a'b'\"c\"d", "plan extra=abcd" },
        { "atlantis plan -- a # not for terraform", "plan extra=a" },
        { "atlantis plan #1 is what I want", "plan" },
        { "atlantis plan -- a#b '#c'", "plan extra=a#b|#c" },
        { "\"atlantis\" plan", "reply" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(text_is_taken_as_it_was_written)
{
    static const Case cases[] = {
        { "atlantis plan -- -var=a=&amp;<b>", "plan extra=-var=a=&amp;<b>" },
        { "atlantis plan -- -var=&quot;x&quot;", "plan extra=-var=&quot;x&quot;" },
        { "atlantis plan -- $HOME $(id) `id`;", "plan extra=$HOME|$(id)|`id`;" },
        { "atlantis plan -- -var=name=Zoë", "plan extra=-var=name=Zoë" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(what_editors_leave_around_a_command_does_not_count)
{
    static const Case cases[] = {
        { "  atlantis plan  ", "plan" },
        { "atlantis plan\r\n", "plan" },
        { "\n\natlantis plan\n\n\n", "plan" },
        { "\tatlantis\tplan\t-d\tnet", "plan dir=net" },
        { "`atlantis plan`", "plan" },
        { "```atlantis plan```", "plan" },
        { "```\natlantis plan\n```", "plan" },
        { "\xc2\xa0"
          "atlantis\xc2\xa0plan -d\xc2\xa0net\xc2\xa0",
          "plan dir=net" },
        { "\xef\xbb\xbf"
          "atlantis plan -d net\xe2\x80\x8b",
          "plan dir=net" },
        { "\xe2\x80\x8b"
          "atlantis plan -d 'a\xc2\xa0"
          "b'",
          "plan dir=a\xc2\xa0"
          "b" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(several_commands_are_read_in_their_order)
{
    static const Case cases[] = {
        { "atlantis plan -d a\natlantis apply -d a", "plan dir=a\napply dir=a" },
        { "atlantis plan -d a\r\n\r\nrun plan -d b\r\n", "plan dir=a\nplan dir=b" },
        { "`atlantis plan -d a`\n`atlantis plan -d b`", "plan dir=a\nplan dir=b" },
        { "atlantis help\natlantis plan", "help\nplan" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(prose_is_not_for_us)
{
    static const Case cases[] = {
        { "atlantis plan\nworked for me", "not for us" },
        { "I ran\natlantis plan", "not for us" },
        { "### Plan: 1 to add\n\n* Apply this plan: `atlantis apply -d net`\n", "not for us" },
        { "terraform plan\nterraform apply", "not for us" },
        { "terraform 1.12 is out", "not for us" },
        { "Terraform is nice", "not for us" },
        { "Atlantic storms ahead", "not for us" },
        { "```sh\natlantis plan\n```", "not for us" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
}

TEST(comments_that_are_too_long_are_not_for_us)
{
    g_autoptr(GString) text = g_string_new("atlantis plan -- ");
    g_autoptr(GPtrArray) commands = NULL;

    for (int i = 0; i < 30 * 1024; i++)
        g_string_append(text, "a ");
    commands = parsed_with(&usual, text->str);
    assert_non_null(commands);

    for (int i = 0; i < 3 * 1024; i++)
        g_string_append(text, "a ");

    assert_null(parsed_with(&usual, text->str));
}

TEST(twenty_commands_are_enough_for_a_comment)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) commands = NULL;

    for (int i = 0; i < 20; i++)
        g_string_append(text, "atlantis plan\n");
    commands = parsed_with(&usual, text->str);
    assert_int_equal(commands->len, 20);
    g_string_append(text, "atlantis plan\n");

    check_reply(&usual, text->str, "21 commands are too many");
}

TEST(help_is_given_in_all_its_forms)
{
    static const Case cases[] = {
        { "atlantis", "help" },           { "run", "help" },         { "atlantis help", "help" },
        { "atlantis HELP", "help" },      { "atlantis -h", "help" }, { "atlantis --help", "help" },
        { "atlantis help plan", "help" }, { "@build-bot", "help" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) commands = parsed_with(&usual, cases[i].text);
        const CommentCommand *command = commands->pdata[0];

        assert_golden("help.md", command->args.reply);
    }
}

TEST(help_about_a_command_says_what_it_takes)
{
    static const char *const texts[] = { "atlantis plan --help", "atlantis plan -h",
                                         "atlantis plan -d net --help -x" };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GPtrArray) commands = parsed_with(&usual, texts[i]);
        const CommentCommand *command = commands->pdata[0];

        assert_int_equal(command->kind, COMMAND_HELP);
        assert_golden("help_plan.md", command->args.reply);
    }
    check(&usual, (const Case[]){ { "atlantis unlock -h", "help" } }, 1);
}

TEST(help_names_only_what_may_be_used)
{
    static const char *const few[] = { "plan", NULL };
    CommentRules rules = usual;
    g_autofree char *help = NULL;

    rules.allow_commands = few;
    help = comment_help(&rules);

    assert_non_null(strstr(help, "atlantis plan"));
    assert_null(strstr(help, "atlantis apply"));
    assert_null(strstr(help, "atlantis unlock"));
}

TEST(mistakes_are_named_with_what_would_be_right)
{
    static const Case cases[] = {
        { "atlantis plam", "`plam` is not a command. Did you mean `atlantis plan`?" },
        { "atlantis is great", "`is` is not a command" },
        { "atlantis reply", "Did you mean" },
        { "atlantis close", "`close` is not a command" },
        { "atlantis import a b", "`import` is switched off on this server" },
        { "atlantis plan --dri net", "`--dri` is not a flag of `plan`; `--dir` is." },
        { "atlantis plan --foo=1", "`--foo` is not a flag of `plan`. Arguments for terraform go" },
        { "atlantis plan -x", "`-x` is not a flag of `plan`" },
        { "atlantis plan -target=x", "`-target` is not a flag of `plan`" },
        { "atlantis plan net", "`net` is one word too many for `plan`" },
        { "atlantis plan -", "`-` is one word too many" },
        { "atlantis plan -d", "`--dir` wants a value behind it: `--dir DIR`" },
        { "atlantis plan -d -w prod", "`--dir` wants a value" },
        { "atlantis plan --verbose=maybe", "`true` or `false`, not `maybe`" },
        { "atlantis plan -p a -d b", "leave out `-d` and `-w`" },
        { "atlantis plan -p a -w b", "leave out `-d` and `-w`" },
        { "atlantis plan -- 'a", "a quotation mark is opened and not closed" },
        { "atlantis plan -- \"a", "a quotation mark is opened and not closed" },
        { "atlantis plan -- a\\", "nothing behind the last backslash" },
        { "atlantis cancel -d net", "`-d` is not a flag of `cancel`. It takes none." },
        { "atlantis unlock --verbose", "`--verbose` is not a flag of `unlock`." },
        { "atlantis unlock net", "`net` is one word too many for `unlock`" },
        { "atlantis unlock -- x", "`unlock` takes no arguments for terraform" },
        { "atlantis plan <b>", "`<b>` is one word too many" },
        { "atlantis plan 'a`<b>'", "is one word too many" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_reply(&usual, cases[i].text, cases[i].want);
}

TEST(names_of_other_programs_are_answered_with_ours)
{
    static const Case cases[] = {
        { "atlantsi plan -d net", "`atlantsi` is not the name this server listens to. Did you mean "
                                  "`atlantis plan -d net`?" },
        { "atlants plan", "`atlantis plan`" },
        { "Atlantiss apply", "`atlantis apply`" },
        { "terraform plan", "Did you mean `atlantis plan`?" },
        { "terraform", "Did you mean `atlantis`?" },
        { "terraform apply -d net", "Did you mean `atlantis apply -d net`?" },
        { "atlantis plan\natlantsi apply", "`atlantis apply`" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_reply(&usual, cases[i].text, cases[i].want);
    check(&usual, (const Case[]){ { "atlanxxx plan", "not for us" } }, 1);
}

TEST(one_wrong_line_stops_all_of_a_comment)
{
    check_reply(&usual, "atlantis plan -d a\natlantis apply -x\natlantis plan -d b", "`-x`");
}

static const char *const everything[] = { "all", NULL };

static CommentRules all_allowed(void)
{
    CommentRules rules = usual;

    rules.allow_commands = everything;
    return rules;
}

TEST(commands_that_change_states_take_what_they_are_about)
{
    static const struct {
        const char *text;
        CommandKind kind;
        const char *operands, *extra;
    } cases[] = {
        { "atlantis import a.b id", COMMAND_IMPORT, "a.b id", "" },
        { "atlantis import -d net 'a.b[\"k\"]' /some/id", COMMAND_IMPORT, "a.b[\"k\"] /some/id",
          "" },
        { "atlantis import a.b id -- -var x=y", COMMAND_IMPORT, "a.b id", "-var x=y" },
        { "atlantis state rm a.b", COMMAND_STATE_RM, "a.b", "" },
        { "atlantis state -d net rm a.b", COMMAND_STATE_RM, "a.b", "" },
        { "atlantis STATE RM a.b -p net c.d", COMMAND_STATE_RM, "a.b c.d", "" },
    };
    const CommentRules rules = all_allowed();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) commands = parsed_with(&rules, cases[i].text);
        const CommentCommand *command = commands->pdata[0];
        g_autofree char *operands = NULL, *extra = NULL;

        if (command->kind != cases[i].kind)
            fail_msg("%s: %s", cases[i].text, command->args.reply);
        operands = g_strjoinv(" ", command->args.operands);
        extra = g_strjoinv(" ", command->args.extra);
        assert_string_equal(operands, cases[i].operands);
        assert_string_equal(extra, cases[i].extra);
    }
}

TEST(commands_that_change_states_are_refused_when_something_is_missing_or_dangerous)
{
    static const Case cases[] = {
        { "atlantis import a.b", "`import` wants ADDRESS ID behind it" },
        { "atlantis import a.b id more", "`more` is one word too many" },
        { "atlantis import -input a.b", "`-input` is not a flag" },
        { "atlantis import a.b -", "`-` cannot be what `import` is about" },
        { "atlantis state rm a.b ''", "cannot be what `state` is about" },
        { "atlantis import a.b id -- -config=/etc", "`-config=/etc` cannot be given" },
        { "atlantis import a.b id -- -var-file=/etc/passwd", "is refused" },
        { "atlantis state", "`state` is followed by `rm`" },
        { "atlantis state -d net", "`state` is followed by `rm`" },
        { "atlantis state mv a b", "not by `mv`" },
        { "atlantis state rm", "`state rm` wants ADDRESS... behind it" },
        { "atlantis state rm a.b -- -state=x", "`-state=x` cannot be given" },
    };
    const CommentRules rules = all_allowed();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_reply(&rules, cases[i].text, cases[i].want);
}

TEST(policies_are_approved_by_set_and_project)
{
    g_autoptr(GPtrArray) one =
        parsed_with(&usual, "atlantis approve_policies -d net --policy-set 'a b' "
                            "--clear-policy-approval");
    g_autoptr(GPtrArray) all =
        parsed_with(&usual, "atlantis approve_policies --clear-policy-approval=false");
    const CommentCommand *command = one->pdata[0];

    assert_int_equal(command->kind, COMMAND_APPROVE_POLICIES);
    assert_string_equal(command->args.dir, "net");
    assert_string_equal(command->args.policy_set, "a b");
    assert_true(command->args.clears_approval);
    command = all->pdata[0];
    assert_int_equal(command->kind, COMMAND_APPROVE_POLICIES);
    assert_null(command->args.policy_set);
    assert_false(command->args.clears_approval);
    check_reply(&usual, "atlantis approve_policies --policy-set", "wants a value");
    check_reply(&usual, "atlantis plan --policy-set x", "is not a flag of `plan`");
}

TEST(an_apply_can_say_how_the_pull_request_is_completed)
{
    g_autoptr(GPtrArray) off = parsed_with(&usual, "atlantis apply --auto-merge-disabled");
    g_autoptr(GPtrArray) by = parsed_with(&usual, "atlantis apply --auto-merge-method squash");

    assert_true(((const CommentCommand *)off->pdata[0])->args.auto_merge_disabled);
    assert_string_equal(((const CommentCommand *)by->pdata[0])->args.auto_merge_method, "squash");
    check_reply(&usual, "atlantis apply --auto-merge-method fast",
                "one of `merge`, `rebase`, `squash`, `semi-linear`");
    check_reply(&usual, "atlantis apply --auto-merge-disabled --auto-merge-method merge",
                "exclude each other");
    check_reply(&usual, "atlantis plan --auto-merge-disabled", "is not a flag of `plan`");
}

TEST(a_directory_may_be_a_pattern)
{
    static const Case cases[] = {
        { "atlantis plan -d 'live/*'", "live/*" },
        { "atlantis plan -d './/./live/*'", "live/*" },
        { "atlantis plan -d './live/[ab]'", "live/[ab]" },
        { "atlantis plan -d '/a?'", "a?" },
        { "atlantis plan -d '{a,b}/**'", "{a,b}/**" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) commands = parsed_with(&usual, cases[i].text);

        assert_string_equal(((const CommentCommand *)commands->pdata[0])->args.dir, cases[i].want);
    }
    check_reply(&usual, "atlantis plan -d '../*'", "has no `..`");
    check_reply(&usual, "atlantis plan -d '[a'", "needs characters");
}

TEST(commands_that_are_switched_off_are_refused)
{
    static const char *const few[] = { "plan", NULL };
    CommentRules rules = usual;

    rules.allow_commands = few;

    check_reply(&rules, "atlantis apply", "`apply` is switched off on this server");
    check(&rules, (const Case[]){ { "atlantis plan", "plan" }, { "atlantis help", "help" } }, 2);
}

TEST(directories_are_clean_and_inside_the_repository)
{
    static const Case cases[] = {
        { "atlantis plan -d .", "plan dir=." },
        { "atlantis plan -d /", "plan dir=." },
        { "atlantis plan -d ./", "plan dir=." },
        { "atlantis plan -d /net/", "plan dir=net" },
        { "atlantis plan -d ./a//b/../c/", "plan dir=a/c" },
        { "atlantis plan -d a/..", "plan dir=." },
        { "atlantis plan -d ..a", "plan dir=..a" },
        { "atlantis plan --dir=-x", "plan dir=-x" },
    };
    static const Case refused[] = {
        { "atlantis plan -d ..", "`..` is outside of the repository" },
        { "atlantis plan -d ../x", "`../x` is outside of the repository" },
        { "atlantis plan -d a/../../x", "is outside of the repository" },
        { "atlantis plan -d /../x", "is outside of the repository" },
        { "atlantis plan -d 'a\x01'", "control character" },
    };

    check(&usual, cases, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        check_reply(&usual, refused[i].text, refused[i].want);
}

TEST(workspaces_are_names_and_nothing_else)
{
    static const char *const wrong[] = {
        "-w a/b",  "-w 'a\\b'", "-w ..",    "-w a..b",         "-w .",       "--workspace=-a",
        "-w '~a'", "-w 'a$b'",  "-w 'a b'", "-w 'a\xc2\xa0z'", "-w 'a\x02'",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf("atlantis plan %s", wrong[i]);

        check_reply(&usual, text, "cannot be a workspace");
    }
    check(&usual, (const Case[]){ { "atlantis plan -w a.b-c_d~", "plan workspace=a.b-c_d~" } }, 1);
}

TEST(blocked_arguments_are_refused_with_one_dash_or_two)
{
    static const Case refused[] = {
        { "atlantis plan -- -chdir=..", "`-chdir=..` is not allowed on this server" },
        { "atlantis plan -- --chdir ..", "`--chdir` is not allowed" },
        { "atlantis apply -- -plugin-dir=x", "is not allowed" },
        { "atlantis plan -- -lock=false -chdir", "`-chdir` is not allowed" },
        { "atlantis plan -- -out=/tmp/x", "`-out=/tmp/x` cannot be given to `plan`" },
        { "atlantis plan -- --out x", "`--out` cannot be given to `plan`" },
        { "atlantis apply -- -target=x", "`-target=x` cannot be given to `apply`" },
        { "atlantis apply -- --target x", "`--target` cannot be given to `apply`" },
    };
    static const Case taken[] = {
        { "atlantis plan -- -chdirs=x", "plan extra=-chdirs=x" },
        { "atlantis plan -- -target=x", "plan extra=-target=x" },
        { "atlantis plan -- -output=x", "plan extra=-output=x" },
        { "atlantis plan -- -secrets=x", "plan extra=-secrets=x" },
    };
    static const char *const one_dash[] = { "-secrets", "--hidden", NULL };
    CommentRules rules = usual;

    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        check_reply(&usual, refused[i].text, refused[i].want);
    check(&usual, taken, G_N_ELEMENTS(taken));
    rules.extra.blocked = one_dash;
    check_reply(&rules, "atlantis plan -- --secrets=x", "is not allowed");
    check_reply(&rules, "atlantis plan -- -hidden", "is not allowed");
    rules.extra.blocked = NULL;
    check(&rules, taken, G_N_ELEMENTS(taken));
}

TEST(an_apply_takes_few_arguments_each_of_one_word)
{
    static const Case taken[] = {
        { "atlantis apply -- -lock=false", "apply extra=-lock=false" },
        { "atlantis apply -- --lock-timeout=5m -no-color",
          "apply extra=--lock-timeout=5m|-no-color" },
        { "atlantis apply -- -parallelism=1 --compact-warnings",
          "apply extra=-parallelism=1|--compact-warnings" },
    };
    static const Case refused[] = {
        { "atlantis apply -- -auto-approve -backup",
          "`-auto-approve` cannot be given to `apply`, which takes `-lock=...`, " },
        { "atlantis apply -- -backup", "`-backup` cannot be given" },
        { "atlantis apply -- -lock-timeout", "`-lock-timeout` cannot be given" },
        { "atlantis apply -- -lock-timeout 5m", "`-lock-timeout` cannot be given" },
        { "atlantis apply -- -parallelism=", "`-parallelism=` cannot be given" },
        { "atlantis apply -- -no-color=false", "`-no-color=false` cannot be given" },
        { "atlantis apply -- -locks=x", "`-locks=x` cannot be given" },
        { "atlantis apply -- ---lock=x", "`---lock=x` cannot be given" },
        { "atlantis apply -- --", "`--` cannot be given" },
        { "atlantis apply -- other.tfplan", "`other.tfplan` cannot be given" },
        { "atlantis apply -- -lock=true ''", "cannot be given" },
        { "atlantis apply -- -help", "`-help` cannot be given" },
        { "atlantis apply -- -var x=1", "`-var` cannot be given" },
        { "atlantis apply -- -destroy", "`-destroy` cannot be given" },
        { "atlantis apply -- -state-out=x", "`-state-out=x` cannot be given" },
    };

    check(&usual, taken, G_N_ELEMENTS(taken));
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        check_reply(&usual, refused[i].text, refused[i].want);
}

TEST(files_of_variables_of_the_server_are_those_below_the_listed_directories)
{
    static const char *const dirs[] = { "/srv/vars", "/etc/hadal/vars/", NULL };
    static const Case taken[] = {
        { "atlantis plan -- -var-file=/srv/vars/a.tfvars",
          "plan extra=-var-file=/srv/vars/a.tfvars" },
        { "atlantis plan -- --var-file /etc/hadal/vars//b/c",
          "plan extra=--var-file|/etc/hadal/vars//b/c" },
        { "atlantis plan -- -var-file=a=b.tfvars", "plan extra=-var-file=a=b.tfvars" },
    };
    static const char *const refused[] = {
        "-var-file=/srv/vars",           "-var-file=/srv/varsity/a",
        "-var-file=/srv/vars/../a",      "-var-file=/srv/vars/b/../a",
        "--var-file=/srv/a=/srv/vars/b", "-var-file=../srv/vars/a",
        "--var-file /etc/passwd",        "-var-file=/",
    };
    CommentRules rules = usual;

    rules.extra.var_file_dirs = dirs;
    check(&rules, taken, G_N_ELEMENTS(taken));
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *text = g_strdup_printf("atlantis plan -- %s", refused[i]);

        check_reply(&rules, text, "is refused: the file is not in the repository");
    }
}

TEST(a_plan_takes_no_argument_that_makes_it_something_else)
{
    static const Case taken[] = {
        { "atlantis plan -- -destroy", "plan extra=-destroy" },
        { "atlantis plan -- -var x=1 -target a.b", "plan extra=-var|x=1|-target|a.b" },
        { "atlantis plan -- -refresh-only -lock-timeout 5m",
          "plan extra=-refresh-only|-lock-timeout|5m" },
        { "atlantis plan -- -var-file a/../b.tfvars", "plan extra=-var-file|a/../b.tfvars" },
        { "atlantis plan -d a/b -- --var-file=../../c", "plan dir=a/b extra=--var-file=../../c" },
        { "atlantis plan -- -var-file=..x", "plan extra=-var-file=..x" },
        { "atlantis plan -- -var-file", "plan extra=-var-file" },
        { "atlantis plan -- -statement=x", "plan extra=-statement=x" },
    };
    static const char *const refused[] = {
        "-help",         "--help",    "-h",       "-version",
        "-state=x",      "-state x",  "-backup",  "-generate-config-out=x",
        "-state-out=x",  "-json",     "-chdir=x", "-out x",
        "-var -help",    "-out=/x/y", "-v",       "-detailed-exitcode",
        "-var -state=x",
    };
    static const Case files[] = {
        { "atlantis plan -- -var-file=/etc/x", "`-var-file` with `/etc/x` is refused" },
        { "atlantis plan -- -var-file /etc/x", "`--var-file-allowlist`" },
        { "atlantis plan -- --var-file ../x", "is refused" },
        { "atlantis plan -d a -- -var-file=b/../../../x", "is refused" },
        { "atlantis plan -p a -- -var-file=../x", "is refused" },
        { "atlantis plan -- -var -var-file=/x", "is refused" },
        { "atlantis plan -- -var-file=..", "is refused" },
    };
    CommentRules rules = usual;

    rules.extra.blocked = NULL;
    check(&rules, taken, G_N_ELEMENTS(taken));
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *text = g_strdup_printf("atlantis plan -- %s", refused[i]);

        check_reply(&rules, text, "cannot be given to `plan`");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        check_reply(&rules, files[i].text, files[i].want);
}

TEST(replies_read_well)
{
    static const Case cases[] = {
        { "reply_flag.md", "atlantis plan --dri net" },
        { "reply_command.md", "atlantis plam" },
        { "reply_misspelt.md", "terraform plan -d net" },
        { "reply_quoting.md", "atlantis plan -- -var='a" },
        { "reply_unlock.md", "atlantis unlock net" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) commands = parsed_with(&usual, cases[i].want);
        const CommentCommand *command = commands->pdata[0];

        assert_int_equal(command->kind, COMMAND_REPLY);
        assert_golden(cases[i].text, command->args.reply);
    }
}

TEST(the_reference_page_is_fresh)
{
    assert_page_is_fresh("docs/reference/commands.md", comment_reference);
}

TEST(none_of_our_own_comments_is_for_us)
{
    g_autofree char *path = golden_path("");
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    int seen = 0;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = golden_path(name);
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        if (parsed_with(&usual, text))
            fail_msg("%s", name);
        seen++;
    }
    assert_true(seen > 5);
}

TEST(command_lines_are_short)
{
    static const char *const extra[] = { "-target=x", "a b", NULL };
    static const struct {
        CommandKind kind;
        const char *dir, *workspace, *project;
        const char *const *extra;
        const char *line;
    } cases[] = {
        { COMMAND_APPLY, "net", "default", "", NULL, "atlantis apply -d net" },
        { COMMAND_APPLY, "net", "prod", NULL, NULL, "atlantis apply -d net -w prod" },
        { COMMAND_PLAN, "net", "prod", "live", NULL, "atlantis plan -p live" },
        { COMMAND_PLAN, ".", NULL, NULL, extra, "atlantis plan -d . -- -target=x 'a b'" },
        { COMMAND_UNLOCK, NULL, NULL, NULL, NULL, "atlantis unlock" },
        { COMMAND_PLAN, "it's", NULL, NULL, NULL, "atlantis plan -d 'it'\\''s'" },
        { COMMAND_PLAN, "-x", NULL, NULL, NULL, "atlantis plan --dir=-x" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line =
            comment_command_line("atlantis", cases[i].kind, cases[i].dir, cases[i].workspace,
                                 cases[i].project, cases[i].extra);

        assert_string_equal(line, cases[i].line);
    }
}

/* A word of letters that mean something to somebody. */
static char *random_word(GRand *rand, const char *const *letters, gsize count)
{
    g_autoptr(GString) word = g_string_new(NULL);

    for (int i = g_rand_int_range(rand, 1, 8); i > 0; i--)
        g_string_append(word, letters[g_rand_int_range(rand, 0, (gint32)count)]);
    return g_strdup(word->str);
}

TEST(a_command_line_reads_back_as_the_command_it_was_made_of)
{
    static const char *const any[] = { "a", "b", "'", "\"", "\\",       " ",
                                       "#", "`", "$", "-",  "--",       "=",
                                       "&", "|", "ö", "~",  "\xc2\xa0", "\xe2\x80\x8b" };
    static const char *const in_dir[] = { "a", "'", "\"", "\\", " ", "#", "`", "$", "-", "ö", "~" };
    static const char *const in_name[] = { "a", "Z", "_", "'", "\"", "#", "`", "9", "=" };
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    for (int round = 0; round < 3000; round++) {
        g_autofree char *dir = random_word(rand, in_dir, G_N_ELEMENTS(in_dir));
        g_autofree char *workspace = random_word(rand, in_name, G_N_ELEMENTS(in_name));
        g_autofree char *name = random_word(rand, any, G_N_ELEMENTS(any));
        g_autofree char *first = random_word(rand, any, G_N_ELEMENTS(any));
        g_autofree char *second = random_word(rand, any, G_N_ELEMENTS(any));
        const char *const extra[] = { first, "", second, NULL };
        bool is_named = g_rand_boolean(rand);
        g_autofree char *line = comment_command_line("atlantis", COMMAND_PLAN, dir, workspace,
                                                     is_named ? name : "", extra);
        g_autoptr(GPtrArray) commands = parsed_with(&usual, line);
        const CommandArgs *args = &((CommentCommand *)commands->pdata[0])->args;

        if (((CommentCommand *)commands->pdata[0])->kind != COMMAND_PLAN)
            fail_msg("%s: %s", line, args->reply);
        assert_true(g_strv_equal((const char *const *)args->extra, extra));
        assert_int_equal(g_strcmp0(args->project, is_named ? name : NULL), 0);
        assert_int_equal(g_strcmp0(args->dir, is_named ? NULL : dir), 0);
        assert_int_equal(g_strcmp0(args->workspace, is_named ? NULL : workspace), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_word_says_whether_a_comment_is_for_us),
        cmocka_unit_test(without_a_user_nobody_is_spoken_to_by_name),
        cmocka_unit_test(another_executable_is_listened_to_in_any_letter_case),
        cmocka_unit_test(flags_are_read_in_all_their_forms),
        cmocka_unit_test(words_behind_two_dashes_are_kept_as_they_are),
        cmocka_unit_test(quoting_is_that_of_a_shell),
        cmocka_unit_test(text_is_taken_as_it_was_written),
        cmocka_unit_test(what_editors_leave_around_a_command_does_not_count),
        cmocka_unit_test(several_commands_are_read_in_their_order),
        cmocka_unit_test(prose_is_not_for_us),
        cmocka_unit_test(comments_that_are_too_long_are_not_for_us),
        cmocka_unit_test(twenty_commands_are_enough_for_a_comment),
        cmocka_unit_test(help_is_given_in_all_its_forms),
        cmocka_unit_test(help_about_a_command_says_what_it_takes),
        cmocka_unit_test(help_names_only_what_may_be_used),
        cmocka_unit_test(mistakes_are_named_with_what_would_be_right),
        cmocka_unit_test(names_of_other_programs_are_answered_with_ours),
        cmocka_unit_test(one_wrong_line_stops_all_of_a_comment),
        cmocka_unit_test(commands_that_change_states_take_what_they_are_about),
        cmocka_unit_test(
            commands_that_change_states_are_refused_when_something_is_missing_or_dangerous),
        cmocka_unit_test(policies_are_approved_by_set_and_project),
        cmocka_unit_test(an_apply_can_say_how_the_pull_request_is_completed),
        cmocka_unit_test(a_directory_may_be_a_pattern),
        cmocka_unit_test(commands_that_are_switched_off_are_refused),
        cmocka_unit_test(directories_are_clean_and_inside_the_repository),
        cmocka_unit_test(workspaces_are_names_and_nothing_else),
        cmocka_unit_test(blocked_arguments_are_refused_with_one_dash_or_two),
        cmocka_unit_test(an_apply_takes_few_arguments_each_of_one_word),
        cmocka_unit_test(files_of_variables_of_the_server_are_those_below_the_listed_directories),
        cmocka_unit_test(a_plan_takes_no_argument_that_makes_it_something_else),
        cmocka_unit_test(replies_read_well),
        cmocka_unit_test(the_reference_page_is_fresh),
        cmocka_unit_test(none_of_our_own_comments_is_for_us),
        cmocka_unit_test(command_lines_are_short),
        cmocka_unit_test(a_command_line_reads_back_as_the_command_it_was_made_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
