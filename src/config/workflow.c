// SPDX-License-Identifier: Apache-2.0
/* What workflows are once they are read, and the built-in one. Reading is in workflow_yaml.c. */
#include "config/workflow.h"

#include <string.h>

static const char *const stage_names[STAGES] = {
    [STAGE_PLAN] = "plan",     [STAGE_POLICY_CHECK] = "policy_check", [STAGE_APPLY] = "apply",
    [STAGE_IMPORT] = "import", [STAGE_STATE_RM] = "state_rm",
};

const char *stage_name(StageKind stage)
{
    g_assert(stage < STAGES);
    return stage_names[stage];
}

static const char *const action_names[ACTIONS] = {
    [ACTION_INIT] = "init",         [ACTION_PLAN] = "plan",
    [ACTION_SHOW] = "show",         [ACTION_POLICY_CHECK] = "policy_check",
    [ACTION_APPLY] = "apply",       [ACTION_IMPORT] = "import",
    [ACTION_STATE_RM] = "state_rm", [ACTION_RUN] = "run",
    [ACTION_ENV] = "env",           [ACTION_MULTIENV] = "multienv",
};

const char *action_name(ActionKind action)
{
    g_assert(action < ACTIONS);
    return action_names[action];
}

/* The built-in steps are constants: a GPtrArray that nobody adds to is two words. */
static char *no_words[] = { NULL };
static const GPtrArray no_rules = { .pdata = NULL, .len = 0 };

#define BUILTIN(kind_)                                                          \
    {                                                                           \
        .kind = ACTION_##kind_, .extra_args = no_words, .shell_args = no_words, \
        .output = (GPtrArray *)&no_rules,                                       \
    }

static const Action builtin[] = {
    [ACTION_INIT] = BUILTIN(INIT),         [ACTION_PLAN] = BUILTIN(PLAN),
    [ACTION_SHOW] = BUILTIN(SHOW),         [ACTION_POLICY_CHECK] = BUILTIN(POLICY_CHECK),
    [ACTION_APPLY] = BUILTIN(APPLY),       [ACTION_IMPORT] = BUILTIN(IMPORT),
    [ACTION_STATE_RM] = BUILTIN(STATE_RM),
};

#define STEP(kind) ((gpointer)&builtin[ACTION_##kind])
#define STEPS(list)                                            \
    {                                                          \
        .pdata = (gpointer *)(list), .len = G_N_ELEMENTS(list) \
    }

static const gpointer plan_steps[] = { STEP(INIT), STEP(PLAN) };
static const gpointer policy_steps[] = { STEP(SHOW), STEP(POLICY_CHECK) };
static const gpointer apply_steps[] = { STEP(APPLY) };
static const gpointer import_steps[] = { STEP(INIT), STEP(IMPORT) };
static const gpointer state_rm_steps[] = { STEP(INIT), STEP(STATE_RM) };

static const GPtrArray builtin_stages[STAGES] = {
    [STAGE_PLAN] = STEPS(plan_steps),         [STAGE_POLICY_CHECK] = STEPS(policy_steps),
    [STAGE_APPLY] = STEPS(apply_steps),       [STAGE_IMPORT] = STEPS(import_steps),
    [STAGE_STATE_RM] = STEPS(state_rm_steps),
};

const GPtrArray *workflow_actions(const Workflow *workflow, StageKind stage)
{
    g_assert(stage < STAGES);
    return workflow && workflow->stages[stage] ? workflow->stages[stage] : &builtin_stages[stage];
}

bool workflow_has_commands(const Workflow *workflow, StageKind stage)
{
    const GPtrArray *actions = workflow_actions(workflow, stage);

    for (guint i = 0; i < actions->len; i++)
        if (((const Action *)actions->pdata[i])->command)
            return true;
    return false;
}

bool workflow_has_action(const Workflow *workflow, StageKind stage, ActionKind action)
{
    const GPtrArray *actions = workflow_actions(workflow, stage);

    for (guint i = 0; i < actions->len; i++)
        if (((const Action *)actions->pdata[i])->kind == action)
            return true;
    return false;
}

/* With its length, so that no two lists of texts look the same. */
static void add_text(GString *out, const char *text)
{
    if (text)
        g_string_append_printf(out, "%" G_GSIZE_FORMAT ":%s,", strlen(text), text);
    else
        g_string_append(out, "-,");
}

static void add_texts(GString *out, const char *const *texts)
{
    g_string_append_c(out, '[');
    for (gsize i = 0; texts && texts[i]; i++)
        add_text(out, texts[i]);
    g_string_append_c(out, ']');
}

static void add_action(GString *out, const Action *action)
{
    add_text(out, action_name(action->kind));
    add_texts(out, (const char *const *)action->extra_args);
    add_text(out, action->command);
    add_text(out, action->shell);
    add_texts(out, (const char *const *)action->shell_args);
    add_text(out, action->name);
    add_text(out, action->value);
    for (guint i = 0; i < action->output->len; i++) {
        const OutputRule *rule = action->output->pdata[i];

        g_string_append_printf(out, "%d", rule->kind);
        add_text(out, rule->regex ? regex_pattern(rule->regex) : NULL);
    }
    g_string_append_printf(out, "%" G_GINT64_FORMAT ";", action->timeout_ms);
}

void workflow_add_digest_text(const Workflow *workflow, GString *text)
{
    for (int stage = 0; stage < STAGES; stage++) {
        const GPtrArray *actions = workflow_actions(workflow, (StageKind)stage);

        g_string_append_printf(text, "%s{", stage_name((StageKind)stage));
        for (guint i = 0; i < actions->len; i++)
            add_action(text, actions->pdata[i]);
        g_string_append_c(text, '}');
    }
}

void workflow_free(Workflow *workflow)
{
    if (!workflow)
        return;
    g_free(workflow->name);
    for (int stage = 0; stage < STAGES; stage++)
        g_clear_pointer(&workflow->stages[stage], g_ptr_array_unref);
    g_free(workflow);
}

void hook_free(Hook *hook)
{
    if (!hook)
        return;
    g_free(hook->command);
    g_free(hook->description);
    g_free(hook->shell);
    g_strfreev(hook->shell_args);
    g_strfreev(hook->commands);
    g_free(hook);
}
