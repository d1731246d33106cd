// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* A JSON web token (RFC 7515, compact) that somebody shows, taken apart and not yet believed. */
typedef struct _Jwt Jwt;
struct _Jwt {
    json_t *header, *claims;
    char *signed_text;
    guchar *signature;
    gsize signature_length;
};
bool jwt_parse(const char *text, Jwt *jwt);
void jwt_clear(Jwt *jwt);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Jwt, jwt_clear)

/* Whether the key of the certificate, a PEM text, signed it: PS256 or RS256, as asked for. */
bool jwt_is_signed(const Jwt *jwt, const char *algorithm, const char *certificate);
/* "x5t#S256" of a certificate; NULL when it is none. The caller frees it. */
char *jwt_thumbprint(const char *certificate);
