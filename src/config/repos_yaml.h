// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.h"
#include "config/workflow.h"

/*
 * The operator's file (--repo-config) or the same as JSON (--repo-config-json): which repositories
 * may do what, and workflows. Read once at start, immutable from then on, shared by all threads.
 * Reference: docs/reference/repos-yaml.md, generated from the tables in repos_yaml.c.
 */

/* What must hold before a stage. Bits: lists are sets. */
typedef enum {
    REQUIRE_APPROVED = 1 << 0,
    REQUIRE_MERGEABLE = 1 << 1,
    REQUIRE_UNDIVERGED = 1 << 2,
    REQUIRE_POLICIES_PASSED = 1 << 3,
    REQUIRE_PLAN_FRESH = 1 << 4, /* ours: apply only */
} Requirement;

typedef enum { LOCK_ON_PLAN, LOCK_ON_APPLY, LOCK_DISABLED } LockMode;
typedef enum { AUTODISCOVER_AUTO, AUTODISCOVER_ENABLED, AUTODISCOVER_DISABLED } AutodiscoverMode;

/* Bits of silence_pr_comments. */
typedef enum { SILENCE_PLAN = 1 << 0, SILENCE_APPLY = 1 << 1 } Silence;

/* Who may approve failed policies. Never NULL lists; compared without letter case. */
typedef struct _PolicyOwners PolicyOwners;
struct _PolicyOwners {
    GStrv users;
    GStrv teams;
};

typedef struct _PolicySet PolicySet;
struct _PolicySet {
    char *name;
    char *path;           /* for conftest; as the operator wrote it */
    PolicyOwners owners;  /* of this set, besides those of all */
    gint64 approve_count; /* at least 1 */
    bool prevent_self_approve;
    bool is_sticky;
    Regex *item_regex; /* NULL: the whole output is one item */
};

typedef struct _Policies Policies;
struct _Policies {
    char *conftest_version; /* NULL: none */
    PolicyOwners owners;    /* of all sets */
    GPtrArray *sets;        /* of PolicySet, owned; with what is inherited filled in */
};

typedef struct _TeamAuthz TeamAuthz;
struct _TeamAuthz {
    char *command; /* NULL: none. A program, not a shell line */
    GStrv args;    /* never NULL */
};

typedef struct _ReposYaml ReposYaml;

/*
 * Reads what the settings name; without either setting an empty one. INVALID names file, line and
 * column, the key, the value, and what would be right.
 */
ReposYaml *repos_yaml_load(const Settings *settings, GError **error) MUST_CHECK;
/* The same from a text; file is its name in messages. */
ReposYaml *repos_yaml_parse(const char *file, const char *text, GError **error) MUST_CHECK;
void repos_yaml_free(ReposYaml *repos);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReposYaml, repos_yaml_free)

const Policies *repos_yaml_policies(const ReposYaml *repos);    /* never NULL */
const TeamAuthz *repos_yaml_team_authz(const ReposYaml *repos); /* never NULL */
const char *repos_yaml_metrics_path(const ReposYaml *repos);    /* "/metrics"; NULL: none */

/*
 * The rules that hold for one repository: all matching blocks of the file folded, later ones first,
 * over what the flags say. Borrows from settings and repos; texts may be NULL where nothing is
 * said.
 */
typedef struct _RepoRules RepoRules;
struct _RepoRules {
    const Settings *settings;
    const ReposYaml *repos;
    const Regex *branch;         /* of the base branch; NULL: any */
    const char *config_file;     /* "atlantis.yaml" */
    unsigned plan_requirements;  /* of Requirement */
    unsigned apply_requirements; /* with POLICIES_PASSED where policies are checked */
    unsigned import_requirements;
    gint64 max_plan_age_ms;               /* 0: nothing said */
    const Workflow *workflow;             /* NULL: the built-in one */
    const char *const *allowed_workflows; /* NULL or empty: all */
    unsigned allowed_overrides;           /* bits, repos_yaml.c's own */
    bool allows_custom_workflows;
    bool deletes_source_branch;
    LockMode lock_mode;
    bool policy_check;
    bool custom_policy_check;
    bool has_autodiscover; /* the server says something about it */
    AutodiscoverMode autodiscover;
    const char *const *ignore_paths; /* NULL: nothing said */
    unsigned silence;                /* of Silence */
    GPtrArray *pre_hooks;            /* of const Hook, borrowed */
    GPtrArray *post_hooks;
};

/* repo_name: "dev.azure.com/org/project/repo". Free with repo_rules_free(). */
RepoRules *repo_rules_new(const Settings *settings, const ReposYaml *repos, const char *repo_name);
void repo_rules_free(RepoRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RepoRules, repo_rules_free)

/* Whether pull requests into that branch are served. A pattern that takes too long matches none. */
bool repo_rules_serve_branch(const RepoRules *rules, const char *base_branch);

/* Documents made from the tables; the caller frees them. */
char *repos_yaml_reference(void);   /* docs/reference/repos-yaml.md */
char *repos_yaml_json_schema(void); /* docs/reference/repos.schema.json */
