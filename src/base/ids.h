// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/*
 * A new row id: 63 bits, positive, made here and not by the database. The high 42 bits are
 * milliseconds UTC, so that ids of one process sort by age; two calls never return the same id, and
 * later calls return greater ones. Any thread.
 */
gint64 id_new(void);
