// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/* A certificate and the RSA key that belongs to it, for signing. */
typedef struct _Certificate Certificate;

/*
 * From a PEM text that has both, in any order; a chain may follow the certificate. INVALID when one
 * is missing, they do not belong together, the key is protected by a password or not RSA.
 */
Certificate *certificate_parse(const char *pem, gsize length, GError **error) MUST_CHECK;
void certificate_free(Certificate *certificate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificate, certificate_free)

/* When it ends, in milliseconds UTC since 1970. */
gint64 certificate_ends(const Certificate *certificate);

/*
 * A JSON web token (RFC 7515, compact) of the claims, a JSON text, signed by PS256 (RFC 7518
 * section 3.5); its header names the certificate by x5t#S256. The caller frees it. NULL with
 * INTERNAL when OpenSSL does not sign.
 */
char *certificate_sign_token(const Certificate *certificate, const char *claims, GError **error)
    MUST_CHECK;
