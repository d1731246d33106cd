// SPDX-License-Identifier: Apache-2.0
#include "grammar/words.h"

#include <stdbool.h>
#include <string.h>

/* What editors and chat programs leave at the ends of copied text. */
static bool is_invisible(gunichar c)
{
    return (c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff || c == 0xad;
}

static bool is_edge(gunichar c)
{
    return g_unichar_isspace(c) || is_invisible(c) || c == '`';
}

static char *without_edges(const char *text)
{
    const char *end = text + strlen(text);

    while (*text && is_edge(g_utf8_get_char(text)))
        text = g_utf8_next_char(text);
    while (end > text && is_edge(g_utf8_get_char(g_utf8_prev_char(end))))
        end = g_utf8_prev_char(end);
    return g_strndup(text, (gsize)(end - text));
}

GPtrArray *words_lines(const char *text)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) raw = g_strsplit_set(text, "\r\n", -1);

    for (char **line = raw; *line; line++) {
        g_autofree char *trimmed = without_edges(*line);

        if (*trimmed)
            g_ptr_array_add(lines, g_steal_pointer(&trimmed));
    }
    return lines;
}

static const char *skip_blanks(const char *text)
{
    while (*text && g_unichar_isspace(g_utf8_get_char(text)))
        text = g_utf8_next_char(text);
    return text;
}

/* One character as it is. */
static const char *take(const char *text, GString *word)
{
    const char *next = g_utf8_next_char(text);

    g_string_append_len(word, text, next - text);
    return next;
}

/* From behind the opening quotation mark to behind the closing one; NULL: there is none. */
static const char *take_quoted(const char *text, char quote, GString *word)
{
    while (*text && *text != quote) {
        if (quote == '"' && *text == '\\' && text[1])
            text++;
        text = take(text, word);
    }
    return *text ? text + 1 : NULL;
}

static const char *take_word(const char *text, GString *word, const char **problem)
{
    while (*text && !g_unichar_isspace(g_utf8_get_char(text))) {
        bool is_quote = *text == '\'' || *text == '"';

        if (*text == '\\' && !*++text) {
            *problem = "there is nothing behind the last backslash";
            return NULL;
        }
        text = is_quote ? take_quoted(text + 1, *text, word) : take(text, word);
        if (!text) {
            *problem = "a quotation mark is opened and not closed";
            return NULL;
        }
    }
    return text;
}

GStrv words_split(const char *line, const char **problem)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();

    for (line = skip_blanks(line); *line && *line != '#'; line = skip_blanks(line)) {
        g_autoptr(GString) word = g_string_new(NULL);

        line = take_word(line, word, problem);
        if (!line)
            return NULL;
        g_strv_builder_add(words, word->str);
    }
    return g_strv_builder_end(words);
}

static bool is_plain(const char *word)
{
    if (!*word)
        return false;
    for (; *word; word++)
        if (!g_ascii_isalnum(*word) && !strchr("_-./=:,@%+", *word))
            return false;
    return true;
}

void words_append(GString *line, const char *word)
{
    g_auto(GStrv) pieces = NULL;
    g_autofree char *quoted = NULL;

    if (is_plain(word)) {
        g_string_append_printf(line, " %s", word);
        return;
    }
    pieces = g_strsplit(word, "'", -1);
    quoted = g_strjoinv("'\\''", pieces);
    g_string_append_printf(line, " '%s'", quoted);
}
