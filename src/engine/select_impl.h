// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shared by the files of the selection only: select.c, select_*.c. */
#include "engine/select.h"

Selection *selection_new(void);
/* In the order of Selection. */
void select_sort(Selection *selection);
/* Takes why. */
void select_add(Selection *selection, const ProjectConfig *config, char *why);
/* Does nothing unless the input explains. */
void select_leave_out(const SelectInput *input, Selection *selection, const ProjectRef *ref,
                      const char *why);
/* For a project that no file names; the selection owns it. */
const ProjectConfig *select_own_project(const SelectInput *input, Selection *selection,
                                        const char *dir, const char *workspace);
const ProjectConfig *select_project_at(const RepoConfig *config, guint i);
/* Whether a pattern of --enable-regexp-cmd may mean several projects (allowed_regexp_prefixes). */
bool select_has_allowed_prefix(const RepoConfig *config, const char *pattern);
/* Whether autodiscover.ignore_paths matches the directory; *work grows by what that took. INVALID
 * for patterns that take too long. */
bool select_check_ignored(const RepoConfig *config, const char *dir, guint64 *work,
                          bool *is_ignored, GError **error) MUST_CHECK;
/* What -w says, or "default". */
const char *select_workspace_of(const CommandArgs *args);
