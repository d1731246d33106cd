// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/glob.h"
#include "tf/hcl.h"

/*
 * Which directory uses which local module ("./x", "../x"), also through other modules
 * (--autoplan-modules). What cannot be read is "unknown", never "nothing".
 */
typedef struct _ModuleIndex ModuleIndex;

ModuleIndex *module_index_new(void);
void module_index_free(ModuleIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModuleIndex, module_index_free)

/* A directory that may be a project. */
void module_index_add_root(ModuleIndex *index, const char *dir);
/* What the files of a directory say; takes module. */
void module_index_add(ModuleIndex *index, const char *dir, HclModule *module);
/* Directories that are roots or used as modules and not added yet: of char *, owned. */
GPtrArray *module_index_missing(const ModuleIndex *index);

/* Changed paths by their directories, made once for many questions; only those that file_list
 * matches count. Borrows from changed. */
typedef struct _ModuleChanges ModuleChanges;
ModuleChanges *module_changes_new(const GPtrArray *changed, const GlobList *file_list);
void module_changes_free(ModuleChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModuleChanges, module_changes_free)

/*
 * Why these changes change dir: "it uses module `m`, where `m/x.tf` changed"; NULL when they do
 * not, or dir is no root. The caller frees it. Pure.
 */
char *module_index_why(const ModuleIndex *index, const char *dir, const ModuleChanges *changes);
/* Roots that no other directory uses as a module: of const char *, borrowed. */
GPtrArray *module_index_tops(const ModuleIndex *index);

/* Contents of files, of GString * (NULL: there is no such file, or it is larger than
 * MODULE_MOST_BYTES), in the order of paths; owned. */
enum { MODULE_MOST_BYTES = 1 << 20 };
typedef GPtrArray *(*ModuleRead)(gpointer data, const char *const *paths, GError **error);

/*
 * Fills an index from all files (of char *, sorted): roots are the directories of those that
 * patterns match. read is called once for each level of modules; below 64 of them all is unknown.
 * INVALID when there is more than a repository can reasonably have; else as read.
 */
ModuleIndex *module_index_read(const GPtrArray *files, const GlobList *patterns, ModuleRead read,
                               gpointer data, GError **error) MUST_CHECK;

/*
 * What the configuration files directly in the directories say: char * dir -> HclModule, both
 * owned. One call of read.
 */
GHashTable *modules_read(const GPtrArray *files, const GPtrArray *dirs, ModuleRead read,
                         gpointer data, GError **error) MUST_CHECK;

/* Reads the local modules that these use, and those that they use, into modules too. */
bool modules_read_used(GHashTable *modules, const GPtrArray *files, ModuleRead read, gpointer data,
                       GError **error) MUST_CHECK;

/* The needs (tf/hcl.h) of the module in dir and of all local modules that it uses, as one text.
 * NULL: not all of them are known. The caller frees it. */
char *modules_needs(GHashTable *modules, const char *dir);
