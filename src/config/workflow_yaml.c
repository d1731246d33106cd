// SPDX-License-Identifier: Apache-2.0
#include "config/workflow_yaml.h"

#include "config/step_yaml.h"

static void clear_texts(gpointer field)
{
    g_clear_pointer((GStrv *)field, g_strfreev);
}

static const Key stage_keys[] = {
    {
        KEY_CUSTOM_FIELD(StageYaml, steps),
        .name = "steps",
        .says = "the built-in ones",
        .custom = &steps_custom,
        .help = "What is run, in order: a word (init, plan, show, policy_check, apply, import, "
                "state_rm), or a mapping with one key: such a word, run, env or multienv.",
    },
};
static const Schema stage_schema = {
    .what = "stage",
    SCHEMA(StageYaml, stage_keys),
};

#define WORKFLOW(field) KEY_FIELD(WorkflowYaml, field), .of = &stage_schema

static const Key workflow_keys[] = {
    { WORKFLOW(plan), .name = "plan", .says = "init, plan", .help = "Steps of a plan." },
    {
        WORKFLOW(policy_check),
        .name = "policy_check",
        .says = "show, policy_check",
        .help = "Steps of the policy check behind a plan.",
    },
    { WORKFLOW(apply), .name = "apply", .says = "apply", .help = "Steps of an apply." },
    { WORKFLOW(import), .name = "import", .says = "init, import", .help = "Steps of an import." },
    {
        WORKFLOW(state_rm),
        .name = "state_rm",
        .says = "init, state_rm",
        .help = "Steps of state rm.",
    },
};
const Schema workflow_schema = {
    .what = "workflow",
    .about = "A stage that is left out has the built-in steps; a list without steps runs nothing.",
    .name_offset = G_STRUCT_OFFSET(WorkflowYaml, name),
    SCHEMA(WorkflowYaml, workflow_keys),
};

static const char *const hook_commands[] = {
    "plan",   "apply",        "unlock", "version", "import", "state", "approve_policies",
    "cancel", "policy_check", NULL,
};

static bool check_command(const SchemaReader *reader, const YamlNode *node, const char *word,
                          GError **error)
{
    g_autofree char *shown = schema_shown(word);
    g_autofree char *all = g_strjoinv(", ", (GStrv)hook_commands);

    return g_strv_contains(hook_commands, word) ||
           schema_refuse(error, reader, node, "hook: commands must be some of %s, not \"%s\"", all,
                         shown);
}

static bool read_commands(const SchemaReader *reader, const Key *key, const YamlNode *node,
                          gpointer field, GError **error)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_auto(GStrv) raw = NULL;

    if (node->kind == NODE_TEXT)
        raw = g_strsplit_set(node->text, ", \t\r\n", -1);
    else if (!schema_read_texts(reader, key->name, node, &raw, error))
        return false;
    for (gsize i = 0; raw[i]; i++) {
        if (!*raw[i])
            continue;
        if (!check_command(reader, node, raw[i], error))
            return false;
        g_strv_builder_add(words, raw[i]);
    }
    *(GStrv *)field = g_strv_builder_end(words);
    return true;
}

static json_t *describe_commands(void)
{
    json_t *list =
        json_pack("{s:s, s:o}", "type", "array", "items", schema_json_words(hook_commands));

    return schema_json_any(schema_json_text(), list, NULL);
}

static const KeyCustom commands_custom = {
    .read = read_commands,
    .clear = clear_texts,
    .accepts = "text with commas, or list of texts",
    .describe = describe_commands,
};

#define HOOK(field) KEY_FIELD(HookYaml, field)

static const Key hook_keys[] = {
    {
        HOOK(run),
        .name = "run",
        .flags = KEY_REQUIRED | KEY_NOT_EMPTY,
        .help = "What the shell runs, at the top of the checkout.",
    },
    { HOOK(description), .name = "description", .help = "Name of its status." },
    {
        HOOK(shell),
        .name = "shell",
        .def = "sh",
        .flags = KEY_NOT_EMPTY,
        .help = "Program that runs the command.",
    },
    {
        KEY_CUSTOM_FIELD(HookYaml, shell_args),
        .name = "shellArgs",
        .says = "-c",
        .custom = &shell_args_custom,
        .help = "Arguments of the shell before the command.",
    },
    {
        KEY_CUSTOM_FIELD(HookYaml, commands),
        .name = "commands",
        .says = "all",
        .custom = &commands_custom,
        .help = "Commands that it belongs to, whole names: plan, apply, unlock, version, import, "
                "state, approve_policies, cancel, policy_check.",
    },
    TIMEOUT_KEY(HookYaml),
};
const Schema hook_schema = {
    .what = "hook",
    SCHEMA(HookYaml, hook_keys),
};

Workflow *workflow_take(WorkflowYaml *yaml)
{
    Workflow *workflow = g_new0(Workflow, 1);

    workflow->name = g_steal_pointer(&yaml->name);
    workflow->stages[STAGE_PLAN] = g_steal_pointer(&yaml->plan.steps);
    workflow->stages[STAGE_POLICY_CHECK] = g_steal_pointer(&yaml->policy_check.steps);
    workflow->stages[STAGE_APPLY] = g_steal_pointer(&yaml->apply.steps);
    workflow->stages[STAGE_IMPORT] = g_steal_pointer(&yaml->import.steps);
    workflow->stages[STAGE_STATE_RM] = g_steal_pointer(&yaml->state_rm.steps);
    return workflow;
}

Hook *hook_take(HookYaml *yaml)
{
    Hook *hook = g_new0(Hook, 1);

    hook->command = g_steal_pointer(&yaml->run);
    hook->description = g_steal_pointer(&yaml->description);
    hook->shell = g_steal_pointer(&yaml->shell);
    hook->shell_args =
        yaml->shell_args ? g_steal_pointer(&yaml->shell_args) : g_strsplit("-c", " ", -1);
    hook->commands = yaml->commands ? g_steal_pointer(&yaml->commands) : g_new0(char *, 1);
    hook->timeout_ms = yaml->timeout;
    return hook;
}

static bool join_words(const SchemaReader *reader, const YamlNode *node, Action *action,
                       GError **error)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) why = NULL;

    if (action->kind != ACTION_RUN)
        return true;
    if (!g_shell_parse_argv(action->command, NULL, &words, &why))
        return schema_refuse(error, reader, node,
                             "run step: version 2 splits the command into words, and cannot: %s",
                             why->message);
    g_free(action->command);
    action->command = g_strjoinv(" ", words);
    return true;
}

bool workflow_join_words(const SchemaReader *reader, WorkflowYaml *yaml, GError **error)
{
    const StageYaml *stages[] = { &yaml->plan, &yaml->apply };

    for (gsize i = 0; i < G_N_ELEMENTS(stages); i++)
        for (guint j = 0; stages[i]->steps && j < stages[i]->steps->len; j++)
            if (!join_words(reader, stages[i]->node, stages[i]->steps->pdata[j], error))
                return false;
    return true;
}

#define STEP(kind) (1u << ACTION_##kind)
#define PROGRAMS   (STEP(RUN) | STEP(ENV) | STEP(MULTIENV))

static const unsigned steps_of[STAGES] = {
    [STAGE_PLAN] = PROGRAMS | STEP(INIT) | STEP(PLAN) | STEP(SHOW),
    [STAGE_POLICY_CHECK] = PROGRAMS | STEP(INIT) | STEP(SHOW) | STEP(POLICY_CHECK),
    [STAGE_APPLY] = PROGRAMS | STEP(INIT) | STEP(SHOW) | STEP(APPLY),
    [STAGE_IMPORT] = PROGRAMS | STEP(INIT) | STEP(IMPORT),
    [STAGE_STATE_RM] = PROGRAMS | STEP(INIT) | STEP(STATE_RM),
};

static char *steps_text(StageKind stage)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < ACTIONS; i++)
        if (steps_of[stage] & (1u << i))
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", action_name((ActionKind)i));
    return g_string_free(text, FALSE);
}

static bool check_stage(const SchemaReader *reader, StageKind kind, const StageYaml *stage,
                        GError **error)
{
    g_autofree char *all = steps_text(kind);

    for (guint i = 0; stage->steps && i < stage->steps->len; i++) {
        const Action *action = stage->steps->pdata[i];

        if (!(steps_of[kind] & (1u << action->kind)))
            return schema_refuse(error, reader, stage->node,
                                 "stage %s: step %s has no meaning here; it may have %s",
                                 stage_name(kind), action_name(action->kind), all);
    }
    return true;
}

bool workflow_check(const SchemaReader *reader, const WorkflowYaml *yaml, GError **error)
{
    return check_stage(reader, STAGE_PLAN, &yaml->plan, error) &&
           check_stage(reader, STAGE_POLICY_CHECK, &yaml->policy_check, error) &&
           check_stage(reader, STAGE_APPLY, &yaml->apply, error) &&
           check_stage(reader, STAGE_IMPORT, &yaml->import, error) &&
           check_stage(reader, STAGE_STATE_RM, &yaml->state_rm, error);
}
