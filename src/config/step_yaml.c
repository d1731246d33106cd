// SPDX-License-Identifier: Apache-2.0
/* Steps, in all the shapes that they are written in. */
#include "config/step_yaml.h"

#include <string.h>

#include "base/nearest.h"

static void action_free(gpointer data)
{
    Action *action = data;

    g_strfreev(action->extra_args);
    g_free(action->command);
    g_free(action->shell);
    g_strfreev(action->shell_args);
    g_free(action->name);
    g_free(action->value);
    g_ptr_array_unref(action->output);
    g_free(action);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Action, action_free)

static void output_rule_free(gpointer data)
{
    OutputRule *rule = data;

    regex_free(rule->regex);
    g_free(rule);
}

static void clear_texts(gpointer field)
{
    g_clear_pointer((GStrv *)field, g_strfreev);
}

static void clear_array(gpointer field)
{
    g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
}

/* A mapping behind the word of a step, whatever the word is. */
typedef struct {
    const YamlNode *node;
    GStrv extra_args;
    char *command, *shell;
    GStrv shell_args;
    char *name, *value;
    GPtrArray *output; /* of OutputRule, owned */
    gint64 timeout;
} StepYaml;

/* Words between blanks, or a list. */
static bool read_shell_args(const SchemaReader *reader, const Key *key, const YamlNode *node,
                            gpointer field, GError **error)
{
    if (node->kind != NODE_TEXT)
        return schema_read_texts(reader, key->name, node, field, error);
    g_strfreev(*(GStrv *)field);
    *(GStrv *)field = g_strsplit(node->text, " ", -1);
    return true;
}

static json_t *describe_shell_args(void)
{
    return schema_json_any(schema_json_text(), schema_json_texts(), NULL);
}

const KeyCustom shell_args_custom = {
    .read = read_shell_args,
    .clear = clear_texts,
    .accepts = "text with blanks, or list of texts",
    .describe = describe_shell_args,
};

static const char *const output_words[] = { "show", "hide", "strip_refreshing" };

static OutputRule *add_rule(GPtrArray *rules, OutputRuleKind kind)
{
    OutputRule *rule = g_new0(OutputRule, 1);

    rule->kind = kind;
    g_ptr_array_add(rules, rule);
    return rule;
}

static bool read_output_word(const SchemaReader *reader, const YamlNode *node, GPtrArray *rules,
                             GError **error)
{
    g_autofree char *shown = schema_shown(node->text);

    for (gsize i = 0; i < G_N_ELEMENTS(output_words); i++)
        if (g_str_equal(node->text, output_words[i])) {
            add_rule(rules, (OutputRuleKind)i);
            return true;
        }
    return schema_refuse(error, reader, node,
                         "output must be show, hide, strip_refreshing or {filter_regex: PATTERN}, "
                         "or a list of these, not \"%s\"",
                         shown);
}

static bool read_output_filter(const SchemaReader *reader, const YamlNode *node, GPtrArray *rules,
                               GError **error)
{
    const YamlNode *pattern = schema_key_node(node, "filter_regex");
    g_autoptr(GError) why = NULL;
    OutputRule *rule;

    if (node->keys->len != 1 || !pattern || pattern->kind != NODE_TEXT)
        return schema_refuse(error, reader, node,
                             "output: a mapping must be {filter_regex: PATTERN} and nothing else");
    rule = add_rule(rules, OUTPUT_FILTER_REGEX);
    rule->regex = regex_new(pattern->text, &why);
    return rule->regex ||
           schema_refuse(error, reader, pattern, "output: filter_regex is %s", why->message);
}

static bool read_output_rule(const SchemaReader *reader, const YamlNode *node, GPtrArray *rules,
                             GError **error)
{
    if (node->kind == NODE_TEXT)
        return read_output_word(reader, node, rules, error);
    if (node->kind == NODE_MAP)
        return read_output_filter(reader, node, rules, error);
    return schema_refuse(error, reader, node, "output: a list in a list has no meaning");
}

static GPtrArray *new_rules(gpointer field)
{
    clear_array(field);
    return *(GPtrArray **)field = g_ptr_array_new_with_free_func(output_rule_free);
}

static bool read_output(const SchemaReader *reader, const Key *key, const YamlNode *node,
                        gpointer field, GError **error)
{
    GPtrArray *rules = new_rules(field);

    (void)key;
    if (node->kind != NODE_LIST)
        return read_output_rule(reader, node, rules, error);
    for (guint i = 0; i < node->items->len; i++)
        if (!read_output_rule(reader, node->items->pdata[i], rules, error))
            return false;
    return true;
}

static json_t *describe_output(void)
{
    static const char *const words[] = { "show", "hide", "strip_refreshing", NULL };
    json_t *filter =
        json_pack("{s:s, s:{s:{s:s}}, s:[s], s:b}", "type", "object", "properties", "filter_regex",
                  "type", "string", "required", "filter_regex", "additionalProperties", 0);
    json_t *rule = schema_json_any(schema_json_words(words), filter, NULL);
    json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", rule);

    return schema_json_any(rule, list, NULL);
}

static const KeyCustom output_custom = {
    .read = read_output,
    .clear = clear_array,
    .accepts = "show, hide, strip_refreshing or {filter_regex: pattern}, or a list of these",
    .describe = describe_output,
};

static bool read_visibility(const SchemaReader *reader, const Key *key, const YamlNode *node,
                            gpointer field, GError **error)
{
    GPtrArray *rules = new_rules(field);
    bool is_word = node->kind == NODE_TEXT &&
                   (g_str_equal(node->text, "show") || g_str_equal(node->text, "hide"));

    (void)key;
    return is_word ? read_output_word(reader, node, rules, error)
                   : schema_refuse(error, reader, node, "output of multienv must be show or hide");
}

static json_t *describe_visibility(void)
{
    static const char *const words[] = { "show", "hide", NULL };

    return schema_json_words(words);
}

static const KeyCustom visibility_custom = {
    .read = read_visibility,
    .clear = clear_array,
    .accepts = "show or hide",
    .describe = describe_visibility,
};

static char *check_variable(const char *name)
{
    return strchr(name, '=') ? g_strdup("must be a name without \"=\"") : NULL;
}

#define STEP(field) KEY_FIELD(StepYaml, field)

// clang-format off
#define COMMAND_KEY(flags_) \
    { STEP(command), .name = "command", .flags = (flags_) | KEY_NOT_EMPTY, \
      .help = "What the shell runs, in the project's directory." }
#define SHELL_KEYS \
    { STEP(shell), .name = "shell", .says = "sh", .flags = KEY_NOT_EMPTY, \
      .help = "Program that runs the command." }, \
    { KEY_CUSTOM_FIELD(StepYaml, shell_args), .name = "shellArgs", .says = "-c", \
      .custom = &shell_args_custom, \
      .help = "Arguments of the shell before the command; only together with shell." }
// clang-format on

static const Key builtin_keys[] = {
    {
        STEP(extra_args),
        .name = "extra_args",
        .help = "Arguments added to the tool's; $NAME in them is a variable of env or multienv.",
    },
    TIMEOUT_KEY(StepYaml),
};
static const Schema builtin_schema = {
    .what = "built-in step",
    .about = "Behind init, plan, show, policy_check, apply, import and state_rm.",
    SCHEMA(StepYaml, builtin_keys),
};

static const Key run_keys[] = {
    COMMAND_KEY(KEY_REQUIRED),
    SHELL_KEYS,
    {
        KEY_CUSTOM_FIELD(StepYaml, output),
        .name = "output",
        .says = "show",
        .custom = &output_custom,
        .help = "What becomes of its output before people see it, one after the other: hide shows "
                "it only when the command fails, strip_refreshing leaves out all up to the last "
                "line about refreshing, filter_regex replaces what lies between its two groups.",
    },
    TIMEOUT_KEY(StepYaml),
};
static const Schema run_schema = {
    .what = "run step",
    .about = "Behind run; a text alone is its command.",
    SCHEMA(StepYaml, run_keys),
};

static const Key env_keys[] = {
    {
        STEP(name),
        .name = "name",
        .flags = KEY_REQUIRED | KEY_NOT_EMPTY,
        .check = check_variable,
        .pattern = "^[^=]+$",
        .help = "Variable that the later steps of the stage see.",
    },
    {
        STEP(value),
        .name = "value",
        .help = "Its value; either this or command.",
    },
    COMMAND_KEY(0),
    SHELL_KEYS,
    TIMEOUT_KEY(StepYaml),
};
static const Schema env_schema = {
    .what = "env step",
    .about = "Behind env: the value is given, or what a command prints.",
    SCHEMA(StepYaml, env_keys),
};

static const Key multienv_keys[] = {
    COMMAND_KEY(KEY_REQUIRED),
    SHELL_KEYS,
    {
        KEY_CUSTOM_FIELD(StepYaml, output),
        .name = "output",
        .says = "hide",
        .custom = &visibility_custom,
        .help = "Whether the names of the variables are shown.",
    },
    TIMEOUT_KEY(StepYaml),
};
static const Schema multienv_schema = {
    .what = "multienv step",
    .about = "Behind multienv; a text alone is its command, which prints NAME=value,NAME=value.",
    SCHEMA(StepYaml, multienv_keys),
};

/* What may stand behind the word of a step. */
static const struct {
    const Schema *of;
    bool is_alone; /* the word alone is a step */
    bool takes_text;
} shapes[ACTIONS] = {
    [ACTION_INIT] = { &builtin_schema, true, false },
    [ACTION_PLAN] = { &builtin_schema, true, false },
    [ACTION_SHOW] = { &builtin_schema, true, false },
    [ACTION_POLICY_CHECK] = { &builtin_schema, true, false },
    [ACTION_APPLY] = { &builtin_schema, true, false },
    [ACTION_IMPORT] = { &builtin_schema, true, false },
    [ACTION_STATE_RM] = { &builtin_schema, true, false },
    [ACTION_RUN] = { &run_schema, false, true },
    [ACTION_ENV] = { &env_schema, false, false },
    [ACTION_MULTIENV] = { &multienv_schema, false, true },
};

static bool refuse_word(const SchemaReader *reader, const YamlNode *node, GError **error)
{
    const char *names[ACTIONS + 1] = { NULL };
    g_autofree char *shown = schema_shown(node->text);
    const char *nearest;

    for (int i = 0; i < ACTIONS; i++)
        names[i] = action_name((ActionKind)i);
    nearest = nearest_word(node->text, names);
    if (nearest)
        return schema_refuse(error, reader, node, "step: unknown word \"%s\": did you mean \"%s\"?",
                             shown, nearest);
    return schema_refuse(error, reader, node,
                         "step: unknown word \"%s\": a command is written as \"run: ...\"", shown);
}

static bool find_action(const SchemaReader *reader, const YamlNode *node, ActionKind *kind,
                        GError **error)
{
    for (int i = 0; i < ACTIONS; i++)
        if (g_str_equal(action_name((ActionKind)i), node->text)) {
            *kind = (ActionKind)i;
            return true;
        }
    return refuse_word(reader, node, error);
}

/* Rules between the keys of a mapping. */
static bool check_step(const SchemaReader *reader, const StepYaml *step, GError **error)
{
    const YamlNode *args = schema_key_node(step->node, "shellArgs");
    const YamlNode *shell = KEY_NODE(step, shell);

    if (args && !shell)
        return schema_refuse(error, reader, args, "step: shellArgs needs shell beside it");
    if (shell && !step->command)
        return schema_refuse(error, reader, shell, "step: shell needs command beside it");
    return true;
}

static bool check_env(const SchemaReader *reader, const StepYaml *step, GError **error)
{
    if (step->value && step->command)
        return schema_refuse(error, reader, KEY_NODE(step, command),
                             "env step: either value or command, not both");
    if (!step->value && !step->command)
        return schema_refuse(error, reader, step->node,
                             "env step: value or command is missing; value: \"\" is nothing");
    return true;
}

static void fill(Action *action, StepYaml *step)
{
    bool has_shell = step->shell;

    action->extra_args = g_steal_pointer(&step->extra_args);
    action->command = g_steal_pointer(&step->command);
    action->name = g_steal_pointer(&step->name);
    action->value = g_steal_pointer(&step->value);
    action->timeout_ms = step->timeout;
    if (step->output) {
        g_ptr_array_unref(action->output);
        action->output = g_steal_pointer(&step->output);
    } else if (action->kind == ACTION_MULTIENV) {
        add_rule(action->output, OUTPUT_HIDE);
    }
    if (!action->command)
        return;
    action->shell = has_shell ? g_steal_pointer(&step->shell) : g_strdup("sh");
    action->shell_args = g_steal_pointer(&step->shell_args);
}

static bool read_mapping(const SchemaReader *reader, const YamlNode *node, Action *action,
                         GError **error)
{
    const Schema *schema = shapes[action->kind].of;
    StepYaml step = { 0 };
    bool is_good = schema_read(schema, reader, node, &step, error) &&
                   check_step(reader, &step, error) &&
                   (action->kind != ACTION_ENV || check_env(reader, &step, error));

    if (is_good)
        fill(action, &step);
    schema_clear(schema, &step);
    return is_good;
}

static bool read_command(const SchemaReader *reader, const YamlNode *node, Action *action,
                         GError **error)
{
    StepYaml step = { 0 };

    if (!*node->text)
        return schema_refuse(error, reader, node, "%s step: the command is empty",
                             action_name(action->kind));
    step.command = g_strdup(node->text);
    fill(action, &step);
    return true;
}

/* node: what stands behind the word. */
static bool read_behind(const SchemaReader *reader, const YamlNode *node, Action *action,
                        GError **error)
{
    const char *name = action_name(action->kind);

    if (node->is_null && shapes[action->kind].is_alone)
        return true;
    if (node->kind == NODE_TEXT && shapes[action->kind].takes_text)
        return read_command(reader, node, action, error);
    if (node->kind == NODE_MAP)
        return read_mapping(reader, node, action, error);
    return schema_refuse(error, reader, node, "step: behind \"%s\" must stand a mapping%s", name,
                         shapes[action->kind].takes_text ? " or a command" : "");
}

static bool read_step_word(const SchemaReader *reader, const YamlNode *node, Action *action,
                           GError **error)
{
    return find_action(reader, node, &action->kind, error) &&
           (shapes[action->kind].is_alone ||
            schema_refuse(error, reader, node, "step: \"%s\" alone does nothing: \"%s: ...\"",
                          node->text, node->text));
}

static bool read_step_map(const SchemaReader *reader, const YamlNode *node, Action *action,
                          GError **error)
{
    if (node->keys->len != 1)
        return schema_refuse(error, reader, node,
                             "step: must have exactly one key, as \"run: command\"; options stand "
                             "in a mapping behind it");
    return find_action(reader, node->keys->pdata[0], &action->kind, error) &&
           read_behind(reader, node->items->pdata[0], action, error);
}

static bool is_target(const char *word)
{
    const char *name = word + strspn(word, "-");

    return *word == '-' && (g_str_equal(name, "target") || g_str_has_prefix(name, "target="));
}

/* The plan has what is applied; terraform would refuse it only with the plan used up. */
static bool check_targets(const SchemaReader *reader, const YamlNode *node, const Action *action,
                          GError **error)
{
    for (gsize i = 0; action->kind == ACTION_APPLY && action->extra_args && action->extra_args[i];
         i++) {
        const char *word = action->extra_args[i];

        if (is_target(word))
            return schema_refuse(
                error, reader, node,
                "apply step: extra_args may not have \"%.40s\": what is applied is the "
                "plan; give it to the plan step",
                word);
    }
    return true;
}

static Action *read_step(const SchemaReader *reader, const YamlNode *node, GError **error)
{
    g_autoptr(Action) action = g_new0(Action, 1);
    bool is_good;

    action->output = g_ptr_array_new_with_free_func(output_rule_free);
    if (node->kind == NODE_LIST)
        is_good = schema_refuse(error, reader, node, "step: must be a word or a mapping");
    else
        is_good = node->kind == NODE_TEXT ? read_step_word(reader, node, action, error)
                                          : read_step_map(reader, node, action, error);
    if (!is_good || !check_targets(reader, node, action, error))
        return NULL;
    if (!action->extra_args)
        action->extra_args = g_new0(char *, 1);
    if (!action->shell_args && action->command)
        action->shell_args = g_strsplit("-c", " ", -1);
    return g_steal_pointer(&action);
}

static bool read_steps(const SchemaReader *reader, const Key *key, const YamlNode *node,
                       gpointer field, GError **error)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(action_free);

    (void)key;
    if (node->kind != NODE_LIST)
        return schema_refuse(error, reader, node, "steps must be a list, \"- plan\"");
    for (guint i = 0; i < node->items->len; i++) {
        Action *action = read_step(reader, node->items->pdata[i], error);

        if (!action)
            return false;
        g_ptr_array_add(steps, action);
    }
    *(GPtrArray **)field = g_steal_pointer(&steps);
    return true;
}

/* {"run": ...} with one key. */
static json_t *describe_action(ActionKind kind)
{
    json_t *behind = schema_json_ref(shapes[kind].of);

    if (shapes[kind].takes_text)
        behind = schema_json_any(schema_json_text(), behind, NULL);
    if (shapes[kind].is_alone)
        behind = schema_json_any(json_pack("{s:s}", "type", "null"), behind, NULL);
    return json_pack("{s:s, s:{s:o}, s:[s], s:b}", "type", "object", "properties",
                     action_name(kind), behind, "required", action_name(kind),
                     "additionalProperties", 0);
}

static json_t *describe_steps(void)
{
    json_t *items = json_object(), *any = json_array(), *words = json_array();

    for (int i = 0; i < ACTIONS; i++) {
        if (shapes[i].is_alone)
            json_array_append_new(words, json_string(action_name((ActionKind)i)));
        json_array_append_new(any, describe_action((ActionKind)i));
    }
    json_array_insert_new(any, 0, json_pack("{s:o}", "enum", words));
    json_object_set_new(items, "anyOf", any);
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static const Schema *const step_schemas[] = { &builtin_schema, &run_schema, &env_schema,
                                              &multienv_schema, NULL };

const KeyCustom steps_custom = {
    .read = read_steps,
    .clear = clear_array,
    .accepts = "list of steps",
    .of = step_schemas,
    .describe = describe_steps,
};
