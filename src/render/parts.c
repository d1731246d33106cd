// SPDX-License-Identifier: Apache-2.0
#include "render/parts.h"

#include <string.h>

#include "base/markdown.h"
#include "grammar/comment.h"

enum {
    MOST_OPEN_LINES = 12,  /* longer output is folded, as Atlantis's users know it */
    MOST_ERROR_LINES = 40, /* of an error that stays open above its folded output */
};

void parts_append_ref(GString *out, const char *dir, const char *workspace, const char *name)
{
    if (name && *name) {
        markdown_append_code(out, name);
        g_string_append(out, " · directory ");
    }
    markdown_append_code(out, dir);
    g_string_append(out, " · workspace ");
    markdown_append_code(out, workspace);
}

void parts_append_cell(GString *row, const GString *text)
{
    g_string_append_c(row, ' ');
    for (const char *c = text->str; *c; c++) {
        if (*c == '|')
            g_string_append_c(row, '\\');
        g_string_append_c(row, *c);
        /* Hosts differ in what they make of two backslashes before a border. */
        if (*c == '\\' && c[1] == '|')
            g_string_append_c(row, ' ');
    }
    g_string_append(row, " |");
}

void parts_append_project_cells(GString *row, const char *dir, const char *workspace,
                                const char *name)
{
    g_autoptr(GString) project = g_string_new(NULL);
    g_autoptr(GString) space = g_string_new(NULL);

    markdown_append_code(project, name && *name ? name : dir);
    if (name && *name) {
        g_string_append(project, " in ");
        markdown_append_code(project, dir);
    }
    markdown_append_code(space, workspace);
    g_string_append_c(row, '|');
    parts_append_cell(row, project);
    parts_append_cell(row, space);
}

void parts_append_command(GString *out, const char *what, const char *line)
{
    g_string_append_printf(out, "* %s: ", what);
    markdown_append_code(out, line);
    g_string_append_c(out, '\n');
}

void parts_append_bare_command(GString *out, const RenderStyle *style, const char *what,
                               CommandKind kind)
{
    g_autofree char *line = comment_command_line(style->executable, kind, NULL, NULL, NULL, NULL);

    parts_append_command(out, what, line);
}

void parts_append_message(GString *out, const char *message)
{
    if (!message || !*message)
        return;
    markdown_append_text(out, message);
    g_string_append(out, "\n\n");
}

static guint lines_of(const char *text)
{
    guint lines = *text ? 1 : 0;

    while ((text = strchr(text, '\n'))) {
        text++;
        lines++;
    }
    return lines;
}

bool parts_is_long(const char *text)
{
    return lines_of(text) > MOST_OPEN_LINES;
}

/* Without blank lines around it; indentation stays. */
char *parts_trimmed(const char *text)
{
    const char *begin = text;

    for (; g_ascii_isspace(*text); text++)
        if (*text == '\n')
            begin = text + 1;
    return g_strchomp(g_strdup(begin));
}

static void append_folded(GString *out, const char *caption, const char *language, const char *text)
{
    g_string_append_printf(out, "<details><summary>%s</summary>\n\n", caption);
    markdown_append_block(out, language, text);
    g_string_append(out, "\n</details>\n\n");
}

static void append_open(GString *out, const char *language, const char *text)
{
    markdown_append_block(out, language, text);
    g_string_append_c(out, '\n');
}

void parts_append_output(GString *out, const RenderStyle *style, const char *caption,
                         const char *language, const char *text)
{
    if (!*text)
        return;
    if (style->folds && parts_is_long(text))
        append_folded(out, caption, language, text);
    else
        append_open(out, language, text);
}

static bool is_error_line(const char *line)
{
    return g_str_has_prefix(line, "Error: ") || g_str_has_prefix(line, "│ Error: ");
}

/* What a tool complains of, from its first error; else the end of what it said. */
static char *complaint(char **lines)
{
    guint count = g_strv_length(lines);
    guint first = 0, last;
    GString *out = g_string_new(NULL);

    while (first < count && !is_error_line(lines[first]))
        first++;
    if (first == count)
        first = count - MIN(count, MOST_OPEN_LINES);
    last = MIN(count, first + MOST_ERROR_LINES);
    for (guint i = first; i < last; i++)
        g_string_append_printf(out, "%s\n", lines[i]);
    if (last < count)
        g_string_append(out, "…\n");
    return g_string_free(out, FALSE);
}

void parts_append_failed_output(GString *out, const RenderStyle *style, const char *output)
{
    g_autofree char *text = parts_trimmed(output);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *caption = g_strdup_printf("Whole output, %u lines", g_strv_length(lines));
    g_autofree char *error = NULL;

    if (!style->folds || !parts_is_long(text)) {
        parts_append_output(out, style, caption, "", text);
        return;
    }
    error = complaint(lines);
    append_open(out, "", error);
    if (strlen(error) <= strlen(text))
        append_folded(out, caption, "", text);
}
