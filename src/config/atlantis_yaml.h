// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/rules.h"

/* What the repository's file says, as the tables read it; repo_config.c resolves it. */

/* Of a project that has none. */
#define DEFAULT_WHEN_MODIFIED \
    "**/*.tf*, **/*.tofu, **/*.tofu.json, **/terragrunt.hcl, **/.terraform.lock.hcl"

typedef struct {
    const YamlNode *node;
    bool enabled;
    GStrv when_modified; /* NULL: not written */
} AutoplanYaml;

typedef struct {
    const YamlNode *node;
    char *name; /* NULL: not written; so are the others */
    Regex *branch;
    char *dir;
    char *workspace; /* never empty */
    char *workflow;
    char *terraform_distribution;
    char *terraform_version;
    AutoplanYaml autoplan;
    unsigned plan_requirements, apply_requirements, import_requirements;
    gint64 max_plan_age;
    GStrv depends_on;
    bool delete_source_branch_on_merge;
    bool repo_locking;
    RepoLocksYaml repo_locks;
    gint64 execution_order_group;
    bool policy_check, custom_policy_check;
    unsigned silence_pr_comments;
} ProjectYaml;

typedef struct {
    const YamlNode *node;
    gint64 version;
    GPtrArray *projects;  /* of ProjectYaml; NULL: not written */
    GPtrArray *workflows; /* of WorkflowYaml; NULL: not written */
    AutodiscoverYaml autodiscover;
    bool automerge, parallel_plan, parallel_apply;
    bool delete_source_branch_on_merge;
    RepoLocksYaml repo_locks;
    unsigned silence_pr_comments;
    GStrv allowed_regexp_prefixes;
    bool abort_on_execution_order_fail;
} AtlantisYaml;

extern const Schema atlantis_schema; /* of AtlantisYaml */
