// SPDX-License-Identifier: Apache-2.0
#include "base/redact.h"

#include <string.h>

enum { SHORTEST = 6 };

static GPtrArray *secrets; /* of char *, owned; written before threads exist */

void redact_add(const char *secret)
{
    if (!secret || strlen(secret) < SHORTEST)
        return;
    if (!secrets)
        secrets = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(secrets, g_strdup(secret));
}

void redact(GString *text)
{
    for (guint i = 0; secrets && i < secrets->len; i++)
        g_string_replace(text, secrets->pdata[i], "***", 0);
}

char *redact_copy(const char *text)
{
    g_autoptr(GString) copy = g_string_new(text);

    redact(copy);
    return g_string_free(g_steal_pointer(&copy), FALSE);
}
