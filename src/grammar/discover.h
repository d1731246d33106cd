// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/glob.h"
#include "model/project.h"

/*
 * Which directories of a repository without configuration are projects of a change (Atlantis's
 * rules, spec atlantis-config.md 8.3). Pure: changed paths and the list of files in, projects out.
 */
typedef struct _DiscoverInput DiscoverInput;
struct _DiscoverInput {
    const GPtrArray *changed;  /* of const char *: paths at both ends of renames */
    const GPtrArray *files;    /* of const char *, sorted: all files at the commit */
    const GlobList *file_list; /* --autoplan-file-list */
    const GlobList *ignore;    /* NULL: none */
};

/*
 * Of ProjectRef, owned, sorted, without doubles; workspace "default". A file in "env" belongs to
 * the directory above where that is a root module, one below "modules" to the directory above that.
 * A directory is a project when it holds a root module at the commit, or a changed file of the list
 * that is there and more than values or locks: what other programs than Terraform read.
 */
GPtrArray *discover_projects(const DiscoverInput *input);

/* The same with the reason, and without regard to ignore: char * dir, owned -> const char *, the
 * first changed path that belongs to it, borrowed. */
GHashTable *discover_changed(const DiscoverInput *input);

/* Whether the commit has that directory. */
bool discover_has_dir(const GPtrArray *files, const char *dir);

/* Whether dir holds at least one file that makes it a root module at that commit. */
bool discover_is_project(const GPtrArray *files, const char *dir);
