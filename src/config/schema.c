// SPDX-License-Identifier: Apache-2.0
/* Reading and freeing by tables of keys. What people and editors read is in schema_docs.c. */
#include "config/schema.h"

#include <string.h>

#include "base/clock.h"
#include "base/nearest.h"

enum { SHOWN_CHARS = 80 };

bool schema_refuse(GError **error, const SchemaReader *reader, const YamlNode *node,
                   const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    return hadal_throw(error, HADAL_ERROR_INVALID, "%s:%u:%u: %s", reader->file, node->line,
                       node->column, what);
}

char *schema_shown(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *start = NULL;

    if (g_utf8_strlen(valid, -1) <= SHOWN_CHARS)
        return g_steal_pointer(&valid);
    start = g_utf8_substring(valid, 0, SHOWN_CHARS);
    return g_strconcat(start, "...", NULL);
}

char *schema_words_text(const KeyWord *words)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (const KeyWord *word = words; word->word; word++)
        g_string_append_printf(out, "%s%s",
                               word == words  ? ""
                               : word[1].word ? ", "
                                              : " or ",
                               word->word);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Where a value is being read: enough for messages. */
typedef struct {
    const SchemaReader *reader;
    const char *what; /* of the schema */
    const Key *key;
} Place;

#define refuse(place, node, error, ...) \
    refuse_value((place), (node), (error), g_strdup_printf(__VA_ARGS__))

/* "file:1:2: project: dir must be text". Takes problem. */
static bool refuse_value(const Place *place, const YamlNode *node, GError **error, char *problem)
{
    g_autofree char *own = problem;

    return schema_refuse(error, place->reader, node, "%s: %s %s", place->what, place->key->name,
                         own);
}

/* The same, and the value. Takes wanted. */
static bool refuse_text(const Place *place, const YamlNode *node, GError **error, char *wanted)
{
    g_autofree char *own = wanted;
    g_autofree char *value = schema_shown(node->text);

    return refuse(place, node, error, "must be %s, not \"%s\"", own, value);
}

/* What YAML 1.1 and Go's reader take for a switch. */
static bool parse_bool(const char *text, bool *out)
{
    static const char *const yes[] = { "true", "yes", "on", "y", NULL };
    static const char *const no[] = { "false", "no", "off", "n", NULL };
    g_autofree char *lower = g_ascii_strdown(text, -1);

    *out = g_strv_contains(yes, lower);
    return *out || g_strv_contains(no, lower);
}

static const KeyWord *find_word(const KeyWord *words, const char *text)
{
    for (; words->word; words++)
        if (g_str_equal(words->word, text))
            return words;
    return NULL;
}

static char *duration_range(const Key *key)
{
    g_autofree char *least = clock_duration_text(key->min);
    g_autofree char *most = clock_duration_text(key->max);

    return g_strdup_printf("a duration like 90s, 30m or 1h30m, from %s to %s", least, most);
}

static char *set_int(const Key *key, const char *text, gint64 *field)
{
    if (g_ascii_string_to_signed(text, 10, key->min, key->max, field, NULL))
        return NULL;
    return g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key->min,
                           key->max);
}

static char *set_duration(const Key *key, const char *text, gint64 *field)
{
    gint64 ms;

    if (!clock_duration_parse(text, &ms) || ms < key->min || ms > key->max)
        return duration_range(key);
    *field = ms;
    return NULL;
}

static char *set_choice(const Key *key, const char *text, unsigned *field)
{
    const KeyWord *word = find_word(key->words, text);

    if (!word)
        return schema_words_text(key->words);
    *field = word->value;
    return NULL;
}

/* NULL once field is set, or what the key accepts. Defaults come through here too. */
static char *set_scalar(const Key *key, const char *text, gpointer field)
{
    switch (key->type) {
    case KEY_BOOL:
        return parse_bool(text, field) ? NULL : g_strdup("true or false");
    case KEY_INT:
        return set_int(key, text, field);
    case KEY_DURATION:
        return set_duration(key, text, field);
    case KEY_CHOICE:
        return set_choice(key, text, field);
    case KEY_TEXT:
        g_free(*(char **)field);
        *(char **)field = g_strdup(text);
        return NULL;
    default:
        g_assert_not_reached();
    }
}

static bool check_text(const Place *place, const YamlNode *node, GError **error)
{
    const Key *key = place->key;
    g_autofree char *wrong = key->check ? key->check(node->text) : NULL;
    g_autofree char *value = NULL;

    if (key->flags & KEY_NOT_EMPTY && !*node->text)
        return refuse(place, node, error, "must not be empty");
    if (!wrong)
        return true;
    value = schema_shown(node->text);
    return refuse(place, node, error, "%s, not \"%s\"", wrong, value);
}

static bool read_scalar(const Place *place, const YamlNode *node, gpointer field, GError **error)
{
    char *wanted;

    if (node->kind != NODE_TEXT)
        return refuse(place, node, error, "must be a single value");
    wanted = set_scalar(place->key, node->text, field);
    if (wanted)
        return refuse_text(place, node, error, wanted);
    return place->key->type != KEY_TEXT || check_text(place, node, error);
}

static bool read_regex(const Place *place, const YamlNode *node, Regex **field, GError **error)
{
    const char *text = node->kind == NODE_TEXT ? node->text : "";
    gsize length = strlen(text);
    bool is_slashed = length >= 2 && *text == '/' && text[length - 1] == '/';
    g_autofree char *pattern = is_slashed ? g_strndup(text + 1, length - 2) : NULL;
    bool wants_slashes = place->key->flags & KEY_SLASHED;
    g_autoptr(GError) why = NULL;

    if (node->kind != NODE_TEXT)
        return refuse(place, node, error, "must be a single value");
    if (wants_slashes && !is_slashed)
        return refuse_text(place, node, error, g_strdup("a pattern between slashes, /.../"));
    *field = regex_new(wants_slashes ? pattern : text, &why);
    return *field || refuse(place, node, error, "is %s", why->message);
}

static bool read_texts(const Place *place, const YamlNode *node, GStrv *field, GError **error)
{
    g_autofree char *what = g_strdup_printf("%s: %s", place->what, place->key->name);

    if (!schema_read_texts(place->reader, what, node, field, error))
        return false;
    for (guint i = 0; i < node->items->len; i++)
        if (!check_text(place, node->items->pdata[i], error))
            return false;
    return true;
}

static bool read_choices(const Place *place, const YamlNode *node, unsigned *field, GError **error)
{
    g_auto(GStrv) texts = NULL;

    if (!read_texts(place, node, &texts, error))
        return false;
    for (guint i = 0; texts[i]; i++) {
        const KeyWord *word = find_word(place->key->words, texts[i]);

        if (!word) {
            char *words = schema_words_text(place->key->words);
            g_autofree char *wanted = words;

            return refuse_text(place, node->items->pdata[i], error,
                               g_strdup_printf("a list of %s", wanted));
        }
        *field |= word->value;
    }
    return true;
}

static bool read_object(const Place *place, const YamlNode *node, gpointer field, GError **error)
{
    if (node->kind != NODE_MAP)
        return refuse(place, node, error, "must be a mapping, \"key: value\"");
    return schema_read(place->key->of, place->reader, node, field, error);
}

/* Adds it before it is complete, so that what clears the list finds it. */
static gpointer add_object(const Schema *schema, GPtrArray *list)
{
    gpointer object = g_malloc0(schema->size);

    g_ptr_array_add(list, object);
    return object;
}

static bool read_objects(const Place *place, const YamlNode *node, GPtrArray **field,
                         GError **error)
{
    const Schema *of = place->key->of;

    if (node->kind != NODE_LIST)
        return refuse(place, node, error, "must be a list");
    *field = g_ptr_array_new();
    for (guint i = 0; i < node->items->len; i++) {
        const YamlNode *item = node->items->pdata[i];

        if (item->kind != NODE_MAP)
            return refuse(place, item, error, "must be a list of mappings, \"- key: value\"");
        if (!schema_read(of, place->reader, item, add_object(of, *field), error))
            return false;
    }
    return true;
}

static bool read_map(const Place *place, const YamlNode *node, GPtrArray **field, GError **error)
{
    const Schema *of = place->key->of;

    if (node->kind != NODE_MAP)
        return refuse(place, node, error, "must be a mapping of names");
    *field = g_ptr_array_new();
    for (guint i = 0; i < node->items->len; i++) {
        const YamlNode *name = node->keys->pdata[i], *item = node->items->pdata[i];
        gpointer object = add_object(of, *field);

        G_STRUCT_MEMBER(char *, object, of->name_offset) = g_strdup(name->text);
        if (item->is_null)
            G_STRUCT_MEMBER(const YamlNode *, object, of->node_offset) = item;
        else if (item->kind != NODE_MAP)
            return refuse(place, item, error, "must hold mappings: \"%s\" is none", name->text);
        else if (!schema_read(of, place->reader, item, object, error))
            return false;
    }
    return true;
}

static bool read_value(const Place *place, const YamlNode *node, gpointer field, GError **error)
{
    const Key *key = place->key;

    switch (key->type) {
    case KEY_BOOL:
    case KEY_INT:
    case KEY_DURATION:
    case KEY_CHOICE:
    case KEY_TEXT:
        return read_scalar(place, node, field, error);
    case KEY_TEXTS:
        return read_texts(place, node, field, error);
    case KEY_REGEX:
        return read_regex(place, node, field, error);
    case KEY_CHOICES:
        return read_choices(place, node, field, error);
    case KEY_OBJECT:
        return read_object(place, node, field, error);
    case KEY_OBJECTS:
        return read_objects(place, node, field, error);
    case KEY_MAP:
        return read_map(place, node, field, error);
    case KEY_CUSTOM:
        return key->custom->read(place->reader, key, node, field, error);
    case KEY_UNUSED:
        return true;
    case KEY_REFUSED:
        return schema_refuse(error, place->reader, node,
                             "%s: %s is not supported yet: see "
                             "docs/compatibility.md",
                             place->what, key->name);
    }
    g_assert_not_reached();
}

static const Key *find_key(const Schema *schema, const char *name)
{
    for (gsize i = 0; i < schema->n_keys; i++)
        if (g_str_equal(schema->keys[i].name, name))
            return &schema->keys[i];
    return NULL;
}

static bool refuse_key(const Schema *schema, const SchemaReader *reader, const YamlNode *name,
                       GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new(); /* of const char *, borrowed */
    g_autofree char *shown = schema_shown(name->text);
    const char *nearest;

    for (gsize i = 0; i < schema->n_keys; i++)
        g_ptr_array_add(names, (gpointer)schema->keys[i].name);
    g_ptr_array_add(names, NULL);
    nearest = nearest_word(name->text, (const char *const *)names->pdata);
    if (nearest)
        return schema_refuse(error, reader, name, "%s: unknown key \"%s\": did you mean \"%s\"?",
                             schema->what, shown, nearest);
    g_ptr_array_set_size(names, (gint)names->len - 1);
    g_ptr_array_add(names, NULL);
    g_autofree char *all = g_strjoinv(", ", (GStrv)names->pdata);

    return schema_refuse(error, reader, name, "%s: unknown key \"%s\"; known are %s", schema->what,
                         shown, all);
}

static void set_defaults(const Schema *schema, gpointer out)
{
    for (gsize i = 0; i < schema->n_keys; i++) {
        const Key *key = &schema->keys[i];
        gpointer field = G_STRUCT_MEMBER_P(out, key->offset);

        if (key->def)
            g_assert(!set_scalar(key, key->def, field));
        if (key->type == KEY_OBJECT)
            set_defaults(key->of, field);
    }
}

static bool check_required(const Schema *schema, const SchemaReader *reader, const YamlNode *node,
                           GError **error)
{
    for (gsize i = 0; i < schema->n_keys; i++)
        if (schema->keys[i].flags & KEY_REQUIRED && !schema_key_node(node, schema->keys[i].name))
            return schema_refuse(error, reader, node, "%s: %s is missing", schema->what,
                                 schema->keys[i].name);
    return true;
}

bool schema_read(const Schema *schema, const SchemaReader *reader, const YamlNode *node,
                 gpointer out, GError **error)
{
    if (node->kind != NODE_MAP)
        return schema_refuse(error, reader, node, "%s: must be a mapping, \"key: value\"",
                             schema->what);
    G_STRUCT_MEMBER(const YamlNode *, out, schema->node_offset) = node;
    set_defaults(schema, out);
    for (guint i = 0; i < node->keys->len; i++) {
        const YamlNode *name = node->keys->pdata[i], *value = node->items->pdata[i];
        const Place place = { reader, schema->what, find_key(schema, name->text) };

        if (!place.key)
            return refuse_key(schema, reader, name, error);
        if (!value->is_null &&
            !read_value(&place, value, G_STRUCT_MEMBER_P(out, place.key->offset), error))
            return false;
    }
    return check_required(schema, reader, node, error);
}

static void clear_list(const Schema *of, GPtrArray **list)
{
    for (guint i = 0; *list && i < (*list)->len; i++)
        schema_free(of, (*list)->pdata[i]);
    g_clear_pointer(list, g_ptr_array_unref);
}

static void clear_key(const Key *key, gpointer field)
{
    switch (key->type) {
    case KEY_TEXT:
        g_clear_pointer((char **)field, g_free);
        return;
    case KEY_TEXTS:
        g_clear_pointer((GStrv *)field, g_strfreev);
        return;
    case KEY_REGEX:
        g_clear_pointer((Regex **)field, regex_free);
        return;
    case KEY_OBJECT:
        schema_clear(key->of, field);
        return;
    case KEY_OBJECTS:
    case KEY_MAP:
        clear_list(key->of, field);
        return;
    case KEY_CUSTOM:
        key->custom->clear(field);
        return;
    default:
        return;
    }
}

void schema_clear(const Schema *schema, gpointer object)
{
    for (gsize i = 0; i < schema->n_keys; i++)
        clear_key(&schema->keys[i], G_STRUCT_MEMBER_P(object, schema->keys[i].offset));
    if (schema->name_offset)
        g_clear_pointer(&G_STRUCT_MEMBER(char *, object, schema->name_offset), g_free);
}

void schema_free(const Schema *schema, gpointer object)
{
    if (!object)
        return;
    schema_clear(schema, object);
    g_free(object);
}

const YamlNode *schema_key_node(const YamlNode *map, const char *name)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (guint i = 0; i < map->keys->len; i++) {
        const YamlNode *value = map->items->pdata[i];

        if (g_str_equal(((const YamlNode *)map->keys->pdata[i])->text, name))
            return value->is_null ? NULL : value;
    }
    return NULL;
}

bool schema_read_text(const SchemaReader *reader, const char *what, const YamlNode *node,
                      char **out, GError **error)
{
    if (node->kind != NODE_TEXT)
        return schema_refuse(error, reader, node, "%s must be text", what);
    g_free(*out);
    *out = g_strdup(node->text);
    return true;
}

bool schema_read_texts(const SchemaReader *reader, const char *what, const YamlNode *node,
                       GStrv *out, GError **error)
{
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();

    if (node->kind != NODE_LIST)
        return schema_refuse(error, reader, node, "%s must be a list of texts, \"- text\"", what);
    for (guint i = 0; i < node->items->len; i++) {
        const YamlNode *item = node->items->pdata[i];

        if (item->kind != NODE_TEXT)
            return schema_refuse(error, reader, item, "%s must be a list of texts", what);
        g_strv_builder_add(texts, item->text);
    }
    g_strfreev(*out);
    *out = g_strv_builder_end(texts);
    return true;
}
