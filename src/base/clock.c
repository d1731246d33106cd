// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

gint64 clock_now(void)
{
    return g_get_real_time() / G_TIME_SPAN_MILLISECOND;
}

char *clock_text(gint64 time_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_ms / 1000);

    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC") : g_strdup("unknown time");
}

char *clock_duration_text(gint64 duration_ms)
{
    gint64 seconds = MAX(duration_ms, 0) / 1000;

    if (seconds < 60)
        return g_strdup_printf("%" G_GINT64_FORMAT " s", seconds);
    if (seconds < 3600)
        return g_strdup_printf("%" G_GINT64_FORMAT " min", seconds / 60);
    if (seconds < 86400)
        return g_strdup_printf("%" G_GINT64_FORMAT " h %" G_GINT64_FORMAT " min", seconds / 3600,
                               seconds / 60 % 60);
    return g_strdup_printf("%" G_GINT64_FORMAT " d", seconds / 86400);
}
