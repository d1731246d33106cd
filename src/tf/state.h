// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

/* So many bytes from the beginning of a state are enough: what identifies it is written first. */
enum { STATE_HEAD = 64 << 10 };

/*
 * Lineage and serial from the beginning of a state file, which may be cut off anywhere behind them
 * (the whole is megabytes, and holds secrets). Without them lineage stays NULL and serial -1. The
 * caller frees lineage. Pure.
 */
void state_head_read(const char *text, gsize length, char **lineage, gint64 *serial);
