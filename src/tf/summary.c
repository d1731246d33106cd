// SPDX-License-Identifier: Apache-2.0
#include "tf/summary.h"

#include <string.h>

/* "1 to add" and "1 added" both count as add, and so on. */
static const struct {
    const char *planned, *applied;
    gsize offset;
} words[] = {
    { "to add", "added", G_STRUCT_OFFSET(ChangeCounts, add) },
    { "to change", "changed", G_STRUCT_OFFSET(ChangeCounts, change) },
    { "to destroy", "destroyed", G_STRUCT_OFFSET(ChangeCounts, destroy) },
    { "to import", "imported", G_STRUCT_OFFSET(ChangeCounts, import) },
    { "to forget", "forgotten", G_STRUCT_OFFSET(ChangeCounts, forget) },
};

static void read_part(const char *part, ChangeCounts *counts)
{
    char *rest;
    gint64 number = g_ascii_strtoll(part, &rest, 10);

    if (rest == part || *rest != ' ' || number < 0)
        return;
    rest++;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(rest, words[i].planned) || g_str_has_prefix(rest, words[i].applied))
            G_STRUCT_MEMBER(gint64, counts, words[i].offset) = number;
}

static ChangeCounts read_list(const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list, ",", -1);
    ChangeCounts counts = { .is_known = true };

    for (gsize i = 0; parts[i]; i++)
        read_part(g_strchug(parts[i]), &counts);
    return counts;
}

ChangeCounts summary_read(const char *output)
{
    static const char *const beginnings[] = { "Plan: ", "Apply complete! Resources: ",
                                              "Destroy complete! Resources: " };
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    ChangeCounts counts = { 0 };

    for (gsize i = 0; lines[i]; i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(beginnings); j++)
            if (g_str_has_prefix(lines[i], beginnings[j]))
                counts = read_list(lines[i] + strlen(beginnings[j]));
        if (g_str_has_prefix(lines[i], "No changes."))
            counts = (ChangeCounts){ .is_known = true };
    }
    return counts;
}
