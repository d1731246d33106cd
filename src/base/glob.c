// SPDX-License-Identifier: Apache-2.0
#include "base/glob.h"

#include <string.h>

#include "base/path.h"

/*
 * A pattern is a row of tokens. Matching keeps, for every place of the path, whether the tokens so
 * far can end there, and takes the row of places through one token after the other: the cost is
 * tokens times length, whatever the pattern.
 */
typedef enum {
    TOKEN_CHAR,  /* this character */
    TOKEN_ONE,   /* "?": any but "/" */
    TOKEN_CLASS, /* "[a-z]", never "/" */
    TOKEN_NAME,  /* "*": any text without "/" */
    TOKEN_DIRS,  /* "**" before or between other text: nothing, or any text that ends in "/" */
    TOKEN_TEXT,  /* "**" at an end: any text */
} TokenKind;

typedef struct _Range Range;
struct _Range {
    gunichar first, last;
};

typedef struct _Token Token;
struct _Token {
    TokenKind kind;
    gunichar c;
    bool is_negated;
    gsize first_range, n_ranges; /* of TOKEN_CLASS, in the pattern's ranges */
};

typedef struct _Pattern Pattern;
struct _Pattern {
    bool is_exclusion;
    GArray *tokens; /* Token */
    GArray *ranges; /* Range */
};

struct _GlobList {
    GPtrArray *patterns; /* owns Pattern */
    gsize n_tokens;      /* of all patterns */
};

/* About 10 ms of work; a list of ten usual patterns on a usual path needs 10,000. */
enum { MOST_STEPS = 4000000 };

static void pattern_free(gpointer data)
{
    Pattern *pattern = data;

    g_array_unref(pattern->tokens);
    g_array_unref(pattern->ranges);
    g_free(pattern);
}

static Pattern *pattern_new(void)
{
    Pattern *pattern = g_new0(Pattern, 1);

    pattern->tokens = g_array_new(FALSE, TRUE, sizeof(Token));
    pattern->ranges = g_array_new(FALSE, TRUE, sizeof(Range));
    return pattern;
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pattern, pattern_free)

static void add_token(Pattern *pattern, TokenKind kind, gunichar c)
{
    Token token = { .kind = kind, .c = c };

    g_array_append_val(pattern->tokens, token);
}

/* A character as written in a class or after a backslash; NULL when the pattern ends before it. */
static const char *read_char(const char *text, gunichar *c)
{
    if (*text == '\\')
        text++;
    if (!*text)
        return NULL;
    *c = g_utf8_get_char(text);
    return g_utf8_next_char(text);
}

static const char *read_range(const char *text, Range *range)
{
    if (*text == '-')
        return NULL;
    text = read_char(text, &range->first);
    range->last = range->first;
    if (text && *text == '-')
        text = text[1] == ']' ? NULL : read_char(text + 1, &range->last);
    return text && range->first <= range->last ? text : NULL;
}

/* From behind "[" to behind "]"; NULL when it is not a class. */
static const char *read_class(Pattern *pattern, const char *text)
{
    Token token = { .kind = TOKEN_CLASS, .first_range = pattern->ranges->len };

    token.is_negated = *text == '^';
    text += token.is_negated;
    do {
        Range range;

        if (*text == ']' || !(text = read_range(text, &range)))
            return NULL;
        g_array_append_val(pattern->ranges, range);
        token.n_ranges++;
    } while (*text != ']');
    g_array_append_val(pattern->tokens, token);
    return text + 1;
}

static const char *read_stars(Pattern *pattern, const char *text)
{
    bool is_first = pattern->tokens->len == 0;

    if (text[1] != '*') {
        add_token(pattern, TOKEN_NAME, 0);
        return text + 1;
    }
    text += strspn(text, "*");
    if (*text == '/') {
        add_token(pattern, TOKEN_DIRS, 0);
        return text + 1;
    }
    add_token(pattern, is_first || !*text ? TOKEN_TEXT : TOKEN_DIRS, 0);
    return text;
}

static const char *read_token(Pattern *pattern, const char *text)
{
    gunichar c = 0;

    if (*text == '*')
        return read_stars(pattern, text);
    if (*text == '[')
        return read_class(pattern, text + 1);
    if (*text == '?') {
        add_token(pattern, TOKEN_ONE, 0);
        return text + 1;
    }
    text = read_char(text, &c);
    if (text)
        add_token(pattern, TOKEN_CHAR, c);
    return text;
}

static Pattern *pattern_parse(const char *text, GError **error)
{
    g_autoptr(Pattern) pattern = pattern_new();
    g_autofree char *body = NULL;
    g_autofree char *clean = NULL;

    if (!g_utf8_validate(text, -1, NULL))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "a path pattern is not UTF-8");
    pattern->is_exclusion = *text == '!';
    body = g_strstrip(g_strdup(text + pattern->is_exclusion));
    if (!*body)
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "path pattern \"%s\" excludes nothing: a path must follow", text);
    clean = path_clean(body);
    for (const char *rest = clean; *rest;)
        if (!(rest = read_token(pattern, rest)))
            return hadal_throw_null(
                error, HADAL_ERROR_INVALID,
                "path pattern \"%s\": a \"[\" needs characters and a \"]\", ranges go upwards, and "
                "nothing ends in a backslash",
                text);
    return g_steal_pointer(&pattern);
}

GlobList *glob_list_new(const char *const *patterns, GError **error)
{
    g_autoptr(GlobList) list = g_new0(GlobList, 1);

    list->patterns = g_ptr_array_new_with_free_func(pattern_free);
    for (; *patterns; patterns++) {
        g_autofree char *text = g_strstrip(g_strdup(*patterns));
        g_autoptr(Pattern) pattern = NULL;

        if (!*text)
            continue;
        if (!(pattern = pattern_parse(text, error)))
            return NULL;
        list->n_tokens += pattern->tokens->len;
        g_ptr_array_add(list->patterns, g_steal_pointer(&pattern));
    }
    return g_steal_pointer(&list);
}

void glob_list_free(GlobList *list)
{
    if (!list)
        return;
    g_ptr_array_unref(list->patterns);
    g_free(list);
}

/* A path or name as characters; bytes that are not UTF-8 stand for themselves. */
static gunichar *decode(const char *text, gsize *length)
{
    gunichar *chars = g_new(gunichar, strlen(text) + 1);

    *length = 0;
    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool is_char = c < 0x110000;

        chars[(*length)++] = is_char ? c : (guchar)*text;
        text = is_char ? g_utf8_next_char(text) : text + 1;
    }
    return chars;
}

static bool is_in_class(const Pattern *pattern, const Token *token, gunichar c)
{
    const Range *ranges = (const Range *)(gpointer)pattern->ranges->data + token->first_range;

    for (gsize i = 0; i < token->n_ranges; i++)
        if (ranges[i].first <= c && c <= ranges[i].last)
            return !token->is_negated;
    return token->is_negated;
}

static bool takes(const Pattern *pattern, const Token *token, gunichar c)
{
    if (token->kind == TOKEN_CHAR)
        return c == token->c;
    if (token->kind == TOKEN_ONE)
        return c != '/';
    return c != '/' && is_in_class(pattern, token, c);
}

/* at[i]: the tokens so far can end before path[i]; nowhere before first. */
typedef struct _Row Row;
struct _Row {
    const gunichar *path;
    gsize length;
    bool *at;    /* length + 1 of them */
    gsize first; /* length + 1: nowhere at all */
};

/* "*" and its kin: a place that was reached stays so, and may open those behind it. */
static void spread(Row *row, TokenKind kind)
{
    for (gsize i = row->first; i < row->length; i++) {
        bool is_slash = row->path[i] == '/';

        if (kind == TOKEN_DIRS ? is_slash : row->at[i] && (kind == TOKEN_TEXT || !is_slash))
            row->at[i + 1] = true;
    }
}

static void step(Row *row, const Pattern *pattern, const Token *token)
{
    if (token->kind >= TOKEN_NAME) {
        spread(row, token->kind);
        return;
    }
    for (gsize i = row->length; i > row->first; i--)
        row->at[i] = row->at[i - 1] && takes(pattern, token, row->path[i - 1]);
    row->at[row->first++] = false;
    while (row->first <= row->length && !row->at[row->first])
        row->first++;
}

static void run(Row *row, const Pattern *pattern)
{
    memset(row->at, 0, row->length + 1);
    row->at[0] = true;
    row->first = 0;
    for (gsize i = 0; i < pattern->tokens->len && row->first <= row->length; i++)
        step(row, pattern, &g_array_index(pattern->tokens, Token, i));
}

/* The path itself or one of the directories above it. */
static bool pattern_matches(const Pattern *pattern, Row *row)
{
    run(row, pattern);
    for (gsize i = row->first; i < row->length; i++)
        if (row->at[i] && row->path[i] == '/')
            return true;
    return row->first <= row->length && row->at[row->length];
}

bool glob_list_matches(const GlobList *list, const char *path)
{
    gsize length = 0;
    g_autofree gunichar *chars = decode(path, &length);
    g_autofree bool *at = g_new(bool, length + 1);
    Row row = { .path = chars, .length = length, .at = at };
    bool matched = false;

    if (list->n_tokens * length > MOST_STEPS)
        return true;
    for (guint i = 0; i < list->patterns->len; i++) {
        const Pattern *pattern = list->patterns->pdata[i];

        if (pattern->is_exclusion == matched && pattern_matches(pattern, &row))
            matched = !pattern->is_exclusion;
    }
    return matched;
}

/* Only letters of one alphabet are equal: a sign that lower-cases to an ASCII letter is not it. */
static void fold(gunichar *name, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        gunichar lower = g_unichar_tolower(name[i]);

        if ((lower < 0x80) == (name[i] < 0x80))
            name[i] = lower;
    }
}

static bool allows(const char *text, Row *name)
{
    g_autoptr(Pattern) pattern = pattern_new();
    gsize n_chars = 0;
    g_autofree gunichar *chars = decode(text, &n_chars);

    fold(chars, n_chars);
    for (gsize i = 0; i < n_chars; i++)
        add_token(pattern, chars[i] == '*' ? TOKEN_TEXT : TOKEN_CHAR, chars[i]);
    if (pattern->tokens->len * name->length > MOST_STEPS)
        return false;
    run(name, pattern);
    return name->first <= name->length && name->at[name->length];
}

bool glob_allows(const char *const *patterns, const char *name)
{
    gsize length = 0;
    g_autofree gunichar *chars = decode(name, &length);
    g_autofree bool *at = g_new(bool, length + 1);
    Row row = { .path = chars, .length = length, .at = at };
    bool is_allowed = false;

    fold(chars, length);
    for (; *patterns; patterns++) {
        g_autofree char *text = g_strstrip(g_strdup(*patterns));

        if (*text == '!' && allows(text + 1, &row))
            return false;
        is_allowed = is_allowed || (*text != '!' && allows(text, &row));
    }
    return is_allowed;
}

/* ------------------------------------------------------------- whole paths */

enum { MOST_ALTERNATIVES = 64 };

struct _GlobPath {
    GPtrArray *patterns; /* owns Pattern: one of them has to match */
    gsize n_tokens;
};

bool glob_is_pattern(const char *text)
{
    return strpbrk(text, "*?[{") != NULL;
}

/* Behind the sign at text, with its backslash or the rest of its class. */
static const char *next_sign(const char *text)
{
    if (*text == '\\' && text[1])
        return g_utf8_next_char(text + 1);
    if (*text == '[') {
        const char *end = strchr(text + 1, ']');

        return end ? end + 1 : text + strlen(text);
    }
    return g_utf8_next_char(text);
}

/* The brace that closes the one at text, and the commas between its parts (may be NULL); NULL when
 * it is not closed. */
static const char *closing_brace(const char *text, GPtrArray *commas)
{
    int depth = 0;

    for (const char *at = text; *at; at = next_sign(at)) {
        depth += *at == '{';
        depth -= *at == '}';
        if (depth == 0)
            return at;
        if (*at == ',' && depth == 1)
            g_ptr_array_add(commas, (gpointer)at);
    }
    return NULL;
}

static bool complain(GError **error, const char *pattern, const char *why)
{
    return hadal_throw(error, HADAL_ERROR_INVALID, "path pattern \"%s\": %s", pattern, why);
}

static const char *opening_brace(const char *text)
{
    for (; *text; text = next_sign(text))
        if (*text == '{')
            return text;
    return NULL;
}

static bool add_alternative(GPtrArray *todo, const char *text, const char *open, const char *from,
                            const char *to, const char *behind, GError **error)
{
    g_autofree char *before = g_strndup(text, (gsize)(open - text));
    g_autofree char *part = g_strndup(from, (gsize)(to - from));

    if (todo->len >= MOST_ALTERNATIVES)
        return complain(error, text, "\"{\" opens too many alternatives");
    g_ptr_array_add(todo, g_strconcat(before, part, behind, NULL));
    return true;
}

/* Puts each part of the first brace of text into todo, with what is around it. */
static bool open_brace(GPtrArray *todo, const char *text, const char *open, GError **error)
{
    g_autoptr(GPtrArray) ends = g_ptr_array_new();
    const char *close = closing_brace(open, ends), *from = open + 1;

    if (!close)
        return complain(error, text, "a \"{\" needs a \"}\"");
    g_ptr_array_add(ends, (gpointer)close);
    for (guint i = 0; i < ends->len; i++) {
        if (!add_alternative(todo, text, open, from, ends->pdata[i], close + 1, error))
            return false;
        from = (const char *)ends->pdata[i] + 1;
    }
    return true;
}

/* "**" is only a segment of its own; elsewhere stars in a row are one. "[!a]" is "[^a]". */
static char *plain_segment(const char *segment)
{
    GString *out = g_string_new(NULL);

    if (g_str_equal(segment, "**"))
        return g_string_free(g_string_assign(out, segment), FALSE);
    while (*segment) {
        const char *next = next_sign(segment);

        if (segment[0] == '[' && segment[1] == '!')
            g_string_append_printf(out, "[^%.*s", (int)(next - segment - 2), segment + 2);
        else
            g_string_append_len(out, segment, next - segment);
        segment = *segment == '*' ? segment + strspn(segment, "*") : next;
    }
    return g_string_free(out, FALSE);
}

static char *plain_pattern(const char *text)
{
    g_auto(GStrv) segments = g_strsplit(text, "/", -1);

    for (gsize i = 0; segments[i]; i++) {
        char *plain = plain_segment(segments[i]);

        g_free(segments[i]);
        segments[i] = plain;
    }
    return g_strjoinv("/", segments);
}

static bool add_path_pattern(GlobPath *glob, const char *given, const char *text, GError **error)
{
    g_autofree char *plain = plain_pattern(text);
    g_autoptr(Pattern) pattern = pattern_new();

    for (const char *rest = plain; *rest;)
        if (!(rest = read_token(pattern, rest)))
            return complain(error, given,
                            "a \"[\" needs characters and a \"]\", ranges go upwards, and nothing "
                            "ends in a backslash");
    glob->n_tokens += pattern->tokens->len;
    g_ptr_array_add(glob->patterns, g_steal_pointer(&pattern));
    return true;
}

/* Two stars behind a directory stand for the directory as well. */
static bool add_alternatives_of_end(GlobPath *glob, const char *given, const char *text,
                                    GError **error)
{
    g_autofree char *shorter = NULL;

    if (!add_path_pattern(glob, given, text, error))
        return false;
    if (!g_str_has_suffix(text, "/**"))
        return true;
    shorter = g_strndup(text, strlen(text) - strlen("/**"));
    return add_alternatives_of_end(glob, given, shorter, error);
}

GlobPath *glob_path_new(const char *pattern, GError **error)
{
    g_autoptr(GlobPath) glob = g_new0(GlobPath, 1);
    g_autoptr(GPtrArray) todo = g_ptr_array_new_with_free_func(g_free);

    glob->patterns = g_ptr_array_new_with_free_func(pattern_free);
    if (!g_utf8_validate(pattern, -1, NULL))
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "a path pattern is not UTF-8");
    g_ptr_array_add(todo, g_strdup(pattern));
    for (guint i = 0; i < todo->len; i++) {
        const char *text = todo->pdata[i];
        const char *open = opening_brace(text);
        bool is_good = open ? open_brace(todo, text, open, error)
                            : add_alternatives_of_end(glob, pattern, text, error);

        if (!is_good)
            return NULL;
    }
    return g_steal_pointer(&glob);
}

void glob_path_free(GlobPath *glob)
{
    if (!glob)
        return;
    g_ptr_array_unref(glob->patterns);
    g_free(glob);
}

bool glob_path_matches(const GlobPath *glob, const char *path)
{
    gsize length = 0;
    g_autofree gunichar *chars = decode(path, &length);
    g_autofree bool *at = g_new(bool, length + 1);
    Row row = { .path = chars, .length = length, .at = at };

    if (glob->n_tokens * length > MOST_STEPS)
        return false;
    for (guint i = 0; i < glob->patterns->len; i++) {
        run(&row, glob->patterns->pdata[i]);
        if (row.first <= length && at[length])
            return true;
    }
    return false;
}
