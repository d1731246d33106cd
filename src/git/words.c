// SPDX-License-Identifier: Apache-2.0
#include "git/words.h"

#include <string.h>

enum { MAX_LINE = 500 };

/* A credential that the host did not take: it ends or is replaced, and then it works later. */
#define NOT_TAKEN "Authentication failed"
#define NO_LOGIN  "returned error: 401"

/* The first row that fits wins: a refused credential is also an "RPC failed". */
static const struct {
    const char *words;
    HadalError code;
} classes[] = {
    { NOT_TAKEN, HADAL_ERROR_RETRY },
    { NO_LOGIN, HADAL_ERROR_RETRY },
    { "could not read Username", HADAL_ERROR_DENIED },
    { "could not read Password", HADAL_ERROR_DENIED },
    { "returned error: 403", HADAL_ERROR_DENIED },
    { "couldn't find remote ref", HADAL_ERROR_NOT_FOUND },
    { "returned error: 404", HADAL_ERROR_NOT_FOUND },
    { "' not found", HADAL_ERROR_NOT_FOUND },
    { "does not appear to be a git repository", HADAL_ERROR_NOT_FOUND },
    { "returned error: 408", HADAL_ERROR_RETRY },
    { "returned error: 429", HADAL_ERROR_RETRY },
    { "returned error: 5", HADAL_ERROR_RETRY },
    { "Could not resolve", HADAL_ERROR_RETRY },
    { "Failed to connect", HADAL_ERROR_RETRY },
    { "Couldn't connect", HADAL_ERROR_RETRY },
    { "Connection refused", HADAL_ERROR_RETRY },
    { "Connection reset", HADAL_ERROR_RETRY },
    { "timed out", HADAL_ERROR_RETRY },
    { "Operation too slow", HADAL_ERROR_RETRY },
    { "Empty reply from server", HADAL_ERROR_RETRY },
    { "RPC failed", HADAL_ERROR_RETRY },
    { "early EOF", HADAL_ERROR_RETRY },
    { "hung up unexpectedly", HADAL_ERROR_RETRY },
    { "unexpected disconnect", HADAL_ERROR_RETRY },
    { "Recv failure", HADAL_ERROR_RETRY },
    { "Send failure", HADAL_ERROR_RETRY },
    { "transfer closed", HADAL_ERROR_RETRY },
};

static const char *const lock_words[] = {
    ".lock': File exists", "cannot lock ref",
    "Unable to create",    "is another git process running",
    "cannot create",       "some local refs could not be updated",
};

/* Not "bad object" and the like: a pack that arrives damaged says so too. */
static const char *const corrupt_words[] = {
    "not a git repository", "object file /",     "loose object ",   "packfile /",
    "bad object refs/",     "index unavailable", "bad config line",
};

static bool has_any(const char *line, const char *const *words, gsize n_words)
{
    for (gsize i = 0; i < n_words; i++)
        if (strstr(line, words[i]))
            return true;
    return false;
}

/* git's own lines, without blank ones. */
static GStrv own_lines(const char *words)
{
    g_autofree char *text = g_utf8_make_valid(words, -1);
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
    g_autoptr(GStrvBuilder) own = g_strv_builder_new();

    for (gsize i = 0; lines[i]; i++)
        if (*g_strstrip(lines[i]) && !g_str_has_prefix(lines[i], "remote:"))
            g_strv_builder_add(own, lines[i]);
    return g_strv_builder_end(own);
}

static const char *without_prefix(const char *line)
{
    static const char *const prefixes[] = { "fatal: ", "error: " };

    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(line, prefixes[i]))
            return line + strlen(prefixes[i]);
    return NULL;
}

static char *bounded(const char *line)
{
    g_autofree char *cut = g_strndup(line, MAX_LINE);

    return g_utf8_make_valid(cut, -1);
}

char *git_words_first(const char *words)
{
    g_auto(GStrv) lines = own_lines(words);

    for (gsize i = 0; lines[i]; i++)
        if (without_prefix(lines[i]))
            return bounded(without_prefix(lines[i]));
    return bounded(lines[0] ? lines[0] : "");
}

static bool own_lines_have(const char *words, const char *const *list, gsize n_list)
{
    g_auto(GStrv) lines = own_lines(words);

    for (gsize i = 0; lines[i]; i++)
        if (has_any(lines[i], list, n_list))
            return true;
    return false;
}

HadalError git_words_class(const char *words)
{
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
        if (own_lines_have(words, &classes[i].words, 1))
            return classes[i].code;
    return HADAL_ERROR_FAILED;
}

char *git_words_bad_ref(const char *words)
{
    static const char start[] = "bad object refs/";
    g_auto(GStrv) lines = own_lines(words);

    for (gsize i = 0; lines[i]; i++) {
        const char *at = strstr(lines[i], start);

        if (at)
            return g_strdup(at + strlen("bad object "));
    }
    return NULL;
}

bool git_words_say_corrupt(const char *words)
{
    return own_lines_have(words, corrupt_words, G_N_ELEMENTS(corrupt_words));
}

bool git_words_say_repair(const char *words)
{
    return git_words_say_corrupt(words) ||
           own_lines_have(words, lock_words, G_N_ELEMENTS(lock_words));
}

bool git_words_say_refused(const char *words)
{
    static const char *const refused[] = { NOT_TAKEN, NO_LOGIN };

    return own_lines_have(words, refused, G_N_ELEMENTS(refused));
}
