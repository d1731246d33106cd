// SPDX-License-Identifier: Apache-2.0
#include "base/redact.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* KEPT: an answer to a call that was made with an older one may still be on its way. */
enum { SHORTEST = 6, KEPT = 8 };

typedef struct {
    char *name; /* NULL: stays for good */
    char *text;
} Secret;

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static GPtrArray *secrets; /* of Secret, owned, oldest first */

static void secret_free(Secret *secret)
{
    g_free(secret->name);
    g_free(secret->text);
    g_free(secret);
}

static bool is_there(const char *text)
{
    for (guint i = 0; i < secrets->len; i++)
        if (g_str_equal(((const Secret *)secrets->pdata[i])->text, text))
            return true;
    return false;
}

static void drop_oldest(const char *name)
{
    guint count = 0;

    for (guint i = secrets->len; i > 0; i--) {
        const Secret *secret = secrets->pdata[i - 1];

        if (g_strcmp0(secret->name, name) == 0 && ++count > KEPT)
            g_ptr_array_remove_index(secrets, i - 1);
    }
}

static void add(const char *name, const char *text)
{
    Secret *secret;

    if (!text || strlen(text) < SHORTEST)
        return;
    pthread_rwlock_wrlock(&lock);
    if (!secrets)
        secrets = g_ptr_array_new_with_free_func((GDestroyNotify)secret_free);
    if (!is_there(text)) {
        secret = g_new0(Secret, 1);
        secret->name = g_strdup(name);
        secret->text = g_strdup(text);
        g_ptr_array_add(secrets, secret);
        if (name)
            drop_oldest(name);
    }
    pthread_rwlock_unlock(&lock);
}

void redact_add(const char *secret)
{
    add(NULL, secret);
}

void redact_renew(const char *name, const char *secret)
{
    add(name, secret);
}

void redact(GString *text)
{
    pthread_rwlock_rdlock(&lock);
    for (guint i = 0; secrets && i < secrets->len; i++)
        g_string_replace(text, ((const Secret *)secrets->pdata[i])->text, "***", 0);
    pthread_rwlock_unlock(&lock);
}

char *redact_copy(const char *text)
{
    g_autoptr(GString) copy = g_string_new(text);

    redact(copy);
    return g_string_free(g_steal_pointer(&copy), FALSE);
}
