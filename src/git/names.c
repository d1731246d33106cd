// SPDX-License-Identifier: Apache-2.0
/*
 * Names come from events and from hosts' answers: what is not plainly a commit, a branch or a ref
 * never gets near a command line or a path. The rules are those of git-check-ref-format(1).
 */
#include "git/names.h"

#include <glib.h>
#include <string.h>

#include "git/checkout.h"

enum { MAX_NAME = 1000 };

/* A component is a file's name in the git directory, and ".lock" is put behind it. */
enum { MAX_COMPONENT = 250 };

bool git_is_commit_id(const char *text)
{
    gsize hex = strspn(text, "0123456789abcdef");

    return (hex == 40 || hex == 64) && text[hex] == '\0';
}

static bool is_component(const char *text)
{
    gsize length = strlen(text);

    return length > 0 && length <= MAX_COMPONENT && text[0] != '.' &&
           !g_str_has_suffix(text, ".lock");
}

static bool has_bad_character(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((guchar)*c <= ' ' || *c == 0x7f)
            return true;
    return strpbrk(text, "~^:?*[\\") || strstr(text, "..") || strstr(text, "@{") ||
           g_str_has_suffix(text, ".");
}

static bool is_name(const char *text)
{
    g_auto(GStrv) parts = NULL;

    if (strlen(text) > MAX_NAME || has_bad_character(text))
        return false;
    parts = g_strsplit(text, "/", -1);
    for (gsize i = 0; parts[i]; i++)
        if (!is_component(parts[i]))
            return false;
    return parts[0] != NULL;
}

bool git_is_branch_name(const char *text)
{
    return text[0] != '-' && !g_str_equal(text, "@") && !g_str_equal(text, "HEAD") && is_name(text);
}

bool git_is_ref_name(const char *text)
{
    return g_str_has_prefix(text, "refs/") && is_name(text);
}
