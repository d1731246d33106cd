// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

#include "base/error.h"

typedef enum { OPTION_BOOL, OPTION_INT, OPTION_DURATION, OPTION_TEXT, OPTION_LIST } OptionType;

typedef enum {
    OPTION_SECRET = 1 << 0, /* its value is never printed */
    OPTION_REQUIRED = 1 << 1,
    OPTION_LOWER = 1 << 2, /* TEXT: taken in lower case */
    OPTION_OURS = 1 << 3,  /* Atlantis has no such flag */
    OPTION_REFUSED =
        1 << 4, /* known, but not supported yet: any value but the default is an error */
} OptionFlags;

/* One row describes a setting everywhere: flag, environment, file key, --help, docs, checks. */
typedef struct _OptionRow OptionRow;
struct _OptionRow {
    const char *name;  /* flag and file key; the environment name follows from it */
    const char *group; /* heading of --help and of the reference */
    const char *help;
    const char *def;            /* NULL is empty: false, 0, none */
    const char *also;           /* REFUSED: what is harmless too, besides the default */
    const char *instead;        /* deprecated: another name for this row */
    const char *needless;       /* accepted, without a field: why what it asks for holds anyway */
    const char *const *choices; /* NULL-terminated; for TEXT, and for each of a LIST */
    gint64 min, max;            /* for INT, and in milliseconds for DURATION */
    unsigned flags;
    OptionType type;
    gsize offset; /* of a row that has a field: not REFUSED, deprecated or needless */
};

/*
 * The field's C type chooses the parser, so that the two cannot disagree. A duration is a gint64
 * of milliseconds.
 */
// clang-format off
#define OPTION_FIELD(type_, field)            \
    .offset = G_STRUCT_OFFSET(type_, field),  \
    .type = _Generic(((type_ *)0)->field,     \
        bool:   OPTION_BOOL,                  \
        gint64: OPTION_INT,                   \
        char *: OPTION_TEXT,                  \
        GStrv:  OPTION_LIST)
#define OPTION_DURATION_FIELD(type_, field)   \
    .offset = G_STRUCT_OFFSET(type_, field),  \
    .type = _Generic(((type_ *)0)->field,     \
        gint64: OPTION_DURATION)
// clang-format on

typedef struct _OptionTable OptionTable;
struct _OptionTable {
    const char *const *env_prefixes; /* the first that is set wins */
    const char *file_option; /* name of the row that names the configuration file; NULL: none */
    const char *see_refused; /* the page that says more about what is REFUSED */
    const char *const *refused_keys; /* keys of the file that are no flags and not supported yet */
    const OptionRow *rows;
    gsize n_rows;
    bool is_partial; /* what is REQUIRED may be missing all the same */
};

/*
 * Fills target, which is all zeros; later ones win: defaults, configuration file, environment,
 * flags. argv is without the program's name. An empty value is the default, and so is 0 for a
 * number that cannot be 0. Texts without a value are NULL, lists never are. Fails with INVALID,
 * naming the option, where it came from, the value (unless SECRET) and what is accepted; target
 * is then to be cleared too. Logs what is deprecated, and what is needless and not its default.
 */
bool option_load(const OptionTable *table, const char *const *argv, const char *const *env,
                 gpointer target, GError **error) MUST_CHECK;
void option_clear(const OptionTable *table, gpointer target);

/* The row of that name, or NULL. */
const OptionRow *option_find(const OptionTable *table, const char *name);

/* "ATLANTIS_DATA_DIR": the caller frees it. */
char *option_env_name(const char *prefix, const OptionRow *row);

/* What the row accepts, for people: "a number from 1 to 65535". The caller frees it. */
char *option_accepts(const OptionRow *row);

/* For --help, 80 columns wide, and the tables of the reference page. The caller frees them. */
char *option_help(const OptionTable *table);
char *option_flags_markdown(const OptionTable *table); /* of a table without environment */
char *option_markdown(const OptionTable *table);
