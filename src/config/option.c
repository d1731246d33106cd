// SPDX-License-Identifier: Apache-2.0
/*
 * Reading of an option table. GOption is not used: it knows neither the nearest name of an unknown
 * flag nor where a value came from, and its help stops the process. What people read is in
 * option_docs.c.
 */
#include "config/option.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/nearest.h"
#include "config/schema.h"
#include "sys/yaml.h"

/* A value as somebody gave it. */
typedef struct {
    char *from; /* "--port", "ATLANTIS_PORT", "hadal.yaml:3:1: port"; NULL: nobody did */
    char *text;
} Given;

typedef struct {
    const OptionTable *table;
    Given *rows; /* one for each row of the table */
} Input;

static void input_clear(Input *input)
{
    for (gsize i = 0; i < input->table->n_rows; i++) {
        g_free(input->rows[i].from);
        g_free(input->rows[i].text);
    }
    g_free(input->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Input, input_clear)

static Given *given_of(const Input *input, const OptionRow *row)
{
    return &input->rows[row - input->table->rows];
}

/* The later call wins. Takes ownership of from. */
static void give(Input *input, const OptionRow *row, char *from, const char *text)
{
    Given *given = given_of(input, row);

    g_free(given->from);
    g_free(given->text);
    given->from = from;
    given->text = g_strdup(text);
}

static bool parse_bool(const char *text, gpointer field)
{
    static const char *const yes[] = { "true", "True", "TRUE", "t", "T", "1", NULL };
    static const char *const no[] = { "false", "False", "FALSE", "f", "F", "0", NULL };

    *(bool *)field = g_strv_contains(yes, text);
    return *(bool *)field || g_strv_contains(no, text);
}

static GStrv parse_list(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();

    for (gsize i = 0; parts[i]; i++)
        if (*g_strstrip(parts[i]))
            g_strv_builder_add(list, parts[i]);
    return g_strv_builder_end(list);
}

static bool are_choices(const OptionRow *row, const char *const *words)
{
    for (gsize i = 0; row->choices && words[i]; i++)
        if (!g_strv_contains(row->choices, words[i]))
            return false;
    return true;
}

static bool set_text(const OptionRow *row, const char *text, char **field)
{
    g_autofree char *own = row->flags & OPTION_LOWER ? g_ascii_strdown(text, -1) : g_strdup(text);

    if (!are_choices(row, (const char *[]){ own, NULL }))
        return false;
    g_free(*field);
    *field = g_steal_pointer(&own);
    return true;
}

static bool set_list(const OptionRow *row, const char *text, GStrv *field)
{
    g_auto(GStrv) list = parse_list(text);

    if (!are_choices(row, (const char *const *)list))
        return false;
    g_strfreev(*field);
    *field = g_steal_pointer(&list);
    return true;
}

/* False when the row does not accept text. */
static bool set_field(const OptionRow *row, const char *text, gpointer field)
{
    switch (row->type) {
    case OPTION_BOOL:
        return parse_bool(text, field);
    case OPTION_INT:
        return g_ascii_string_to_signed(text, 10, row->min, row->max, field, NULL);
    case OPTION_DURATION:
        return clock_duration_parse(text, field) && *(gint64 *)field >= row->min &&
               *(gint64 *)field <= row->max;
    case OPTION_TEXT:
        return set_text(row, text, field);
    case OPTION_LIST:
        return set_list(row, text, field);
    }
    g_assert_not_reached();
}

static bool has_field(const OptionRow *row)
{
    return !(row->flags & OPTION_REFUSED) && !row->instead && !row->needless;
}

static bool is_zero(const char *text)
{
    gint64 number;

    return g_ascii_string_to_signed(text, 10, 0, 0, &number, NULL);
}

/* Atlantis takes "" and 0 for "not set"; lists are trimmed, so " , " is empty too. */
static bool is_default(const OptionRow *row, const char *text)
{
    if (row->type == OPTION_LIST)
        return !text[strspn(text, ", \t")];
    return !*text || (row->type == OPTION_INT && row->min > 0 && is_zero(text));
}

char *option_accepts(const OptionRow *row)
{
    g_autofree char *least = NULL;
    g_autofree char *most = NULL;
    g_autofree char *all = NULL;

    switch (row->type) {
    case OPTION_BOOL:
        return g_strdup("true or false");
    case OPTION_INT:
        if (row->flags & OPTION_REFUSED)
            return g_strdup("a number");
        return g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, row->min,
                               row->max);
    case OPTION_DURATION:
        least = clock_duration_text(row->min);
        most = clock_duration_text(row->max);
        return g_strdup_printf("a duration like 90s, 30m or 1h30m, from %s to %s", least, most);
    case OPTION_TEXT:
    case OPTION_LIST:
        break;
    }
    if (!row->choices)
        return g_strdup(row->type == OPTION_LIST ? "a list with commas" : "text");
    all = g_strjoinv(", ", (GStrv)row->choices);
    return g_strdup_printf(row->type == OPTION_LIST ? "a list with commas of %s" : "one of %s",
                           all);
}

/* A refused row has no field: its values are only compared. */
static bool is_same(const OptionRow *row, const char *text, const char *other)
{
    bool is_on = false, other_is_on = false;
    gint64 number = 0, other_number = 0;

    switch (row->type) {
    case OPTION_BOOL:
        return parse_bool(text, &is_on) && parse_bool(other, &other_is_on) && is_on == other_is_on;
    case OPTION_INT:
        return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL) &&
               g_ascii_string_to_signed(other, 10, G_MININT64, G_MAXINT64, &other_number, NULL) &&
               number == other_number;
    case OPTION_DURATION:
        return clock_duration_parse(text, &number) && clock_duration_parse(other, &other_number) &&
               number == other_number;
    case OPTION_TEXT:
    case OPTION_LIST:
        return g_str_equal(text, other);
    }
    g_assert_not_reached();
}

static bool check_refused(const OptionTable *table, const OptionRow *row, const Given *given,
                          GError **error)
{
    return is_default(row, given->text) || (row->def && is_same(row, given->text, row->def)) ||
           (row->also && is_same(row, given->text, row->also)) ||
           hadal_throw(error, HADAL_ERROR_INVALID, "%s is not supported yet: see %s", given->from,
                       table->see_refused);
}

static bool refuse_value(const OptionRow *row, const Given *given, GError **error)
{
    g_autofree char *wanted = option_accepts(row);
    g_autofree char *value =
        row->flags & OPTION_SECRET ? g_strdup("...") : schema_shown(given->text);

    return hadal_throw(error, HADAL_ERROR_INVALID, "%s must be %s, not \"%s\"", given->from, wanted,
                       value);
}

static bool set_row(const OptionRow *row, const Given *given, gpointer target, GError **error)
{
    return is_default(row, given->text) ||
           set_field(row, given->text, G_STRUCT_MEMBER_P(target, row->offset)) ||
           refuse_value(row, given, error);
}

/* There is no field to set; only switches and numbers are needless. */
static bool is_value(const OptionRow *row, const char *text)
{
    gint64 number;
    bool is_on;

    if (row->type == OPTION_BOOL)
        return parse_bool(text, &is_on);
    return g_ascii_string_to_signed(text, 10, row->min, row->max, &number, NULL);
}

static bool check_needless(const OptionRow *row, const Given *given, GError **error)
{
    if (is_default(row, given->text))
        return true;
    if (!is_value(row, given->text))
        return refuse_value(row, given, error);
    if (!is_same(row, given->text, row->def))
        log_line(LEVEL_INFO, NULL, "%s is not needed: %s", given->from, row->needless);
    return true;
}

const OptionRow *option_find(const OptionTable *table, const char *name)
{
    for (gsize i = 0; i < table->n_rows; i++)
        if (g_str_equal(table->rows[i].name, name))
            return &table->rows[i];
    return NULL;
}

/* ": did you mean --port?", or what to read instead; the caller frees it. */
static char *hint(const OptionTable *table, const char *dashes, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new(); /* of const char *, borrowed */
    const char *nearest;

    for (gsize i = 0; i < table->n_rows; i++)
        g_ptr_array_add(names, (gpointer)table->rows[i].name);
    g_ptr_array_add(names, NULL);
    nearest = nearest_word(name, (const char *const *)names->pdata);
    return nearest ? g_strdup_printf(": did you mean %s%s?", dashes, nearest)
                   : g_strdup(": --help lists what there is");
}

/* Never shows what stands behind "=": it may be a secret with a misspelt name. */
static bool refuse_flag(const OptionTable *table, const char *name, GError **error)
{
    g_autofree char *what = schema_shown(name);
    g_autofree char *more = hint(table, "--", name);

    return hadal_throw(error, HADAL_ERROR_INVALID, "--%s is not a flag%s", what, more);
}

static bool refuse_word(const char *word, GError **error)
{
    g_autofree char *what = schema_shown(word);
    bool value = false;

    return hadal_throw(error, HADAL_ERROR_INVALID, "unexpected \"%s\"%s", what,
                       parse_bool(word, &value) ? ": a switch takes its value as --name=false"
                                                : "");
}

/* One flag from the front of *argv. */
static bool read_flag(Input *input, const char *const **argv, GError **error)
{
    const char *arg = *(*argv)++;
    const char *equals = strchr(arg, '=');
    g_autofree char *flag = equals ? g_strndup(arg, (gsize)(equals - arg)) : g_strdup(arg);
    const char *name = flag + strlen("--");
    const OptionRow *row = option_find(input->table, name);
    const char *text = equals ? equals + 1 : "true";

    if (!row)
        return refuse_flag(input->table, name, error);
    if (!equals && row->type != OPTION_BOOL) {
        g_autofree char *wanted = option_accepts(row);

        if (!**argv)
            return hadal_throw(error, HADAL_ERROR_INVALID, "%s needs a value: %s", flag, wanted);
        text = *(*argv)++;
    }
    give(input, row, g_steal_pointer(&flag), text);
    return true;
}

static bool read_argv(Input *input, const char *const *argv, GError **error)
{
    while (*argv) {
        if (!g_str_has_prefix(*argv, "--") || g_str_equal(*argv, "--"))
            return refuse_word(*argv, error);
        if (!read_flag(input, &argv, error))
            return false;
    }
    return true;
}

char *option_env_name(const char *prefix, const OptionRow *row)
{
    g_autofree char *upper = g_ascii_strup(row->name, -1);

    return g_strconcat(prefix, g_strdelimit(upper, "-", '_'), NULL);
}

/* Kubernetes sets ATLANTIS_PORT=tcp://... in every pod beside a service named "atlantis". */
static bool is_service_link(const OptionRow *row, const char *value)
{
    return (row->type == OPTION_INT || row->type == OPTION_DURATION) &&
           (g_str_has_prefix(value, "tcp://") || g_str_has_prefix(value, "udp://"));
}

static void read_env_row(Input *input, const OptionRow *row, const char *const *env)
{
    for (gsize i = 0; input->table->env_prefixes[i]; i++) {
        g_autofree char *name = option_env_name(input->table->env_prefixes[i], row);
        const char *value = g_environ_getenv((GStrv)env, name);

        if (value && *value && !is_service_link(row, value)) {
            give(input, row, g_steal_pointer(&name), value);
            return;
        }
    }
}

static void read_env(Input *input, const char *const *env)
{
    for (gsize i = 0; i < input->table->n_rows; i++)
        if (!input->rows[i].from)
            read_env_row(input, &input->table->rows[i], env);
}

static bool read_key(Input *input, const char *file, const YamlNode *key, const YamlNode *value,
                     GError **error)
{
    const OptionTable *table = input->table;
    const OptionRow *row = option_find(table, key->text);
    g_autofree char *what = schema_shown(key->text);
    g_autofree char *from = g_strdup_printf("%s:%u:%u: %s", file, key->line, key->column, what);

    if (table->refused_keys && g_strv_contains(table->refused_keys, key->text))
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s is not supported yet: see %s", from,
                           table->see_refused);
    if (!row) {
        g_autofree char *more = hint(table, "", key->text);
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s is not a setting%s", from, more);
    }
    if (g_str_equal(row->name, table->file_option))
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s cannot be set in the file itself", from);
    if (value->kind != NODE_TEXT)
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s must be a single value", from);
    if (!given_of(input, row)->from)
        give(input, row, g_steal_pointer(&from), value->text);
    return true;
}

/* No setting at all is a valid file: everything in it may be commented out. */
static bool is_blank(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (gsize i = 0; lines[i]; i++)
        if (*g_strstrip(lines[i]) && lines[i][0] != '#' && !g_str_equal(lines[i], "---"))
            return false;
    return true;
}

static bool read_file(Input *input, const char *from, const char *file, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(YamlDoc) doc = NULL;
    g_autoptr(GError) why = NULL;
    const YamlNode *root;

    if (!g_file_get_contents(file, &text, NULL, &why))
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s: %s", from, why->message);
    if (is_blank(text))
        return true;
    doc = yaml_doc_parse(file, text, error);
    if (!doc)
        return false;
    root = yaml_doc_root(doc);
    if (root->kind != NODE_MAP)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "%s:%u:%u: must be settings, \"name: value\"", file, root->line,
                           root->column);
    for (guint i = 0; i < root->keys->len; i++)
        if (!read_key(input, file, root->keys->pdata[i], root->items->pdata[i], error))
            return false;
    return true;
}

/* The most important first: the file's name is known only after the other two. */
static bool read_all(Input *input, const char *const *argv, const char *const *env, GError **error)
{
    const char *file_option = input->table->file_option;
    const Given *file =
        file_option ? given_of(input, option_find(input->table, file_option)) : NULL;

    if (!read_argv(input, argv, error))
        return false;
    read_env(input, env);
    return !file || !file->from || !*file->text || read_file(input, file->from, file->text, error);
}

/* What was given under a deprecated name counts where the new one was not given. */
static void move_deprecated(Input *input, const OptionRow *row)
{
    Given *old = given_of(input, row);
    const OptionRow *instead = option_find(input->table, row->instead);
    const Given *given = given_of(input, instead);

    if (!old->from || !*old->text)
        return;
    log_line(LEVEL_WARN, NULL, "%s is deprecated: use --%s", old->from, row->instead);
    if (!given->from || !*given->text)
        give(input, instead, g_steal_pointer(&old->from), old->text);
}

static bool check_required(const OptionTable *table, const OptionRow *row, const Given *given,
                           GError **error)
{
    g_autofree char *env = NULL;

    if (!(row->flags & OPTION_REQUIRED) || (given->from && !is_default(row, given->text)))
        return true;
    env = option_env_name(table->env_prefixes[0], row);
    return hadal_throw(error, HADAL_ERROR_INVALID, "--%s (%s) must be set: %s", row->name, env,
                       row->help);
}

static void set_default(const OptionRow *row, gpointer target)
{
    gpointer field = G_STRUCT_MEMBER_P(target, row->offset);

    if (row->def)
        g_assert(set_field(row, row->def, field));
    else if (row->type == OPTION_LIST)
        *(GStrv *)field = g_new0(char *, 1);
}

static bool use_row(const OptionTable *table, const OptionRow *row, const Given *given,
                    gpointer target, GError **error)
{
    if (row->flags & OPTION_REFUSED)
        return !given->from || check_refused(table, row, given, error);
    if (row->needless)
        return !given->from || check_needless(row, given, error);
    if (!has_field(row))
        return true;
    set_default(row, target);
    return !given->from || set_row(row, given, target, error);
}

bool option_load(const OptionTable *table, const char *const *argv, const char *const *env,
                 gpointer target, GError **error)
{
    g_auto(Input) input = { .table = table, .rows = g_new0(Given, table->n_rows) };

    if (!read_all(&input, argv, env, error))
        return false;
    for (gsize i = 0; i < table->n_rows; i++)
        if (table->rows[i].instead)
            move_deprecated(&input, &table->rows[i]);
    for (gsize i = 0; i < table->n_rows; i++)
        if (!use_row(table, &table->rows[i], &input.rows[i], target, error))
            return false;
    for (gsize i = 0; i < table->n_rows && !table->is_partial; i++)
        if (!check_required(table, &table->rows[i], &input.rows[i], error))
            return false;
    return true;
}

void option_clear(const OptionTable *table, gpointer target)
{
    for (gsize i = 0; i < table->n_rows; i++) {
        gpointer field = G_STRUCT_MEMBER_P(target, table->rows[i].offset);

        if (!has_field(&table->rows[i]))
            continue;
        if (table->rows[i].type == OPTION_TEXT)
            g_clear_pointer((char **)field, g_free);
        else if (table->rows[i].type == OPTION_LIST)
            g_clear_pointer((GStrv *)field, g_strfreev);
    }
}
