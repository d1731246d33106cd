// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Milliseconds UTC since 1970: what the database and the API call a time. */
gint64 clock_now(void);

/* "2026-03-01 14:05 UTC", for people; the caller frees it. */
char *clock_text(gint64 time_ms);

/* "3 h 20 min", "2 d", "40 s": how long ago something was; the caller frees it. */
char *clock_duration_text(gint64 duration_ms);

/* "90" (seconds), "90s", "1h30m", "2d" in milliseconds; false when text is none. */
bool clock_duration_parse(const char *text, gint64 *duration_ms);
