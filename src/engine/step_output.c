// SPDX-License-Identifier: Apache-2.0
#include "engine/step_output.h"

#include <string.h>

#include "tf/tool.h"

static const char redacted[] = "<redacted>";

bool step_output_is_filtered(const GPtrArray *rules)
{
    for (guint i = 0; rules && i < rules->len; i++) {
        const OutputRule *rule = rules->pdata[i];

        if (rule->kind == OUTPUT_HIDE || rule->kind == OUTPUT_FILTER_REGEX)
            return true;
    }
    return false;
}

static char *apply(const OutputRule *rule, char *text)
{
    g_autofree char *given = text;
    char *filtered;

    switch (rule->kind) {
    case OUTPUT_STRIP_REFRESHING:
        return tf_plan_text(given);
    case OUTPUT_FILTER_REGEX:
        filtered = regex_replace_between(rule->regex, given, redacted, NULL);
        return filtered ? filtered
                        : g_strdup("(output withheld: its filter_regex takes too long on it)");
    case OUTPUT_SHOW:
    case OUTPUT_HIDE:
        break;
    }
    return g_steal_pointer(&given);
}

char *step_output_filter(const GPtrArray *rules, const char *text, bool has_failed)
{
    char *out = g_strdup(text);
    bool hides = false;

    for (guint i = 0; rules && i < rules->len; i++) {
        const OutputRule *rule = rules->pdata[i];

        hides |= rule->kind == OUTPUT_HIDE;
        out = apply(rule, out);
    }
    if (hides && !has_failed)
        *out = '\0';
    return out;
}

/* ----------------------------------------------------------- control sequences */

/* Behind what begins at the escape character; a sequence that does not end is all of the rest. */
static const char *end_of_sequence(const char *at)
{
    if (at[1] == '[') { /* CSI: parameters, then one final byte */
        for (at += 2; *at && (*at < 0x40 || *at > 0x7e); at++)
            ;
        return *at ? at + 1 : at;
    }
    if (at[1] == ']') { /* OSC: until BEL, or the escape of its terminator */
        at += 2 + strcspn(at + 2, "\a\033");
        return *at == '\a' ? at + 1 : *at && at[1] ? at + 2 : at + strlen(at);
    }
    for (at++; *at >= 0x20 && *at <= 0x2f; at++) /* others: intermediates, then one final byte */
        ;
    return *at ? at + 1 : at;
}

void step_output_strip(GString *text)
{
    g_autoptr(GString) plain = NULL;
    const char *at = text->str;

    if (!strchr(at, '\033'))
        return;
    plain = g_string_sized_new(text->len);
    while (*at) {
        gsize length = strcspn(at, "\033");

        g_string_append_len(plain, at, (gssize)length);
        at += length;
        if (*at)
            at = end_of_sequence(at);
    }
    g_string_assign(text, plain->str);
}

/* ------------------------------------------------------------------ multienv */

static bool complain(const char *text, const char *at, const char *what, GError **error)
{
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "its output: %s at character %td; expected KEY=value,KEY=\"value\"", what,
                       at - text + 1);
}

/* From behind the opening quote to behind the closing one; NULL: it does not end. */
static const char *read_quoted(const char *at, char quote, GString *value)
{
    for (; *at && *at != quote; at++) {
        if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        g_string_append_c(value, *at);
    }
    return *at ? at + 1 : NULL;
}

static const char *read_value(const char *at, GString *value)
{
    gsize length;

    if (*at == '"' || *at == '\'')
        return read_quoted(at + 1, *at, value);
    length = strcspn(at, ",");
    g_string_append_len(value, at, (gssize)length);
    return at + length;
}

/* One pair; returns what follows it, or NULL with the error. */
static const char *read_pair(const char *text, const char *at, GStrv *env, GPtrArray *names,
                             GError **error)
{
    gsize length = strcspn(at, "=");
    g_autofree char *key = g_strndup(at, length);
    g_autoptr(GString) value = g_string_new(NULL);
    const char *end;

    if (!at[length])
        return complain(text, at, "there is no \"=\"", error), NULL;
    if (!*key || strpbrk(key, " \t\r\n,"))
        return complain(text, at, "this is no name of a variable", error), NULL;
    end = read_value(at + length + 1, value);
    if (!end)
        return complain(text, at + length + 1, "a quote does not end", error), NULL;
    if (*end && *end != ',')
        return complain(text, end, "there is text behind a quote", error), NULL;
    *env = g_environ_setenv(*env, key, value->str, TRUE);
    g_ptr_array_add(names, g_steal_pointer(&key));
    return *end ? end + 1 : end;
}

bool step_output_multienv(const char *text, GStrv *env, GPtrArray *names, GError **error)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(text));
    g_auto(GStrv) changed = g_strdupv(*env);

    for (const char *at = trimmed; at && *at;) {
        at = read_pair(trimmed, at, &changed, names, error);
        if (!at)
            return false;
    }
    g_strfreev(*env);
    *env = g_steal_pointer(&changed);
    return true;
}
