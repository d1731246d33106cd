// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

#include "sys/regex.h"

/* What is run for a project, stage by stage, as repos.yaml and atlantis.yaml write it. */

typedef enum {
    STAGE_PLAN,
    STAGE_POLICY_CHECK,
    STAGE_APPLY,
    STAGE_IMPORT,
    STAGE_STATE_RM,
    STAGES,
} StageKind;
/* "plan", "policy_check" ...: the key in a workflow. */
const char *stage_name(StageKind stage);

typedef enum {
    ACTION_INIT,
    ACTION_PLAN,
    ACTION_SHOW,
    ACTION_POLICY_CHECK,
    ACTION_APPLY,
    ACTION_IMPORT,
    ACTION_STATE_RM,
    ACTION_RUN,
    ACTION_ENV,
    ACTION_MULTIENV,
    ACTIONS,
} ActionKind;
/* "init" ...: the word in a list of steps. */
const char *action_name(ActionKind action);

/* What becomes of the output of a run step before people see it, one after the other. */
typedef enum {
    OUTPUT_SHOW,
    OUTPUT_HIDE,             /* shown all the same when the step fails */
    OUTPUT_STRIP_REFRESHING, /* everything up to the last line that tells of refreshing */
    OUTPUT_FILTER_REGEX,     /* each match becomes group 1, "<redacted>", group 2 */
} OutputRuleKind;

typedef struct _OutputRule OutputRule;
struct _OutputRule {
    OutputRuleKind kind;
    Regex *regex; /* of OUTPUT_FILTER_REGEX */
};

/* One step of a stage. Owns everything. */
typedef struct _Action Action;
struct _Action {
    ActionKind kind;
    GStrv
        extra_args; /* of the built-in ones; never NULL. $NAME in them is the step's environment */
    char *command;  /* of run, multienv, and env that runs one; else NULL */
    char *shell;    /* "sh"; of those with a command */
    GStrv shell_args;  /* {"-c"}; of those with a command */
    char *name;        /* of env */
    char *value;       /* of env with a fixed value; else NULL */
    GPtrArray *output; /* of OutputRule, owned; of run and multienv; empty: show */
    gint64 timeout_ms; /* 0: what the server says */
};

typedef struct _Workflow Workflow;
struct _Workflow {
    char *name;
    GPtrArray *stages[STAGES]; /* each of Action, owned; NULL: the built-in steps of the stage */
};
void workflow_free(Workflow *workflow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workflow, workflow_free)

/* Steps of a stage, of const Action: those of workflow, or the built-in ones (workflow NULL, or a
 * stage that it leaves out). Borrowed from workflow, or constant. */
const GPtrArray *workflow_actions(const Workflow *workflow, StageKind stage);

/* Whether some step of the stage is a program of the operator's (run, env with a command,
 * multienv). */
bool workflow_has_commands(const Workflow *workflow, StageKind stage);
/* Whether the stage has a step of that kind. */
bool workflow_has_action(const Workflow *workflow, StageKind stage, ActionKind action);

/* Appends all that decides what the workflow does, for a digest: equal texts do the same. */
void workflow_add_digest_text(const Workflow *workflow, GString *text);

/* An entry of pre_workflow_hooks or post_workflow_hooks. Owns everything. */
typedef struct _Hook Hook;
struct _Hook {
    char *command;
    char *description; /* NULL: it has none */
    char *shell;       /* "sh" */
    GStrv shell_args;  /* {"-c"} */
    GStrv commands;    /* names of the commands that it belongs to; empty: all */
    gint64 timeout_ms; /* 0: what the server says */
};
void hook_free(Hook *hook);
