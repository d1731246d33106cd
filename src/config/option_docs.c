// SPDX-License-Identifier: Apache-2.0
/* What people read about an option table: --help and the reference page. */
#include <string.h>

#include "config/option.h"

enum { WIDTH = 80, INDENT = 8 };

/* Breaks text at spaces, each line indented. */
static void add_wrapped(GString *out, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize column = 0;

    for (gsize i = 0; words[i]; i++) {
        gsize length = strlen(words[i]);

        if (i == 0 || column + 1 + length > WIDTH) {
            g_string_append_printf(out, "%s%*s%s", i ? "\n" : "", INDENT, "", words[i]);
            column = INDENT + length;
        } else {
            g_string_append_printf(out, " %s", words[i]);
            column += 1 + length;
        }
    }
    g_string_append_c(out, '\n');
}

/* A refused row takes nothing but its default. */
static bool has_limits(const OptionRow *row)
{
    return !(row->flags & OPTION_REFUSED) &&
           (row->type == OPTION_INT || row->type == OPTION_DURATION || row->choices);
}

/* What is true of the value besides the sentence of the row; the caller frees it. */
static char *conditions(const OptionRow *row)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *accepts = option_accepts(row);

    if (row->instead)
        g_string_append_printf(out, " Deprecated: use --%s.", row->instead);
    if (row->flags & OPTION_REQUIRED)
        g_string_append(out, " Required.");
    if (has_limits(row))
        g_string_append_printf(out, " Takes %s.", accepts);
    if (row->flags & OPTION_SECRET)
        g_string_append(out, " Secret.");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void add_help_row(const OptionRow *row, GString *out)
{
    g_autofree char *more = conditions(row);
    g_autoptr(GString) text = g_string_new(row->help);

    g_string_append(text, more);
    if (row->def)
        g_string_append_printf(text, " (default: %s)", row->def);
    g_string_append_printf(out, "  --%s%s\n", row->name, row->type == OPTION_BOOL ? "" : " VALUE");
    add_wrapped(out, text->str);
}

static void add_help_needless(const OptionTable *table, GString *out)
{
    bool is_first = true;

    for (gsize i = 0; i < table->n_rows; i++) {
        const OptionRow *row = &table->rows[i];
        g_autofree char *text = g_strdup_printf("%s Not needed: %s.", row->help, row->needless);

        if (!row->needless)
            continue;
        g_string_append_printf(out, "%s  --%s%s\n", is_first ? "\nAccepted, and not needed\n" : "",
                               row->name, row->type == OPTION_BOOL ? "" : " VALUE");
        add_wrapped(out, text);
        is_first = false;
    }
}

char *option_help(const OptionTable *table)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) refused = g_string_new(NULL);
    const char *group = NULL;

    for (gsize i = 0; i < table->n_rows; i++) {
        const OptionRow *row = &table->rows[i];

        if (row->flags & OPTION_REFUSED) {
            g_string_append_printf(refused, "%s--%s", refused->len ? " " : "", row->name);
            continue;
        }
        if (row->needless)
            continue;
        if (g_strcmp0(group, row->group))
            g_string_append_printf(out, "%s%s\n", group ? "\n" : "", row->group);
        group = row->group;
        add_help_row(row, out);
    }
    add_help_needless(table, out);
    if (refused->len) {
        g_string_append(out, "\nKnown, but not supported yet\n");
        add_wrapped(out, refused->str);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void add_markdown_row(const OptionTable *table, const OptionRow *row, GString *out)
{
    /* What Atlantis has is looked for under Atlantis's name, which stands last. */
    const char *const *prefixes = table->env_prefixes;
    const char *prefix =
        row->flags & OPTION_OURS ? prefixes[0] : prefixes[g_strv_length((GStrv)prefixes) - 1];
    g_autofree char *env = option_env_name(prefix, row);
    g_autofree char *more = conditions(row);
    g_autofree char *def = row->def ? g_strdup_printf("`%s`", row->def) : g_strdup("");

    g_string_append_printf(out, "| `--%s` | `%s` | %s | %s%s |\n", row->name, env, def, row->help,
                           more);
}

static void add_markdown_needless(const OptionTable *table, GString *out)
{
    g_string_append(out,
                    "\n## Accepted, and not needed\n\nWhat these ask for holds anyway. Any valid "
                    "value is taken.\n\n| Flag | Default | Asks for | Not needed, because |\n"
                    "|---|---|---|---|\n");
    for (gsize i = 0; i < table->n_rows; i++) {
        const OptionRow *row = &table->rows[i];

        if (row->needless)
            g_string_append_printf(out, "| `--%s` | `%s` | %s | %s |\n", row->name, row->def,
                                   row->help, row->needless);
    }
}

/* The rows with these of the flags: OPTION_REFUSED or none. */
static void add_markdown_rows(const OptionTable *table, unsigned flags, GString *out)
{
    const char *group = NULL;

    for (gsize i = 0; i < table->n_rows; i++) {
        const OptionRow *row = &table->rows[i];

        if ((row->flags & OPTION_REFUSED) != flags || row->needless)
            continue;
        if (g_strcmp0(group, row->group))
            g_string_append_printf(out,
                                   "\n%s %s\n\n| Flag | Environment | Default | Meaning |\n"
                                   "|---|---|---|---|\n",
                                   flags ? "###" : "##", row->group);
        group = row->group;
        add_markdown_row(table, row, out);
    }
}

char *option_flags_markdown(const OptionTable *table)
{
    GString *out = g_string_new("| Flag | Default | Meaning |\n|---|---|---|\n");

    for (gsize i = 0; i < table->n_rows; i++) {
        const OptionRow *row = &table->rows[i];
        g_autofree char *more = conditions(row);
        g_autofree char *def = row->def ? g_strdup_printf("`%s`", row->def) : g_strdup("");

        g_string_append_printf(out, "| `--%s` | %s | %s%s |\n", row->name, def, row->help, more);
    }
    return g_string_free(out, FALSE);
}

char *option_markdown(const OptionTable *table)
{
    g_autoptr(GString) out = g_string_new(NULL);

    add_markdown_rows(table, 0, out);
    add_markdown_needless(table, out);
    g_string_append_printf(out,
                           "\n## Not supported yet\n\nThese are known. Set to anything but the "
                           "default, they stop the start: see `%s`.\n",
                           table->see_refused);
    add_markdown_rows(table, OPTION_REFUSED, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
