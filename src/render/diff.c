// SPDX-License-Identifier: Apache-2.0
#include "render/diff.h"

#include <glib.h>
#include <string.h>

/*
 * Only what has the shape of a plan's line is moved: output of other programs has lists with the
 * same signs, and its indentation means something.
 */
static const char *const markers[] = { "-/+", "+/-", "<=", "+", "-", "~" };

/* Keywords before a quoted label. */
static const char *const block_words[] = { "resource", "data",   "module", "ephemeral",
                                           "action",   "output", "check",  "provider" };

/* What follows a marker without being a name. "create" and so on: the legend above a plan. */
static const char *const whole_texts[] = {
    "{",
    "[",
    "}",
    "]",
    "null",
    "true",
    "false",
    "(known after apply)",
    "(sensitive value)",
    "(write-only attribute)",
    "create",
    "update in-place",
    "destroy",
    "destroy and then create replacement",
    "create replacement and then destroy",
    "read (data resources)",
};

/* The text block being in: only its end and, where it changes itself, its markers count. */
typedef struct _Heredoc Heredoc;
struct _Heredoc {
    char *word; /* NULL: not in one */
    gsize indent;
    bool is_change;
};

static gsize blanks_of(const char *text)
{
    return strspn(text, " ");
}

static gsize name_length(const char *text)
{
    gsize length = 0;

    if (*text != '_' && !g_ascii_isalpha(*text))
        return 0;
    while (text[length] && (g_ascii_isalnum(text[length]) || strchr("_-.", text[length])))
        length++;
    return length;
}

/* Behind the closing quotation mark; NULL: none. */
static const char *quoted_end(const char *text)
{
    for (text++; *text && *text != '"'; text++)
        if (*text == '\\' && text[1])
            text++;
    return *text ? text + 1 : NULL;
}

/* Behind a number; NULL: it is none. */
static const char *number_end(const char *text)
{
    text += *text == '-';
    return g_ascii_isdigit(*text) ? text + strspn(text, "0123456789.eE+-") : NULL;
}

static bool is_block_header(const char *text, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(block_words); i++)
        if (strlen(block_words[i]) == length && strncmp(text, block_words[i], length) == 0)
            return g_str_has_prefix(text + length, " \"");
    return false;
}

/* What follows a name or a value: "= 1", "-> 2", "{", "(known after apply)". */
static bool is_continuation(const char *text)
{
    static const char *const starts[] = { "= ", "-> ", "{", "(known after apply)",
                                          "(sensitive value)" };

    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
        if (g_str_has_prefix(text, starts[i]))
            return true;
    return g_str_equal(text, "=");
}

/* What may follow an element of a list: "80,", "1 -> 2,", "\"a\" -> null". */
static bool is_value_rest(const char *text)
{
    if (*text == ',')
        text++;
    text += blanks_of(text);
    return !*text || is_continuation(text);
}

static bool is_whole_text(const char *text)
{
    gsize length = strlen(text);

    length -= g_str_has_suffix(text, ",");
    for (gsize i = 0; i < G_N_ELEMENTS(whole_texts); i++)
        if (strlen(whole_texts[i]) == length && strncmp(text, whole_texts[i], length) == 0)
            return true;
    return false;
}

/* Without "# forces replacement" and the like at its end. */
static char *without_remark(const char *text)
{
    const char *remark = g_strrstr(text, " #");

    if (!remark || strchr(remark, '"'))
        return g_strchomp(g_strdup(text));
    return g_strchomp(g_strndup(text, (gsize)(remark - text)));
}

/* Whether what stands behind a marker belongs to a plan. */
static bool is_plan_text(const char *text)
{
    g_autofree char *bare = without_remark(text);
    gsize length = name_length(bare);
    const char *end = number_end(bare);

    if (is_whole_text(bare) || g_str_has_prefix(bare, "<<"))
        return true;
    if (length && (is_block_header(bare, length) || g_str_equal(bare + length, "(")))
        return true;
    if (length)
        return bare[length] == ' ' && is_continuation(bare + length + blanks_of(bare + length));
    if (*bare == '"')
        end = quoted_end(bare);
    return end && is_value_rest(end);
}

/* Length of the marker that text begins with; 0: none, or not followed by a plan's text. */
static gsize marker_length(const char *text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(markers); i++) {
        gsize length = strlen(markers[i]);

        if (g_str_has_prefix(text, markers[i]))
            return text[length] == ' ' && is_plan_text(text + length + 1) ? length : 0;
    }
    return 0;
}

static void append_moved(GString *out, const char *line, gsize indent, gsize length)
{
    const char *marker = line + indent;

    if (*marker == '~')
        g_string_append_c(out, '!');
    else
        g_string_append_len(out, marker, (gssize)length);
    g_string_append_c(out, ' ');
    g_string_append_len(out, line, (gssize)indent);
    g_string_append(out, marker + length + 1);
}

/* Where the text begins behind blanks and marker, moved or not: what ends there lines up with it.
 */
static gsize text_column(const char *line)
{
    gsize column = blanks_of(line);
    bool is_moved = column == 0 && *line && strchr("+-!", *line) && line[1] == ' ';

    column += is_moved ? 1 : marker_length(line + column);
    return column + blanks_of(line + column);
}

/* The word that ends the text block which this line opens: "EOT" of "a = <<-EOT # forces ..". */
static char *opened_heredoc(const char *line)
{
    const char *opening = g_strrstr(line, "<<");
    const char *word = opening ? opening + 2 : NULL;
    const char *before = opening;
    gsize length;

    if (!opening)
        return NULL;
    word += *word == '-' || *word == '~';
    length = name_length(word);
    if (!length || !(g_str_equal(word + length, "") || g_str_has_prefix(word + length, " #")))
        return NULL;
    while (before > line && before[-1] == ' ')
        before--;
    if (before > line + text_column(line) && before[-1] != '=' && before[-1] != '>' &&
        before[-1] != '(')
        return NULL;
    return g_strndup(word, length);
}

static bool ends_heredoc(const Heredoc *heredoc, const char *line)
{
    gsize indent = blanks_of(line);
    const char *rest = line + indent;

    if (indent > heredoc->indent || !g_str_has_prefix(rest, heredoc->word))
        return false;
    rest += strlen(heredoc->word);
    return !*rest || strchr(" ,)\r", *rest);
}

static void append_in_heredoc(GString *out, const Heredoc *heredoc, const char *line)
{
    /* Terraform writes changed lines of a changed text with a marker two columns behind the name,
     * and all others with two blanks there. */
    gsize indent = heredoc->indent + 2;

    if (heredoc->is_change && blanks_of(line) == indent && strchr("+-", line[indent]) &&
        line[indent] && line[indent + 1] == ' ')
        append_moved(out, line, indent, 1);
    else
        g_string_append(out, line);
}

static void append_line(GString *out, const char *line)
{
    gsize indent = blanks_of(line);
    gsize marker = marker_length(line + indent);

    if (marker)
        append_moved(out, line, indent, marker);
    else
        g_string_append(out, line);
}

static void open_heredoc(Heredoc *heredoc, const char *line)
{
    heredoc->word = opened_heredoc(line);
    heredoc->indent = text_column(line);
    heredoc->is_change = line[blanks_of(line)] == '~';
}

char *diff_mark(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_sized_new(strlen(text));
    Heredoc heredoc = { 0 };

    for (char **line = lines; *line; line++) {
        if (line != lines)
            g_string_append_c(out, '\n');
        if (heredoc.word) {
            append_in_heredoc(out, &heredoc, *line);
            if (ends_heredoc(&heredoc, *line))
                g_clear_pointer(&heredoc.word, g_free);
            continue;
        }
        append_line(out, *line);
        open_heredoc(&heredoc, *line);
    }
    g_free(heredoc.word);
    return g_string_free(out, FALSE);
}
