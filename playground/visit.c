// SPDX-License-Identifier: Apache-2.0
#include "visit.h"

#include <string.h>

HttpResponse *visit_text(Visit *visit, unsigned status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    visit->status = status;
    return http_response_new(status, "text/plain; charset=utf-8", text, (gssize)strlen(text));
}

HttpResponse *visit_refuse(Visit *visit, unsigned status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_free(visit->why);
    visit->why = g_strdup(text);
    return visit_text(visit, status, "%s", text);
}

HttpResponse *visit_json(Visit *visit, unsigned status, const char *content_type, json_t *body)
{
    g_autofree char *text = body ? json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY) : g_strdup("");

    json_decref(body);
    visit->status = status;
    return http_response_new(status, content_type, text, (gssize)strlen(text));
}

const char *visit_segment(const Visit *visit, guint i)
{
    return i < visit->segments->len ? visit->segments->pdata[i] : "";
}
