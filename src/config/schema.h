// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "sys/regex.h"
#include "sys/yaml.h"

/*
 * Tables of YAML keys: reading, checking, freeing, the reference pages and the JSON Schemas come
 * from them. A key without a value ("name:" or "name: null") is as if it were not there.
 */

typedef enum {
    KEY_BOOL,
    KEY_INT,
    KEY_DURATION, /* a gint64 of milliseconds */
    KEY_TEXT,
    KEY_TEXTS,
    KEY_REGEX,
    KEY_CHOICE,  /* an unsigned: the value of one word */
    KEY_CHOICES, /* an unsigned: the values of a list of words, or-ed */
    KEY_OBJECT,
    KEY_OBJECTS, /* a list of structs */
    KEY_MAP,     /* the same as a mapping of names: the struct's NAME_FIELD gets the name */
    KEY_CUSTOM,
    KEY_UNUSED,  /* accepted with any value and not looked at: help says why */
    KEY_REFUSED, /* known, and an error: help says what to read */
} KeyType;

typedef enum {
    KEY_REQUIRED = 1 << 0,
    KEY_OURS = 1 << 1,      /* Atlantis has no such key */
    KEY_SLASHED = 1 << 2,   /* REGEX: written as /pattern/ */
    KEY_NOT_EMPTY = 1 << 3, /* TEXT */
} KeyFlags;

typedef struct _KeyWord KeyWord;
struct _KeyWord {
    const char *word;
    unsigned value;
};

typedef struct _Key Key;
typedef struct _Schema Schema;
typedef struct _SchemaReader SchemaReader;

/* How a KEY_CUSTOM is read, freed and described. */
typedef struct _KeyCustom KeyCustom;
struct _KeyCustom {
    bool (*read)(const SchemaReader *reader, const Key *key, const YamlNode *node, gpointer field,
                 GError **error);
    void (*clear)(gpointer field);
    const char *accepts;       /* for people: "list of steps" */
    const Schema *const *of;   /* what stands in it; ends in NULL. NULL: nothing */
    json_t *(*describe)(void); /* its JSON Schema, a new reference */
};

struct _Key {
    const char *name;
    const char *help;
    const char *def;      /* of BOOL, INT, DURATION, TEXT and CHOICE; NULL is all zeros */
    const char *says;     /* what stands under "Default" in the reference instead of def */
    const KeyWord *words; /* of CHOICE and CHOICES; ends with a row without word */
    gint64 min, max;      /* of INT, and in milliseconds of DURATION */
    char *(*check)(const char *text); /* of TEXT and each of TEXTS: NULL, or what is wrong */
    const char *pattern;              /* of TEXT: for the JSON Schema, what check says */
    const Schema *of;                 /* of OBJECT, and of each of OBJECTS and MAP */
    const KeyCustom *custom;
    unsigned flags;
    KeyType type;
    gsize offset;
};

struct _Schema {
    const char *what;  /* "project": in messages, and a heading of the reference */
    const char *about; /* a sentence under that heading; NULL: none */
    gsize size;        /* of the struct that holds one */
    gsize node_offset; /* of its const YamlNode *node, borrowed from the document */
    gsize name_offset; /* of its char *name, in a MAP */
    const Key *keys;
    gsize n_keys;
};

// clang-format off
/* The field's C type chooses the reader, so that the two cannot disagree. */
#define KEY_FIELD(type_, field)               \
    .offset = G_STRUCT_OFFSET(type_, field),  \
    .type = _Generic(((type_ *)0)->field,     \
        bool:        KEY_BOOL,                \
        gint64:      KEY_INT,                 \
        char *:      KEY_TEXT,                \
        GStrv:       KEY_TEXTS,               \
        Regex *:     KEY_REGEX,               \
        unsigned:    KEY_CHOICE,              \
        GPtrArray *: KEY_OBJECTS,             \
        default:     KEY_OBJECT)
/* Where the type has more than one meaning. */
#define KEY_FIELD_AS(type_, field, c_type, kind)  \
    .offset = G_STRUCT_OFFSET(type_, field),      \
    .type = _Generic(((type_ *)0)->field, c_type: KEY_##kind) /* NOLINT(bugprone-macro-parentheses) */
#define KEY_CUSTOM_FIELD(type_, field) \
    .offset = G_STRUCT_OFFSET(type_, field), .type = KEY_CUSTOM
/* Every struct that a schema reads has a node; those of a MAP have a name. */
#define SCHEMA(type_, keys_)                          \
    .size = sizeof(type_),                            \
    .node_offset = G_STRUCT_OFFSET(type_, node),      \
    .keys = (keys_),                                  \
    .n_keys = G_N_ELEMENTS(keys_)
/* The node of the key's value where object has it, else NULL: whether it is set, and where. */
#define KEY_NODE(object, field) \
    ((void)sizeof((object)->field), schema_key_node((object)->node, #field))
// clang-format on

/* What the readers of a file share. */
struct _SchemaReader {
    const char *file; /* its name in messages */
};

/*
 * Reads a mapping into *out, which is all zeros; it borrows from the node's document. Fails with
 * INVALID: `atlantis.yaml:7:5: project: unknown key "workfow": did you mean "workflow"?`. *out is
 * to be cleared in either case.
 */
bool schema_read(const Schema *schema, const SchemaReader *reader, const YamlNode *node,
                 gpointer out, GError **error) MUST_CHECK;
void schema_clear(const Schema *schema, gpointer object);
/* Of an item of OBJECTS or MAP that was taken out of its list. */
void schema_free(const Schema *schema, gpointer object);

/* For readers of KEY_CUSTOM. */
const YamlNode *schema_key_node(const YamlNode *map, const char *name);
bool schema_read_text(const SchemaReader *reader, const char *what, const YamlNode *node,
                      char **out, GError **error) MUST_CHECK;
bool schema_read_texts(const SchemaReader *reader, const char *what, const YamlNode *node,
                       GStrv *out, GError **error) MUST_CHECK;
/* Sets an INVALID error at the place of the node and gives false. */
bool schema_refuse(GError **error, const SchemaReader *reader, const YamlNode *node,
                   const char *format, ...) G_GNUC_PRINTF(4, 5);
/* Text of anybody, short enough for a sentence; the caller frees it. */
char *schema_shown(const char *text);
/* `"approved", "mergeable" or "undiverged"`; the caller frees it. */
char *schema_words_text(const KeyWord *words);

/* The tables of the schema and of those that it contains, each once. */
void schema_add_markdown(const Schema *schema, GString *out);
/* A JSON Schema of draft 2020-12 with that $id and title; the caller frees it. */
char *schema_json_document(const Schema *schema, const char *id, const char *title);
/* New references, for the describe of custom keys. */
json_t *schema_json_ref(const Schema *schema);
json_t *schema_json_text(void);
json_t *schema_json_texts(void);
json_t *schema_json_words(const char *const *words);
/* anyOf of what ends in NULL; takes the references. */
json_t *schema_json_any(json_t *first, ...) G_GNUC_NULL_TERMINATED;
/* Calls visit for each key of the schema and of those that it contains, each schema once. */
void schema_walk(const Schema *schema, void (*visit)(const Schema *, const Key *, gpointer),
                 gpointer data);
