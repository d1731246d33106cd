// SPDX-License-Identifier: Apache-2.0
#include "web/metrics.h"

#include "model/watch_check.h"
#include "sys/js.h"

enum { MS_PER_S = 1000 };

/* One metric on its way onto the page. */
typedef struct {
    GString *out;
    const char *names, *name;
} Metric;

typedef struct {
    const char *name;
    const char *labels; /* for the reference; NULL: none */
    const char *help;   /* a sentence */
    void (*write)(const Metric *metric, const Facts *facts);
} MetricRow;

static void add_escaped(GString *out, const char *value)
{
    for (const char *at = value; *at; at++) {
        if (*at == '\\' || *at == '"')
            g_string_append_c(out, '\\');
        if (*at == '\n')
            g_string_append(out, "\\n");
        else
            g_string_append_c(out, *at);
    }
}

/* label: NULL where there is one value alone. */
static void add(const Metric *metric, const char *label, const char *text, gint64 value)
{
    g_string_append_printf(metric->out, "%s_%s", metric->names, metric->name);
    if (label) {
        g_string_append_printf(metric->out, "{%s=\"", label);
        add_escaped(metric->out, text);
        g_string_append(metric->out, "\"}");
    }
    g_string_append_printf(metric->out, " %" G_GINT64_FORMAT "\n", value);
}

static void write_info(const Metric *metric, const Facts *facts)
{
    (void)facts;
    add(metric, "version", HADAL_VERSION, 1);
}

static void write_draining(const Metric *metric, const Facts *facts)
{
    add(metric, NULL, NULL, facts->is_draining);
}

static void write_running(const Metric *metric, const Facts *facts)
{
    add(metric, NULL, NULL, facts->counts.running);
}

static void write_queued(const Metric *metric, const Facts *facts)
{
    add(metric, NULL, NULL, facts->counts.queued);
}

static void write_posts(const Metric *metric, const Facts *facts)
{
    add(metric, NULL, NULL, facts->counts.waiting_posts);
}

static void write_last_event(const Metric *metric, const Facts *facts)
{
    if (facts->last_event_ms)
        add(metric, NULL, NULL, facts->last_event_ms / MS_PER_S);
}

static void write_checked(const Metric *metric, const Facts *facts)
{
    gint64 checked = js_get_int(facts->findings, "checked_at", 0);

    if (checked)
        add(metric, NULL, NULL, checked / MS_PER_S);
}

/* Checks without a problem are there too, as 0: an alert must be able to end. */
static void write_problems(const Metric *metric, const Facts *facts)
{
    const json_t *problems = json_object_get(facts->findings, "problems");

    for (int i = 0; facts->findings && i < WATCH_CHECKS; i++) {
        const char *check = watch_check_names[i];
        gint64 count = 0;

        for (gsize k = 0; k < json_array_size(problems); k++)
            if (g_str_equal(js_get(json_array_get(problems, k), "check", ""), check))
                count++;
        add(metric, "check", check, count);
    }
}

static const char *organization_of(const CredentialState *credential)
{
    return credential->organization ? credential->organization : "";
}

static void write_credential_ends(const Metric *metric, const Facts *facts)
{
    for (guint i = 0; i < facts->credentials->len; i++) {
        const CredentialState *credential = facts->credentials->pdata[i];

        if (credential->ends)
            add(metric, "organization", organization_of(credential), credential->ends / MS_PER_S);
    }
}

static void write_token_ends(const Metric *metric, const Facts *facts)
{
    for (guint i = 0; i < facts->credentials->len; i++) {
        const CredentialState *credential = facts->credentials->pdata[i];

        if (credential->token_ends)
            add(metric, "organization", organization_of(credential),
                credential->token_ends / MS_PER_S);
    }
}

static void write_cache_bytes(const Metric *metric, const Facts *facts)
{
    if (facts->plugins.bytes >= 0)
        add(metric, "cache", "plugins", facts->plugins.bytes);
    if (facts->repositories.bytes >= 0)
        add(metric, "cache", "repositories", facts->repositories.bytes);
}

static void write_cache_limits(const Metric *metric, const Facts *facts)
{
    if (facts->plugins.limit)
        add(metric, "cache", "plugins", facts->plugins.limit);
    if (facts->repositories.limit)
        add(metric, "cache", "repositories", facts->repositories.limit);
}

/* All of them are gauges: what is now. */
static const MetricRow rows[] = {
    { "info", "version", "1, with the version of the server.", write_info },
    { "shutting_down", NULL, "1 once the server has been told to stop.", write_draining },
    { "running_commands", NULL, "Commands that are being carried out.", write_running },
    { "queued_commands", NULL, "Commands that wait for their turn.", write_queued },
    { "waiting_posts", NULL, "Comments, statuses and the like that are still to be posted.",
      write_posts },
    { "last_event_timestamp_seconds", NULL,
      "When the host last delivered an event that was kept; missing before the first.",
      write_last_event },
    { "checked_timestamp_seconds", NULL,
      "When the server last looked around; missing before the first time.", write_checked },
    { "problems", "check", "What it found wrong then, by check.", write_problems },
    { "credential_end_timestamp_seconds", "organization",
      "When somebody has to replace the credential; missing where nobody has said it. The label "
      "is empty for the credential of all organisations without one of their own.",
      write_credential_ends },
    { "token_end_timestamp_seconds", "organization",
      "When the token that Entra ID gave last ends; the server renews it by itself before.",
      write_token_ends },
    { "cache_bytes", "cache", "What a cache took on disk when it was last measured.",
      write_cache_bytes },
    { "cache_limit_bytes", "cache", "What it may take; missing without a limit.",
      write_cache_limits },
};

char *metrics_print(const Facts *facts, const char *names)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Metric metric = { out, names, rows[i].name };

        g_string_append_printf(out, "# HELP %s_%s %s\n# TYPE %s_%s gauge\n", names, rows[i].name,
                               rows[i].help, names, rows[i].name);
        rows[i].write(&metric, facts);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *metrics_reference(void)
{
    g_autoptr(GString) out = g_string_new(
        "<!-- Printed by `hadal reference metrics`; change src/web/metrics.c instead. -->\n"
        "# Metrics\n\n"
        "What the page for Prometheus tells, all of them gauges. How to have it: "
        "[operations](../guides/operations.md#metrics). `atlantis` is what `--stats-namespace` "
        "says.\n\n"
        "| Metric | Label | Meaning |\n|---|---|---|\n");

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_string_append_printf(out, "| `atlantis_%s` | %s%s%s | %s |\n", rows[i].name,
                               rows[i].labels ? "`" : "", rows[i].labels ? rows[i].labels : "",
                               rows[i].labels ? "`" : "", rows[i].help);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
