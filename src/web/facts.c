// SPDX-License-Identifier: Apache-2.0
#include "web/facts.h"

#include <string.h>

#include "sys/js.h"

void facts_clear(Facts *facts)
{
    g_clear_pointer(&facts->findings, json_decref);
    g_clear_pointer(&facts->credentials, g_ptr_array_unref);
}

static bool read_cache(Store *store, const char *key, gint64 limit_mebibytes, CacheFacts *cache,
                       GError **error)
{
    g_autofree char *bytes = NULL;

    if (!store_setting_read(store, key, &bytes, error))
        return false;
    cache->bytes = bytes ? g_ascii_strtoll(bytes, NULL, 10) : -1;
    cache->limit = limit_mebibytes << 20;
    return true;
}

bool facts_read(Web *web, Facts *facts, GError **error)
{
    const Settings *settings = web->spec.settings;
    Store *store = web->spec.store;
    g_autofree char *findings = NULL;

    facts->is_draining = atomic_load(&web->is_draining);
    facts->credentials = host_credentials(web->host);
    if (!store_work_counts(store, &facts->counts, error) ||
        !store_last_delivery(store, &facts->last_event_ms, error) ||
        !store_setting_read(store, SETTING_FINDINGS, &findings, error) ||
        !read_cache(store, SETTING_DISK "plugin_cache", settings->plugin_cache_limit,
                    &facts->plugins, error) ||
        !read_cache(store, SETTING_DISK "git_cache", settings->git_cache_limit,
                    &facts->repositories, error))
        return false;
    facts->findings = findings ? js_parse(findings, strlen(findings), NULL) : NULL;
    return true;
}

gint64 facts_first_end(const Facts *facts)
{
    gint64 first = 0;

    for (guint i = 0; i < facts->credentials->len; i++) {
        const CredentialState *credential = facts->credentials->pdata[i];

        if (credential->ends && (!first || credential->ends < first))
            first = credential->ends;
    }
    return first;
}
