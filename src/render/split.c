// SPDX-License-Identifier: Apache-2.0
#include "render/split.h"

#include <stdbool.h>
#include <string.h>

#include "base/markdown.h"

/*
 * What is added around a cut has to leave room for the text in the smallest limit allowed: longer
 * fences are taken for text, longer captions and languages are left out, deeper folds are not
 * opened again.
 */
enum {
    LEAST_LIMIT = 1000,
    LONGEST_FENCE = 100,
    LONGEST_LANGUAGE = 40,
    LONGEST_TAG = 60,
    LONGEST_CAPTION = 120,
    MOST_FOLDS = 2,
    NOTES = 100, /* "part 2 of 3" above and below */
};

#define FOLD_END "</details>\n"

/* A piece of the text. Borrowed. */
typedef struct _Span Span;
struct _Span {
    const char *text;
    gsize length;
};

typedef struct _Fold Fold;
struct _Fold {
    Span tag;
    Span caption; /* empty: none was found */
};

/* What is open at a place of the text. Plain values, borrowed from the text. */
typedef struct _State State;
struct _State {
    char fence; /* '`' or '~'; 0: none */
    gsize fence_length;
    Span language;
    Fold folds[MOST_FOLDS];
    gsize n_folds;
};

/* One comment to be: text[0, length) between what must be opened before and closed behind. */
typedef struct _Part Part;
struct _Part {
    Span body;
    State before, after;
};

static Span line_of(const char *text)
{
    const char *end = strchr(text, '\n');

    return (Span){ text, end ? (gsize)(end - text) + 1 : strlen(text) };
}

static bool begins(Span span, const char *prefix)
{
    gsize length = strlen(prefix);

    return span.length >= length && strncmp(span.text, prefix, length) == 0;
}

static const char *find(Span span, const char *needle)
{
    return g_strstr_len(span.text, (gssize)span.length, needle);
}

static Span skip(Span span, gsize count)
{
    return (Span){ span.text + count, span.length - count };
}

static gsize run_of(Span span, char c)
{
    gsize length = 0;

    while (length < span.length && span.text[length] == c)
        length++;
    return length;
}

static Span trim(Span span)
{
    while (span.length && g_ascii_isspace(*span.text))
        span = skip(span, 1);
    while (span.length && g_ascii_isspace(span.text[span.length - 1]))
        span.length--;
    return span;
}

static bool is_blank(Span line)
{
    return trim(line).length == 0;
}

static gsize depth(const State *state)
{
    return state->n_folds + (state->fence ? 1 : 0);
}

static Span first_word(Span span)
{
    gsize length = 0;

    span = trim(span);
    while (length < span.length && !g_ascii_isspace(span.text[length]))
        length++;
    return (Span){ span.text, length <= LONGEST_LANGUAGE ? length : 0 };
}

static void pass_fence(State *state, Span line)
{
    const char c = *line.text; /* of an empty line the end of all text, or of the line before */
    gsize length = run_of(line, c);
    Span info = skip(line, length);

    if ((c != '`' && c != '~') || length < 3 || length > LONGEST_FENCE)
        return;
    if (state->fence) {
        if (c == state->fence && length >= state->fence_length && is_blank(info))
            state->fence = 0;
        return;
    }
    if (c == '`' && memchr(info.text, '`', info.length))
        return;
    state->fence = c;
    state->fence_length = length;
    state->language = first_word(info);
}

static Span caption_of(Span line)
{
    const char *begin = find(line, "<summary>");
    const char *end = find(line, "</summary>");

    if (!begin || !end || end < begin)
        return (Span){ line.text, 0 };
    begin += strlen("<summary>");
    return (Span){ begin, end - begin <= LONGEST_CAPTION ? (gsize)(end - begin) : 0 };
}

static void pass_fold(State *state, Span line)
{
    Fold *last = state->n_folds ? &state->folds[state->n_folds - 1] : NULL;
    const char *end = find(line, ">");

    if (begins(line, "</details>") && last)
        state->n_folds--;
    else if (begins(line, "<summary>") && last && !last->caption.length)
        last->caption = caption_of(line);
    else if ((begins(line, "<details>") || begins(line, "<details ")) && end &&
             end - line.text < LONGEST_TAG && !find(line, "</details>") &&
             state->n_folds < MOST_FOLDS)
        state->folds[state->n_folds++] = (Fold){
            .tag = { line.text, (gsize)(end - line.text) + 1 },
            .caption = caption_of(line),
        };
}

/* What is open behind this line. */
static State pass(State state, Span line)
{
    gsize indent = run_of(line, ' ');

    if (indent > 3)
        return state;
    line = skip(line, indent);
    pass_fence(&state, line);
    if (!state.fence)
        pass_fold(&state, line);
    return state;
}

static void append_fence(GString *out, const State *state)
{
    for (gsize i = 0; i < state->fence_length; i++)
        g_string_append_c(out, state->fence);
}

static void append_openers(GString *out, const State *state)
{
    for (gsize i = 0; i < state->n_folds; i++) {
        const Fold *fold = &state->folds[i];

        g_string_append_len(out, fold->tag.text, (gssize)fold->tag.length);
        g_string_append(out, "<summary>");
        if (fold->caption.length)
            g_string_append_len(out, fold->caption.text, (gssize)fold->caption.length);
        else
            g_string_append(out, "Continued");
        g_string_append(out, "</summary>\n\n");
    }
    if (!state->fence)
        return;
    append_fence(out, state);
    g_string_append_len(out, state->language.text, (gssize)state->language.length);
    g_string_append_c(out, '\n');
}

static void append_closers(GString *out, const State *state)
{
    if (state->fence) {
        append_fence(out, state);
        g_string_append_c(out, '\n');
    }
    for (gsize i = 0; i < state->n_folds; i++)
        g_string_append(out, FOLD_END);
}

static gsize openers_length(const State *state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    append_openers(out, state);
    return out->len;
}

static gsize closers_length(const State *state)
{
    return (state->fence ? state->fence_length + 1 : 0) + state->n_folds * strlen(FOLD_END);
}

/* Where to cut a line that is too long by itself: before a character, and not nowhere. */
static gsize cut_in_line(Span line, gsize room)
{
    gsize length = room;

    while (length > 0 && ((guchar)line.text[length] & 0xc0) == 0x80)
        length--;
    return length ? length : room;
}

/* This line, or the first after it that is not blank; not further than anybody leaves blank. */
static Span next_text(Span line)
{
    for (int i = 0; i < 3 && line.length && is_blank(line); i++)
        line = line_of(line.text + line.length);
    return line;
}

/*
 * The next part of text. A cut behind a blank line with nothing open is best when it does not waste
 * much; then one that leaves no empty block on either side; then any end of a line.
 */
static Part next_part(const char *text, const State *before, gsize limit)
{
    const gsize room = limit - NOTES - openers_length(before);
    const gsize most_closers = LONGEST_FENCE + 2 + MOST_FOLDS * strlen(FOLD_END);
    Part any = { .body = { text, 0 }, .before = *before, .after = *before };
    Part good = any, best = any;
    bool has_body = false;

    for (Span line = line_of(text); line.length; line = line_of(line.text + line.length)) {
        State after = pass(any.after, line);
        gsize length = any.body.length + line.length;
        Span next = line_of(line.text + line.length);
        State beyond = pass(after, next_text(next));

        if (length + 1 + closers_length(&after) > room)
            break;
        has_body = depth(&after) <= depth(&any.after) && (has_body || !is_blank(line));
        any.body.length = length;
        any.after = after;
        if (!next.length)
            return any;
        if (has_body && depth(&beyond) >= depth(&after))
            good = any;
        if (depth(&after) == 0 && is_blank(line) && length >= room / 4 * 3)
            best = any;
    }
    if (best.body.length)
        return best;
    if (good.body.length)
        return good;
    if (any.body.length)
        return any;
    any.body.length = cut_in_line(line_of(text), room - most_closers);
    any.after = pass(*before, any.body);
    return any;
}

static void append_note(GString *out, guint number, guint first, guint count)
{
    if (number > first)
        g_string_append_printf(out, "*Part %u of %u*\n\n", number, count);
    else if (first == 2)
        g_string_append_printf(out, "*Part 1 of %u is left out.*\n\n", count);
    else if (first > 2)
        g_string_append_printf(out, "*Parts 1 to %u of %u are left out.*\n\n", first - 1, count);
}

/* first: of those that are kept, counted from 1. */
static char *assemble(const Part *part, guint number, guint first, guint count)
{
    GString *out = g_string_new(NULL);

    append_note(out, number, first, count);
    append_openers(out, &part->before);
    g_string_append_len(out, part->body.text, (gssize)part->body.length);
    if (depth(&part->after) > 0 && !g_str_has_suffix(out->str, "\n"))
        g_string_append_c(out, '\n');
    append_closers(out, &part->after);
    if (number < count)
        g_string_append_printf(out, "\n*Continued in part %u of %u*\n", number + 1, count);
    return g_string_free(out, FALSE);
}

GStrv split_markdown(const char *text, gsize limit, guint most)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
    State state = { 0 };
    guint n_left_out;

    if (strlen(text) <= limit) {
        g_strv_builder_add(texts, text);
        return g_strv_builder_end(texts);
    }
    while (*text) {
        Part part = next_part(text, &state, MAX(limit, LEAST_LIMIT));

        g_array_append_val(parts, part);
        text += part.body.length;
        state = part.after;
    }
    n_left_out = most && parts->len > most ? parts->len - most : 0;
    for (guint i = n_left_out; i < parts->len; i++) {
        g_autofree char *part =
            assemble(&g_array_index(parts, Part, i), i + 1, n_left_out + 1, parts->len);

        g_strv_builder_add(texts, part);
    }
    return g_strv_builder_end(texts);
}

char *split_fence_for(const char *text)
{
    return markdown_fence_for(text);
}
