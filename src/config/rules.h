// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "config/schema.h"

/*
 * What repos_yaml.c reads and repo_rules.c folds, and the words that both files share: within
 * config/ only.
 */

/* Bits of allowed_overrides. */
typedef enum {
    OVERRIDE_PLAN_REQUIREMENTS = 1 << 0,
    OVERRIDE_APPLY_REQUIREMENTS = 1 << 1,
    OVERRIDE_IMPORT_REQUIREMENTS = 1 << 2,
    OVERRIDE_WORKFLOW = 1 << 3,
    OVERRIDE_DELETE_SOURCE_BRANCH = 1 << 4,
    OVERRIDE_REPO_LOCKING = 1 << 5,
    OVERRIDE_REPO_LOCKS = 1 << 6,
    OVERRIDE_POLICY_CHECK = 1 << 7,
    OVERRIDE_CUSTOM_POLICY_CHECK = 1 << 8,
    OVERRIDE_SILENCE = 1 << 9,
    OVERRIDE_MAX_PLAN_AGE = 1 << 10, /* ours */
} Override;

extern const KeyWord requirement_words[];       /* of plan and import */
extern const KeyWord apply_requirement_words[]; /* and plan_fresh */
extern const KeyWord lock_mode_words[];
extern const KeyWord autodiscover_words[];
extern const KeyWord silence_words[];
/* Longest max_plan_age that can be written. */
extern const gint64 longest_plan_age;

typedef struct {
    const YamlNode *node;
    LockMode mode;
} RepoLocksYaml;
extern const Schema repo_locks_schema;

typedef struct {
    const YamlNode *node;
    AutodiscoverMode mode;
    GStrv ignore_paths;
} AutodiscoverYaml;
extern const Schema autodiscover_schema;

extern const Schema repos_schema; /* of the whole file */

/* An entry of repos. */
typedef struct {
    const YamlNode *node;
    char *id;
    Regex *branch;
    char *repo_config_file;
    unsigned plan_requirements, apply_requirements, import_requirements;
    gint64 max_plan_age;
    char *workflow;
    GStrv allowed_workflows;
    unsigned allowed_overrides;
    bool allow_custom_workflows;
    bool delete_source_branch_on_merge;
    bool repo_locking;
    RepoLocksYaml repo_locks;
    bool policy_check;
    bool custom_policy_check;
    AutodiscoverYaml autodiscover;
    unsigned silence_pr_comments;
    GPtrArray *pre_workflow_hooks, *post_workflow_hooks; /* of HookYaml */

    Regex *id_regex;                   /* of an id between slashes; NULL: a name */
    GPtrArray *pre_hooks, *post_hooks; /* of Hook, owned */
} RepoBlock;

/* The blocks of the file, of const RepoBlock; their nodes tell which keys are set. */
const GPtrArray *repos_yaml_blocks(const ReposYaml *repos);
/* The server's workflow of that name, or NULL. */
const Workflow *repos_yaml_workflow(const ReposYaml *repos, const char *name);
/* Whether a workflow may be named so: one of the file, or "default". */
bool repos_yaml_has_workflow(const ReposYaml *repos, const char *name);
