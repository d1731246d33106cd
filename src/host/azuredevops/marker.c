// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/marker.h"

#include <string.h>

#define OPEN  "<!-- hadal:"
#define CLOSE " -->"

/* Two dashes must not meet inside an HTML comment, and nothing may end it early. */
static char *marker_of(const char *key)
{
    g_autoptr(GString) marker = g_string_new(OPEN);

    for (const char *at = key; *at; at++) {
        bool is_plain = g_ascii_isalnum(*at) || strchr("._:/", *at);
        bool is_lone_dash = *at == '-' && at > key && at[-1] != '-';

        if (is_plain || is_lone_dash)
            g_string_append_c(marker, *at);
        else
            g_string_append_printf(marker, "%%%02X", (unsigned)(guchar)*at);
    }
    g_string_append(marker, CLOSE);
    return g_string_free(g_steal_pointer(&marker), FALSE);
}

char *marker_add(const char *markdown, const char *key)
{
    g_autofree char *marker = marker_of(key);

    return g_strdup_printf("%s\n\n%s", markdown, marker);
}

/* The last line that is not blank. */
static char *last_line(const char *content)
{
    g_autofree char *text = g_strchomp(g_strdup(content));
    const char *newline = strrchr(text, '\n');

    return g_strdup(newline ? newline + 1 : text);
}

bool marker_is_ours(const char *content)
{
    g_autofree char *line = last_line(content);

    return g_str_has_prefix(line, OPEN) && g_str_has_suffix(line, CLOSE);
}

bool marker_has_key(const char *content, const char *key)
{
    g_autofree char *line = last_line(content);
    g_autofree char *marker = marker_of(key);

    return g_str_equal(line, marker);
}
