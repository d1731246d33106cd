// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"

#include <string.h>

#include "test.h"

typedef struct {
    const YamlNode *node;
    char *name;
    gint64 size;
} Part;

#define PART(field) KEY_FIELD(Part, field)

static const Key part_keys[] = {
    { PART(size), .name = "size", .def = "7", .min = 0, .max = 9, .help = "How large." },
};
static const Schema part_schema = {
    .what = "small part",
    .about = "A part.",
    .name_offset = G_STRUCT_OFFSET(Part, name),
    SCHEMA(Part, part_keys),
};

typedef enum { COLOUR_RED, COLOUR_BLUE } Colour;

typedef struct {
    const YamlNode *node;
    bool is_on;
    gint64 delay;
    char *text;
    GStrv texts;
    Regex *regex, *slashed;
    Colour colour;
    unsigned colours;
    Part part;
    GPtrArray *parts, *named;
} Thing;

static const KeyWord colour_words[] = { { "red", COLOUR_RED },
                                        { "blue", COLOUR_BLUE },
                                        { NULL, 0 } };
static const KeyWord colour_bits[] = { { "red", 1 }, { "blue", 2 }, { NULL, 0 } };

static char *check_text(const char *text)
{
    return *text == 'x' ? g_strdup("must not begin with x") : NULL;
}

#define THING(field) KEY_FIELD(Thing, field)

static const Key thing_keys[] = {
    { THING(is_on), .name = "is_on", .def = "true", .help = "Whether it is on." },
    { KEY_FIELD_AS(Thing, delay, gint64, DURATION), .name = "delay", .min = 1000,
      .max = 3600 * 1000, .flags = KEY_OURS, .help = "How long." },
    { THING(text), .name = "text", .def = "none", .check = check_text, .pattern = "^[^x]",
      .help = "What it says." },
    { THING(texts), .name = "texts", .check = check_text, .help = "What it says too." },
    { THING(regex), .name = "regex", .help = "What it matches." },
    { THING(slashed), .name = "slashed", .flags = KEY_SLASHED, .help = "What it matches too." },
    { THING(colour), .name = "colour", .def = "blue", .words = colour_words,
      .help = "Its colour." },
    { KEY_FIELD_AS(Thing, colours, unsigned, CHOICES), .name = "colours", .words = colour_bits,
      .help = "Its colours." },
    { THING(part), .name = "part", .of = &part_schema, .help = "Its part." },
    { THING(parts), .name = "parts", .of = &part_schema, .help = "Its parts." },
    { KEY_FIELD_AS(Thing, named, GPtrArray *, MAP), .name = "named", .of = &part_schema,
      .help = "Parts with names." },
    { .type = KEY_UNUSED, .name = "old", .help = "Not used." },
    { .type = KEY_REFUSED, .name = "later", .help = "Not yet." },
};
static const Schema thing_schema = { .what = "thing", SCHEMA(Thing, thing_keys) };

/* A thing and the document that it borrows from. */
typedef struct {
    YamlDoc *doc;
    Thing thing;
} Read;

static void read_clear(Read *read)
{
    schema_clear(&thing_schema, &read->thing);
    yaml_doc_free(read->doc);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Read, read_clear)

static bool read_text(Read *read, const char *text, GError **error)
{
    const SchemaReader reader = { .file = "f" };

    read->doc = yaml_doc_parse("f", text, error);
    return read->doc &&
           schema_read(&thing_schema, &reader, yaml_doc_root(read->doc), &read->thing, error);
}

TEST(what_is_not_written_has_its_default_and_is_not_set)
{
    g_auto(Read) read = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(read_text(&read, "text: said\npart:\nnamed: {a: , b: {size: 1}}\n", &error), error);

    assert_true(read.thing.is_on);
    assert_int_equal(read.thing.colour, COLOUR_BLUE);
    assert_int_equal(read.thing.part.size, 7);
    assert_string_equal(read.thing.text, "said");
    assert_non_null(KEY_NODE(&read.thing, text));
    assert_null(KEY_NODE(&read.thing, is_on));
    assert_null(KEY_NODE(&read.thing, part));
    assert_int_equal(read.thing.named->len, 2);
    assert_string_equal(((Part *)read.thing.named->pdata[0])->name, "a");
    assert_int_equal(((Part *)read.thing.named->pdata[1])->size, 1);
}

TEST(switches_are_what_Go_takes_for_them)
{
    static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes", "on", "y", "'yes'" };
    static const char *const no[] = { "false", "False", "no", "off", "OFF", "n" };
    static const char *const none[] = { "1", "0", "ja", "''", "t", "[]" };

    for (gsize i = 0; i < G_N_ELEMENTS(yes) + G_N_ELEMENTS(no) + G_N_ELEMENTS(none); i++) {
        bool is_yes = i < G_N_ELEMENTS(yes);
        gsize j = i - G_N_ELEMENTS(yes);
        bool is_good = is_yes || j < G_N_ELEMENTS(no);
        const char *word = is_yes ? yes[i] : is_good ? no[j] : none[j - G_N_ELEMENTS(no)];
        g_autofree char *text = g_strdup_printf("is_on: %s", word);
        g_auto(Read) read = { 0 };
        g_autoptr(GError) error = NULL;

        assert_int_equal(read_text(&read, text, &error), is_good);
        if (is_good)
            assert_int_equal(read.thing.is_on, is_yes);
    }
}

TEST(a_key_without_a_value_is_not_set)
{
    static const char *const nothing[] = { "", "~", "null", "Null", "NULL" };

    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autofree char *text = g_strdup_printf("text: %s\ncolours: %s\n", nothing[i], nothing[i]);
        g_auto(Read) read = { 0 };
        g_autoptr(GError) error = NULL;

        assert_ok(read_text(&read, text, &error), error);
        assert_string_equal(read.thing.text, "none");
        assert_null(KEY_NODE(&read.thing, colours));
    }
}

TEST(a_quoted_null_is_text)
{
    g_auto(Read) read = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(read_text(&read, "text: 'null'\n", &error), error);

    assert_string_equal(read.thing.text, "null");
    assert_non_null(KEY_NODE(&read.thing, text));
}

TEST(values_are_read)
{
    g_auto(Read) read = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(read_text(&read,
                        "delay: 1m30s\ntexts: [a, 2, true]\nregex: a+\nslashed: /b/\n"
                        "colour: red\ncolours: [blue, red, blue]\nparts: [{size: 3}]\nold: [1]\n",
                        &error),
              error);

    assert_int_equal(read.thing.delay, 90000);
    assert_string_equal(read.thing.texts[1], "2");
    assert_string_equal(regex_pattern(read.thing.regex), "a+");
    assert_string_equal(regex_pattern(read.thing.slashed), "b");
    assert_int_equal(read.thing.colour, COLOUR_RED);
    assert_int_equal(read.thing.colours, 3);
    assert_int_equal(((Part *)read.thing.parts->pdata[0])->size, 3);
    assert_int_equal(KEY_NODE(&read.thing, colour)->line, 5);
}

static const struct {
    const char *text, *message;
} wrong[] = {
    { "a", "f:1:1: thing: must be a mapping, \"key: value\"" },
    { "txt: a", "f:1:1: thing: unknown key \"txt\": did you mean \"text\"?" },
    { "part: {sice: 1}", "f:1:8: small part: unknown key \"sice\": did you mean \"size\"?" },
    { "part: {weight: 1}", "f:1:8: small part: unknown key \"weight\"; known are size" },
    { "part: {size: 10}", "f:1:14: small part: size must be a number from 0 to 9, not \"10\"" },
    { "part: {size: a}", "f:1:14: small part: size must be a number from 0 to 9, not \"a\"" },
    { "part: {size: [1]}", "f:1:14: small part: size must be a single value" },
    { "delay: 1h1s", "f:1:8: thing: delay must be a duration like 90s, 30m or 1h30m, from 1 s to 1 "
                     "h 0 min, not \"1h1s\"" },
    { "text: xa", "f:1:7: thing: text must not begin with x, not \"xa\"" },
    { "texts: [a, xb]", "f:1:12: thing: texts must not begin with x, not \"xb\"" },
    { "texts: [{a: b}]", "f:1:9: thing: texts must be a list of texts" },
    { "texts: a", "f:1:8: thing: texts must be a list of texts, \"- text\"" },
    { "regex: (", "f:1:8: thing: regex is not a regular expression: missing closing parenthesis, "
                  "at character 2" },
    { "slashed: /", "f:1:10: thing: slashed must be a pattern between slashes, /.../, not \"/\"" },
    { "colour: green", "f:1:9: thing: colour must be red or blue, not \"green\"" },
    { "colours: [red, green]",
      "f:1:16: thing: colours must be a list of red or blue, not \"green\"" },
    { "parts: {}", "f:1:8: thing: parts must be a list" },
    { "parts: [a]", "f:1:9: thing: parts must be a list of mappings, \"- key: value\"" },
    { "part: []", "f:1:7: thing: part must be a mapping, \"key: value\"" },
    { "named: []", "f:1:8: thing: named must be a mapping of names" },
    { "named: {a: b}", "f:1:12: thing: named must hold mappings: \"a\" is none" },
    { "later: 1", "f:1:8: thing: later is not supported yet: see docs/compatibility.md" },
};

TEST(what_is_wrong_is_told_with_its_place)
{
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_auto(Read) read = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(read_text(&read, wrong[i].text, &error), error, HADAL_ERROR_INVALID);
        assert_string_equal(error->message, wrong[i].message);
    }
}

TEST(long_values_are_cut_in_messages)
{
    g_autofree char *longest = g_strnfill(5000, 'a');
    g_autofree char *text = g_strdup_printf("colour: %s", longest);
    g_auto(Read) read = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(read_text(&read, text, &error), error, HADAL_ERROR_INVALID);
    assert_true(strlen(error->message) < 200);
}

TEST(the_reference_page_has_each_table_once)
{
    g_autoptr(GString) page = g_string_new(NULL);

    schema_add_markdown(&thing_schema, page);

    assert_non_null(strstr(page->str, "## thing\n\n| Key | Takes | Default | Meaning |\n"));
    assert_non_null(strstr(page->str, "\n## small part\n\nA part.\n\n| Key |"));
    assert_null(strstr(strstr(page->str, "## small part") + 1, "## small part"));
    assert_non_null(strstr(page->str, "| `colour` | red or blue | `blue` | Its colour. |"));
    assert_non_null(strstr(page->str, "| `delay` | duration |  | How long. Not in Atlantis. |"));
    assert_non_null(strstr(page->str, "| `parts` | list of [small part](#small-part) |"));
}

TEST(the_JSON_Schema_has_each_table_once)
{
    g_autofree char *text = schema_json_document(&thing_schema, "urn:x", "things");
    json_auto_t *json = json_loads(text, 0, NULL);
    json_t *definitions = json_object_get(json, "$defs");

    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "$ref")), "#/$defs/thing");
    assert_int_equal(json_object_size(definitions), 2);
    assert_non_null(json_object_get(definitions, "small_part"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_written_has_its_default_and_is_not_set),
        cmocka_unit_test(switches_are_what_Go_takes_for_them),
        cmocka_unit_test(a_key_without_a_value_is_not_set),
        cmocka_unit_test(a_quoted_null_is_text),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(long_values_are_cut_in_messages),
        cmocka_unit_test(the_reference_page_has_each_table_once),
        cmocka_unit_test(the_JSON_Schema_has_each_table_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
