// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/schema.h"
#include "config/workflow.h"

/* Keys that workflow_yaml.c has in its tables. */

extern const KeyCustom steps_custom;      /* GPtrArray *: of Action, owned */
extern const KeyCustom shell_args_custom; /* GStrv: a list, or a text that is split at blanks */

// clang-format off
/* Of a struct with gint64 timeout. */
#define TIMEOUT_KEY(type_) \
    { KEY_FIELD_AS(type_, timeout, gint64, DURATION), .name = "timeout", .flags = KEY_OURS, \
      .says = "--step-timeout", .min = 1000, .max = 7 * G_GINT64_CONSTANT(86400000), \
      .help = "Longest time it may take." }
// clang-format on
