// SPDX-License-Identifier: Apache-2.0
#include "tf/version.h"

#include <string.h>

enum {
    MAX_TEXT = 256,  /* of a version */
    MAX_LIST = 4096, /* of constraints */
    MAX_NUMBERS = 8,
    LEAST_NUMBERS = 3, /* missing ones are zeros */
};

static const char digits[] = "0123456789";
static const char identifier_characters[] = "0123456789-~"
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct _TfVersion {
    gint64 numbers[MAX_NUMBERS];
    guint n_given; /* as written; at least 1 */
    char *pre;     /* "beta1", "rc.2"; NULL: a release */
};

void tf_version_free(TfVersion *version)
{
    if (!version)
        return;
    g_free(version->pre);
    g_free(version);
}

/* ------------------------------------------------------------------ reading */

/* "1.9.5": moves *at behind it. */
static bool read_numbers(const char **at, TfVersion *version)
{
    for (;;) {
        gsize length = strspn(*at, digits);
        g_autofree char *number = g_strndup(*at, length);

        if (version->n_given == MAX_NUMBERS ||
            !g_ascii_string_to_signed(number, 10, 0, G_MAXINT64,
                                      &version->numbers[version->n_given], NULL))
            return false;
        version->n_given++;
        *at += length;
        if (**at != '.')
            return true;
        ++*at;
    }
}

/* "beta1" or "rc.2": identifiers with points between them. NULL when there is none. */
static char *read_identifiers(const char **at)
{
    const char *start = *at;

    for (;;) {
        gsize length = strspn(*at, identifier_characters);

        if (length == 0)
            return NULL;
        *at += length;
        if (**at != '.')
            return g_strndup(start, (gsize)(*at - start));
        ++*at;
    }
}

/* "1.9.0beta1" is read as "1.9.0-beta1". */
static bool read_pre(const char **at, TfVersion *version)
{
    if (!**at || **at == '+')
        return true;
    *at += **at == '-';
    version->pre = read_identifiers(at);
    return version->pre;
}

static bool read_metadata(const char **at)
{
    g_autofree char *metadata = NULL;

    if (**at != '+')
        return true;
    ++*at;
    metadata = read_identifiers(at);
    return metadata;
}

char *tf_version_text(const TfVersion *version)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < MAX(version->n_given, LEAST_NUMBERS); i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? "." : "", version->numbers[i]);
    if (version->pre)
        g_string_append_printf(text, "-%s", version->pre);
    return g_string_free(text, FALSE);
}

static bool is_short(const char *text)
{
    return strlen(text) <= MAX_TEXT;
}

/* Missing zeros make it longer: what is written must be read again. */
static bool is_short_written(const TfVersion *version)
{
    g_autofree char *text = tf_version_text(version);

    return is_short(text);
}

TfVersion *tf_version_parse(const char *text, GError **error)
{
    g_autoptr(TfVersion) version = g_new0(TfVersion, 1);
    const char *at = text + (*text == 'v');

    if (!is_short(text) || !read_numbers(&at, version) || !read_pre(&at, version) ||
        !read_metadata(&at) || *at || !is_short_written(version))
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "\"%.80s\" is not a version, such as 1.9.5", text);
    return g_steal_pointer(&version);
}

TfVersion *tf_version_copy(const TfVersion *version)
{
    TfVersion *copy = g_memdup2(version, sizeof(*version));

    copy->pre = g_strdup(version->pre);
    return copy;
}

TfVersion *tf_version_core(const TfVersion *version)
{
    TfVersion *core = tf_version_copy(version);

    g_clear_pointer(&core->pre, g_free);
    return core;
}

/* ---------------------------------------------------------------- comparing */

static bool is_number(const char *identifier)
{
    return *identifier && !identifier[strspn(identifier, digits)];
}

/* Of any length: without leading zeros the longer one is the greater. */
static int compare_digits(const char *a, const char *b)
{
    gsize length_a, length_b;

    a += strspn(a, "0");
    b += strspn(b, "0");
    length_a = strlen(a);
    length_b = strlen(b);
    return length_a == length_b ? strcmp(a, b) : (length_a > length_b) - (length_a < length_b);
}

/* Numbers come before words. */
static int compare_identifiers(const char *a, const char *b)
{
    bool a_is_number = is_number(a), b_is_number = is_number(b);

    if (a_is_number && b_is_number)
        return compare_digits(a, b);
    return a_is_number == b_is_number ? strcmp(a, b) : b_is_number - a_is_number;
}

/* A release comes after its pre-releases, "rc.1" after "rc". */
static int compare_pre(const char *a, const char *b)
{
    g_auto(GStrv) parts_a = g_strsplit(a ? a : "", ".", -1);
    g_auto(GStrv) parts_b = g_strsplit(b ? b : "", ".", -1);
    gsize i = 0;
    int order = 0;

    if (!a || !b)
        return (a == NULL) - (b == NULL);
    for (; parts_a[i] && parts_b[i] && order == 0; i++)
        order = compare_identifiers(parts_a[i], parts_b[i]);
    return order ? order : (parts_a[i] != NULL) - (parts_b[i] != NULL);
}

static bool has_same_numbers(const TfVersion *a, const TfVersion *b)
{
    return memcmp(a->numbers, b->numbers, sizeof(a->numbers)) == 0;
}

int tf_version_compare(const TfVersion *a, const TfVersion *b)
{
    for (guint i = 0; i < MAX_NUMBERS; i++)
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] > b->numbers[i] ? 1 : -1;
    return compare_pre(a->pre, b->pre);
}

/* -------------------------------------------------------------- constraints */

typedef enum { EQUAL, NOT_EQUAL, AT_LEAST, AT_MOST, ABOVE, BELOW, PESSIMISTIC } Relation;

/* The longer ones first. "" means "=". */
static const struct {
    const char *sign;
    Relation relation;
} relations[] = {
    { "!=", NOT_EQUAL }, { ">=", AT_LEAST }, { "<=", AT_MOST }, { "~>", PESSIMISTIC },
    { ">", ABOVE },      { "<", BELOW },     { "=", EQUAL },    { "", EQUAL },
};

typedef struct {
    Relation relation;
    TfVersion *version;
    char *text; /* "~> 1.9" */
} Constraint;

struct _TfConstraints {
    GPtrArray *all; /* of Constraint, owned */
};

static void constraint_free(Constraint *constraint)
{
    tf_version_free(constraint->version);
    g_free(constraint->text);
    g_free(constraint);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Constraint, constraint_free)

TfConstraints *tf_constraints_new(void)
{
    TfConstraints *constraints = g_new0(TfConstraints, 1);

    constraints->all = g_ptr_array_new_with_free_func((GDestroyNotify)constraint_free);
    return constraints;
}

void tf_constraints_free(TfConstraints *constraints)
{
    if (!constraints)
        return;
    g_ptr_array_unref(constraints->all);
    g_free(constraints);
}

static Constraint *constraint_parse(const char *text, GError **error)
{
    g_autoptr(Constraint) constraint = g_new0(Constraint, 1);
    g_autofree char *own = g_strstrip(g_strdup(text));
    const char *version;
    gsize i = 0;

    while (!g_str_has_prefix(own, relations[i].sign))
        i++; /* the last one always fits */
    constraint->relation = relations[i].relation;
    version = own + strlen(relations[i].sign);
    version += strspn(version, " \t\r\n");
    constraint->version = tf_version_parse(version, error);
    if (!constraint->version)
        return NULL;
    constraint->text = g_strconcat(relations[i].sign, *relations[i].sign ? " " : "", version, NULL);
    return g_steal_pointer(&constraint);
}

bool tf_constraints_add(TfConstraints *constraints, const char *list, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(list, ",", -1);
    guint n_before = constraints->all->len;

    if (strlen(list) > MAX_LIST)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "a list of version constraints is longer than %d bytes", MAX_LIST);
    if (!parts[0])
        return hadal_throw(error, HADAL_ERROR_INVALID, "a version constraint is empty");
    for (gsize i = 0; parts[i]; i++) {
        Constraint *constraint = constraint_parse(parts[i], error);

        if (!constraint) {
            g_ptr_array_set_size(constraints->all, (gint)n_before);
            return hadal_prefix(error, "version constraint \"%.200s\"", list);
        }
        g_ptr_array_add(constraints->all, constraint);
    }
    return true;
}

/* "~> 1.9.2": from 1.9.2, before 1.10. "~> 1.9": from 1.9, before 2. "~> 1" is only "from 1". */
static bool is_near(const TfVersion *version, const TfVersion *named)
{
    if (tf_version_compare(version, named) < 0 ||
        named->n_given > MAX(version->n_given, LEAST_NUMBERS) || (named->pre && !version->pre))
        return false;
    for (guint i = 0; i + 1 < named->n_given; i++)
        if (version->numbers[i] != named->numbers[i])
            return false;
    return true;
}

static bool is_in_relation(const Constraint *constraint, const TfVersion *version)
{
    int order = tf_version_compare(version, constraint->version);

    switch (constraint->relation) {
    case EQUAL:
        return order == 0;
    case NOT_EQUAL:
        return order != 0;
    case AT_LEAST:
        return order >= 0;
    case AT_MOST:
        return order <= 0;
    case ABOVE:
        return order > 0;
    case BELOW:
        return order < 0;
    case PESSIMISTIC:
        return is_near(version, constraint->version);
    }
    return false;
}

/* A pre-release is compared with pre-releases of the same release, and otherwise only refused. */
static bool accepts(const Constraint *constraint, const TfVersion *version)
{
    bool names_it = constraint->version->pre && has_same_numbers(constraint->version, version);

    if (version->pre && !names_it && constraint->relation != NOT_EQUAL)
        return false;
    return is_in_relation(constraint, version);
}

/* Saying which it must not be names none. */
static bool name_pre_release(const TfConstraints *constraints)
{
    for (guint i = 0; i < constraints->all->len; i++) {
        const Constraint *constraint = constraints->all->pdata[i];

        if (constraint->version->pre && constraint->relation != NOT_EQUAL)
            return true;
    }
    return false;
}

bool tf_constraints_allow(const TfConstraints *constraints, const TfVersion *version)
{
    for (guint i = 0; i < constraints->all->len; i++)
        if (!accepts(constraints->all->pdata[i], version))
            return false;
    return !version->pre || name_pre_release(constraints);
}

const TfVersion *tf_constraints_exact(const TfConstraints *constraints)
{
    const Constraint *only = constraints->all->len == 1 ? constraints->all->pdata[0] : NULL;

    return only && only->relation == EQUAL ? only->version : NULL;
}

char *tf_constraints_text(const TfConstraints *constraints)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < constraints->all->len; i++) {
        const Constraint *constraint = constraints->all->pdata[i];

        g_string_append_printf(text, "%s%s", i ? ", " : "", constraint->text);
    }
    return g_string_free(text, FALSE);
}
