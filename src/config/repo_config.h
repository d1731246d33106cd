// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "model/project.h"

/*
 * What a pull request's commit says (atlantis.yaml), under the rules of its repository: everything
 * resolved, nothing left to merge. One per command. Reference: docs/reference/atlantis-yaml.md,
 * generated from the tables in atlantis_yaml.c.
 */

/* One project with all that holds for it. Owns ref and lists; the rest is borrowed from the
 * RepoConfig it came from. */
typedef struct _ProjectConfig ProjectConfig;
struct _ProjectConfig {
    ProjectRef *ref;
    bool is_configured;       /* the repository's file names it; else it was discovered or named */
    const Workflow *workflow; /* NULL: the built-in one */
    const char *distribution; /* "terraform" or "opentofu" */
    const char *version;      /* "1.9.5", as terraform_version has it; NULL: nothing said */
    bool autoplan;            /* may be planned without being asked */
    GStrv when_modified;      /* patterns from the top of the repository: joined with dir, cleaned,
                                 "!" in front kept; empty: never modified */
    unsigned plan_requirements, apply_requirements, import_requirements; /* of Requirement */
    gint64 max_plan_age_ms; /* 0: no limit. With PLAN_FRESH it is never 0 */
    GStrv depends_on;       /* names of projects; never NULL */
    gint64 order_group;
    LockMode lock_mode;
    bool deletes_source_branch;
    bool policy_check; /* and the server checks policies at all */
    bool custom_policy_check;
    unsigned silence; /* of Silence */
    guint line;       /* in the file; 0: not from there */
};
void project_config_free(ProjectConfig *project);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProjectConfig, project_config_free)

typedef struct _RepoConfig RepoConfig;
struct _RepoConfig {
    const RepoRules *rules; /* borrowed */
    char *file;             /* its name, for messages */
    bool has_file;
    bool names_projects;  /* the file does, for this base branch or another */
    GPtrArray *projects;  /* of ProjectConfig, owned, in the order of the file: those of this base
                             branch, with glob directories written out */
    GPtrArray *workflows; /* of Workflow, owned: the repository's own */
    AutodiscoverMode autodiscover;
    GStrv ignore_paths; /* directories that are never discovered; never NULL */
    bool automerge;
    bool parallel_plan, parallel_apply;
    bool aborts_on_failure; /* abort_on_execution_order_fail */
    GStrv regexp_prefixes;  /* allowed_regexp_prefixes; never NULL */

    /* What holds for projects that say nothing themselves. */
    LockMode lock_mode;
    bool deletes_source_branch;
    unsigned silence;    /* of Silence */
    GStringChunk *texts; /* what projects borrow */
};

typedef struct _RepoConfigSpec RepoConfigSpec;
struct _RepoConfigSpec {
    const RepoRules *rules;
    const char *base_branch;
    const char *text;       /* of rules->config_file at the commit; NULL: there is none */
    const GPtrArray *files; /* of char *, sorted: all files at the commit, for directories that are
                               patterns, and to tell of a misnamed atlantis.yml */
};

/*
 * Reads and checks the file. Fails with INVALID: file:line:column, what is wrong, what would be
 * right; also for keys that the server does not allow to be set. rules and files must outlive it.
 */
RepoConfig *repo_config_new(const RepoConfigSpec *spec, GError **error) MUST_CHECK;
void repo_config_free(RepoConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RepoConfig, repo_config_free)

/* What holds for a directory and workspace that the file does not name. The caller frees it. */
ProjectConfig *repo_config_default_project(const RepoConfig *config, const char *dir,
                                           const char *workspace);
/* The project with exactly that directory, workspace and name; NULL when the file has none. */
const ProjectConfig *repo_config_find(const RepoConfig *config, const ProjectRef *ref);

/* Documents made from the tables; the caller frees them. */
char *atlantis_yaml_reference(void);   /* docs/reference/atlantis-yaml.md */
char *atlantis_yaml_json_schema(void); /* docs/reference/atlantis.schema.json */
