// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * The commands that run in this process, and whether somebody has asked one to stop. What is asked
 * is written to the store first (store_cancel()): this only makes it known at once.
 */

/* From now on the command can be asked. The flag is for its Ctx and lives until running_end(). */
const atomic_bool *running_begin(gint64 command_id);
void running_end(gint64 command_id);

/* One that does not run here is left alone. */
void running_ask(gint64 command_id, const char *by);

/* Who has asked it to stop; NULL: nobody. The caller frees it. */
char *running_asked_by(gint64 command_id);
