// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/schema.h"
#include "config/workflow.h"

/* How workflows and hooks stand in both files: for repos_yaml.c and atlantis_yaml.c. */

typedef struct {
    const YamlNode *node;
    GPtrArray *steps; /* of Action, owned; NULL: not written */
} StageYaml;

typedef struct {
    const YamlNode *node;
    char *name;
    StageYaml plan, policy_check, apply, import, state_rm;
} WorkflowYaml;

typedef struct {
    const YamlNode *node;
    char *run, *description, *shell;
    GStrv shell_args, commands;
    gint64 timeout;
} HookYaml;

extern const Schema workflow_schema; /* of WorkflowYaml */
extern const Schema hook_schema;     /* of HookYaml */

/* Takes out of yaml what is in it; never fails. */
Workflow *workflow_take(WorkflowYaml *yaml);
Hook *hook_take(HookYaml *yaml);

/*
 * Whether every built-in step is in a stage where it has a meaning: an apply in the plan stage
 * would change what nobody has read. INVALID otherwise.
 */
bool workflow_check(const SchemaReader *reader, const WorkflowYaml *yaml, GError **error)
    MUST_CHECK;

/*
 * Version 2 of the repository's file: the commands of run steps of plan and apply are split as a
 * shell would, and joined by single blanks. INVALID when a command cannot be split.
 */
bool workflow_join_words(const SchemaReader *reader, WorkflowYaml *yaml, GError **error) MUST_CHECK;
