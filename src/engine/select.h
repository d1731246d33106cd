// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repo_config.h"
#include "engine/modules.h"
#include "model/command.h"

/*
 * Which projects a command is about, and why (spec atlantis-config.md 2.5, 5.2 to 5.6, 8.3). Pure:
 * the server and "hadal check" ask the same functions. Everything in the input is borrowed and must
 * outlive what is returned.
 */
typedef struct _SelectInput SelectInput;
struct _SelectInput {
    const Settings *settings;
    const RepoConfig *config;
    const GPtrArray *changed;   /* of char *: paths at both ends of renames */
    const GPtrArray *files;     /* of char *, sorted: all files at the commit */
    const ModuleIndex *modules; /* NULL: modules are not followed */
    bool is_automatic;          /* nobody asked: autoplan.enabled counts */
    bool is_plan_comment;       /* --restrict-file-list counts */
    const CommandArgs *args;    /* of select_target() */
    bool explains;              /* also fill left_out */
};

/* One project that is selected. */
typedef struct _Selected Selected;
struct _Selected {
    const ProjectConfig *config; /* of the input's config, or the selection's own */
    char *why;                   /* for people: "`net/main.tf` matches `net/x*`" */
};

/* One that was considered and is not. */
typedef struct _LeftOut LeftOut;
struct _LeftOut {
    ProjectRef *ref;
    char *why;
};

typedef struct _Selection Selection;
struct _Selection {
    GPtrArray *projects; /* of Selected, owned: by order group, then project_ref_compare */
    GPtrArray *left_out; /* of LeftOut, owned; empty unless the input explains */
    GPtrArray *own;      /* of ProjectConfig, owned: of projects that no file names */
};
void selection_free(Selection *selection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Selection, selection_free)

/* What the changed files affect: configured projects by when_modified and modules, others by
 * discovery. Fails only with INVALID for a pattern that is none. */
Selection *select_changed(const SelectInput *input, GError **error) MUST_CHECK;

/* What -d, -w and -p name. INVALID says what there is instead, for who typed it. */
Selection *select_target(const SelectInput *input, GError **error) MUST_CHECK;

/* Why -p names no project of the configuration: a pattern that is none or not allowed, a name that
 * nobody has. NULL: it does, or is not there. The caller frees it. */
char *select_name_why_not(const Settings *settings, const RepoConfig *config,
                          const CommandArgs *args);

/* Whether the settings ask for a ModuleIndex, and of the directories of which files. */
bool select_follows_modules(const Settings *settings);
GlobList *select_watched(const Settings *settings, GError **error) MUST_CHECK;

/* The workspace of a directory where nobody says one: what the cloud block of its files names, when
 * the configuration does not name the directory, else "default". module may be NULL. */
const char *select_default_workspace(const RepoConfig *config, const char *dir,
                                     const HclModule *module);
/* Gives it to all that are selected without one. modules: char * dir -> HclModule
 * (modules_read()). */
void select_set_cloud_workspaces(const SelectInput *input, Selection *selection,
                                 GHashTable *modules);

/* Whether -d, -w and -p (none of them: everything) mean a project that is known already. workspace:
 * what -d means without -w, by select_default_workspace(); NULL: "default". */
bool select_matches_target(const Settings *settings, const RepoConfig *config,
                           const CommandArgs *args, const char *workspace,
                           const ProjectRef *project);

/*
 * What the base branch has changed of a project: "`main` has changed `net/x.tf` since"; NULL:
 * nothing of it. moved: of char *, its changed paths. modules may be NULL. The caller frees it.
 */
char *select_diverged_why(const Settings *settings, const ProjectConfig *project,
                          const ModuleIndex *modules, const GPtrArray *moved, const char *branch);
