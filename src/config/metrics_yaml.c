// SPDX-License-Identifier: Apache-2.0
#include "config/metrics_yaml.h"

#include <string.h>

/* As a part of a URL, without anything to escape. */
static char *check_endpoint(const char *path)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

    return *path == '/' && path[1] && !path[strspn(path, letters)]
               ? NULL
               : g_strdup("must be the path of a URL, like /metrics");
}

static const Key prometheus_keys[] = {
    {
        KEY_FIELD(PrometheusYaml, endpoint),
        .name = "endpoint",
        .flags = KEY_REQUIRED,
        .check = check_endpoint,
        .help = "The path at which Prometheus reads them, like `/metrics`.",
    },
};
static const Schema prometheus_schema = {
    .what = "prometheus",
    SCHEMA(PrometheusYaml, prometheus_keys),
};

static const Key metrics_keys[] = {
    {
        KEY_FIELD(MetricsYaml, prometheus),
        .name = "prometheus",
        .flags = KEY_REQUIRED,
        .of = &prometheus_schema,
        .help = "A page for Prometheus.",
    },
    { .type = KEY_REFUSED, .name = "statsd", .help = "Not supported yet." },
};
const Schema metrics_schema = {
    .what = "metrics",
    SCHEMA(MetricsYaml, metrics_keys),
};
