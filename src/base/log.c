// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <stdio.h>

#include "base/redact.h"

static const char *const level_names[LEVELS] = { "debug", "info", "warn", "error" };
static LogLevel least_level = LEVEL_INFO;

static void write_line(LogLevel level, const char *command, const char *message)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format_iso8601(now);
    g_autofree char *shown = redact_copy(message);
    g_autofree char *text = g_strescape(shown, NULL);

    /* One call, so that lines of several threads do not mix. */
    fprintf(stderr, "time=%s level=%s%s%s msg=\"%s\"\n", time, level_names[level],
            command ? " command=" : "", command ? command : "", text);
}

bool log_level_find(const char *name, LogLevel *level)
{
    for (int i = 0; i < LEVELS; i++)
        if (g_str_equal(level_names[i], name)) {
            *level = (LogLevel)i;
            return true;
        }
    return false;
}

void log_line(LogLevel level, const Ctx *ctx, const char *format, ...)
{
    va_list args;

    if (level < least_level)
        return;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    write_line(level, ctx ? ctx->command : NULL, message);
}

/* A critical is a bug in this program: it called GLib wrongly. */
static GLogWriterOutput on_glib_log(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                    gpointer data)
{
    LogLevel level = flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL) ? LEVEL_ERROR : LEVEL_WARN;

    (void)data;
    for (gsize i = 0; i < n_fields; i++)
        if (g_str_equal(fields[i].key, "MESSAGE") && level >= least_level)
            write_line(level, NULL, fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

void log_init(LogLevel least)
{
    least_level = least;
    g_log_set_writer_func(on_glib_log, NULL, NULL);
}
