// SPDX-License-Identifier: Apache-2.0
#include "cli/own_options.h"

#include <string.h>

#include "config/settings.h"

void own_words_take(const OptionTable *own_table, OwnWords *words, const char *const **argv)
{
    const char *arg = *(*argv)++;
    g_autofree char *name = g_strndup(arg + 2, strcspn(arg + 2, "="));
    const OptionRow *own = option_find(own_table, name);
    const OptionRow *row = own ? own : option_find(&settings_table, name);
    GStrvBuilder *into = own ? words->own : words->server;

    g_strv_builder_add(into, arg);
    if (row && row->type != OPTION_BOOL && !strchr(arg, '=') && **argv)
        g_strv_builder_add(into, *(*argv)++);
}

void own_words_clear(OwnWords *words)
{
    g_clear_pointer(&words->own, g_strv_builder_unref);
    g_clear_pointer(&words->server, g_strv_builder_unref);
}

char *own_options_help(const OptionTable *own_table, const char *const *told)
{
    guint n = g_strv_length((char **)told);
    g_autofree OptionRow *rows = g_new0(OptionRow, n);
    const OptionTable server_table = { .rows = rows, .n_rows = n };
    g_autofree char *own = option_help(own_table);
    g_autofree char *server = NULL;

    for (guint i = 0; i < n; i++) {
        rows[i] = *option_find(&settings_table, told[i]);
        rows[i].group = "Settings of the server";
    }
    server = option_help(&server_table);
    return g_strconcat(own, "\n", server,
                       "\nThe other flags of \"hadal server\" and its environment variables are "
                       "taken too.\n",
                       NULL);
}
