// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/atlantis_yaml.h"
#include "config/repo_config.h"

/* The parts of reading a repository's file: within config/ only. */

/* What resolving one file shares. */
typedef struct {
    const RepoConfigSpec *spec;
    const SchemaReader *reader;
    const AtlantisYaml *yaml;
    RepoConfig *config;
    GPtrArray *kept;       /* of const ProjectYaml: those of the base branch */
    GHashTable *by_name;   /* char * -> const ProjectYaml, of kept */
    GHashTable *names;     /* char *: of all projects of the file */
    GHashTable *workflows; /* char * -> const Workflow: the file's own */
    GHashTable *places;    /* char *, owned: "workspace dir" that a project has */
    GPtrArray *dirs;       /* of char *, owned: those with configuration; NULL: not yet looked */
    gsize dirs_length;     /* of all their names */
    guint64 work;          /* that patterns have taken so far, about: bytes held against bytes */
} Resolver;

/* project_config.c: what the rules, and the file for all its projects, say. Takes ref. */
ProjectConfig *project_config_of_rules(const RepoConfig *config, ProjectRef *ref);
/* The same with all that yaml says. Takes ref. */
ProjectConfig *project_config_of_yaml(Resolver *resolver, const ProjectYaml *yaml, ProjectRef *ref);

/*
 * project_dirs.c: adds a project for each of kept to the configuration; one whose dir is a pattern
 * stands for those in all directories that it matches. INVALID when two have the same place.
 */
bool resolver_add_projects(Resolver *resolver, GError **error) MUST_CHECK;
