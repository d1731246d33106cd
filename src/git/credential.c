// SPDX-License-Identifier: Apache-2.0
#include "git/credential.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Hosts that know a user by the token alone take any name. */
#define SOME_USER "hadal"

static char *lines(const char *user, const char *password)
{
    if (strpbrk(user, "\r\n") || strpbrk(password, "\r\n") || !*password)
        return NULL;
    return g_strdup_printf("username=%s\npassword=%s\n", *user ? user : SOME_USER, password);
}

static bool is_base64(const char *text)
{
    return *text && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789+/=")] == '\0';
}

static char *lines_of_pair(const char *encoded)
{
    gsize length = 0;
    g_autofree char *pair = NULL;
    char *colon;

    if (!is_base64(encoded))
        return NULL;
    pair = (char *)g_base64_decode(encoded, &length); /* with a NUL after it */
    colon = strchr(pair, ':');
    if (!colon || strlen(pair) != length)
        return NULL;
    *colon = '\0';
    return lines(pair, colon + 1);
}

static const char *after(const char *text, const char *scheme)
{
    gsize length = strlen(scheme);

    return g_ascii_strncasecmp(text, scheme, length) == 0 ? text + length : NULL;
}

char *git_credential_lines(const char *authorization)
{
    const char *pair = after(authorization, "Basic "), *token = after(authorization, "Bearer ");

    if (pair)
        return lines_of_pair(pair);
    return token ? lines("", token) : NULL;
}
