// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "render/comment.h"

/* What all comments are made of; for render's own files. Each block ends in a blank line. */

/* "`network` · workspace `default`". */
void parts_append_ref(GString *out, const char *dir, const char *workspace, const char *name);

/* Rows of tables: one cell and its right border; "|" in text would end the cell, in code too. */
void parts_append_cell(GString *row, const GString *text);
/* The row's left border, and cells for project and workspace. */
void parts_append_project_cells(GString *row, const char *dir, const char *workspace,
                                const char *name);

/* A line of a list: what happens, and what to type for it. */
void parts_append_command(GString *out, const char *what, const char *line);
/* The same for a command without flags. */
void parts_append_bare_command(GString *out, const RenderStyle *style, const char *what,
                               CommandKind kind);

/* NULL is nothing. */
void parts_append_message(GString *out, const char *message);

/* Without blank lines around it; indentation stays. The caller frees it. */
char *parts_trimmed(const char *text);
/* More than people want to scroll past. */
bool parts_is_long(const char *text);
/* A block, folded under the caption when it is long. caption is trusted. */
void parts_append_output(GString *out, const RenderStyle *style, const char *caption,
                         const char *language, const char *text);
/* The error stays open above the folded whole. */
void parts_append_failed_output(GString *out, const RenderStyle *style, const char *output);
