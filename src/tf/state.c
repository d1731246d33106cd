// SPDX-License-Identifier: Apache-2.0
#include "tf/state.h"

#include <string.h>

#include "sys/js.h"

/*
 * Where the plain values at the beginning end: at the comma before the first list or object inside,
 * or at the end of the whole.
 */
static gsize end_of_plain_values(const char *text, gsize length)
{
    bool is_in_text = false;
    gsize comma = 0;

    for (gsize i = 1; i < length; i++) {
        if (is_in_text && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            is_in_text = !is_in_text;
        else if (!is_in_text && text[i] == ',')
            comma = i;
        else if (!is_in_text && text[i] == '}')
            return i;
        else if (!is_in_text && (text[i] == '{' || text[i] == '['))
            return comma;
    }
    return comma;
}

void state_head_read(const char *text, gsize length, char **lineage, gint64 *serial)
{
    gsize begin = 0, end;
    g_autofree char *head = NULL;
    const char *found;

    *lineage = NULL;
    *serial = -1;
    while (begin < length && g_ascii_isspace(text[begin]))
        begin++;
    if (begin == length || text[begin] != '{')
        return;
    end = end_of_plain_values(text + begin, length - begin);
    head = g_strdup_printf("%.*s}", (int)MIN(end, STATE_HEAD), text + begin);
    json_t *parsed = js_parse(head, strlen(head), NULL); /* what is no JSON tells nothing */
    json_auto_t *state = parsed;
    found = state ? js_get(state, "lineage", NULL) : NULL;
    if (!found || !*found)
        return;
    *lineage = g_strdup(found);
    *serial = js_get_int(state, "serial", -1);
}
