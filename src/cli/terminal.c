// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <glib.h>
#include <stdbool.h>

char *terminal_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);

    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        bool is_blank = g_unichar_isspace(letter); /* git says its advice in lines */

        g_string_append_unichar(out, g_unichar_isprint(letter) ? letter : is_blank ? ' ' : '?');
    }
    return g_string_free(out, FALSE);
}
