// SPDX-License-Identifier: Apache-2.0
/*
 * Versions and constraints: the first line is a version, the second another one, the third a list
 * of constraints.
 */
#include <stdint.h>

#include "tf/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What was read and written is read as the same. */
static TfVersion *read_twice(const char *text)
{
    g_autoptr(TfVersion) version = tf_version_parse(text, NULL);
    g_autofree char *written = version ? tf_version_text(version) : NULL;
    g_autofree char *again = NULL;
    TfVersion *second;

    if (!version)
        return NULL;
    second = tf_version_parse(written, NULL);
    g_assert_nonnull(second);
    again = tf_version_text(second);
    g_assert_cmpstr(written, ==, again);
    g_assert_cmpint(tf_version_compare(version, second), ==, 0);
    return second;
}

static void check_constraints(const char *list, const TfVersion *version)
{
    g_autoptr(TfConstraints) constraints = tf_constraints_new(), other = tf_constraints_new();
    g_autofree char *text = NULL;
    const TfVersion *exact;

    if (!tf_constraints_add(constraints, list, NULL))
        return;
    text = tf_constraints_text(constraints);
    exact = tf_constraints_exact(constraints);
    g_assert_true(!exact || tf_constraints_allow(constraints, exact));
    /* A blank more for each of many constraints may be too much. */
    if (version && tf_constraints_add(other, text, NULL))
        g_assert_cmpint(tf_constraints_allow(constraints, version), ==,
                        tf_constraints_allow(other, version));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_autofree char *text = g_strndup((const char *)bytes, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
    g_autoptr(TfVersion) a = lines[0] ? read_twice(lines[0]) : NULL;
    g_autoptr(TfVersion) b = lines[0] && lines[1] ? read_twice(lines[1]) : NULL;

    if (a && b)
        g_assert_true((tf_version_compare(a, b) > 0) == (tf_version_compare(b, a) < 0));
    if (lines[0] && lines[1] && lines[2])
        check_constraints(lines[2], a);
    return 0;
}
