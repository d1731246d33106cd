// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include "config/schema.h"
#include "test.h"

/* Each key of a table has a case that shows what it does. */
typedef struct {
    const char *key;  /* "repo.branch" */
    const char *text; /* a file that sets it */
    const char *says; /* what a dump of the result then has */
} KeyCase;

typedef struct {
    const KeyCase *cases;
    gsize n_cases;
    const char *const *elsewhere; /* schemas whose cases are in another test; ends in NULL */
} KeyCases;

static inline void assert_key_has_case(const Schema *schema, const Key *key, gpointer data)
{
    const KeyCases *all = data;
    g_autofree char *name = g_strdup_printf("%s.%s", schema->what, key->name);

    assert_true(g_ascii_isupper(*key->help));
    assert_true(g_str_has_suffix(key->help, "."));
    assert_null(strpbrk(key->help, "|\n"));
    if (all->elsewhere && g_strv_contains(all->elsewhere, schema->what))
        return;
    for (gsize i = 0; i < all->n_cases; i++)
        if (g_str_equal(all->cases[i].key, name))
            return;
    fail_msg("%s has no case", name);
}

/* dump: of a file; the caller frees it. */
static inline void assert_cases(const KeyCases *all, const char *without,
                                char *(*dump)(const char *text))
{
    g_autofree char *before = dump(without);

    for (gsize i = 0; i < all->n_cases; i++) {
        const KeyCase *one = &all->cases[i];
        g_autofree char *after = dump(one->text);

        if (!strstr(after, one->says))
            fail_msg("%s: no \"%s\" in\n%s", one->key, one->says, after);
        if (strstr(before, one->says))
            fail_msg("%s: \"%s\" stands there without it", one->key, one->says);
    }
}
