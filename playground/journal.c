// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include "sys/js.h"

struct _Journal {
    GPtrArray *lines; /* of json_t objects */
    int last_id;
    int counts[AREAS];
};

const char *const area_names[AREAS] = { "page", "control", "rest", "git", "login", "unknown" };

static void line_free(gpointer data)
{
    json_decref(data);
}

Journal *journal_new(void)
{
    Journal *journal = g_new0(Journal, 1);

    journal->lines = g_ptr_array_new_with_free_func(line_free);
    return journal;
}

void journal_free(Journal *journal)
{
    if (!journal)
        return;
    g_ptr_array_unref(journal->lines);
    g_free(journal);
}

/* The page polls, and tests ask the control API all the time: that would only bury the rest. */
static bool is_worth_a_line(const Entry *entry)
{
    return entry->unexpected || (entry->area != AREA_PAGE && entry->area != AREA_CONTROL);
}

void journal_add(State *state, const Entry *entry)
{
    Journal *journal = state->journal;
    json_t *line;
    g_autofree char *time = time_text(time_now());

    journal->counts[entry->area]++;
    if (!is_worth_a_line(entry))
        return;
    line = json_object();
    json_object_set_new(line, "id", json_integer(++journal->last_id));
    js_set(line, "time", time);
    js_set(line, "area", area_names[entry->area]);
    js_set(line, "method", entry->method);
    js_set(line, "path", entry->path);
    js_set(line, "query", entry->query);
    js_set(line, "user", entry->user ? entry->user->key : NULL);
    json_object_set_new(line, "status", json_integer(entry->status));
    json_object_set_new(line, "fault", json_boolean(entry->fault));
    js_set(line, "unexpected", entry->unexpected);
    g_ptr_array_add(journal->lines, line);
}

json_t *journal_list(const State *state, bool only_unexpected)
{
    const GPtrArray *lines = state->journal->lines;
    json_t *array = json_array();

    for (guint i = 0; i < lines->len; i++)
        if (!only_unexpected || json_object_get(lines->pdata[i], "unexpected"))
            json_array_append(array, lines->pdata[i]);
    return array;
}

json_t *journal_counts(const State *state)
{
    json_t *counts = json_object();

    for (int i = 0; i < AREAS; i++)
        json_object_set_new(counts, area_names[i], json_integer(state->journal->counts[i]));
    return counts;
}

static bool is_expected(gpointer line)
{
    return !json_object_get(line, "unexpected");
}

void journal_clear(State *state, bool only_unexpected)
{
    GPtrArray *lines = state->journal->lines;

    for (guint i = lines->len; i > 0; i--)
        if (!only_unexpected || !is_expected(lines->pdata[i - 1]))
            g_ptr_array_remove_index(lines, i - 1);
    for (int i = 0; !only_unexpected && i < AREAS; i++)
        state->journal->counts[i] = 0;
}
