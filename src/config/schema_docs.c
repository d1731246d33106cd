// SPDX-License-Identifier: Apache-2.0
/* What people and editors read about tables of keys: the reference pages and JSON Schemas. */
#include <string.h>

#include "base/clock.h"
#include "config/schema.h"

typedef void (*Visit)(const Schema *schema, const Key *key, gpointer data);

static void walk(const Schema *schema, GHashTable *seen, Visit visit, gpointer data)
{
    if (!g_hash_table_add(seen, (gpointer)schema))
        return;
    for (gsize i = 0; i < schema->n_keys; i++)
        visit(schema, &schema->keys[i], data);
    for (gsize i = 0; i < schema->n_keys; i++) {
        const Key *key = &schema->keys[i];

        if (key->of)
            walk(key->of, seen, visit, data);
        for (gsize j = 0; key->custom && key->custom->of && key->custom->of[j]; j++)
            walk(key->custom->of[j], seen, visit, data);
    }
}

void schema_walk(const Schema *schema, Visit visit, gpointer data)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);

    walk(schema, seen, visit, data);
}

/* "[policy set](#policy-set)". */
static char *link_to(const Schema *schema)
{
    g_autofree char *anchor = g_strdelimit(g_strdup(schema->what), " ", '-');

    return g_strdup_printf("[%s](#%s)", schema->what, anchor);
}

static char *accepts(const Key *key)
{
    g_autofree char *link = key->of ? link_to(key->of) : NULL;
    g_autofree char *words = key->words ? schema_words_text(key->words) : NULL;

    switch (key->type) {
    case KEY_BOOL:
        return g_strdup("true or false");
    case KEY_INT:
        return g_strdup("number");
    case KEY_DURATION:
        return g_strdup("duration");
    case KEY_TEXT:
        return g_strdup("text");
    case KEY_TEXTS:
        return g_strdup("list of texts");
    case KEY_REGEX:
        return g_strdup(key->flags & KEY_SLASHED ? "/pattern/" : "pattern");
    case KEY_CHOICE:
        return g_steal_pointer(&words);
    case KEY_CHOICES:
        return g_strdup_printf("list of %s", words);
    case KEY_OBJECT:
        return g_steal_pointer(&link);
    case KEY_OBJECTS:
        return g_strdup_printf("list of %s", link);
    case KEY_MAP:
        return g_strdup_printf("names, each with a %s", link);
    case KEY_CUSTOM:
        return g_strdup(key->custom->accepts);
    case KEY_UNUSED:
    case KEY_REFUSED:
        return g_strdup("anything");
    }
    g_assert_not_reached();
}

typedef struct {
    GString *out;
    const Schema *schema; /* whose heading is written */
} Page;

static void add_heading(Page *page, const Schema *schema)
{
    g_string_append_printf(page->out, "%s## %s\n\n", page->schema ? "\n" : "", schema->what);
    if (schema->about)
        g_string_append_printf(page->out, "%s\n\n", schema->about);
    g_string_append(page->out, "| Key | Takes | Default | Meaning |\n|---|---|---|---|\n");
    page->schema = schema;
}

static void add_row(const Schema *schema, const Key *key, gpointer data)
{
    Page *page = data;
    g_autofree char *takes = accepts(key);
    const char *def = key->def ? key->def : key->says;
    const char *tick = def ? "`" : "";

    if (page->schema != schema)
        add_heading(page, schema);
    g_string_append_printf(page->out, "| `%s` | %s | %s%s%s | %s%s%s |\n", key->name, takes, tick,
                           def ? def : "", tick, key->help,
                           key->flags & KEY_REQUIRED ? " Required." : "",
                           key->flags & KEY_OURS ? " Not in Atlantis." : "");
}

void schema_add_markdown(const Schema *schema, GString *out)
{
    Page page = { .out = out };

    schema_walk(schema, add_row, &page);
}

json_t *schema_json_ref(const Schema *schema)
{
    g_autofree char *place = g_strconcat("#/$defs/", schema->what, NULL);

    return json_pack("{s:s}", "$ref", g_strdelimit(place, " ", '_'));
}

/* Plain numbers and switches are text where text is wanted. */
json_t *schema_json_text(void)
{
    return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
}

static json_t *list_of(json_t *items)
{
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

json_t *schema_json_texts(void)
{
    return list_of(schema_json_text());
}

json_t *schema_json_words(const char *const *words)
{
    json_t *all = json_array();

    for (; *words; words++)
        json_array_append_new(all, json_string(*words));
    return json_pack("{s:o}", "enum", all);
}

json_t *schema_json_any(json_t *first, ...)
{
    json_t *all = json_array();
    va_list args;

    va_start(args, first);
    for (json_t *one = first; one; one = va_arg(args, json_t *))
        json_array_append_new(all, one);
    va_end(args);
    return json_pack("{s:o}", "anyOf", all);
}

static json_t *key_words(const Key *key)
{
    json_t *all = json_array();

    for (const KeyWord *word = key->words; word->word; word++)
        json_array_append_new(all, json_string(word->word));
    return json_pack("{s:o}", "enum", all);
}

static json_t *json_int(const Key *key)
{
    return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)key->min,
                     "maximum", (json_int_t)key->max);
}

static json_t *json_duration(void)
{
    return schema_json_any(
        json_pack("{s:s, s:s}", "type", "string", "pattern", "^([0-9]+[smhd])+$"),
        json_pack("{s:s, s:i}", "type", "integer", "minimum", 0), NULL);
}

/* A text with rules is a string: patterns say nothing about numbers. */
static json_t *json_text(const Key *key)
{
    json_t *json = key->pattern || key->flags & KEY_NOT_EMPTY ? json_pack("{s:s}", "type", "string")
                                                              : schema_json_text();

    if (key->pattern)
        json_object_set_new(json, "pattern", json_string(key->pattern));
    if (key->flags & KEY_NOT_EMPTY)
        json_object_set_new(json, "minLength", json_integer(1));
    return json;
}

static json_t *json_regex(const Key *key)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern",
                     key->flags & KEY_SLASHED ? "^/.*/$" : "");
}

static json_t *json_value(const Key *key)
{
    switch (key->type) {
    case KEY_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case KEY_INT:
        return json_int(key);
    case KEY_DURATION:
        return json_duration();
    case KEY_TEXT:
        return json_text(key);
    case KEY_TEXTS:
        return list_of(json_text(key));
    case KEY_REGEX:
        return json_regex(key);
    case KEY_CHOICE:
        return key_words(key);
    case KEY_CHOICES:
        return list_of(key_words(key));
    case KEY_OBJECT:
        return schema_json_ref(key->of);
    case KEY_OBJECTS:
        return list_of(schema_json_ref(key->of));
    case KEY_MAP:
        return json_pack(
            "{s:s, s:o}", "type", "object", "additionalProperties",
            schema_json_any(json_pack("{s:s}", "type", "null"), schema_json_ref(key->of), NULL));
    case KEY_CUSTOM:
        return key->custom->describe();
    case KEY_UNUSED:
        return json_object();
    case KEY_REFUSED:
        return json_pack("{s:{}}", "not");
    }
    g_assert_not_reached();
}

/* Everything may be left without a value; what is required may not. */
static json_t *json_key(const Key *key)
{
    json_t *value = json_value(key);
    bool is_open = key->type == KEY_UNUSED || key->type == KEY_REFUSED;

    if (!(key->flags & KEY_REQUIRED) && !is_open)
        value = schema_json_any(value, json_pack("{s:s}", "type", "null"), NULL);
    json_object_set_new(value, "description", json_string(key->help));
    return value;
}

static json_t *json_object_of(const Schema *schema)
{
    json_t *properties = json_object(), *required = json_array();
    json_t *object = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);

    for (gsize i = 0; i < schema->n_keys; i++) {
        const Key *key = &schema->keys[i];

        json_object_set_new(properties, key->name, json_key(key));
        if (key->flags & KEY_REQUIRED)
            json_array_append_new(required, json_string(key->name));
    }
    json_object_set_new(object, "required", required);
    return object;
}

/* Once for each schema: at its first key. */
static void add_definition(const Schema *schema, const Key *key, gpointer definitions)
{
    g_autofree char *name = g_strdelimit(g_strdup(schema->what), " ", '_');

    if (key == schema->keys)
        json_object_set_new(definitions, name, json_object_of(schema));
}

char *schema_json_document(const Schema *schema, const char *id, const char *title)
{
    json_auto_t *document = json_object();
    json_t *definitions = json_object(), *ref = schema_json_ref(schema);
    g_autofree char *text = NULL;

    schema_walk(schema, add_definition, definitions);
    json_object_set_new(document, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(document, "$id", json_string(id));
    json_object_set_new(document, "title", json_string(title));
    json_object_update_new(document, ref);
    json_object_set_new(document, "$defs", definitions);
    text = json_dumps(document, JSON_INDENT(2));
    return g_strconcat(text, "\n", NULL);
}
