// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <string.h>

enum { LONGEST = 64 };

/* Single-byte insertions, deletions and replacements between the two; both at most LONGEST. */
static gsize edits(const char *a, const char *b)
{
    gsize row[LONGEST + 1], n = strlen(b);

    for (gsize j = 0; j <= n; j++)
        row[j] = j;
    for (gsize i = 0; a[i]; i++) {
        gsize diagonal = row[0];

        row[0] = i + 1;
        for (gsize j = 0; j < n; j++) {
            gsize above = row[j + 1];
            gsize replaced = diagonal + (a[i] != b[j]);

            row[j + 1] = MIN(replaced, MIN(above, row[j]) + 1);
            diagonal = above;
        }
    }
    return row[n];
}

gsize nearest_distance(const char *a, const char *b)
{
    return strlen(a) > LONGEST || strlen(b) > LONGEST ? G_MAXSIZE : edits(a, b);
}

const char *nearest_word(const char *text, const char *const *words)
{
    gsize length = strlen(text);
    gsize least = length / 3 + 1; /* more wrong than that is a guess */
    const char *best = NULL;

    for (gsize i = 0; words[i]; i++) {
        gsize distance = nearest_distance(text, words[i]);

        if (distance < least || (distance == least && !best)) {
            least = distance;
            best = words[i];
        }
    }
    return best;
}
