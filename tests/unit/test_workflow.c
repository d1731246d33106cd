// SPDX-License-Identifier: Apache-2.0
#include "config/workflow.h"

#include "config/repos_yaml.h"
#include "config/rules.h"
#include "config/workflow_yaml.h"
#include "key_cases.h"

static const Settings plain = { 0 };

static ReposYaml *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    ReposYaml *repos = repos_yaml_parse("repos.yaml", text, &error);

    assert_ok(repos, error);
    return repos;
}

static void add_output(GString *out, const GPtrArray *rules)
{
    static const char *const names[] = { "show", "hide", "strip", "filter" };

    for (guint i = 0; i < rules->len; i++) {
        const OutputRule *rule = rules->pdata[i];

        g_string_append_printf(out, " >%s", names[rule->kind]);
        if (rule->regex)
            g_string_append_printf(out, ":%s", regex_pattern(rule->regex));
    }
}

static void add_action(GString *out, const Action *action)
{
    g_autofree char *extra = g_strjoinv(",", action->extra_args);
    g_autofree char *shell_args =
        action->shell_args ? g_strjoinv(",", action->shell_args) : g_strdup("");

    g_string_append_printf(out, " %s(%s)", action_name(action->kind), extra);
    if (action->name)
        g_string_append_printf(out, " %s=%s", action->name, action->value);
    if (action->command)
        g_string_append_printf(out, " %s|%s|%s", action->shell, shell_args, action->command);
    if (action->timeout_ms)
        g_string_append_printf(out, " timeout=%ld", (long)action->timeout_ms);
    add_output(out, action->output);
}

static void add_hooks(GString *out, const GPtrArray *hooks)
{
    for (guint i = 0; i < hooks->len; i++) {
        const Hook *hook = hooks->pdata[i];
        g_autofree char *args = g_strjoinv(",", hook->shell_args);
        g_autofree char *commands = g_strjoinv(",", hook->commands);

        g_string_append_printf(out, "hook %s|%s|%s (%s) %s %ld\n", hook->shell, args, hook->command,
                               hook->description, commands, (long)hook->timeout_ms);
    }
}

/* Every stage of the repository's workflow, one a line, and its hooks. */
static char *dump(const char *text)
{
    g_autoptr(ReposYaml) repos = parse(text);
    g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, "r");
    g_autoptr(GString) out = g_string_new(NULL);

    for (int i = 0; i < STAGES; i++) {
        const GPtrArray *actions = workflow_actions(rules->workflow, (StageKind)i);

        g_string_append_printf(out, "%s:", stage_name((StageKind)i));
        for (guint j = 0; j < actions->len; j++)
            add_action(out, actions->pdata[j]);
        g_string_append_c(out, '\n');
    }
    add_hooks(out, rules->pre_hooks);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

#define STAGE(stage, steps) "workflows: {default: {" stage ": {steps: [" steps "]}}}"
#define STEP(step)          STAGE("plan", step)
#define HOOK(keys)          "repos: [{id: r, pre_workflow_hooks: [{run: x, " keys "}]}]"

static const KeyCase cases[] = {
    { "workflow.plan", STAGE("plan", "run: a"), "plan: run() sh|-c|a\n" },
    { "workflow.policy_check", STAGE("policy_check", "run: a"), "policy_check: run() sh|-c|a\n" },
    { "workflow.apply", STAGE("apply", "run: a"), "apply: run() sh|-c|a\n" },
    { "workflow.import", STAGE("import", "run: a"), "import: run() sh|-c|a\n" },
    { "workflow.state_rm", STAGE("state_rm", "run: a"), "state_rm: run() sh|-c|a\n" },
    { "stage.steps", STEP("plan"), "plan: plan()\n" },
    { "built-in step.extra_args", STEP("init, plan: {extra_args: [-lock=false, 3]}"),
      "plan: init() plan(-lock=false,3)\n" },
    { "built-in step.timeout", STEP("init: {timeout: 90s}"), "init() timeout=90000" },
    { "run step.command", STEP("run: {command: a b}"), "plan: run() sh|-c|a b\n" },
    { "run step.shell", STEP("run: {command: a, shell: bash}"), "run() bash|-c|a" },
    { "run step.shellArgs", STEP("run: {command: a, shell: bash, shellArgs: -e -c}"),
      "run() bash|-e,-c|a" },
    { "run step.output", STEP("run: {command: a, output: hide}"), "sh|-c|a >hide" },
    { "run step.timeout", STEP("run: {command: a, timeout: 2m}"), "sh|-c|a timeout=120000" },
    { "env step.name", STEP("env: {name: N, value: v}"), "env() N=v" },
    { "env step.value", STEP("env: {name: N, value: ''}"), "env() N=\n" },
    { "env step.command", STEP("env: {name: N, command: c}"), "env() N=(null) sh|-c|c" },
    { "env step.shell", STEP("env: {name: N, command: c, shell: bash}"), "bash|-c|c" },
    { "env step.shellArgs", STEP("env: {name: N, command: c, shell: bash, shellArgs: [-x]}"),
      "bash|-x|c" },
    { "env step.timeout", STEP("env: {name: N, command: c, timeout: 1s}"), "timeout=1000" },
    { "multienv step.command", STEP("multienv: {command: m}"), "multienv() sh|-c|m >hide" },
    { "multienv step.shell", STEP("multienv: {command: m, shell: zsh}"), "zsh|-c|m" },
    { "multienv step.shellArgs", STEP("multienv: {command: m, shell: zsh, shellArgs: -f}"),
      "zsh|-f|m" },
    { "multienv step.output", STEP("multienv: {command: m, output: show}"), "sh|-c|m >show" },
    { "multienv step.timeout", STEP("multienv: {command: m, timeout: 1h}"), "timeout=3600000" },
    { "hook.run", HOOK(""), "hook sh|-c|x (" },
    { "hook.description", HOOK("description: makes files"), "(makes files)" },
    { "hook.shell", HOOK("shell: bash"), "hook bash|-c|x" },
    { "hook.shellArgs", HOOK("shellArgs: -e -c"), "hook sh|-e,-c|x" },
    { "hook.commands", HOOK("commands: 'plan, apply unlock'"), ") plan,apply,unlock " },
    { "hook.timeout", HOOK("timeout: 10s"), " 10000\n" },
};
static const KeyCases all = { cases, G_N_ELEMENTS(cases), NULL };

TEST(every_key_does_what_it_says)
{
    assert_cases(&all, "{}", dump);
    schema_walk(&workflow_schema, assert_key_has_case, (gpointer)&all);
    schema_walk(&hook_schema, assert_key_has_case, (gpointer)&all);
}

static const struct {
    const char *text, *says;
} shapes[] = {
    { "{}", "plan: init() plan()\npolicy_check: show() policy_check()\napply: apply()\n"
            "import: init() import()\nstate_rm: init() state_rm()\n" },
    { "workflows: {default: }", "plan: init() plan()\n" },
    { "workflows: {default: {plan: }}", "plan: init() plan()\n" },
    { "workflows: {default: {plan: {steps: }}}", "plan: init() plan()\n" },
    { STEP(""), "plan:\n" },
    { STEP("init: , plan: {}, show"), "plan: init() plan() show()\n" },
    { STAGE("policy_check", "init, show, policy_check"),
      "policy_check: init() show() policy_check()\n" },
    { STAGE("apply", "init, show, apply"), "apply: init() show() apply()\n" },
    { STAGE("import", "init, import"), "import: init() import()\n" },
    { STAGE("state_rm", "init, state_rm"), "state_rm: init() state_rm()\n" },
    { STEP("multienv: m"), "multienv() sh|-c|m >hide\n" },
    { STEP("env: {name: N, value: 3}, env: {name: M, value: true}"), "env() N=3 env() M=true\n" },
    { STEP("run: {command: a, output: show}"), "a >show\n" },
    { STEP("run: {command: a, output: [strip_refreshing, {filter_regex: 'p=(.*)'}, hide]}"),
      "a >strip >filter:p=(.*) >hide\n" },
    { STEP("run: {command: a, output: {filter_regex: x}}"), "a >filter:x\n" },
    { STEP("run: {command: a, output: []}"), "sh|-c|a\n" },
    { HOOK("commands: [state, policy_check]"), ") state,policy_check " },
    { HOOK("commands: ''"), ")  0\n" },
};

TEST(steps_have_many_shapes)
{
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autofree char *held = dump(shapes[i].text);

        if (!strstr(held, shapes[i].says))
            fail_msg("%s: no \"%s\" in\n%s", shapes[i].text, shapes[i].says, held);
    }
}

static const struct {
    const char *text, *message;
} wrong[] = {
    { STEP("destroy"), "1:38: step: unknown word \"destroy\": a command is written as \"run: "
                       "...\"" },
    { STEP("aply"), "1:38: step: unknown word \"aply\": did you mean \"apply\"?" },
    { STEP("run"), "1:38: step: \"run\" alone does nothing: \"run: ...\"" },
    { STEP("env"), "1:38: step: \"env\" alone does nothing: \"env: ...\"" },
    { STEP("multienv"), "1:38: step: \"multienv\" alone does nothing: \"multienv: ...\"" },
    { STEP("[plan]"), "1:38: step: must be a word or a mapping" },
    { STEP("{}"), "1:38: step: must have exactly one key, as \"run: command\"; options stand in a "
                  "mapping behind it" },
    { STEP("{run: a, plan: }"),
      "1:38: step: must have exactly one key, as \"run: command\"; options stand in a mapping "
      "behind it" },
    { STEP("plan: [-x]"), "1:44: step: behind \"plan\" must stand a mapping" },
    { STEP("plan: -x"), "1:44: step: behind \"plan\" must stand a mapping" },
    { STEP("run: "), "1:43: run step: the command is empty" },
    { STEP("run: [a]"), "1:43: step: behind \"run\" must stand a mapping or a command" },
    { STEP("run: {comand: a}"),
      "1:44: run step: unknown key \"comand\": did you mean \"command\"?" },
    { STEP("run: {output: hide}"), "1:43: run step: command is missing" },
    { STEP("plan: {extra_args: [a], env: b}"),
      "1:62: built-in step: unknown key \"env\"; known are extra_args, timeout" },
    { STAGE("apply", "apply: {extra_args: [--target=x]}"),
      "1:39: apply step: extra_args may not have \"--target=x\": what is applied is the plan; give "
      "it "
      "to the plan step" },
    { STEP("plan: {extra_args: -a}"),
      "1:57: built-in step: extra_args must be a list of texts, \"- text\"" },
    { STEP("plan: {extra_args: [[a]]}"),
      "1:58: built-in step: extra_args must be a list of texts" },
    { STEP("run: {command: a, shellArgs: -c}"), "1:67: step: shellArgs needs shell beside it" },
    { STEP("env: {name: N, value: v, shell: sh}"), "1:70: step: shell needs command beside it" },
    { STEP("env: {name: N, value: v, command: c}"),
      "1:72: env step: either value or command, not both" },
    { STEP("env: {name: N}"),
      "1:43: env step: value or command is missing; value: \"\" is nothing" },
    { STEP("env: {name: N, value: [a]}"), "1:60: env step: value must be a single value" },
    { STEP("env: {name: A=B, value: c}"), "1:50: env step: name must be a name without \"=\", not "
                                          "\"A=B\"" },
    { STEP("run: {command: a, output: shown}"),
      "1:64: output must be show, hide, strip_refreshing or {filter_regex: PATTERN}, or a list of "
      "these, not \"shown\"" },
    { STEP("run: {command: a, output: [hide, masked]}"),
      "1:71: output must be show, hide, strip_refreshing or {filter_regex: PATTERN}, or a list of "
      "these, not \"masked\"" },
    { STEP("run: {command: a, output: [[hide]]}"),
      "1:65: output: a list in a list has no meaning" },
    { STEP("run: {command: a, output: {filter: x}}"),
      "1:64: output: a mapping must be {filter_regex: PATTERN} and nothing else" },
    { STEP("run: {command: a, output: [{filter_regex: '('}]}"),
      "1:80: output: filter_regex is not a regular expression: missing closing parenthesis, at "
      "character 2" },
    { STEP("multienv: {command: a, output: strip_refreshing}"),
      "1:69: output of multienv must be show or hide" },
    { STEP("run: {command: a, timeout: 0}"), "1:65: run step: timeout must be a duration like 90s, "
                                             "30m or 1h30m, from 1 s to 7 d, not \"0\"" },
    { STEP("init, apply"), "1:29: stage plan: step apply has no meaning here; it may have init, "
                           "plan, show, run, env, multienv" },
    { STAGE("apply", "plan"), "1:30: stage apply: step plan has no meaning here; it may have init, "
                              "show, apply, run, env, multienv" },
    { "workflows: {default: {plan: {steps: plan}}}", "1:37: steps must be a list, \"- plan\"" },
    { "workflows: {default: {plan: [plan]}}",
      "1:29: workflow: plan must be a mapping, \"key: value\"" },
    { "workflows: {default: {destroy: {}}}",
      "1:23: workflow: unknown key \"destroy\"; known are plan, policy_check, apply, import, "
      "state_rm" },
    { "workflows: {default: plan}",
      "1:22: repos.yaml: workflows must hold mappings: \"default\" is none" },
    { HOOK("commands: planning"),
      "1:57: hook: commands must be some of plan, apply, unlock, version, import, state, "
      "approve_policies, cancel, policy_check, not \"planning\"" },
};

TEST(what_is_wrong_is_told_with_its_place)
{
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ReposYaml) repos = repos_yaml_parse("f", wrong[i].text, &error);
        g_autofree char *message = g_strconcat("f:", wrong[i].message, NULL);

        if (repos)
            fail_msg("%s: is taken", wrong[i].text);
        assert_string_equal(error->message, message);
    }
}

static char *digest_text(const char *text)
{
    g_autoptr(ReposYaml) repos = parse(text);
    g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, "r");
    g_autoptr(GString) out = g_string_new(NULL);

    workflow_add_digest_text(rules->workflow, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

TEST(the_digest_text_changes_with_all_that_changes_what_is_done)
{
    static const char *const texts[] = {
        "{}",
        STEP(""),
        STEP("plan"),
        STEP("plan, plan"),
        STAGE("apply", "init, apply"),
        STEP("plan: {extra_args: [a, b]}"),
        STEP("plan: {extra_args: ['a,b']}"),
        STEP("plan: {timeout: 5s}"),
        STEP("run: a"),
        STEP("run: {command: a, shell: bash}"),
        STEP("run: {command: a, shell: bash, shellArgs: -x}"),
        STEP("run: {command: a, output: hide}"),
        STEP("run: {command: a, output: {filter_regex: a}}"),
        STEP("run: {command: a, output: {filter_regex: b}}"),
        STEP("env: {name: a, value: b}"),
        STEP("env: {name: a, command: b}"),
        STEP("multienv: a"),
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (!g_hash_table_add(seen, digest_text(texts[i])))
            fail_msg("%s: is the same as one before", texts[i]);
}

TEST(the_name_of_a_workflow_is_not_what_it_does)
{
    g_autofree char *one = digest_text("workflows: {default: {}}");
    g_autofree char *builtin = digest_text("{}");

    assert_string_equal(one, builtin);
}

TEST(what_a_stage_holds_can_be_asked)
{
    g_autoptr(ReposYaml) repos = parse("workflows: {default: {plan: {steps: [{env: {name: A, "
                                       "value: b}}, plan]}, apply: {steps: [run: x]}}}");
    g_autoptr(RepoRules) rules = repo_rules_new(&plain, repos, "r");

    assert_false(workflow_has_commands(rules->workflow, STAGE_PLAN));
    assert_true(workflow_has_commands(rules->workflow, STAGE_APPLY));
    assert_false(workflow_has_commands(NULL, STAGE_APPLY));
    assert_true(workflow_has_action(rules->workflow, STAGE_PLAN, ACTION_PLAN));
    assert_false(workflow_has_action(rules->workflow, STAGE_PLAN, ACTION_INIT));
    assert_true(workflow_has_action(NULL, STAGE_PLAN, ACTION_INIT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_what_it_says),
        cmocka_unit_test(steps_have_many_shapes),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(the_digest_text_changes_with_all_that_changes_what_is_done),
        cmocka_unit_test(the_name_of_a_workflow_is_not_what_it_does),
        cmocka_unit_test(what_a_stage_holds_can_be_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
