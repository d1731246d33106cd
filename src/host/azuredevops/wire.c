// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/wire.h"

#include <string.h>

#include "sys/js.h"

enum { GUID_LENGTH = 36, COMMIT_LENGTH = 40 };

#define BOM "\xef\xbb\xbf"

json_t *wire_parse(const char *bytes, gsize length, GError **error)
{
    json_error_t where;
    json_t *document;

    if (length >= strlen(BOM) && memcmp(bytes, BOM, strlen(BOM)) == 0) {
        bytes += strlen(BOM);
        length -= strlen(BOM);
    }
    document = json_loadb(bytes, length, 0, &where);
    if (!document) {
        g_autofree char *why = wire_excerpt(where.text, JSON_ERROR_TEXT_LENGTH);

        return hadal_throw_null(error, HADAL_ERROR_INVALID, "not JSON: line %d: %s", where.line,
                                why);
    }
    return document;
}

bool wire_is_guid(const char *text)
{
    if (!text || strlen(text) != GUID_LENGTH)
        return false;
    for (int i = 0; i < GUID_LENGTH; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return false;
    }
    return true;
}

char *wire_guid(const json_t *object, const char *key)
{
    const char *text = js_get(object, key, NULL);

    return wire_is_guid(text) ? g_ascii_strdown(text, -1) : NULL;
}

char *wire_commit(const json_t *object, const char *key)
{
    const char *id = js_get(json_object_get(object, key), "commitId", "");

    if (strlen(id) != COMMIT_LENGTH || strspn(id, "0123456789abcdefABCDEF") != COMMIT_LENGTH)
        return NULL;
    /* Zeros are how the service says "none". */
    if (strspn(id, "0") == COMMIT_LENGTH)
        return NULL;
    return g_ascii_strdown(id, -1);
}

char *wire_branch(const json_t *object, const char *key)
{
    const char *ref = js_get(object, key, "");

    if (!g_str_has_prefix(ref, "refs/heads/") || !ref[strlen("refs/heads/")])
        return NULL;
    return g_strdup(ref + strlen("refs/heads/"));
}

gint64 wire_id(const json_t *object, const char *key)
{
    gint64 id = json_integer_value(json_object_get(object, key));

    return id >= 1 && id <= G_MAXINT32 ? id : 0;
}

gint64 wire_id_of_text(const char *text, const char **end)
{
    gint64 id = 0;

    *end = text;
    while (g_ascii_isdigit(**end) && id <= G_MAXINT32)
        id = id * 10 + g_ascii_digit_value(*(*end)++);
    return id <= G_MAXINT32 ? id : 0;
}

bool wire_actor(const json_t *object, const char *key, Actor *actor)
{
    const json_t *person = json_object_get(object, key);
    g_autofree char *id = wire_guid(person, "id");
    const char *name = js_get(person, "displayName", "");

    if (!id)
        return false;
    actor_clear(actor);
    actor->name = g_strdup(*name ? name : js_get(person, "uniqueName", id));
    actor->login = g_strdup(js_get(person, "uniqueName", NULL));
    actor->id = g_steal_pointer(&id);
    return true;
}

bool wire_pull_state(const json_t *object, PullState *state)
{
    const char *status = js_get(object, "status", "");

    for (int i = 0; i < PULL_STATES; i++)
        if (g_ascii_strcasecmp(status, pull_state_name((PullState)i)) == 0) {
            *state = (PullState)i;
            return true;
        }
    return false;
}

char *wire_excerpt(const char *text, gsize bytes)
{
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, bytes));

    for (char *at = valid; *at; at++)
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    return g_strdup(g_strstrip(valid));
}
