// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "journal.h"
#include "sys/http_server.h"

/* One HTTP request while it is answered, whatever area it belongs to. */
typedef struct _Visit Visit;
struct _Visit {
    State *state;
    const HttpRequest *request;
    const GPtrArray *segments; /* of the path, decoded */
    Area area;
    const User *user; /* NULL: not authenticated */
    unsigned status;  /* of the answer */
    char *why;        /* it was not to be expected, because; NULL: it was */
};

/* Answers that also say so in the visit. */
HttpResponse *visit_text(Visit *visit, unsigned status, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The same, for what the program does not know or refuses. */
HttpResponse *visit_refuse(Visit *visit, unsigned status, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* takes body; NULL is an empty answer. */
HttpResponse *visit_json(Visit *visit, unsigned status, const char *content_type, json_t *body);
const char *visit_segment(const Visit *visit, guint i); /* "" beyond the end */

/* The areas. */
HttpResponse *rest_handle(Visit *visit);
HttpResponse *control_handle(Visit *visit);
HttpResponse *page_handle(Visit *visit);
HttpResponse *git_handle(Visit *visit);
