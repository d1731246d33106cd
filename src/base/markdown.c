// SPDX-License-Identifier: Apache-2.0
#include "base/markdown.h"

#include <stdbool.h>
#include <string.h>

/* No tool prints longer runs in earnest, and a fence must stay small beside a comment's limit. */
enum { LONGEST_RUN = 40 };

/* What hosts read as markup, mention or reference in the middle of a line. */
#define MARKUP "\\`*_[]<>|~#&@!$"

static gsize run_of(const char *text, char c)
{
    gsize length = 0;

    while (text[length] == c)
        length++;
    return length;
}

static gsize longest_run(const char *text)
{
    gsize longest = 0;

    while ((text = strchr(text, '`'))) {
        gsize run = run_of(text, '`');

        longest = MAX(longest, run);
        text += run;
    }
    return longest;
}

static char *back_ticks(gsize count)
{
    return g_strnfill(count, '`');
}

char *markdown_fence_for(const char *text)
{
    return back_ticks(MAX(longest_run(text) + 1, 3));
}

static char *without_endless_runs(const char *text)
{
    GString *out = g_string_new(NULL);

    while (*text) {
        gsize run = run_of(text, '`');
        gsize length = run ? run : strcspn(text, "`");

        g_string_append_len(out, text, MIN(length, run ? LONGEST_RUN : length));
        if (run > LONGEST_RUN)
            g_string_append(out, "…");
        text += length;
    }
    return g_string_free(out, FALSE);
}

void markdown_append_block(GString *out, const char *language, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *shown = without_endless_runs(valid);
    g_autofree char *fence = markdown_fence_for(shown);

    g_string_append_printf(out, "%s%s\n%s", fence, language, shown);
    if (!g_str_has_suffix(out->str, "\n"))
        g_string_append_c(out, '\n');
    g_string_append_printf(out, "%s\n", fence);
}

void markdown_append_code(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *shown = without_endless_runs(g_strdelimit(valid, "\r\n\t", ' '));
    g_autofree char *fence = back_ticks(longest_run(shown) + 1);
    /* One blank on each side is taken away again; without it an edge could not be a back-tick. */
    const char *edge = strchr(shown, '`') || g_str_has_prefix(shown, " ") || !*shown ? " " : "";

    g_string_append_printf(out, "%s%s%s%s%s", fence, edge, shown, edge, fence);
}

/* The end of the code span that begins here, behind its last back-tick; NULL: none on this line. */
static const char *span_end(const char *text)
{
    gsize opening = run_of(text, '`');

    for (text += opening; (text = strchr(text, '`')); text += run_of(text, '`'))
        if (run_of(text, '`') == opening)
            return text + opening;
    return NULL;
}

/* What makes a list, a heading or a quotation of a line that begins with it. */
static bool is_line_markup(const char *text)
{
    gsize digits = strspn(text, "0123456789");

    return strchr("-+=:", *text) || (digits && text[digits] && strchr(".)", text[digits]));
}

static void append_line(GString *out, const char *text)
{
    if (*text && is_line_markup(text)) {
        gsize digits = strspn(text, "0123456789");

        g_string_append_len(out, text, (gssize)digits);
        g_string_append_printf(out, "\\%c", text[digits]);
        text += digits + 1;
    }
    while (*text) {
        const char *end = *text == '`' ? span_end(text) : NULL;

        if (end) {
            g_string_append_len(out, text, end - text);
            text = end;
            continue;
        }
        /* Of a run that opens nothing every back-tick, or its rest could open something. */
        for (gsize left = MAX(run_of(text, '`'), 1); left > 0; left--) {
            if (strchr(MARKUP, *text))
                g_string_append_c(out, '\\');
            g_string_append_c(out, *text++);
        }
    }
}

void markdown_append_text(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_auto(GStrv) lines = g_strsplit_set(valid, "\r\n", -1);
    const char *between = "";

    for (char **line = lines; *line; line++)
        if (*g_strstrip(*line)) {
            g_string_append(out, between);
            append_line(out, *line);
            between = "\n\n";
        }
}

void markdown_append_link(GString *out, const char *label, const char *url)
{
    /* Brackets are legal in a URL, but would end the Markdown around it. */
    g_autofree char *safe = url ? g_uri_escape_string(url, "!#$%&'*+,/:;=?@~", FALSE) : NULL;

    if (safe && (g_str_has_prefix(safe, "https://") || g_str_has_prefix(safe, "http://")))
        g_string_append_printf(out, "[%s](%s)", label, safe);
    else
        g_string_append(out, label);
}
