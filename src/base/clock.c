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

bool clock_duration_parse(const char *text, gint64 *out)
{
    static const struct {
        char unit;
        gint64 ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    gint64 total = 0;

    if (g_ascii_string_to_signed(text, 10, 0, G_MAXINT32, &total, NULL)) {
        *out = total * 1000;
        return true;
    }
    while (*text) {
        char *end;
        guint64 number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : G_MAXUINT64;
        gsize i = 0;

        if (number > G_MAXINT32)
            return false;
        while (i < G_N_ELEMENTS(units) && units[i].unit != *end)
            i++;
        if (i == G_N_ELEMENTS(units))
            return false;
        total += (gint64)number * units[i].ms;
        if (total > (gint64)G_MAXINT32 * 1000)
            return false;
        text = end + 1;
    }
    *out = total;
    return true;
}
