// SPDX-License-Identifier: Apache-2.0
#include "sys/regex.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    MOST_PATTERN = 4096, /* bytes */
    MOST_NESTING = 100,
    MOST_WORK = 100000, /* of a match, in PCRE2's steps */
    MOST_HEAP_KB = 10 << 10,
};

struct _Regex {
    char *pattern;
    pcre2_code *code;
    pcre2_match_context *limits;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(pcre2_compile_context, pcre2_compile_context_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pcre2_match_data, pcre2_match_data_free)

static char *words_of(int code)
{
    char words[256];

    return pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof words) < 0
               ? g_strdup("unknown error")
               : g_strdup(words);
}

static bool compile(Regex *regex, const char *text, gsize before, GError **error)
{
    g_autoptr(pcre2_compile_context) bounds = pcre2_compile_context_create(NULL);
    int code = 0;
    PCRE2_SIZE at = 0;

    pcre2_set_max_pattern_length(bounds, MOST_PATTERN);
    pcre2_set_parens_nest_limit(bounds, MOST_NESTING);
    regex->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, bounds);
    if (regex->code)
        return true;
    g_autofree char *words = words_of(code);

    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "not a regular expression: %s, at character %" G_GSIZE_FORMAT, words,
                       at >= before ? at - before + 1 : 1);
}

static Regex *make(const char *pattern, const char *before, const char *behind, GError **error)
{
    g_autofree char *text = g_strconcat(before, pattern, behind, NULL);
    g_autoptr(Regex) regex = g_new0(Regex, 1);

    regex->pattern = g_strdup(pattern);
    regex->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(regex->limits, MOST_WORK);
    pcre2_set_depth_limit(regex->limits, MOST_WORK);
    pcre2_set_heap_limit(regex->limits, MOST_HEAP_KB);
    return compile(regex, text, strlen(before), error) ? g_steal_pointer(&regex) : NULL;
}

Regex *regex_new(const char *pattern, GError **error)
{
    return make(pattern, "", "", error);
}

Regex *regex_new_whole(const char *pattern, GError **error)
{
    g_autoptr(Regex) alone = make(pattern, "", "", error); /* "a)|(b" is none, whatever is around */

    return alone ? make(pattern, "\\A(?:", ")\\z", error) : NULL;
}

void regex_free(Regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->limits);
    g_free(regex->pattern);
    g_free(regex);
}

const char *regex_pattern(const Regex *regex)
{
    return regex->pattern;
}

/* *count is the number of groups + 1, or 0 without a match. */
static bool match(const Regex *regex, const char *text, gsize length, gsize from, guint options,
                  pcre2_match_data *data, int *count, GError **error)
{
    int code =
        pcre2_match(regex->code, (PCRE2_SPTR)text, length, from, options, data, regex->limits);

    *count = MAX(code, 0);
    if (code > 0 || code == PCRE2_ERROR_NOMATCH)
        return true;
    g_autofree char *words = words_of(code);

    return hadal_throw(error, HADAL_ERROR_INVALID, "regular expression \"%s\": %s", regex->pattern,
                       words);
}

bool regex_matches(const Regex *regex, const char *text, bool *is_match, GError **error)
{
    g_autoptr(pcre2_match_data) data = pcre2_match_data_create_from_pattern(regex->code, NULL);
    int count;

    if (!match(regex, text, strlen(text), 0, 0, data, &count, error))
        return false;
    *is_match = count > 0;
    return true;
}

typedef void (*OnMatch)(const char *text, const PCRE2_SIZE *ends, int count, gpointer data);

/* An empty match is followed by one that is not empty at the same place, or by the next character.
 */
static bool each_match(const Regex *regex, const char *text, OnMatch on_match, gpointer data,
                       GError **error)
{
    g_autoptr(pcre2_match_data) found = pcre2_match_data_create_from_pattern(regex->code, NULL);
    gsize length = strlen(text), from = 0;
    guint options = 0;

    while (from <= length) {
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(found);
        int count;

        if (!match(regex, text, length, from, options, found, &count, error))
            return false;
        if (count == 0 && !options)
            return true;
        if (count == 0) {
            from = from < length ? (gsize)(g_utf8_next_char(text + from) - text) : length + 1;
            options = 0;
            continue;
        }
        on_match(text, ends, count, data);
        options = ends[1] == ends[0] ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
        from = MAX(ends[1], from); /* "\K" can end before it began */
    }
    return true;
}

typedef struct {
    GString *out;
    const char *between;
    gsize done; /* of the text */
} Replacement;

static void append_group(Replacement *self, const char *text, const PCRE2_SIZE *ends, int count,
                         int group)
{
    if (group < count && ends[2 * group] != PCRE2_UNSET)
        g_string_append_len(self->out, text + ends[2 * group],
                            (gssize)(ends[2 * group + 1] - ends[2 * group]));
}

static void replace(const char *text, const PCRE2_SIZE *ends, int count, gpointer data)
{
    Replacement *self = data;

    if (ends[0] < self->done || ends[1] < ends[0])
        return;
    g_string_append_len(self->out, text + self->done, (gssize)(ends[0] - self->done));
    append_group(self, text, ends, count, 1);
    g_string_append(self->out, self->between);
    append_group(self, text, ends, count, 2);
    self->done = ends[1];
}

char *regex_replace_between(const Regex *regex, const char *text, const char *between,
                            GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Replacement self = { .out = out, .between = between };

    if (!each_match(regex, text, replace, &self, error))
        return NULL;
    g_string_append(out, text + self.done);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void collect(const char *text, const PCRE2_SIZE *ends, int count, gpointer data)
{
    (void)count;
    if (ends[1] >= ends[0])
        g_ptr_array_add(data, g_strndup(text + ends[0], ends[1] - ends[0]));
}

GPtrArray *regex_find_all(const Regex *regex, const char *text, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    return each_match(regex, text, collect, found, error) ? g_steal_pointer(&found) : NULL;
}
