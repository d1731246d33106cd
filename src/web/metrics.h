// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "web/facts.h"

/*
 * The facts as Prometheus reads them: text format 0.0.4 of its documentation ("Exposition
 * formats"). names: what stands before each name, "atlantis". The caller frees it. Pure.
 */
char *metrics_print(const Facts *facts, const char *names);

/* docs/reference/metrics.md, whole; the caller frees it. */
char *metrics_reference(void);
