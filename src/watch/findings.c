// SPDX-License-Identifier: Apache-2.0
#include "watch/findings.h"

#include "base/log.h"
#include "sys/js.h"

#include <string.h>

typedef struct {
    WatchCheck check;
    char *text;
} Finding;

struct _Findings {
    GHashTable *before, *now; /* char * key -> Finding *, both owned */
};

static void finding_free(gpointer data)
{
    Finding *finding = data;

    g_free(finding->text);
    g_free(finding);
}

static GHashTable *new_table(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finding_free);
}

Findings *findings_new(void)
{
    Findings *findings = g_new0(Findings, 1);

    findings->before = new_table();
    findings->now = new_table();
    return findings;
}

void findings_free(Findings *findings)
{
    if (!findings)
        return;
    g_hash_table_unref(findings->before);
    g_hash_table_unref(findings->now);
    g_free(findings);
}

void findings_begin(Findings *findings)
{
    g_hash_table_remove_all(findings->now);
}

void findings_add(Findings *findings, WatchCheck check, const char *format, ...)
{
    Finding *finding = g_new0(Finding, 1);
    const char *colon;
    va_list args;

    va_start(args, format);
    finding->check = check;
    finding->text = g_strdup_vprintf(format, args);
    va_end(args);
    colon = strstr(finding->text, ": ");
    g_hash_table_replace(findings->now,
                         colon ? g_strndup(finding->text, (gsize)(colon - finding->text))
                               : g_strdup(finding->text),
                         finding);
}

/* Those of a that are not in b. */
static void log_others(GHashTable *a, GHashTable *b, LogLevel level, const char *before)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, a);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Finding *finding = value;

        if (!g_hash_table_contains(b, key))
            log_line(level, NULL, "%s%s: %s", before, watch_check_names[finding->check],
                     finding->text);
    }
}

static int compare(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(a, b);
}

static char *json_of(const Findings *findings, gint64 now)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(findings->now), compare);
    json_auto_t *object = json_object();
    json_t *list = json_array();

    json_object_set_new(object, "checked_at", json_integer(now));
    for (const GList *at = keys; at; at = at->next) {
        const Finding *finding = g_hash_table_lookup(findings->now, at->data);
        json_t *one = json_object();

        js_set(one, "check", watch_check_names[finding->check]);
        js_set(one, "problem", finding->text);
        json_array_append_new(list, one);
    }
    json_object_set_new(object, "problems", list);
    return js_print(object);
}

bool findings_end(Findings *findings, Store *store, gint64 now, GError **error)
{
    g_autofree char *text = json_of(findings, now);
    GHashTable *before = findings->before;

    log_others(findings->now, before, LEVEL_WARN, "");
    log_others(before, findings->now, LEVEL_INFO, "no longer: ");
    findings->before = findings->now;
    findings->now = before;
    return store_setting_write(store, SETTING_FINDINGS, text, error);
}
