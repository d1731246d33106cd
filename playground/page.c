// SPDX-License-Identifier: Apache-2.0
/* The page, out of the binary: web/playground/ was put into assets[] when it was built. */
#include "visit.h"

#include "assets.h"

HttpResponse *page_handle(Visit *visit)
{
    const char *name =
        g_str_equal(visit_segment(visit, 0), "assets") ? visit_segment(visit, 1) : "index.html";

    for (gsize i = 0; i < assets_count; i++) {
        HttpResponse *response;

        if (!g_str_equal(assets[i].name, name))
            continue;
        visit->status = 200;
        response = http_response_new(200, assets[i].type, (const char *)assets[i].bytes,
                                     (gssize)assets[i].length);
        http_response_header(response, "Cache-Control", "no-cache");
        http_response_header(response, "X-Content-Type-Options", "nosniff");
        http_response_header(response, "Content-Security-Policy",
                             "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "connect-src 'self'; img-src 'self'; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'");
        return response;
    }
    return visit_refuse(visit, 404, "no such file");
}
