// SPDX-License-Identifier: Apache-2.0
#include "config/version_text.h"

#include <glib.h>
#include <string.h>

enum { LONGEST = 64, NUMBERS = 3 };

/* How many bytes "1.9.5" takes, and how many numbers are in it; 0 when they are not numbers. */
static gsize numbers(const char *text, int *count)
{
    const char *at = text;

    for (*count = 0; g_ascii_isdigit(*at); at++) {
        at += strspn(at, "0123456789");
        ++*count;
        if (*at != '.')
            return (gsize)(at - text);
    }
    return 0;
}

char *version_text_exact(const char *text)
{
    g_autoptr(GString) out = NULL;
    gsize length;
    int count;

    if (*text == 'v')
        text++;
    length = numbers(text, &count);
    if (length == 0 || count > NUMBERS || strlen(text) > LONGEST)
        return NULL;
    if (text[length] && (!strchr("-+", text[length]) || !text[length + 1]))
        return NULL;
    for (const char *c = text + length; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("-+.", *c))
            return NULL;
    out = g_string_new_len(text, (gssize)length);
    while (count++ < NUMBERS)
        g_string_append(out, ".0");
    g_string_append(out, text + length);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
