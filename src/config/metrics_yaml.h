// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/schema.h"

/* The key "metrics" of repos.yaml: where metrics are told. */
typedef struct _PrometheusYaml PrometheusYaml;
struct _PrometheusYaml {
    const YamlNode *node;
    char *endpoint; /* "/metrics"; a path without anything to escape */
};

typedef struct _MetricsYaml MetricsYaml;
struct _MetricsYaml {
    const YamlNode *node;
    PrometheusYaml prometheus;
};

extern const Schema metrics_schema;
